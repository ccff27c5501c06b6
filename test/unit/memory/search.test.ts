import fc from '../../support/fast-check.ts';
import { expect, test } from 'vitest';
import { MemoryDiff } from '../../../src/memory/diff.ts';
import { MAX_NEEDLE, Search, type Needle } from '../../../src/memory/search.ts';

/** Places of a needle when the memory comes in parts of these lengths. */
function find(
  needle: Needle,
  memory: Uint8Array,
  parts: readonly number[],
  base = 0,
  limit = Infinity,
): number[] {
  const search = new Search(needle);
  const found: number[] = [];
  let at = 0;
  for (const length of [...parts, memory.length]) {
    const part = memory.subarray(at, at + length);
    if (part.length === 0) continue;
    if (!search.feed(base + at, part, (address) => found.push(address) < limit)) break;
    at += part.length;
  }
  return found;
}

const parts = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 30 });

test('bytes are found wherever they stand, also where parts meet, once each', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ min: 0, max: 2, maxLength: 60 }),
      fc.uint8Array({ min: 0, max: 2, minLength: 1, maxLength: 6 }),
      parts,
      (memory, bytes, lengths) => {
        const expected: number[] = [];
        for (let at = 0; at + bytes.length <= memory.length; at++) {
          if (bytes.every((byte, i) => memory[at + i] === byte)) expected.push(at);
        }
        expect(find({ kind: 'bytes', bytes }, memory, lengths)).toEqual(expected);
      },
    ),
  );
});

test('pointers are found at multiples of a word, in the upper half of the address space too', () => {
  for (const word of [4, 8] as const) {
    const base = 2 ** 32 - 4096;
    const target = 0xfffff010;
    const memory = new Uint8Array(256);
    const view = new DataView(memory.buffer);
    const put = (at: number, value: number): void => view.setUint32(at, value, true);
    put(16, target);
    put(48, target + 15);
    put(64, target + 16);
    put(81, target);
    put(240, target);
    fc.assert(
      fc.property(parts, (lengths) => {
        const needle = { kind: 'pointer', from: target, to: target + 16, word } as const;
        expect(find(needle, memory, lengths, base)).toEqual([base + 16, base + 48, base + 240]);
      }),
    );
    // A word of 8 bytes with something in its high half is no address.
    put(20, 1);
    const needle = { kind: 'pointer', from: target, to: target + 1, word } as const;
    expect(find(needle, memory, [])).toEqual(word === 8 ? [240] : [16, 240]);
  }
});

test('a search ends when it is told to, and a needle has a length', () => {
  expect(find({ kind: 'bytes', bytes: new Uint8Array(1) }, new Uint8Array(100), [10], 0, 12)).toHaveLength(
    12,
  );
  expect(() => new Search({ kind: 'bytes', bytes: new Uint8Array(0) })).toThrow(RangeError);
  expect(() => new Search({ kind: 'bytes', bytes: new Uint8Array(MAX_NEEDLE + 1) })).toThrow(RangeError);
});

test('what differs is in ranges, near differences in one, counted beyond the limit', () => {
  const before = new Uint8Array(100);
  const after = before.slice();
  for (const at of [3, 4, 10, 40, 41, 60]) after[at] = 1;
  const diff = new MemoryDiff(2);
  // Parts that do not begin at a word.
  diff.feed(0, before.subarray(0, 7), after.subarray(0, 7));
  diff.feed(7, before.subarray(7), after.subarray(7));
  diff.feedOnly(100, 20);
  expect(diff.finish()).toEqual([
    { start: 3, length: 8 },
    { start: 40, length: 2 },
  ]);
  expect([diff.ranges, diff.changedBytes]).toEqual([4, 26]);
});

test('every byte that differs is in a range, and every range begins and ends with one', () => {
  fc.assert(
    fc.property(fc.uint8Array({ max: 1, minLength: 80, maxLength: 80 }), fc.nat(80), (changes, cut) => {
      const before = new Uint8Array(80).fill(7);
      const after = before.map((byte, i) => byte + (changes[i] ?? 0));
      const diff = new MemoryDiff(1000);
      const base = 2 ** 32 - 80;
      diff.feed(base, before.subarray(0, cut), after.subarray(0, cut));
      diff.feed(base + cut, before.subarray(cut), after.subarray(cut));
      const ranges = diff.finish();
      const differs = (at: number): boolean => before[at - base] !== after[at - base];
      for (const { start, length } of ranges) {
        expect(differs(start) && differs(start + length - 1)).toBe(true);
      }
      const within = (at: number): boolean =>
        ranges.some((range) => at >= range.start && at < range.start + range.length);
      for (let at = base; at < base + 80; at++) if (differs(at)) expect(within(at)).toBe(true);
      expect(diff.changedBytes).toBe(changes.filter((change) => change === 1).length);
    }),
  );
});
