import { FormatError } from '../base/format-error.ts';
import { address, type Address } from '../base/units.ts';
import type { AddressRange, PagedMemory } from './memory.ts';
import { mergeRanges, NeedPages } from './need-pages.ts';
import { checkRange } from './whole-memory.ts';

export interface PageStoreOptions {
  /** Bytes a page; a power of two, 4 KiB when not given. */
  readonly pageSize?: number;
}

/** The longest range that `expect` takes at its word. */
const MAX_EXPECTED = 4 << 20;
const DEFAULT_PAGE_SIZE = 4096;

interface Page {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/**
 * The pages of a far memory that have been loaded. A read that touches another page throws `NeedPages` with that page and everything
 * that was announced by `expect` and is not here yet.
 */
export class PageStore implements PagedMemory {
  readonly size: number;
  readonly pageSize: number;
  readonly #pages = new Map<number, Page>();
  readonly #expected = new Set<number>();
  #loadedBytes = 0;
  #lastIndex = -1;
  #last: Page | undefined;

  /** `size`: bytes of the whole memory. */
  constructor(size: number, options: PageStoreOptions = {}) {
    this.size = size;
    this.pageSize = options.pageSize ?? DEFAULT_PAGE_SIZE;
  }

  /** Bytes held. */
  get loadedBytes(): number {
    return this.#loadedBytes;
  }

  /**
   * Takes the bytes at `at`. Pages that they cover whole (the memory's last page may be short) are held as views; parts of pages are
   * dropped. Pages that are here already are kept as they are.
   */
  load(at: Address, bytes: Uint8Array): void {
    if (!Number.isInteger(at) || at < 0 || at + bytes.length > this.size) {
      throw new FormatError(
        'memory',
        at,
        `${bytes.length} loaded bytes leave the memory of ${this.size} bytes`,
        true,
      );
    }
    const end = at + bytes.length;
    for (let index = Math.ceil(at / this.pageSize); index * this.pageSize < end; index++) {
      const start = index * this.pageSize;
      const length = Math.min(this.pageSize, this.size - start);
      if (start + length > end || this.#pages.has(index)) continue;
      const page = bytes.subarray(start - at, start - at + length);
      this.#pages.set(index, {
        bytes: page,
        view: new DataView(page.buffer, page.byteOffset, page.byteLength),
      });
      this.#loadedBytes += length;
      this.#expected.delete(index);
    }
  }

  expect(at: Address, length: number): void {
    if (!Number.isInteger(at) || at < 0 || at >= this.size) return;
    const end = Math.min(at + Math.min(Math.max(length, 1), MAX_EXPECTED), this.size);
    for (let index = Math.floor(at / this.pageSize); index * this.pageSize < end; index++) {
      if (!this.#pages.has(index)) this.#expected.add(index);
    }
  }

  u8(at: Address): number {
    return this.#near(at, 1).getUint8(at % this.pageSize);
  }

  u16(at: Address): number {
    return this.#crosses(at, 2)
      ? this.#joined(at, 2).getUint16(0, true)
      : this.#near(at, 2).getUint16(at % this.pageSize, true);
  }

  u32(at: Address): number {
    return this.#crosses(at, 4)
      ? this.#joined(at, 4).getUint32(0, true)
      : this.#near(at, 4).getUint32(at % this.pageSize, true);
  }

  i32(at: Address): number {
    return this.u32(at) | 0;
  }

  u64(at: Address): bigint {
    return this.#crosses(at, 8)
      ? this.#joined(at, 8).getBigUint64(0, true)
      : this.#near(at, 8).getBigUint64(at % this.pageSize, true);
  }

  word(at: Address): number {
    const crosses = this.#crosses(at, 8);
    const view = crosses ? this.#joined(at, 8) : this.#near(at, 8);
    const from = crosses ? 0 : at % this.pageSize;
    return view.getUint32(from, true) + view.getUint32(from + 4, true) * 0x100000000;
  }

  bytes(at: Address, length: number): Uint8Array {
    checkRange(this.size, at, length);
    if (length === 0) return new Uint8Array(0);
    const first = Math.floor(at / this.pageSize);
    const last = Math.floor((at + length - 1) / this.pageSize);
    this.#require(first, last);
    const from = at - first * this.pageSize;
    if (first === last) return this.#page(first).bytes.subarray(from, from + length);
    const copy = new Uint8Array(length);
    for (let index = first; index <= last; index++) {
      const start = index * this.pageSize;
      const page = this.#page(index).bytes;
      const part = page.subarray(Math.max(0, at - start), Math.min(page.length, at + length - start));
      copy.set(part, Math.max(0, start - at));
    }
    return copy;
  }

  #crosses(at: number, length: number): boolean {
    return (at % this.pageSize) + length > this.pageSize;
  }

  /** The page of a read that lies within one. */
  #near(at: number, length: number): DataView {
    checkRange(this.size, at, length);
    const index = Math.floor(at / this.pageSize);
    if (index === this.#lastIndex && this.#last) return this.#last.view;
    const page = this.#page(index);
    this.#lastIndex = index;
    this.#last = page;
    return page.view;
  }

  #joined(at: Address, length: number): DataView {
    const bytes = this.bytes(at, length);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #page(index: number): Page {
    const page = this.#pages.get(index);
    if (page === undefined) throw this.#needs(index, index);
    return page;
  }

  #require(first: number, last: number): void {
    for (let index = first; index <= last; index++) {
      if (!this.#pages.has(index)) throw this.#needs(index, last);
    }
  }

  /** Everything missing in [first, last], and what was announced. */
  #needs(first: number, last: number): NeedPages {
    const wanted: AddressRange[] = [];
    const want = (index: number): void => {
      const start = index * this.pageSize;
      const length = Math.min(this.pageSize, this.size - start);
      if (!this.#pages.has(index)) wanted.push({ address: address(start), length });
    };
    for (let index = first; index <= last; index++) want(index);
    for (const index of this.#expected) want(index);
    return new NeedPages(mergeRanges(wanted));
  }
}
