import { asPart, type Steps } from '../../../base/steps.ts';
import { GrowingColumn } from './columns.ts';
import type { HeapGraph } from './graph.ts';

// Dominators by the algorithm SEMI-NCA (Georgiadis, Tarjan, Werneck: Finding Dominators in Practice, 2006): an object's dominator is the last
// one that every path from the roots to it passes. What an object retains is what it dominates: what would be free without it.

/** In `dominator`: no object, the roots alone dominate it. */
export const ROOTS = 0xffffffff;
/** In `dominator`: nothing that the collector begins with leads there. */
export const UNREACHABLE = 0xfffffffe;

export interface Dominators {
  /** For each object the object that dominates it, or `ROOTS`, or `UNREACHABLE`. */
  readonly dominator: Uint32Array;
  /** Bytes that each object retains, its own included; of an unreachable object its own. */
  readonly retained: Float64Array;
  /** Objects that the roots lead to. */
  readonly reachable: number;
}

const STEP = 0xfff;
const NONE = 0xffffffff;

/**
 * Computes dominators and retained sizes. `roots`: the objects that roots point to, repeated or not. `sizeOf`: bytes of an object. Takes
 * 28 bytes of memory an object while it runs, and time that grows hardly more than linearly.
 */
export function* computeDominators(
  graph: HeapGraph,
  roots: Uint32Array,
  sizeOf: (object: number) => number,
): Steps<Dominators> {
  const { count, backFirst, from } = graph;
  const { order, number, parent } = yield* asPart(0, 0.5, numberDepthFirst(graph, roots));
  const reachable = order.length - 1;
  // By number in order of the first visit; 0 is the common root.
  const semi = new Uint32Array(order.length);
  yield undefined;
  const label = new Uint32Array(order.length);
  const ancestor = new Uint32Array(order.length).fill(NONE);
  for (let v = 0; v < semi.length; v++) {
    if ((v & 0x3ffff) === 0) yield undefined;
    semi[v] = label[v] = v;
  }
  const path = new GrowingColumn();
  const evaluate = (v: number): number => {
    if (ancestor[v] === NONE) return v;
    // Path compression, from the root of the forest down.
    let at = v;
    while ((ancestor[ancestor[at] ?? 0] ?? NONE) !== NONE) {
      path.push(at);
      at = ancestor[at] ?? 0;
    }
    for (let below = path.pop(); below !== undefined; below = path.pop()) {
      const above = ancestor[below] ?? 0;
      if ((semi[label[above] ?? 0] ?? 0) < (semi[label[below] ?? 0] ?? 0)) label[below] = label[above] ?? 0;
      ancestor[below] = ancestor[above] ?? 0;
    }
    return label[v] ?? 0;
  };
  const isRoot = new Uint8Array(count);
  for (const object of roots) isRoot[object] = 1;
  for (let v = order.length - 1; v > 0; v--) {
    if ((v & STEP) === 0) yield 0.5 + (1 - v / order.length) * 0.5;
    const object = order[v] ?? 0;
    let best = isRoot[object] === 1 ? 0 : (parent[v] ?? 0);
    for (let i = backFirst[object] ?? 0; i < (backFirst[object + 1] ?? 0); i++) {
      const before = number[from[i] ?? 0] ?? NONE;
      if (before === NONE) continue;
      const candidate = semi[evaluate(before)] ?? 0;
      if (candidate < best) best = candidate;
    }
    semi[v] = best;
    ancestor[v] = parent[v] ?? 0;
  }
  // The dominator is the nearest common ancestor of the parent and the semidominator; `label` now holds it.
  const immediate = label;
  immediate[0] = 0;
  for (let v = 1; v < order.length; v++) {
    if ((v & STEP) === 0) yield undefined;
    let candidate = parent[v] ?? 0;
    while (candidate > (semi[v] ?? 0)) candidate = immediate[candidate] ?? 0;
    immediate[v] = candidate;
  }
  const retained = new Float64Array(count);
  for (let object = 0; object < count; object++) {
    if ((object & STEP) === 0) yield undefined;
    retained[object] = sizeOf(object);
  }
  const dominator = new Uint32Array(count).fill(UNREACHABLE);
  for (let v = order.length - 1; v > 0; v--) {
    if ((v & STEP) === 0) yield undefined;
    const object = order[v] ?? 0;
    const by = immediate[v] ?? 0;
    if (by === 0) {
      dominator[object] = ROOTS;
      continue;
    }
    const above = order[by] ?? 0;
    dominator[object] = above;
    retained[above] = (retained[above] ?? 0) + (retained[object] ?? 0);
  }
  return { dominator, retained, reachable };
}

interface DepthFirst {
  /** Objects by number; number 0 is the common root. */
  readonly order: Uint32Array;
  /** The number of each object; NONE where it was not reached. */
  readonly number: Uint32Array;
  /** By number: the number of the one that it was reached from. */
  readonly parent: Uint32Array;
}

function* numberDepthFirst({ count, first, to }: HeapGraph, roots: Uint32Array): Steps<DepthFirst> {
  const number = new Uint32Array(count).fill(NONE);
  const order = new Uint32Array(count + 1);
  const parent = new Uint32Array(count + 1);
  /** The next edge of each object that is open. */
  const next = new Uint32Array(count);
  const open = new GrowingColumn();
  let numbered = 1;
  let edges = 0;
  const enter = (object: number, by: number): void => {
    number[object] = numbered;
    order[numbered] = object;
    parent[numbered++] = by;
    next[object] = first[object] ?? 0;
    open.push(object);
  };
  for (const root of roots) {
    if (number[root] !== NONE) continue;
    enter(root, 0);
    while (open.length > 0) {
      if (edges > STEP) {
        edges = 0;
        yield numbered / (count + 1);
      }
      const object = open.at(open.length - 1);
      const end = first[object + 1] ?? 0;
      const begin = next[object] ?? 0;
      // Of an object with many edges, some at a time.
      const stop = Math.min(end, begin + STEP);
      let edge = begin;
      while (edge < stop && number[to[edge] ?? 0] !== NONE) edge++;
      edges += edge - begin + 1;
      if (edge === stop && stop < end) {
        next[object] = edge;
        continue;
      }
      next[object] = edge + 1;
      if (edge < end) enter(to[edge] ?? 0, number[object] ?? 0);
      else open.pop();
    }
  }
  // Views: most objects are reached.
  return { order: order.subarray(0, numbered), number, parent: parent.subarray(0, numbered) };
}
