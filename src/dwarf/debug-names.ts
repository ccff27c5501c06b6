import { FormatError } from '../base/format-error.ts';
import { DwarfReader, type DwarfSection } from './dwarf-reader.ts';
import { FormValue, readForm, type Encoding } from './forms.ts';
import type { DwarfSections } from './sections.ts';
import { stringAt } from './strings.ts';

/** What an index says of a name. */
export interface NamedEntry {
  /** DW_TAG_*. */
  readonly tag: number;
  /** Where its unit begins in .debug_info, and where the entry stands in it. */
  readonly unit: number;
  readonly entry: number;
}

/** DW_IDX_* (DWARF 5, 6.1.1.4.8). */
const Index = { compileUnit: 1, typeUnit: 2, dieOffset: 3 } as const;

/** What entries of one abbreviation hold. */
interface IndexAbbreviation {
  readonly tag: number;
  readonly attributes: readonly { readonly index: number; readonly form: number }[];
}

/** One table of the section: the names of some units. Positions are bytes from the start of the section. */
interface Table {
  readonly section: DwarfSection;
  readonly end: number;
  readonly encoding: Encoding;
  readonly units: readonly number[];
  readonly bucketCount: number;
  readonly nameCount: number;
  readonly buckets: number;
  readonly hashes: number;
  readonly strings: number;
  readonly entries: number;
  readonly abbreviations: ReadonlyMap<number, IndexAbbreviation>;
  /** Where the entries of names count from. */
  readonly pool: number;
}

/** Attributes of one abbreviation; producers write three or four. */
const MAX_ATTRIBUTES = 64;
/** Entries of one name. */
const MAX_ENTRIES = 1 << 16;

/** The index of names of .debug_names (DWARF 5, 6.1.1): where entries stand, without reading their units. */
export class DebugNames {
  readonly #sections: DwarfSections;
  readonly #tables: Table[] = [];

  /** A table that is broken is reported and left out. */
  constructor(sections: DwarfSections, report: (error: FormatError) => void) {
    this.#sections = sections;
    const section = sections.get('.debug_names');
    if (section === undefined) return;
    const reader = new DwarfReader(section);
    while (reader.pos < section.bytes.length) {
      let end = section.bytes.length;
      try {
        const unit = reader.unitEnd();
        end = unit.end;
        this.#tables.push(readTable(new DwarfReader(section, reader.pos, end), unit.is64));
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        report(error);
      }
      reader.seek(end);
    }
  }

