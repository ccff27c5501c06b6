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
  /** Size of its linear memory from then on. */
  readonly memory: readonly { readonly time: number; readonly bytes: number }[];
}

/** Requests about CPU recordings. */
export interface RecordingRequests {
  /** Adds tracks of goroutines and memory to a recorded trace (JSON). Takes ownership of it. */
  'recording.complete': {
    params: { json: ArrayBuffer; clock: TraceClock; programs: readonly RecordedProgram[] };
    result: { json: ArrayBuffer; notes: readonly string[] };
  };
}
