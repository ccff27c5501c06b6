import type { Confidence } from '../base/confidence.ts';
import type { Frame } from '../symbols/symbol-source.ts';

/** A stack as a person reads it, whatever it was made from. Plain data: it crosses from the worker to the views. */
export interface StackTrace {
  readonly source: 'memory' | 'javascript' | 'text';
  /** A sentence: what this stack is, and what may be missing in it. */
  readonly note: string;
  /** `goroutine 1 [running]:` where known. */
  readonly header: string | null;
  /** Innermost first. */
  readonly frames: readonly StackFrame[];
  /** `created by main.main in goroutine 1`, as the last line. */
  readonly createdBy: {
    readonly function: string;
    readonly file: string;
    readonly line: number;
    readonly goroutine: number | null;
    /** What Go prints as +0x1d; left out where not known. */
    readonly pcOffset?: number | null;
  } | null;
}

/** One line of a stack as the panel shows it: a Go frame, or a JavaScript frame between them. */
export interface StackFrame {
  /** Go's function name, or the JavaScript function as printed. */
  readonly function: string;
  readonly file: string;
  /** 1-based; 0 unknown. */
  readonly line: number;
  /** 1-based; of JavaScript only, where it is known. */
  readonly column?: number;
  readonly lineEnd: number | null;
  /** The line of the range that it most likely is. */
  readonly likelyLine?: number;
  readonly inlined: boolean;
  readonly language: 'go' | 'javascript' | 'wasm';
  /** Exactly what stands between Go's parentheses; '' none, '...' inlined; null where not known. */
  readonly args: string | null;
  /** What Go prints as +0x1d. */
  readonly pcOffset: number | null;
  readonly moduleOffset: number | null;
  /** The line of the raw stack that this frame came from. */
  readonly raw: string | null;
  readonly confidence: Confidence;
  /** Where the place may be instead, each a whole list, innermost first: in code that was inlined there, or around it. */
  readonly alternatives?: readonly (readonly Frame[])[];
  /** Why the frame is folded by default; null for frames that are always shown. */
  readonly fold: 'runtime' | 'glue' | 'wrapper' | null;
}