  /** Where the units begin whose names are all in the index. */
  get units(): ReadonlySet<number> {
    return new Set(this.#tables.flatMap(({ units }) => units));
  }

  /** The entries of a name. Throws a FormatError where the index is broken. */
  find(name: string): NamedEntry[] {
    const bytes = new TextEncoder().encode(name);
    const hash = hashOf(bytes);
    return this.#tables.flatMap((table) => this.#findIn(table, name, hash));
  }

  #findIn(table: Table, name: string, hash: number): NamedEntry[] {
    const { bucketCount, nameCount } = table;
    const number = (at: number): number => {
      const reader = new DwarfReader(table.section, 0, table.end);
      reader.seek(at);
      return reader.u32();
    };
    const bucket = hash % Math.max(1, bucketCount);
    // Counted from 1; without buckets all names are looked at.
    const first = bucketCount === 0 ? 1 : number(table.buckets + 4 * bucket);
    if (first === 0) return [];
    for (let i = first - 1; i < nameCount; i++) {
      if (bucketCount > 0) {
        const other = number(table.hashes + 4 * i);
        if (other % bucketCount !== bucket) return [];
        if (other !== hash) continue;
      }
      if (this.#nameAt(table, i) === name) return this.#entriesOf(table, i);
    }
    return [];
  }

  /** All names with their entries, in the order of the index. Throws a FormatError where it is broken. */
  *all(): Generator<{ readonly name: string; readonly entries: readonly NamedEntry[] }> {
    for (const table of this.#tables)
      for (let i = 0; i < table.nameCount; i++)
        yield { name: this.#nameAt(table, i), entries: this.#entriesOf(table, i) };
  }

  #nameAt(table: Table, name: number): string {
    return stringAt(this.#sections.need('.debug_str'), offsetAt(table, table.strings, name));
  }

  #entriesOf(table: Table, name: number): NamedEntry[] {
    const reader = new DwarfReader(table.section, 0, table.end);
    reader.seek(table.pool + offsetAt(table, table.entries, name));
    const found: NamedEntry[] = [];
    const value = new FormValue();
    for (;;) {
      const at = reader.pos;
      const code = reader.uleb();
      if (code === 0) return found;
      const abbreviation = table.abbreviations.get(code);
      if (abbreviation === undefined) throw reader.error(`abbreviation ${code} is not in the table`, at);
      if (found.length >= MAX_ENTRIES) throw reader.error('too many entries of one name', at);
      let unit: number | undefined = table.units.length === 1 ? table.units[0] : undefined;
      let entry = 0;
      let isType = false;
      for (const { index, form } of abbreviation.attributes) {
        readForm(reader, form, 0, table.encoding, value);
        if (index === Index.compileUnit) unit = table.units[value.number];
        else if (index === Index.typeUnit) isType = true;
        else if (index === Index.dieOffset) entry = value.number;
      }
      // Entries of type units are found by signature.
      if (unit !== undefined && !isType) found.push({ tag: abbreviation.tag, unit, entry: unit + entry });
    }
  }
}

function readTable(reader: DwarfReader, is64: boolean): Table {
  const { section, end } = reader;
  const at = reader.pos;
  const version = reader.u16();
  if (version !== 5) throw reader.error(`version ${version} of .debug_names is not known`, at);
  reader.u16();
  const size = is64 ? 8 : 4;
  const unitCount = reader.u32();
  const localTypes = reader.u32();
  const foreignTypes = reader.u32();
  const bucketCount = reader.u32();
  const nameCount = reader.u32();
  const abbreviationBytes = reader.u32();
  reader.skip(Math.ceil(reader.u32() / 4) * 4);
  const needed =
    size * (unitCount + localTypes + 2 * nameCount) +
    8 * foreignTypes +
    4 * (bucketCount + (bucketCount > 0 ? nameCount : 0)) +
    abbreviationBytes;
  if (needed > end - reader.pos) throw reader.error(`${nameCount} names do not fit the table`, at);
  const units = Array.from({ length: unitCount }, () => reader.offset(is64));
  reader.skip(size * localTypes + 8 * foreignTypes);
  const buckets = reader.pos;
  const hashes = buckets + 4 * bucketCount;
  const strings = hashes + (bucketCount > 0 ? 4 * nameCount : 0);
  const entries = strings + size * nameCount;
  const pool = entries + size * nameCount + abbreviationBytes;
  const abbreviations = readIndexAbbreviations(new DwarfReader(section, pool - abbreviationBytes, pool));
  const encoding = { version: 5, is64, addressSize: 4 };
  const places = { buckets, hashes, strings, entries, pool };
  return { section, end, encoding, units, bucketCount, nameCount, abbreviations, ...places };
}

function readIndexAbbreviations(reader: DwarfReader): ReadonlyMap<number, IndexAbbreviation> {
  const found = new Map<number, IndexAbbreviation>();
  while (reader.pos < reader.end) {
    const code = reader.uleb();
    if (code === 0) break;
    const tag = reader.uleb();
    const attributes: { index: number; form: number }[] = [];
    for (;;) {
      const at = reader.pos;
      const index = reader.uleb();
      const form = reader.uleb();
      if (index === 0 && form === 0) break;
      if (attributes.length >= MAX_ATTRIBUTES) throw reader.error('too many attributes', at);
      attributes.push({ index, form });
    }
    if (!found.has(code)) found.set(code, { tag, attributes });
  }
  return found;
}

function offsetAt({ section, end, encoding }: Table, column: number, row: number): number {
  const reader = new DwarfReader(section, 0, end);
  reader.seek(column + row * (encoding.is64 ? 8 : 4));
  return reader.offset(encoding.is64);
}

/** The hash of a name (DWARF 5, 7.33): upper case as lower, of ASCII; other letters are not folded, and a name with them may not be found. */
function hashOf(bytes: Uint8Array): number {
  let hash = 5381;
  for (const byte of bytes)
    hash = (Math.imul(hash, 33) + (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)) >>> 0;
  return hash;
}
