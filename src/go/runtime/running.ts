import { FormatError } from '../../base/format-error.ts';
import { address, type Address } from '../../base/units.ts';
import { expectBytes, type Memory } from '../../memory/memory.ts';
import { readGoroutine, STATUS_RUNNING, type Goroutine } from './goroutine.ts';
import { listGoroutines } from './goroutines.ts';
import type { GoRuntime } from './runtime.ts';
import type { StackBounds } from './unwind.ts';

/** Who runs on the program's only thread (runtime.m0, Go src/runtime/proc.go). */
export interface Running {
  /** m0.curg; undefined when the scheduler runs, or when it cannot be read. */
  readonly goroutine: Goroutine | undefined;
  /** The stack of m0.g0, on which the runtime itself works. */
  readonly system: StackBounds | undefined;
}

/** g0's bounds are taken where mstart begins, a little below what it uses. */
const SYSTEM_STACK_SLACK = 1024;

/** Reads m0 and what it runs; `notes` get what could not be read. Without m0 and allm, the goroutine whose stack holds `sp` is taken, or the only one that runs. */
export function findRunning(
  runtime: GoRuntime,
  memory: Memory,
  sp: Address | null,
  notes: string[],
): Running {
  const at = addressOfM(runtime, memory, sp, notes);
  if (at === undefined) return { goroutine: goroutineBySp(runtime, memory, sp), system: undefined };
  const { m, g, stack } = runtime.layouts.layouts;
  expectBytes(memory, at, m.curg + 8);
  if (runtime.globals.g0.address !== undefined) expectBytes(memory, runtime.globals.g0.address, 256);
  let system: StackBounds | undefined;
  let goroutine: Goroutine | undefined;
  try {
    const g0 = memory.word(address(at + m.g0));
    const lo = memory.word(address(g0 + g.stack + stack.lo));
    const hi = memory.word(address(g0 + g.stack + stack.hi)) + SYSTEM_STACK_SLACK;
    if (lo < hi && hi <= memory.size) system = { lo: address(lo), hi: address(hi) };
    else notes.push('The bounds of the runtime’s own stack are impossible.');
    const curg = memory.word(address(at + m.curg));
    if (curg !== 0) goroutine = readGoroutine(runtime, memory, address(curg));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    notes.push(`The running goroutine cannot be read: ${error.message}.`);
    goroutine = goroutineBySp(runtime, memory, sp);
  }
  return { goroutine, system };
}

/** The program's only m: runtime.m0, or, where the code does not show its address, what runs the running goroutine. */
function addressOfM(
  runtime: GoRuntime,
  memory: Memory,
  sp: Address | null,
  notes: string[],
): Address | undefined {
  const { m0, allm } = runtime.globals;
  if (m0.address !== undefined) return m0.address;
  const why = m0.confidence.kind === 'exact' ? '' : ` (${m0.confidence.why})`;
  try {
    const first = allm.address === undefined ? 0 : memory.word(allm.address);
    if (first > 0 && first < memory.size) {
      notes.push(`runtime.m0 was not found${why}; runtime.allm led to it.`);
      return address(first);
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  const m = goroutineBySp(runtime, memory, sp)?.m;
  notes.push(`runtime.m0 was not found${why}; the goroutine was looked for in runtime.allgs.`);
  return m === 0 ? undefined : m;
}

function goroutineBySp(runtime: GoRuntime, memory: Memory, sp: Address | null): Goroutine | undefined {
  const all = listGoroutines(runtime, memory).goroutines;
  const running = all.filter((goroutine) => goroutine.status === STATUS_RUNNING);
  const holds = ({ stack }: Goroutine): boolean => sp !== null && sp >= stack.lo && sp < stack.hi;
  return all.find(holds) ?? (running.length === 1 ? running[0] : undefined);
}
