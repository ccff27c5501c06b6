import type { FrameTable, LocationFrames } from './frame-table.ts';
import { GrowingF64, GrowingU32 } from './growing.ts';
import type { Profile } from './profile.ts';

/**
 * Calls as a tree: samples with the same frames are one node. A caller stands before what it calls. Values are in the unit of the sample type;
 * those of the base are 0 outside a comparison.
 */
export interface StackTree {
  readonly count: number;
  /** Row of the frame. */
  readonly frame: Uint32Array;
  /** Row of the caller's node; -1 for the outermost. */
  readonly parent: Int32Array;
  readonly self: Float64Array;
  /** With all that it calls. */
  readonly total: Float64Array;
  readonly baseSelf: Float64Array;
  readonly baseTotal: Float64Array;
}

/** More nodes than a picture or a worker's memory has room for. */
export const MAX_NODES = 1 << 24;

/** Builds a tree node by node; equal calls are found by hashing. Throws a RangeError beyond MAX_NODES. */
export class StackTreeBuilder {
  readonly #frame = new GrowingU32(1 << 10);
  /** Row of the caller + 1. */
  readonly #parent = new GrowingU32(1 << 10);
  readonly #self = new GrowingF64(1 << 10);
  readonly #baseSelf = new GrowingF64(1 << 10);
  /** Open addressing: row + 1, 0 for a free place. */
  #slots = new Uint32Array(1 << 12);

