import { FormatError } from '../base/format-error.ts';
import { DwarfReader } from './dwarf-reader.ts';
import type { LineHeader } from './line-header.ts';
import { NOWHERE } from './ranges.ts';

/** Bits of `LineRows.flags`. */
export const LineFlag = {
  statement: 1,
  basicBlock: 2,
  endSequence: 4,
  prologueEnd: 8,
  epilogueBegin: 16,
} as const;

/** The rows of a line table, as columns (DWARF 5, 6.2.2). A sequence is rows of rising addresses up to one with `endSequence`. */
export interface LineRows {
  readonly count: number;
  /** Code offsets; NOWHERE for what linkers left out. */
  readonly address: Uint32Array;
  readonly line: Uint32Array;
  readonly column: Uint32Array;
  readonly file: Uint32Array;
  readonly flags: Uint8Array;
}

/** A line table: its head, its rows as the program made them, and an order of its sequences by address. */
export class LineTable {
  readonly header: LineHeader;
  readonly rows: LineRows;
  /** Damage in the middle of the program: the rows before it are kept. */
  readonly damage: FormatError | undefined;
  /** First and last row (the one that ends it) of each sequence that has code, by the address where it ends. */
  readonly #first: Uint32Array;
  readonly #last: Uint32Array;

  constructor(header: LineHeader) {
    this.header = header;
    const { rows, damage } = runProgram(header);
    this.rows = rows;
    this.damage = damage;
    const sequences: number[] = [];
    for (let row = 0, first = 0; row < rows.count; row++) {
      if (((rows.flags[row] ?? 0) & LineFlag.endSequence) === 0) continue;
      const low = rows.address[first] ?? 0;
      if (low > 0 && low < (rows.address[row] ?? 0) && low < NOWHERE - 1) sequences.push(first, row);
      first = row + 1;
    }
    const order = Array.from({ length: sequences.length / 2 }, (_, i) => i);
    const endOf = (i: number): number => rows.address[sequences[2 * i + 1] ?? 0] ?? 0;
    order.sort((a, b) => endOf(a) - endOf(b) || a - b);
    this.#first = Uint32Array.from(order, (i) => sequences[2 * i] ?? 0);
    this.#last = Uint32Array.from(order, (i) => sequences[2 * i + 1] ?? 0);
  }

  /** The row that holds for an address; -1 where no sequence has it. */
  rowAt(address: number): number {
    const { rows } = this;
    // The first sequence that ends after the address.
    let low = 0;
    let high = this.#last.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((rows.address[this.#last[middle] ?? 0] ?? 0) <= address) low = middle + 1;
      else high = middle;
    }
    const first = this.#first[low];
    const last = this.#last[low];
    if (first === undefined || last === undefined || (rows.address[first] ?? 0) > address) return -1;
    return lastRowAt(rows, first, last, address);
  }

  /**
   * The last row before an address that lies behind the end of its sequence; -1 where there is none at `from` or after. For tables whose
   * sequences end inside a function.
   */
  rowBefore(address: number, from: number): number {
    const { rows } = this;
    let low = 0;
    let high = this.#last.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((rows.address[this.#last[middle] ?? 0] ?? 0) <= address) low = middle + 1;
      else high = middle;
    }
    const first = this.#first[low - 1];
    const last = this.#last[low - 1];
    if (first === undefined || last === undefined) return -1;
    const row = lastRowAt(rows, first, last, address);
    return (rows.address[row] ?? 0) >= from ? row : -1;
  }
}

/** The last of the rows [first, end) whose address is not above. */
function lastRowAt(rows: LineRows, first: number, end: number, address: number): number {
  let low = first + 1;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows.address[middle] ?? 0) <= address) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

const Lns = {
  extended: 0,
  copy: 1,
  advancePc: 2,
  advanceLine: 3,
  setFile: 4,
  setColumn: 5,
  negateStatement: 6,
  setBasicBlock: 7,
  constAddPc: 8,
  fixedAdvancePc: 9,
  setPrologueEnd: 10,
  setEpilogueBegin: 11,
  setIsa: 12,
} as const;

const Lne = { endSequence: 1, setAddress: 2, defineFile: 3, setDiscriminator: 4 } as const;

/** Columns that grow. Every row takes a byte of the program at least, so they are bounded by it. */
class RowWriter {
  count = 0;
  address = new Uint32Array(256);
  line = new Uint32Array(256);
  column = new Uint32Array(256);
  file = new Uint32Array(256);
  flags = new Uint8Array(256);

