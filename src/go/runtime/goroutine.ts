import { FormatError } from '../../base/format-error.ts';
import { address, goPc, type Address, type GoPc } from '../../base/units.ts';
import { expectBytes, type Memory } from '../../memory/memory.ts';
import { readString } from './print.ts';
import type { CallPlace } from './program.ts';
import type { GoRuntime } from './runtime.ts';
import type { StackBounds, StackPosition } from './unwind.ts';

// A goroutine's descriptor, runtime.g (Go src/runtime/runtime2.go); its state in words as in src/runtime/traceback.go, goroutineheader.

/** By g.atomicstatus, without the scan bit; 1.19 to 1.27. */
const STATUS = [
  'idle',
  'runnable',
  'running',
  'syscall',
  'waiting',
  '',
  'dead',
  '',
  'copystack',
  'preempted',
  'leaked',
  'waiting for cgo callback',
] as const;
const SCAN = 0x1000;
export const STATUS_RUNNING = 2;
const STATUS_SYSCALL = 3;
const STATUS_WAITING = 4;
export const STATUS_DEAD = 6;
const STATUS_LEAKED = 10;
/** A g that waits for a callback of C, which wasm has not; Go leaves it out like a dead one. */
const STATUS_DEAD_EXTRA = 11;

/** Where the goroutine was started: the outer function of the `go` statement with its innermost line, as Go prints it. */
export interface CreatedBy extends CallPlace {
  /** The goroutine that did it; null before Go 1.21, and where the event loop's own stack did it. */
  readonly goroutine: number | null;
}

export interface Goroutine {
  /** Of its runtime.g. */
  readonly address: Address;
  readonly id: number;
  /** g.atomicstatus without the scan bit. */
  readonly status: number;
  /** What Go prints in the brackets of its header, without times: `running`, `chan receive`. */
  readonly state: string;
  /** The collector is at its stack. */
  readonly scanned: boolean;
  /** It cannot go on until something wakes it. */
  readonly waits: boolean;
  /** Why it waits, as runtime.waitReasonStrings says it; null when it does not wait. */
  readonly waitReason: string | null;
  /**
   * Go's own note of since when it waits, in nanoseconds of the runtime's clock; null when it does not wait, and until the second
   * collection that meets it waiting. The collector notes the time of its cycle before, so it may lie before the wait began.
   */
  readonly waitSince: number | null;
  /** When time.Sleep is over, in nanoseconds of the runtime's clock; null when it does not sleep, and in a bubble, which has its own clock. */
  readonly sleepUntil: number | null;
  /** The newest runtime.sudog of what it waits on; 0 for none. */
  readonly waiting: Address;
  /** The function of its `go` statement; '' when its PC is none of the program's. */
  readonly startFunction: string;
  /** runtime.LockOSThread; no thread is ever locked on wasm so far (Go 1.27). */
  readonly lockedThread: boolean;
  readonly stack: StackBounds;
  /** Where it goes on when it is scheduled; undefined when nothing is recorded there, as while it runs. */
  readonly scheduled: StackPosition | undefined;
  readonly syscall: StackPosition | undefined;
  /** One of the runtime's own: the collector's, finalizers' (Go src/runtime/traceback.go, isSystemGoroutine). */
  readonly system: boolean;
  /** Null for the first goroutine. */
  readonly createdBy: CreatedBy | null;
  /** What runtime/pprof.SetGoroutineLabels set; 0 for none, see `readLabels`. */
  readonly labels: Address;
  /** The testing/synctest bubble it is in (before 1.25 the goroutine that began it); null for none. */
  readonly bubble: number | null;
  /** What Go calls it: `bubble`, before 1.25 `group`. */
  readonly bubbleWord: 'bubble' | 'group';
  /** Inside a bubble: its wait counts as one that only the bubble can end, and its reason does not say so. */
  readonly durable: boolean;
  /** Newest runtime._panic of its chain; 0 for none. */
  readonly panics: Address;
  /** runtime.m that runs it; 0 for none. */
  readonly m: Address;
}

/** Whether Go lists the goroutine: dead ones wait for their next use. */
export function isAlive({ status }: Goroutine): boolean {
  return status !== STATUS_DEAD && status !== STATUS_DEAD_EXTRA;
}

