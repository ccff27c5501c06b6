import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/base/format-error.ts';
import { ByteReader } from '../../../src/wasm/byte-reader.ts';
import { sleb, uleb } from './encode.ts';

const over = (...bytes: number[]) => new ByteReader(Uint8Array.from(bytes), 'test');

describe('LEB128', () => {
  it('reads what an encoder writes, and stops right behind it', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (value) => {
        const reader = over(...uleb(value), 0xff);
        expect(reader.u64()).toBe(value);
        expect(reader.remaining).toBe(1);
      }),
    );
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (value) => {
        const reader = over(...sleb(value), 0xff);
        expect(reader.s64()).toBe(value);
        expect(reader.remaining).toBe(1);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (value) => {
        expect(over(...uleb(value)).u32()).toBe(value);
      }),
    );
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(over(...sleb(value)).s32()).toBe(value);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 32), max: 2 ** 32 - 1 }), (value) => {
        expect(over(...sleb(value)).s33()).toBe(value);
      }),
    );
  });

  it('reads encodings with superfluous bytes, as linkers pad them', () => {
    expect(over(0x83, 0x80, 0x80, 0x80, 0x00).u32()).toBe(3);
    expect(over(0xff, 0xff, 0xff, 0xff, 0x7f).s32()).toBe(-1);
    expect(over(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f).s64()).toBe(-(2n ** 63n));
  });

  it.each([
    ['u32 with a sixth byte', () => over(0x80, 0x80, 0x80, 0x80, 0x80, 0).u32()],
    ['u32 above 32 bits', () => over(0xff, 0xff, 0xff, 0xff, 0x1f).u32()],
    ['s32 above 31 bits', () => over(0x80, 0x80, 0x80, 0x80, 0x08).s32()],
    ['s33 above 32 bits', () => over(0x80, 0x80, 0x80, 0x80, 0x10).s33()],
    ['u64 above 64 bits', () => over(...Array<number>(9).fill(0xff), 0x02).u64()],
    ['s64 above 63 bits', () => over(...Array<number>(9).fill(0x80), 0x01).s64()],
    ['a number that the end cuts', () => over(0x80).u32()],
    ['a name longer than the rest', () => over(5, 0x61).name()],
  ])('refuses %s', (_what, read) => {
    expect(read).toThrow(FormatError);
  });

  it('names section and offset', () => {
    const reader = new ByteReader(Uint8Array.of(1, 2, 0x80, 0x80), 'Type section', 2);
    expect(() => reader.u32('a count')).toThrow(
      'Type section at offset 0x4: expected a count, found the end',
    );
  });
});
