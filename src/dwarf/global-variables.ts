import { FormatError } from '../base/format-error.ts';
import { At, Tag } from './constants.ts';
import type { Dwarf } from './dwarf.ts';
import { DwarfReader } from './dwarf-reader.ts';
import { FormValue, readForm, skipAttributes } from './forms.ts';
import { readAttributes } from './entry-tree.ts';
import type { Unit } from './unit.ts';

/** A part of a variable that stands in linear memory. */
export interface VariablePiece {
  readonly address: number;
  /** Bytes; undefined where the variable is in one piece. */
  readonly size: number | undefined;
}

/** DW_OP_addr, DW_OP_addrx and DW_OP_piece (DWARF 5, 7.7.1). */
const OP_ADDR = 0x03;
const OP_ADDRX = 0xa1;
const OP_PIECE = 0x93;

/**
 * Where variables of packages stand in linear memory, by name; `names` null: of all. Those that the optimizer took apart have several pieces; those of which nothing is
 * left are not in the map. A damaged unit gives what stands before the damage.
 */
export function globalVariables(
  dwarf: Dwarf,
  names: ReadonlySet<string> | null,
): ReadonlyMap<string, readonly VariablePiece[]> {
  const found = new Map<string, readonly VariablePiece[]>();
  const indexed = names === null ? NO_UNITS : readIndexed(dwarf, names, found);
  for (const header of dwarf.codeUnits()) {
    if (indexed.has(header.offset)) continue;
    const unit = dwarf.unit(header);
    if (unit === undefined) continue;
    try {
      readUnit(unit, names, found);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
  return found;
}

/** Reads what .debug_names tells the place of. Returns the beginnings of the units that it knows whole. */
function readIndexed(
  dwarf: Dwarf,
  names: ReadonlySet<string>,
  into: Map<string, readonly VariablePiece[]>,
): ReadonlySet<number> {
  const { index } = dwarf;
  if (index === undefined) return NO_UNITS;
  const units = new Map(dwarf.headers.map((header) => [header.offset, header]));
  try {
    for (const name of names) {
      for (const { tag, unit: offset, entry } of index.find(name)) {
        const header = tag === Tag.variable ? units.get(offset) : undefined;
        const unit = header && dwarf.unit(header);
        if (unit === undefined) continue;
        const location = readAttributes(unit, entry).attributes.get(At.location);
        const pieces = location?.kind === 'expression' ? readPieces(unit, location) : [];
        if (pieces.length > 0) into.set(name, pieces);
      }
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return NO_UNITS;
  }
  return index.units;
}

const NO_UNITS: ReadonlySet<number> = new Set();

function readUnit(
  unit: Unit,
  names: ReadonlySet<string> | null,
  into: Map<string, readonly VariablePiece[]>,
): void {
  const reader = unit.reader();
  const { abbreviations, header, key } = unit;
  const value = new FormValue();
  const location = new FormValue();
  let depth = 0;
  while (reader.pos < reader.end) {
    const at = reader.pos;
    const code = reader.uleb();
    if (code === 0) {
      if (--depth <= 0) return;
      continue;
    }
    const abbreviation = abbreviations.get(code);
    if (abbreviation === undefined) throw reader.error(`abbreviation ${code} is not in the table`, at);
    const { attributes, forms, implicit } = abbreviation;
    if (abbreviation.tag === Tag.variable && depth === 1) {
      let name: string | undefined;
      let hasLocation = false;
      for (let i = 0; i < attributes.length; i++) {
        const attribute = attributes[i] ?? 0;
        const to = attribute === At.location ? location : value;
        readForm(reader, forms[i] ?? 0, implicit?.[i] ?? 0, header, to);
        if (attribute === At.name) name = unit.string(value);
        else if (attribute === At.location && location.kind === 'expression') hasLocation = true;
      }
      if (name !== undefined && hasLocation && names?.has(name) !== false) {
        const pieces = readPieces(unit, location);
        if (pieces.length > 0) into.set(name, pieces);
      }
    } else skipAttributes(reader, abbreviation, header, key);
    if (abbreviation.hasChildren) depth++;
    else if (depth === 0) return;
  }
}

/** The pieces of an expression of addresses; none where it says anything else. */
function readPieces(unit: Unit, { start, end }: FormValue): VariablePiece[] {
  const reader = new DwarfReader(unit.header.section, start, end);
  const pieces: VariablePiece[] = [];
  while (reader.pos < end) {
    const operation = reader.u8();
    if (operation !== OP_ADDR && operation !== OP_ADDRX) return [];
    const address =
      operation === OP_ADDR ? reader.unsigned(unit.header.addressSize) : unit.addressOfIndex(reader.uleb());
    if (reader.pos >= end) return [...pieces, { address, size: undefined }];
    if (reader.u8() !== OP_PIECE) return [];
    pieces.push({ address, size: reader.uleb() });
  }
  return pieces;
}
