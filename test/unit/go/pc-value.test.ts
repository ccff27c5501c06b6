import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/base/format-error.ts';
import { address } from '../../../src/base/units.ts';
import { coveredPcs, PcValueTables, valueAt } from '../../../src/go/pc-value.ts';
import { DataImage } from '../../../src/wasm/image.ts';

/** Tables over these bytes; the first byte is offset 0, which stands for no table. */
function tables(...bytes: number[]): PcValueTables {
  const held = Uint8Array.from([0, ...bytes]);
  const region = { start: 0, bytes: held, view: new DataView(held.buffer) };
  return new PcValueTables(new DataImage(held.length, [region]), {
    start: address(0),
    end: address(held.length),
  });
}

/** Zigzag of a change of value, one byte. */
const change = (by: number): number => (by < 0 ? -2 * by - 1 : 2 * by);

describe('a pc-value table', () => {
  // Value 9 for PCs 0 to 4, 7 for 5, and 300 for 6 to 205.
  const bytes = [change(10), 5, change(-2), 1, 0xca, 0x04, 0xc8, 0x01, 0];

  it('says which value holds for which PCs', () => {
    const table = tables(...bytes).at(1);
    expect([...table.end]).toEqual([5, 6, 206]);
    expect([...table.value]).toEqual([9, 7, 300]);
    expect([0, 4, 5, 6, 205].map((pc) => valueAt(table, pc))).toEqual([9, 9, 7, 300, 300]);
    expect(coveredPcs(table)).toBe(206);
  });

  it('says -1 behind its end, and where there is no table', () => {
    expect(valueAt(tables(...bytes).at(1), 206)).toBe(-1);
    expect(valueAt(tables(...bytes).at(0), 0)).toBe(-1);
    expect(coveredPcs(tables(...bytes).at(0))).toBe(0);
  });

  it('may begin with a change of 0: then -1 is its first value', () => {
    const table = tables(0, 3, change(5), 1, 0).at(1);
    expect([...table.value]).toEqual([-1, 4]);
  });

  it('is read in any order without being kept', () => {
    const reader = tables(...bytes).reader();
    reader.open(1);
    expect([0, 5, 205, 206, 4, 6].map((pc) => reader.valueAt(pc))).toEqual([9, 7, 300, -1, 9, 300]);
    reader.open(0);
    expect(reader.valueAt(0)).toBe(-1);
  });

  it('without an end, or with PCs above 65535, names the table and its address', () => {
    expect(() => tables(change(1), 1).at(1)).toThrow('pc-value table at address 0x1: the table has no end');
    expect(() => tables(change(1), 0x80, 0x80, 0x08, 0).at(1)).toThrow('PC_B 131072 is above 65535');
    expect(() => tables(0xff).at(1)).toThrow(FormatError);
    expect(() => tables(change(1), 1, 0).at(99)).toThrow(FormatError);
  });

  it('that begins in the middle of others is stopped: the work is bounded by the bytes', () => {
    const overlapping = tables(...Array.from({ length: 4000 }, () => 2), 0);
    expect(() => {
      for (let offset = 1; offset < 4000; offset += 2) overlapping.at(offset);
    }).toThrow('the tables overlap');
    const reader = tables(...Array.from({ length: 400 }, () => 2), 0).reader();
    expect(() => {
      for (let i = 0; i < 1000; i++) {
        reader.open(1);
        reader.valueAt(399);
      }
    }).toThrow('the tables overlap');
  });
});
