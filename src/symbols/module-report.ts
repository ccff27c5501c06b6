import type { SymbolQuality } from './symbol-source.ts';

export type Toolchain = 'go' | 'tinygo' | 'other';

/** What static analysis says of one module: `gowasm inspect` and the Modules view. */
export interface ModuleReport {
  readonly toolchain: Toolchain;
  /** `go1.26.10`; null when unknown or not Go. */
  readonly goVersion: string | null;
  readonly producers: readonly { readonly field: string; readonly name: string; readonly version: string }[];
  readonly module: {
    readonly path: string | null;
    readonly main: string | null;
    readonly mainVersion: string | null;
    readonly deps: readonly GoDependency[];
  };
  readonly settings: readonly {
    readonly key: string;
    readonly value: string;
    /** What says so, where it was inferred. */
    readonly from?: string;
  }[];
  readonly buildId: string | null;
  readonly functionCount: number;
  readonly byteLength: number;
  readonly symbols: readonly SymbolQuality[];
  readonly sections: readonly SectionSize[];
  /** Code bytes by Go package, for the treemap; functions below their package. */
  readonly packages: readonly PackageSize[];
  /** Anything that could not be read, each naming section and offset. */
  readonly diagnostics: readonly string[];
  /** e.g. `wasm-opt: the code was rewritten after linking; 13,045 call PCs survived`. */
  readonly notes: readonly string[];
}

export interface GoDependency {
  readonly path: string;
  readonly version: string;
  readonly sum: string | null;
  readonly replacedBy: string | null;
}

export interface SectionSize {
  readonly name: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly bytes: number;
}

export interface PackageSize {
  readonly path: string;
  readonly bytes: number;
  readonly functions: number;
  /** The largest functions, largest first. */
  readonly largest: readonly { readonly name: string; readonly bytes: number }[];
}
