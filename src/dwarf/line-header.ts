import { LineContent } from './constants.ts';
import { DwarfReader, type DwarfSection } from './dwarf-reader.ts';
import { FormValue, readForm, type Encoding } from './forms.ts';
import type { DwarfSections } from './sections.ts';
import { stringAt } from './strings.ts';

/** A file of a line table. */
export interface LineFile {
  readonly name: string;
  /** Index in `directories`. */
  readonly directory: number;
  /** 32 hex digits; '' without. */
  readonly md5: string;
}

/** The head of a line table (DWARF 5, 6.2.4). */
export interface LineHeader extends Encoding {
  readonly section: DwarfSection;
  /** Position of the first instruction, and of the first byte after the table. */
  readonly program: number;
  readonly end: number;
  readonly minimumInstructionLength: number;
  readonly defaultIsStatement: boolean;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  /** Operands of each standard opcode, from opcode 1 on. */
  readonly operands: Uint8Array;
  /** Index 0 is the directory of the compilation, '' before DWARF 5. */
  readonly directories: readonly string[];
  /**
   * By the numbers that the program uses: from 1 before DWARF 5, from 0 in it; then index 0 is undefined before DWARF 5. The program of a table of DWARF 2
   * to 4 may add more (DW_LNE_define_file).
   */
  readonly files: (LineFile | undefined)[];
}

/**
 * Reads the head of the line table at an offset of .debug_line, versions 2 to 5. `addressSize` is the unit's, for versions that do not say
 * it. Throws a FormatError when it is broken.
 */
export function readLineHeader(
  sections: DwarfSections,
  name: string,
  offset: number,
  addressSize: number,
): LineHeader {
  const section = sections.need(name);
  const whole = new DwarfReader(section);
  whole.seek(Math.min(offset, section.bytes.length));
  const { end, is64 } = whole.unitEnd();
  const reader = new DwarfReader(section, whole.pos, end);
  const versionAt = reader.pos;
  const version = reader.u16();
  if (version < 2 || version > 5)
    throw reader.error(`version ${version} of a line table is not known`, versionAt);
  let size = addressSize;
  if (version >= 5) {
    size = reader.u8();
    if (reader.u8() !== 0) throw reader.error('addresses with segments');
  }
  const headerLength = reader.offset(is64);
  const program = reader.pos + headerLength;
  if (program > end) throw reader.error(`the head says ${headerLength} bytes, ${end - reader.pos} left`);
  const minimumInstructionLength = reader.u8();
  // Operations an instruction: only for machines that bundle them.
  if (version >= 4) reader.u8();
  const defaultIsStatement = reader.u8() !== 0;
  const lineBase = reader.i8();
  const lineRange = reader.u8();
  const opcodeBase = reader.u8();
  const operands = new Uint8Array(Math.max(0, opcodeBase - 1));
  for (let i = 0; i < operands.length; i++) operands[i] = reader.u8();
  const encoding: Encoding = { version, is64, addressSize: size };
  const lists = version >= 5 ? readLists5(reader, encoding, sections) : readLists(reader);
  return {
    section,
    program,
    end,
    ...encoding,
    minimumInstructionLength,
    defaultIsStatement,
    lineBase,
    lineRange,
    opcodeBase,
    operands,
    ...lists,
  };
}

type Lists = Pick<LineHeader, 'directories' | 'files'>;

function readLists(reader: DwarfReader): Lists {
  const directories = [''];
  for (let name = reader.cstring(); name !== ''; name = reader.cstring()) directories.push(name);
  const files: (LineFile | undefined)[] = [undefined];
  for (let name = reader.cstring(); name !== ''; name = reader.cstring()) {
    const directory = reader.uleb();
    reader.skipLeb();
    reader.skipLeb();
    files.push({ name, directory, md5: '' });
  }
  return { directories, files };
}

function readLists5(reader: DwarfReader, encoding: Encoding, sections: DwarfSections): Lists {
  const directories = readList(reader, encoding, sections).map(({ name }) => name);
  return { directories, files: readList(reader, encoding, sections) };
}

/** A list whose columns are described before it. */
function readList(reader: DwarfReader, encoding: Encoding, sections: DwarfSections): LineFile[] {
  const columns: { content: number; form: number }[] = [];
  for (let i = reader.u8(); i > 0; i--) columns.push({ content: reader.uleb(), form: reader.uleb() });
  const at = reader.pos;
  const count = reader.uleb();
  // Every column of an entry takes a byte at least.
  if (count * Math.max(1, columns.length) > reader.end - reader.pos)
    throw reader.error(`${count} entries do not fit the table`, at);
  const value = new FormValue();
  const list: LineFile[] = [];
  for (let i = 0; i < count; i++) {
    let name = '';
    let directory = 0;
    let md5 = '';
    for (const { content, form } of columns) {
      readForm(reader, form, 0, encoding, value);
      if (content === LineContent.path) name = stringOf(reader, form, value, sections);
      else if (content === LineContent.directoryIndex) directory = value.number;
      else if (content === LineContent.md5 && value.kind === 'block')
        md5 = hex(reader.bytes.subarray(value.start, value.end));
    }
    list.push({ name, directory, md5 });
  }
  return list;
}

function stringOf(reader: DwarfReader, form: number, value: FormValue, sections: DwarfSections): string {
  if (value.kind === 'string') return stringAt(reader.section, value.start);
  if (value.kind === 'lineStringOffset') return stringAt(sections.need('.debug_line_str'), value.number);
  if (value.kind === 'stringOffset') return stringAt(sections.need('.debug_str'), value.number);
  // An index would need the unit's base, which a line table does not have (DWARF 5, 6.2.4.1 allows it in .debug_line.dwo alone).
  throw reader.error(`form 0x${form.toString(16)} is none of a file name`);
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * The path of a file: absolute where the table or `compDir` (the unit's directory) allows it, else as far as it is told. Undefined for a
 * number that the table does not have.
 */
export function pathOfFile(header: LineHeader, index: number, compDir: string): string | undefined {
  const file = header.files[index];
  if (file === undefined) return undefined;
  if (isAbsolute(file.name)) return file.name;
  const directory = header.directories[file.directory] ?? '';
  if (isAbsolute(directory)) return join(directory, file.name);
  const isCompilation = header.version >= 5 && file.directory === 0;
  return join(isCompilation ? '' : compDir, join(directory, file.name));
}

/** POSIX and Windows. */
const isAbsolute = (path: string): boolean => /^(?:[/\\]|[a-zA-Z]:[/\\])/.test(path);

const join = (directory: string, name: string): string =>
  directory === '' ? name : `${directory}${/[/\\]$/.test(directory) ? '' : '/'}${name}`;
