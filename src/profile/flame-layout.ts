import { GrowingF64, GrowingU32 } from './growing.ts';
import { childrenByWeight, MAX_NODES, totals, type ChildLists, type StackTree } from './stack-tree.ts';

/**
 * Boxes in rows, callers above what they call, from left to right in each row: row `d` has the boxes rowStart[d] .. rowStart[d+1]. Places along the
 * axis are in the unit of the values.
 */
export interface FlameLayout {
  readonly rowStart: Uint32Array;
  readonly start: Float64Array;
  readonly end: Float64Array;
  /** Row of what is drawn: of a node, or of a frame in a layout in order of time. */
  readonly item: Uint32Array;
  /** Where the last box ends; the first begins at 0. */
  readonly width: number;
}

/**
 * How wide each node of a tree is: as its value; in a comparison, stack by stack, as the larger value of both. What is negative has no
 * width.
 */
export function widths({ self, negative, compared, baseSelf, total, parent }: StackTree): Float64Array {
  let same = !negative;
  for (let node = 0; compared && same && node < self.length; node++) {
    same = (baseSelf[node] ?? 0) <= (self[node] ?? 0);
  }
  if (same) return total;
  const own = new Float64Array(self.length);
  for (let node = 0; node < own.length; node++) own[node] = Math.max(self[node] ?? 0, baseSelf[node] ?? 0, 0);
  return totals(own, parent);
}

/** The item of a box that stands for calls that are each too narrow. */
export const NARROW = 0xffffffff;

/** Lays a tree out, the widest call on the left; the same tree always gives the same picture. `lists`: its calls by `width`. */
export function layOutLeftHeavy(
  tree: StackTree,
  width = widths(tree),
  lists = childrenByWeight(tree, width),
): FlameLayout {
  return layOut(width, lists, lists.children.length, null);
}

/**
 * Lays out what of a tree is at least `least` wide. Narrower calls of one caller are one box, with nothing below it. `partial`: there are such.
 */
export function layOutCoarsely(
  tree: StackTree,
  width: Float64Array,
  least: number,
): { layout: FlameLayout; partial: boolean } {
  const { count, parent } = tree;
  // The wide nodes are a tree of their own: callers of wide nodes are wide, and stand before them.
  const rows = new GrowingU32();
  /** Of each row that is wide, its place in `rows`. */
  const places = new Uint32Array(count);
  /** Of each wide node, -1 first: how much its narrow calls are together. */
  const narrow = new GrowingF64();
  narrow.push(0);
  let crowds = 0;
  for (let node = 0; node < count; node++) {
    const own = width[node] ?? 0;
    if (own <= 0) continue;
    if (own >= least) {
      places[node] = rows.length;
      rows.push(node);
      narrow.push(0);
      continue;
    }
    const caller = parent[node] ?? -1;
    if (caller >= 0 && (width[caller] ?? 0) < least) continue;
    const at = caller < 0 ? 0 : (places[caller] ?? 0) + 1;
    if (narrow.at(at) === 0) crowds++;
    narrow.add(at, own);
  }
  const wide = rows.length;
  const wideParent = new Int32Array(wide);
  const wideWidth = new Float64Array(wide);
  for (let place = 0; place < wide; place++) {
    const node = rows.at(place);
    const caller = parent[node] ?? -1;
    wideParent[place] = caller < 0 ? -1 : (places[caller] ?? 0);
    wideWidth[place] = width[node] ?? 0;
  }
  const lists = childrenByWeight({ count: wide, parent: wideParent }, wideWidth);
  const layout = layOut(wideWidth, lists, wide + crowds, narrow.done());
  const item = layout.item.map((place) => (place === NARROW ? NARROW : rows.at(place)));
  return { layout: { ...layout, item }, partial: crowds > 0 };
}

/** `boxes`: how many there will be. */
function layOut(
  width: Float64Array,
  { start: from, children }: ChildLists,
  boxes: number,
  narrow: Float64Array | null,
): FlameLayout {
  const start = new Float64Array(boxes);
  const end = new Float64Array(boxes);
  const item = new Uint32Array(boxes);
  const rowStart = [0];
  let placed = 0;
  const place = (parent: number, left: number): void => {
    let at = left;
    const last = from[parent + 2] ?? 0;
    for (let i = from[parent + 1] ?? 0; i < last; i++) {
      const node = children[i] ?? 0;
      item[placed] = node;
      start[placed] = at;
      at += width[node] ?? 0;
      end[placed] = at;
      placed++;
    }
    const rest = narrow === null ? 0 : (narrow[parent + 1] ?? 0);
    if (rest === 0) return;
    item[placed] = NARROW;
    start[placed] = at;
    end[placed] = at + rest;
    placed++;
  };
  place(-1, 0);
  for (let row = 0; placed > (rowStart.at(-1) ?? 0); row++) {
    const first = rowStart[row] ?? 0;
    const last = placed;
    rowStart.push(last);
    for (let box = first; box < last; box++) {
      const node = item[box] ?? 0;
      if (node !== NARROW) place(node, start[box] ?? 0);
    }
  }
  const total = rowStart.length > 1 ? (end[(rowStart[1] ?? 1) - 1] ?? 0) : 0;
  return { rowStart: Uint32Array.from(rowStart), start, end, item, width: total };
}

/**
 * Lays stacks out in order of time: a frame that is at the same place in two stacks, one after the other, is one box. `stacks`: rows of frames of
 * each kind of stack, outermost first. Throws a RangeError beyond `limit` boxes. `samples`: which of them was running; a kind without frames leaves a gap. `durations`: for how long.
 */
export function layOutInTime(
  stacks: readonly (ArrayLike<number> | undefined)[],
  samples: Uint32Array,
  durations: Float64Array,
  limit = MAX_NODES,
): FlameLayout {
  const rows: { start: GrowingF64; end: GrowingF64; item: GrowingU32 }[] = [];
  const open: { frame: number; start: number }[] = [];
  let time = 0;
  let count = 0;
  const closeTo = (depth: number): void => {
    while (open.length > depth) {
      const box = open.pop();
      if (box === undefined || box.start === time) continue;
      const row = (rows[open.length] ??= {
        start: new GrowingF64(),
        end: new GrowingF64(),
        item: new GrowingU32(),
      });
      if (++count > limit) {
        throw new RangeError(
          `the recording has more than ${limit} calls one after the other: filter it, or look at the flame graph`,
        );
      }
      row.start.push(box.start);
      row.end.push(time);
      row.item.push(box.frame);
    }
  };
  let last = -1;
  for (let index = 0; index < samples.length; index++) {
    const kind = samples[index] ?? 0;
    if (kind !== last) {
      const stack = stacks[kind] ?? [];
      let same = 0;
      while (same < stack.length && same < open.length && open[same]?.frame === stack[same]) same++;
      closeTo(same);
      for (let at = same; at < stack.length; at++) open.push({ frame: stack[at] ?? 0, start: time });
      last = kind;
    }
    time += durations[index] ?? 0;
  }
  closeTo(0);
  const rowStart = new Uint32Array(rows.length + 1);
  for (const [row, { item }] of rows.entries()) rowStart[row + 1] = (rowStart[row] ?? 0) + item.length;
  const layout = {
    start: new Float64Array(count),
    end: new Float64Array(count),
    item: new Uint32Array(count),
  };
  for (const [row, columns] of rows.entries()) {
    const at = rowStart[row] ?? 0;
    layout.start.set(columns.start.done(), at);
    layout.end.set(columns.end.done(), at);
    layout.item.set(columns.item.done(), at);
  }
  return { ...layout, rowStart, width: time };
}
