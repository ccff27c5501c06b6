import type { Natives } from './natives.ts';

/** The lease is 15 s: this many ticks without a renewal. */
const TICK_MS = 5000;
const TICKS = 3;

/**
 * Calls `onEnd` once DevTools has not asked for 15 seconds. Ticks are counted, not time: while the page's thread is blocked, or stopped at
 * a breakpoint, no tick comes and the question that waits gets its turn, so a page that was busy for a minute keeps its hook.
 */
export class Lease {
  #ticksLeft = TICKS;
  #ended = false;

  constructor(natives: Natives, onEnd: () => void) {
    const tick = (): void => {
      if (this.#ended) return;
      if (--this.#ticksLeft < 0) {
        this.#ended = true;
        onEnd();
      } else {
        natives.setTimeout(tick, TICK_MS);
      }
    };
    natives.setTimeout(tick, TICK_MS);
  }

  renew(): void {
    this.#ticksLeft = TICKS;
  }
}
