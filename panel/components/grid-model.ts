// What a table does, apart from drawing it: widths, order, keys. Pure, so that each can be tested by itself.

/** Moves the border between column `index` and the next by `delta` pixels; neither becomes narrower than `min`. */
export function resizeColumns(
  widths: readonly number[],
  index: number,
  delta: number,
  min: number,
): readonly number[] {
  const left = widths[index];
  const right = widths[index + 1];
  if (left === undefined || right === undefined) return widths;
  const low = Math.min(0, min - left);
  const high = Math.max(0, right - min);
  const by = Math.max(low, Math.min(high, delta));
  return widths.with(index, left + by).with(index + 1, right - by);
}

export interface Sort {
  readonly column: string;
  readonly descending: boolean;
}

/** What a click on a header does: sorts by it, then the other way round. */
export function toggleSort(sort: Sort | null, column: string, descendingFirst: boolean): Sort {
  return sort?.column === column
    ? { column, descending: !sort.descending }
    : { column, descending: descendingFirst };
}

/** Rows in the order of `key`; equal ones stay in their order, numbers by value and texts by code unit. */
export function sortRows<Row>(
  rows: readonly Row[],
  key: (row: Row) => string | number,
  descending: boolean,
): readonly Row[] {
  const keyed = rows.map((row, index) => ({ row, index, value: key(row) }));
  const sign = descending ? -1 : 1;
  keyed.sort((a, b) => (a.value < b.value ? -sign : a.value > b.value ? sign : a.index - b.index));
  return keyed.map(({ row }) => row);
}

/** Where a key moves the active row to; null when the key does not move it. `page` is the number of rows in view. */
export function moveByKey(key: string, active: number, count: number, page: number): number | null {
  if (count === 0) return null;
  const to = (index: number): number => Math.max(0, Math.min(count - 1, index));
  switch (key) {
    case 'ArrowDown':
      return to(active + 1);
    case 'ArrowUp':
      return to(active < 0 ? 0 : active - 1);
    case 'PageDown':
      return to(active + Math.max(1, page - 1));
    case 'PageUp':
      return to(active - Math.max(1, page - 1));
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}

/** The keys of the rows from `anchor` to `active`, both included, in the order of the rows. */
export function rangeOf(keys: readonly string[], anchor: string | null, active: string): ReadonlySet<string> {
  const to = keys.indexOf(active);
  const from = anchor === null ? to : keys.indexOf(anchor);
  if (to < 0) return new Set();
  if (from < 0) return new Set([active]);
  return new Set(keys.slice(Math.min(from, to), Math.max(from, to) + 1));
}