  /** The node that `parent` (-1: none) calls `frame` by. */
  child(parent: number, frame: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash(parent, frame) & mask;
    for (;;) {
      const row = (this.#slots[slot] ?? 0) - 1;
      if (row < 0) break;
      if (this.#frame.at(row) === frame && this.#parent.at(row) === parent + 1) return row;
      slot = (slot + 1) & mask;
    }
    const row = this.#frame.length;
    if (row >= MAX_NODES) {
      throw new RangeError(
        `the profile has more than ${MAX_NODES} different calls: filter it, or look at files or packages`,
      );
    }
    this.#frame.push(frame);
    this.#parent.push(parent + 1);
    this.#self.push(0);
    this.#baseSelf.push(0);
    this.#slots[slot] = row + 1;
    if (row * 2 > mask) this.#grow();
    return row;
  }

  add(node: number, value: number): void {
    this.#self.add(node, value);
  }

  addBase(node: number, value: number): void {
    this.#baseSelf.add(node, value);
  }

  #grow(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let row = 0; row < this.#frame.length; row++) {
      let slot = hash(this.#parent.at(row) - 1, this.#frame.at(row)) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = row + 1;
    }
    this.#slots = slots;
  }

  build(): StackTree {
    const count = this.#frame.length;
    const parent = new Int32Array(count);
    for (let row = 0; row < count; row++) parent[row] = this.#parent.at(row) - 1;
    const self = this.#self.done();
    const baseSelf = this.#baseSelf.done();
    return {
      ...{ count, frame: this.#frame.done(), parent, self, baseSelf },
      ...{ total: totals(self, parent), baseTotal: totals(baseSelf, parent) },
    };
  }
}

function hash(parent: number, frame: number): number {
  let mixed = Math.imul(parent + 1, 0x9e3779b1) ^ Math.imul(frame + 1, 0x85ebca6b);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}

/** What each node and all below it have. */
export function totals(self: Float64Array, parent: Int32Array): Float64Array<ArrayBuffer> {
  const total = Float64Array.from(self);
  for (let node = total.length - 1; node >= 0; node--) {
    const caller = parent[node] ?? -1;
    if (caller >= 0) total[caller] = (total[caller] ?? 0) + (total[node] ?? 0);
  }
  return total;
}

/** The name of the frame that samples without a stack get. */
export const NO_STACK = '[no stack]';

/** Adds the samples of a profile; values are multiplied by `factor`. Of files and packages, calls within one are no calls. */
export function addSamples(
  builder: StackTreeBuilder,
  table: FrameTable,
  { samples, sampleTypes }: Profile,
  { start, frames }: LocationFrames,
  sampleType: number,
  side: 'now' | 'base',
  factor = 1,
): void {
  const types = sampleTypes.length;
  const { count, stack, stackStart, values } = samples;
  const joins = table.granularity === 'files' || table.granularity === 'packages';
  let none = -1;
  // Samples that follow each other often share their callers: those are not looked up again. Of the sample before, outermost first: its
  // locations, and for each the node and the frame that its path had come to.
  const path: { locations: number[]; nodes: number[]; frames: number[] } = {
    locations: [],
    nodes: [],
    frames: [],
  };
  let depth = 0;
  for (let row = 0; row < count; row++) {
    const value = (values[row * types + sampleType] ?? 0) * factor;
    if (value === 0) continue;
    const innermost = stackStart[row] ?? 0;
    const outermost = (stackStart[row + 1] ?? 0) - 1;
    let same = 0;
    while (same < depth && outermost - same >= innermost && path.locations[same] === stack[outermost - same])
      same++;
    let node = same === 0 ? -1 : (path.nodes[same - 1] ?? -1);
    let last = same === 0 ? -1 : (path.frames[same - 1] ?? -1);
    for (depth = same; outermost - depth >= innermost; depth++) {
      const location = stack[outermost - depth] ?? 0;
      const end = start[location + 1] ?? 0;
      for (let i = start[location] ?? 0; i < end; i++) {
        const frame = frames[i] ?? 0;
        if (joins && frame === last) continue;
        last = frame;
        node = builder.child(node, frame);
      }
      path.locations[depth] = location;
      path.nodes[depth] = node;
      path.frames[depth] = last;
    }
    if (node < 0) {
      if (none < 0) none = table.add({ name: NO_STACK, package: '', file: '', line: 0 });
      node = builder.child(-1, none);
    }
    if (side === 'now') builder.add(node, value);
    else builder.addBase(node, value);
  }
}

/** The calls of each node, in order: of node `i` children[start[i + 1]] .. children[start[i + 2]]; `i` is -1 for the top level. */
export interface ChildLists {
  readonly start: Uint32Array;
  readonly children: Uint32Array;
}

/** Lists the calls of each node, the one with the largest `weight` first; those of no weight are left out. */
export function childrenByWeight({ count, parent }: StackTree, weight: Float64Array): ChildLists {
  const start = new Uint32Array(count + 2);
  for (let node = 0; node < count; node++) {
    if ((weight[node] ?? 0) <= 0) continue;
    const at = (parent[node] ?? -1) + 2;
    start[at] = (start[at] ?? 0) + 1;
  }
  for (let at = 1; at < start.length; at++) start[at] = (start[at] ?? 0) + (start[at - 1] ?? 0);
  const children = new Uint32Array(start[count + 1] ?? 0);
  const next = start.slice();
  for (let node = 0; node < count; node++) {
    if ((weight[node] ?? 0) <= 0) continue;
    const at = (parent[node] ?? -1) + 1;
    const place = next[at] ?? 0;
    children[place] = node;
    next[at] = place + 1;
  }
  for (let at = 0; at <= count; at++) sortByWeight(children, start[at] ?? 0, start[at + 1] ?? 0, weight);
  return { start, children };
}

/** Up to this many nodes are sorted by insertion, which needs nothing besides. */
const FEW = 24;

function sortByWeight(nodes: Uint32Array, from: number, to: number, weight: Float64Array): void {
  if (to - from > FEW) {
    nodes.subarray(from, to).sort((a, b) => (weight[b] ?? 0) - (weight[a] ?? 0) || a - b);
    return;
  }
  for (let i = from + 1; i < to; i++) {
    const node = nodes[i] ?? 0;
    const value = weight[node] ?? 0;
    let at = i;
    // Nodes come in order of their rows: equal ones stay.
    for (; at > from && (weight[nodes[at - 1] ?? 0] ?? 0) < value; at--) nodes[at] = nodes[at - 1] ?? 0;
    nodes[at] = node;
  }
}
