import { FormatError } from '../base/format-error.ts';
import type { Abbreviations } from './abbreviations.ts';
import { At, UnitType } from './constants.ts';
import { DwarfReader } from './dwarf-reader.ts';
import { encodingKey, exactConstant, FormValue, readForm } from './forms.ts';
import {
  listOfIndex,
  addRange,
  noRanges,
  readRangeList,
  readRanges,
  type RangeContext,
  type RangeSink,
} from './ranges.ts';
import { everywhere, readLocationList, readLocations, type LocationList } from './locations.ts';
import type { DwarfSections } from './sections.ts';
import { stringAt } from './strings.ts';
import type { UnitHeader } from './unit-headers.ts';

/** What units share: the sections, and how much of their lists may be read in all. */
export interface UnitContext {
  readonly sections: DwarfSections;
  /** The table at an offset of .debug_abbrev; throws a FormatError when it is broken. */
  abbreviations(offset: number): Abbreviations;
  /** Called for each entry of a list of ranges. */
  spend(reader: DwarfReader): void;
  /** Of the units of a .dwo or .dwp: the skeleton that they belong to, which has their addresses. */
  readonly skeleton?: Unit | undefined;
}

/** What the root entry of a unit says. */
export interface UnitRoot {
  readonly tag: number;
  readonly name: string;
  readonly compDir: string;
  readonly producer: string;
  /** DW_LANG_*; 0 when unknown. */
  readonly language: number;
  /** Offset in .debug_line; undefined without a line table. */
  readonly lineTable: number | undefined;
  /** The file that holds the rest of a skeleton unit; '' when the unit is whole. */
  readonly dwoName: string;
  /** Of a skeleton or split unit: which belong together, 16 hex digits; '' without. */
  readonly dwoId: string;
  /** Base of addresses in range and location lists: its low_pc, or 0. */
  readonly base: number;
  /** Code of the unit; empty when the root does not say it. */
  readonly ranges: RangeSink;
  readonly hasRanges: boolean;
}

interface Bases {
  readonly strOffsets: number;
  readonly addr: number;
  readonly rnglists: number;
  readonly loclists: number;
  /** Of GNU's split DWARF 4: where the ranges of the other file count from in .debug_ranges. */
  readonly ranges: number;
}

/** One unit of .debug_info: its root entry, and its forms' values turned into strings, addresses and ranges. */
export class Unit {
  readonly header: UnitHeader;
  readonly context: UnitContext;
  readonly abbreviations: Abbreviations;
  readonly key: number;
  readonly root: UnitRoot;
  readonly bases: Bases;

  /** Throws a FormatError when abbreviations or root entry are broken. */
  constructor(header: UnitHeader, context: UnitContext) {
    this.header = header;
    this.context = context;
    this.key = encodingKey(header);
    this.abbreviations = context.abbreviations(header.abbreviations);
    const entry = this.#rootValues();
    const number = (at: number): number | undefined => entry.values.get(at)?.number;
    // Without a base DWARF 5 counts from behind the head of the first table (LLVM does so in split units).
    const behindHead = header.version < 5 ? 0 : header.is64 ? 16 : 8;
    const behindListHead = header.version < 5 ? 0 : header.is64 ? 20 : 12;
    this.bases = {
      strOffsets: number(At.strOffsetsBase) ?? behindHead,
      addr: context.skeleton?.bases.addr ?? number(At.addrBase) ?? number(At.gnuAddrBase) ?? behindHead,
      rnglists: number(At.rnglistsBase) ?? number(At.gnuRangesBase) ?? behindListHead,
      loclists: number(At.loclistsBase) ?? behindListHead,
      ranges: number(At.gnuRangesBase) ?? 0,
    };
    const { skeleton } = context;
    const text = (at: number): string => {
      const value = entry.values.get(at);
      return value === undefined ? '' : (this.string(value) ?? '');
    };
    const low = entry.values.get(At.lowPc);
    const base = low === undefined ? (skeleton?.root.base ?? 0) : this.address(low);
    this.root = {
      tag: entry.tag,
      name: text(At.name),
      compDir: text(At.compDir),
      producer: text(At.producer),
      language: number(At.language) ?? 0,
      lineTable: number(At.stmtList),
      dwoName: skeleton === undefined ? text(At.dwoName) || text(At.gnuDwoName) : '',
      dwoId: header.dwoId || dwoIdOf(entry.values.get(At.gnuDwoId), header.section.bytes),
      base,
      ranges: noRanges(),
      hasRanges: entry.values.has(At.ranges) || (low !== undefined && entry.values.has(At.highPc)),
    };
    const { ranges } = this.root;
    const list = entry.values.get(At.ranges);
    if (list !== undefined) this.addRanges(list, ranges, base);
    else if (low !== undefined) this.addLowHigh(base, entry.values.get(At.highPc), ranges);
  }

  get isSkeleton(): boolean {
    return this.header.type === UnitType.skeleton || this.root.dwoName !== '';
  }

  /** A reader of this unit's entries. */
  reader(position: number = this.header.root): DwarfReader {
    return new DwarfReader(this.header.section, position, this.header.end);
  }

