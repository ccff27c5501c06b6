import fc from '../../support/fast-check.ts';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../../src/base/format-error.ts';
import { address, type Address } from '../../../src/base/units.ts';
import type { Memory } from '../../../src/memory/memory.ts';
import { gather, mergeRanges, NeedPages } from '../../../src/memory/need-pages.ts';
import { PageStore } from '../../../src/memory/page-store.ts';
import { WholeMemory } from '../../../src/memory/whole-memory.ts';

const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 37 + 11) & 0xff);
const whole = new WholeMemory(bytes);

function filled(pageSize = 64): PageStore {
  const store = new PageStore(bytes.length, { pageSize });
  store.load(address(0), bytes);
  return store;
}

const reads: readonly (readonly [string, (memory: Memory, at: Address) => unknown])[] = [
  ['u8', (memory, at) => memory.u8(at)],
  ['u16', (memory, at) => memory.u16(at)],
  ['u32', (memory, at) => memory.u32(at)],
  ['i32', (memory, at) => memory.i32(at)],
  ['u64', (memory, at) => memory.u64(at)],
  ['word', (memory, at) => memory.word(at)],
  ['bytes', (memory, at) => [...memory.bytes(at, 150)]],
];

function outcome(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) return `${error.message} ${String(error.memory)}`;
    throw error;
  }
}

describe('a store of all pages', () => {
  test.each(reads)(
    '%s reads what the whole memory reads, at every address, beyond the end too',
    (_name, read) => {
      const store = filled();
      for (let at = 0; at <= bytes.length + 8; at++) {
        expect(outcome(() => read(store, address(at)))).toEqual(outcome(() => read(whole, address(at))));
      }
    },
  );

  test('an address that is no address is an error of the memory', () => {
    for (const at of [NaN, 1.5, -1, 2 ** 60, Infinity]) {
      expect(() => filled().u32(at as Address)).toThrow(FormatError);
      expect(() => whole.u32(at as Address)).toThrow(FormatError);
    }
  });
});

describe('a store that lacks pages', () => {
  test('names the missing page, and every page that was announced', () => {
    const store = new PageStore(bytes.length, { pageSize: 64 });
    store.expect(address(130), 100);
    store.expect(address(990), 1000);
    store.expect(-5 as Address, 10);
    expect(() => store.u8(address(3))).toThrow(NeedPages);
    try {
      store.u8(address(3));
    } catch (error) {
      expect((error as NeedPages).ranges).toEqual([
        { address: 0, length: 64 },
        { address: 128, length: 128 },
        { address: 960, length: 40 },
      ]);
    }
  });

  test('takes whole pages only, and the short last one', () => {
    const store = new PageStore(bytes.length, { pageSize: 64 });
    store.load(address(10), bytes.subarray(10, 200));
    expect(store.loadedBytes).toBe(128);
    expect(store.u8(address(64))).toBe(bytes[64]);
    expect(() => store.u8(address(63))).toThrow(NeedPages);
    expect(() => store.u8(address(192))).toThrow(NeedPages);
    store.load(address(960), bytes.subarray(960));
    expect(store.word(address(992))).toBe(whole.word(address(992)));
  });

  test('a read that is outside the memory is an error, not a need', () => {
    const store = new PageStore(bytes.length);
    expect(() => store.u32(address(998))).toThrow(FormatError);
  });

  test('loading beyond the memory is an error', () => {
    expect(() => new PageStore(100).load(address(90), new Uint8Array(20))).toThrow(FormatError);
  });
});

test('gather asks once for what all items need', () => {
  const store = new PageStore(1 << 20);
  const at = [5, 4096 * 9, 4096 * 2, 4096 + 1].map(address);
  expect(() => gather(at, (one) => store.u8(one))).toThrow(NeedPages);
  try {
    gather(at, (one) => store.u8(one));
  } catch (error) {
    expect((error as NeedPages).ranges.map((range) => [range.address, range.length])).toEqual([
      [0, 3 * 4096],
      [9 * 4096, 4096],
    ]);
  }
  expect(gather([1, 2], (n) => n * 2)).toEqual([2, 4]);
  expect(() =>
    gather([1], () => {
      throw new Error('not a need');
    }),
  ).toThrow('not a need');
});

test('merged ranges cover the same bytes, in order, apart from each other', () => {
  const range = fc.record({ address: fc.nat(300).map(address), length: fc.integer({ min: 1, max: 40 }) });
  fc.assert(
    fc.property(fc.array(range), (ranges) => {
      const covered = (list: readonly { address: number; length: number }[]): number[] => [
        ...new Set(list.flatMap((one) => Array.from({ length: one.length }, (_, i) => one.address + i))),
      ];
      const merged = mergeRanges(ranges);
      expect(covered(merged)).toEqual(covered(ranges).sort((a, b) => a - b));
      merged.slice(1).forEach((one, i) => {
        const before = merged[i];
        expect(one.address).toBeGreaterThan((before?.address ?? 0) + (before?.length ?? 0));
      });
    }),
  );
});
