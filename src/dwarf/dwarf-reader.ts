import { FormatError } from '../base/format-error.ts';
import { utf8 } from '../wasm/byte-reader.ts';

/** One section of DWARF as it stands in the file. */
export interface DwarfSection {
  /** `.debug_info`; without a leading dot in no file. */
  readonly name: string;
  /** The section's content: offsets of DWARF count from its first byte. */
  readonly bytes: Uint8Array;
  /** Where the content begins in the file; errors name `fileOffset + position`. */
  readonly fileOffset: number;
}

/**
 * Reads the encodings of DWARF (DWARF 5, 7.4 to 7.6) from a part of a section, little-endian as in every WebAssembly module. Positions are
 * bytes from the start of the section. Every method throws a FormatError that names the section and the place in the file when the
 * encoding is broken or leaves [pos, end).
 */
export class DwarfReader {
  readonly section: DwarfSection;
  readonly bytes: Uint8Array;
  /** First position that may not be read. */
  end: number;
  pos: number;

  constructor(section: DwarfSection, start = 0, end = section.bytes.length) {
    this.section = section;
    this.bytes = section.bytes;
    this.end = Math.min(end, section.bytes.length);
    this.pos = start;
    if (!(start >= 0 && start <= this.end)) throw this.error('the place is outside the section', start);
  }

  /** A FormatError at a position of the section (default: the current one). */
  error(expected: string, position: number = this.pos): FormatError {
    return new FormatError(this.section.name, this.section.fileOffset + position, expected);
  }

  /** Goes to a position inside [0, end]. */
  seek(position: number): void {
    if (!(position >= 0 && position <= this.end))
      throw this.error('the place is outside the section', position);
    this.pos = position;
  }

  skip(length: number): void {
    if (!(length >= 0 && length <= this.end - this.pos))
      throw this.error(`expected ${length} bytes, ${this.end - this.pos} left`);
    this.pos += length;
  }

  u8(): number {
    const { pos } = this;
    if (pos >= this.end) throw this.error('expected a byte, found the end');
    this.pos = pos + 1;
    return this.bytes[pos] ?? 0;
  }

  i8(): number {
    return (this.u8() << 24) >> 24;
  }

  u16(): number {
    const { pos, bytes } = this;
    if (pos + 2 > this.end) throw this.error('expected 2 bytes, found the end');
    this.pos = pos + 2;
    return (bytes[pos] ?? 0) | ((bytes[pos + 1] ?? 0) << 8);
  }

  u24(): number {
    const low = this.u16();
    return low | (this.u8() << 16);
  }

  u32(): number {
    const { pos, bytes } = this;
    if (pos + 4 > this.end) throw this.error('expected 4 bytes, found the end');
    this.pos = pos + 4;
    return (
      ((bytes[pos] ?? 0) |
        ((bytes[pos + 1] ?? 0) << 8) |
        ((bytes[pos + 2] ?? 0) << 16) |
        ((bytes[pos + 3] ?? 0) << 24)) >>>
      0
    );
  }

  /** 64 bits as a number: above 2^53 the nearest one, which no offset or address of a real file is. */
  u64(): number {
    const low = this.u32();
    return this.u32() * 0x100000000 + low;
  }

  /** An unsigned number of 1, 2, 3, 4 or 8 bytes. */
  unsigned(size: number): number {
    switch (size) {
      case 1:
        return this.u8();
      case 2:
        return this.u16();
      case 3:
        return this.u24();
      case 4:
        return this.u32();
      case 8:
        return this.u64();
      default:
        throw this.error(`${size} is no size of a number`);
    }
  }

  /** An offset into a section: 4 bytes in 32-bit DWARF, 8 in 64-bit. */
  offset(is64: boolean): number {
    return is64 ? this.u64() : this.u32();
  }

  /** Unsigned LEB128 as a number: above 2^53 the nearest one. More than ten bytes are an error. */
  uleb(): number {
    const start = this.pos;
    let byte = this.u8();
    if (byte < 0x80) return byte;
    let result = byte & 0x7f;
    let scale = 0x80;
    for (let i = 1; i < 10; i++) {
      byte = this.u8();
      result += (byte & 0x7f) * scale;
      if (byte < 0x80) return result;
      scale *= 0x80;
    }
    throw this.error('LEB128 of more than 64 bits', start);
  }

  /** Signed LEB128 as a number: beyond 2^53 the nearest one. More than ten bytes are an error. */
  sleb(): number {
    const start = this.pos;
    let result = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.u8();
      result += (byte & 0x7f) * scale;
      scale *= 0x80;
      if (byte < 0x80) {
        // Ten bytes hold 70 bits; the sign is bit 63.
        if (i === 9) return (byte & 1) !== 0 ? result - scale : result;
        return (byte & 0x40) !== 0 ? result - scale : result;
      }
    }
    throw this.error('LEB128 of more than 64 bits', start);
  }

  /** Reads over a LEB128. */
  skipLeb(): void {
    const start = this.pos;
    for (let i = 0; i < 10; i++) if (this.u8() < 0x80) return;
    throw this.error('LEB128 of more than 64 bits', start);
  }

  /** A string that ends with a zero byte. */
  cstring(): string {
    const start = this.pos;
    this.skipCstring();
    return utf8(this.bytes.subarray(start, this.pos - 1));
  }

  /** Reads over a string that ends with a zero byte. */
  skipCstring(): void {
    const zero = this.bytes.indexOf(0, this.pos);
    if (zero < 0 || zero >= this.end) throw this.error('expected a string that ends before the section does');
    this.pos = zero + 1;
  }

  /**
   * The length field of a unit, of any table that has one (DWARF 5, 7.4): sets whether offsets are 64 bits wide. Returns the first
   * position after the unit, which is inside the section.
   */
  unitEnd(): { readonly end: number; readonly is64: boolean } {
    const start = this.pos;
    let length = this.u32();
    const is64 = length === 0xffffffff;
    if (is64) length = this.u64();
    else if (length >= 0xfffffff0) throw this.error(`0x${length.toString(16)} is no length of a unit`, start);
    if (length > this.end - this.pos)
      throw this.error(`the unit says ${length} bytes, ${this.end - this.pos} left`, start);
    return { end: this.pos + length, is64 };
  }
}
