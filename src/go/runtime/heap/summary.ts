import { EXACT, type Confidence } from '../../../base/confidence.ts';
import type { Steps } from '../../../base/steps.ts';
import type { ClassRow, HeapSummary, TypeRow } from '../../../memory/heap-rows.ts';
import type { Heap } from './heap.ts';
import { Rank } from './rank.ts';
import { UNKNOWN } from './object-types.ts';
import { PAGE_SIZE, SpanState } from './spans.ts';

const INFERRED: Confidence = {
  kind: 'inferred',
  why: 'traced from typed values that point to it, or by its shape',
};
const NOT_KNOWN: Confidence = {
  kind: 'unavailable',
  why: 'nothing with a known type points to it, and several types have its shape',
};

const STEP = 0x3fff;

/** Counts the objects of a heap by size class and type; only those that `counts` says, all when it is not given. */
export function* summarize(heap: Heap, counts: (object: number) => boolean = () => true): Steps<HeapSummary> {
  const { objects, types, spans } = heap;
  const { span } = objects;
  const typeCount = types.types.count;
  const byType = { objects: new Float64Array(typeCount), bytes: new Float64Array(typeCount) };
  const exact = new Float64Array(typeCount);
  const classes = new Map<number, { -readonly [Key in keyof ClassRow]: ClassRow[Key] }>();
  let inUse = 0;
  const classOf = (row: number) => {
    const key = spans.spanClass[row] ?? 0;
    let found = classes.get(key);
    if (found === undefined) {
      const size = key >>> 1 === 0 ? 0 : (spans.elemSize[row] ?? 0);
      const none = { objects: 0, bytes: 0, spans: 0, places: 0, spanBytes: 0 };
      found = { size, pointers: (key & 1) === 0, ...none };
      classes.set(key, found);
    }
    return found;
  };
  for (let row = 0; row < spans.count; row++) {
    if (spans.state[row] !== SpanState.inUse) continue;
    inUse++;
    const found = classOf(row);
    found.spans++;
    found.places += spans.elements[row] ?? 0;
    found.spanBytes += (spans.pages[row] ?? 0) * PAGE_SIZE;
  }
  let count = 0;
  let bytes = 0;
  const known = { exactBytes: 0, inferredBytes: 0, unknownBytes: 0 };
  for (let object = 0; object < objects.count; object++) {
    if ((object & STEP) === 0) yield object / objects.count;
    if (!counts(object)) continue;
    const type = types.type[object] ?? UNKNOWN;
    const row = span[object] ?? 0;
    const size = spans.elemSize[row] ?? 0;
    count++;
    bytes += size;
    byType.objects[type] = (byType.objects[type] ?? 0) + 1;
    byType.bytes[type] = (byType.bytes[type] ?? 0) + size;
    const noted = types.rank[object] === Rank.exact;
    if (noted) exact[type] = (exact[type] ?? 0) + 1;
    if (type === UNKNOWN) known.unknownBytes += size;
    else if (noted) known.exactBytes += size;
    else known.inferredBytes += size;
    const found = classOf(row);
    found.objects++;
    found.bytes += size;
  }
  // Types of the same name are one row: descriptors may be there twice.
  const rows = new Map<string, TypeRow>();
  for (let type = 0; type < typeCount; type++) {
    if (byType.objects[type] === 0) continue;
    const name = types.types.name(type);
    const before = rows.get(name);
    const exactObjects = (exact[type] ?? 0) + (before?.exactObjects ?? 0);
    const all = (byType.objects[type] ?? 0) + (before?.objects ?? 0);
    rows.set(name, {
      name,
      objects: all,
      bytes: (byType.bytes[type] ?? 0) + (before?.bytes ?? 0),
      exactObjects,
      confidence: type === UNKNOWN ? NOT_KNOWN : exactObjects === all ? EXACT : INFERRED,
    });
  }
  return {
    objects: count,
    bytes,
    spans: inUse,
    classes: [...classes.values()].sort(
      (a, b) =>
        (a.size === 0 ? Infinity : a.size) - (b.size === 0 ? Infinity : b.size) ||
        Number(a.pointers) - Number(b.pointers),
    ),
    types: [...rows.values()].sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1)),
    ...known,
  };
}
