import { FormatError } from '../base/format-error.ts';
import { address, type Address } from '../base/units.ts';
import { utf8 } from './byte-reader.ts';
import type { WasmModule } from './module.ts';

const PAGE = 65536;
/** Segments closer than this go into one region; the bytes between them are zero. */
const NEAR = 1 << 20;
/** Zero bytes between segments that may be kept, in all: what a Go program needs is well below a megabyte. */
const FILL_BUDGET = 16 << 20;
/** The longest run outside the regions (so: zeros) that is handed out as bytes. */
const MAX_ZEROS = 16 << 20;

/** A part of the image that is held in memory. */
interface Region {
  readonly start: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/**
 * The linear memory as it is right after instantiation, before any code ran: zeros, and the active data segments of memory 0
 * copied in order. Held as a few regions (one in a Go module), so that segments at hostile addresses cost no more than their own
 * bytes: at most twice the Data section plus 16 MiB. Addresses are bytes from the start of linear memory. Reads within the memory's
 * initial size but outside every segment give zero; reads beyond throw a FormatError with `memory` set.
 */
export class DataImage {
  /** Bytes of linear memory that may be read: the memory's initial size, or the end of the last segment where that is higher. */
  readonly size: number;
  /** Bytes held. */
  readonly heldBytes: number;
  /** Segments that were left out, each with its place in the file. */
  readonly diagnostics: readonly FormatError[];
  readonly #regions: readonly Region[];
  #last: Region;

  constructor(size: number, regions: readonly Region[], diagnostics: readonly FormatError[] = []) {
    this.size = size;
    this.#regions = regions;
    this.#last = regions[0] ?? makeRegion(0, 0);
    this.diagnostics = diagnostics;
    this.heldBytes = regions.reduce((sum, region) => sum + region.bytes.length, 0);
  }

  u8(at: Address): number {
    const region = this.#region(at, 1);
    return region ? region.view.getUint8(at - region.start) : this.#byte(at);
  }

  u16(at: Address): number {
    const region = this.#region(at, 2);
    if (region) return region.view.getUint16(at - region.start, true);
    this.#check(at, 2);
    return this.#byte(at) + this.#byte(at + 1) * 256;
  }

  u32(at: Address): number {
    const region = this.#region(at, 4);
    if (region) return region.view.getUint32(at - region.start, true);
    this.#check(at, 4);
    let value = 0;
    for (let i = 3; i >= 0; i--) value = value * 256 + this.#byte(at + i);
    return value;
  }

  i32(at: Address): number {
    return this.u32(at) | 0;
  }

  u64(at: Address): bigint {
    return BigInt(this.u32(at)) | (BigInt(this.u32(address(at + 4))) << 32n);
  }

  /** A 64-bit word as a number: exact up to 2^53, which holds for every address, length and count of a wasm program. */
  word(at: Address): number {
    return this.u32(at) + this.u32(address(at + 4)) * 0x100000000;
  }

  /** `length` bytes: a view of the image where they lie in one region, else a copy. Not to be written to. */
  bytes(at: Address, length: number): Uint8Array {
    const region = this.#region(at, length);
    if (region) return region.bytes.subarray(at - region.start, at - region.start + length);
    this.#check(at, length);
    if (length > this.heldBytes + MAX_ZEROS) {
      throw new FormatError('data', at, `${length} bytes are more than the data segments hold`, true);
    }
    const copy = new Uint8Array(length);
    for (const { start, bytes } of this.#regions) {
      const from = Math.max(start, at);
      const to = Math.min(start + bytes.length, at + length);
      if (from < to) copy.set(bytes.subarray(from - start, to - start), from - at);
    }
    return copy;
  }

  /** UTF-8 text of `length` bytes. */
  string(at: Address, length: number): string {
    return utf8(this.bytes(at, length));
  }

  /** UTF-8 text up to a zero byte, which must come within `limit` bytes. */
  cString(at: Address, limit = 65536): string {
    const region = this.#region(at, 1);
    if (region) {
      const from = at - region.start;
      const end = region.bytes.subarray(from, from + limit).indexOf(0);
      if (end >= 0) return utf8(region.bytes.subarray(from, from + end));
      if (from + limit <= region.bytes.length) {
        throw new FormatError('data', at, `expected a zero byte within ${limit} bytes`, true);
      }
      return utf8(region.bytes.subarray(from));
    }
    this.#check(at, 1);
    return '';
  }

