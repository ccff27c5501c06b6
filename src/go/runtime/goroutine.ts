import { FormatError } from '../../base/format-error.ts';
import { address, goPc, type Address, type GoPc } from '../../base/units.ts';
import { expectBytes, type Memory } from '../../memory/memory.ts';
import { readString } from './print.ts';
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
const STATUS_WAITING = 4;
export const STATUS_DEAD = 6;
const STATUS_LEAKED = 10;

/** Where the goroutine was started. */
export interface CreatedBy {
  readonly function: string;
  readonly file: string;
  /** 1-based; 0 unknown. */
  readonly line: number;
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
  readonly stack: StackBounds;
  /** Where it goes on when it is scheduled; undefined when nothing is recorded there, as while it runs. */
  readonly scheduled: StackPosition | undefined;
  readonly syscall: StackPosition | undefined;
  /** One of the runtime's own: the collector's, finalizers' (Go src/runtime/traceback.go, isSystemGoroutine). */
  readonly system: boolean;
  /** Null for the first goroutine. */
  readonly createdBy: CreatedBy | null;
  /** Newest runtime._panic of its chain; 0 for none. */
  readonly panics: Address;
  /** runtime.m that runs it; 0 for none. */
  readonly m: Address;
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
  return {
    address: at,
    id,
    status,
    state: stateText(runtime, status, memory.u8(address(at + g.waitreason))),
    stack: bounds,
    scheduled: position(word(g.sched + gobuf.pc), word(g.sched + gobuf.sp)),
    syscall: position(word(g.syscallpc), word(g.syscallsp)),
    system: isSystem(runtime, goPc(word(g.startpc))),
    createdBy:
      id === 1
        ? null
        : createdBy(runtime, goPc(word(g.gopc)), g.parentGoid === undefined ? 0 : word(g.parentGoid)),
    panics: address(word(g._panic)),
    m: address(word(g.m)),
  };
}

function isSystem(runtime: GoRuntime, startPc: GoPc): boolean {
  const name = runtime.program.functionAt(startPc)?.name ?? '';
  return name.startsWith('runtime.') && name !== 'runtime.main' && name !== 'runtime.handleAsyncEvent';
}

function stateText(runtime: GoRuntime, status: number, waitReason: number): string {
  if ((status === STATUS_WAITING || status === STATUS_LEAKED) && waitReason !== 0) {
    const reason = waitReasonText(runtime, waitReason);
    if (reason !== undefined) return reason;
  }
  return STATUS[status] ?? '';
}

/** runtime.waitReasonStrings is initialized data that nothing writes: the module's image holds it. */
function waitReasonText(runtime: GoRuntime, reason: number): string | undefined {
  const table = runtime.globals.waitReasonStrings.address;
  if (table === undefined) return undefined;
  try {
    return readString(runtime.program.module.image, address(table + reason * 16)) || undefined;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return undefined;
  }
}

/** The outer function of the `go` statement with its innermost line, as Go prints it. */
function createdBy(runtime: GoRuntime, pc: GoPc, parent: number): CreatedBy | null {
  const code = runtime.program.functionAt(pc);
  if (code === undefined) return null;
  const frames = code.framesAt(pc > code.entry ? goPc(pc - 1) : pc);
  const { file, line } = frames[0] ?? { file: '', line: 0 };
  return { function: code.name, file, line, goroutine: parent === 0 ? null : parent };
}
