import { FormatError } from '../base/format-error.ts';

/** A slice of pointers and some words of what each leads to, as they were in one task of the page. */
export interface Gathered {
  /** Where the slice stands: the address of its array, and 8 bytes on its length. */
  readonly list: number;
  readonly array: number;
  readonly count: number;
  /** Offsets of the words from each pointer, in bytes; multiples of 8. */
  readonly words: readonly number[];
  /**
   * A record of each pointer: the pointer and the words. Written as a bit for each (lowest first, in whole bytes), set where it is another
   * than in the record before (before the first: 0), and then those that are set, as differences from the record before: the low and the high
   * half, modulo 2 ** 32, zigzag, LEB128. The hook writes it (src/browser/hook/gather.ts).
   */
  readonly data: Uint8Array;
}

/** Larger structs are not gathered: offsets are kept in a table. */
const MAX_OFFSET = 1 << 16;
/** Bytes that records may take when they are decoded. */
const MAX_DECODED = 512 << 20;

/** What was gathered, by address. */
export class GatheredRecords {
  readonly #list: number;
  readonly #array: number;
  readonly #count: number;
  readonly #columns: number;
  /** By half words: `columns` words a record, low half first. Column 0 is the pointer. */
  readonly #halves: Uint32Array;
  /** Pointers in rising order, and the record of each. */
  readonly #pointers: Float64Array;
  readonly #order: Uint32Array;
  /** Column of the word at offset 8 * i; 0 for none. */
  readonly #columnAt: Uint8Array;
  #last = -1;

  /** Throws a FormatError where the data is not what it says it is, in time linear in its length and count. */
  constructor({ list, array, count, words, data }: Gathered) {
    const columns = words.length + 1;
    if (columns > 64 || count * columns * 8 > MAX_DECODED) {
      throw new FormatError('gathered records', 0, `${count} records of ${columns} words`);
    }
    this.#list = list;
    this.#array = array;
    this.#count = count;
    this.#columns = columns;
    this.#halves = decode(count, columns, data);
    this.#columnAt = new Uint8Array(Math.max(0, ...words) / 8 + 1);
    words.forEach((offset, i) => {
      if (offset % 8 !== 0 || offset < 0 || offset > MAX_OFFSET) {
        throw new FormatError('gathered records', 0, `a word at offset ${offset}`);
      }
      this.#columnAt[offset / 8] = i + 1;
    });
    const pointer = (record: number): number =>
      (this.#halves[record * columns * 2] ?? 0) + (this.#halves[record * columns * 2 + 1] ?? 0) * 0x100000000;
    this.#order = Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) => pointer(a) - pointer(b));
    this.#pointers = Float64Array.from(this.#order, pointer);
  }

  /** Whether a record begins here, or the slice itself is read. */
  holds(at: number): boolean {
    return this.#inArray(at) || this.#pointers[this.#find(at)] === at;
  }

  /** Eight bytes at an address, as a number; null where they were not gathered. */
  word(at: number): number | null {
    const low = this.u32(at);
    const high = low === null ? null : this.u32(at + 4);
    return low === null || high === null ? null : low + high * 0x100000000;
  }

  #inArray(at: number): boolean {
    return at >= this.#array && at < this.#array + this.#count * 8;
  }

  /** Four bytes at an address that is a multiple of 4; null where they were not gathered. */
  u32(at: number): number | null {
    if (at % 4 !== 0) return null;
    const inList = at - this.#list;
    if (inList >= 0 && inList < 16) {
      const value = inList < 8 ? this.#array : this.#count;
      return inList % 8 === 0 ? value >>> 0 : Math.floor(value / 0x100000000);
    }
    if (this.#inArray(at)) {
      const inArray = at - this.#array;
      return this.#halves[Math.floor(inArray / 8) * this.#columns * 2 + (inArray % 8) / 4] ?? null;
    }
    const found = this.#find(at);
    const start = this.#pointers[found];
    if (start === undefined) return null;
    const offset = at - start;
    // Larger ones are outside every record.
    if (offset > MAX_OFFSET) return null;
    const column = this.#columnAt[offset >> 3] ?? 0;
    if (column === 0) return null;
    const record = this.#order[found] ?? 0;
    return this.#halves[(record * this.#columns + column) * 2 + ((offset & 4) >> 2)] ?? null;
  }

  /** The last record that begins at or below an address; -1 for none. */
  #find(at: number): number {
    const pointers = this.#pointers;
    const last = this.#last;
    if (last >= 0 && (pointers[last] ?? 0) <= at && at < (pointers[last + 1] ?? Infinity)) return last;
    let low = 0;
    let high = pointers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((pointers[middle] ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    return (this.#last = low - 1);
  }
}

function decode(count: number, columns: number, data: Uint8Array): Uint32Array {
  const halves = new Uint32Array(count * columns * 2);
  const maskBytes = Math.ceil(columns / 8);
  const short = (at: number): FormatError =>
    new FormatError('gathered records', at, `${count} records were expected`);
  let at = 0;
  /** The next difference. */
  const difference = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = data[at++];
      if (byte === undefined) throw short(at - 1);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw new FormatError('gathered records', at - 1, 'a number of more than five bytes');
  };
  for (let record = 0; record < count; record++) {
    const mask = at;
    at += maskBytes;
    if (at > data.length) throw short(mask);
    const to = record * columns * 2;
    if (record > 0) halves.copyWithin(to, to - columns * 2, to);
    for (let column = 0; column < columns; column++) {
      if (((data[mask + (column >> 3)] ?? 0) & (1 << (column & 7))) === 0) continue;
      const half = to + column * 2;
      halves[half] = (halves[half] ?? 0) + difference();
      halves[half + 1] = (halves[half + 1] ?? 0) + difference();
    }
  }
  if (at !== data.length) {
    throw new FormatError('gathered records', at, `${data.length - at} bytes behind the last record`);
  }
  return halves;
}
