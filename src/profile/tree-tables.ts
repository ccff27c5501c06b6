import type { StackTree } from './stack-tree.ts';
import { StackTreeBuilder } from './stack-tree.ts';

// What tables say of a tree of calls: values by frame, callers and callees. The numbers are those of pprof's reports.

/** Goes through the tree, callers before what they call; `leave` after everything below a node was entered. */
function walk(
  { count, parent }: StackTree,
  enter: (node: number) => void,
  leave: (node: number) => void,
): void {
  const first = new Int32Array(count).fill(-1);
  const next = new Int32Array(count).fill(-1);
  let top = -1;
  for (let node = count - 1; node >= 0; node--) {
    const caller = parent[node] ?? -1;
    next[node] = caller < 0 ? top : (first[caller] ?? -1);
    if (caller < 0) top = node;
    else first[caller] = node;
  }
  let node = top;
  while (node >= 0) {
    enter(node);
    let after = first[node] ?? -1;
    while (after < 0 && node >= 0) {
      leave(node);
      after = next[node] ?? -1;
      if (after < 0) node = parent[node] ?? -1;
      else break;
    }
    node = after;
  }
}

/** Values of each frame, by its row. */
export interface FrameValues {
  readonly flat: Float64Array;
  /** Each sample once, also where the frame calls itself. */
  readonly cum: Float64Array;
  readonly baseFlat: Float64Array;
  readonly baseCum: Float64Array;
}

/** The values of each of `frames` frames, as `go tool pprof -top` has them. */
export function valuesByFrame(tree: StackTree, frames: number): FrameValues {
  const [flat, cum, baseFlat, baseCum] = [0, 0, 0, 0].map(() => new Float64Array(frames)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const onPath = new Uint32Array(frames);
  const { frame, self, total, baseSelf, baseTotal } = tree;
  walk(
    tree,
    (node) => {
      const at = frame[node] ?? 0;
      flat[at] = (flat[at] ?? 0) + (self[node] ?? 0);
      baseFlat[at] = (baseFlat[at] ?? 0) + (baseSelf[node] ?? 0);
      if (onPath[at] === 0) {
        cum[at] = (cum[at] ?? 0) + (total[node] ?? 0);
        baseCum[at] = (baseCum[at] ?? 0) + (baseTotal[node] ?? 0);
      }
      onPath[at] = (onPath[at] ?? 0) + 1;
    },
    (node) => {
      const at = frame[node] ?? 0;
      onPath[at] = (onPath[at] ?? 0) - 1;
    },
  );
  return { flat, cum, baseFlat, baseCum };
}

/** A frame that calls another, or is called by it, and with what value. */
export interface Edge {
  readonly frame: number;
  readonly value: number;
  readonly baseValue: number;
}

/** Callers and callees of a frame, as `go tool pprof -peek` has them: each sample once a call, calls of a frame by itself left out; largest first. */
export function edgesOf(tree: StackTree, of: number): { callers: readonly Edge[]; callees: readonly Edge[] } {
  const callers = new EdgeSums(tree);
  const callees = new EdgeSums(tree);
  const { frame, parent } = tree;
  const edgeAt = (node: number): [sums: EdgeSums, other: number] | undefined => {
    const caller = parent[node] ?? -1;
    if (caller < 0) return undefined;
    const to = frame[node] ?? 0;
    const from = frame[caller] ?? 0;
    if (to === from) return undefined;
    if (to === of) return [callers, from];
    return from === of ? [callees, to] : undefined;
  };
  walk(
    tree,
    (node) => {
      const edge = edgeAt(node);
      if (edge !== undefined) edge[0].enter(edge[1], node);
    },
    (node) => {
      const edge = edgeAt(node);
      if (edge !== undefined) edge[0].leave(edge[1]);
    },
  );
  return { callers: callers.sorted(), callees: callees.sorted() };
}

class EdgeSums {
  readonly #tree: StackTree;
  readonly #sums = new Map<number, { value: number; baseValue: number; onPath: number }>();

  constructor(tree: StackTree) {
    this.#tree = tree;
  }

  enter(other: number, node: number): void {
    let sum = this.#sums.get(other);
    if (sum === undefined) this.#sums.set(other, (sum = { value: 0, baseValue: 0, onPath: 0 }));
    if (sum.onPath++ > 0) return;
    sum.value += this.#tree.total[node] ?? 0;
    sum.baseValue += this.#tree.baseTotal[node] ?? 0;
  }

  leave(other: number): void {
    const sum = this.#sums.get(other);
    if (sum !== undefined) sum.onPath--;
  }

  sorted(): Edge[] {
    const size = ({ value, baseValue }: Edge): number => Math.abs(value - baseValue);
    return [...this.#sums]
      .map(([frame, { value, baseValue }]) => ({ frame, value, baseValue }))
      .sort((a, b) => size(b) - size(a) || a.frame - b.frame);
  }
}

/** What a frame calls, all its calls as one: the tree has it as its only root. Calls of the frame by itself stay below it. */
export function calleesTree(tree: StackTree, of: number): StackTree {
  const { count, frame, parent, self, baseSelf } = tree;
  const builder = new StackTreeBuilder();
  const placed = new Int32Array(count).fill(-1);
  for (let node = 0; node < count; node++) {
    const caller = parent[node] ?? -1;
    const below = caller < 0 ? -1 : (placed[caller] ?? -1);
    if (below < 0 && frame[node] !== of) continue;
    const at = builder.child(below, frame[node] ?? 0);
    placed[node] = at;
    builder.add(at, self[node] ?? 0);
    builder.addBase(at, baseSelf[node] ?? 0);
  }
  return builder.build();
}

/** What calls a frame: the tree has the frame as its only root, and callers stand below what they call. Each sample once: of calls of the frame by itself the outermost. */
export function callersTree(tree: StackTree, of: number): StackTree {
  const { count, frame, parent, total, baseTotal } = tree;
  const builder = new StackTreeBuilder();
  const inside = new Uint8Array(count);
  for (let node = 0; node < count; node++) {
    const caller = parent[node] ?? -1;
    if (caller >= 0 && inside[caller] === 1) {
      inside[node] = 1;
      continue;
    }
    if (frame[node] !== of) continue;
    inside[node] = 1;
    let at = builder.child(-1, of);
    for (let up = caller; up >= 0; up = parent[up] ?? -1) at = builder.child(at, frame[up] ?? 0);
    builder.add(at, total[node] ?? 0);
    builder.addBase(at, baseTotal[node] ?? 0);
  }
  return builder.build();
}

/** The tree with each frame once in a stack, the outermost: what an inner one takes and calls is what stands above it there. */
export function collapseRecursion(tree: StackTree): StackTree {
  const { count, frame, parent, self, baseSelf } = tree;
  const builder = new StackTreeBuilder();
  const placed = new Int32Array(count);
  /** Of the new tree. */
  const frames: number[] = [];
  const parents: number[] = [];
  const isInside = (node: number, wanted: number): boolean => {
    for (let at = node; at >= 0; at = parents[at] ?? -1) if (frames[at] === wanted) return true;
    return false;
  };
  for (let node = 0; node < count; node++) {
    const caller = parent[node] ?? -1;
    const below = caller < 0 ? -1 : (placed[caller] ?? -1);
    const wanted = frame[node] ?? 0;
    let at = below;
    if (!isInside(below, wanted)) {
      at = builder.child(below, wanted);
      frames[at] = wanted;
      parents[at] = below;
    }
    placed[node] = at;
    builder.add(at, self[node] ?? 0);
    builder.addBase(at, baseSelf[node] ?? 0);
  }
  return builder.build();
}
