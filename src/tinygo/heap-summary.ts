import type { Confidence } from '../base/confidence.ts';
import type { HeapSummary, TypeRow } from '../memory/heap-rows.ts';
import type { TinyGoHeap } from './heap.ts';
import type { HeapContent } from './heap-content.ts';

const BY_SHAPE: Confidence = {
  kind: 'inferred',
  why: 'by its shape, and by what of the runtime points to it',
};
const NOT_NOTED: Confidence = { kind: 'unavailable', why: 'TinyGo notes no types of objects' };

/** Counts the objects for which `counts` holds by kind and by size. */
export function summarizeContent(
  heap: TinyGoHeap,
  { kinds, kind }: HeapContent,
  counts: (object: number) => boolean,
): HeapSummary {
  const byKind = kinds.map(() => ({ objects: 0, bytes: 0 }));
  const bySize = new Map<number, { objects: number; bytes: number }>();
  const all = { objects: 0, bytes: 0 };
  for (let object = 0; object < heap.count; object++) {
    if (!counts(object)) continue;
    const bytes = heap.sizeOf(object);
    let size = bySize.get(bytes);
    if (size === undefined) bySize.set(bytes, (size = { objects: 0, bytes: 0 }));
    for (const sum of [byKind[kind[object] ?? 0], size, all]) {
      if (sum === undefined) continue;
      sum.objects++;
      sum.bytes += bytes;
    }
  }
  const types = kinds.flatMap(({ name, known }, i): TypeRow[] => {
    const sum = byKind[i];
    if (sum === undefined || sum.objects === 0) return [];
    return [{ name, ...sum, exactObjects: 0, confidence: known ? BY_SHAPE : NOT_NOTED }];
  });
  const inferredBytes = types
    .filter(({ confidence }) => confidence.kind === 'inferred')
    .reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    ...{ ...all, spans: 0 },
    classes: [...bySize]
      .sort(([a], [b]) => a - b)
      .map(([size, { objects, bytes }]) => ({
        ...{ size, pointers: true, objects, bytes, spans: 0, places: objects, spanBytes: bytes },
      })),
    types: types.sort((a, b) => b.bytes - a.bytes),
    ...{ exactBytes: 0, inferredBytes, unknownBytes: all.bytes - inferredBytes },
  };
}
