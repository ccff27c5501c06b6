import { EXACT, type Confidence } from '../base/confidence.ts';
import type { Address } from '../base/units.ts';
import { readGoroutine, type Goroutine } from '../go/runtime/goroutine.ts';
import { StackReader, type GoroutineStack } from '../go/runtime/goroutine-stack.ts';
import { listGoroutines } from '../go/runtime/goroutines.ts';
import type { GoRuntime } from '../go/runtime/runtime.ts';
import { readWaits, type Wait } from '../go/runtime/waits.ts';
import type { AddressRange, Memory } from '../memory/memory.ts';
import { gather } from '../memory/need-pages.ts';
import { CancelledError } from '../protocol/endpoint.ts';
import type { QueryItem } from '../protocol/goroutine-query.ts';
import type { GoroutineFacts } from '../protocol/goroutines.ts';
import type { SnapshotMemory, Walkable } from './goroutines-memory.ts';
import { StackTable, type SharedStack } from './goroutines-stacks.ts';
import { waitsOnText, waitTargets } from './goroutines-waits.ts';
import { nextTask } from './next-task.ts';

/** A goroutine of a snapshot. */
export interface Entry {
  readonly goroutine: Goroutine;
  /** The goroutine's, or what says it better. */
  readonly state: string;
  /** Null until it is read. */
  stack: SharedStack | null;
  waits: readonly Wait[];
  /** As queries see it now; null when something of it was read since. */
  item: QueryItem | null;
}

export interface SnapshotMoment {
  /** getsp() at that moment; null where it is not known. */
  readonly sp: Address | null;
  /** The runtime's clock, nanoseconds; null where it is not known. */
  readonly now: number | null;
}

/** One step of the background work. Milliseconds. */
const STEP_MS = 20;
/** Stacks that are fetched together: goroutines, and bytes. */
const MAX_CHUNK = 500;
const MAX_CHUNK_BYTES = 1 << 20;
/** Of a deep stack so much is fetched with the others; the rest comes when the walk asks for it. */
const MAX_STACK_AHEAD = 64 << 10;
/** Waits that are noted longer ago have another clock. Nanoseconds. */
const MAX_WAIT = 365 * 24 * 3600 * 1e9;

/** What Go has no word for: the goroutine that waits for the page while nothing runs. */
const EVENT_HANDLER = 'event handler';

/** All goroutines of a program at one moment. Stacks and what they wait on are read when they are asked for, or by `readAll`. */
export class GoroutineSnapshot {
  readonly runtime: GoRuntime;
  readonly memory: SnapshotMemory;
  readonly moment: SnapshotMoment;
  readonly entries: readonly Entry[];
  readonly listNotes: readonly string[];
  /** Counts what was read: an answer that was made at another count may be old. */
  version = 0;
  #read = 0;
  readonly #stacks: StackTable;
  readonly #byKey: ReadonlyMap<string, Entry>;

  private constructor(
    parts: Pick<GoroutineSnapshot, 'runtime' | 'memory' | 'moment' | 'entries' | 'listNotes'>,
    isOwn: (name: string) => boolean,
  ) {
    this.runtime = parts.runtime;
    this.memory = parts.memory;
    this.moment = parts.moment;
    this.entries = parts.entries;
    this.listNotes = parts.listNotes;
    this.#stacks = new StackTable(isOwn);
    this.#byKey = new Map(this.entries.map((entry) => [keyOf(entry.goroutine), entry]));
  }

  /** Reads the list. Rejects where the memory cannot be read at all. */
  static async read(
    runtime: GoRuntime,
    memory: SnapshotMemory,
    moment: SnapshotMoment,
    isOwn: (name: string) => boolean,
  ): Promise<GoroutineSnapshot> {
    const { goroutines, notes, running, idle } = await memory.walk((pages) => {
      const list = listGoroutines(runtime, pages);
      const stacks = new StackReader(runtime, pages, { sp: moment.sp });
      return {
        goroutines: list.goroutines,
        notes: [...list.notes, ...stacks.notes],
        running: stacks.running?.address,
        idle: stacks.idle,
      };
    });
    const entries = goroutines.map((goroutine): Entry => {
      const handler = idle && goroutine.address === running;
      const state = handler ? EVENT_HANDLER : goroutine.state;
      return { goroutine, state, stack: null, waits: [], item: null };
    });
    return new GoroutineSnapshot({ runtime, memory, moment, entries, listNotes: [...new Set(notes)] }, isOwn);
  }

