import fc from '../../support/fast-check.ts';
import { expect, test } from 'vitest';
import { FormatError } from '../../../src/base/format-error.ts';
import { address } from '../../../src/base/units.ts';
import { gather } from '../../../src/browser/hook/gather.ts';
import { GatheredRecords } from '../../../src/memory/gathered.ts';
import { SparseMemory } from '../../../src/memory/sparse-memory.ts';
import { WholeMemory } from '../../../src/memory/whole-memory.ts';

/** A memory with a slice at 64 whose array is at 256 and leads to records of 64 bytes from 4096 on. */
function made(count: number): Uint8Array {
  const bytes = new Uint8Array(65536);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < bytes.length; i += 4) view.setUint32(i, Math.imul(i, 0x9e3779b1), true);
  view.setBigUint64(64, 256n, true);
  view.setBigUint64(72, BigInt(count), true);
  for (let i = 0; i < count; i++) view.setBigUint64(256 + i * 8, BigInt(4096 + ((i * 7) % count) * 64), true);
  return bytes;
}

const WORDS = [0, 16, 40];
const request = { op: 'gather', target: { held: 1 }, list: 64, limit: 100, words: WORDS } as const;

test('what was gathered is read as it stands in memory, and nothing else is', () => {
  const bytes = made(20);
  const found = gather(bytes, request);
  expect(found.count).toBe(20);
  const records = new GatheredRecords({ ...found, list: 64, words: WORDS });
  const truth = new WholeMemory(bytes);
  // Below it there is nothing: only what was gathered can be read.
  const memory = new SparseMemory(new WholeMemory(new Uint8Array(65536)));
  memory.setRecords(records);
  for (const at of [64, 72, 256, 256 + 19 * 8, ...WORDS.map((word) => 4096 + 5 * 64 + word)]) {
    expect(memory.word(address(at))).toBe(truth.word(address(at)));
    expect(memory.u64(address(at))).toBe(truth.u64(address(at)));
    expect(memory.u32(address(at + 4))).toBe(truth.u32(address(at + 4)));
    expect(memory.u8(address(at + 1))).toBe(truth.u8(address(at + 1)));
  }
  expect(records.u32(4096 + 8)).toBeNull();
  expect(records.u32(4096 + 48)).toBeNull();
  expect(records.holds(4096 + 64)).toBe(true);
  expect(records.holds(4096 + 65)).toBe(false);
});

test('pieces come before records and the memory below', () => {
  const memory = new SparseMemory(new WholeMemory(new Uint8Array(256)));
  memory.setPieces([
    { address: address(100), bytes: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
    { address: address(40), bytes: Uint8Array.of(9) },
  ]);
  expect(memory.word(address(100))).toBe(0x08070605 * 0x100000000 + 0x04030201);
  expect(memory.u16(address(102))).toBe(0x0403);
  expect([...memory.bytes(address(104), 2)]).toEqual([5, 6]);
  // Across the end of a piece the memory below answers.
  expect(memory.u32(address(106))).toBe(0);
  expect(memory.u8(address(40))).toBe(9);
  expect(() => memory.setPieces([{ address: address(250), bytes: new Uint8Array(10) }])).toThrow(FormatError);
});

test('a list that is damaged is refused in the page', () => {
  const bytes = made(20);
  const view = new DataView(bytes.buffer);
  expect(() => gather(bytes, { ...request, list: 65530 })).toThrow('outside');
  expect(() => gather(bytes, { ...request, limit: 19 })).toThrow('20 entries');
  view.setBigUint64(64, 65500n, true);
  expect(() => gather(bytes, request)).toThrow('leaves the memory');
  expect(() => gather(bytes, { ...request, words: Array.from({ length: 64 }, (_, i) => i * 8) })).toThrow(
    'too many words',
  );
});

test('data that is not what it says is refused, whatever it is', () => {
  const whole = gather(made(5), request);
  const of = (count: number, data: Uint8Array) =>
    new GatheredRecords({ list: 64, array: 256, count, words: WORDS, data });
  expect(() => of(6, whole.data)).toThrow(FormatError);
  expect(() => of(4, whole.data)).toThrow(FormatError);
  expect(() => of(1 << 30, whole.data)).toThrow(FormatError);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(50), (data, count) => {
      try {
        of(count, data).u32(4096);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }),
  );
});
