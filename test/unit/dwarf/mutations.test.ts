import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/base/format-error.ts';
import { moduleOffset } from '../../../src/base/units.ts';
import { Dwarf } from '../../../src/dwarf/dwarf.ts';
import { DwarfSections, dwarfSections } from '../../../src/dwarf/sections.ts';
import { chooseSymbols } from '../../../src/symbols/choose.ts';
import { Symbolizer } from '../../../src/symbols/symbolizer.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { llvmModule } from '../../support/llvm-fixtures.ts';

/** Reads everything there is; returns what was wrong with it. */
function readAll(sections: DwarfSections): readonly FormatError[] {
  const dwarf = new Dwarf(sections);
  for (const header of dwarf.headers) {
    const scopes = dwarf.scopes(header);
    for (const entry of scopes?.entry.subarray(0, 200) ?? []) dwarf.facts(header, entry);
    const table = dwarf.lineTable(header);
    // Each row takes a byte of the program at least.
    if (table !== undefined)
      expect(table.rows.count).toBeLessThanOrEqual(table.header.end - table.header.program);
  }
  for (let address = 1; address < 4000; address += 37) dwarf.framesAt(address);
  return dwarf.diagnostics;
}

const MODULES = [
  'c.dwarf2.o1',
  'c.dwarf4.o2',
  'c.dwarf4.aranges',
  'c.dwarf5.o2',
  'c.dwarf5.memory64',
  'cpp.dwarf5.o1',
  'tinygo.unknown.z',
];

describe.each(MODULES)('%s with bytes changed', (name) => {
  const wasm = readModule(llvmModule(name));
  const intact = dwarfSections(wasm);
  const sections = intact.names.map((section) => intact.need(section));

  it('is read to the end, and each error names section and place', () => {
    const change = fc.record({
      section: fc.nat({ max: sections.length - 1 }),
      at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      // Bytes that begin absurd counts, endless LEB128s, other forms.
      byte: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat({ max: 255 })),
      run: fc.integer({ min: 1, max: 12 }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const copies = sections.map((section) => ({ ...section, bytes: section.bytes.slice() }));
        for (const { section, at, byte, run } of changes) {
          const { bytes } = copies[section] ?? { bytes: new Uint8Array() };
          const start = Math.floor(at * bytes.length);
          bytes.fill(byte, start, start + run);
        }
        for (const error of readAll(new DwarfSections(copies))) {
          expect(error).toBeInstanceOf(FormatError);
          expect(error.section).toMatch(/^\.debug_/);
          expect(error.offset).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: name.startsWith('tinygo') ? 30 : 150 },
    );
  });

  it('is read to the end with sections cut short', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: sections.length - 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (index, part) => {
          const cut = sections.map((section, i) =>
            i === index
              ? { ...section, bytes: section.bytes.subarray(0, part * section.bytes.length) }
              : section,
          );
          readAll(new DwarfSections(cut));
        },
      ),
      { numRuns: name.startsWith('tinygo') ? 20 : 80 },
    );
  });
});

describe('damage stays where it is', () => {
  it('in one unit: the others answer as before', () => {
    const wasm = readModule(llvmModule('tinygo.unknown.0'));
    const intact = new Dwarf(dwarfSections(wasm));
    const units = intact.codeUnits();
    expect(units.length).toBeGreaterThan(5);
    const [broken] = units.slice(3);
    const bytes = wasm.bytes.slice();
    // The version of the unit: right after its length.
    bytes[(broken?.section.fileOffset ?? 0) + (broken?.offset ?? 0) + 4] = 77;
    const damaged = new Dwarf(dwarfSections(readModule(bytes)));
    expect(damaged.headers).toHaveLength(intact.headers.length - 1);
    let compared = 0;
    for (let address = 1; address < 60_000; address += 97) {
      const unit = intact.unitAt(address);
      if (unit === undefined || unit.offset === broken?.offset) continue;
      const names = (dwarf: Dwarf): unknown =>
        dwarf.framesAt(address).map(({ facts, file, line }) => [facts.name, file, line]);
      const before = intact.framesAt(address);
      // Names of functions that were declared in the broken unit are gone with it.
      if (before.some(({ facts }) => facts.declUnit?.offset === broken?.offset)) continue;
      expect(names(damaged)).toEqual(names(intact));
      compared++;
    }
    expect(compared).toBeGreaterThan(200);
    expect(damaged.diagnostics).toHaveLength(1);
    expect(damaged.diagnostics[0]?.message).toMatch(
      /^\.debug_info at offset 0x[0-9a-f]+: DWARF version 77 is not known$/,
    );
  });

  it('names that lead in a circle end', () => {
    // An inlined call whose origin is itself: DW_AT_abstract_origin of every entry that has one is set to the entry.
    const wasm = readModule(llvmModule('c.dwarf4.o2'));
    const bytes = wasm.bytes.slice();
    const copy = readModule(bytes);
    const dwarf = new Dwarf(dwarfSections(copy));
    const [unit] = dwarf.codeUnits();
    if (unit === undefined) throw new Error('no unit');
    const scopes = dwarf.scopes(unit);
    const inlined = [...(scopes?.entry ?? [])].filter((_, i) => (scopes?.parent[i] ?? -1) >= 0);
    expect(inlined.length).toBeGreaterThan(0);
    for (const entry of inlined) {
      // Abbreviation code of one byte, then the origin as ref4: the first attribute of an inlined call.
      new DataView(bytes.buffer).setUint32(unit.section.fileOffset + entry + 1, entry - unit.offset, true);
    }
    const circular = new Dwarf(dwarfSections(copy));
    for (const entry of inlined) expect(circular.facts(unit, entry)).toMatchObject({ name: '' });
  });

  it('a symbolizer over damaged sections never throws', () => {
    const original = llvmModule('tinygo.unknown.z');
    const { sections } = readModule(original);
    const debug = sections.filter(({ name }) => name.startsWith('.debug_'));
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: debug.length - 1 }), (at, byte, which) => {
        const bytes = original.slice();
        const section = debug[which];
        if (section === undefined) return;
        bytes[section.contentStart + (at % (section.contentEnd - section.contentStart))] = byte;
        const wasm = readModule(bytes);
        const symbolizer = new Symbolizer(chooseSymbols(wasm).sources);
        for (let offset = wasm.codeStart; offset < wasm.codeStart + 5000; offset += 211)
          symbolizer.locate(moduleOffset(offset));
        symbolizer.functions();
        symbolizer.files();
      }),
      { numRuns: 30 },
    );
  });
});
