/** Title of the task that looks for them. */
export const LOOKING = 'Looking for a stopped worker or frame';

/** A worker, or a frame with a process of its own. */
export interface ThreadPlace {
  readonly kind: 'worker' | 'frame';
  readonly url: string;
}

/** A thread that a debugger has stopped in wasm, and the memory of that program as it was then. */
export interface StoppedThreadCopy {
  readonly thread: ThreadPlace;
  /** Its frames, innermost first, as V8 prints a stack. */
  readonly stack: string;
  /** All of linear memory; null where `why` says why there is none. */
  readonly memory: Uint8Array | null;
  readonly why: string;
  /** Global 0, which standard Go has its SP in; null where it is no number. */
  readonly sp: number | null;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/**
 * Looks for threads of the page that a debugger has stopped: of the page itself DevTools tells extensions, of these it does not. Rejects with the reason
 * where the debugger cannot be attached, when it is detached, and when `signal` is aborted. `progress`: from 0 to 1.
 */
export interface StoppedThreads {
  look(signal: AbortSignal, progress: (fraction: number) => void): Promise<readonly StoppedThreadCopy[]>;
}
