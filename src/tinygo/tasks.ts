import { FormatError } from '../base/format-error.ts';
import { address, type Address, type FuncIndex } from '../base/units.ts';
import type { Memory } from '../memory/memory.ts';
import { NO_FUNCTION, tableFunctions, type WasmModule } from '../wasm/module.ts';
import { readNameSection } from '../wasm/name-section.ts';
import type { Dwarf } from '../dwarf/dwarf.ts';
import { AsyncifyCode } from './asyncify.ts';
import { TinyGoGlobals } from './globals.ts';
import { TinyGoHeap } from './heap.ts';
import { isGoroutineWrapper } from './names.ts';
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
const TASK = { next: 0, entry: 20, asyncifysp: 28, csp: 32, launched: 36, size: 48 } as const;

/** Tasks that are listed; each has a stack of 64 KiB by default, so memory ends long before. */
const MAX_TASKS = 1 << 20;

/** What a goroutine does. `finished`: it has returned, and waits for the collector. */
export type TaskState =
  | 'running'
  | 'runnable'
  | 'sleep'
  | 'chan receive'
  | 'chan send'
  | 'select'
  | 'select (no cases)'
  | 'sync.Mutex.Lock'
  | 'sync.WaitGroup.Wait'
  | 'waiting'
  | 'finished';

/** A goroutine of TinyGo. */
export interface Task {
  /** Address of its internal/task.Task. */
  readonly address: Address;
  readonly state: TaskState;
  /** The function that it began in. */
  readonly entry: FuncIndex;
  /** Has it ever run? */
  readonly launched: boolean;
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
  [/^\(\*sync\.WaitGroup\)\.Wait$/, 'sync.WaitGroup.Wait'],
];

/** What of a module its goroutines are read by: made once a module. Throws a FormatError that says what the module lacks. */
export class TinyGoRuntime {
  readonly wasm: WasmModule;
  readonly globals: TinyGoGlobals;
  readonly code: AsyncifyCode;
  readonly table: Uint32Array;
  readonly nameOf: (index: FuncIndex) => string;
  readonly #dwarf: Dwarf;

  constructor(wasm: WasmModule, dwarf: Dwarf) {
    const code = AsyncifyCode.of(wasm);
    if (code === undefined) {
      throw new FormatError(
        'module',
        0,
        'it was built without goroutines (-scheduler=none, or target wasm-unknown): build it with -scheduler=asyncify',
      );
    }
    this.wasm = wasm;
    this.#dwarf = dwarf;
    this.code = code;
    this.globals = new TinyGoGlobals(dwarf);
    if (this.globals.addressOf('runtime.metadataStart') === undefined) {
      throw new FormatError(
        'module',
        0,
        'it does not say where the heap is, in which its goroutines are: build it without -no-debug and with a -gc that collects',
      );
    }
    this.table = tableFunctions(wasm);
    const names = readNameSection(wasm);
    this.nameOf = (index) => names?.functionName(index) ?? '';
  }

  /** The functions at a frame of a stack, innermost first: what was inlined there, and the function. */
  namesAt({ function: index, call }: TaskFrame): string[] {
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
  const heap = new TinyGoHeap(memory, globals);
  const current = pointer(memory, globals.addressOf('internal/task.currentTask'));
  const ready = listFrom(memory, pointer(memory, globals.addressOf('runtime.runqueue')));
  const asleep = listFrom(memory, pointer(memory, globals.addressOf('runtime.sleepQueue')));
  const tasks: Task[] = [];
  for (const { address: at, size } of heap.objects()) {
    if (size !== TASK.size || tasks.length >= MAX_TASKS) continue;
    const entry = table[memory.u32(offset(at, TASK.entry))];
    if (entry === undefined || entry === NO_FUNCTION) continue;
    const sp = memory.u32(offset(at, TASK.asyncifysp));
    const csp = memory.u32(offset(at, TASK.csp));
    const launched = memory.u8(offset(at, TASK.launched));
    const stack = heap.objectAt(sp);
    if (stack === undefined || sp % 4 !== 0 || launched > 1) continue;
    if (csp < sp || csp > stack.address + stack.size) continue;
    const start = entry as FuncIndex;
    const base = { address: at, entry: start, launched: launched === 1 };
    if (at === current) {
      const why =
        'It runs: its stack is the one of WebAssembly itself, which memory does not hold. The stack of the trap is of this goroutine.';
      tasks.push({ ...base, state: 'running', frames: [], left: null, notes: [why] });
      continue;
    }
    if (launched === 0) {
      if (sp !== stack.address) continue;
      const state = ready.has(at) ? 'runnable' : 'waiting';
      const frames: TaskFrame[] = [{ function: start, call: undefined }];
      tasks.push({ ...base, state, frames, left: null, notes: ['It has not begun to run.'] });
      continue;
    }
    const decoded = decodeStack(runtime, memory, { low: stack.address, high: address(sp) }, start);
    const state = ready.has(at) ? 'runnable' : asleep.has(at) ? 'sleep' : waitOf(runtime, decoded.frames);
    tasks.push({ ...base, state, ...decoded });
  }
  return tasks;
}

/** What a goroutine that no queue holds waits for, by the functions of its stack, innermost first. */
function waitOf(runtime: TinyGoRuntime, stack: readonly TaskFrame[]): TaskState {
  const names = stack.flatMap((frame) => runtime.namesAt(frame));
  const at = names.findIndex((name) => WAITS.some(([pattern]) => pattern.test(name)));
  if (at < 0) return 'waiting';
  // A wrapper calls deadlock when the goroutine's function has returned.
  if (names[at] === 'runtime.deadlock' && isGoroutineWrapper(names[at + 1] ?? '')) return 'finished';
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
