import type { AddressRange } from '../memory/memory.ts';

/** The memory of a snapshot by its bytes: in the page at first, and here once it was fetched whole. */
export class SnapshotBytes {
  readonly #fetch: (ranges: readonly AddressRange[]) => Promise<readonly Uint8Array[]>;
  #whole: Uint8Array | null;

  /** `fetch` asks the page; `whole`: all of it, where it is here already. */
  constructor(
    fetch: (ranges: readonly AddressRange[]) => Promise<readonly Uint8Array[]>,
    whole: Uint8Array | null = null,
  ) {
    this.#fetch = fetch;
    this.#whole = whole;
  }

  /** All of it, where it is here. */
  get whole(): Uint8Array | null {
    return this.#whole;
  }

  /** From now on nothing is asked of the page: this is the memory. */
  hold(whole: Uint8Array): void {
    this.#whole = whole;
  }

  readonly read = (ranges: readonly AddressRange[]): Promise<readonly Uint8Array[]> => {
    const whole = this.#whole;
    if (whole === null) return this.#fetch(ranges);
    return Promise.resolve(ranges.map(({ address: at, length }) => whole.subarray(at, at + length)));
  };
}
