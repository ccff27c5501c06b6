import { EXACT, type Confidence } from '../base/confidence.ts';
import { funcIndex, moduleOffset } from '../base/units.ts';
import type { Location } from '../symbols/symbol-source.ts';
import type { FrameClaim, Symbolizer } from '../symbols/symbolizer.ts';
import { foldOfGo, foldOfJs, isResume } from './fold.ts';
import type { JsFrame, JsStack } from './js-stack.ts';
import type { StackFrame, StackTrace } from './stack-trace.ts';

export interface FromJsOptions {
  /**
   * The stack was taken inside an import that the program called (the exit import): JavaScript frames before the first wasm frame are those of
   * the import, and are folded.
   */
  readonly insideImport?: boolean;
}

/**
 * Turns a JavaScript stack into Go frames. Inlined frames are expanded, JavaScript frames stay between, and every frame carries the line
 * it came from. Without a symbolizer the wasm frames stay as printed.
 */
export function symbolizeJsStack(
  stack: JsStack,
  symbolizer: Symbolizer | null,
  options: FromJsOptions = {},
): StackTrace {
  const firstWasm = stack.frames.findIndex((frame) => frame.isWasm);
  const frames = stack.frames.flatMap((frame, index): StackFrame[] => {
    if (frame.isWasm) return wasmFrames(frame, symbolizer);
    const inImport = options.insideImport === true && index < firstWasm;
    return [jsFrame(frame, inImport ? 'glue' : foldOfJs(frame.functionName, frame.url))];
  });
  return { source: 'javascript', note: noteOf(stack, frames), header: null, frames, createdBy: null };
}

/** What the stack's wasm frames say about the module that they are of, for `Symbolizer.fits`. */
export function claimsOf(stack: JsStack): FrameClaim[] {
  return stack.frames
    .filter((frame) => frame.isWasm)
    .map((frame) => ({
      funcIndex: frame.funcIndex === null ? null : funcIndex(frame.funcIndex),
      moduleOffset: frame.moduleOffset === null ? null : moduleOffset(frame.moduleOffset),
    }));
}

/** Where a wasm frame is, as far as the module's symbols know; undefined when they know nothing. */
export function locateFrame(frame: JsFrame, symbolizer: Symbolizer): Location | undefined {
  if (frame.moduleOffset !== null) {
    const location = symbolizer.locate(moduleOffset(frame.moduleOffset));
    const contradicts = frame.funcIndex !== null && location.funcIndex !== frame.funcIndex;
    return contradicts || location.frames.length === 0 ? undefined : location;
  }
  return frame.funcIndex === null ? undefined : symbolizer.locateFunction(funcIndex(frame.funcIndex));
}

function wasmFrames(frame: JsFrame, symbolizer: Symbolizer | null): StackFrame[] {
  const location = symbolizer === null ? undefined : locateFrame(frame, symbolizer);
  if (location === undefined) return [unknownWasm(frame, whyUnknown(frame, symbolizer))];
  return location.frames.map((go, index): StackFrame => ({
    function: go.function,
    file: go.file,
    line: go.line,
    lineEnd: go.lineEnd ?? null,
    ...(go.likelyLine === undefined ? {} : { likelyLine: go.likelyLine }),
    ...(index > 0 || location.alternatives === undefined ? {} : { alternatives: location.alternatives }),
    inlined: go.inlined,
    language: 'go',
    args: go.inlined ? '...' : null,
    pcOffset: go.inlined ? null : (location.pcOffset ?? null),
    moduleOffset: frame.moduleOffset,
    raw: frame.raw,
    confidence: location.confidence,
    // The function's own kind holds for what was inlined into it only when that is not the program's code.
    fold: foldOfGo(go.function, index === location.frames.length - 1 ? location.role : null, go.file),
  }));
}

function whyUnknown(frame: JsFrame, symbolizer: Symbolizer | null): string {
  if (symbolizer === null) return 'no module was given';
  if (frame.moduleOffset === null && frame.funcIndex === null) {
    return 'the stack gives neither index nor offset for this frame';
  }
  return 'the module has no such place: the stack is of another module or of another build';
}

function unknownWasm(frame: JsFrame, why: string): StackFrame {
  const index = frame.funcIndex === null ? 'wasm code' : `wasm-function[${frame.funcIndex}]`;
  return {
    function: frame.functionName ?? index,
    file: '',
    line: 0,
    lineEnd: null,
    inlined: false,
    language: 'wasm',
    args: null,
    pcOffset: null,
    moduleOffset: frame.moduleOffset,
    raw: frame.raw,
    confidence: { kind: 'unavailable', why },
    fold: frame.functionName === null ? null : foldOfGo(frame.functionName, null),
  };
}

const PAST: Confidence = {
  kind: 'inferred',
  why: 'asynchronous: what the frames above it waited for or were started by',
};

function jsFrame(frame: JsFrame, fold: StackFrame['fold']): StackFrame {
  return {
    function: frame.functionName ?? '(anonymous)',
    file: frame.url ?? '',
    line: frame.line ?? 0,
    ...(frame.column === null ? {} : { column: frame.column }),
    lineEnd: null,
    inlined: false,
    language: 'javascript',
    args: null,
    pcOffset: null,
    moduleOffset: null,
    raw: frame.raw,
    confidence: frame.async ? PAST : EXACT,
    fold,
  };
}

/** A goroutine's outermost functions: below them nothing can be missing. */
const ROOTS = new Set([
  'runtime.main',
  'runtime.goexit',
  'runtime.rt0_go',
  'runtime.handleEvent',
  'syscall/js.handleEvent',
]);

function noteOf(stack: JsStack, frames: readonly StackFrame[]): string {
  const wasm = stack.frames.filter((frame) => frame.isWasm);
  if (wasm.length === 0) return 'A stack of JavaScript alone.';
  const notes = ["JavaScript's stack."];
  if (wasm.every((frame) => frame.moduleOffset === null)) {
    notes.push('It names functions only, no places in them: lines and inlined calls are not known.');
  }
  if (isCut(stack, frames)) {
    notes.push('Frames from before the last goroutine switch or stack growth may be missing in it.');
  }
  return notes.join(' ');
}

/**
 * Whether the stack begins in the middle of a goroutine: what the loop of resumed functions called is not known as a goroutine's
 * outermost function. One that a go statement started and that never switched looks the same, hence the "may".
 */
function isCut(stack: JsStack, frames: readonly StackFrame[]): boolean {
  const glue = frames.findIndex((frame) => /^wasm_(?:pc_f_loop|export_)/.test(frame.function));
  const outermost = glue > 0 ? frames[glue - 1] : undefined;
  if (outermost !== undefined) return !ROOTS.has(outermost.function);
  return stack.frames.some((frame) => isResume(frame.functionName));
}