  /** Stacks that have been read, 0..1. */
  get stacksRead(): number {
    return this.entries.length === 0 ? 1 : this.#read / this.entries.length;
  }

  find(key: string): Entry | undefined {
    return this.#byKey.get(key);
  }

  /** The goroutines as queries see them. */
  items(): QueryItem[] {
    return this.entries.map((entry) => (entry.item ??= this.#item(entry)));
  }

  /** How long it has waited, nanoseconds, at least; null where the runtime has not noted it. */
  waited({ waitSince }: Goroutine): number | null {
    const { now } = this.moment;
    if (now === null || waitSince === null) return null;
    const waited = now - waitSince;
    return waited >= 0 && waited < MAX_WAIT ? waited : null;
  }

  /** Reads the stacks of these goroutines that are not read yet, in short steps. */
  async ensure(
    entries: readonly Entry[],
    signal?: AbortSignal,
    progress?: (fraction: number) => void,
  ): Promise<void> {
    const wanted = entries.filter((entry) => entry.stack === null);
    for (let from = 0; from < wanted.length;) {
      const chunk = this.#chunk(wanted, from);
      from += chunk.length;
      await this.#readChunk(chunk, signal);
      progress?.(this.stacksRead);
    }
    if (this.stacksRead === 1 && wanted.length > 0) {
      // Now it is known how many have the same stack.
      for (const entry of this.entries) entry.item = null;
    }
  }

  /**
   * The stack of a goroutine with its arguments. In a memory that the program goes on in, only when the goroutine is where it was;
   * else the notes say so.
   */
  async stackOf(entry: Entry): Promise<GoroutineStack> {
    const near = await this.memory.near(this.#rangesOf(entry.goroutine));
    return near.walk((memory) => {
      const reader = new StackReader(this.runtime, memory, { sp: this.moment.sp });
      return this.#readStack(reader, memory, entry.goroutine);
    });
  }

  /** The stacks of these goroutines with their arguments, one after the other. */
  async *stacksOf(
    entries: readonly Entry[],
  ): AsyncGenerator<{ readonly entry: Entry; readonly stack: GoroutineStack }> {
    for (let from = 0; from < entries.length;) {
      const chunk = this.#chunk(entries, from);
      from += chunk.length;
      const near = await this.memory.near(chunk.flatMap(({ goroutine }) => this.#rangesOf(goroutine)));
      yield* await near.walk((memory) => {
        const reader = new StackReader(this.runtime, memory, { sp: this.moment.sp });
        return gather(chunk, (entry) => ({
          entry,
          stack: this.#readStack(reader, memory, entry.goroutine),
        }));
      });
      await nextTask();
    }
  }

  /** The goroutines that are to be read together, from one on. */
  #chunk(entries: readonly Entry[], from: number): Entry[] {
    const chunk: Entry[] = [];
    let bytes = 0;
    for (let i = from; i < entries.length && chunk.length < MAX_CHUNK && bytes < MAX_CHUNK_BYTES; i++) {
      const entry = entries[i];
      if (entry === undefined) break;
      chunk.push(entry);
      for (const range of this.#rangesOf(entry.goroutine)) bytes += range.length;
    }
    return chunk;
  }

  async #readChunk(chunk: readonly Entry[], signal: AbortSignal | undefined): Promise<void> {
    const ranges = chunk.flatMap(({ goroutine }) => this.#rangesOf(goroutine));
    const near = await this.memory.near(ranges);
    let left = chunk.filter((entry) => entry.stack === null);
    while (left.length > 0) {
      if (signal?.aborted === true) throw new CancelledError();
      await this.#readStep(near, left);
      left = left.filter((entry) => entry.stack === null);
      await nextTask();
    }
  }

  /** Reads as many as one step allows, at least one. */
  async #readStep(near: Walkable, entries: readonly Entry[]): Promise<void> {
    const read = await near.walk((memory) => {
      const end = performance.now() + STEP_MS;
      const reader = new StackReader(this.runtime, memory, { sp: this.moment.sp });
      return gather(entries, (entry) => {
        if (entry !== entries[0] && performance.now() > end) return null;
        const { goroutine } = entry;
        return {
          entry,
          stack: this.#readStack(reader, memory, goroutine),
          waits: readWaits(this.runtime, memory, goroutine).waits,
        };
      }).filter((one) => one !== null);
    });
    for (const { entry, stack, waits } of read) {
      if (entry.stack !== null) continue;
      entry.stack = this.#stacks.add(stack);
      entry.waits = waits;
      entry.item = null;
      this.#read++;
    }
    this.version++;
  }

  #readStack(reader: StackReader, memory: Memory, goroutine: Goroutine): GoroutineStack {
    if (!this.memory.consistent && !this.#isWhereItWas(memory, goroutine)) {
      const notes = [`Goroutine ${goroutine.id} has moved on since the list was taken.`];
      return { frames: [], elided: null, complete: false, notes };
    }
    return reader.read(goroutine);
  }

  #isWhereItWas(memory: Memory, then: Goroutine): boolean {
    const now = readGoroutine(this.runtime, memory, then.address);
    const places = ({ scheduled, syscall, status, id }: Goroutine): string =>
      JSON.stringify([id, status, scheduled, syscall]);
    return places(now) === places(then);
  }

  /** What is read for a stack: the goroutine itself where it may have moved, and what it has on its stack. */
  #rangesOf(goroutine: Goroutine): AddressRange[] {
    const { stack, scheduled, syscall, address: at } = goroutine;
    const ranges: AddressRange[] = [];
    const sp = (syscall ?? scheduled)?.sp;
    if (sp !== undefined && sp >= stack.lo && sp < stack.hi) {
      ranges.push({ address: sp, length: Math.min(stack.hi - sp, MAX_STACK_AHEAD) });
    }
    if (!this.memory.consistent) {
      ranges.push({ address: at, length: this.runtime.layouts.layouts.g.startpc + 128 });
    }
    return ranges;
  }

  #item({ goroutine, state, stack, waits }: Entry): QueryItem {
    const { id, system, startFunction, waitReason, createdBy } = goroutine;
    const targets = stack === null ? [] : waitTargets(goroutine, waits, this.moment.now);
    const unread: Confidence = { kind: 'unavailable', why: 'the stack is not read yet' };
    const place = stack?.place ?? { function: '', file: '', line: 0, lineEnd: null, confidence: unread };
    return {
      row: {
        kind: 'goroutine',
        key: keyOf(goroutine),
        group: null,
        id,
        state,
        waitedNs: this.waited(goroutine),
        system,
        ...place,
        startFunction,
        createdBy: createdBy && {
          function: createdBy.function,
          file: createdBy.file,
          line: createdBy.line,
          goroutine: createdBy.goroutine,
        },
        waitsOn: waitsOnText(targets),
        labels: [],
        change: null,
        sameStack: this.stacksRead === 1 ? (stack?.count ?? null) : null,
      },
      waitReason,
      waiting: state !== EVENT_HANDLER && waitReason !== null,
      running: state === 'running' || state === 'syscall',
      waitKey: `${waitReason ?? ''} ${goroutine.sleepUntil ?? ''} ${waits.map((wait) => wait.sudog).join(' ')}`,
      stack,
    };
  }
}

