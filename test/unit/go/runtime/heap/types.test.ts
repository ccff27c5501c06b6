import { beforeAll, describe, expect, test } from 'vitest';
import { finish } from '../../../../../src/base/steps.ts';
import { address } from '../../../../../src/base/units.ts';
import { readHeap, type Heap } from '../../../../../src/go/runtime/heap/heap.ts';
import { Rank } from '../../../../../src/go/runtime/heap/rank.ts';
import { Moment } from '../../../../../src/go/runtime/moment.ts';
import { heapFixtures, heapsOf, type KnownHeap } from './heaps.ts';

/** Above this size Go 1.22 and newer note the type of an object with pointers. */
const NOTED = 512;

function read({ runtime, memory, sp }: KnownHeap): Heap {
  return finish(readHeap(new Moment(runtime, memory, { sp: address(sp) })));
}

/** The type that is shown for the value at an address. */
function typeName({ objects, types }: Heap, at: number): string {
  const object = objects.find(at);
  const tiny = types.tiny.get(at);
  const number = tiny !== undefined && (types.rank[object] ?? 0) < Rank.fits ? tiny : types.type[object];
  return types.types.name(number ?? 0);
}

describe.each(heapFixtures)('Go %s', (_, fixture) => {
  let heaps: [KnownHeap, Heap][] = [];
  beforeAll(async () => {
    heaps = (await heapsOf(fixture, 'known')).map((heap) => [heap, read(heap)]);
  });

  test('types are those that the program knows: at least 95 % right, under 1 % wrong, the rest unknown', () => {
    for (const [known, heap] of heaps) {
      let right = 0;
      const wrong: string[] = [];
      for (const { address: at, type } of known.objects) {
        const name = typeName(heap, at);
        if (name === type) right++;
        else if (name !== 'unknown') wrong.push(`${type} at ${at.toString(16)} is said to be ${name}`);
      }
      const count = known.objects.length;
      expect(count).toBeGreaterThan(5000);
      expect(right / count, known.name).toBeGreaterThanOrEqual(0.95);
      expect(wrong.length / count, wrong.slice(0, 20).join('\n')).toBeLessThan(0.01);
    }
  });

  test('objects above 512 bytes: as many of each type as the program made', () => {
    for (const [known, heap] of heaps) {
      const made = new Map<string, number>();
      for (const { size, type } of known.objects) {
        if (size > NOTED && /^main\.(list|plain)\d/.test(type)) made.set(type, (made.get(type) ?? 0) + 1);
      }
      expect(made.size).toBeGreaterThan(80);
      const found = new Map<string, number>();
      for (let object = 0; object < heap.objects.count; object++) {
        const name = heap.types.types.name(heap.types.type[object] ?? 0);
        if (made.has(name)) found.set(name, (found.get(name) ?? 0) + 1);
      }
      expect(found, known.name).toEqual(made);
    }
  });

  test('from 1.22 on the type of an object with pointers above 512 bytes is exact, and right', () => {
    const minor = Number(fixture.goVersion.split('.')[1]);
    for (const [known, heap] of heaps) {
      const large = known.objects.filter(({ type }) => /^main\.list\d/.test(type));
      for (const { address: at, size, type } of large) {
        const rank = heap.types.rank[heap.objects.find(at)];
        expect(rank === Rank.exact, type).toBe(minor >= 22 && size > NOTED);
      }
    }
  });

  test('nothing is missing', () => {
    for (const [, { notes }] of heaps) {
      expect(notes.filter((note) => !note.startsWith('There will be no next collection'))).toEqual([]);
    }
  });
});
