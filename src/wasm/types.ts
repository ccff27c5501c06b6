import type { FormatError } from '../base/format-error.ts';
import type { FuncIndex, ModuleOffset } from '../base/units.ts';
import type { DataSegments } from './data-section.ts';

/**
 * A WebAssembly module as the binary format says it (core specification 2.0, chapter 5). Plain tables over `bytes`; nothing is
 * validated beyond what is needed to read it. What could not be read is in `diagnostics`, and everything before and after it is kept.
 */
export interface WasmModule {
  /** The whole file; every ModuleOffset is an index into it. */
  readonly bytes: Uint8Array;
  /** In file order. */
  readonly sections: readonly Section[];
  readonly types: readonly FunctionType[];
  readonly imports: readonly Import[];
  /** Imported functions: the FuncIndex of the first function of the Code section. */
  readonly importedFunctionCount: number;
  /** Type index of each function that the Function section declares. */
  readonly functionTypes: Uint32Array;
  /** Functions whose body was found in the Code section: the length of `bodyStart` and `bodySize`. */
  readonly functionCount: number;
  /**
   * First byte of each body: of the vector of locals, right after the body's size. This is the offset that `wasm-objdump -d`
   * prints before `func[n]`, and V8's `func.code` offset. Module offsets, increasing.
   */
  readonly bodyStart: Uint32Array;
  /** Bytes of each body, from the vector of locals up to and including the final `end`. */
  readonly bodySize: Uint32Array;
  /** Where the Code section's content starts (its function count); -1 without one. `CodeOffset` counts from here. */
  readonly codeStart: number;
  readonly exports: readonly Export[];
  /** Globals of the Global section, without the imported ones. */
  readonly globals: readonly Global[];
  readonly tables: readonly Table[];
  /** Memories, imported ones first. */
  readonly memories: readonly Memory[];
  readonly elements: readonly ElementSegment[];
  readonly data: DataSegments;
  readonly start: FuncIndex | undefined;
  readonly dataCount: number | undefined;
  readonly diagnostics: readonly FormatError[];
}

/** A section and where it stands. */
export interface Section {
  readonly id: number;
  /** `Code`, `Data`...; for a custom section its own name. */
  readonly name: string;
  readonly custom: boolean;
  /** Of the section's id byte. */
  readonly offset: ModuleOffset;
  /** Whole section, id and size field included. */
  readonly size: number;
  /** The content: for a custom section what follows its name. */
  readonly contentStart: ModuleOffset;
  readonly contentEnd: ModuleOffset;
}

/** Codes of the binary format: 0x7f i32, 0x7e i64, 0x7d f32, 0x7c f64, 0x7b v128, 0x70 funcref, 0x6f externref, others as they stand. */
export type ValueType = number;

export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export interface Limits {
  /** In pages of 64 KiB for a memory, in entries for a table. */
  readonly min: number;
  readonly max: number | undefined;
}

export interface Memory extends Limits {
  readonly shared: boolean;
  /** Addresses are 64 bits wide. */
  readonly is64: boolean;
}

export interface Table extends Limits {
  readonly elementType: ValueType;
}

export type ExternalKind = 'function' | 'table' | 'memory' | 'global' | 'tag';

export interface Import {
  readonly module: string;
  readonly name: string;
  readonly kind: ExternalKind;
  /** Type index of a function or tag, value type of a global, 0 otherwise. */
  readonly type: number;
}

export interface Export {
  readonly name: string;
  readonly kind: ExternalKind;
  /** In the index space of its kind. */
  readonly index: number;
}

/** A constant expression, as far as readers of modules need it. */
export type Constant =
  | { readonly kind: 'i32'; readonly value: number }
  | { readonly kind: 'i64'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'function'; readonly index: FuncIndex }
  | { readonly kind: 'null' }
  /** The value of an imported or earlier global. */
  | { readonly kind: 'global'; readonly index: number }
  /** More than one instruction, or one of the others. */
  | { readonly kind: 'other' };

export interface Global {
  readonly type: ValueType;
  readonly mutable: boolean;
  readonly init: Constant;
}

/** An element segment; active ones fill a table when the module is instantiated. */
export interface ElementSegment {
  readonly mode: 'active' | 'passive' | 'declared';
  readonly table: number;
  /** First slot that is filled; undefined unless active with a constant. */
  readonly offset: number | undefined;
  /** One FuncIndex an entry; NO_FUNCTION for null and for anything that is not a constant function. */
  readonly functions: Uint32Array;
}

/** Stands for "no function" in arrays of FuncIndex. */
export const NO_FUNCTION = 0xffffffff;
