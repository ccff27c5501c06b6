import fc from '../../../../support/fast-check.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { finish, type Steps } from '../../../../../src/base/steps.ts';
import { address } from '../../../../../src/base/units.ts';
import { readHeap, type Heap } from '../../../../../src/go/runtime/heap/heap.ts';
import { readHeapLayouts } from '../../../../../src/go/runtime/heap/heap-layouts.ts';
import { readRetention, type Retention } from '../../../../../src/go/runtime/heap/retention.ts';
import { summarize } from '../../../../../src/go/runtime/heap/summary.ts';
import { Moment } from '../../../../../src/go/runtime/moment.ts';
import { WholeMemory } from '../../../../../src/memory/whole-memory.ts';
import { heapFixtures, heapsOf, type KnownHeap } from './heaps.ts';

// Whatever stands in the memory, reading the heap ends, within limits, with what is valid and a reason for the rest.

/** Steps; an undamaged heap of this size needs a few dozen. */
const MAX_STEPS = 20_000;

function read({ runtime, sp }: KnownHeap, bytes: Uint8Array): { heap: Heap; retention: Retention } {
  let steps = 0;
  const all = <Result>(work: Steps<Result>): Result => {
    for (;;) {
      const { done, value } = work.next();
      if (done === true) return value;
      if (++steps > MAX_STEPS) throw new Error('the reading does not end');
    }
  };
  const heap = all(readHeap(new Moment(runtime, new WholeMemory(bytes), { sp: address(sp) })));
  return { heap, retention: all(readRetention(heap)) };
}

function expectSound({ heap, retention }: ReturnType<typeof read>): void {
  const { objects, spans, totals, roots } = heap;
  const summary = finish(summarize(heap));
  expect(summary.objects).toBe(objects.count);
  expect(summary.bytes).toBeLessThanOrEqual(heap.moment.memory.size);
  expect(totals.heapAlloc).toBeLessThanOrEqual(heap.moment.memory.size);
  for (let row = 1; row < spans.count; row++) {
    const end = (spans.start[row - 1] ?? 0) + (spans.pages[row - 1] ?? 0) * 8192;
    expect(spans.start[row]).toBeGreaterThanOrEqual(end);
  }
  expect(retention.dominators.reachable).toBeLessThanOrEqual(objects.count);
  expect(roots.object.every((object) => object < objects.count)).toBe(true);
  const some = objects.count >>> 1;
  if (objects.count > 0) {
    retention.pathToRoot(some);
    expect(retention.retainers(some).every(({ object }) => object < objects.count)).toBe(true);
  }
}

