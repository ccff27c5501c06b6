import { FormatError } from '../../base/format-error.ts';
import { address, goPc, type Address } from '../../base/units.ts';
import { expectBytes, type Memory } from '../../memory/memory.ts';
import { gather } from '../../memory/need-pages.ts';
import type { GoRuntime } from './runtime.ts';
import { Kind } from './types.ts';

/** A timer that will fire. */
export interface Timer {
  readonly address: Address;
  /** In nanoseconds of the runtime's clock. */
  readonly when: number;
  /** Nanoseconds between two times; 0 for one that fires once. */
  readonly period: number;
  /**
   * What it does: wakes a goroutine that sleeps, sends the time to a channel (time.NewTimer, After, Tick), runs a function in a goroutine
   * of its own (time.AfterFunc), or something of the runtime's own, such as returning memory, which wakes no goroutine of the program.
   */
  readonly kind: 'sleep' | 'channel' | 'function' | 'runtime';
  /** The runtime.g, the runtime.hchan or the closure that it is for; 0 for the runtime's own. */
  readonly target: Address;
  /** The function that it runs; for time.AfterFunc the one that was given. '' where it is not known. */
  readonly function: string;
}

export interface Timers {
  readonly timers: readonly Timer[];
  /** Null when all was read; otherwise why not. */
  readonly missing: string | null;
}

/** More timers than a program in a browser has. */
const MAX_TIMERS = 1 << 20;
const MAX_PROCESSORS = 1024;

/** Up to 1.22 (Go src/runtime/time.go): timerWaiting, timerModifying, timerModifiedEarlier, timerModifiedLater. */
const ACTIVE = new Set([1, 6, 7, 8]);
const FIRST_MODIFIED = 7;
/** Since 1.23: timerZombie, stopped and not yet out of the heap. */
const ZOMBIE = 4;

interface HeapLayout {
  /** Of the slice in runtime.p. */
  readonly heap: number;
  /** Bytes of an entry; its first word points to the timer. */
  readonly entry: number;
}

/** Reads the heaps of timers of all processors (runtime.p, one on wasm), 1.19 to 1.27. Throws only NeedPages. */
export function readTimers(runtime: GoRuntime, memory: Memory): Timers {
  const { allp } = runtime.globals;
  const fields = runtime.types.structOffsets('runtime.timer');
  const layout = heapLayout(runtime);
  if (allp.address === undefined || fields === undefined || layout === undefined) {
    const why = allp.confidence.kind === 'exact' ? 'its types are not described' : allp.confidence.why;
    return { timers: [], missing: `The timers of the runtime were not found: ${why}.` };
  }
  try {
    const word = (at: number): number => memory.word(address(at));
    const processors = word(allp.address);
    const count = word(allp.address + 8);
    if (count > MAX_PROCESSORS)
      throw new FormatError('runtime.allp', allp.address, `${count} processors`, true);
    const pointers: Address[] = [];
    for (let i = 0; i < count; i++) {
      const slice = word(processors + i * 8) + layout.heap;
      const entries = word(slice);
      const length = word(slice + 8);
      if (length > MAX_TIMERS) throw new FormatError('runtime.p', slice, `${length} timers`, true);
      expectBytes(memory, address(entries), length * layout.entry);
      for (let k = 0; k < length; k++) pointers.push(address(word(entries + k * layout.entry)));
    }
    const timers = gather(pointers, (at) => readTimer(runtime, memory, at, fields));
    return { timers: timers.filter((timer) => timer !== undefined), missing: null };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { timers: [], missing: `The timers of the runtime cannot be read: ${error.message}.` };
  }
}

/** p.timers is a slice of pointers up to 1.22, since then a struct whose `heap` is a slice of {timer, when}. */
function heapLayout({ types }: GoRuntime): HeapLayout | undefined {
  const field = types.structFields('runtime.p')?.find((one) => one.name === 'timers');
  if (field === undefined) return undefined;
  try {
    if (types.typeAt(field.type).kind === Kind.slice) return { heap: field.offset, entry: 8 };
    const heap = types.fieldsOf(field.type).find((one) => one.name === 'heap');
    return heap && { heap: field.offset + heap.offset, entry: 16 };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return undefined;
  }
}

function readTimer(
  runtime: GoRuntime,
  memory: Memory,
  at: Address,
  fields: ReadonlyMap<string, number>,
): Timer | undefined {
  const word = (name: string, more = 0): number => memory.word(address(at + (fields.get(name) ?? 0) + more));
  let when = word('when');
  const status = fields.get('status');
  const state = fields.get('state');
  if (status !== undefined) {
    const value = memory.u32(address(at + status));
    if (!ACTIVE.has(value)) return undefined;
    if (value >= FIRST_MODIFIED) when = word('nextwhen');
  } else if (state !== undefined && (memory.u8(address(at + state)) & ZOMBIE) !== 0) return undefined;
  const target = address(word('arg', 8));
  const timer = { address: at, when, period: word('period'), target };
  const name = closureName(runtime, memory, address(word('f')));
  switch (name) {
    case 'runtime.goroutineReady':
      return { ...timer, kind: 'sleep', function: name };
    case 'time.sendTime':
      return { ...timer, kind: 'channel', function: name };
    case 'time.goFunc':
      return { ...timer, kind: 'function', function: closureName(runtime, memory, target) };
    default:
      // Who else sets a timer is not of package time, and so of the runtime; without a name it counts as the program's.
      if (!name.startsWith('runtime.')) return { ...timer, kind: 'function', function: name };
      return { ...timer, kind: 'runtime', target: address(0), function: name };
  }
}

/** The function of a func value: its first word is the PC of its entry. '' where there is none. */
export function closureName({ program }: GoRuntime, memory: Memory, closure: Address): string {
  try {
    if (closure === 0) return '';
    return program.functionAt(goPc(memory.word(closure)))?.name ?? '';
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return '';
  }
}
