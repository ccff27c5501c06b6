import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Dwarf } from '../../../src/dwarf/dwarf.ts';
import { dwarfSections } from '../../../src/dwarf/sections.ts';
import { SplitFile } from '../../../src/dwarf/split-file.ts';
import { frameBaseAt, variablesOf } from '../../../src/dwarf/variables.ts';
import type { TypeRef } from '../../../src/dwarf/types.ts';
import { typeName } from '../../../src/dwarf/type-names.ts';
import type { UnitHeader } from '../../../src/dwarf/unit-headers.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { expressionText, placeText } from '../../support/dwarf-text.ts';
import { custom } from '../wasm/encode.ts';
import { llvmGolden, llvmModule } from '../../support/llvm-fixtures.ts';

const dwarfOf = (name: string): Dwarf => new Dwarf(dwarfSections(readModule(llvmModule(name))));
const splitFile = (name: string): SplitFile => new SplitFile(readModule(llvmModule(name)));

/** All functions and inlined calls with their variables: names, types, places. */
function variables(dwarf: Dwarf): string[] {
  const lines: string[] = [];
  for (const header of dwarf.codeUnits()) {
    const scopes = dwarf.scopes(header);
    for (let i = 0; i < (scopes?.count ?? 0); i++) {
      const entry = scopes?.entry[i] ?? 0;
      const low = scopes?.low[scopes.rangeStart[i] ?? 0] ?? 0;
      const base = frameBaseAt(dwarf, header, entry, low);
      lines.push(`${dwarf.facts(header, entry).name} ${base === undefined ? '' : expressionText(base)}`);
      for (const { name, type, locations, declLine } of variablesOf(dwarf, header, entry)) {
        const places = [
          ...(locations?.entries ?? []).map(
            (one) => `${one.low}-${one.high} ${expressionText(one.expression)}`,
          ),
          locations?.everywhere === undefined ? '' : expressionText(locations.everywhere),
        ];
        lines.push(`  ${name}: ${typeName(dwarf.types, type)}, line ${declLine} @ ${places.join('; ')}`);
      }
    }
  }
  return lines;
}

/** What all types that variables lead to consist of. */
function layouts({ types }: Dwarf, roots: readonly (TypeRef | undefined)[]): string[] {
  const found = new Map<string, string>();
  const visit = (ref: TypeRef | undefined): void => {
    const type = types.at(ref);
    if (type === undefined) return;
    const name = typeName(types, ref);
    if (found.has(name)) return;
    const fields = type.fields.map(
      (field) => `${field.name}@${String(field.offset)} ${typeName(types, field.type)}`,
    );
    found.set(name, `${name} ${type.kind} ${String(types.sizeOf(ref))} { ${fields.join('; ')} }`);
    visit(type.target);
    for (const field of type.fields) visit(field.type);
  };
  roots.forEach(visit);
  return [...found.values()].sort();
}

/** The types of all variables. */
const typesOf = (dwarf: Dwarf): (TypeRef | undefined)[] =>
  dwarf
    .codeUnits()
    .flatMap((header) =>
      [...new Set(dwarf.scopes(header)?.entry ?? [])].flatMap((entry) =>
        variablesOf(dwarf, header, entry).map(({ type }) => type),
      ),
    );

/** Bytes of code of which llvm-symbolizer says something else. */
function differentPlaces(name: string, dwarf: Dwarf): string[] {
  const { start, answer, answers, end } = llvmGolden(name).places;
  const different: string[] = [];
  for (let i = 0; i < start.length; i++) {
    for (let address = start[i] ?? 0; address < (start[i + 1] ?? end); address++) {
      const expected = answers[answer[i] ?? 0];
      const ours = placeText(dwarf, address);
      if (ours !== expected) different.push(`${address}: ${ours} instead of ${expected ?? ''}`);
    }
  }
  return different;
}

const FILES = [
  { version: 4, files: ['shapes4.dwo', 'types4.dwo'] },
  { version: 4, files: ['c.split4.dwp'] },
  { version: 5, files: ['shapes5.dwo', 'types5.dwo'] },
  { version: 5, files: ['c.split5.dwp'] },
];

