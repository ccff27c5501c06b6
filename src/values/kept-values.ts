import { FormatError } from '../base/format-error.ts';
import { address, type Address } from '../base/units.ts';
import { expectBytes, type Memory } from '../memory/memory.ts';

/** Addresses from here on are of no memory: values that a frame holds in locals of WebAssembly are given places there. */
export const NOT_IN_MEMORY = 2 ** 40;

/** Bytes between two such places; a value is shorter. */
const STRIDE = 2 ** 24;

/** A value that is in no memory: its bytes as far as they are known. */
export interface KeptValue {
  readonly bytes: Uint8Array;
  /** 0 for a byte that is not known. */
  readonly known: Uint8Array;
  /** Why, for those. */
  readonly why: string;
}

/** A byte of a value that is not known: the message is why. */
export class UnknownBytes extends FormatError {
  constructor(offset: number, why: string) {
    super('value', offset, why);
    this.message = why;
  }
}

/** Where a memory of `KeptValues` has the value of a number. */
export const keptAddress = (index: number): Address => address(NOT_IN_MEMORY + index * STRIDE);

/**
 * A memory with the values of a frame beside it, so that readers of values need not know where one is. A read of a byte that is not known throws
 * an UnknownBytes that says why.
 */
export class KeptValues implements Memory {
  readonly #memory: Memory;
  readonly #values: ReadonlyMap<number, KeptValue>;

  /** `values`: by number. */
  constructor(memory: Memory, values: ReadonlyMap<number, KeptValue>) {
    this.#memory = memory;
    this.#values = values;
  }

  /** Of the memory. */
  get size(): number {
    return this.#memory.size;
  }

  u8(at: Address): number {
    return at < NOT_IN_MEMORY ? this.#memory.u8(at) : this.#view(at, 1).getUint8(0);
  }

  u16(at: Address): number {
    return at < NOT_IN_MEMORY ? this.#memory.u16(at) : this.#view(at, 2).getUint16(0, true);
  }

  u32(at: Address): number {
    return at < NOT_IN_MEMORY ? this.#memory.u32(at) : this.#view(at, 4).getUint32(0, true);
  }

  i32(at: Address): number {
    return at < NOT_IN_MEMORY ? this.#memory.i32(at) : this.#view(at, 4).getInt32(0, true);
  }

  u64(at: Address): bigint {
    return at < NOT_IN_MEMORY ? this.#memory.u64(at) : this.#view(at, 8).getBigUint64(0, true);
  }

  word(at: Address): number {
    return at < NOT_IN_MEMORY ? this.#memory.word(at) : Number(this.u64(at));
  }

  bytes(at: Address, length: number): Uint8Array {
    if (at < NOT_IN_MEMORY) return this.#memory.bytes(at, length);
    const index = Math.floor((at - NOT_IN_MEMORY) / STRIDE);
    const start = at - keptAddress(index);
    const value = this.#values.get(index);
    if (value === undefined || start + length > value.bytes.length)
      throw new FormatError('value', start, 'it is not that long');
    if (value.known.subarray(start, start + length).includes(0)) throw new UnknownBytes(start, value.why);
    return value.bytes.subarray(start, start + length);
  }

  expect(at: Address, length: number): void {
    if (at < NOT_IN_MEMORY) expectBytes(this.#memory, at, length);
  }

  #view(at: Address, length: number): DataView {
    const { buffer, byteOffset } = this.bytes(at, length);
    return new DataView(buffer, byteOffset, length);
  }
}
