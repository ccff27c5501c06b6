import type { Address } from '../base/units.ts';

/**
 * Linear memory of a program at one moment, as a walker reads it: synchronously, little-endian, any alignment. Every read either
 * gives what stood there, or throws: a `FormatError` with `memory` set where the range leaves the memory (so that a wild pointer ends
 * that walk only), or `NeedPages` where the bytes are not here yet (see `withPages`). `DataImage` of src/wasm has this shape too.
 */
export interface Memory {
  /** Bytes that the memory holds; reads end before it. */
  readonly size: number;
  u8(at: Address): number;
  u16(at: Address): number;
  u32(at: Address): number;
  /** Signed 32 bits. */
  i32(at: Address): number;
  u64(at: Address): bigint;
  /** 64 bits as a number: exact up to 2^53, which holds for every address, length and count of a wasm program. */
  word(at: Address): number;
  /** `length` bytes, perhaps a view of what is held: not to be written to. */
  bytes(at: Address, length: number): Uint8Array;
}

/** A range of linear memory, in bytes. */
export interface AddressRange {
  readonly address: Address;
  readonly length: number;
}

/** A memory that loads on demand and can be told what will be read next, so that it comes in the same round. */
export interface PagedMemory extends Memory {
  /** These bytes will be read soon. Never throws; parts outside the memory are ignored. */
  expect(at: Address, length: number): void;
}

/** Tells a memory what will be read next, where it cares. */
export function expectBytes(memory: Memory, at: Address, length: number): void {
  if ('expect' in memory) (memory as PagedMemory).expect(at, length);
}