  /** The string of a value; undefined when it is none, or in a file that is not here. Throws a FormatError when it is broken. */
  string(value: FormValue): string | undefined {
    const { sections } = this.context;
    if (value.kind === 'string') return stringAt(this.header.section, value.start);
    if (value.kind === 'stringOffset') return stringAt(sections.need('.debug_str'), value.number);
    if (value.kind === 'lineStringOffset') return stringAt(sections.need('.debug_line_str'), value.number);
    if (value.kind !== 'stringIndex') return undefined;
    const offsets = sections.need('.debug_str_offsets');
    const reader = new DwarfReader(offsets);
    const size = this.header.is64 ? 8 : 4;
    reader.seek(Math.min(this.bases.strOffsets + value.number * size, offsets.bytes.length));
    return stringAt(sections.need('.debug_str'), reader.offset(this.header.is64));
  }

  /** The address of a value of kind `address` or `addressIndex`; 0, where no code is, for others. */
  address(value: FormValue): number {
    if (value.kind === 'address') return value.number;
    return value.kind === 'addressIndex' ? this.addressOfIndex(value.number) : 0;
  }

  /** The address of an index of .debug_addr (DWARF 5, 7.27). */
  addressOfIndex(index: number): number {
    const section = this.context.sections.need('.debug_addr');
    const reader = new DwarfReader(section);
    reader.seek(Math.min(this.bases.addr + index * this.header.addressSize, section.bytes.length));
    return reader.unsigned(this.header.addressSize);
  }

  /** Adds [low, high): `high` is an address, or from DWARF 4 on a length (DWARF 5, 2.17.2). */
  addLowHigh(low: number, high: FormValue | undefined, sink: RangeSink): void {
    if (high === undefined) return;
    const isAddress = high.kind === 'address' || high.kind === 'addressIndex';
    addRange(sink, low, isAddress ? this.address(high) : low + high.number);
  }

  /** Adds the ranges of a DW_AT_ranges value. `base`: the unit's low_pc. */
  addRanges(value: FormValue, sink: RangeSink, base: number = this.root.base): void {
    const { sections } = this.context;
    const context = this.#lists(base);
    if (this.header.version < 5) {
      // In GNU's split DWARF 4 the offsets of the .dwo count from a base of the skeleton; in the skeleton itself from 0.
      const start = this.context.skeleton?.bases.ranges ?? 0;
      readRanges(sections.need('.debug_ranges'), start + value.number, context, sink);
      return;
    }
    const section = sections.need('.debug_rnglists');
    const offset =
      value.kind === 'rangeIndex'
        ? listOfIndex(section, this.bases.rnglists, value.number, this.header.is64)
        : value.number;
    readRangeList(section, offset, context, sink);
  }

  /**
   * Where something is, as an attribute says it: an expression, or a list of them. Undefined where the value is neither. Throws a FormatError when
   * the list is broken.
   */
  locations(value: FormValue): LocationList | undefined {
    const { version } = this.header;
    if (value.kind === 'expression' || (value.kind === 'block' && version < 4))
      return everywhere({
        section: this.header.section,
        start: value.start,
        end: value.end,
        encoding: this.header,
      });
    const { sections } = this.context;
    if (value.kind === 'locationIndex') {
      const section = sections.need('.debug_loclists');
      const offset = listOfIndex(section, this.bases.loclists, value.number, this.header.is64);
      return readLocationList(section, offset, this.#lists());
    }
    // Before DWARF 4 offsets of lists are plain numbers.
    if (value.kind !== 'sectionOffset' && (value.kind !== 'constant' || version >= 4)) return undefined;
    if (version >= 5) return readLocationList(sections.need('.debug_loclists'), value.number, this.#lists());
    const section = sections.need('.debug_loc');
    return this.context.skeleton !== undefined
      ? readLocationList(section, value.number, this.#lists())
      : readLocations(section, value.number, this.#lists());
  }

  #lists(base: number = this.root.base): RangeContext {
    return {
      encoding: this.header,
      base,
      address: (index) => this.addressOfIndex(index),
      spend: (reader) => {
        this.context.spend(reader);
      },
    };
  }

  #rootValues(): { tag: number; values: Map<number, FormValue> } {
    const reader = this.reader();
    const at = reader.pos;
    const abbreviation = this.abbreviations.get(reader.uleb());
    if (abbreviation === undefined)
      throw new FormatError(
        this.header.section.name,
        this.header.section.fileOffset + at,
        'the unit has no root entry',
      );
    const values = new Map<number, FormValue>();
    const { attributes, forms, implicit } = abbreviation;
    for (let i = 0; i < attributes.length; i++) {
      const value = new FormValue();
      readForm(reader, forms[i] ?? 0, implicit?.[i] ?? 0, this.header, value);
      values.set(attributes[i] ?? 0, value);
    }
    return { tag: abbreviation.tag, values };
  }
}

/** DW_AT_GNU_dwo_id of split DWARF 4. */
const dwoIdOf = (value: FormValue | undefined, bytes: Uint8Array): string =>
  value === undefined ? '' : exactConstant(value, bytes).toString(16).padStart(16, '0');
