import type { Confidence } from '../base/confidence.ts';
import type { FuncIndex, GoPc, ModuleOffset } from '../base/units.ts';
import type { CodeLines } from './code-lines.ts';

/** One frame as Go sees it. A physical wasm frame holds one or more of these: the inlined ones, innermost first, then the function. */
export interface Frame {
  /** Go's full name: `main.(*T).Method`, `main.f.func1`, `main.Map[...]`. */
  readonly function: string;
  /** As the symbols say it: absolute, `$GOROOT`-relative or `-trimpath` form. Empty when unknown. */
  readonly file: string;
  /** 1-based; 0 when unknown. With `lineEnd` the first line of the range. */
  readonly line: number;
  /** Last line of the range, when the place covers more than one line. */
  readonly lineEnd?: number;
  /** The line of the range that it most likely is. */
  readonly likelyLine?: number;
  readonly inlined: boolean;
}

/**
 * What kind of function a physical frame belongs to, for folding: `user` code; `runtime` (package runtime, internal/runtime and
 * reflect's call machinery); `wrapper` (compiler-made method wrappers, hidden by Go in tracebacks); `glue` (wasm_pc_f_loop,
 * wasm_export_run/resume, asm thunks, imports of wasm_exec.js).
 */
export type FunctionRole = 'user' | 'runtime' | 'wrapper' | 'glue';

/** A place in the module, symbolized. */
export interface Location {
  readonly moduleOffset: ModuleOffset;
  /** The function that holds the offset; undefined outside the Code section. */
  readonly funcIndex: FuncIndex | undefined;
  /** The Go PC, where it is known. For a call site, the return PC. */
  readonly pc: GoPc | undefined;
  /** Distance of `pc` from the function's entry PC: what Go prints as `+0x1d`. */
  readonly pcOffset: number | undefined;
  readonly role: FunctionRole;
  readonly confidence: Confidence;
  /** Innermost first. Empty only when nothing at all is known about the place. */
  readonly frames: readonly Frame[];
  /** Where the place may be instead of `frames`: in code that was inlined there, or around it. Each is as complete as `frames`. */
  readonly alternatives?: readonly (readonly Frame[])[];
}

/** A function as the symbols know it. */
export interface FunctionSymbol {
  readonly funcIndex: FuncIndex;
  readonly name: string;
  /** File and line of the declaration; empty and 0 when unknown. */
  readonly file: string;
  readonly startLine: number;
  readonly role: FunctionRole;
  /** First byte of the body (after the size), as a module offset, and the body's length in bytes. */
  readonly bodyStart: ModuleOffset;
  readonly bodySize: number;
}

/** A byte of code that a source line leads to. */
export interface LinePlace {
  readonly moduleOffset: ModuleOffset;
  readonly funcIndex: FuncIndex;
  readonly confidence: Confidence;
}

export type SymbolKind = 'pclntab' | 'dwarf' | 'sourcemap' | 'names';

/** How good one kind of symbols is in this module, in words and figures for the Modules view. */
export interface SymbolQuality {
  readonly kind: SymbolKind;
  /** e.g. `5307 functions, 64,068 call sites, 94 % of call instructions exact`. */
  readonly summary: string;
  /** Share of call instructions with an exact place, 0..1, where that applies. */
  readonly exactCalls?: number;
}

/** One way to turn places of a module into Go names. Implementations: pclntab, names (later DWARF, source map). */
export interface SymbolSource {
  readonly kind: SymbolKind;
  /** Symbolizes a byte of the module; for a stack frame that is the offset of the call opcode (V8's column). Never throws for any number. */
  locate(offset: ModuleOffset): Location;
  functionAt(index: FuncIndex): FunctionSymbol | undefined;
  /** Code of a source line, exact places first. `file` as in `Frame.file`. */
  placesOf(file: string, line: number): readonly LinePlace[];
  /** Where the place of the code can change, in rising order: between two of these it is the same, or not exact. None outside bodies but their ends. */
  edges(): Iterable<ModuleOffset>;
  /** All code by line, in steps, where the source has a faster way than to locate each edge. */
  codeLines?(): Generator<unknown, CodeLines>;
  /** All functions, in code order. */
  functions(): readonly FunctionSymbol[];
  /** All source files, sorted. */
  files(): readonly string[];
  quality(): SymbolQuality;
}
