import { FormatError } from '../base/format-error.ts';
import { moduleOffset } from '../base/units.ts';
import { ByteReader } from './byte-reader.ts';
import type { Section } from './types.ts';

/** Section ids of the binary format (core specification 2.0, 5.5.2; the tag section is of exception handling). */
export const SectionId = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

const NAMES: readonly string[] = [
  'custom',
  'Type',
  'Import',
  'Function',
  'Table',
  'Memory',
  'Global',
  'Export',
  'Start',
  'Element',
  'Code',
  'Data',
  'DataCount',
  'Tag',
];

// A real module has some dozens; damaged bytes that read as millions of empty sections end the walk instead.
const MAX_SECTIONS = 10_000;
const MAX_BROKEN_SECTIONS = 50;

/**
 * Walks the section headers. A section that runs past the end of the file is cut there; a header that cannot be read ends the
 * walk, as nothing says where the next one starts. `report` gets each such error.
 */
export function readSections(bytes: Uint8Array, report: (error: unknown) => void): Section[] {
  const sections: Section[] = [];
  const reader = new ByteReader(bytes, 'section header', 8);
  let broken = 0;
  try {
    while (reader.remaining > 0) {
      const offset = reader.pos;
      if (sections.length >= MAX_SECTIONS || broken >= MAX_BROKEN_SECTIONS) {
        throw reader.error(broken > 0 ? `too many broken sections` : `more than ${MAX_SECTIONS} sections`);
      }
      const id = reader.u8('a section id');
      const declared = reader.u32('a section size');
      let contentStart = reader.pos;
      const contentEnd = Math.min(contentStart + declared, bytes.length);
      let name = NAMES[id] ?? `unknown ${id}`;
      if (contentEnd - contentStart < declared) {
        report(
          new FormatError(
            `${name} section`,
            offset,
            `says ${declared} bytes, the file has ${bytes.length - contentStart} left`,
          ),
        );
      }
      if (id >= NAMES.length) {
        broken++;
        report(new FormatError('section header', offset, `unknown section id ${id}`));
      }
      if (id === SectionId.custom) {
        const content = new ByteReader(bytes, 'custom section', contentStart, contentEnd);
        try {
          name = content.name('the section name');
          contentStart = content.pos;
        } catch (error) {
          broken++;
          report(error);
        }
      }
      sections.push({
        id,
        name,
        custom: id === SectionId.custom,
        offset: moduleOffset(offset),
        size: contentEnd - offset,
        contentStart: moduleOffset(contentStart),
        contentEnd: moduleOffset(contentEnd),
      });
      reader.pos = contentEnd;
    }
  } catch (error) {
    report(error);
  }
  return sections;
}
