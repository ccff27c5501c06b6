import { FormatError } from '../../../base/format-error.ts';
import { address, type Address } from '../../../base/units.ts';
import type { Memory } from '../../../memory/memory.ts';
import type { Goroutine } from '../goroutine.ts';
import { visitLiveWords } from '../live-words.ts';
import type { Moment } from '../moment.ts';
import { GrowingColumn } from './columns.ts';
import type { HeapObjects } from './objects.ts';

// Where the collector begins (Go src/runtime/mgcmark.go, markroot): variables, by the bit maps of the data and bss segments in the
// moduledata; stacks, by stack maps; records on objects such as finalizers (mheap.go, special).

const WORD = 8;

export const RootKind = { variable: 1, stack: 2, special: 3 } as const;

/** Words outside the heap that point to objects; columns of the same length. */
export interface Roots {
  readonly count: number;
  /** One of `RootKind`. */
  readonly kind: Uint8Array;
  /** Address of the word; of a finalizer, of its record. */
  readonly at: Uint32Array;
  /** Number of the object that the word points to, or into. */
  readonly object: Uint32Array;
  /** For stacks: the row in `frames`. */
  readonly frame: Uint32Array;
  readonly frames: readonly RootFrame[];
  /** Sentences: what was not looked through, and why. */
  readonly notes: readonly string[];
}

/** A frame of a goroutine's stack. */
export interface RootFrame {
  readonly goroutine: Goroutine;
  /** Its function; '' where a stack could not be walked and every word of it was taken for a pointer. */
  readonly function: string;
}

/** The offsets of a bit map in runtime.moduledata where its type is not described (1.19 to 1.27 describe it). */
interface Bits {
  readonly start: Address;
  readonly end: Address;
  readonly field: 'gcdatamask' | 'gcbssmask';
}

/** A stack that cannot be walked is looked through up to this size. */
const MAX_STACK = 64 << 20;
/** Records on objects that are read; lists that were damaged may not end. */
const MAX_SPECIALS = 1 << 22;

/** Finds the roots of a moment. Throws only NeedPages. */
export function findRoots(moment: Moment, objects: HeapObjects): Roots {
  const roots = new RootList(moment, objects);
  const { data, bss } = moment.runtime.program.module.moduleData;
  roots.addVariables({ ...data, field: 'gcdatamask' });
  roots.addVariables({ ...bss, field: 'gcbssmask' });
  for (const goroutine of moment.goroutines) roots.addStack(goroutine);
  roots.addSpecials();
  return roots.finish();
}

class RootList {
  readonly #moment: Moment;
  readonly #memory: Memory;
  readonly #objects: HeapObjects;
  readonly #kind = new GrowingColumn();
  readonly #at = new GrowingColumn();
  readonly #object = new GrowingColumn();
  readonly #frame = new GrowingColumn();
  readonly #frames: RootFrame[] = [];
  readonly #notes: string[] = [];
  #unwalked = 0;

  constructor(moment: Moment, objects: HeapObjects) {
    this.#moment = moment;
    this.#memory = moment.memory;
    this.#objects = objects;
  }

  addVariables({ start, end, field }: Bits): void {
    const { types, program } = this.#moment.runtime;
    const memory = this.#memory;
    const offset = types.structOffsets('runtime.moduledata')?.get(field);
    if (offset === undefined) {
      this.#notes.push(
        `Variables were not looked through: the module does not describe moduledata.${field}.`,
      );
      return;
    }
    try {
      const mask = program.module.moduleData.address + offset;
      const words = Math.min(memory.u32(address(mask)), (end - start) / WORD);
      const bits = memory.bytes(address(memory.word(address(mask + WORD))), Math.ceil(words / 8));
      for (let i = 0; i < words; i++) {
        if ((((bits[i >>> 3] ?? 0) >>> (i & 7)) & 1) === 0) continue;
        this.#add(RootKind.variable, start + i * WORD, memory.word(address(start + i * WORD)), 0);
      }
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#notes.push(`Variables were looked through in part: ${error.message}.`);
    }
  }

  addStack(goroutine: Goroutine): void {
    const { runtime, stacks } = this.#moment;
    const walked = stacks.physical(goroutine);
    const rows = new Map<string, number>();
    const rowOf = (name: string): number => {
      let row = rows.get(name);
      if (row === undefined) {
        row = this.#frames.length;
        this.#frames.push({ goroutine, function: name });
        rows.set(name, row);
      }
      return row;
    };
    if (walked !== undefined) {
      visitLiveWords(runtime, this.#memory, walked.frames, goroutine.stack, (at, value, frame) => {
        const object = this.#objects.find(value);
        if (object >= 0) this.#push(RootKind.stack, at, object, rowOf(frame.code.name));
      });
    }
    if (walked?.end === 'top') return;
    const { lo, hi } = goroutine.stack;
    if (lo === 0 || hi <= lo || hi - lo > MAX_STACK) return;
    this.#unwalked++;
    try {
      for (let at = walked?.lastFp ?? lo; at + WORD <= hi; at = address(at + WORD)) {
        const object = this.#objects.find(this.#memory.word(at));
        if (object >= 0) this.#push(RootKind.stack, at, object, rowOf(''));
      }
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }

  /** What finalizers and the like keep: the functions, and what their objects refer to. */
  addSpecials(): void {
    const { spans } = this.#objects;
    const memory = this.#memory;
    const offsets = this.#moment.runtime.types.structOffsets('runtime.special');
    const kind = offsets?.get('kind');
    const offset = offsets?.get('offset');
    const next = offsets?.get('next');
    if (kind === undefined || offset === undefined || next === undefined) return;
    const { minor } = this.#moment.runtime.program;
    // _KindSpecialFinalizer, and _KindSpecialCleanup since 1.24: tiny blocks took number 1 in 1.25.
    const finalizer = minor < 25 ? 1 : 2;
    const cleanup = minor === 24 ? 6 : minor > 24 ? 7 : -1;
    const size = Math.ceil((kind + 1) / WORD) * WORD;
    let left = MAX_SPECIALS;
    for (let row = 0; row < spans.count; row++) {
      let record = spans.specials[row] ?? 0;
      try {
        while (record !== 0 && left-- > 0) {
          const found = memory.u8(address(record + kind));
          if (found === finalizer || found === cleanup) {
            this.#add(RootKind.special, record, memory.word(address(record + size)), 0);
            const distance =
              kind - offset === 2
                ? memory.u16(address(record + offset))
                : memory.word(address(record + offset));
            if (found === finalizer)
              this.#add(RootKind.special, record, (spans.start[row] ?? 0) + distance, 0);
          }
          record = memory.word(address(record + next));
        }
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }
  }

  finish(): Roots {
    if (this.#unwalked > 0) {
      this.#notes.push(
        `${this.#unwalked === 1 ? 'One stack' : `${this.#unwalked} stacks`} could not be walked to the end: every word there that may be a pointer counts as one.`,
      );
    }
    return {
      count: this.#at.length,
      kind: Uint8Array.from(this.#kind.toArray()),
      at: this.#at.toArray(),
      object: this.#object.toArray(),
      frame: this.#frame.toArray(),
      frames: this.#frames,
      notes: this.#notes,
    };
  }

  #add(kind: number, at: number, pointer: number, frame: number): void {
    const object = pointer === 0 ? -1 : this.#objects.find(pointer);
    if (object >= 0) this.#push(kind, at, object, frame);
  }

  #push(kind: number, at: number, object: number, frame: number): void {
    this.#kind.push(kind);
    this.#at.push(at);
    this.#object.push(object);
    this.#frame.push(frame);
  }
}
