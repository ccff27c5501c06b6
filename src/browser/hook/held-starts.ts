import type { HookStarts } from '../hook-protocol.ts';
import type { Natives } from './natives.ts';

/** No program is held longer: DevTools may have gone, or be busy. Milliseconds. */
const MAX_HELD_MS = 10_000;

/**
 * Holds programs back before they start. DevTools sets the breakpoints of a module's files once the language plugin has said where they are; V8 waits for that where a
 * script names a source map, not where it has a debug section.
 */
export class HeldStarts {
  readonly #natives: Natives;
  readonly #Promise: PromiseConstructor;
  readonly #waiting = new Set<() => void>();
  #modules = 0;

  constructor(scope: typeof globalThis, natives: Natives) {
    this.#natives = natives;
    this.#Promise = scope.Promise;
  }

  /** What there is to wait for. */
  get state(): HookStarts {
    return { modules: this.#modules, waiting: this.#waiting.size };
  }

  /** The result of a compilation, later: at `release`, or after ten seconds. */
  hold<Result>(result: Result): Promise<Result> {
    this.#modules++;
    return new this.#Promise((resolve) => {
      const goOn = (): void => {
        this.#waiting.delete(goOn);
        resolve(result);
      };
      this.#waiting.add(goOn);
      this.#natives.setTimeout(goOn, MAX_HELD_MS);
    });
  }

  /** Lets all go on that wait now. */
  release(): void {
    for (const goOn of [...this.#waiting]) goOn();
  }
}
