import { errorText } from '../../model/failure.ts';
/** Reads ranges; as many bytes of each as the memory has. */
export type ReadRanges = (
  ranges: readonly { readonly address: number; readonly length: number }[],
) => Promise<readonly Uint8Array[]>;

/** Bytes of a page, and pages that are kept. */
const PAGE = 4096;
const MAX_PAGES = 256;

interface Page {
  bytes: Uint8Array;
  /** The refresh at which each byte changed last; 0: never seen to change. */
  readonly changed: Uint32Array;
}

/** The part of a memory that is looked at: pages are fetched when they come into view, and what changed is known by the refresh that saw it. */
export class HexPages {
  readonly #read: ReadRanges;
  readonly #drawn: () => void;
  /** In order of last use. */
  readonly #pages = new Map<number, Page>();
  readonly #asked = new Set<number>();
  #view: readonly number[] = [];
  #refreshes = 0;
  #failure: string | null = null;
  #closed = false;

  /** `drawn` is called when there is something new to be drawn. */
  constructor(read: ReadRanges, drawn: () => void) {
    this.#read = read;
    this.#drawn = drawn;
  }

  /** Why the last reading failed; null when it did not. */
  get failure(): string | null {
    return this.#failure;
  }

  /** How often it was refreshed. */
  get refreshes(): number {
    return this.#refreshes;
  }

  /** Nothing is drawn any more. */
  close(): void {
    this.#closed = true;
  }

  /** The bytes in view, [from, to): what is not here is fetched. */
  show(from: number, to: number): void {
    this.#view = pagesOf(from, to);
    const missing = this.#view.filter((page) => !this.#pages.has(page) && !this.#asked.has(page));
    if (missing.length > 0) void this.#fetch(missing);
  }

  /** Reads what is in view once more; what has changed since has a new age. Resolves when it is drawn. */
  refresh(): Promise<void> {
    this.#refreshes++;
    return this.#fetch(this.#view.filter((page) => !this.#asked.has(page)));
  }

  /** Null where it is not here. */
  byte(at: number): number | null {
    return this.#pages.get(Math.floor(at / PAGE))?.bytes[at % PAGE] ?? null;
  }

  /** Refreshes since a byte was seen to change; null where it was not. */
  age(at: number): number | null {
    const changed = this.#pages.get(Math.floor(at / PAGE))?.changed[at % PAGE] ?? 0;
    return changed === 0 ? null : this.#refreshes - changed;
  }

  async #fetch(pages: readonly number[]): Promise<void> {
    if (pages.length === 0) return;
    for (const page of pages) this.#asked.add(page);
    try {
      const parts = await this.#read(pages.map((page) => ({ address: page * PAGE, length: PAGE })));
      pages.forEach((page, i) => {
        const part = parts[i];
        if (part !== undefined) this.#take(page, part);
      });
      this.#failure = null;
    } catch (error) {
      this.#failure = errorText(error);
    }
    for (const page of pages) this.#asked.delete(page);
    if (!this.#closed) this.#drawn();
  }

  #take(index: number, bytes: Uint8Array): void {
    const known = this.#pages.get(index);
    this.#pages.delete(index);
    const changed = known?.changed ?? new Uint32Array(PAGE);
    if (known !== undefined) {
      for (let i = 0; i < bytes.length; i++) {
        if (bytes[i] !== known.bytes[i]) changed[i] = this.#refreshes;
      }
    }
    this.#pages.set(index, { bytes, changed });
    for (const old of this.#pages.keys()) {
      if (this.#pages.size <= MAX_PAGES) break;
      this.#pages.delete(old);
    }
  }
}

function pagesOf(from: number, to: number): number[] {
  const pages: number[] = [];
  for (let page = Math.floor(from / PAGE); page * PAGE < to; page++) pages.push(page);
  return pages;
}
