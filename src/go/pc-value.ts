import { FormatError } from '../base/format-error.ts';
import type { AddressRange } from './moduledata.ts';
import type { DataImage } from '../wasm/image.ts';

// A pc-value table says which value holds for which PCs of one function (Go src/runtime/symtab.go, step; made by
// src/cmd/internal/obj/pcln.go, funcpctab): pairs of variable-length numbers, the change of the value (zigzag) and the bytes of PC
// it holds for. The value starts at -1; a change of 0 ends the table, except in the first pair. On wasm a step of PC is one PC_B.

/** A decoded table. Entry i holds from `end[i - 1]` (0 for the first) up to but without `end[i]`, in PC_B. */
export interface PcValues {
  readonly count: number;
  readonly end: Uint32Array;
  readonly value: Int32Array;
}

/** The value outside every table: what Go's runtime gives for a PC that a table does not cover. */
export const NO_VALUE = -1;

/** Entries that are given room at once. */
const POOL = 1 << 14;

const EMPTY: PcValues = { count: 0, end: new Uint32Array(0), value: new Int32Array(0) };

/** The value at a PC_B; NO_VALUE behind the table's end. */
export function valueAt(table: PcValues, pcBlock: number): number {
  let low = 0;
  let high = table.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((table.end[middle] ?? 0) <= pcBlock) low = middle + 1;
    else high = middle;
  }
  return table.value[low] ?? NO_VALUE;
}

/** PC_Bs that the table covers. */
export function coveredPcs(table: PcValues): number {
  return table.end[table.count - 1] ?? 0;
}

/** The pc-value tables of a module. Each is decoded once, when it is first asked for. */
export class PcValueTables {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #decoded = new Map<number, PcValues>();
  /**
   * Entries that may still be decoded, and walked over by readers. Tables do not overlap, so an honest module has at most one entry for
   * two bytes; a hostile one with offsets into the middle of others is stopped here.
   */
  readonly #decoding: Budget;
  readonly #walking: Budget;
  /** Where tables are decoded to, one behind the other; a new one is begun when it is full. */
  #end = new Uint32Array(POOL);
  #value = new Int32Array(POOL);
  #used = 0;

  constructor(image: DataImage, range: AddressRange) {
    this.#start = range.start;
    this.#bytes = image.bytes(range.start, range.end - range.start);
    this.#decoding = { left: this.#bytes.length };
    this.#walking = { left: 8 * this.#bytes.length };
  }

  /** A reader for lookups that mostly go up; it keeps nothing. */
  reader(): PcValueReader {
    return new PcValueReader(this.#bytes, this.#start, this.#walking);
  }

  /** The table at an offset; 0 is no table. Throws a FormatError when it leaves the range, never ends, or PCs exceed 65536. */
  at(offset: number): PcValues {
    if (offset === 0) return EMPTY;
    const known = this.#decoded.get(offset);
    if (known !== undefined) return known;
    const table = this.#decode(offset);
    this.#decoded.set(offset, table);
    return table;
  }

  #decode(offset: number): PcValues {
    const reader = new PcValueReader(this.#bytes, this.#start, this.#decoding);
    let count = 0;
    reader.open(offset);
    while (reader.next()) {
      if (this.#used + count === this.#end.length) this.#renew(count);
      this.#end[this.#used + count] = reader.end;
      this.#value[this.#used + count] = reader.current;
      count++;
    }
    const start = this.#used;
    this.#used += count;
    return {
      count,
      end: this.#end.subarray(start, this.#used),
      value: this.#value.subarray(start, this.#used),
    };
  }

  /** Goes on in new room with the `count` entries of the table that is being decoded. */
  #renew(count: number): void {
    const length = Math.max(POOL, 2 * count);
    const end = new Uint32Array(length);
    const value = new Int32Array(length);
    end.set(this.#end.subarray(this.#used));
    value.set(this.#value.subarray(this.#used));
    this.#end = end;
    this.#value = value;
    this.#used = 0;
  }
}

/** Entries that may still be read. */
interface Budget {
  left: number;
}

/** Walks over one table after the other without keeping them. */
export class PcValueReader {
  /** The value of the current entry, and the PC_B where it ends. */
  current = NO_VALUE;
  end = 0;
  readonly #bytes: Uint8Array;
  readonly #address: number;
  readonly #budget: Budget;
  #offset = 0;
  #pos = 0;
  /** Where `#number` reads; `#pos` stays at the entry until it is whole. */
  #at = 0;
  #first = true;
  #start = 0;

  constructor(bytes: Uint8Array, addressOfBytes: number, budget: Budget) {
    this.#bytes = bytes;
    this.#address = addressOfBytes;
    this.#budget = budget;
  }

  /** Goes before the first entry of the table at `offset`; 0 is no table. */
  open(offset: number): void {
    this.#offset = offset;
    this.#pos = offset;
    this.#first = true;
    this.#start = 0;
    this.end = 0;
    this.current = NO_VALUE;
  }

  /** The value at a PC_B; NO_VALUE behind the table's end. Going back walks from the start again. */
  valueAt(pcBlock: number): number {
    if (pcBlock < this.#start) this.open(this.#offset);
    while (pcBlock >= this.end) {
      if (!this.next()) {
        this.current = NO_VALUE;
        return NO_VALUE;
      }
    }
    return this.current;
  }

  /** Goes to the next entry; false at the end. */
  next(): boolean {
    if (this.#offset === 0) return false;
    this.#at = this.#pos;
    const change = this.#number();
    if (change === 0 && !this.#first) return false;
    const step = this.#number();
    this.#pos = this.#at;
    this.#first = false;
    this.current = (this.current + (change & 1 ? ~(change >>> 1) : change >>> 1)) | 0;
    this.#start = this.end;
    this.end += step;
    if (this.end > 65536) this.#fail(`PC_B ${this.end} is above 65535`);
    if (--this.#budget.left < 0) this.#fail('the tables overlap');
    return true;
  }

  /** An unsigned number of up to 32 bits, seven a byte, the lowest first. */
  #number(): number {
    const bytes = this.#bytes;
    const first = bytes[this.#at++] ?? this.#fail('the table has no end');
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = bytes[this.#at++] ?? this.#fail('the table has no end');
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    return this.#fail('a number takes more than 32 bits');
  }

  #fail(expected: string): never {
    throw new FormatError('pc-value table', this.#address + this.#offset, expected, true);
  }
}
