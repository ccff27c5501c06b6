import type { RuntimeFrame } from '../go/runtime/frames.ts';
import { foldOfGo } from './fold.ts';
import { remarkFrame } from './remark.ts';
import type { StackFrame } from './stack-trace.ts';

/** Frames that were left out of a long stack: how many, and after how many functions (inlined lines do not count). */
export interface Elided {
  readonly count: number;
  readonly after: number;
}

/**
 * The lines of a goroutine's stack that was read from memory, innermost first. Where frames were left out stands a line as Go prints it
 * (src/runtime/traceback.go, 1.21 and later).
 */
export function framesOfMemory(frames: readonly RuntimeFrame[], elided: Elided | null = null): StackFrame[] {
  const lines = frames.map(frameOfMemory);
  if (elided !== null) {
    const line: StackFrame = {
      ...remarkFrame(`...${String(elided.count)} frames elided...`),
      raw: null,
      confidence: { kind: 'unavailable', why: 'left out of a long stack, as Go does' },
    };
    lines.splice(indexOfElided(frames, elided), 0, line);
  }
  return lines;
}

function frameOfMemory(frame: RuntimeFrame): StackFrame {
  return {
    function: frame.function,
    file: frame.file,
    line: frame.line,
    lineEnd: frame.lineEnd,
    ...(frame.likelyLine === undefined ? {} : { likelyLine: frame.likelyLine }),
    ...(frame.alternatives === undefined ? {} : { alternatives: frame.alternatives }),
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

/** Where the line for frames that were left out stands among the lines; an inlined line belongs to the function after it. */
export function indexOfElided(frames: readonly RuntimeFrame[], { after }: Elided): number {
  let functions = 0;
  for (const [index, frame] of frames.entries()) {
    if (functions === after) return index;
    if (!frame.inlined) functions++;
  }
  return frames.length;
}
