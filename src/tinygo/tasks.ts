import { FormatError } from '../base/format-error.ts';
import { address, type Address, type FuncIndex, type ModuleOffset } from '../base/units.ts';
import type { Memory } from '../memory/memory.ts';
import { bodyOf, NO_FUNCTION, tableFunctions, type WasmModule } from '../wasm/module.ts';
import { readNameSection } from '../wasm/name-section.ts';
import type { Dwarf } from '../dwarf/dwarf.ts';
import { AsyncifyCode } from './asyncify.ts';
import { TinyGoGlobals } from './globals.ts';
import { TinyGoHeap } from './heap.ts';
import { isGoroutineWrapper } from './names.ts';
import { gcOf, runtimeFiles } from './runtime-files.ts';
import { decodeStack, type TaskFrame } from './task-stack.ts';

/** The version whose records these are; it holds what its goroutines wait for where this code looks for it. */
const KNOWN_VERSION = '0.33';

/** What is not certain of goroutines that are read out of a module of this version of TinyGo; null where it is. */
export function uncertaintyOf(version: string | null): string | null {
  if (version?.startsWith(`${KNOWN_VERSION}.`) === true) return null;
  const built =
    version === null ? 'The version of TinyGo is not known' : `The module is of TinyGo ${version}`;
  return `${built}: its goroutines are read as if it were ${KNOWN_VERSION}, the version that this was checked with.`;
}

/** Offsets in internal/task.Task (TinyGo src/internal/task, 0.33, scheduler.asyncify, wasm). */
const TASK = {
  next: 0,
  data: 8,
  entry: 20,
  args: 24,
  asyncifysp: 28,
  csp: 32,
  launched: 36,
  size: 48,
} as const;

/** Tasks that are listed; each has a stack of 64 KiB by default, so memory ends long before. */
const MAX_TASKS = 1 << 20;

/** What a goroutine does. `finished`: it has returned, and waits for the collector. */
export type TaskState =
  | 'running'
  | 'runnable'
  | 'sleep'
  | 'chan receive'
  | 'chan receive (nil chan)'
  | 'chan send'
  | 'chan send (nil chan)'
  | 'select'
  | 'select (no cases)'
  | 'sync.Mutex.Lock'
  | 'sync.RWMutex.RLock'
  | 'sync.RWMutex.Lock'
  | 'sync.WaitGroup.Wait'
  | 'sync.Cond.Wait'
  | 'waiting'
  | 'finished';

/** A goroutine of TinyGo. */
export interface Task {
  /** Address of its internal/task.Task. */
  readonly address: Address;
  readonly state: TaskState;
  /** The function that it began in. */
  readonly entry: FuncIndex;
  /** What that function was called with: the address of the parameters of the `go` statement, or those themselves where they fit in. */
  readonly args: number;
  /** Has it ever run? */
  readonly launched: boolean;
  /** The task after it in the queue that it is in; 0 for none. */
  readonly next: number;
  /** The object of the heap that is its stack. */
  readonly stack: Address;
  /** When it wakes up, in the runtime's ticks (milliseconds in JavaScript's time, nanoseconds on wasip1); null when it does not sleep. */
  readonly wakes: number | null;
  /** Innermost first; empty when it runs, or cannot be read. */
  readonly frames: readonly TaskFrame[];
  /** Bytes of the stack that the decoder left over; 0 for a stack that was read whole, null where there was none to read. */
  readonly left: number | null;
  /** Why there are no frames, or what is not sure of them. */
  readonly notes: readonly string[];
}

/** Functions of the runtime in which a goroutine waits, and what it waits for there (TinyGo src/runtime/chan.go, scheduler.go, src/sync). */
const WAITS: readonly (readonly [RegExp, TaskState])[] = [
  [/^runtime\.chanRecv$/, 'chan receive'],
  [/^runtime\.chanSend$/, 'chan send'],
  [/^runtime\.chanSelect$/, 'select'],
  [/^runtime\.deadlock$/, 'select (no cases)'],
  [/^\(\*sync\.Mutex\)\.Lock$/, 'sync.Mutex.Lock'],
  [/^\(\*sync\.RWMutex\)\.RLock$/, 'sync.RWMutex.RLock'],
  [/^\(\*sync\.RWMutex\)\.Lock$/, 'sync.RWMutex.Lock'],
  [/^\(\*sync\.WaitGroup\)\.Wait$/, 'sync.WaitGroup.Wait'],
  [/^\(\*sync\.Cond\)\.Wait$/, 'sync.Cond.Wait'],
];

