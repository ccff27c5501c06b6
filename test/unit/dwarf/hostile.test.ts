// DWARF that was made to cost: what it costs is counted, in steps of the reader and in bytes of what it makes, and is in proportion to the sections. Each
// case is a real module in which the numbers that lead somewhere were changed.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/base/format-error.ts';
import { At, Tag } from '../../../src/dwarf/constants.ts';
import { Dwarf } from '../../../src/dwarf/dwarf.ts';
import { DwarfReader, type DwarfSection } from '../../../src/dwarf/dwarf-reader.ts';
import { DwarfSections, dwarfSections } from '../../../src/dwarf/sections.ts';
import { SplitFile } from '../../../src/dwarf/split-file.ts';
import { UnitIndex } from '../../../src/dwarf/unit-index.ts';
import { typeName } from '../../../src/dwarf/type-names.ts';
import { variablesOf } from '../../../src/dwarf/variables.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { llvmModule } from '../../support/llvm-fixtures.ts';

/** Calls of the reader's methods since the last case; a string counts by its bytes. */
let steps = 0;
const METHODS = ['u8', 'u16', 'u32', 'skip', 'seek', 'skipCstring'] as const;
const original = new Map<string, unknown>();

beforeAll(() => {
  for (const name of METHODS) {
    const method: (this: DwarfReader, ...args: number[]) => unknown = DwarfReader.prototype[name];
    original.set(name, method);
    Object.assign(DwarfReader.prototype, {
      [name](this: DwarfReader, ...args: number[]): unknown {
        const before = this.pos;
        const value = method.apply(this, args);
        steps += name === 'skipCstring' ? this.pos - before : 1;
        return value;
      },
    });
  }
});
afterAll(() => {
  Object.assign(DwarfReader.prototype, Object.fromEntries(original));
});
beforeEach(() => {
  steps = 0;
});

/** Steps that a byte of the sections may cost, when all that there is is read. */
const STEPS_A_BYTE = 40;
/** Bytes of columns: a row of a line table has 17 and takes one, and each is read four times at most. */
const BYTES_A_BYTE = 80;

/** Reads all of units, functions, lines, types and variables; returns what was wrong, and how many bytes the columns that were made have. */
function readAll(dwarf: Dwarf): { errors: readonly FormatError[]; made: number } {
  let made = 0;
  for (const header of dwarf.headers) {
    const scopes = dwarf.scopes(header);
    const tree = dwarf.tree(header);
    const rows = dwarf.lineTable(header)?.rows;
    made += 32 * (scopes?.count ?? 0) + 8 * (scopes?.low.length ?? 0) + 14 * (tree?.count ?? 0);
    made += 17 * (rows?.count ?? 0);
    for (const entry of scopes?.entry ?? []) {
      dwarf.facts(header, entry);
      variablesOf(dwarf, header, entry);
    }
    for (let i = 0; i < (tree?.count ?? 0); i++) {
      const type = dwarf.attempt(() => tree?.attributes(i).get(At.type));
      if (type !== undefined) typeName(dwarf.types, dwarf.resolve(header, type));
    }
  }
  dwarf.attempt(() => dwarf.index?.find('first'));
  for (let address = 1; address < 3000; address += 7) dwarf.framesAt(address);
  return { errors: dwarf.diagnostics, made };
}

/** Reads all, and holds what it cost against the size of the sections. */
function within(dwarf: Dwarf): readonly FormatError[] {
  const { errors, made } = readAll(dwarf);
  const bytes = dwarf.sections.byteLength;
  expect(steps).toBeLessThan(STEPS_A_BYTE * bytes + 100_000);
  expect(made).toBeLessThan(BYTES_A_BYTE * bytes + 10_000);
  for (const { section, offset } of errors) {
    expect(section).toMatch(/^\.debug_/);
    expect(offset).toBeGreaterThanOrEqual(0);
  }
  return errors;
}

const sectionsOf = (name: string): DwarfSection[] => {
  const sections = dwarfSections(readModule(llvmModule(name)));
  return sections.names.map((section) => sections.need(section));
};

