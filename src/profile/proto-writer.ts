import { WIRE_LEN, WIRE_VARINT } from './proto-reader.ts';

const encoder = new TextEncoder();
/** A message shorter than this has a length of one byte. */
const SHORT = 0x80;

/** Writes the protobuf wire format into a buffer that grows. */
export class ProtoWriter {
  #bytes = new Uint8Array(1 << 16);
  #length = 0;

  /** What was written. */
  done(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }

  /** An unsigned number below 2^53. */
  varint(value: number): void {
    this.#reserve(10);
    while (value >= 0x80000000) {
      this.#bytes[this.#length++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    while (value >= 0x80) {
      this.#bytes[this.#length++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    this.#bytes[this.#length++] = value;
  }

  /** A whole number between -2^53 and 2^53, as int64. */
  int64(value: number): void {
    if (value >= 0) this.varint(value);
    else this.bigVarint(BigInt(value));
  }

  /** Any 64 bits; negative ones in two's complement. */
  bigVarint(value: bigint): void {
    this.#reserve(10);
    let rest = BigInt.asUintN(64, value);
    while (rest >= 0x80n) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  number(field: number, value: number): void {
    this.varint(field * 8 + WIRE_VARINT);
    this.int64(value);
  }

  /** A number, left out when it is 0. */
  optional(field: number, value: number): void {
    if (value !== 0) this.number(field, value);
  }

  /** A number, left out when it is 0. */
  optionalBig(field: number, value: bigint): void {
    if (value === 0n) return;
    this.varint(field * 8 + WIRE_VARINT);
    this.bigVarint(value);
  }

  text(field: number, text: string): void {
    const bytes = encoder.encode(text);
    this.varint(field * 8 + WIRE_LEN);
    this.varint(bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A message whose fields `write` writes. */
  message(field: number, write: () => void): void {
    this.varint(field * 8 + WIRE_LEN);
    this.#reserve(1);
    const at = this.#length++;
    write();
    const length = this.#length - at - 1;
    if (length < SHORT) {
      this.#bytes[at] = length;
      return;
    }
    // The length takes more than the byte that was left for it.
    let size = 1;
    for (let rest = length; rest >= SHORT; rest = Math.floor(rest / SHORT)) size++;
    this.#reserve(size);
    this.#bytes.copyWithin(at + size, at + 1, at + 1 + length);
    this.#length = at;
    this.varint(length);
    this.#length = at + size + length;
  }

  /** A repeated number: packed when there are more than two, as pprof's writer does it. `write` writes the one at an index. */
  numbers(field: number, count: number, write: (index: number) => void): void {
    if (count > 2) {
      this.message(field, () => {
        for (let i = 0; i < count; i++) write(i);
      });
      return;
    }
    for (let i = 0; i < count; i++) {
      this.varint(field * 8 + WIRE_VARINT);
      write(i);
    }
  }
}
