/** Stretches of code offsets, each with one owner: what is on top when ranges are painted over each other. */
export interface Painted {
  /** Where each stretch begins, rising; it ends where the next one begins. */
  readonly start: Uint32Array;
  /** The owner of each stretch; -1 for none. */
  readonly owner: Int32Array;
}

/**
 * Paints ranges [low, high) over each other, the one with the larger owner on top (children come after their parents), in O(n log n)
 * whatever they are like.
 */
export function paint(low: Uint32Array, high: Uint32Array, owner: Uint32Array): Painted {
  const count = low.length;
  const order = Uint32Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => (low[a] ?? 0) - (low[b] ?? 0) || a - b,
  );
  const ends = Uint32Array.from(high).sort();
  const start: number[] = [];
  const owners: number[] = [];
  const active = new Heap(owner);
  let opened = 0;
  let ended = 0;
  while (opened < count || ended < count) {
    const nextLow = opened < count ? (low[order[opened] ?? 0] ?? 0) : Infinity;
    const nextHigh = ended < count ? (ends[ended] ?? 0) : Infinity;
    const at = Math.min(nextLow, nextHigh);
    while (ended < count && ends[ended] === at) ended++;
    while (opened < count && low[order[opened] ?? 0] === at) active.push(order[opened++] ?? 0);
    while (active.size > 0 && (high[active.top] ?? 0) <= at) active.pop();
    const top = active.size > 0 ? (owner[active.top] ?? 0) : -1;
    if (owners.length > 0 ? owners[owners.length - 1] === top : top === -1) continue;
    start.push(at);
    owners.push(top);
  }
  return { start: Uint32Array.from(start), owner: Int32Array.from(owners) };
}

/** The owner at an offset; -1 where there is none. */
export function ownerAt({ start, owner }: Painted, offset: number): number {
  return owner[stretchAt(start, offset)] ?? -1;
}

/** The first owner that has a part of [from, to); -1 where there is none. */
export function firstOwnerIn({ start, owner }: Painted, from: number, to: number): number {
  for (let i = Math.max(0, stretchAt(start, from)); i < start.length && (start[i] ?? 0) < to; i++)
    if ((owner[i] ?? -1) >= 0) return owner[i] ?? -1;
  return -1;
}

/** The last stretch that begins at the offset or before; -1 before the first. */
function stretchAt(start: Uint32Array, offset: number): number {
  let low = 0;
  let high = start.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((start[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** A heap of ranges with the one of the largest owner on top; of one owner the last. */
class Heap {
  readonly #owner: Uint32Array;
  readonly #items: number[] = [];

  constructor(owner: Uint32Array) {
    this.#owner = owner;
  }

  get size(): number {
    return this.#items.length;
  }

  get top(): number {
    return this.#items[0] ?? -1;
  }

  push(item: number): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const above = items[up] ?? 0;
      if (!this.#isAbove(item, above)) break;
      items[at] = above;
      at = up;
    }
    items[at] = item;
  }

  pop(): void {
    const items = this.#items;
    const item = items.pop();
    if (item === undefined || items.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#isAbove(items[child + 1] ?? 0, items[child] ?? 0)) child++;
      if (!this.#isAbove(items[child] ?? 0, item)) break;
      items[at] = items[child] ?? 0;
      at = child;
    }
    items[at] = item;
  }

  #isAbove(a: number, b: number): boolean {
    return (this.#owner[a] ?? 0) - (this.#owner[b] ?? 0) > 0 || (this.#owner[a] === this.#owner[b] && a > b);
  }
}
