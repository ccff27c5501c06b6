import { FormatError } from '../base/format-error.ts';
import type { Address } from '../base/units.ts';
import type { Memory } from './memory.ts';

/** A memory that is all here: a dump. `bytes` is kept, not copied; its first byte is address 0. */
export class WholeMemory implements Memory {
  readonly size: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.size = bytes.length;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(at: Address): number {
    this.#check(at, 1);
    return this.#view.getUint8(at);
  }

  u16(at: Address): number {
    this.#check(at, 2);
    return this.#view.getUint16(at, true);
  }

  u32(at: Address): number {
    this.#check(at, 4);
    return this.#view.getUint32(at, true);
  }

  i32(at: Address): number {
    this.#check(at, 4);
    return this.#view.getInt32(at, true);
  }

  u64(at: Address): bigint {
    this.#check(at, 8);
    return this.#view.getBigUint64(at, true);
  }

  word(at: Address): number {
    this.#check(at, 8);
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 0x100000000;
  }

  bytes(at: Address, length: number): Uint8Array {
    this.#check(at, length);
    return this.#bytes.subarray(at, at + length);
  }

  #check(at: number, length: number): void {
    checkRange(this.size, at, length);
  }
}

/** Throws a FormatError unless [at, at + length) lies in a memory of `size` bytes and is a range at all. */
export function checkRange(size: number, at: number, length: number): void {
  if (Number.isInteger(at) && Number.isInteger(length) && at >= 0 && length >= 0 && at + length <= size)
    return;
  throw new FormatError('memory', at, `${length} bytes here leave the memory of ${size} bytes`, true);
}
