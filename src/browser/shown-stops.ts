import type { ShownPlace } from '../session/page-port.ts';

export interface ShownStopsContext {
  /** Whether a worker has fallen silent. */
  readonly isQuiet: () => Promise<boolean>;
  /** Whether the page itself is stopped: of that DevTools tells. */
  readonly isPageStopped: () => boolean;
  /** DevTools shows a place, and a worker is quiet: it may be stopped there. */
  readonly found: (place: ShownPlace) => void;
}

/**
 * Signs of stops in workers, of which DevTools does not tell extensions: at each it puts the cursor into the line, and the worker falls silent. A cursor that
 * somebody puts there while all workers answer is none.
 */
export class ShownStops {
  readonly #context: ShownStopsContext;
  #places: ShownPlace[] = [];
  #isLooking = false;

  constructor(context: ShownStopsContext) {
    this.#context = context;
  }

  /** The page has navigated: what was shown of it is nothing any more. */
  navigated(): void {
    this.#places = [];
  }

  /** The cursor was put somewhere. */
  shown(place: ShownPlace): void {
    if (this.#context.isPageStopped()) return;
    this.#places.push(place);
    if (!this.#isLooking) void this.#look();
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    while (this.#places.length > 0) {
      const asked = this.#places.length;
      const isQuiet = await this.#context.isQuiet();
      if (this.#context.isPageStopped()) this.#places = [];
      else if (!isQuiet) this.#places.splice(0, asked);
      // One that came while the worker was asked is of the same stop, or of the next one.
      else for (const place of this.#places.splice(0)) this.#context.found(place);
    }
    this.#isLooking = false;
  }
}
