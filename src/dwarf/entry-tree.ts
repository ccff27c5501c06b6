import { FormatError } from '../base/format-error.ts';
import type { Abbreviation } from './abbreviations.ts';
import type { DwarfReader } from './dwarf-reader.ts';
import { FormValue, readForm, skipAttributes } from './forms.ts';
import type { Unit } from './unit.ts';

/** Levels of entries; compilers nest a few dozen. */
const MAX_DEPTH = 1 << 16;

/** The attributes of one entry, by DW_AT_*; the first of a number counts. */
export type Attributes = ReadonlyMap<number, FormValue>;

/** Where all entries of a unit stand and how they are nested, in the order of the section. Attributes are read when asked for. */
export class EntryTree {
  readonly unit: Unit;
  readonly count: number;
  /** Position of each entry in the unit's section, rising. */
  readonly position: Uint32Array;
  /** DW_TAG_* of each entry. */
  readonly tag: Uint16Array;
  /** The entry around it; -1 for the root. */
  readonly parent: Int32Array;
  /** The first entry behind it and all that it holds. */
  readonly next: Uint32Array;
  /** Damage in the middle of the unit: what stands before it is kept. */
  readonly damage: FormatError | undefined;

  constructor(unit: Unit) {
    this.unit = unit;
    const position: number[] = [];
    const tag: number[] = [];
    const parent: number[] = [];
    const next: number[] = [];
    const around: number[] = [];
    const reader = unit.reader();
    let damage: FormatError | undefined;
    try {
      while (reader.pos < reader.end) {
        const at = reader.pos;
        const code = reader.uleb();
        if (code === 0) {
          const closed = around.pop();
          if (closed !== undefined) next[closed] = position.length;
          if (around.length === 0) break;
          continue;
        }
        const abbreviation = unit.abbreviations.get(code);
        if (abbreviation === undefined) throw reader.error(`abbreviation ${code} is not in the table`, at);
        skipAttributes(reader, abbreviation, unit.header, unit.key);
        const index = position.length;
        position.push(at);
        tag.push(abbreviation.tag);
        parent.push(around.at(-1) ?? -1);
        next.push(index + 1);
        if (abbreviation.hasChildren) {
          if (around.length >= MAX_DEPTH) throw reader.error('entries are nested too deep', at);
          around.push(index);
        } else if (around.length === 0) break;
      }
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      damage = error;
    }
    for (const open of around) next[open] = position.length;
    this.count = position.length;
    this.position = Uint32Array.from(position);
    this.tag = Uint16Array.from(tag);
    this.parent = Int32Array.from(parent);
    this.next = Uint32Array.from(next);
    this.damage = damage;
  }

  /** The entry that begins at a position; -1 where none does. */
  indexOf(position: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.position[middle] ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return this.position[low] === position ? low : -1;
  }

  /** The entries right below one, in order. */
  *children(index: number): Generator<number> {
    const end = this.next[index] ?? 0;
    for (let child = index + 1; child < end; child = Math.max(child + 1, this.next[child] ?? 0)) yield child;
  }

  /** The attributes of an entry. Throws a FormatError when one is broken. */
  attributes(index: number): Attributes {
    return readAttributes(this.unit, this.position[index] ?? 0).attributes;
  }
}

/** Reads the entry at a position of a unit. Throws a FormatError when it is broken. */
export function readAttributes(
  unit: Unit,
  position: number,
): { readonly abbreviation: Abbreviation; readonly attributes: Attributes } {
  const reader: DwarfReader = unit.reader(position);
  const abbreviation = unit.abbreviations.get(reader.uleb());
  if (abbreviation === undefined) throw reader.error('expected an entry', position);
  const values = new Map<number, FormValue>();
  const { attributes, forms, implicit } = abbreviation;
  for (let i = 0; i < attributes.length; i++) {
    const value = new FormValue();
    readForm(reader, forms[i] ?? 0, implicit?.[i] ?? 0, unit.header, value);
    const attribute = attributes[i] ?? 0;
    if (!values.has(attribute)) values.set(attribute, value);
  }
  return { abbreviation, attributes: values };
}
