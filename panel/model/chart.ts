// Lines of sampled values as paths, and what a pointer over them means. Pure; lengths in CSS pixels.

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** The times at the left and at the right, milliseconds. */
  readonly from: number;
  readonly to: number;
  /** The values at the bottom and at the top. */
  readonly low: number;
  readonly high: number;
}

/** Smallest and largest value; null where there is none. */
export function extent(values: Float64Array): { readonly low: number; readonly high: number } | null {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > high ? null : { low, high };
}

/** The values between which a chart is drawn: those that are there, with room above and below; from 0 where they come near it. */
export function axis(values: Float64Array): { readonly low: number; readonly high: number } | null {
  const found = extent(values);
  if (found === null) return null;
  const { low, high } = found;
  const room = (high - low || Math.abs(high) || 1) * 0.1;
  const bottom = low < (high - low) * 2 ? 0 : low - room;
  return { low: Math.min(bottom, low), high: high + room };
}

/** Where a time and a value are. */
export const xOf = ({ from, to, width }: Frame, time: number): number =>
  to <= from ? width : ((time - from) / (to - from)) * width;
export const yOf = ({ low, high, height }: Frame, value: number): number =>
  high <= low ? height : height - ((value - low) / (high - low)) * height;

/**
 * The path of a line (SVG). Of samples on the same pixel the first, smallest, largest and last are drawn, so that none is lost and the path stays
 * short. A value that is not known leaves a gap.
 */
export function linePath(frame: Frame, time: Float64Array, values: Float64Array): string {
  let path = '';
  let open = false;
  let pixel = -1;
  let column: { first: number; low: number; high: number; last: number } | null = null;
  const point = (value: number): void => {
    path += `${open ? 'L' : 'M'}${String(pixel)} ${yOf(frame, value).toFixed(1)}`;
    open = true;
  };
  const flush = (): void => {
    if (column === null) return;
    const { first, low, high, last } = column;
    for (const value of new Set([first, low, high, last])) point(value);
    column = null;
  };
  for (let i = 0; i < time.length; i++) {
    const value = values[i] ?? NaN;
    if (Number.isNaN(value)) {
      flush();
      open = false;
      continue;
    }
    const x = Math.round(xOf(frame, time[i] ?? 0));
    if (column !== null && x === pixel) {
      column = {
        ...{ first: column.first, last: value },
        ...{ low: Math.min(column.low, value), high: Math.max(column.high, value) },
      };
      continue;
    }
    flush();
    pixel = x;
    column = { first: value, low: value, high: value, last: value };
  }
  flush();
  return path;
}

/** Index of the sample nearest in time; -1 where there is none. */
export function nearest(time: Float64Array, wanted: number): number {
  let low = 0;
  let high = time.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((time[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  const after = time[low];
  const before = time[low - 1];
  if (after === undefined) return time.length - 1;
  if (before === undefined) return low;
  return wanted - before <= after - wanted ? low - 1 : low;
}
