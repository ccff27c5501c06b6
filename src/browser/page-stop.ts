import type { PageStop as StopTold } from '../session/page-port.ts';

/** A stop as a poll tells it. */
export interface PolledStop {
  readonly stack: string;
  /** Of the memory on top of the program's stack, by the hook; null where the page has no hook yet. */
  readonly digest: number | null;
}

/** The frames in wasm: above them, a stack has those of whoever asks. */
const wasmFrames = (stack: string): readonly string[] =>
  stack.split('\n').filter((line) => line.includes(':wasm-function['));

/** Whether two stacks may be of one stop. The page may have cut the first one, at its `Error.stackTraceLimit`. */
function isStartOf(cut: string, whole: string): boolean {
  const frames = wasmFrames(whole);
  return wasmFrames(cut).every((frame, i) => frame === frames[i]);
}

/** Whether the debugger has stopped the page, as polls tell it. */
export class PageStop {
  readonly #changed: (stop: StopTold | null) => void;
  /** The last stop that was told; null while the page runs. */
  #last: PolledStop | null = null;
  #waiting: (() => void)[] = [];

  /** `changed`: the page has stopped, elsewhere than before or so that more is known of it, or goes on. */
  constructor(changed: (stop: StopTold | null) => void) {
    this.#changed = changed;
  }

  get isStopped(): boolean {
    return this.#last !== null;
  }

  take(stop: PolledStop | null): void {
    const last = this.#last;
    if (stop?.stack === last?.stack && stop?.digest === last?.digest) return;
    this.#last = stop;
    if (stop !== null) {
      const isNewHook = last?.digest === null && stop.digest !== null;
      this.#changed({ stack: stop.stack, isSame: isNewHook && isStartOf(last.stack, stop.stack) });
      return;
    }
    this.#changed(null);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const goOn of waiting) goOn();
  }

  /**
   * Resolves when the page is not stopped. Another session of the debugger that is enabled while it is keeps Chromium from passing on what
   * DevTools sends, `Debugger.resume` too (seen in 156).
   */
  async over(): Promise<void> {
    while (this.isStopped) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
