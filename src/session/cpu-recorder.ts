import type { TraceClock } from '../protocol/recording.ts';

/** Microseconds between two samples: the two that V8's tracing knows (V8 src/profiler/tracing-cpu-profiler.cc). */
export type SamplingInterval = 1000 | 100;

export interface RecorderOptions {
  readonly intervalMicros: SamplingInterval;
}

/** What a recording that is under way is told, and tells. */
export interface RecorderControl {
  /** Aborted to end the recording and keep it. */
  readonly stop: AbortSignal;
  /** Aborted to give it up. */
  readonly cancel: AbortSignal;
  /** It runs now. */
  started(): void;
  /** How full the browser's buffer is, 0..1. */
  bufferFull(share: number): void;
  /** It has ended; how many bytes of the trace are read. */
  reading(bytes: number): void;
}

/** A Chrome trace as the browser recorded it. */
export interface RecordedTrace {
  /** JSON (Trace Event Format, the object form). */
  readonly json: ArrayBuffer;
  readonly clock: TraceClock;
  /** URLs of the wasm scripts that samples are in, as the engine names them. */
  readonly wasmUrls: readonly string[];
  /** Why it ended before it was stopped; none as a rule. */
  readonly notes: readonly string[];
}

/** Records what the page's processes do, workers included; implemented over chrome.debugger in src/browser. */
export interface CpuRecorder {
  /** False in the build without the `debugger` permission. */
  readonly available: boolean;
  /** Rejects with the browser's reason, or that of `cancel`. */
  record(options: RecorderOptions, control: RecorderControl): Promise<RecordedTrace>;
}