describe.each(FILES)('split DWARF $version in $files', ({ version, files }) => {
  const name = `c.split${version}.wasm`;
  const dwarf = dwarfOf(name);

  it('is told to be missing, and found by its id', () => {
    expect(dwarf.missingFiles().map((file) => file.name)).toEqual([
      `shapes${version}.dwo`,
      `types${version}.dwo`,
    ]);
    const other = version === 4 ? 5 : 4;
    expect(dwarf.attach(splitFile(`c.split${other}.dwp`))).toBe(0);
    expect(dwarf.attach(splitFile(`shapes${other}.dwo`))).toBe(0);
    expect(files.map((file) => dwarf.attach(splitFile(file)))).toEqual(files.length === 1 ? [2] : [1, 1]);
    expect(dwarf.missingFiles()).toEqual([]);
  });

  it('says of every byte of code what llvm-symbolizer says', () => {
    expect(differentPlaces(name, dwarf)).toEqual([]);
    expect(llvmGolden(name).places.end).toBeGreaterThan(700);
  });

  it('has the variables, types and places of the same code with DWARF that is whole', () => {
    const whole = variables(dwarfOf(`c.whole${version}.wasm`));
    expect(whole.length).toBeGreaterThan(40);
    expect(variables(dwarf)).toEqual(whole);
    expect(dwarf.diagnostics).toEqual([]);
  });
});

const TYPE_UNITS = [
  { name: 'cpp.split4.wasm', whole: 'cpp.whole4.wasm', files: ['names4.dwo', 'units4.dwo'] },
  { name: 'cpp.split4.wasm', whole: 'cpp.whole4.wasm', files: ['cpp.split4.dwp'] },
  { name: 'cpp.split5.wasm', whole: 'cpp.whole5.wasm', files: ['names5.dwo', 'units5.dwo'] },
  { name: 'cpp.split5.wasm', whole: 'cpp.whole5.wasm', files: ['cpp.split5.dwp'] },
  { name: 'elf.split64.wasm', whole: undefined, files: ['names64.dwo', 'units64.dwo'] },
  // 64-bit, of GCC.
  { name: 'elf.splitgcc.wasm', whole: undefined, files: ['namesgcc.dwo', 'unitsgcc.dwo'] },
];

describe.each(TYPE_UNITS)('type units of $files', ({ name, whole, files }) => {
  it('leave every byte of code as llvm-symbolizer says', () => {
    const dwarf = dwarfOf(name);
    for (const file of files) dwarf.attach(splitFile(file));
    expect(differentPlaces(name, dwarf)).toEqual([]);
  });

  it('say what structures consist of, by their signatures', () => {
    const dwarf = dwarfOf(name);
    for (const file of files) expect(dwarf.attach(splitFile(file))).toBeGreaterThan(0);
    expect(dwarf.missingFiles()).toEqual([]);
    const found = layouts(dwarf, typesOf(dwarf));
    expect(found).toContain('Line struct 40 { from@0 Point; to@16 Point; next@32 Line * }');
    // GCC and clang have different names for it; the other Point is geometry's.
    const number = name === 'elf.splitgcc.wasm' ? 'long long int' : 'long long';
    expect(found).toContain(`Point struct 16 { x@0 ${number}; y@8 ${number} }`);
    expect(found).toContain('geometry::Point struct 8 { x@0 int; y@4 int }');
    if (whole !== undefined) {
      const same = dwarfOf(whole);
      expect(found).toEqual(layouts(same, typesOf(same)));
      expect(variables(dwarf)).toEqual(variables(same));
    }
    expect(dwarf.diagnostics).toEqual([]);
  });
});

it('a package of 64-bit units says what its file says', () => {
  // GNU's dwp 2.40 made it of the first of two files: of DWARF 4, with an index of version 2.
  const [file, pack] = ['namesgcc.dwo', 'elf.splitgcc.dwp'].map((name) => {
    const dwarf = dwarfOf('elf.splitgcc.wasm');
    expect(dwarf.attach(splitFile(name))).toBe(1);
    expect(dwarf.missingFiles().map((missing) => missing.name)).toEqual(['unitsgcc.dwo']);
    expect(dwarf.codeUnits().every(({ is64 }) => is64)).toBe(true);
    return dwarf;
  });
  if (file === undefined || pack === undefined) throw new Error('nothing was read');
  expect(variables(pack)).toEqual(variables(file));
  expect(variables(pack).length).toBeGreaterThan(15);
  const found = layouts(pack, typesOf(pack));
  expect(found).toEqual(layouts(file, typesOf(file)));
  expect(found).toContain('geometry::Point struct 8 { x@0 int; y@4 int }');
  expect(pack.diagnostics).toEqual([]);
});

