// What DevTools' language plugin asks of the worker: plain data.

import type { FilesBeside, ListedDirectory } from './listed-directory.ts';
import type { FoundText, MissingTexts, ShownFiles } from './source-map.ts';

/** A place in a module's code, as DevTools says it: bytes from the start of the Code section's content. */
export interface CodePlace {
  readonly rawModuleId: string;
  readonly codeOffset: number;
  /** 0 is the innermost of the functions that were inlined there. */
  readonly inlineFrameIndex: number;
}

/** A place of a file as DevTools shows it. */
export interface SourcePlace {
  readonly url: string;
  /** 0-based, both. */
  readonly line: number;
  readonly column: number;
}

/** Code from `start` up to `end`: bytes from the start of the Code section's content. */
export interface PlaceRange {
  readonly start: number;
  readonly end: number;
}

/** The stopped frame that an expression is about. */
export interface StoppedFrame {
  readonly place: CodePlace;
  /** The session's name for the memory at that moment, and its size in bytes. */
  readonly target: string;
  readonly byteLength: number;
  /** Global 0 (SP) and local 1 (the function's own copy of it) of the frame, unsigned; null where they could not be had. */
  readonly sp: number | null;
  readonly local: number | null;
  /** What `language.stores` asks for, as far as it could be had. */
  readonly stores: readonly StoreValue[];
}

/** A local, a global or an operand of WebAssembly. */
export interface Store {
  readonly store: 'local' | 'global' | 'operand';
  readonly index: number;
}

export interface StoreValue extends Store {
  /** Its bits in hex, those of a float as IEEE 754 has them; and its size in bytes. */
  readonly bits: string;
  readonly bytes: 4 | 8;
}

export interface LanguageModule {
  /** SHA-256 of the module without the section that was appended. */
  readonly hash: string;
  /** Files of the program's own code. */
  readonly files: readonly string[];
  /** URLs of all files that code is of. */
  readonly urls: readonly string[];
}

export interface LanguageVariable {
  readonly name: string;
  /** As the source writes it; '' where that is not known. */
  readonly type: string;
  readonly scope: 'PARAMETER' | 'LOCAL' | 'GLOBAL';
}

/** A value as DevTools draws it. */
export interface LanguageValue {
  readonly text: string;
  readonly type: string;
  readonly kind: 'number' | 'string' | 'boolean' | 'object';
  /** Where it stands and how long it is; null for what is computed. */
  readonly address: number | null;
  readonly size: number;
  /** How many parts it has. */
  readonly parts: number;
  /** Its type, for `language.parts`. */
  readonly of:
    | { readonly descriptor: number }
    | { readonly name: string }
    /** A type of debug information, by the number that the worker gave it. */
    | { readonly number: number };
  /** Why the value is not certain; null where it is. */
  readonly doubt: string | null;
}

/** A value of one stop, to be looked into. */
export interface LanguageObject {
  readonly rawModuleId: string;
  readonly target: string;
  readonly byteLength: number;
  readonly of: LanguageValue['of'];
  readonly address: number;
  /** The frame, for a value that is in no memory; null for others. */
  readonly frame: Pick<StoppedFrame, 'place' | 'stores'> | null;
}

export interface LanguageRequests {
  /** `from`: the bytes as DevTools gives them, or the key of a module of the page, which the worker has. */
  'language.add': {
    params: { rawModuleId: string; from: ArrayBuffer | string };
    result: LanguageModule;
  };
  'language.remove': { params: { rawModuleId: string }; result: null };
  /** Texts of Go files, by the names that symbols give them. */
  'language.texts': { params: { rawModuleId: string; texts: ReadonlyMap<string, string> }; result: null };
  /**
   * Files of the packages that a place and an expression there are about, one of each package whose directory was not listed yet; `expression`: null for
   * the package of the place alone.
   */
  'language.unlisted': {
    params: { place: CodePlace; expression: string | null };
    result: readonly string[];
  };
  /** A folder has such a file, of this text, and beside it files of these names: those that are wanted. */
  'language.listed': {
    params: { rawModuleId: string } & ListedDirectory;
    result: readonly string[];
  };
  /** Texts of those that were wanted, by their names in that directory, as far as they could be read. */
  'language.beside': {
    params: { rawModuleId: string } & FilesBeside;
    result: null;
  };
  /** The texts that an attached map would have; null for a module whose files DevTools does not have from the plugin. */
  'language.shown': {
    params: { moduleKey: string; texts: ReadonlyMap<string, FoundText>; missing: MissingTexts };
    result: ShownFiles | null;
  };
  /** Null where no line is known. */
  'language.place': { params: CodePlace; result: SourcePlace | null };
  /** Names of the functions at a place, innermost first, with those that were inlined there. */
  'language.frames': { params: CodePlace; result: readonly string[] };
  /** Code of a place of a file, or of the next line that has any; a negative column is where a breakpoint belongs. */
  'language.ranges': { params: { rawModuleId: string } & SourcePlace; result: readonly PlaceRange[] };
  /** Lines (0-based) that have code. */
  'language.lines': { params: { rawModuleId: string; url: string }; result: readonly number[] };
  /** Code of the inlined call at a place, or of the calls that were inlined into what is at that place. */
  'language.inlined': {
    params: CodePlace & { readonly of: 'call' | 'callees' };
    result: readonly PlaceRange[];
  };
  'language.variables': { params: CodePlace; result: readonly LanguageVariable[] };
  /** What the variables of a place are in, beside memory. */
  'language.stores': { params: CodePlace; result: readonly Store[] };
  /** The value of an expression of Go; rejects with the reason where it has none. */
  'language.evaluate': { params: { expression: string; frame: StoppedFrame }; result: LanguageValue };
  'language.parts': {
    params: LanguageObject;
    result: readonly { readonly name: string; readonly value: LanguageValue }[];
  };
}
