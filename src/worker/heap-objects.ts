import { address } from '../base/units.ts';
import type { Heap } from '../go/runtime/heap/heap.ts';
import { Rank } from '../go/runtime/heap/rank.ts';
import { UNKNOWN } from '../go/runtime/heap/object-types.ts';
import type { PathToRoot, Reference, Retention } from '../go/runtime/heap/retention.ts';
import type { HeapObjectDetail, HeapObjectRow, HeapPath, HeapReference } from '../protocol/heap.ts';

/** A heap whose objects can be looked at. */
export interface OpenHeap {
  readonly heap: Heap;
  readonly retention: Retention;
}

/** References of an object that are given. */
const MAX_REFERENCES = 1000;

/** Numbers of the objects of a type, of all when it is null, in order of their addresses. */
export function objectsOf({ objects, types }: Heap, type: string | null): Uint32Array<ArrayBuffer> {
  const wanted = new Uint8Array(types.types.count);
  for (let i = 0; i < wanted.length; i++) wanted[i] = type === null || types.types.name(i) === type ? 1 : 0;
  let count = 0;
  const found = new Uint32Array(objects.count);
  for (let object = 0; object < objects.count; object++) {
    if (wanted[types.type[object] ?? UNKNOWN] === 1) found[count++] = object;
  }
  return found.slice(0, count);
}

/** Objects of a type, largest first by their own bytes or by what they retain. */
export function ordered(
  { heap, retention }: OpenHeap,
  type: string | null,
  sort: 'bytes' | 'retained',
): Uint32Array {
  const { objects } = heap;
  const { retained } = retention.dominators;
  const weight = (object: number): number =>
    sort === 'bytes' ? objects.sizeOf(object) : (retained[object] ?? 0);
  return objectsOf(heap, type).sort((a, b) => weight(b) - weight(a) || a - b);
}

export function rowOf({ heap, retention }: OpenHeap, object: number): HeapObjectRow {
  const { types, objects } = heap;
  const type = types.type[object] ?? UNKNOWN;
  const known = types.rank[object] === Rank.exact ? 'exact' : 'inferred';
  return {
    address: address(objects.addressOf(object)),
    type: types.types.name(type),
    confidence: type === UNKNOWN ? 'unavailable' : known,
    bytes: objects.sizeOf(object),
    retained: retention.dominators.retained[object] ?? 0,
  };
}

/** An object with what keeps it. */
export function detailOf(one: OpenHeap, object: number): HeapObjectDetail {
  const { retention } = one;
  const path = retention.pathToRoot(object);
  const { first, to } = retention.graph;
  const targets = new Set(to.subarray(first[object], first[object + 1]));
  return {
    row: rowOf(one, object),
    retainers: retention.retainers(object, MAX_REFERENCES).map((step) => referenceOf(one, step)),
    roots: retention.rootsOf(object),
    path: path === undefined ? null : pathOf(one, path),
    targets: [...targets].slice(0, MAX_REFERENCES).map((target) => rowOf(one, target)),
  };
}

/** What keeps most of the objects of a type. */
export function keepsOf(one: OpenHeap, type: string): HeapPath | null {
  const path = one.retention.commonPath([...objectsOf(one.heap, type)]);
  return path === undefined ? null : pathOf(one, path);
}

const pathOf = (one: OpenHeap, { root, steps }: PathToRoot): HeapPath => ({
  root,
  steps: steps.map((step) => referenceOf(one, step)),
});

const referenceOf = (one: OpenHeap, step: Reference): HeapReference => ({
  from: rowOf(one, step.object),
  field: step.field,
});
