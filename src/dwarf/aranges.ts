import { FormatError } from '../base/format-error.ts';
import { DwarfReader, type DwarfSection } from './dwarf-reader.ts';
import { addRange, noRanges, type RangeSink } from './ranges.ts';

/** The code of one unit, as .debug_aranges says it. */
export interface ArangeSet extends RangeSink {
  /** Offset of the unit in .debug_info. */
  readonly unit: number;
}

/** Reads .debug_aranges (DWARF 5, 6.1.2). A broken set is reported and ends where its length says. */
export function readArangeSets(section: DwarfSection, report: (error: FormatError) => void): ArangeSet[] {
  const sets: ArangeSet[] = [];
  const reader = new DwarfReader(section);
  while (reader.pos < section.bytes.length) {
    const start = reader.pos;
    let end = section.bytes.length;
    try {
      const length = reader.unitEnd();
      end = length.end;
      const version = reader.u16();
      if (version !== 2) throw reader.error(`version ${version} of .debug_aranges is not known`, start);
      const unit = reader.offset(length.is64);
      const size = reader.u8();
      if ((size !== 4 && size !== 8) || reader.u8() !== 0)
        throw reader.error('addresses of a size that WebAssembly does not have', start);
      // Pairs are aligned to their size from the first byte of the set.
      const pair = 2 * size;
      reader.skip((pair - ((reader.pos - start) % pair)) % pair);
      const set: ArangeSet = { unit, ...noRanges() };
      sets.push(set);
      while (reader.pos < end) {
        const low = reader.unsigned(size);
        const bytes = reader.unsigned(size);
        if (low === 0 && bytes === 0) break;
        addRange(set, low, low + bytes);
      }
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      report(error);
    }
    reader.seek(end);
  }
  return sets;
}
