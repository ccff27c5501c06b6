import { FormatError } from '../../base/format-error.ts';

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUES: ReadonlyMap<string, number> = new Map(Array.from(DIGITS, (digit, value) => [digit, value]));

/** Reads items of base 64 VLQ numbers that commas separate (ECMA-426, "Base64 VLQ"). What is none throws a FormatError at its place in the text. */
export class VlqReader {
  readonly #text: string;
  readonly #what: string;
  #at = 0;
  #end = 0;
  #next = 0;

  /** `what`: the field, for errors. */
  constructor(text: string, what: string) {
    this.#text = text;
    this.#what = what;
    // A text without anything has no items.
    this.#next = text === '' ? 1 : 0;
  }

  /** Goes to the next item, over what is left of this one; false behind the last. */
  nextItem(): boolean {
    if (this.#next > this.#text.length) return false;
    this.#at = this.#next;
    const comma = this.#text.indexOf(',', this.#at);
    this.#end = comma < 0 ? this.#text.length : comma;
    this.#next = this.#end + 1;
    return true;
  }

  /** Whether the item has no more numbers. */
  get atEnd(): boolean {
    return this.#at >= this.#end;
  }

  unsigned(): number {
    let value = 0;
    for (let shift = 0; ; shift += 5) {
      const digit = this.atEnd ? undefined : VALUES.get(this.#text[this.#at] ?? '');
      if (digit === undefined) throw this.error('expected a base 64 VLQ number');
      this.#at++;
      value += (digit & 31) * 2 ** shift;
      if (value > 0xffff_ffff) throw this.error('the number is larger than 32 bits');
      if (digit < 32) return value;
    }
  }

  signed(): number {
    const value = this.unsigned();
    return value % 2 === 1 ? -((value - 1) / 2) : value / 2;
  }

  /** The index, which has to be below `count`. */
  index(index: number, count: number): number {
    if (index < 0 || index >= count) throw this.error(`there is no entry ${index} of ${count}`);
    return index;
  }

  error(why: string): FormatError {
    return new FormatError(this.#what, Math.min(this.#at, this.#text.length), why);
  }
}
