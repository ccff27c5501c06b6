import type { PollAnswer } from './hook-protocol.ts';

/** Between two polls that look for an answer. Milliseconds. */
const ROUND_MS = 80;
/** A worker that has answered none of so many polls is quiet. */
const QUIET_POLLS = 8;
/** A page that does not answer so many polls is not waited for. */
const MAX_ROUNDS = 40;
/** A worker that was not heard for so many polls before has ended, or is busy. */
const RECENT_POLLS = 40;
/** A page may tell of any number of workers: more at a time are not followed. */
const MAX_WORKERS = 300;

interface Worker {
  /** The last poll that it answered. */
  answered: number;
  /** Since this poll it was silent when that was asked; null where it answered. */
  quietSince: number | null;
}

/**
 * Workers that have fallen silent. Their hooks answer every poll of the page, unless a debugger has stopped the worker or its program is busy: silence
 * does not say that it is stopped, but whether a place that DevTools shows may be that of a stop.
 */
export class QuietWorkers {
  readonly #workers = new Map<string, Worker>();
  readonly #poll: () => Promise<void>;
  readonly #answered: () => void;
  /** Number of the last poll. */
  #polls = 0;

  /** `poll`: polls the page once, unless that is being done. `answered`: no worker is quiet any more. */
  constructor(poll: () => Promise<void>, answered: () => void) {
    this.#poll = poll;
    this.#answered = answered;
  }

  navigated(): void {
    this.#workers.clear();
  }

  /** The page is polled; the number of this poll. */
  asked(): number {
    return ++this.#polls;
  }

  /** The page has answered a poll. */
  take({ realms }: Pick<PollAnswer, 'realms'>): void {
    const hadQuiet = this.#hasQuiet();
    for (const { realm, kind, poll } of realms) {
      if (kind !== 'worker' || poll == null || poll > this.#polls) continue;
      const known = this.#workers.get(realm);
      if (known === undefined && this.#isFull()) continue;
      const worker = known ?? { answered: 0, quietSince: null };
      worker.answered = Math.max(worker.answered, poll);
      // What it answered before comes late.
      if (worker.quietSince !== null && worker.answered >= worker.quietSince) worker.quietSince = null;
      this.#workers.set(realm, worker);
    }
    if (hadQuiet && !this.#hasQuiet()) this.#answered();
  }

  /** Whether a worker is quiet from now on that answered before. Polls until that is known. */
  async look(): Promise<boolean> {
    const since = this.#polls + 1;
    if (this.#hasQuiet()) {
      for (const worker of this.#workers.values()) if (worker.quietSince !== null) worker.quietSince = since;
      return true;
    }
    const asked = [...this.#workers.values()].filter(({ answered }) => since - answered < RECENT_POLLS);
    const isSilent = ({ answered }: Worker): boolean => answered < since;
    for (let i = 0; i < MAX_ROUNDS && asked.some(isSilent); i++) {
      await this.#poll();
      await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
      // Those of another page are gone.
      const silent = asked.filter((worker) => isSilent(worker) && this.#isKnown(worker));
      if (silent.length === 0) break;
      if (this.#polls - since < QUIET_POLLS) continue;
      for (const worker of silent) worker.quietSince = since;
      return true;
    }
    return false;
  }

  /** Whether there are too many, those that have ended left out. */
  #isFull(): boolean {
    if (this.#workers.size < MAX_WORKERS) return false;
    for (const [realm, { answered, quietSince }] of this.#workers) {
      if (quietSince === null && this.#polls - answered >= RECENT_POLLS) this.#workers.delete(realm);
    }
    return this.#workers.size >= MAX_WORKERS;
  }

  #isKnown(worker: Worker): boolean {
    return [...this.#workers.values()].includes(worker);
  }

  #hasQuiet(): boolean {
    return [...this.#workers.values()].some(({ quietSince }) => quietSince !== null);
  }
}
