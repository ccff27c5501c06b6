// What differs between two memories: ranges of bytes.

/** A run of bytes that differ, in bytes. */
export interface ChangedRange {
  readonly start: number;
  readonly length: number;
}

/** Equal bytes between two differences that do not part a range: a word of Go, whose bytes change together. */
const NEAR = 8;

/**
 * Collects what differs between two memories, part by part in rising order without gaps. Differences that are less than eight bytes apart
 * are one range. The first `limit` ranges are kept; all are counted.
 */
export class MemoryDiff {
  readonly #limit: number;
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  /** The range that may still grow; -1: none. */
  #start = -1;
  #end = -1;
  /** Ranges in all. */
  ranges = 0;
  /** Bytes that differ, without the equal ones between them. */
  changedBytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Two parts of the same length that begin at `start`. */
  feed(start: number, before: Uint8Array, after: Uint8Array): void {
    const length = Math.min(before.length, after.length);
    const words = length >>> 2;
    // Both are copied where they do not begin at a multiple of four.
    const a = wordsOf(before, words);
    const b = wordsOf(after, words);
    for (let word = 0; word < words; word++) {
      if (a[word] === b[word]) continue;
      for (let at = word * 4; at < word * 4 + 4; at++) {
        if (before[at] !== after[at]) this.#changed(start + at);
      }
    }
    for (let at = words * 4; at < length; at++) if (before[at] !== after[at]) this.#changed(start + at);
  }

  /** Bytes that only one of the two has count as changed. */
  feedOnly(start: number, length: number): void {
    if (length === 0) return;
    this.#changed(start);
    this.#end = start + length;
    this.changedBytes += length - 1;
  }

  /** What was found; nothing is fed after it. */
  finish(): readonly ChangedRange[] {
    this.#close();
    return this.#starts.map((start, i) => ({ start, length: (this.#ends[i] ?? start) - start }));
  }

  #changed(at: number): void {
    this.changedBytes++;
    if (this.#start >= 0 && at - this.#end < NEAR) {
      this.#end = at + 1;
      return;
    }
    this.#close();
    this.#start = at;
    this.#end = at + 1;
  }

  #close(): void {
    if (this.#start < 0) return;
    this.ranges++;
    if (this.#starts.length < this.#limit) {
      this.#starts.push(this.#start);
      this.#ends.push(this.#end);
    }
    this.#start = -1;
  }
}

function wordsOf(bytes: Uint8Array, count: number): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, count);
}
