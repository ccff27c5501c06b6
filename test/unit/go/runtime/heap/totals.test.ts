import { finish } from '../../../../../src/base/steps.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { address } from '../../../../../src/base/units.ts';
import { readHeapLayouts } from '../../../../../src/go/runtime/heap/heap-layouts.ts';
import { HeapObjects } from '../../../../../src/go/runtime/heap/objects.ts';
import { readSpans } from '../../../../../src/go/runtime/heap/spans.ts';
import { readTotals, type HeapTotals } from '../../../../../src/go/runtime/heap/totals.ts';
import { heapFixtures, heapsOf, type KnownHeap, type StatName } from './heaps.ts';

/**
 * Between runtime.ReadMemStats and the copy of the memory the program calls the page, which allocates a little, and may so sweep spans
 * while collections go on.
 */
const SWEPT = new Set<string>(['heapAlloc', 'heapObjects', 'frees', 'heapInuse', 'heapIdle', 'mspanInuse']);
/** Of a few spans. */
const SWEPT_OBJECTS = 4096;
const SWEPT_BYTES = 32768;
const SHARE = 1 / 1000;
const CALL_OBJECTS = 3;
const CALL_BYTES = 112;
const GROWING: readonly StatName[] = ['heapAlloc', 'totalAlloc'];
const COUNTED: readonly StatName[] = ['heapObjects', 'mallocs'];

function read({ runtime, memory }: KnownHeap) {
  const layouts = readHeapLayouts(runtime);
  const list = readSpans(memory, runtime.globals.mheap.address ?? address(0), layouts);
  const notes = [...list.notes];
  const totals = readTotals(memory, runtime.globals, layouts, list.spans, notes);
  return { spans: list.spans, totals, notes, objects: finish(HeapObjects.read(memory, list.spans)) };
}

describe.each(heapFixtures)('Go %s', (_, fixture) => {
  let heaps: KnownHeap[] = [];
  beforeAll(async () => {
    heaps = await heapsOf(fixture, 'known');
  });

  test('the totals are those of runtime.MemStats', () => {
    expect(heaps.map(({ name }) => name)).toEqual(['collected', 'garbage', 'collecting']);
    for (const heap of heaps) {
      const { totals, notes } = read(heap);
      for (const [key, want] of Object.entries(heap.stats)) {
        const name = key as StatName;
        const got = totals[name as keyof HeapTotals];
        const what = `${heap.name} ${name}`;
        if (name === 'nextGC' && heap.name !== 'collecting') expect(got, what).toBeNull();
        else if (heap.name === 'collecting' && SWEPT.has(name)) {
          const few = name === 'heapObjects' || name === 'frees' ? SWEPT_OBJECTS : SWEPT_BYTES;
          expect(Math.abs((got as number) - want), `${what}: ${String(got)} for ${want}`).toBeLessThan(few);
        } else if (GROWING.includes(name)) {
          expect(got, what).toBeGreaterThanOrEqual(want);
          expect(got, what).toBeLessThanOrEqual(want + CALL_BYTES);
        } else if (COUNTED.includes(name)) {
          expect(got, what).toBeGreaterThanOrEqual(want);
          expect(got, what).toBeLessThanOrEqual(want + CALL_OBJECTS);
        } else expect(got, what).toBe(want);
      }
      expect(Math.abs(totals.heapAlloc - heap.stats.heapAlloc)).toBeLessThan(heap.stats.heapAlloc * SHARE);
      expect(totals.pauses).toEqual(heap.pauses);
      expect(totals.memoryBytes).toBe(heap.memory.size);
      expect(notes).toEqual(
        heap.name === 'collecting'
          ? []
          : ['There will be no next collection: the program has switched collection off.'],
      );
    }
  });

  test('every object that the program knows is found, at its address and in room enough', () => {
    for (const heap of heaps) {
      const { objects, totals } = read(heap);
      expect(objects.notes).toEqual([]);
      expect(objects.count).toBe(totals.heapObjects);
      expect(heap.objects.length).toBeGreaterThan(5000);
      const lost = heap.objects.filter(({ address: at, size }) => {
        const object = objects.find(at);
        const start = objects.addressOf(object);
        const end = start + objects.sizeOf(object);
        const whole = objects.find(start) === object && objects.find(end - 1) === object;
        return object < 0 || start > at || end < at + size || !whole;
      });
      expect(lost).toEqual([]);
    }
  });
});
