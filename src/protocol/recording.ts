import type { MomentGoroutine } from '../trace/goroutine-tracks.ts';

/** How the clock of a trace fits that of the session. */
export interface TraceClock {
  /** When the recording began: milliseconds since the epoch, and microseconds on the trace's clock. They fit to about 10 ms. */
  readonly startTime: number;
  readonly startMicros: number;
  readonly durationMs: number;
  /** The page's main thread. */
  readonly pid: number;
  readonly tid: number;
}

/** What was seen of one program while it was recorded; times in milliseconds since the epoch. */
export interface RecordedProgram {
  readonly label: string;
  readonly moments: readonly { readonly time: number; readonly goroutines: readonly MomentGoroutine[] }[];
  /** Milliseconds that a state is drawn on after it was seen, at most, where the next moment shows another; 0: it was looked at before and after only. */
  readonly holdMs: number;
  /** Size of its linear memory from then on. */
  readonly memory: readonly { readonly time: number; readonly bytes: number }[];
}

/** The states of all goroutines of a program in one task of its page. */
export interface GoroutineSample {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** How long the page waited for it, milliseconds. */
  readonly pauseMs: number;
  /** Those of the program's own; `function` is that of the go statement, `place` and `waitsOn` are empty. */
  readonly goroutines: readonly MomentGoroutine[];
}

/** Requests about CPU recordings. */
export interface RecordingRequests {
  /** Looks at the states of a running program's goroutines: only their descriptors are read. `target`: the session's name for its memory. */
  'recording.sample': {
    params: { moduleKey: string; target: string; byteLength: number };
    result: GoroutineSample;
  };
  /** Adds tracks of goroutines and memory to a recorded trace (JSON). Takes ownership of it. */
  'recording.complete': {
    params: { json: ArrayBuffer; clock: TraceClock; programs: readonly RecordedProgram[] };
    result: { json: ArrayBuffer; notes: readonly string[] };
  };
}
