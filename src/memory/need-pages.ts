import type { AddressRange } from './memory.ts';

/** Thrown by a read of memory that is not loaded: fetch the ranges, and start the walk again. */
export class NeedPages extends Error {
  override readonly name = 'NeedPages';
  /** Whole pages in rising order, neighbours merged. */
  readonly ranges: readonly AddressRange[];

  constructor(ranges: readonly AddressRange[]) {
    super(`${ranges.length} ranges of memory are not loaded`);
    this.ranges = ranges;
  }
}

/**
 * Runs `each` for every item and gives the results in order. Where some need pages, the others are still tried, and one NeedPages for
 * all of them is thrown at the end: independent walks then cost as many rounds as the longest of them, not the sum.
 */
export function gather<Item, Result>(items: Iterable<Item>, each: (item: Item) => Result): Result[] {
  const results: Result[] = [];
  const needed: AddressRange[] = [];
  for (const item of items) {
    try {
      const result = each(item);
      if (needed.length === 0) results.push(result);
    } catch (error) {
      if (!(error instanceof NeedPages)) throw error;
      needed.push(...error.ranges);
    }
  }
  if (needed.length > 0) throw new NeedPages(mergeRanges(needed));
  return results;
}

/** Ranges in rising order, those that touch or overlap as one. */
export function mergeRanges(ranges: readonly AddressRange[]): AddressRange[] {
  const merged: { address: AddressRange['address']; length: number }[] = [];
  for (const range of [...ranges].sort((a, b) => a.address - b.address)) {
    const last = merged.at(-1);
    if (last && range.address <= last.address + last.length) {
      last.length = Math.max(last.length, range.address + range.length - last.address);
    } else merged.push({ address: range.address, length: range.length });
  }
  return merged;
}
