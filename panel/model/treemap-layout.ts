import { hierarchy, treemap } from 'd3-hierarchy';
import type { SizeNode } from './package-tree.ts';

/** A rectangle of the picture, in CSS pixels from its top left corner. Groups come before what is inside them. */
export interface TreemapBox {
  readonly node: SizeNode;
  readonly parent: string | null;
  readonly depth: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Whether its children are drawn inside it. */
  readonly open: boolean;
}

/** Height of a group's title line. */
const TITLE_HEIGHT = 16;
/** Boxes drawn at most: what keeps a module of any size inside a frame. */
const BOX_BUDGET = 500;
/** A box whose content would be smaller than this many square pixels is drawn as one. */
const MIN_OPEN_AREA = 2400;

/**
 * Lays a node's subtree out in a picture of `width` by `height`. Nodes are opened largest first until the budget of boxes is
 * spent or their area is too small to show anything, so that the cost does not grow with the module.
 */
export function layoutTreemap(
  root: SizeNode,
  width: number,
  height: number,
  budget = BOX_BUDGET,
): readonly TreemapBox[] {
  if (width < 8 || height < 8 || root.bytes <= 0) return [];
  const open = chooseOpen(root, width * height, budget);
  const laid = treemap<SizeNode>()
    .size([width, height])
    .round(true)
    .paddingOuter((box) => (box.depth === 0 ? 0 : 2))
    .paddingTop((box) => (box.depth === 0 ? 0 : box.y1 - box.y0 > TITLE_HEIGHT * 2 ? TITLE_HEIGHT : 2))
    .paddingInner(1)(
    hierarchy(root, (node) => (open.has(node.id) ? node.children : []))
      .sum((node) => (open.has(node.id) ? 0 : node.bytes))
      .sort((a, b) => (b.value ?? 0) - (a.value ?? 0)),
  );
  const boxes: TreemapBox[] = [];
  laid.eachBefore((box) => {
    if (box.depth === 0) return;
    const size = { width: box.x1 - box.x0, height: box.y1 - box.y0 };
    if (size.width < 1 || size.height < 1) return;
    boxes.push({
      node: box.data,
      parent: box.depth === 1 ? null : (box.parent?.data.id ?? null),
      depth: box.depth,
      x: box.x0,
      y: box.y0,
      ...size,
      open: open.has(box.data.id),
    });
  });
  return boxes;
}

function chooseOpen(root: SizeNode, area: number, budget: number): ReadonlySet<string> {
  const open = new Set<string>();
  const queue: SizeNode[] = [root];
  let boxes = 1;
  while (queue.length > 0) {
    const node = queue.shift();
    if (node === undefined || node.children.length === 0) continue;
    const isRoot = node === root;
    if (!isRoot && (area * node.bytes) / root.bytes < MIN_OPEN_AREA) continue;
    if (!isRoot && boxes + node.children.length > budget) continue;
    open.add(node.id);
    boxes += node.children.length;
    for (const child of node.children) insertBySize(queue, child);
  }
  return open;
}

/** Keeps the queue sorted, largest first. */
function insertBySize(queue: SizeNode[], node: SizeNode): void {
  if (node.children.length === 0) return;
  let low = 0;
  let high = queue.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((queue[middle]?.bytes ?? 0) >= node.bytes) low = middle + 1;
    else high = middle;
  }
  queue.splice(low, 0, node);
}

export type TreemapMove = 'left' | 'right' | 'up' | 'down';

/** The box that an arrow key leads to from `from`: the nearest one in that direction among leaves; null at the edge. */
export function nextBox(
  boxes: readonly TreemapBox[],
  from: TreemapBox,
  move: TreemapMove,
): TreemapBox | null {
  const horizontal = move === 'left' || move === 'right';
  const sign = move === 'left' || move === 'up' ? -1 : 1;
  let best: TreemapBox | null = null;
  let bestDistance = Infinity;
  for (const box of boxes) {
    if (box.open || box === from) continue;
    const ahead = horizontal
      ? sign > 0
        ? box.x - (from.x + from.width)
        : from.x - (box.x + box.width)
      : sign > 0
        ? box.y - (from.y + from.height)
        : from.y - (box.y + box.height);
    if (ahead < -1) continue;
    const overlap = horizontal
      ? gap(box.y, box.y + box.height, from.y, from.y + from.height)
      : gap(box.x, box.x + box.width, from.x, from.x + from.width);
    const offset = horizontal ? Math.abs(box.y - from.y) : Math.abs(box.x - from.x);
    const distance = Math.max(0, ahead) + overlap * 4 + offset / 1000;
    if (distance < bestDistance) {
      best = box;
      bestDistance = distance;
    }
  }
  return best;
}

/** Distance between two intervals; 0 where they overlap. */
function gap(a0: number, a1: number, b0: number, b1: number): number {
  return Math.max(0, Math.max(a0, b0) - Math.min(a1, b1));
}
