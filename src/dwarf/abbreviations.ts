import { FormatError } from '../base/format-error.ts';
import { Form } from './constants.ts';
import { DwarfReader, type DwarfSection } from './dwarf-reader.ts';

/** What an entry of one kind holds: tag, and its attributes in order. */
export interface Abbreviation {
  readonly code: number;
  readonly tag: number;
  readonly hasChildren: boolean;
  /** DW_AT_* and DW_FORM_* of each attribute. */
  readonly attributes: Uint16Array;
  readonly forms: Uint16Array;
  /** The values of DW_FORM_implicit_const, 0 elsewhere; undefined when there is none. */
  readonly implicit: Float64Array | undefined;
  /** The bytes of all attributes, where no form's size depends on what stands there; -1 else. Set for one unit shape, see `fixedSize`. */
  readonly sizes: Map<number, number>;
}

/** One table of abbreviations, by code. */
export type Abbreviations = ReadonlyMap<number, Abbreviation>;

/** More attributes than any compiler gives one entry. An entry may take one byte and have so many, whose forms take none. */
const MAX_ATTRIBUTES = 256;

/**
 * Reads the table of abbreviations that begins at an offset of .debug_abbrev (DWARF 5, 7.5.3). Throws a FormatError when it is broken;
 * the entries of a table take at least three bytes each, so memory is bounded by the section. `spend` is called for each entry and each attribute, and
 * throws a FormatError when tables lie in each other over and over.
 */
export function readAbbreviations(
  section: DwarfSection,
  offset: number,
  spend: (reader: DwarfReader) => void,
): Abbreviations {
  const reader = new DwarfReader(section);
  if (offset >= section.bytes.length)
    throw new FormatError(section.name, section.fileOffset + offset, 'expected a table of abbreviations');
  reader.seek(offset);
  const table = new Map<number, Abbreviation>();
  const attributes: number[] = [];
  const forms: number[] = [];
  const implicit: number[] = [];
  for (;;) {
    const code = reader.uleb();
    if (code === 0) return table;
    spend(reader);
    const tag = reader.uleb();
    const hasChildren = reader.u8() !== 0;
    attributes.length = forms.length = implicit.length = 0;
    let hasImplicit = false;
    for (;;) {
      const at = reader.pos;
      const attribute = reader.uleb();
      const form = reader.uleb();
      if (attribute === 0 && form === 0) break;
      spend(reader);
      if (attribute > 0xffff || form > 0xffff) throw reader.error('no attribute has such a number', at);
      if (attributes.length >= MAX_ATTRIBUTES) throw reader.error('too many attributes', at);
      attributes.push(attribute);
      forms.push(form);
      const isImplicit = form === Form.implicitConst;
      implicit.push(isImplicit ? reader.sleb() : 0);
      hasImplicit ||= isImplicit;
    }
    // The first of a code counts.
    if (table.has(code)) continue;
    table.set(code, {
      code,
      tag,
      hasChildren,
      attributes: Uint16Array.from(attributes),
      forms: Uint16Array.from(forms),
      implicit: hasImplicit ? Float64Array.from(implicit) : undefined,
      sizes: new Map(),
    });
  }
}