describe.each(heapFixtures.filter(([version]) => ['1.21.13', '1.27.3'].includes(version)))(
  'Go %s',
  (_, fixture) => {
    let known: KnownHeap;
    let good: ReturnType<typeof read>;
    let bytes: Uint8Array;
    /** Addresses of all mspans. */
    let mspans: number[];

    beforeAll(async () => {
      const [, heap] = await heapsOf(fixture, 'map');
      if (heap === undefined) throw new Error('the program told nothing');
      known = heap;
      bytes = heap.memory.bytes(address(0), heap.memory.size);
      good = read(heap, bytes);
      const { mheap } = readHeapLayouts(heap.runtime);
      const at = (heap.runtime.globals.mheap.address ?? 0) + mheap.allspans;
      const list = heap.memory.word(address(at));
      const count = heap.memory.word(address(at + 8));
      mspans = Array.from({ length: count }, (_one, i) => heap.memory.word(address(list + i * 8)));
    });

    /** Reads the memory with some words changed, and puts it back. */
    function changed<Result>(
      words: readonly (readonly [at: number, value: bigint])[],
      use: (damaged: ReturnType<typeof read>) => Result,
    ): Result {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const before = words.map(([at]) => view.getBigUint64(at, true));
      try {
        words.forEach(([at, value]) => {
          view.setBigUint64(at, value, true);
        });
        return use(read(known, bytes));
      } finally {
        // Last first: an address may be there twice.
        for (let i = words.length - 1; i >= 0; i--) {
          view.setBigUint64(words[i]?.[0] ?? 0, before[i] ?? 0n, true);
        }
      }
    }

    test('undamaged, everything is whole', () => {
      expectSound(good);
      expect(good.heap.notes).toEqual([]);
      expect(good.heap.objects.count).toBeGreaterThan(4000);
    });

    test('a bad span is left out, with a reason; the rest stays', () => {
      const layout = readHeapLayouts(known.runtime).mspan;
      const spans = good.heap.spans.count;
      const inUse = mspans.find(
        (at) =>
          known.memory.u8(address(at + layout.state)) === 1 &&
          known.memory.word(address(at + layout.elemsize)) === 48,
      );
      if (inUse === undefined) throw new Error('no span of 48 bytes');
      for (const [field, value, reason] of [
        ['startAddr', 0xfff1n, 'pages at 0xfff1'],
        ['npages', 2n ** 40n, 'pages at'],
        ['elemsize', 0n, 'objects of 0 bytes'],
        ['elemsize', 40n, 'class'],
      ] as const) {
        changed([[inUse + layout[field], value]], (damaged) => {
          expectSound(damaged);
          expect(damaged.heap.spans.count).toBe(spans - 1);
          expect(damaged.heap.notes.join('\n')).toContain('A span was left out');
          expect(damaged.heap.notes.join('\n')).toContain(reason);
          expect(damaged.heap.objects.count).toBeGreaterThan(good.heap.objects.count - 200);
        });
      }
      // Where another one is already.
      const other = good.heap.spans.start[0] ?? 0;
      changed([[inUse + layout.startAddr, BigInt(other)]], (damaged) => {
        expectSound(damaged);
        expect(damaged.heap.notes.join('\n')).toContain('overlaps');
      });
      const list = (known.runtime.globals.mheap.address ?? 0) + readHeapLayouts(known.runtime).mheap.allspans;
      for (const value of [0n, 2n ** 31n, 2n ** 60n]) {
        changed([[list + 8, value]], (damaged) => {
          expectSound(damaged);
          expect(damaged.heap.spans.count).toBe(0);
          if (value > 0n) expect(damaged.heap.notes[0]).toContain('The spans of the heap cannot be read');
        });
      }
    });

    test('what is in objects may be anything: types, lengths, cycles', () => {
      const { heap } = good;
      const start = (object: number): number => heap.objects.addressOf(object);
      const word = fc
        .tuple(fc.nat(heap.objects.count - 1), fc.nat(40))
        .map(([object, offset]) => start(object) + offset * 8);
      const value = fc.oneof(
        word.map(BigInt),
        fc.nat(heap.objects.count - 1).map((object) => BigInt(start(object))),
        fc.constantFrom(...heap.shapes.all()).map((type) => BigInt(type.address)),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.bigInt({ min: 0n, max: 1n << 24n }),
      );
      fc.assert(
        fc.property(fc.array(fc.tuple(word, value), { minLength: 1, maxLength: 400 }), (words) => {
          const inside = words.filter(([at]) => at + 8 <= bytes.length);
          changed(inside, (damaged) => {
            expectSound(damaged);
            expect(damaged.heap.objects.count).toBe(heap.objects.count);
          });
        }),
        { numRuns: 12 },
      );
    });

    test('what the allocator keeps may be anything', () => {
      const { globals, types, program } = known.runtime;
      const masks =
        program.module.moduleData.address +
        (types.structOffsets('runtime.moduledata')?.get('gcdatamask') ?? 0);
      const tables = [globals.mheap, globals.memstats, globals.gcController, globals.allp, globals.allgs].map(
        ({ address: at }) => at ?? 0,
      );
      const word = fc.oneof(
        fc.tuple(fc.constantFrom(...mspans), fc.nat(20)).map(([at, offset]) => at + offset * 8),
        fc.tuple(fc.constantFrom(...tables), fc.nat(80)).map(([at, offset]) => at + offset * 8),
        fc.nat(4).map((offset) => masks + offset * 8),
      );
      const value = fc.oneof(
        word.map(BigInt),
        fc.constantFrom(...mspans).map(BigInt),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.bigInt({ min: 0n, max: 1n << 24n }),
      );
      fc.assert(
        fc.property(fc.array(fc.tuple(word, value), { minLength: 1, maxLength: 200 }), (words) => {
          changed(words, expectSound);
        }),
        { numRuns: 12 },
      );
    });

    test('memory that ends early', () => {
      for (const share of [0.1, 0.5, 0.7, 0.9, 0.99]) {
        const short = bytes.slice(0, Math.floor((bytes.length * share) / 65536) * 65536);
        expectSound(read(known, short));
      }
    });
  },
);
