import { FormatError } from '../base/format-error.ts';

const utf8 = new TextDecoder();

/** Wire types (protobuf encoding, "Message structure"). */
export const WIRE_VARINT = 0;
const WIRE_I64 = 1;
export const WIRE_LEN = 2;
const WIRE_I32 = 5;

/**
 * Reads the protobuf wire format (protobuf.dev/programming-guides/encoding). Positions are bytes from the start of `bytes`. Throws a
 * FormatError that names what was read and where. `field` and `wire` are of the tag that was read last.
 */
export class ProtoReader {
  readonly bytes: Uint8Array;
  pos: number;
  end: number;
  field = 0;
  wire = 0;
  /** Halves of the varint that was read last: 32 bits each, unsigned. */
  low = 0;
  high = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.pos = 0;
    this.end = bytes.length;
  }

  error(what: string, expected: string, offset: number = this.pos): FormatError {
    return new FormatError(`pprof ${what}`, offset, expected);
  }

  /** Reads a tag; false at the end of the message. */
  next(what: string): boolean {
    if (this.pos >= this.end) return false;
    const start = this.pos;
    const tag = this.varint(what);
    this.field = Math.floor(tag / 8);
    this.wire = tag % 8;
    if (this.field === 0 || tag > 0xffffffff) throw this.error(what, 'expected the number of a field', start);
    return true;
  }

  /** An unsigned varint; rounded beyond 2^53, where `low` and `high` have all of it. */
  varint(what: string): number {
    const { bytes, end } = this;
    let pos = this.pos;
    let byte = pos < end ? (bytes[pos++] ?? 0) : this.#ended(what);
    let low = byte & 0x7f;
    let shift = 7;
    while (byte >= 0x80 && shift < 28) {
      byte = pos < end ? (bytes[pos++] ?? 0) : this.#ended(what);
      low |= (byte & 0x7f) << shift;
      shift += 7;
    }
    if (byte < 0x80) {
      this.pos = pos;
      this.low = low;
      this.high = 0;
      return low;
    }
    byte = pos < end ? (bytes[pos++] ?? 0) : this.#ended(what);
    low = (low | (byte << 28)) >>> 0;
    let high = (byte >> 4) & 7;
    shift = 3;
    while (byte >= 0x80) {
      if (shift > 31) throw this.error(what, 'expected a number of at most 64 bits');
      byte = pos < end ? (bytes[pos++] ?? 0) : this.#ended(what);
      high |= (byte & 0x7f) << shift;
      shift += 7;
    }
    this.pos = pos;
    this.low = low;
    this.high = high >>> 0;
    return this.high * 0x100000000 + low;
  }

  #ended(what: string): never {
    throw this.error(what, 'expected a number, found the end', this.end);
  }

  /** A varint as int64; rounded beyond 2^53. */
  int64(what: string): number {
    this.varint(what);
    return (this.high | 0) * 0x100000000 + this.low;
  }

  /** The varint that was read last as int64. */
  get exact(): bigint {
    return (BigInt(this.high | 0) << 32n) | BigInt(this.low);
  }

  /** The varint that was read last as uint64. */
  get exactUnsigned(): bigint {
    return (BigInt(this.high) << 32n) | BigInt(this.low);
  }

  /** The length of a length-delimited field; its end is inside the message. */
  length(what: string): number {
    const start = this.pos;
    const length = this.varint(what);
    if (length > this.end - this.pos) {
      throw this.error(what, `expected ${length} bytes, ${this.end - this.pos} are left`, start);
    }
    return length;
  }

  /** Passes over the value of the tag that was read last. */
  skip(what: string): void {
    if (this.wire === WIRE_VARINT) this.varint(what);
    else if (this.wire === WIRE_LEN) {
      const length = this.length(what);
      this.pos += length;
    } else if (this.wire === WIRE_I64 || this.wire === WIRE_I32) {
      const size = this.wire === WIRE_I64 ? 8 : 4;
      if (size > this.end - this.pos) throw this.error(what, `expected ${size} bytes, found the end`);
      this.pos += size;
    } else throw this.error(what, `wire type ${this.wire} of field ${this.field} is not supported`);
  }

  /** Checks the wire type of the tag that was read last. */
  expect(wire: number, what: string): void {
    if (this.wire !== wire) {
      throw this.error(what, `field ${this.field} has wire type ${this.wire}, expected ${wire}`);
    }
  }

  text(what: string): string {
    const length = this.length(what);
    const start = this.pos;
    this.pos += length;
    if (length < 32) {
      let text = '';
      for (let at = start; at < this.pos; at++) {
        const code = this.bytes[at] ?? 0;
        if (code >= 0x80) return utf8.decode(this.bytes.subarray(start, this.pos));
        text += String.fromCharCode(code);
      }
      return text;
    }
    return utf8.decode(this.bytes.subarray(start, this.pos));
  }
}
