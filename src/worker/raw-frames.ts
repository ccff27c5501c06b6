import type { StackFrame, StackTrace } from '../stack/stack-trace.ts';

/**
 * Puts JavaScript's raw lines beside the frames of the stack that memory tells: V8 saw a part of the same calls, in the same
 * order. A line belongs to the frame with the same function and the same PC; a line that fits none is left where it is, in JavaScript's own
 * stack.
 */
export function withRawFrames(memory: StackTrace, javascript: StackTrace | null): StackTrace {
  if (javascript === null) return memory;
  const raws = javascript.frames.filter((frame) => frame.language !== 'javascript' && !frame.inlined);
  let next = 0;
  const frames = memory.frames.map((frame): StackFrame => {
    if (frame.inlined || frame.raw !== null) return frame;
    for (let at = next; at < raws.length; at++) {
      const candidate = raws[at];
      if (candidate !== undefined && sameCall(frame, candidate)) {
        next = at + 1;
        return { ...frame, raw: candidate.raw, moduleOffset: frame.moduleOffset ?? candidate.moduleOffset };
      }
    }
    return frame;
  });
  return { ...memory, frames };
}

function sameCall(memory: StackFrame, javascript: StackFrame): boolean {
  return (
    memory.function === javascript.function &&
    memory.pcOffset !== null &&
    memory.pcOffset === javascript.pcOffset
  );
}