/** Why the heap of a module, in which its goroutines are, cannot be read, by its -gc. */
const WITHOUT_HEAP = {
  conservative: 'it does not say where its heap is, in which its goroutines are: build it without -no-debug',
  precise: 'it does not say where its heap is, in which its goroutines are: build it without -no-debug',
  leaking:
    'it was built with -gc=leaking, which frees nothing and notes no objects: goroutines and heap cannot be read; build it with -gc=conservative',
  none: 'it was built with -gc=none, which has no heap: nothing is allocated, and there are no goroutines to read',
  custom:
    'it was built with -gc=custom: how its own collector keeps objects is not known; build it with -gc=conservative to read goroutines and heap',
} as const;

/** Why there are no goroutines, and where the collector keeps no objects either, that, too. */
function withoutScheduler(gc: ReturnType<typeof gcOf>): string {
  const none = 'it was built without goroutines (-scheduler=none, or target wasm-unknown)';
  return gc === 'leaking'
    ? `${none} and with -gc=leaking, which frees nothing and notes no objects: build it with -scheduler=asyncify -gc=conservative`
    : `${none}: build it with -scheduler=asyncify`;
}

/** What of a module its goroutines are read by: made once a module. Throws a FormatError that says what the module lacks. */
export class TinyGoRuntime {
  readonly wasm: WasmModule;
  readonly globals: TinyGoGlobals;
  readonly code: AsyncifyCode;
  readonly table: Uint32Array;
  readonly nameOf: (index: FuncIndex) => string;
  /** Whether the heap notes the layout of each object (-gc=precise). */
  readonly precise: boolean;
  /** Where the program's variables begin. */
  readonly firstData: Address;
  /** Whether the runtime's ticks are JavaScript's milliseconds, as numbers with a fraction. */
  readonly ticksAreFloat: boolean;
  readonly #dwarf: Dwarf;

  constructor(wasm: WasmModule, dwarf: Dwarf) {
    const code = AsyncifyCode.of(wasm);
    if (code === undefined) {
      throw new FormatError('module', 0, withoutScheduler(gcOf(runtimeFiles(dwarf))));
    }
    this.wasm = wasm;
    this.#dwarf = dwarf;
    this.code = code;
    this.globals = new TinyGoGlobals(dwarf);
    const gc = gcOf(runtimeFiles(dwarf));
    if (this.globals.addressOf('runtime.metadataStart') === undefined) {
      throw new FormatError('module', 0, WITHOUT_HEAP[gc ?? 'conservative']);
    }
    this.precise = gc === 'precise';
    this.firstData = address(Math.min(wasm.codeStart, ...wasm.data.address.filter((at) => at > 0)));
    this.ticksAreFloat = wasm.imports.some(({ module }) => module === 'gojs');
    this.table = tableFunctions(wasm);
    const names = readNameSection(wasm);
    this.nameOf = (index) => names?.functionName(index) ?? '';
  }

  /** Where the body of a function begins; undefined for an import. */
  startOf(index: FuncIndex): ModuleOffset | undefined {
    return bodyOf(this.wasm, index)?.start;
  }

  /** The functions at a frame of a stack, innermost first: what was inlined there, and the function. */
  namesAt({ function: index, call }: Pick<TaskFrame, 'function' | 'call'>): string[] {
    const inlined =
      call === undefined
        ? []
        : this.#dwarf.framesAt(call - this.wasm.codeStart).filter((frame) => frame.inlined);
    return [...inlined.map(({ facts }) => facts.name), this.nameOf(index)];
  }
}

/**
 * All goroutines in a program's memory, in the order of their addresses. There is no list of them in TinyGo: these are the objects of the heap that
 * are made like a Task and whose stack is one too. Throws a FormatError where memory holds no heap of this module.
 */