describe('the indexes of a package', () => {
  // In test/unit/dwarf: for n in c.split4 cpp.split4 c.split5 cpp.split5 elf.splitgcc; do llvm-dwarfdump-16 --debug-cu-index --debug-tu-index $n.dwp; done > unit-indexes.txt
  const printed = readFileSync(new URL('./unit-indexes.txt', import.meta.url), 'utf8');
  const dumps = printed.split(/^(?=\S+:\tfile format)/m);
  const COLUMNS: Readonly<Record<string, string>> = {
    INFO: '.debug_info',
    TYPES: '.debug_types',
    STR_OFFSETS: '.debug_str_offsets',
  };
  const columnName = (column: string): string => COLUMNS[column] ?? `.debug_${column.toLowerCase()}`;

  it.each(dumps.map((dump) => [dump.slice(0, dump.indexOf(':')), dump]))(
    '%s: as llvm-dwarfdump prints them',
    (name, dump) => {
      const file = splitFile(name);
      for (const [title, index] of [
        ['cu', file.units],
        ['tu', file.types],
      ] as const) {
        const [, text] = new RegExp(`\\.debug_${title}_index contents:\n([^.]*)`).exec(dump) ?? [];
        expect(index === undefined).toBe(text === undefined);
        if (index === undefined || text === undefined) continue;
        const lines = text.split('\n');
        const columns =
          lines
            .find((line) => line.startsWith('Index'))
            ?.trim()
            .split(/\s+/)
            .slice(2)
            .map(columnName) ?? [];
        const rows = lines.flatMap((line) => {
          const [, id, parts] = /^\s*\d+ 0x([0-9a-f]{16}) (.*)$/.exec(line) ?? [];
          return id === undefined
            ? []
            : [
                {
                  id,
                  parts: [...(parts ?? '').matchAll(/\[(\w+), (\w+)\)/g)].map(([, start, end], i) => ({
                    name: columns[i],
                    start: Number(start),
                    end: Number(end),
                  })),
                },
              ];
        });
        expect(rows.length).toBeGreaterThan(name === 'elf.splitgcc.dwp' ? 0 : 1);
        expect(text).toContain(`version = ${String(index.version)}, units = ${String(rows.length)}`);
        expect(index.ids.map((id) => ({ id, parts: index.parts(id) }))).toEqual(rows);
      }
    },
  );

  it('have numbers of four bytes also over 64-bit units', () => {
    // Nothing that is at hand writes a package of 64-bit units of DWARF 5: llvm-dwp 16 refuses them, GNU's dwp 2.40 knows no DWARF 5. One of a single file: each unit is where it stands in that.
    const dwo = readModule(llvmModule('names64.dwo'));
    const sections = new SplitFile(dwo).sections;
    const { headers } = new Dwarf(sections);
    const names = [1, 3, 5, 6] as const;
    const index = (units: readonly UnitHeader[], id: (header: UnitHeader) => string): number[] => {
      const slots = 4;
      const at = (header: UnitHeader): number => Number(BigInt(`0x${id(header)}`) & 3n);
      const rows = Array.from(
        { length: slots },
        (_, slot) => units.findIndex((header) => at(header) === slot) + 1,
      );
      const u32 = (value: number): number[] => [
        value & 255,
        (value >>> 8) & 255,
        (value >>> 16) & 255,
        value >>> 24,
      ];
      const idOf = (row: number): number[] => {
        const header = units[row - 1];
        return header === undefined
          ? Array<number>(8).fill(0)
          : [...(id(header).match(/../g) ?? [])].reverse().map((digits) => parseInt(digits, 16));
      };
      const part = (header: UnitHeader, column: number): [number, number] =>
        column === 1
          ? [header.offset, header.end - header.offset]
          : [
              0,
              sections.need(['.debug_abbrev', '', '.debug_loclists', '.debug_str_offsets'][column - 3] ?? '')
                .bytes.length,
            ];
      return [
        ...u32(5),
        ...u32(names.length),
        ...u32(units.length),
        ...u32(slots),
        ...rows.flatMap(idOf),
        ...rows.flatMap(u32),
        ...names.flatMap(u32),
        ...units.flatMap((header) => names.flatMap((column) => u32(part(header, column)[0]))),
        ...units.flatMap((header) => names.flatMap((column) => u32(part(header, column)[1]))),
      ];
    };
    const types = headers.filter(({ signature }) => signature !== '');
    const codes = headers.filter(({ signature }) => signature === '');
    expect([types.length, codes.length]).toEqual([1, 1]);
    const pack = Uint8Array.of(
      ...dwo.bytes,
      ...custom(
        '.debug_cu_index',
        index(codes, ({ dwoId }) => dwoId),
      ),
      ...custom(
        '.debug_tu_index',
        index(types, ({ signature }) => signature),
      ),
    );
    const dwarf = dwarfOf('elf.split64.wasm');
    expect(dwarf.attach(new SplitFile(readModule(pack)))).toBe(1);
    expect(layouts(dwarf, typesOf(dwarf))).toContain('geometry::Point struct 8 { x@0 int; y@4 int }');
    expect(dwarf.diagnostics).toEqual([]);
  });
});