const keyOf = ({ address: at }: Goroutine): string => `0x${at.toString(16)}`;

/** What is known of a snapshot as a whole. */
export function factsOf(
  { entries, listNotes, runtime, memory }: GoroutineSnapshot,
  reading: { readonly text: string; readonly pauseMs: number | null; readonly notes: readonly string[] },
): GoroutineFacts {
  const count = (is: (entry: Entry) => boolean): number => entries.filter(is).length;
  return {
    total: entries.length,
    user: count(({ goroutine }) => !goroutine.system),
    system: count(({ goroutine }) => goroutine.system),
    running: count(({ state }) => state === 'running' || state === 'syscall'),
    runnable: count(({ state }) => state === 'runnable'),
    waiting: count(({ goroutine, state }) => goroutine.waitReason !== null || state === EVENT_HANDLER),
    reading: reading.text,
    consistent: memory.consistent,
    pauseMs: reading.pauseMs,
    confidence: confidenceOf(runtime),
    notes: [...reading.notes, ...listNotes],
  };
}

function confidenceOf({ layouts, globals, program }: GoRuntime): Confidence {
  if (globals.allgs.address === undefined) return globals.allgs.confidence;
  const fromTable = Object.entries(layouts.from)
    .filter(([, from]) => from === 'table')
    .map(([name]) => `runtime.${name}`);
  if (fromTable.length === 0) return EXACT;
  const why = `the module does not describe ${fromTable.join(', ')}: their layout is that of Go 1.${program.minor}`;
  return { kind: 'inferred', why };
}
