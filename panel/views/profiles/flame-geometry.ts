import type { FlameBoxes } from '../../model/types.ts';

// Where boxes of a flame graph are on the screen, without drawing them. Places along the axis are in the unit of the boxes.

/** The part of the axis that is in view, and how far the rows are scrolled, in CSS pixels. */
export interface Camera {
  readonly left: number;
  readonly right: number;
  readonly top: number;
}

/** Boxes narrower than this are drawn together with their neighbours, in CSS pixels. */
export const MIN_WIDTH = 0.5;
/** No more of the axis is shown than this share of it: beyond, doubles are no longer exact. */
const MAX_ZOOM = 1e-9;

/** The first box of a row that ends after `place`; one past the last when there is none. `from`: a box that is known not to lie beyond it. */
export function firstAfter({ rowStart, end }: FlameBoxes, row: number, place: number, from?: number): number {
  let low = from ?? rowStart[row] ?? 0;
  let high = rowStart[row + 1] ?? 0;
  if (from !== undefined) {
    // It is near as a rule: steps of growing length lead to it.
    let step = 1;
    while (low + step < high && (end[low + step] ?? 0) <= place) {
      low += step;
      step *= 2;
    }
    high = Math.min(high, low + step);
  }
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((end[middle] ?? 0) > place) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Goes through what of a row is to be drawn between `left` and `right`: boxes that are wide enough, and for all others places where there are
 * some. The work depends on the width in pixels, not on the number of boxes.
 */
export function visitRow(
  boxes: FlameBoxes,
  row: number,
  left: number,
  right: number,
  pixel: number,
  box: (index: number) => void,
  crowd: (from: number, to: number) => void,
): void {
  const { rowStart, start, end } = boxes;
  const last = rowStart[row + 1] ?? 0;
  let at = firstAfter(boxes, row, left);
  let crowdStart = Number.NaN;
  let crowdEnd = 0;
  const closeCrowd = (): void => {
    if (!Number.isNaN(crowdStart)) crowd(crowdStart, crowdEnd);
    crowdStart = Number.NaN;
  };
  while (at < last && (start[at] ?? 0) < right) {
    const from = start[at] ?? 0;
    if ((end[at] ?? 0) - from >= MIN_WIDTH * pixel) {
      closeCrowd();
      box(at++);
      continue;
    }
    // Everything that ends before the next pixel does; crowds without a gap between them are one.
    const edge = (Math.floor((from - left) / pixel) + 1) * pixel + left;
    const next = Math.max(at + 1, firstAfter(boxes, row, edge, at));
    if (from - crowdEnd > pixel / 2) closeCrowd();
    if (Number.isNaN(crowdStart)) crowdStart = from;
    crowdEnd = end[next - 1] ?? 0;
    at = next;
  }
  closeCrowd();
}

/** The row that a box is in. */
export function rowOf({ rowStart }: FlameBoxes, box: number): number {
  let low = 0;
  let high = rowStart.length - 1;
  while (low + 1 < high) {
    const middle = (low + high) >>> 1;
    if ((rowStart[middle] ?? 0) <= box) low = middle;
    else high = middle;
  }
  return low;
}

/** The box of a row at a place; null where there is none. */
export function boxAt(boxes: FlameBoxes, row: number, place: number): number | null {
  if (row < 0 || row >= boxes.rowStart.length - 1) return null;
  const at = firstAfter(boxes, row, place);
  return at < (boxes.rowStart[row + 1] ?? 0) && (boxes.start[at] ?? 0) <= place ? at : null;
}

/** What a box holds that none of the boxes below it does. */
export function selfOf(boxes: FlameBoxes, box: number): number {
  const row = rowOf(boxes, box) + 1;
  const { start, end, rowStart } = boxes;
  const right = end[box] ?? 0;
  let self = right - (start[box] ?? 0);
  if (row >= rowStart.length - 1) return self;
  const last = rowStart[row + 1] ?? 0;
  for (let at = firstAfter(boxes, row, start[box] ?? 0); at < last && (end[at] ?? 0) <= right; at++) {
    self -= (end[at] ?? 0) - (start[at] ?? 0);
  }
  return self < right * 1e-12 ? 0 : self;
}

/** Where an arrow key leads from a box: to its caller, its widest call, or the neighbour in its row. Null: nowhere. */
export function neighbour(
  boxes: FlameBoxes,
  box: number,
  to: 'caller' | 'call' | 'before' | 'after',
): number | null {
  const { start, end, rowStart } = boxes;
  const row = rowOf(boxes, box);
  if (to === 'before') return box > (rowStart[row] ?? 0) ? box - 1 : null;
  if (to === 'after') return box + 1 < (rowStart[row + 1] ?? 0) ? box + 1 : null;
  if (to === 'caller') return boxAt(boxes, row - 1, start[box] ?? 0);
  if (row + 2 >= rowStart.length) return null;
  let widest: number | null = null;
  const last = rowStart[row + 2] ?? 0;
  for (let at = firstAfter(boxes, row + 1, start[box] ?? 0); at < last; at++) {
    if ((end[at] ?? 0) > (end[box] ?? 0)) break;
    const width = (end[at] ?? 0) - (start[at] ?? 0);
    if (widest === null || width > (end[widest] ?? 0) - (start[widest] ?? 0)) widest = at;
  }
  return widest;
}

/** The whole axis. */
export const wholeView = ({ width }: FlameBoxes): Camera => ({
  left: 0,
  right: Math.max(width, 1e-12),
  top: 0,
});

/** The camera with `factor` times as much of the axis, around a place that stays where it is. */
export function zoom(camera: Camera, width: number, factor: number, around: number): Camera {
  const { left, right, top } = camera;
  const size = Math.max(width * MAX_ZOOM, Math.min(width, (right - left) * factor));
  const share = (around - left) / (right - left);
  return within({ left: around - share * size, right: around + (1 - share) * size, top }, width);
}

/** The camera moved along the axis. */
export function pan({ left, right, top }: Camera, width: number, by: number): Camera {
  return within({ left: left + by, right: right + by, top }, width);
}

/** The camera that shows one box from edge to edge. */
export function fit(boxes: FlameBoxes, box: number, { top }: Camera): Camera {
  const start = boxes.start[box] ?? 0;
  const end = boxes.end[box] ?? 0;
  return within({ left: start, right: Math.max(end, start + boxes.width * MAX_ZOOM), top }, boxes.width);
}

/** The camera that shows the part of the axis between two places, in either order. */
export function showRange(camera: Camera, width: number, from: number, to: number): Camera {
  const left = Math.max(0, Math.min(from, to));
  const right = Math.min(width, Math.max(from, to));
  return within({ left, right: Math.max(right, left + width * MAX_ZOOM), top: camera.top }, width);
}

function within({ left, right, top }: Camera, width: number): Camera {
  const size = Math.min(right - left, width);
  const from = Math.max(0, Math.min(width - size, left));
  return { left: from, right: from + size, top };
}