/** The module's sections with the bytes of some replaced. */
const withBytes = (name: string, changed: Readonly<Record<string, Uint8Array>>): DwarfSections =>
  new DwarfSections([
    ...sectionsOf(name).map((section) => ({ ...section, bytes: changed[section.name] ?? section.bytes })),
    ...Object.entries(changed)
      .filter(([section]) => sectionsOf(name).every((one) => one.name !== section))
      .map(([section, bytes]) => ({ name: section, bytes, fileOffset: 0 })),
  ]);

const bytesOf = (name: string, section: string): Uint8Array =>
  sectionsOf(name)
    .find((one) => one.name === section)
    ?.bytes.slice() ?? new Uint8Array();

const join = (...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

const u32 = (value: number): number[] => [
  value & 255,
  (value >>> 8) & 255,
  (value >>> 16) & 255,
  value >>> 24,
];

const INTACT = [
  'tinygo.unknown.0',
  'c.dwarf4.o2',
  'c.types5.o1.wasm',
  'cpp.whole5.wasm',
  'rust.o2.wasm',
  'elf.names.wasm',
];

describe.each(INTACT)('%s', (name) => {
  it('costs so many steps when it is whole', () => {
    expect(within(new Dwarf(new DwarfSections(sectionsOf(name))))).toEqual([]);
    expect(steps).toBeGreaterThan(1000);
  });
});

describe('truncated units', () => {
  it.each(['c.dwarf2.o1', 'c.dwarf4.o2', 'c.types5.o1.wasm', 'cpp.whole5.wasm', 'elf64.4.wasm'])(
    '%s: cut anywhere, each unit has one diagnostic at most',
    (name) => {
      const info = bytesOf(name, '.debug_info');
      const units = new Dwarf(new DwarfSections(sectionsOf(name))).headers;
      for (let end = 0; end < info.length; end += info.length > 700 ? 3 : 1) {
        steps = 0;
        const dwarf = new Dwarf(withBytes(name, { '.debug_info': info.subarray(0, end) }));
        const errors = within(dwarf).filter(({ section }) => section === '.debug_info');
        const cut = units.findIndex((unit) => end < unit.end);
        // Units before it are whole; it ends before its length says, and so it is left out with all behind it.
        expect(dwarf.headers).toHaveLength(cut);
        expect(errors.length).toBe(end === units[cut]?.offset ? 0 : 1);
      }
    },
  );

  it('a unit whose entries go on to its end without one that closes them is kept', () => {
    const info = bytesOf('c.dwarf4.o2', '.debug_info');
    const [unit] = new Dwarf(new DwarfSections(sectionsOf('c.dwarf4.o2'))).headers;
    // The length says less than there is: the rest is no unit.
    const view = new DataView(info.buffer);
    for (let end = 12; end < (unit?.end ?? 0) - 1; end++) {
      steps = 0;
      view.setUint32(0, end - 4, true);
      const dwarf = new Dwarf(withBytes('c.dwarf4.o2', { '.debug_info': info.subarray(0, end) }));
      // All of what stands there is said once, whoever reads it.
      expect(within(dwarf).filter(({ section }) => section === '.debug_info').length).toBeLessThanOrEqual(1);
      expect(dwarf.headers).toHaveLength(1);
    }
  });
});

describe('LEB128 of more than 64 bits', () => {
  const endless = new Uint8Array(12).fill(0xff);

  it.each([
    ['.debug_abbrev', 0],
    ['.debug_info', 11],
  ])('in %s: one diagnostic, and where it stands', (section, at) => {
    const bytes = bytesOf('c.dwarf4.o2', section);
    bytes.set(endless, at);
    const { fileOffset = 0 } = sectionsOf('c.dwarf4.o2').find((one) => one.name === section) ?? {};
    const errors = within(new Dwarf(withBytes('c.dwarf4.o2', { [section]: bytes })));
    expect(errors.map(({ message }) => message)).toEqual([
      `${section} at offset 0x${(fileOffset + at).toString(16)}: LEB128 of more than 64 bits`,
    ]);
  });

  it('in a line program: the rows before it are kept, and one diagnostic says where', () => {
    const intact = new Dwarf(new DwarfSections(sectionsOf('c.dwarf4.o2')));
    const [header] = intact.headers;
    const table = header && intact.lineTable(header);
    if (table === undefined) throw new Error('no line table');
    const bytes = bytesOf('c.dwarf4.o2', '.debug_line');
    // DW_LNS_advance_pc in the middle of the program.
    const at = Math.floor((table.header.program + table.header.end) / 2);
    bytes.set([2, ...endless], at);
    const dwarf = new Dwarf(withBytes('c.dwarf4.o2', { '.debug_line': bytes }));
    const errors = within(dwarf);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.message).toMatch(/^\.debug_line at offset 0x[0-9a-f]+: LEB128 of more than 64 bits$/);
    const [again] = dwarf.headers;
    const rows = again && dwarf.lineTable(again)?.rows;
    expect(rows?.count).toBeGreaterThan(5);
    expect(rows?.count).toBeLessThan(table.rows.count);
  });
});

