import { GrowingF64, GrowingU32 } from './growing.ts';
import { childrenByWeight, MAX_NODES, totals, type StackTree } from './stack-tree.ts';

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
export function widths({ self, baseSelf, parent }: StackTree): Float64Array {
  const own = new Float64Array(self.length);
  for (let node = 0; node < own.length; node++) own[node] = Math.max(self[node] ?? 0, baseSelf[node] ?? 0, 0);
  return totals(own, parent);
}

/** Lays a tree out, the widest call on the left; the same tree always gives the same picture. `lists`: its calls by `width`. */
export function layOutLeftHeavy(
  tree: StackTree,
  width = widths(tree),
  lists = childrenByWeight(tree, width),
): FlameLayout {
  const { start: from, children } = lists;
  const count = children.length;
  const start = new Float64Array(count);
  const end = new Float64Array(count);
  const item = new Uint32Array(count);
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
  };
  place(-1, 0);
  for (let row = 0; placed > (rowStart.at(-1) ?? 0); row++) {
    const first = rowStart[row] ?? 0;
    const last = placed;
    rowStart.push(last);
    for (let box = first; box < last; box++) place(item[box] ?? 0, start[box] ?? 0);
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
