// A CPU recording of V8: what a .cpuprofile or a Chrome trace holds, thread by thread.

import { isWasmUrl } from '../base/wasm-url.ts';

/** A function as V8 names it. */
export interface RecordedFrame {
  readonly functionName: string;
  /** URL of the script or module; empty for V8's own states such as `(idle)`. */
  readonly url: string;
  /** Tells scripts with the same URL apart; empty when unknown. */
  readonly scriptId: string;
  /** 1-based, of the declaration; 0 unknown. Of a wasm function always 1. */
  readonly line: number;
  /** 0-based column of the declaration; of a wasm function the module offset of its body. -1 unknown. */
  readonly column: number;
  /** The function's index in the module, where the name says it (`wasm-function[12]`). */
  readonly wasmIndex: number | null;
}

/** One thread: a tree of calls and, over time, which of its nodes was running. */
export interface RecordedThread {
  /** `CrRendererMain`, `DedicatedWorker thread`; empty for a .cpuprofile. */
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly frames: readonly RecordedFrame[];
  /** Of each node: the row of its frame, and of its caller's node (-1: outermost). A caller comes before what it calls. */
  readonly nodeFrame: Uint32Array;
  readonly nodeParent: Int32Array;
  /** Nodes that were running, in order of time. */
  readonly samples: Uint32Array;
  /** How long each sample stands for, in microseconds: until the next one. */
  readonly durations: Float64Array;
  /** Microseconds on the recording's clock. */
  readonly startTime: number;
  /** Microseconds between two samples as a rule: the median of the durations. */
  readonly interval: number;
}

/** V8's names of what is not a function. */
export const IDLE = '(idle)';
export const GARBAGE_COLLECTOR = '(garbage collector)';
export const PROGRAM = '(program)';
export const ROOT = '(root)';

const WASM_FUNCTION = /^(?:wasm-function\[(\d+)\]|.*:wasm-function\[(\d+)\])$/;

/** The index in a name such as `wasm-function[12]`; null for any other. */
export function wasmIndexOf(functionName: string): number | null {
  const match = WASM_FUNCTION.exec(functionName);
  return match === null ? null : Number(match[1] ?? match[2]);
}

/** What V8 calls the code between a module and JavaScript: no function of the module, whose URL it has. */
const GLUE = /^(?:wasm-to-js|js-to-wasm)\b/;

/** Whether a frame is V8's own code between a module and JavaScript. */
export function isEngineGlue({ functionName }: RecordedFrame): boolean {
  return GLUE.test(functionName);
}

/** Whether a frame is a function of a WebAssembly module. */
export function isWasmFrame({ functionName, url, wasmIndex }: RecordedFrame): boolean {
  if (GLUE.test(functionName)) return false;
  return wasmIndex !== null || isWasmUrl(url);
}