export function readTasks(runtime: TinyGoRuntime, memory: Memory): Task[] {
  const { globals, table } = runtime;
  const heap = new TinyGoHeap(memory, globals, runtime.precise);
  const current = readCurrentTask(runtime, memory);
  const ready = listFrom(memory, pointer(memory, globals.addressOf('runtime.runqueue')));
  const asleep = listFrom(memory, pointer(memory, globals.addressOf('runtime.sleepQueue')));
  const wakes = wakeTimes(runtime, memory, asleep);
  const tasks: Task[] = [];
  for (let object = 0; object < heap.count && tasks.length < MAX_TASKS; object++) {
    if (heap.roomOf(object) !== TASK.size) continue;
    const at = heap.addressOf(object);
    const entry = table[memory.u32(offset(at, TASK.entry))];
    if (entry === undefined || entry === NO_FUNCTION) continue;
    const sp = memory.u32(offset(at, TASK.asyncifysp));
    const csp = memory.u32(offset(at, TASK.csp));
    const launched = memory.u8(offset(at, TASK.launched));
    const stack = heap.find(sp);
    if (stack < 0 || sp % 4 !== 0 || launched > 1) continue;
    const low = heap.addressOf(stack);
    if (sp < low || csp < sp || csp > low + heap.roomOf(stack)) continue;
    const start = entry as FuncIndex;
    const base = {
      ...{
        address: at,
        entry: start,
        args: memory.u32(offset(at, TASK.args)),
        launched: launched === 1,
        stack: low,
      },
      ...{ next: memory.u32(offset(at, TASK.next)), wakes: wakes.get(at) ?? null },
    };
    // Nothing of it is suspended: it runs, or has never run and is to.
    if (at === current || (sp === low && !ready.has(at))) {
      const why = at === current ? RUNS : RUNS_BELOW;
      tasks.push({ ...base, state: 'running', frames: [], left: null, notes: [why] });
      continue;
    }
    if (launched === 0) {
      if (sp !== low) continue;
      const frames: TaskFrame[] = [{ function: start, call: undefined, at: undefined }];
      const notes = ['It has not begun to run.'];
      tasks.push({ ...base, state: 'runnable', frames, left: null, notes });
      continue;
    }
    const decoded = decodeStack(runtime, memory, { low, high: address(sp) }, start);
    const state = ready.has(at) ? 'runnable' : asleep.has(at) ? 'sleep' : waitOf(runtime, decoded.frames);
    tasks.push({ ...base, state, ...decoded });
  }
  return tasks;
}

const RUNS =
  'It runs: its stack is the one of WebAssembly itself, which memory does not hold. The stack of the trap is of this goroutine.';
const RUNS_BELOW =
  'It runs, and called JavaScript, which called the program again: its stack is the one of WebAssembly itself, which memory does not hold.';

/** The address of the task that runs; 0 for none. */
export const readCurrentTask = ({ globals }: TinyGoRuntime, memory: Memory): number =>
  pointer(memory, globals.addressOf('internal/task.currentTask'));

/** When each sleeping task wakes up, in ticks: the queue has the time from the one before it (addSleepTask, TinyGo src/runtime/scheduler.go, 0.33). */
function wakeTimes(
  { globals, ticksAreFloat }: TinyGoRuntime,
  memory: Memory,
  asleep: ReadonlySet<number>,
): ReadonlyMap<number, number> {
  const times = new Map<number, number>();
  const at = globals.addressOf('runtime.sleepQueueBaseTime');
  if (at === undefined) return times;
  const bits = memory.u64(at);
  let time = ticksAreFloat ? new DataView(BigUint64Array.of(bits).buffer).getFloat64(0, true) : Number(bits);
  for (const task of asleep) {
    time += memory.word(offset(address(task), TASK.data));
    times.set(task, time);
  }
  return times;
}

/** What a goroutine that no queue holds waits for, by the functions of its stack, innermost first. */
function waitOf(runtime: TinyGoRuntime, stack: readonly TaskFrame[]): TaskState {
  const names = stack.flatMap((frame) => runtime.namesAt(frame));
  const at = names.findIndex((name) => WAITS.some(([pattern]) => pattern.test(name)));
  if (at < 0) return 'waiting';
  // A wrapper calls deadlock when the goroutine's function has returned.
  const caller = names[at + 1] ?? '';
  if (names[at] === 'runtime.deadlock' && isGoroutineWrapper(caller)) return 'finished';
  // On a nil channel the runtime calls deadlock.
  if (names[at] === 'runtime.deadlock' && caller === 'runtime.chanRecv') return 'chan receive (nil chan)';
  if (names[at] === 'runtime.deadlock' && caller === 'runtime.chanSend') return 'chan send (nil chan)';
  return WAITS.find(([pattern]) => pattern.test(names[at] ?? ''))?.[1] ?? 'waiting';
}

const offset = (at: Address, by: number): Address => address(at + by);

const pointer = (memory: Memory, at: Address | undefined): number => (at === undefined ? 0 : memory.u32(at));

/** The tasks of a queue, from its first on; ends where it comes round again or leaves memory. */
function listFrom(memory: Memory, first: number): ReadonlySet<number> {
  const seen = new Set<number>();
  for (let at = first; at !== 0 && !seen.has(at) && at + TASK.size <= memory.size;) {
    seen.add(at);
    if (seen.size > MAX_TASKS) break;
    at = memory.u32(address(at + TASK.next));
  }
  return seen;
}
