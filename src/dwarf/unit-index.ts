import type { FormatError } from '../base/format-error.ts';
import { DwarfReader, type DwarfSection } from './dwarf-reader.ts';

/** DW_SECT_* (DWARF 5, table 7.1); `old` of version 2, GNU's of DWARF 4 (gcc.gnu.org/wiki/DebugFissionDWP). */
const PARTS: ReadonlyMap<number, string> = new Map([
  [1, '.debug_info'],
  [3, '.debug_abbrev'],
  [4, '.debug_line'],
  [5, '.debug_loclists'],
  [6, '.debug_str_offsets'],
  [7, '.debug_macro'],
  [8, '.debug_rnglists'],
]);
const OLD_PARTS: ReadonlyMap<number, string> = new Map([
  [1, '.debug_info'],
  [2, '.debug_types'],
  [3, '.debug_abbrev'],
  [4, '.debug_line'],
  [5, '.debug_loc'],
  [6, '.debug_str_offsets'],
  [7, '.debug_macinfo'],
  [8, '.debug_macro'],
]);

/** What a unit has of a section of the package: [start, end), in bytes from the start of the section. */
export interface UnitPart {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/**
 * `.debug_cu_index` or `.debug_tu_index` of a package (DWARF 5, 7.3.5.3): which parts of its sections belong to which unit. Ids of units, and signatures of
 * type units, are 16 hex digits. Its numbers have four bytes, whether the units are 32- or 64-bit.
 */
export class UnitIndex {
  readonly version: 2 | 5;
  readonly #reader: DwarfReader;
  /** Names of the columns; '' for one that is not known. */
  readonly #columns: readonly string[];
  readonly #rows: ReadonlyMap<string, number>;
  readonly #offsets: number;
  readonly #sizes: number;

  /** Throws a FormatError when the index is broken. */
  constructor(section: DwarfSection) {
    const reader = new DwarfReader(section);
    this.#reader = reader;
    // Four bytes in GNU's version 2, two and two of padding in version 5.
    const version = reader.u32() & 0xffff;
    if (version !== 2 && version !== 5) throw reader.error(`version ${version} of an index is not known`, 0);
    this.version = version;
    const columns = reader.u32();
    const units = reader.u32();
    const slots = reader.u32();
    const left = reader.end - reader.pos;
    if (columns > 64 || 12 * slots + 4 * columns + 8 * columns * units > left)
      throw reader.error(`an index of ${units} units does not fit`, 8);
    const hashes = reader.pos;
    const rows = hashes + 8 * slots;
    const ids = rows + 4 * slots;
    this.#offsets = ids + 4 * columns;
    this.#sizes = this.#offsets + 4 * columns * units;
    const names = version === 2 ? OLD_PARTS : PARTS;
    this.#columns = Array.from(
      { length: columns },
      (_, column) => names.get(this.#number(ids + 4 * column)) ?? '',
    );
    const found = new Map<string, number>();
    for (let slot = 0; slot < slots; slot++) {
      const row = this.#number(rows + 4 * slot);
      if (row === 0) continue;
      if (row > units) throw reader.error(`the index has no row ${row}`, rows + 4 * slot);
      const low = this.#number(hashes + 8 * slot);
      const high = this.#number(hashes + 8 * slot + 4);
      found.set(high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0'), row);
    }
    this.#rows = found;
  }

  /** Ids of all units, in the order of the hash table. */
  get ids(): readonly string[] {
    return [...this.#rows.keys()];
  }

  /** What a unit has of each section; undefined where the package does not have the unit. */
  parts(id: string): readonly UnitPart[] | undefined {
    const row = this.#rows.get(id);
    if (row === undefined) return undefined;
    return this.#columns.flatMap((name, column) => {
      const cell = 4 * ((row - 1) * this.#columns.length + column);
      const start = this.#number(this.#offsets + cell);
      return name === '' ? [] : [{ name, start, end: start + this.#number(this.#sizes + cell) }];
    });
  }

  /** An error at the index as a whole. */
  error(expected: string): FormatError {
    return this.#reader.error(expected, 0);
  }

  #number(at: number): number {
    this.#reader.seek(at);
    return this.#reader.u32();
  }
}
