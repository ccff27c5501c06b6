import { address } from '../../../base/units.ts';
import { FormatError } from '../../../base/format-error.ts';
import type { Memory } from '../../../memory/memory.ts';
import { GrowingColumn } from './columns.ts';
import type { HeapObjects } from './objects.ts';
import type { PointerWords } from './pointer-words.ts';

/** Called now and then during long work; throws to end it. */
export type Checkpoint = () => void;

/** Objects between two calls of a checkpoint. */
const STEP = 0x3fff;

/**
 * Who points to whom. The edges of object `o` are `to[first[o]]` to `to[first[o + 1] - 1]`, one for each pointer, into objects as well as to
 * their beginning; `backFirst` and `from` are the same the other way round.
 */
export interface HeapGraph {
  readonly count: number;
  readonly first: Uint32Array;
  readonly to: Uint32Array;
  readonly backFirst: Uint32Array;
  readonly from: Uint32Array;
}

/** Reads all pointers of all objects. Throws NeedPages, and what `checkpoint` throws. */
export function readGraph(
  memory: Memory,
  objects: HeapObjects,
  pointers: PointerWords,
  checkpoint: Checkpoint = () => undefined,
): HeapGraph {
  const { count } = objects;
  const first = new Uint32Array(count + 1);
  const backFirst = new Uint32Array(count + 1);
  const edges = new GrowingColumn();
  let object = 0;
  const visit = (at: number): void => {
    const pointer = memory.word(address(at));
    const target = pointer === 0 ? -1 : objects.find(pointer);
    if (target < 0 || target === object) return;
    edges.push(target);
    backFirst[target + 1] = (backFirst[target + 1] ?? 0) + 1;
  };
  for (object = 0; object < count; object++) {
    if ((object & STEP) === 0) checkpoint();
    first[object] = edges.length;
    try {
      pointers.visit(object, visit);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
  first[count] = edges.length;
  const to = edges.toArray();
  for (let i = 0; i < count; i++) backFirst[i + 1] = (backFirst[i + 1] ?? 0) + (backFirst[i] ?? 0);
  const next = backFirst.slice(0, count);
  const from = new Uint32Array(to.length);
  for (let source = 0; source < count; source++) {
    if ((source & STEP) === 0) checkpoint();
    for (let i = first[source] ?? 0; i < (first[source + 1] ?? 0); i++) {
      const target = to[i] ?? 0;
      const place = next[target] ?? 0;
      from[place] = source;
      next[target] = place + 1;
    }
  }
  return { count, first, to, backFirst, from };
}
