import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/base/format-error.ts';
import { moduleOffset } from '../../../src/base/units.ts';
import { At, Tag } from '../../../src/dwarf/constants.ts';
import { Dwarf } from '../../../src/dwarf/dwarf.ts';
import { evaluate, type EvaluationContext } from '../../../src/dwarf/evaluate.ts';
import { globalVariables } from '../../../src/dwarf/global-variables.ts';
import { goTypeName } from '../../../src/dwarf/go-type-names.ts';
import { readPieces, type Machine } from '../../../src/dwarf/machine.ts';
import { DwarfSections, dwarfSections } from '../../../src/dwarf/sections.ts';
import { SplitFile } from '../../../src/dwarf/split-file.ts';
import { typeName } from '../../../src/dwarf/type-names.ts';
import { frameBaseAt, variablesOf } from '../../../src/dwarf/variables.ts';
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
  readVariables(dwarf);
  dwarf.attempt(() => [...(dwarf.index?.all() ?? [])]);
  globalVariables(dwarf, new Set(['first', 'kept']));
  return dwarf.diagnostics;
}

/** Machine of which all values are known; memory is zero. */
const MACHINE: Machine = {
  value: (_, index) => ({ bits: BigInt(index), bytes: 4 }),
  atEntry: () => ({ bits: 1n, bytes: 4 }),
  read: (address, length) => (address < 1 << 20 ? new Uint8Array(length) : undefined),
};

/** Types with their names, variables, and what their expressions say. What an expression throws is a FormatError too. */
function readVariables(dwarf: Dwarf): void {
  const { types } = dwarf;
  for (const header of dwarf.headers) {
    const tree = dwarf.tree(header);
    const step = Math.max(1, Math.floor((tree?.count ?? 0) / 200));
    for (let i = 0; i < (tree?.count ?? 0); i += step) {
      const value = dwarf.attempt(() => tree?.attributes(i).get(At.type));
      const ref = value && dwarf.resolve(header, value);
      expect(typeName(types, ref).length).toBeLessThanOrEqual(2001);
      expect(goTypeName(types, ref).length).toBeLessThan(1e6);
      types.sizeOf(ref);
      types.strip(ref);
    }
    for (const entry of dwarf.scopes(header)?.entry.subarray(0, 50) ?? []) {
      const frameBase = frameBaseAt(dwarf, header, entry, 100);
      const context: EvaluationContext = {
        address: (index) => dwarf.unit(header)?.addressOfIndex(index) ?? 0,
        frameBase,
        call: () => frameBase,
        baseType: (offset) => ({ size: offset % 9, encoding: offset % 9 }),
      };
      for (const { locations } of variablesOf(dwarf, header, entry)) {
        const expressions = (locations?.entries ?? []).slice(0, 20).map(({ expression }) => expression);
        for (const expression of [...expressions, ...(locations?.everywhere ? [locations.everywhere] : [])])
          dwarf.attempt(() => readPieces(evaluate(expression, context, MACHINE), 64, MACHINE));
      }
    }
  }
}

const MODULES = [
  'c.dwarf2.o1',
  'c.dwarf4.o2',
  'c.dwarf4.aranges',
  'c.dwarf4.types',
  'c.dwarf5.o2',
  'c.dwarf5.memory64',
  'cpp.dwarf5.o1',
  'c.types4.o1.wasm',
  'c.types5.o1.wasm',
  'cpp.whole4.wasm',
  'c.split5.wasm',
  'elf64.5.wasm',
  'elf.names.wasm',
  'rust.o2.wasm',
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
      { numRuns: name.startsWith('tinygo') ? 30 : 100 },
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

/** Everything that the reader reads (DWARF 5, 7.3.1, and .debug_loc, .debug_ranges, .debug_types of DWARF 4). */
const SECTIONS = [
  ...['abbrev', 'addr', 'aranges', 'info', 'line', 'line_str', 'loc', 'loclists', 'names'],
  ...['ranges', 'rnglists', 'str', 'str_offsets', 'types'],
].map((section) => `.debug_${section}`);

it('each section is one of those that are changed', () => {
  const changed = MODULES.flatMap((name) => dwarfSections(readModule(llvmModule(name))).names);
  expect(SECTIONS.filter((section) => !changed.includes(section))).toEqual([]);
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

  it.each([
    ...['c.split4.dwp', 'c.split5.dwp', 'types5.dwo'],
    ...['cpp.split4.dwp', 'cpp.split5.dwp', 'units5.dwo', 'names4.dwo', 'names64.dwo'],
  ])('%s with bytes changed is read to the end', (name) => {
    const version = name.includes('4') ? 4 : 5;
    const program = /^(?:cpp|names|units)/.test(name) ? 'cpp' : 'c';
    const wasm = readModule(
      llvmModule(name === 'names64.dwo' ? 'elf.split64.wasm' : `${program}.split${version}.wasm`),
    );
    const original = llvmModule(name);
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 255 }), fc.integer({ min: 1, max: 8 }), (at, byte, run) => {
        const bytes = original.slice();
        const start = 8 + (at % (bytes.length - 8));
        bytes.fill(byte, start, start + run);
        const dwarf = new Dwarf(dwarfSections(wasm));
        const file = dwarf.attempt(() => new SplitFile(readModule(bytes)));
        if (file === undefined) return;
        dwarf.attach(file);
        for (let address = 1; address < 750; address += 13) dwarf.framesAt(address);
        readVariables(dwarf);
        for (const { section } of dwarf.diagnostics) expect(section).toMatch(/^\.debug_/);
      }),
      { numRuns: 50 },
    );
  });

  it('types that lead in a circle have a name and no size', () => {
    // DW_AT_type of the first qualifier is set to the qualifier itself.
    const bytes = llvmModule('c.types4.o0.wasm');
    const dwarf = new Dwarf(dwarfSections(readModule(bytes)));
    const [header] = dwarf.headers;
    const tree = header && dwarf.tree(header);
    if (header === undefined || tree === undefined) throw new Error('no unit');
    const index = tree.tag.indexOf(Tag.constType);
    const entry = tree.position[index] ?? 0;
    // Abbreviation code of one byte, then the type as ref4.
    new DataView(bytes.buffer).setUint32(header.section.fileOffset + entry + 1, entry - header.offset, true);
    const circular = new Dwarf(dwarfSections(readModule(bytes)));
    const [again] = circular.headers;
    if (again === undefined) throw new Error('no unit');
    const ref = { header: again, entry };
    expect(circular.types.at(ref)?.target?.entry).toBe(entry);
    expect(typeName(circular.types, ref)).toMatch(/^const …|^const const/);
    expect(circular.types.sizeOf(ref)).toBeUndefined();
    expect(circular.types.strip(ref)).toBeUndefined();
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
