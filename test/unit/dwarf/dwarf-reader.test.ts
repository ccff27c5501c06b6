import { describe, expect, it } from 'vitest';
import { DwarfReader } from '../../../src/dwarf/dwarf-reader.ts';
import { paint, ownerAt } from '../../../src/dwarf/paint.ts';
import { readUnitHeaders } from '../../../src/dwarf/unit-headers.ts';

const reader = (...bytes: number[]): DwarfReader =>
  new DwarfReader({ name: '.debug_info', bytes: Uint8Array.from(bytes), fileOffset: 100 });

describe('encodings', () => {
  it('LEB128, as the standard has them in figure 7.1 and 7.2', () => {
    expect(reader(2).uleb()).toBe(2);
    expect(reader(0xff, 0).uleb()).toBe(127);
    expect(reader(0xb9, 0x64).uleb()).toBe(12857);
    expect(reader(0x7e).sleb()).toBe(-2);
    expect(reader(0xff, 0).sleb()).toBe(127);
    expect(reader(0x81, 0x7f).sleb()).toBe(-127);
    expect(reader(0xff, 0x7e).sleb()).toBe(-129);
  });

  it('an endless LEB128 and a string without an end are errors at a place of the file', () => {
    expect(() => reader(...new Array<number>(40).fill(0x80)).uleb()).toThrow(
      '.debug_info at offset 0x64: LEB128 of more than 64 bits',
    );
    expect(() => reader(0x41, 0x42).cstring()).toThrow(/^\.debug_info at offset 0x64: expected a string/);
  });

  it('a unit of 64-bit DWARF', () => {
    const errors: unknown[] = [];
    const bytes = Uint8Array.from([
      ...[0xff, 0xff, 0xff, 0xff, 13, 0, 0, 0, 0, 0, 0, 0],
      ...[5, 0, 1, 4, 0x20, 0, 0, 0, 0, 0, 0, 0, 0],
    ]);
    const units = readUnitHeaders({ name: '.debug_info', bytes, fileOffset: 0 }, (error) =>
      errors.push(error),
    );
    expect(errors).toEqual([]);
    expect(units).toMatchObject([
      { version: 5, is64: true, addressSize: 4, abbreviations: 0x20, root: 24, end: 25 },
    ]);
  });
});

describe('ranges over each other', () => {
  it('the later one is on top, and what is below comes back after it', () => {
    const painted = paint(
      Uint32Array.of(10, 12, 12, 30),
      Uint32Array.of(20, 16, 14, 40),
      Uint32Array.of(0, 1, 2, 3),
    );
    const owners = [9, 10, 12, 13, 14, 15, 16, 19, 20, 29, 30, 40].map((at) => ownerAt(painted, at));
    expect(owners).toEqual([-1, 0, 2, 2, 1, 1, 0, 0, -1, -1, 3, -1]);
  });
});