describe('absurd counts', () => {
  const only = (sections: DwarfSections, pattern: RegExp): void => {
    const errors = within(new Dwarf(sections));
    expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(pattern)]);
  };

  it.each([
    [0xffffffef, /^\.debug_info at offset 0x[0-9a-f]+: the unit says 4294967279 bytes, \d+ left$/],
    [0xfffffff0, /^\.debug_info at offset 0x[0-9a-f]+: 0xfffffff0 is no length of a unit$/],
    [0xffffffff, /^\.debug_info at offset 0x[0-9a-f]+: the unit says \d+ bytes, \d+ left$/],
  ])('a unit of 0x%x bytes', (length, pattern) => {
    const info = bytesOf('c.dwarf4.o2', '.debug_info');
    new DataView(info.buffer).setUint32(0, length, true);
    only(withBytes('c.dwarf4.o2', { '.debug_info': info }), pattern);
  });

  it('attributes of an abbreviation, each of a form without bytes', () => {
    // Code 1, a subprogram without children, 300 times DW_AT_external DW_FORM_flag_present.
    const flags = Array.from({ length: 300 }, () => [0x3f, 0x19]).flat();
    const abbrev = join([1, Tag.subprogram, 0], flags, [0, 0, 0]);
    only(
      withBytes('c.dwarf4.o2', { '.debug_abbrev': abbrev }),
      /^\.debug_abbrev at offset 0x[0-9a-f]+: too many attributes$/,
    );
  });

  it.each([
    ['directories', 1],
    ['files', 2],
  ])('%s of a line table', (_, which) => {
    const name = 'c.types5.o1.wasm';
    const line = bytesOf(name, '.debug_line');
    const opcodes = line[17] ?? 0;
    // Behind the standard opcodes: number of columns, two LEB128 each, then how many entries there are.
    let at = 18 + opcodes - 1;
    const skipList = (): number => {
      const columns = line[at] ?? 0;
      return at + 1 + 2 * columns;
    };
    let count = skipList();
    if (which === 2) {
      // Directories are offsets of four bytes into .debug_line_str.
      at = count + 1 + 4 * (line[count] ?? 0);
      count = skipList();
    }
    const changed = join(
      line.subarray(0, count),
      new Uint8Array(8).fill(0xff),
      [0x7f],
      line.subarray(count + 9),
    );
    only(
      withBytes(name, { '.debug_line': changed }),
      /^\.debug_line at offset 0x[0-9a-f]+: \d+ entries do not fit the table$/,
    );
  });

  it('columns of a list of files that take no bytes', () => {
    const name = 'c.types5.o1.wasm';
    const line = bytesOf(name, '.debug_line');
    const at = 18 + (line[17] ?? 0) - 1;
    // 255 columns of DW_FORM_flag_present, and as many directories as bytes are left.
    const columns = join([255], Array.from({ length: 255 }, () => [1, 0x19]).flat());
    const rest = 4000;
    const head = join(
      line.subarray(0, at),
      columns,
      [(rest & 0x7f) | 0x80, rest >>> 7],
      new Uint8Array(rest + 600),
    );
    const view = new DataView(head.buffer);
    view.setUint32(0, head.length - 4, true);
    view.setUint32(8, head.length - 12, true);
    only(
      withBytes(name, { '.debug_line': head }),
      /^\.debug_line at offset 0x[0-9a-f]+: 4000 entries do not fit the table$/,
    );
  });

  it('names of an index', () => {
    const names = bytesOf('elf.names.wasm', '.debug_names');
    new DataView(names.buffer).setUint32(24, 0xffffffff, true);
    only(
      withBytes('elf.names.wasm', { '.debug_names': names }),
      /^\.debug_names at offset 0x[0-9a-f]+: 4294967295 names do not fit the table$/,
    );
  });

  it('units and slots of the index of a package', () => {
    const { sections } = readModule(llvmModule('c.split5.dwp'));
    const bytes = llvmModule('c.split5.dwp');
    const found = sections.find(({ name }) => name === '.debug_cu_index');
    if (found === undefined) throw new Error('no index');
    for (const at of [4, 8, 12]) {
      const index = bytes.slice(found.contentStart, found.contentEnd);
      new DataView(index.buffer).setUint32(at, 0xffffffff, true);
      steps = 0;
      expect(() => new UnitIndex({ name: '.debug_cu_index', bytes: index, fileOffset: 7 })).toThrow(
        /^\.debug_cu_index at offset 0xf: an index of \d+ units does not fit$/,
      );
      expect(steps).toBeLessThan(50);
    }
  });

  it('indexes far behind the tables of .debug_addr, .debug_str_offsets, .debug_rnglists and .debug_loclists', () => {
    for (const section of ['.debug_addr', '.debug_str_offsets', '.debug_rnglists', '.debug_loclists']) {
      steps = 0;
      const name = 'cpp.whole5.wasm';
      const errors = within(new Dwarf(withBytes(name, { [section]: new Uint8Array(8) })));
      expect(errors.length).toBeGreaterThan(0);
      // One for each unit, but for what its entries ask for one by one.
      for (const error of errors) expect(error).toBeInstanceOf(FormatError);
    }
  });
});