  push(address: number, line: number, column: number, file: number, flags: number): void {
    const row = this.count++;
    if (row === this.address.length) this.#grow();
    this.address[row] = address >= NOWHERE ? NOWHERE : address;
    this.line[row] = line;
    this.column[row] = column;
    this.file[row] = file;
    this.flags[row] = flags;
  }

  #grow(): void {
    const larger = (old: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => {
      const grown = new Uint32Array(old.length * 2);
      grown.set(old);
      return grown;
    };
    this.address = larger(this.address);
    this.line = larger(this.line);
    this.column = larger(this.column);
    this.file = larger(this.file);
    const flags = new Uint8Array(this.flags.length * 2);
    flags.set(this.flags);
    this.flags = flags;
  }

  rows(): LineRows {
    const { count } = this;
    return {
      count,
      address: this.address.slice(0, count),
      line: this.line.slice(0, count),
      column: this.column.slice(0, count),
      file: this.file.slice(0, count),
      flags: this.flags.slice(0, count),
    };
  }
}

/** Runs a line number program (DWARF 5, 6.2.5). */
function runProgram(header: LineHeader): { rows: LineRows; damage: FormatError | undefined } {
  const reader = new DwarfReader(header.section, header.program, header.end);
  const writer = new RowWriter();
  const { minimumInstructionLength: unit, lineBase, lineRange, opcodeBase, addressSize } = header;
  const initial = header.defaultIsStatement ? LineFlag.statement : 0;
  let damage: FormatError | undefined;
  let address = 0;
  let line = 1;
  let column = 0;
  let file = 1;
  let flags: number = initial;
  /** Flags that hold for one row only. */
  const once = ~(LineFlag.basicBlock | LineFlag.prologueEnd | LineFlag.epilogueBegin);
  const restart = (): void => {
    address = 0;
    line = 1;
    column = 0;
    file = 1;
    flags = initial;
  };
  try {
    while (reader.pos < reader.end) {
      const opcode = reader.u8();
      if (opcode >= opcodeBase) {
        if (lineRange === 0)
          throw reader.error('a special opcode in a table without a range of lines', reader.pos - 1);
        const adjusted = opcode - opcodeBase;
        address += Math.floor(adjusted / lineRange) * unit;
        line += lineBase + (adjusted % lineRange);
        writer.push(address, line, column, file, flags);
        flags &= once;
        continue;
      }
      switch (opcode) {
        case Lns.extended: {
          const length = reader.uleb();
          const start = reader.pos;
          if (length > reader.end - start) throw reader.error(`an instruction of ${length} bytes`, start);
          const end = start + length;
          if (length === 0) break;
          switch (reader.u8()) {
            case Lne.endSequence:
              writer.push(address, line, column, file, flags | LineFlag.endSequence);
              restart();
              break;
            case Lne.setAddress: {
              const size = length - 1;
              address = size === 4 || size === 8 ? reader.unsigned(size) : reader.unsigned(addressSize);
              break;
            }
            case Lne.defineFile:
              header.files.push({ name: reader.cstring(), directory: reader.uleb(), md5: '' });
              break;
            default:
              break;
          }
          reader.seek(end);
          break;
        }
        case Lns.copy:
          writer.push(address, line, column, file, flags);
          flags &= once;
          break;
        case Lns.advancePc:
          address += reader.uleb() * unit;
          break;
        case Lns.advanceLine:
          line += reader.sleb();
          break;
        case Lns.setFile:
          file = reader.uleb();
          break;
        case Lns.setColumn:
          column = reader.uleb();
          break;
        case Lns.negateStatement:
          flags ^= LineFlag.statement;
          break;
        case Lns.setBasicBlock:
          flags |= LineFlag.basicBlock;
          break;
        case Lns.constAddPc:
          if (lineRange !== 0) address += Math.floor((255 - opcodeBase) / lineRange) * unit;
          break;
        case Lns.fixedAdvancePc:
          address += reader.u16();
          break;
        case Lns.setPrologueEnd:
          flags |= LineFlag.prologueEnd;
          break;
        case Lns.setEpilogueBegin:
          flags |= LineFlag.epilogueBegin;
          break;
        case Lns.setIsa:
          reader.skipLeb();
          break;
        default:
          for (let i = header.operands[opcode - 1] ?? 0; i > 0; i--) reader.skipLeb();
      }
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    damage = error;
  }
  return { rows: writer.rows(), damage };
}
