import type { Death } from '../go/runtime/death.ts';
import { goroutineHeader, type Goroutine } from '../go/runtime/goroutine.ts';
import type { GoroutineStack } from '../go/runtime/goroutine-stack.ts';
import { framesOfMemory } from '../stack/from-memory.ts';
import type { StackTrace } from '../stack/stack-trace.ts';

/** The dying goroutine's stack, as memory tells it; null when no frame could be read. */
export function memoryStack(death: Death): StackTrace | null {
  const { goroutine, frames, elided, createdBy, complete } = death;
  if (frames.length === 0) return null;
  return {
    source: 'memory',
    note: complete
      ? "Read from the program's memory: the goroutine's whole stack."
      : "Read from the program's memory: the innermost part of the goroutine's stack; why it ends is in the notes.",
    header: goroutine === null ? null : `goroutine ${String(goroutine.id)} [${goroutine.state}]:`,
    frames: framesOfMemory(frames, elided),
    createdBy,
  };
}

/** The stack of any goroutine. `state`: instead of the goroutine's own; `now`: the runtime's clock, nanoseconds, where it is known. */
export function goroutineTrace(
  goroutine: Goroutine,
  state: string,
  now: number | null,
  { frames, elided, complete }: GoroutineStack,
): StackTrace {
  return {
    source: 'memory',
    note: complete
      ? "Read from the program's memory: the goroutine's whole stack."
      : "Read from the program's memory: the innermost part of the goroutine's stack.",
    header: goroutineHeader(goroutine, now, state),
    frames: framesOfMemory(frames, elided),
    createdBy: goroutine.createdBy,
  };
}

/** What ran on the runtime's own stack while the program died; null when nothing did. */
export function systemStack(death: Death): StackTrace | null {
  if (death.systemFrames.length === 0) return null;
  return {
    source: 'memory',
    note: "Read from the program's memory: what the runtime did on its own stack to end the program.",
    header: 'runtime stack:',
    frames: framesOfMemory(death.systemFrames),
    createdBy: null,
  };
}
