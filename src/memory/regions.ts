// A map of linear memory: which part holds what. Kinds are of the program, not of the format; who fills the table decides.

/** What a part of memory holds. */
export const REGION_KINDS = [
  /** Nothing is known of it. */
  'unknown',
  /** The first page, at which no variable lies, so that nil pointers are seen. */
  'nil',
  /** Arguments and environment, which the host writes before the program starts. */
  'arguments',
  'rodata',
  'types',
  'pclntab',
  'data',
  'bss',
  /** A goroutine's stack, or the one on which the program starts. */
  'stack',
  /** Objects of the heap: a span of Go, an object of TinyGo. */
  'heap',
  /** Part of the heap that holds nothing. */
  'free',
  /** What the runtime manages for itself. */
  'runtime',
] as const;

export type RegionKind = (typeof REGION_KINDS)[number];

/** Part of memory, [start, end), in bytes. */
export interface Region {
  readonly start: number;
  readonly end: number;
  readonly kind: RegionKind;
  /** What it is, in words: `goroutine 18`, `objects of 48 bytes`. */
  readonly name: string;
}

/** Regions that cover a memory from 0 to its size without gaps and without overlaps, in rising order; a column each. */
export interface RegionTable {
  readonly count: number;
  /** Where each begins; it ends where the next begins, the last at the memory's size. Numbers up to 2^32. */
  readonly start: Float64Array;
  readonly size: number;
  /** Index in REGION_KINDS. */
  readonly kind: Uint8Array;
  /** Index in `names`. */
  readonly name: Uint32Array;
  readonly names: readonly string[];
}

/**
 * Makes the table of a memory of `size` bytes out of layers: what a later layer covers hides what the earlier ones say of it. Parts outside
 * the memory are cut off; of regions of one layer that overlap, the first in memory stays.
 */
export function layRegions(size: number, layers: readonly (readonly Region[])[]): RegionTable {
  let regions: readonly Region[] = size > 0 ? [{ start: 0, end: size, kind: 'unknown', name: '' }] : [];
  for (const layer of layers) regions = overlay(regions, inOrder(layer, size));
  const names = new Map<string, number>();
  const table = {
    count: regions.length,
    size,
    start: new Float64Array(regions.length),
    kind: new Uint8Array(regions.length),
    name: new Uint32Array(regions.length),
  };
  regions.forEach((region, i) => {
    table.start[i] = region.start;
    table.kind[i] = REGION_KINDS.indexOf(region.kind);
    let name = names.get(region.name);
    if (name === undefined) names.set(region.name, (name = names.size));
    table.name[i] = name;
  });
  return { ...table, names: [...names.keys()] };
}

/** The regions of a layer that lie in the memory, none overlapping the one before. */
function inOrder(layer: readonly Region[], size: number): Region[] {
  const kept: Region[] = [];
  let end = 0;
  for (const region of [...layer].sort((a, b) => a.start - b.start)) {
    const start = Math.max(region.start, end);
    const stop = Math.min(region.end, size);
    if (!(start < stop)) continue;
    kept.push(start === region.start && stop === region.end ? region : { ...region, start, end: stop });
    end = stop;
  }
  return kept;
}

/** `above` over `below`, both in order. */
function overlay(below: readonly Region[], above: readonly Region[]): Region[] {
  const result: Region[] = [];
  let next = 0;
  for (const region of below) {
    let at = region.start;
    for (; next < above.length; next++) {
      const top = above[next];
      if (top === undefined || top.start >= region.end) break;
      if (top.start > at) result.push({ ...region, start: at, end: top.start });
      if (top.start >= region.start) result.push(top);
      at = Math.max(at, top.end);
      // It may hide the region after this one too.
      if (top.end > region.end) break;
    }
    if (at < region.end) result.push(at === region.start ? region : { ...region, start: at });
  }
  return result;
}

/** A row of a table; throws a RangeError outside it. */
export function regionAt(table: RegionTable, index: number): Region {
  const start = table.start[index];
  const kind = REGION_KINDS[table.kind[index] ?? -1];
  if (start === undefined || kind === undefined) throw new RangeError(`no region ${index}`);
  const end = table.start[index + 1] ?? table.size;
  return { start, end, kind, name: table.names[table.name[index] ?? 0] ?? '' };
}

/** The row that holds a byte; -1 outside the memory. */
export function findRegion({ start, count, size }: RegionTable, at: number): number {
  if (!(at >= 0 && at < size)) return -1;
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((start[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** What a kind of region takes. */
export interface RegionSum {
  readonly kind: RegionKind;
  readonly regions: number;
  readonly bytes: number;
}

/** Sums by kind, in the order of the first of each in memory. */
export function sumRegions(table: RegionTable): RegionSum[] {
  const sums = new Map<RegionKind, { regions: number; bytes: number }>();
  for (let i = 0; i < table.count; i++) {
    const { kind, start, end } = regionAt(table, i);
    const sum = sums.get(kind) ?? { regions: 0, bytes: 0 };
    sum.regions++;
    sum.bytes += end - start;
    sums.set(kind, sum);
  }
  return [...sums].map(([kind, sum]) => ({ kind, ...sum }));
}

/** What regions of one kind and one name take. */
export interface NameSum {
  readonly name: string;
  readonly regions: number;
  readonly bytes: number;
}

/** Sums by name of the regions of a kind, the largest first, at most `limit`. */
export function sumNames(table: RegionTable, kind: RegionKind, limit: number): NameSum[] {
  const wanted = REGION_KINDS.indexOf(kind);
  const sums = new Map<number, { regions: number; bytes: number }>();
  for (let i = 0; i < table.count; i++) {
    if (table.kind[i] !== wanted) continue;
    const name = table.name[i] ?? 0;
    const sum = sums.get(name) ?? { regions: 0, bytes: 0 };
    sum.regions++;
    sum.bytes += (table.start[i + 1] ?? table.size) - (table.start[i] ?? 0);
    sums.set(name, sum);
  }
  return [...sums]
    .map(([name, sum]) => ({ name: table.names[name] ?? '', ...sum }))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, limit);
}

/** The memory in `buckets` equal parts, each the index in REGION_KINDS of what most of it holds. */
export function paintRegions(table: RegionTable, buckets: number): Uint8Array<ArrayBuffer> {
  const painted = new Uint8Array(buckets);
  const width = table.size / buckets;
  const weights = new Float64Array(REGION_KINDS.length);
  let region = 0;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = bucket * width;
    const to = from + width;
    weights.fill(0);
    for (; region < table.count; region++) {
      const start = table.start[region] ?? 0;
      const end = table.start[region + 1] ?? table.size;
      if (start >= to) break;
      const kind = table.kind[region] ?? 0;
      weights[kind] = (weights[kind] ?? 0) + Math.min(end, to) - Math.max(start, from);
      if (end > to) break;
    }
    painted[bucket] = weights.indexOf(Math.max(...weights));
  }
  return painted;
}
