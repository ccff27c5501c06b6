import type { Death } from '../go/runtime/death.ts';
import type { RuntimeFrame } from '../go/runtime/frames.ts';
import { goroutineHeader, type Goroutine } from '../go/runtime/goroutine.ts';
import type { GoroutineStack } from '../go/runtime/goroutine-stack.ts';
import { foldOfGo } from '../stack/fold.ts';
import type { StackFrame, StackTrace } from '../stack/stack-trace.ts';

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
    frames: withElided(frames, elided),
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
    frames: withElided(frames, elided),
    createdBy: goroutine.createdBy,
  };
}

function withElided(frames: readonly RuntimeFrame[], elided: GoroutineStack['elided']): StackFrame[] {
  const lines = frames.map(toStackFrame);
  if (elided !== null) lines.splice(indexOfElided(frames, elided.after), 0, elidedFrame(elided.count));
  return lines;
}

/** What ran on the runtime's own stack while the program died; null when nothing did. */
export function systemStack(death: Death): StackTrace | null {
  if (death.systemFrames.length === 0) return null;
  return {
    source: 'memory',
    note: "Read from the program's memory: what the runtime did on its own stack to end the program.",
    header: 'runtime stack:',
    frames: death.systemFrames.map(toStackFrame),
    createdBy: null,
  };
}

function toStackFrame(frame: RuntimeFrame): StackFrame {
  return {
    function: frame.function,
    file: frame.file,
    line: frame.line,
    lineEnd: frame.lineEnd,
    inlined: frame.inlined,
    language: 'go',
    args: frame.args,
    pcOffset: frame.pcOffset,
    moduleOffset: null,
    raw: null,
    confidence: frame.confidence,
    fold: frame.dying ? 'runtime' : foldOfGo(frame.function, frame.wrapper ? 'wrapper' : null, frame.file),
  };
}

/** `after` counts functions; an inlined line belongs to the function after it. */
function indexOfElided(frames: readonly RuntimeFrame[], after: number): number {
  let functions = 0;
  for (const [index, frame] of frames.entries()) {
    if (functions === after) return index;
    if (!frame.inlined) functions++;
  }
  return frames.length;
}

/** Go prints a line like this where it leaves frames out (src/runtime/traceback.go, 1.21 and later). */
function elidedFrame(count: number): StackFrame {
  return {
    function: `...${String(count)} frames elided...`,
    file: '',
    line: 0,
    lineEnd: null,
    inlined: false,
    language: 'go',
    args: null,
    pcOffset: null,
    moduleOffset: null,
    raw: null,
    confidence: { kind: 'exact' },
    fold: null,
  };
}
