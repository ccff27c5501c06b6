// Search in linear memory: bytes, text, pointers. A search goes through the memory in parts, one after the other; what begins in one part and
// ends in the next is found too.

/** What is looked for. */
export type Needle =
  /** These bytes, wherever they stand. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** Little-endian words of `word` bytes, at multiples of it, whose value lies in [from, to). */
  | { readonly kind: 'pointer'; readonly from: number; readonly to: number; readonly word: 4 | 8 };

/** The longest needle in bytes. */
export const MAX_NEEDLE = 4096;

/**
 * Goes through a memory for a needle. Feed it the parts of the memory in rising order without gaps: `feed(start, bytes)` calls `found` with the
 * address of every place where the needle begins, in rising order, until that gives false.
 */
export class Search {
  readonly #needle: Needle;
  /** The end of the part before: a needle may begin there. */
  #tail = new Uint8Array(0);

  /** Throws a RangeError for a needle that is empty or longer than MAX_NEEDLE. */
  constructor(needle: Needle) {
    if (needle.kind === 'bytes' && (needle.bytes.length === 0 || needle.bytes.length > MAX_NEEDLE)) {
      throw new RangeError(`a needle has 1 to ${MAX_NEEDLE} bytes, this one ${needle.bytes.length}`);
    }
    this.#needle = needle;
  }

  /** Bytes that one place takes. */
  get width(): number {
    return this.#needle.kind === 'bytes' ? this.#needle.bytes.length : this.#needle.word;
  }

  feed(start: number, bytes: Uint8Array, found: (address: number) => boolean): boolean {
    const keep = this.width - 1;
    const tail = this.#tail;
    if (tail.length > 0) {
      // Places that begin in the part before and end in this one.
      const seam = new Uint8Array(tail.length + Math.min(keep, bytes.length));
      seam.set(tail);
      seam.set(bytes.subarray(0, keep), tail.length);
      if (!this.#scan(start - tail.length, seam, tail.length, found)) return false;
    }
    if (!this.#scan(start, bytes, bytes.length, found)) return false;
    const rest = Math.min(keep, bytes.length);
    if (rest === keep) this.#tail = bytes.slice(bytes.length - rest);
    else {
      const joined = new Uint8Array(tail.length + bytes.length);
      joined.set(tail);
      joined.set(bytes, tail.length);
      this.#tail = joined.slice(Math.max(0, joined.length - keep));
    }
    return true;
  }

  /** Places that begin before `before`. */
  #scan(start: number, bytes: Uint8Array, before: number, found: (address: number) => boolean): boolean {
    const needle = this.#needle;
    return needle.kind === 'bytes'
      ? scanBytes(needle.bytes, start, bytes, before, found)
      : scanWords(needle, start, bytes, before, found);
  }
}

function scanBytes(
  needle: Uint8Array,
  start: number,
  bytes: Uint8Array,
  before: number,
  found: (address: number) => boolean,
): boolean {
  const first = needle[0] ?? 0;
  const last = Math.min(before - 1, bytes.length - needle.length);
  for (let at = bytes.indexOf(first); at >= 0 && at <= last; at = bytes.indexOf(first, at + 1)) {
    let same = 1;
    while (same < needle.length && bytes[at + same] === needle[same]) same++;
    if (same === needle.length && !found(start + at)) return false;
  }
  return true;
}

function scanWords(
  { from, to, word }: Extract<Needle, { kind: 'pointer' }>,
  start: number,
  bytes: Uint8Array,
  before: number,
  found: (address: number) => boolean,
): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const last = Math.min(before - 1, bytes.length - word);
  for (let at = (word - (start % word)) % word; at <= last; at += word) {
    const low = view.getUint32(at, true);
    if (low < from || low >= to) continue;
    if (word === 8 && view.getUint32(at + 4, true) !== 0) continue;
    if (!found(start + at)) return false;
  }
  return true;
}
