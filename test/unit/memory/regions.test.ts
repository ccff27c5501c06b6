import fc from '../../support/fast-check.ts';
import { expect, test } from 'vitest';
import {
  findRegion,
  layRegions,
  paintRegions,
  REGION_KINDS,
  regionAt,
  sumNames,
  sumRegions,
  type Region,
} from '../../../src/memory/regions.ts';

const region = (start: number, end: number, kind: Region['kind'], name = ''): Region => ({
  start,
  end,
  kind,
  name,
});
const all = (table: ReturnType<typeof layRegions>): Region[] =>
  Array.from({ length: table.count }, (_, i) => regionAt(table, i));

test('later layers hide what earlier ones say, and gaps are unknown', () => {
  const table = layRegions(100, [
    [region(10, 50, 'data', 'data'), region(50, 60, 'bss', 'bss')],
    [region(20, 30, 'stack', 'a'), region(45, 55, 'heap', 'b'), region(90, 200, 'free', 'c')],
  ]);
  expect(all(table)).toEqual([
    region(0, 10, 'unknown'),
    region(10, 20, 'data', 'data'),
    region(20, 30, 'stack', 'a'),
    region(30, 45, 'data', 'data'),
    region(45, 55, 'heap', 'b'),
    region(55, 60, 'bss', 'bss'),
    region(60, 90, 'unknown'),
    region(90, 100, 'free', 'c'),
  ]);
  expect(sumRegions(table).find(({ kind }) => kind === 'data')).toEqual({
    kind: 'data',
    regions: 2,
    bytes: 25,
  });
});

test('every byte has the region of the last layer that covers it, in 4 GiB too', () => {
  const kinds = REGION_KINDS.slice(1);
  const anyRegion = fc
    .tuple(fc.nat(120), fc.nat(40), fc.constantFrom(...kinds))
    .map(([start, length, kind]) => region(start, start + length, kind, `${start}`));
  fc.assert(
    fc.property(fc.array(fc.array(anyRegion, { maxLength: 6 }), { maxLength: 4 }), (layers) => {
      // The same at the end of the address space: no number is taken for a negative one.
      for (const base of [0, 2 ** 32 - 128]) {
        const moved = layers.map((layer) =>
          layer.map((one) => ({ ...one, start: one.start + base, end: one.end + base })),
        );
        const table = layRegions(base + 128, moved);
        let end = 0;
        for (const one of all(table)) {
          expect(one.start).toBe(end);
          expect(one.end).toBeGreaterThan(one.start);
          end = one.end;
        }
        expect(end).toBe(base + 128);
        for (let at = base; at < base + 128; at++) {
          const found = regionAt(table, findRegion(table, at));
          let expected: Region | undefined;
          for (const layer of moved) {
            let reached = 0;
            for (const one of [...layer].sort((a, b) => a.start - b.start)) {
              const start = Math.max(one.start, reached);
              if (start < one.end) reached = one.end;
              if (at >= start && at < one.end) expected = one;
            }
          }
          expect(found.kind).toBe(expected?.kind ?? 'unknown');
        }
      }
    }),
    { numRuns: 50 },
  );
});

test('a byte outside is in no region', () => {
  const table = layRegions(64, []);
  expect(findRegion(table, 64)).toBe(-1);
  expect(findRegion(table, -1)).toBe(-1);
  expect(findRegion(layRegions(0, []), 0)).toBe(-1);
  expect(() => regionAt(table, 1)).toThrow(RangeError);
});

test('the painted map shows what most of each part holds', () => {
  const table = layRegions(1000, [
    [region(0, 90, 'rodata'), region(90, 500, 'data'), region(500, 1000, 'heap')],
  ]);
  const kinds = [...paintRegions(table, 10)].map((kind) => REGION_KINDS[kind]);
  expect(kinds).toEqual(['rodata', 'data', 'data', 'data', 'data', 'heap', 'heap', 'heap', 'heap', 'heap']);
  // More parts than bytes.
  expect(paintRegions(layRegions(2, [[region(1, 2, 'bss')]]), 4)).toEqual(
    Uint8Array.from([0, 0, 1, 1].map((on) => (on === 1 ? REGION_KINDS.indexOf('bss') : 0))),
  );
});

test('regions of a kind are summed by name, the largest first', () => {
  const table = layRegions(100, [
    [
      region(0, 10, 'heap', 'small'),
      region(10, 20, 'bss', 'small'),
      region(20, 60, 'heap', 'large'),
      region(60, 75, 'heap', 'small'),
    ],
  ]);
  expect(sumNames(table, 'heap', 10)).toEqual([
    { name: 'large', regions: 1, bytes: 40 },
    { name: 'small', regions: 2, bytes: 25 },
  ]);
  expect(sumNames(table, 'heap', 1).length).toBe(1);
  expect(sumNames(table, 'stack', 1)).toEqual([]);
});