  /** Where [start, end) of the held regions are, lowest first: the parts worth searching. */
  regions(): readonly { readonly start: Address; readonly end: Address }[] {
    return this.#regions.map(({ start, bytes }) => ({
      start: address(start),
      end: address(start + bytes.length),
    }));
  }

  /**
   * The lowest address, a multiple of `alignment` and not below `from`, where `pattern` (one byte or more) stands within one region.
   */
  find(pattern: Uint8Array, alignment = 1, from: Address = address(0)): Address | undefined {
    const first = pattern[0];
    if (first === undefined) return undefined;
    for (const { start, bytes } of this.#regions) {
      let at = Math.max(0, from - start);
      const last = bytes.length - pattern.length;
      while (at <= last) {
        at = bytes.indexOf(first, at);
        if (at < 0 || at > last) break;
        if ((start + at) % alignment === 0 && startsWith(bytes, at, pattern)) return address(start + at);
        at++;
      }
    }
    return undefined;
  }

  /** The region that holds all of [at, at + length). */
  #region(at: number, length: number): Region | undefined {
    const last = this.#last;
    if (at >= last.start && at + length <= last.start + last.bytes.length) return last;
    const region = regionOf(this.#regions, at);
    if (region === undefined || at + length > region.start + region.bytes.length) return undefined;
    this.#last = region;
    return region;
  }

  #byte(at: number): number {
    this.#check(at, 1);
    const region = this.#region(at, 1);
    return region ? region.view.getUint8(at - region.start) : 0;
  }

  #check(at: number, length: number): void {
    if (at < 0 || length < 0 || !(at + length <= this.size)) {
      throw new FormatError('data', at, `${length} bytes here leave the memory of ${this.size} bytes`, true);
    }
  }
}

function startsWith(bytes: Uint8Array, at: number, pattern: Uint8Array): boolean {
  for (let i = 1; i < pattern.length; i++) if (bytes[at + i] !== pattern[i]) return false;
  return true;
}

function makeRegion(start: number, length: number): Region {
  const bytes = new Uint8Array(length);
  return { start, bytes, view: new DataView(bytes.buffer) };
}

/** Lays the active data segments of memory 0 out as the initial linear memory. */
export function readDataImage(module: WasmModule): DataImage {
  const { bytes } = module;
  const { count, address: addresses, size: sizes, start: starts, memory: memories } = module.data;
  const diagnostics: FormatError[] = [];
  const memory = module.memories[0];
  const addressLimit = memory?.is64 ? Number.MAX_SAFE_INTEGER : 2 ** 32;
  // The segments that are copied, in the order of the file.
  const placed = new Uint32Array(count);
  let placedCount = 0;
  let total = 0;
  let lowest = Infinity;
  let highest = 0;
  for (let i = 0; i < count; i++) {
    const at = addresses[i] ?? NaN;
    const size = sizes[i] ?? 0;
    if (Number.isNaN(at) || memories[i] !== 0 || size === 0) continue;
    const end = at + size;
    if (end > addressLimit) {
      if (diagnostics.length === 0) {
        diagnostics.push(
          new FormatError('Data section', starts[i] ?? 0, `segment ${i} lies beyond the address space`),
        );
      }
      continue;
    }
    placed[placedCount++] = i;
    total += size;
    if (at < lowest) lowest = at;
    if (end > highest) highest = end;
  }
  const segments = placed.subarray(0, placedCount);
  const regions =
    placedCount > 0 && highest - lowest - total <= FILL_BUDGET
      ? [makeRegion(lowest, highest - lowest)]
      : layOutRegions(module, segments);

  // Later segments overwrite earlier ones, so the copy goes in the order of the file.
  let region: Region | undefined;
  for (let k = 0; k < segments.length; k++) {
    const i = segments[k] ?? 0;
    const at = addresses[i] ?? 0;
    if (region === undefined || at < region.start || at >= region.start + region.bytes.length) {
      region = regionOf(regions, at);
      if (region === undefined) continue;
    }
    copy(bytes, starts[i] ?? 0, sizes[i] ?? 0, region.bytes, at - region.start);
  }

  const lastRegion = regions.at(-1);
  const dataEnd = lastRegion ? lastRegion.start + lastRegion.bytes.length : 0;
  const declaredSize = Math.min((memory?.min ?? 0) * PAGE, addressLimit);
  return new DataImage(Math.max(declaredSize, dataEnd), regions, diagnostics);
}

/** Most segments of a Go module are shorter than a view of them takes to make. */
function copy(source: Uint8Array, from: number, length: number, target: Uint8Array, to: number): void {
  if (length >= 64) target.set(source.subarray(from, from + length), to);
  else for (let k = 0; k < length; k++) target[to + k] = source[from + k] ?? 0;
}

/** For data that is spread over the address space: segments that lie near each other share a region. */
function layOutRegions(module: WasmModule, segments: Uint32Array): Region[] {
  const { address: addresses, size: sizes } = module.data;
  const byAddress = segments.slice().sort((a, b) => (addresses[a] ?? 0) - (addresses[b] ?? 0));
  const regions: Region[] = [];
  let fill = FILL_BUDGET;
  let start = 0;
  let end = -1;
  for (const i of byAddress) {
    const at = addresses[i] ?? 0;
    const gap = at - end;
    if (end >= 0 && gap <= NEAR && gap <= fill) {
      if (gap > 0) fill -= gap;
    } else {
      if (end >= 0) regions.push(makeRegion(start, end - start));
      start = at;
    }
    end = Math.max(end, at + (sizes[i] ?? 0));
  }
  if (end >= 0) regions.push(makeRegion(start, end - start));
  return regions;
}

/** The last region that starts at or before the address. */
function regionOf(regions: readonly Region[], at: number): Region | undefined {
  let low = 0;
  let high = regions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((regions[middle]?.start ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return regions[low - 1];
}