/**
 * The line above a goroutine's stack (Go src/runtime/traceback.go, goroutineheader, 1.27). `now`: the runtime's clock in nanoseconds, for
 * the minutes of a wait; they are left out when it is null. `state`: instead of the goroutine's own.
 */
export function goroutineHeader(
  goroutine: Goroutine,
  now: number | null,
  state: string = goroutine.state,
): string {
  const leaked = goroutine.status === STATUS_LEAKED ? ' (leaked)' : '';
  const scanned = goroutine.scanned ? ' (scan)' : '';
  const words = [`${state}${leaked}${scanned}${goroutine.durable ? ' (durable)' : ''}`];
  const minutes =
    now === null || goroutine.waitSince === null ? 0 : Math.floor((now - goroutine.waitSince) / 60e9);
  if (minutes >= 1) words.push(`${minutes} minutes`);
  if (goroutine.lockedThread) words.push('locked to thread');
  if (goroutine.bubble !== null) words.push(`synctest ${goroutine.bubbleWord} ${goroutine.bubble}`);
  return `goroutine ${goroutine.id} [${words.join(', ')}]:`;
}

/** Reads the goroutine whose runtime.g is at `at`; throws a FormatError when that is outside the memory or no goroutine. */
export function readGoroutine(runtime: GoRuntime, memory: Memory, at: Address): Goroutine {
  const { g, gobuf, stack } = runtime.layouts.layouts;
  const word = (offset: number): number => memory.word(address(at + offset));
  if (at === 0 || at % 8 !== 0)
    throw new FormatError('runtime.g', at, 'expected the address of a goroutine', true);
  expectBytes(memory, at, g.startpc + 8);
  const rawStatus = memory.u32(address(at + g.atomicstatus));
  const status = rawStatus & ~SCAN;
  const bounds = { lo: address(word(g.stack + stack.lo)), hi: address(word(g.stack + stack.hi)) };
  const outside = bounds.hi > memory.size || bounds.lo >= bounds.hi;
  if (STATUS[status] === undefined || (outside && status !== STATUS_DEAD)) {
    throw new FormatError('runtime.g', at, 'expected a goroutine: its status or stack is impossible', true);
  }
  const position = (pc: number, sp: number): StackPosition | undefined =>
    pc === 0 || sp === 0 ? undefined : { pc: goPc(pc), sp: address(sp) };
  const id = word(g.goid);
  const optional = (offset: number | undefined): number => (offset === undefined ? 0 : word(offset));
  const startFunction = runtime.program.functionAt(goPc(word(g.startpc)))?.name ?? '';
  // The reason stays after the wait.
  const lastReason = waitReasonText(runtime, memory.u8(address(at + g.waitreason)));
  const parked = status === STATUS_WAITING || status === STATUS_LEAKED;
  const reason = parked ? lastReason : null;
  const waitSince = word(g.waitsince);
  const bubble = bubbleOf(runtime, memory, at);
  const timed = status === STATUS_WAITING || status === STATUS_SYSCALL;
  return {
    address: at,
    id,
    status,
    state: reason ?? STATUS[status],
    scanned: (rawStatus & SCAN) !== 0,
    waits: parked,
    waitReason: reason,
    waitSince: timed && waitSince !== 0 ? waitSince : null,
    sleepUntil: reason === 'sleep' && bubble === null ? sleepEnd(runtime, memory, at) : null,
    waiting: address(word(g.waiting)),
    startFunction,
    lockedThread: optional(g.lockedm) !== 0,
    stack: bounds,
    scheduled: position(word(g.sched + gobuf.pc), word(g.sched + gobuf.sp)),
    syscall: position(word(g.syscallpc), word(g.syscallsp)),
    system: isSystem(runtime, memory, at, startFunction, lastReason),
    createdBy: id === 1 ? null : createdBy(runtime, goPc(word(g.gopc)), optional(g.parentGoid)),
    labels: address(optional(g.labels)),
    bubble,
    bubbleWord: g.syncGroup === undefined ? 'bubble' : 'group',
    durable: bubble !== null && isDurable(runtime.program.minor, status, lastReason),
    panics: address(word(g._panic)),
    m: address(word(g.m)),
  };
}

