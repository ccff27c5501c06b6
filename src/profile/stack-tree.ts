import type { FrameTable, LocationFrames } from './frame-table.ts';
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
  /** Of all samples. */
  readonly value: number;
  /** Whether a `self` is less than 0. */
  readonly negative: boolean;
  /** Whether anything of a base was added: `baseSelf` and `baseTotal` are 0 otherwise. */
  readonly compared: boolean;
  readonly baseSelf: Float64Array;
  readonly baseTotal: Float64Array;
}

/** Nodes that there is room for from the start. */
const FIRST_NODES = 1 << 10;
const MAX_FIRST_NODES = 1 << 20;

/** More nodes than a picture or a worker's memory has room for. */
export const MAX_NODES = 1 << 24;

/** Listed calls of a node, which are looked through one by one; those beyond are found by hashing. */
const FEW_CALLS = 8;

/**
 * Builds a tree node by node. Throws a RangeError beyond MAX_NODES. Most nodes have one call, which was added right after them: that one is found by
 * its place, and only further calls of a node are listed.
 */
export class StackTreeBuilder {
  /** Columns have room for more nodes than there are; what was never written of them takes no memory of the machine. */
  #frame: Uint32Array<ArrayBuffer>;
  #parent: Int32Array<ArrayBuffer>;
  #self: Float64Array<ArrayBuffer>;
  /** The newest listed call of a node, and the one listed before it of the same caller: row + 1, 0 for none. */
  #newest: Uint32Array<ArrayBuffer>;
  #before: Uint32Array<ArrayBuffer>;
  /** How many calls of a node are listed. */
  #listed: Uint8Array<ArrayBuffer>;
  /** Empty until something of the base is added. */
  #baseSelf = new Float64Array(0);
  #count = 0;
  /** Calls that are in no list. Open addressing: row + 1, 0 for a free place. */
  #slots = new Uint32Array(1 << 8);
  #hashed = 0;

  /** `expected`: nodes that there may be. */
  constructor(expected = 0) {
    const room = Math.max(FIRST_NODES, Math.min(expected, MAX_FIRST_NODES));
    this.#frame = new Uint32Array(room);
    this.#parent = new Int32Array(room);
    this.#newest = new Uint32Array(room);
    this.#before = new Uint32Array(room);
    this.#self = new Float64Array(room);
    this.#listed = new Uint8Array(room);
  }

  /** Nodes that there are. */
  get count(): number {
    return this.#count;
  }

  /** The node that `parent` (-1: none) calls `frame` by. */
  child(parent: number, frame: number): number {
    if (parent < 0) return this.#findHashed(-1, frame) ?? this.#addHashed(-1, frame);
    const next = parent + 1;
    if (next === this.#count) return this.append(frame);
    const frames = this.#frame;
    if (frames[next] === frame && this.#parent[next] === parent) return next;
    const before = this.#before;
    const newest = this.#newest[parent] ?? 0;
    for (let call = newest; call !== 0; call = before[call - 1] ?? 0) {
      if (frames[call - 1] === frame) return call - 1;
    }
    const listed = this.#listed[parent] ?? 0;
    if (listed === FEW_CALLS) return this.#findHashed(parent, frame) ?? this.#addHashed(parent, frame);
    const row = this.#add(parent, frame);
    this.#before[row] = newest;
    this.#newest[parent] = row + 1;
    this.#listed[parent] = listed + 1;
    return row;
  }

  /** A call by the node that was added last, which has none. */
  append(frame: number): number {
    return this.#add(this.#count - 1, frame);
  }

  #add(parent: number, frame: number): number {
    const row = this.#count;
    if (row >= MAX_NODES) {
      throw new RangeError(
        `the profile has more than ${MAX_NODES} different calls: filter it, or look at files or packages`,
      );
    }
    if (row === this.#self.length) this.#widen();
    this.#frame[row] = frame;
    this.#parent[row] = parent;
    this.#count = row + 1;
    return row;
  }

  #widen(): void {
    const length = this.#count * 2;
    this.#frame = larger(this.#frame, new Uint32Array(length));
    this.#parent = larger(this.#parent, new Int32Array(length));
    this.#newest = larger(this.#newest, new Uint32Array(length));
    this.#before = larger(this.#before, new Uint32Array(length));
    this.#self = larger(this.#self, new Float64Array(length));
    this.#listed = larger(this.#listed, new Uint8Array(length));
    if (this.#baseSelf.length > 0) this.#baseSelf = larger(this.#baseSelf, new Float64Array(length));
  }

  #findHashed(parent: number, frame: number): number | undefined {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hash(parent, frame) & mask; ; slot = (slot + 1) & mask) {
      const row = (slots[slot] ?? 0) - 1;
      if (row < 0) return undefined;
      if (this.#frame[row] === frame && this.#parent[row] === parent) return row;
    }
  }

  #addHashed(parent: number, frame: number): number {
    const row = this.#add(parent, frame);
    if (++this.#hashed * 2 > this.#slots.length) {
      const old = this.#slots;
      this.#slots = new Uint32Array(old.length * 2);
      for (const one of old) if (one !== 0) this.#place(one - 1);
    }
    this.#place(row);
    return row;
  }

  #place(row: number): void {
    const mask = this.#slots.length - 1;
    let slot = hash(this.#parent[row] ?? 0, this.#frame[row] ?? 0) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = row + 1;
  }

  add(node: number, value: number): void {
    this.#self[node] = (this.#self[node] ?? 0) + value;
  }

