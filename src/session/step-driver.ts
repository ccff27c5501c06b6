import type { StepPoint, StoppedProgram } from '../protocol/steps.ts';

export type { StepPoint } from '../protocol/steps.ts';

/** What the debugger says of a thread of the page where it is stopped, and how its memory is read there. */
export interface StoppedThread extends Omit<StoppedProgram, 'moduleKey' | 'target'> {
  /** Its wasm frames, innermost first, as V8 prints a stack. */
  readonly stack: string;
  /** Bytes of linear memory, at most 1 MiB at once. */
  read(address: number, length: number): Promise<Uint8Array>;
}

/**
 * How a step came to its end. `reached`: at one of the points. `elsewhere`: something else stopped the page before. `ended`: there was no point, the page
 * runs. `stayed`: nothing was done. `moved`: nothing was done, and somebody else let the page go on before.
 */
export type StepEnd = 'reached' | 'elsewhere' | 'ended' | 'stayed' | 'moved';

/** The page itself, or each worker and frame with a process of its own that is stopped, until the plan of one is followed. */
export type StepThreads = 'page' | 'elsewhere';

/** Lets a stopped thread run to given points of one goroutine. */
export interface StepDriver {
  /**
   * Asks `plan` about a stopped thread, lets it run until a point of the answer is reached or anything else stops it (null: it stays where it is).
   * Rejects with the reason where the debugger cannot be attached, when it is detached, and when `signal` is aborted.
   */
  run(
    signal: AbortSignal,
    plan: (thread: StoppedThread) => Promise<readonly StepPoint[] | null>,
    threads: StepThreads,
  ): Promise<StepEnd>;
}
