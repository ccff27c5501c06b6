import { FormatError } from '../base/format-error.ts';
import { UnitType } from './constants.ts';
import { DwarfReader, type DwarfSection } from './dwarf-reader.ts';
import type { Encoding } from './forms.ts';

/** The head of a unit of .debug_info or .debug_types (DWARF 5, 7.5.1). Positions are bytes from the start of the section. */
export interface UnitHeader extends Encoding {
  readonly section: DwarfSection;
  /** First byte of the unit: references inside it count from here. */
  readonly offset: number;
  /** First byte after the unit. */
  readonly end: number;
  /** The unit's root entry. */
  readonly root: number;
  /** DW_UT_*; of DWARF 2 to 4 `compile`, or `type` in .debug_types. */
  readonly type: number;
  /** Offset of its table in .debug_abbrev. */
  readonly abbreviations: number;
  /** Of a skeleton or split unit: which unit of the other file belongs to it. 16 hex digits; '' without. */
  readonly dwoId: string;
  /** Of a type unit: its signature, 16 hex digits; '' without. */
  readonly signature: string;
  /** Of a type unit: where the type stands, in bytes from `offset`; 0 without. */
  readonly typeOffset: number;
}

/**
 * Finds the units of a section. A unit whose head is broken is reported and left out; where even its length cannot be read, so are all
 * after it.
 */
export function readUnitHeaders(section: DwarfSection, report: (error: FormatError) => void): UnitHeader[] {
  const units: UnitHeader[] = [];
  const reader = new DwarfReader(section);
  const inTypes = section.name.startsWith('.debug_types');
  while (reader.pos < section.bytes.length) {
    const offset = reader.pos;
    let end = section.bytes.length;
    try {
      const length = reader.unitEnd();
      end = length.end;
      // Linkers pad with zeros.
      if (end === reader.pos) continue;
      units.push(readHeader(new DwarfReader(section, reader.pos, end), offset, length.is64, inTypes));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      report(error);
    }
    reader.seek(end);
  }
  return units;
}

function readHeader(reader: DwarfReader, offset: number, is64: boolean, inTypes: boolean): UnitHeader {
  const at = reader.pos;
  const version = reader.u16();
  if (version < 2 || version > 5) throw reader.error(`DWARF version ${version} is not known`, at);
  let type: number = inTypes ? UnitType.type : UnitType.compile;
  let addressSize: number;
  let abbreviations: number;
  if (version >= 5) {
    type = reader.u8();
    addressSize = reader.u8();
    abbreviations = reader.offset(is64);
  } else {
    abbreviations = reader.offset(is64);
    addressSize = reader.u8();
  }
  if (addressSize !== 4 && addressSize !== 8) throw reader.error(`addresses of ${addressSize} bytes`, at);
  let dwoId = '';
  let signature = '';
  let typeOffset = 0;
  if (type === UnitType.skeleton || type === UnitType.splitCompile) dwoId = hex8(reader);
  else if (type === UnitType.type || type === UnitType.splitType) {
    signature = hex8(reader);
    typeOffset = reader.offset(is64);
  } else if (type !== UnitType.compile && type !== UnitType.partial) {
    throw reader.error(`unit type ${type} is not known`, at);
  }
  return {
    section: reader.section,
    offset,
    end: reader.end,
    root: reader.pos,
    version,
    is64,
    addressSize,
    type,
    abbreviations,
    dwoId,
    signature,
    typeOffset,
  };
}

/** Eight bytes as a number of 64 bits, in 16 hex digits. */
export function hex8(reader: DwarfReader): string {
  const high = reader.u32();
  return reader.u32().toString(16).padStart(8, '0') + high.toString(16).padStart(8, '0');
}