  addBase(node: number, value: number): void {
    if (this.#baseSelf.length === 0) this.#baseSelf = new Float64Array(this.#self.length);
    this.#baseSelf[node] = (this.#baseSelf[node] ?? 0) + value;
  }

  build(): StackTree {
    const count = this.#count;
    const self = this.#self.subarray(0, count);
    const frame = this.#frame.subarray(0, count);
    const parent = this.#parent.subarray(0, count);
    const total = self.slice();
    let negative = false;
    let value = 0;
    for (let row = count - 1; row >= 0; row--) {
      const caller = parent[row] ?? -1;
      const own = total[row] ?? 0;
      if ((self[row] ?? 0) < 0) negative = true;
      if (caller < 0) value += own;
      else total[caller] = (total[caller] ?? 0) + own;
    }
    const compared = this.#baseSelf.length > 0;
    const baseSelf = compared ? this.#baseSelf.subarray(0, count) : new Float64Array(count);
    return {
      ...{ count, frame, parent, self, total, value, negative, compared, baseSelf },
      baseTotal: compared ? totals(baseSelf, parent) : baseSelf,
    };
  }
}

function larger<Column extends Uint8Array | Uint32Array | Int32Array | Float64Array>(
  old: Column,
  column: Column,
): Column {
  column.set(old);
  return column;
}

function hash(parent: number, frame: number): number {
  let mixed = Math.imul(parent + 1, 0x9e3779b1) ^ Math.imul(frame + 1, 0x85ebca6b);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}

/** What each node and all below it have. */
export function totals(self: Float64Array, parent: Int32Array): Float64Array<ArrayBuffer> {
  const total = self.slice();
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
  const path = new Path(builder, stack, start, frames, joins);
  for (let row = 0; row < count; row++) {
    const value = (values[row * types + sampleType] ?? 0) * factor;
    if (value === 0) continue;
    let node = path.follow(stackStart[row] ?? 0, stackStart[row + 1] ?? 0);
    if (node < 0) {
      if (none < 0) none = table.add({ name: NO_STACK, package: '', file: '', line: 0 });
      node = builder.child(-1, none);
    }
    if (side === 'now') builder.add(node, value);
    else builder.addBase(node, value);
  }
}

/** The way of one stack after the other through a tree. Those that follow each other often share their callers: these are not looked up again. */
class Path {
  readonly #builder: StackTreeBuilder;
  readonly #stack: Uint32Array;
  readonly #start: Uint32Array;
  readonly #frames: Uint32Array;
  readonly #joins: boolean;
  /** Of the stack before: where it ends, and for each of its locations, outermost first, the node and the frame that its way had come to. */
  #end = 0;
  #depth = 0;
  #nodeAt = new Int32Array(64);
  #frameAt = new Int32Array(64);

  constructor(
    builder: StackTreeBuilder,
    stack: Uint32Array,
    start: Uint32Array,
    frames: Uint32Array,
    joins: boolean,
  ) {
    this.#builder = builder;
    this.#stack = stack;
    this.#start = start;
    this.#frames = frames;
    this.#joins = joins;
  }

  /** The node of the stack from `begin` to `end`; -1 for one without frames. */
  follow(begin: number, end: number): number {
    const locations = end - begin;
    const same = this.#shared(end, Math.min(this.#depth, locations));
    this.#end = end;
    this.#depth = locations;
    if (locations > this.#nodeAt.length) {
      this.#nodeAt = larger(this.#nodeAt, new Int32Array(locations * 2));
      this.#frameAt = larger(this.#frameAt, new Int32Array(locations * 2));
    }
    const builder = this.#builder;
    const stack = this.#stack;
    const start = this.#start;
    const frames = this.#frames;
    const nodeAt = this.#nodeAt;
    const frameAt = this.#frameAt;
    let node = same === 0 ? -1 : (nodeAt[same - 1] ?? -1);
    let last = same === 0 ? -1 : (frameAt[same - 1] ?? -1);
    const known = builder.count;
    for (let depth = same; depth < locations; depth++) {
      const location = stack[end - 1 - depth] ?? 0;
      const after = start[location + 1] ?? 0;
      for (let at = start[location] ?? 0; at < after; at++) {
        const frame = frames[at] ?? 0;
        if (this.#joins && frame === last) continue;
        last = frame;
        // A node that was added for this very stack has no calls yet.
        node = node >= known ? builder.append(frame) : builder.child(node, frame);
      }
      nodeAt[depth] = node;
      frameAt[depth] = last;
    }
    return node;
  }

  /** How many of the outermost locations, at `most` so many, the stack that ends at `end` shares with the one before. */
  #shared(end: number, most: number): number {
    const stack = this.#stack;
    const before = this.#end;
    let same = 0;
    while (same < most && stack[end - 1 - same] === stack[before - 1 - same]) same++;
    return same;
  }
}

/** The calls of each node, in order: of node `i` children[start[i + 1]] .. children[start[i + 2]]; `i` is -1 for the top level. */
export interface ChildLists {
  readonly start: Uint32Array;
  readonly children: Uint32Array;
}

/** Lists the calls of each node, the one with the largest `weight` first; those of no weight are left out. No call may weigh more than its caller. */
export function childrenByWeight(
  { count, parent }: Pick<StackTree, 'count' | 'parent'>,
  weight: Float64Array,
): ChildLists {
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
  for (let at = 0; at <= count; at++) {
    const from = start[at] ?? 0;
    const to = start[at + 1] ?? 0;
    if (to - from > 1) sortByWeight(children, from, to, weight);
  }
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