describe('what is in proportion to nothing', () => {
  /** Many units of DWARF 4, each with a root of one attribute or two. */
  function units(
    count: number,
    root: (unit: number) => readonly number[],
    abbrev = (_: number): number => 0,
  ): Uint8Array {
    return join(
      ...Array.from({ length: count }, (_, unit) => {
        const entry = root(unit);
        return [...u32(7 + entry.length), 4, 0, ...u32(abbrev(unit)), 4, ...entry];
      }),
    );
  }

  it('line tables that lie in each other', () => {
    // Each table is a head, and a program that the next table stands in: 400 heads of 32 bytes, and rows behind them.
    const count = 400;
    const rows = 8000;
    const headSize = 32;
    const size = count * headSize + rows;
    const line = new Uint8Array(size).fill(1);
    for (let i = 0; i < count; i++) {
      const at = i * headSize;
      // Length, version 4, length of the head, 1, 1, 1, -5, 14, opcode base 1, no directories and files; then DW_LNS_copy.
      line.set([...u32(size - at - 4), 4, 0, ...u32(8), 1, 1, 1, 0xfb, 14, 1, 0, 0], at);
    }
    // DW_TAG_compile_unit with DW_AT_stmt_list as DW_FORM_sec_offset.
    const abbrev = Uint8Array.of(1, Tag.compileUnit, 0, At.stmtList, 0x17, 0, 0, 0);
    const info = units(count, (unit) => [1, ...u32(unit * headSize)]);
    const errors = within(
      new Dwarf(
        new DwarfSections([
          { name: '.debug_info', bytes: info, fileOffset: 0 },
          { name: '.debug_abbrev', bytes: abbrev, fileOffset: 0 },
          { name: '.debug_line', bytes: line, fileOffset: 0 },
        ]),
      ),
    );
    expect(
      errors.some(({ message }) =>
        message.endsWith('the line tables are read over and over: they are damaged'),
      ),
    ).toBe(true);
  });

  it('tables of abbreviations that lie in each other', () => {
    const count = 2000;
    // One entry after the other, of three bytes and the end of its attributes.
    const abbrev = join(
      ...Array.from({ length: count }, (_, i) => [1 + (i % 100), Tag.compileUnit, 0, 0, 0]),
      [0],
    );
    const info = units(
      count,
      () => [1],
      (unit) => 5 * unit,
    );
    const errors = within(
      new Dwarf(
        new DwarfSections([
          { name: '.debug_info', bytes: info, fileOffset: 0 },
          { name: '.debug_abbrev', bytes: abbrev, fileOffset: 0 },
        ]),
      ),
    );
    expect(
      errors.some(({ message }) =>
        message.endsWith('the tables of abbreviations are read over and over: they are damaged'),
      ),
    ).toBe(true);
  });

  it('names that lie in each other', () => {
    const count = 4000;
    const text = new Uint8Array(60_000).fill(0x61);
    text[text.length - 1] = 0;
    // A unit with functions: name as DW_FORM_strp, low_pc, and high_pc as a length.
    const abbrev = Uint8Array.of(
      ...[1, Tag.compileUnit, 1, 0, 0],
      ...[2, Tag.subprogram, 0, At.name, 0x0e, At.lowPc, 0x01, At.highPc, 0x0b, 0, 0, 0],
    );
    const functions = Array.from({ length: count }, (_, i) => [2, ...u32(i), ...u32(16 + 4 * i), 4]).flat();
    const info = units(1, () => [1, ...functions, 0]);
    const dwarf = new Dwarf(
      new DwarfSections([
        { name: '.debug_info', bytes: info, fileOffset: 0 },
        { name: '.debug_abbrev', bytes: abbrev, fileOffset: 0 },
        { name: '.debug_str', bytes: text, fileOffset: 0 },
      ]),
    );
    expect(
      within(dwarf).some(({ message }) =>
        message.endsWith('the strings lie in each other over and over: they are damaged'),
      ),
    ).toBe(true);
    // The first ones have their names.
    expect(dwarf.framesAt(16)[0]?.facts.name).toHaveLength(text.length - 1);
  });

  it('ranges that are read over and over', () => {
    const count = 2000;
    const ranges = new Uint8Array(8 * 4000 + 8);
    const view = new DataView(ranges.buffer);
    for (let i = 0; i < 4000; i++) {
      view.setUint32(8 * i, 8 * i + 1, true);
      view.setUint32(8 * i + 4, 8 * i + 3, true);
    }
    const abbrev = Uint8Array.of(
      ...[1, Tag.compileUnit, 1, 0, 0],
      ...[2, Tag.subprogram, 0, At.ranges, 0x17, 0, 0, 0],
    );
    const info = units(1, () => [1, ...Array.from({ length: count }, () => [2, ...u32(0)]).flat(), 0]);
    const errors = within(
      new Dwarf(
        new DwarfSections([
          { name: '.debug_info', bytes: info, fileOffset: 0 },
          { name: '.debug_abbrev', bytes: abbrev, fileOffset: 0 },
          { name: '.debug_ranges', bytes: ranges, fileOffset: 0 },
        ]),
      ),
    );
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^\.debug_ranges at offset 0x[0-9a-f]+: the lists of ranges or locations are read over and over: they are damaged$/,
      ),
    ]);
  });
});

it('a package that is cut anywhere is read to its end', () => {
  const bytes = llvmModule('c.split5.dwp');
  const whole = readModule(bytes);
  for (const { name, contentStart, contentEnd } of whole.sections) {
    for (let end: number = contentStart; end < contentEnd; end += 29) {
      steps = 0;
      const cut = bytes.slice();
      // What is cut is zero: the module's own sections stay where they are.
      cut.fill(0, end, contentEnd);
      const dwarf = new Dwarf(dwarfSections(readModule(llvmModule('c.split5.wasm'))));
      const file = dwarf.attempt(() => new SplitFile(readModule(cut)));
      if (file !== undefined) dwarf.attach(file);
      const { errors } = readAll(dwarf);
      expect(steps, name).toBeLessThan(STEPS_A_BYTE * (bytes.length + 3000) + 100_000);
      for (const error of errors) expect(error.section).toMatch(/^\.debug_/);
    }
  }
});
