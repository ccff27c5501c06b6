import { ProfileField } from './fields.ts';
import { PlainCursor } from './plain-cursor.ts';
import { WIRE_LEN, type ProtoReader } from './proto-reader.ts';

/** More rows than any table of a real profile has; what has more is refused before it is read. */
const MAX_ROWS = 1 << 24;
/** More binaries than a process maps. */
const MAX_MAPPINGS = 1 << 16;
/** Runs that are shorter are gone through row by row. */
const MIN_RUN = 64;

/** Where the rows of a profile's tables are. Writers put the rows of one table one after the other: those of others are passed over at once. */
export class RowRuns {
  readonly samples: number;
  readonly mappings: number;
  readonly locations: number;
  readonly functions: number;
  readonly strings: number;
  readonly sampleTypes: number;
  /** Where a run of rows of one table begins -> its end. */
  readonly #ends = new Map<number, number>();

  /** Counts the rows. Throws a FormatError where the file is damaged, and where it has more than any profile. */
  constructor(reader: ProtoReader) {
    const counts = new Array<number>(ProfileField.docUrl + 1).fill(0);
    rewind(reader);
    let runField = 0;
    let runStart = 0;
    let runRows = 0;
    const { bytes } = reader;
    const cursor = new PlainCursor(bytes);
    for (let start = 0; ; start = reader.pos) {
      let field = 0;
      const tag = bytes[start] ?? 0;
      // A message or text with one of the first fifteen numbers, as nearly all rows are.
      if (tag < 0x80 && (tag & 7) === WIRE_LEN && tag > 7) {
        cursor.pos = start + 1;
        const end = cursor.messageEnd(bytes.length);
        if (end >= 0) {
          field = tag >> 3;
          reader.pos = end;
        }
      }
      if (field === 0) {
        if (!reader.next('profile')) break;
        ({ field } = reader);
        reader.skip('profile');
      }
      if (field !== runField) {
        if (runRows >= MIN_RUN) this.#ends.set(runStart, start);
        runField = field;
        runStart = start;
        runRows = 0;
      }
      runRows++;
      if (field < counts.length) {
        const count = (counts[field] ?? 0) + 1;
        const most = field === ProfileField.mapping ? MAX_MAPPINGS : MAX_ROWS;
        if (count > most) throw reader.error('profile', `field ${field} is there more than ${most} times`);
        counts[field] = count;
      }
    }
    if (runRows >= MIN_RUN) this.#ends.set(runStart, reader.pos);
    const of = (field: number): number => counts[field] ?? 0;
    this.samples = of(ProfileField.sample);
    this.mappings = of(ProfileField.mapping);
    this.locations = of(ProfileField.location);
    this.functions = of(ProfileField.function);
    this.strings = of(ProfileField.string);
    this.sampleTypes = of(ProfileField.sampleType);
  }

  /** Passes over the row whose tag was read last, and over all others of its table that follow. `start`: where its tag begins. */
  skip(reader: ProtoReader, start: number): void {
    const end = this.#ends.get(start);
    if (end === undefined) reader.skip('profile');
    else reader.pos = end;
  }
}

/** Goes back to the beginning of the file. */
export function rewind(reader: ProtoReader): void {
  reader.pos = 0;
  reader.end = reader.bytes.length;
}
