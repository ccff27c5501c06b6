// What the page tells of the JavaScript values that a Go program refers to, and of a moment of the program: plain data.

/**
 * The tables of wasm_exec.js of one moment, without the seven values that are always there. Columns have an entry for each value, in
 * the order of their ids.
 */
export interface PageReferences {
  /** Readings of this program are counted from 1. */
  readonly reading: number;
  /** Length of `_values`, and of `_idPool`. */
  readonly slots: number;
  readonly free: number;
  /** Values that Go refers to, and the sum of their reference counts. Columns hold the first 200,000. */
  readonly held: number;
  readonly sum: number;
  /** Bytes of the memory in the same task. */
  readonly bytes: number;
  /** `kind`: string, symbol, function, js.Func, node, array, error, promise, object, ...; `name` of the class, '' where it is not known. */
  readonly classes: readonly { readonly kind: string; readonly name: string }[];
  readonly id: Uint32Array;
  /** How many references Go has to it. */
  readonly count: Float64Array;
  /** Index in `classes`. */
  readonly class: Uint32Array;
  /** The reading in which this very object was first seen; 0 for values without identity, such as strings. */
  readonly first: Uint32Array;
  /** The number under which syscall/js knows a function that js.FuncOf made; 0 for others, and where it is not known. */
  readonly func: Uint32Array;
  /** 1: a node that is in no document. */
  readonly detached: Uint8Array;
  readonly text: readonly string[];
  /** Milliseconds since the epoch; how long the page waited, in milliseconds. */
  readonly time: number;
  readonly pauseMs: number;
}

export type { SampleRequest, SampleWord } from '../protocol/references.ts';

/** Numbers of one moment, read in one task of the page; null where they could not be read. */
export interface PageSample {
  /** Of the whole memory. */
  readonly bytes: number;
  /** As many as were asked for. */
  readonly words: readonly (number | null)[];
  readonly goroutines: number | null;
  /** JavaScript values that Go refers to. */
  readonly references: number | null;
  /** Milliseconds since the epoch; how long the page waited, in milliseconds. */
  readonly time: number;
  readonly pauseMs: number;
}
