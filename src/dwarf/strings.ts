import { DwarfReader, type DwarfSection } from './dwarf-reader.ts';

/** How often the bytes of a section may be decoded, all its strings together: linkers share the ends of strings, not whole sections. */
const MAX_OVERLAP = 8;
/** Bytes that may be decoded of any section. */
const SMALL = 1 << 16;

/** The strings of one section that were asked for. */
interface Strings {
  readonly known: Map<number, string>;
  /** Bytes that may still be decoded. */
  left: number;
}

const ofSection = new WeakMap<DwarfSection, Strings>();

/**
 * The string at an offset of a section, decoded once. Throws a FormatError where there is none, and where strings begin inside of each other over and over,
 * as only hostile input makes it: each may be as long as the section.
 */
export function stringAt(section: DwarfSection, offset: number): string {
  let strings = ofSection.get(section);
  if (strings === undefined) {
    strings = { known: new Map(), left: Math.max(SMALL, MAX_OVERLAP * section.bytes.length) };
    ofSection.set(section, strings);
  }
  const known = strings.known.get(offset);
  if (known !== undefined) return known;
  const reader = new DwarfReader(section);
  if (offset >= section.bytes.length) throw reader.error('a string outside the section', offset);
  if (strings.left <= 0)
    throw reader.error('the strings lie in each other over and over: they are damaged', offset);
  reader.seek(offset);
  const text = reader.cstring();
  strings.left -= reader.pos - offset;
  strings.known.set(offset, text);
  return text;
}
