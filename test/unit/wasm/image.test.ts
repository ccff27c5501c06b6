import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/base/format-error.ts';
import { address } from '../../../src/base/units.ts';
import { readDataImage } from '../../../src/wasm/image.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { dataAt, moduleOf, vector } from './encode.ts';

const imageOf = (pages: number, ...segments: number[][]) =>
  readDataImage(readModule(moduleOf(vector(5, [0, pages]), vector(11, ...segments))));
const bytesOf = (text: string) => [...new TextEncoder().encode(text)];

describe('readDataImage', () => {
  it('reads words across segments and zeros between them', () => {
    const image = imageOf(
      1,
      dataAt(16, [1, 2, 3, 4]),
      dataAt(20, [5, 6, 7, 0x88]),
      dataAt(32, bytesOf('go\0')),
    );
    expect(image.u8(address(16))).toBe(1);
    expect(image.u16(address(19))).toBe(0x0504);
    expect(image.u32(address(20))).toBe(0x88070605);
    expect(image.i32(address(20))).toBe(0x88070605 | 0);
    expect(image.u64(address(16))).toBe(0x8807060504030201n);
    expect(image.word(address(20))).toBe(0x88070605);
    expect(image.u32(address(24))).toBe(0);
    expect(image.u32(address(14))).toBe(0x02010000);
    expect(image.u32(address(40_000))).toBe(0);
    expect(image.cString(address(32))).toBe('go');
    expect(image.cString(address(100))).toBe('');
    expect(image.string(address(32), 2)).toBe('go');
    expect([...image.bytes(address(14), 5)]).toEqual([0, 0, 1, 2, 3]);
    expect(image.size).toBe(65536);
  });

  it('lets later segments overwrite earlier ones, in any order', () => {
    const image = imageOf(1, dataAt(100, [1, 1, 1]), dataAt(16, [2, 2]), dataAt(101, [3]), dataAt(17, [4]));
    expect([...image.bytes(address(100), 3)]).toEqual([1, 3, 1]);
    expect([...image.bytes(address(16), 2)]).toEqual([2, 4]);
  });

  it('refuses what leaves the memory', () => {
    const image = imageOf(1, dataAt(65532, [1, 2, 3, 4]));
    expect(image.u32(address(65532))).toBe(0x04030201);
    for (const read of [
      () => image.u32(address(65533)),
      () => image.u8(address(65536)),
      () => image.bytes(address(65535), 2),
      () => image.bytes(address(0), -1),
      () => image.cString(address(0xfffffff0)),
      () => image.u8(address(NaN)),
    ]) {
      expect(read).toThrow(FormatError);
    }
    try {
      image.u32(address(0x80000000));
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ memory: true, offset: 0x80000000 });
    }
  });

  it('holds data at hostile addresses in a few bytes', () => {
    const far = [0xfffffffe, 0x10, 0x7fffffff, 0x40000000, 0x40000100].map((at) =>
      dataAt(at, [at & 0x7f, 1]),
    );
    const image = imageOf(1, ...far);
    expect(image.heldBytes).toBeLessThan(4096);
    expect(image.u16(address(0xfffffffe))).toBe(0x017e);
    expect(image.u16(address(0x7fffffff))).toBe(0x017f);
    expect(image.u16(address(0x40000100))).toBe(0x0100);
    expect(image.u32(address(0x50000000))).toBe(0);
    expect(image.regions().map((region) => region.start)).toEqual([0x10, 0x40000000, 0x7fffffff, 0xfffffffe]);
    expect(() => image.bytes(address(0), 0x80000000)).toThrow('more than the data segments hold');
  });

  it('leaves out a segment beyond the address space and says so', () => {
    const image = imageOf(1, dataAt(0xffffffff, [1, 2]), dataAt(8, [7]));
    expect(image.u8(address(8))).toBe(7);
    expect(image.diagnostics.map((error) => error.section)).toEqual(['Data section']);
  });

  it('finds aligned patterns', () => {
    const image = imageOf(1, dataAt(17, bytesOf('ababab')), dataAt(40, bytesOf('ab')));
    const pattern = Uint8Array.from(bytesOf('ab'));
    const found: (number | undefined)[] = [image.find(pattern)];
    expect(found).toEqual([17]);
    expect(image.find(pattern, 1, address(18))).toBe(19);
    expect(image.find(pattern, 8)).toBe(40);
    expect(image.find(pattern, 8, address(41))).toBeUndefined();
    expect(image.find(Uint8Array.from(bytesOf('abc')))).toBeUndefined();
    expect(image.find(new Uint8Array())).toBeUndefined();
  });

  it('lays esbuild out in one region that holds the pclntab', () => {
    const module = readModule(readFileSync('node_modules/esbuild-wasm/esbuild.wasm'));
    const image = readDataImage(module);
    expect(image.diagnostics).toEqual([]);
    expect(image.regions()).toHaveLength(1);
    // Go src/internal/abi/symtab.go: magic of Go 1.20, two zero bytes, quantum 1, pointer size 8.
    const at = image.find(Uint8Array.of(0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8), 8);
    expect(at && image.u32(address(at + 8))).toBe(module.functionCount);
  });
});
