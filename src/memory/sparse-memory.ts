import { address, type Address } from '../base/units.ts';
import type { GatheredRecords } from './gathered.ts';
import { expectBytes, type Memory, type PagedMemory } from './memory.ts';
import { checkRange } from './whole-memory.ts';

interface Segment {
  readonly start: number;
  readonly end: number;
  readonly view: DataView;
}

/**
 * A far memory of which some pieces are here: ranges of any length, and gathered records. Reads that lie in one piece are answered from it, all
 * others by the memory below, which may throw NeedPages.
 */
export class SparseMemory implements PagedMemory {
  readonly size: number;
  readonly #below: Memory;
  #records: GatheredRecords | null = null;
  /** In rising order; they do not overlap. */
  #segments: readonly Segment[] = [];
  #last: Segment | undefined;

  constructor(below: Memory) {
    this.size = below.size;
    this.#below = below;
  }

  /** Keeps gathered records, instead of those before. */
  setRecords(records: GatheredRecords | null): void {
    this.#records = records;
  }

  /** Keeps what stands at these addresses, instead of what was kept before; of pieces that overlap, the first in memory. */
  setPieces(pieces: readonly { readonly address: Address; readonly bytes: Uint8Array }[]): void {
    const segments: Segment[] = [];
    for (const { address: start, bytes } of [...pieces].sort((a, b) => a.address - b.address)) {
      if (bytes.length === 0 || start < (segments.at(-1)?.end ?? 0)) continue;
      checkRange(this.size, start, bytes.length);
      segments.push({
        start,
        end: start + bytes.length,
        view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      });
    }
    this.#segments = segments;
    this.#last = undefined;
  }

  expect(at: Address, length: number): void {
    if (this.#records?.holds(at) === true || this.#segment(at, Math.max(1, length)) !== undefined) return;
    expectBytes(this.#below, at, length);
  }

  u8(at: Address): number {
    const segment = this.#segment(at, 1);
    if (segment !== undefined) return segment.view.getUint8(at - segment.start);
    const found = this.#records?.u32(at - (at % 4)) ?? null;
    return found === null ? this.#below.u8(at) : (found >>> (8 * (at % 4))) & 0xff;
  }

  u16(at: Address): number {
    return this.#segment(at, 2) === undefined
      ? this.#below.u16(at)
      : this.u8(at) + this.u8(address(at + 1)) * 256;
  }

  u32(at: Address): number {
    const segment = this.#segment(at, 4);
    if (segment !== undefined) return segment.view.getUint32(at - segment.start, true);
    return this.#records?.u32(at) ?? this.#below.u32(at);
  }

  i32(at: Address): number {
    return this.u32(at) | 0;
  }

  u64(at: Address): bigint {
    const segment = this.#segment(at, 8);
    if (segment !== undefined) return segment.view.getBigUint64(at - segment.start, true);
    const low = this.#records?.u32(at) ?? null;
    const high = low === null ? null : (this.#records?.u32(at + 4) ?? null);
    return low === null || high === null ? this.#below.u64(at) : BigInt(high) * 0x100000000n + BigInt(low);
  }

  word(at: Address): number {
    const segment = this.#segment(at, 8);
    if (segment !== undefined) {
      const from = at - segment.start;
      return segment.view.getUint32(from, true) + segment.view.getUint32(from + 4, true) * 0x100000000;
    }
    return this.#records?.word(at) ?? this.#below.word(at);
  }

  bytes(at: Address, length: number): Uint8Array {
    const segment = length === 0 ? undefined : this.#segment(at, length);
    if (segment === undefined) return this.#below.bytes(at, length);
    const { buffer, byteOffset } = segment.view;
    return new Uint8Array(buffer, byteOffset + at - segment.start, length);
  }

  #segment(at: number, length: number): Segment | undefined {
    const last = this.#last;
    if (last !== undefined && at >= last.start && at + length <= last.end) return last;
    const segments = this.#segments;
    let low = 0;
    let high = segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((segments[middle]?.end ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    const found = segments[low];
    if (found === undefined || at < found.start || at + length > found.end) return undefined;
    this.#last = found;
    return found;
  }
}
