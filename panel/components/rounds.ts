/**
 * Work that is wanted again and again, one at a time: what is wanted while it is being done is done once more after it. So a slow answer comes all the
 * same, where asking anew each time would drop it for ever.
 */
export class Rounds {
  readonly #work: () => Promise<void>;
  #working = false;
  #again = false;
  #stopped = false;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Wants it done, with what is known by now. */
  next(): void {
    this.#again = true;
    if (!this.#working) void this.#run();
  }

  /** Nothing more is begun. */
  stop(): void {
    this.#stopped = true;
  }

  async #run(): Promise<void> {
    this.#working = true;
    while (this.#again && !this.#stopped) {
      this.#again = false;
      await this.#work();
    }
    this.#working = false;
  }
}