/** Start functions of goroutines that are the program's, although their names say otherwise. */
const USER = new Set(['runtime.main', 'runtime.handleAsyncEvent', 'runtime.corostart']);

/**
 * Go src/runtime/traceback.go, isSystemGoroutine, 1.19 to 1.27. The goroutines of finalizers and cleanups are the program's while they
 * run its code: g.runningCleanups says so of cleanups (since 1.25); of finalizers what the goroutine last waited for does.
 */
function isSystem(
  runtime: GoRuntime,
  memory: Memory,
  at: Address,
  startFunction: string,
  lastReason: string | null,
): boolean {
  if (!startFunction.startsWith('runtime.') || USER.has(startFunction)) return false;
  if (startFunction === 'runtime.runfinq' || startFunction === 'runtime.runFinalizers') {
    return lastReason === null || RUNTIME_WAITS.has(lastReason);
  }
  const { runningCleanups } = runtime.layouts.layouts.g;
  if (startFunction === 'runtime.runCleanups' && runningCleanups !== undefined) {
    return memory.u8(address(at + runningCleanups)) === 0;
  }
  return true;
}

/** What the goroutine of finalizers waits for between them, and while the collector has stopped it. */
const RUNTIME_WAITS = new Set(['finalizer wait', 'GC assist wait', 'GC assist marking', 'preempted']);

/** g.bubble.id; in 1.24 the id of g.syncGroup.root (Go src/runtime/synctest.go). */
function bubbleOf(runtime: GoRuntime, memory: Memory, at: Address): number | null {
  const { g } = runtime.layouts.layouts;
  const field = g.bubble ?? g.syncGroup;
  const bubble = field === undefined ? 0 : memory.word(address(at + field));
  if (bubble === 0) return null;
  try {
    if (g.bubble !== undefined) {
      const id = runtime.types.structOffsets('runtime.synctestBubble')?.get('id');
      return id === undefined ? null : memory.word(address(bubble + id));
    }
    const root = runtime.types.structOffsets('runtime.synctestGroup')?.get('root');
    return root === undefined ? null : memory.word(address(memory.word(address(bubble + root)) + g.goid));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return null;
  }
}

/** runtime.isIdleInSynctest, as far as the reasons do not say it themselves. */
const DURABLE = new Set([
  'chan receive (nil chan)',
  'chan send (nil chan)',
  'select (no cases)',
  'sleep',
  'sync.Cond.Wait',
  'coroutine',
  'synctest.Run',
  'synctest.Wait',
]);

/** Go says so since 1.25, where also of a goroutine that waited so last and runs again. */
function isDurable(minor: number, status: number, lastReason: string | null): boolean {
  if (minor < 25 || lastReason === null || !DURABLE.has(lastReason)) return false;
  return minor === 25 || status === STATUS_WAITING;
}

/** g.sleepWhen (since 1.23), before that `when` of the timer in g.timer, its second word. */
function sleepEnd(runtime: GoRuntime, memory: Memory, at: Address): number | null {
  const { sleepWhen, timer } = runtime.layouts.layouts.g;
  if (sleepWhen !== undefined) return memory.word(address(at + sleepWhen)) || null;
  const record = timer === undefined ? 0 : memory.word(address(at + timer));
  if (record === 0 || record + 16 > memory.size) return null;
  return memory.word(address(record + 8)) || null;
}

/** runtime.waitReasonStrings is initialized data that nothing writes: the module's image holds it. */
function waitReasonText(runtime: GoRuntime, reason: number): string | null {
  const table = runtime.globals.waitReasonStrings.address;
  if (table === undefined || reason === 0) return null;
  try {
    return readString(runtime.program.module.image, address(table + reason * 16)) || null;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return null;
  }
}

function createdBy(runtime: GoRuntime, pc: GoPc, parent: number): CreatedBy | null {
  const place = runtime.program.callBefore(pc);
  if (place === undefined) return null;
  const { function: name, file, line, pcOffset } = place;
  return { function: name, file, line, pcOffset, goroutine: parent === 0 ? null : parent };
}
