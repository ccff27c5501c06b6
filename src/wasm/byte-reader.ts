import { FormatError } from '../base/format-error.ts';

/**
 * Reads the primitive encodings of the binary format from a part of the module (WebAssembly core specification 2.0, 5.2):
 * LEB128 integers, counted bytes and names. Positions are bytes from the start of `bytes`. Every method
 * throws a FormatError that names `section` and the position when the encoding is broken or leaves [pos, end).
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly section: string;
  /** First position that may not be read. */
  readonly end: number;
  pos: number;
  /** Upper half of the last `s64Split` result, signed 32 bits. */
  high = 0;

  constructor(bytes: Uint8Array, section: string, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.section = section;
    this.pos = start;
    this.end = Math.min(end, bytes.length);
  }

  get remaining(): number {
    return this.end - this.pos;
  }

  /** A FormatError at `offset` (default: the current position). */
  error(expected: string, offset: number = this.pos): FormatError {
    return new FormatError(this.section, offset, expected);
  }

  u8(what = 'a byte'): number {
    const byte = this.pos < this.end ? this.bytes[this.pos] : undefined;
    if (byte === undefined) throw this.error(`expected ${what}, found the end`);
    this.pos++;
    return byte;
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(what = 'a number'): number {
    const start = this.pos;
    let result = this.u8(what);
    if (result < 0x80) return result;
    result &= 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = this.u8(what);
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return result;
    }
    const last = this.u8(what);
    if (last > 0x0f) throw this.error(`${what} does not fit 32 bits`, start);
    return result + last * 0x10000000;
  }

  /** Signed LEB128 of at most 32 bits. */
  s32(what = 'a number'): number {
    const start = this.pos;
    let result = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8(what);
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (result << (25 - shift)) >> (25 - shift);
    }
    const last = this.u8(what);
    if (last > 0x07 && (last < 0x78 || last > 0x7f)) throw this.error(`${what} does not fit 32 bits`, start);
    return result | (last << 28);
  }

  /** Signed LEB128 of at most 33 bits: a block type or heap type (negative: a type's code; otherwise a type index). */
  s33(what = 'a type'): number {
    const start = this.pos;
    let result = 0;
    for (let i = 0; i < 4; i++) {
      const byte = this.u8(what);
      result += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return byte & 0x40 ? result - 2 ** (7 * i + 7) : result;
    }
    const last = this.u8(what);
    if (last > 0x0f && (last < 0x70 || last > 0x7f)) throw this.error(`${what} does not fit 33 bits`, start);
    return last > 0x0f ? result + (last - 0x80) * 2 ** 28 : result + last * 2 ** 28;
  }

  /** Unsigned LEB128 of at most 64 bits. */
  u64(what = 'a number'): bigint {
    const start = this.pos;
    let result = 0n;
    for (let i = 0n; i < 9n; i++) {
      const byte = this.u8(what);
      result |= BigInt(byte & 0x7f) << (7n * i);
      if (byte < 0x80) return result;
    }
    const last = this.u8(what);
    if (last > 1) throw this.error(`${what} does not fit 64 bits`, start);
    return result | (BigInt(last) << 63n);
  }

  /** Signed LEB128 of at most 64 bits. */
  s64(what = 'a number'): bigint {
    const low = this.s64Split(what);
    return (BigInt(this.high) << 32n) | BigInt(low >>> 0);
  }

  /**
   * Signed LEB128 of at most 64 bits without a bigint: returns the lower 32 bits (as a signed number) and leaves the upper 32
   * (signed) in `high`.
   */
  s64Split(what = 'a number'): number {
    const start = this.pos;
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8(what);
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        low = (low << (25 - shift)) >> (25 - shift);
        this.high = low >> 31;
        return low;
      }
    }
    // The fifth byte gives bits 28..34: four to the lower half, three to the upper.
    let byte = this.u8(what);
    low |= byte << 28;
    let high = (byte >> 4) & 7;
    if (byte < 0x80) {
      this.high = (high << 29) >> 29;
      return low;
    }
    for (let shift = 3; shift < 31; shift += 7) {
      byte = this.u8(what);
      high |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.high = (high << (25 - shift)) >> (25 - shift);
        return low;
      }
    }
    byte = this.u8(what);
    if (byte !== 0 && byte !== 0x7f) throw this.error(`${what} does not fit 64 bits`, start);
    this.high = (high & 0x7fffffff) | (byte << 31);
    return low;
  }

  /** `length` bytes as a view, not a copy. */
  take(length: number, what = 'bytes'): Uint8Array {
    if (length > this.remaining)
      throw this.error(`expected ${length} bytes of ${what}, ${this.remaining} left`);
    const start = this.pos;
    this.pos += length;
    return this.bytes.subarray(start, this.pos);
  }

  skip(length: number, what = 'bytes'): void {
    if (length > this.remaining)
      throw this.error(`expected ${length} bytes of ${what}, ${this.remaining} left`);
    this.pos += length;
  }

  /** A counted UTF-8 string. Invalid sequences become U+FFFD: a name is shown, never used as a key of the format. */
  name(what = 'a name'): string {
    const length = this.u32(`the length of ${what}`);
    return utf8(this.take(length, what));
  }
}

const decoder = new TextDecoder();

/** Decodes UTF-8; invalid sequences become U+FFFD. */
export function utf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
