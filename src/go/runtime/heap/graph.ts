import { address } from '../../../base/units.ts';
import { FormatError } from '../../../base/format-error.ts';
import type { Steps } from '../../../base/steps.ts';
import type { Memory } from '../../../memory/memory.ts';
import { GrowingColumn } from './columns.ts';
import type { HeapObjects } from './objects.ts';
import type { PointerWords } from './pointer-words.ts';

/** Objects between two steps. */
const STEP = 0xfff;

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

/** Reads all pointers of all objects. Throws NeedPages. */
export function* readGraph(memory: Memory, objects: HeapObjects, pointers: PointerWords): Steps<HeapGraph> {
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
    if ((object & STEP) === 0) yield (object / count) * 0.8;
    first[object] = edges.length;
    const parts = pointers.partsOf(object);
    try {
      if (parts === 1) pointers.visit(object, visit);
      else
        for (let part = 0; part < parts; part++) {
          yield undefined;
          pointers.visit(object, visit, part);
        }
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
  first[count] = edges.length;
  yield 0.8;
  const to = edges.toArray();
  yield undefined;
  for (let i = 0; i < count; i++) backFirst[i + 1] = (backFirst[i + 1] ?? 0) + (backFirst[i] ?? 0);
  yield undefined;
  const next = backFirst.slice(0, count);
  const from = new Uint32Array(to.length);
  for (let source = 0; source < count; source++) {
    if ((source & STEP) === 0) yield 0.8 + (source / count) * 0.2;
    for (let i = first[source] ?? 0; i < (first[source + 1] ?? 0); i++) {
      if ((i & 0x3fff) === 0) yield undefined;
      const target = to[i] ?? 0;
      const place = next[target] ?? 0;
      from[place] = source;
      next[target] = place + 1;
    }
  }
  return { count, first, to, backFirst, from };
}
