import { ProfileField } from './fields.ts';
import { PlainCursor } from './plain-cursor.ts';
import { WIRE_LEN, type ProtoReader } from './proto-reader.ts';
import { rewind, type RowRuns } from './row-runs.ts';

/**
 * Reads the string table. All texts are decoded at once as one, which the strings are parts of: that costs far less than to decode each.
 */
export function readStrings(reader: ProtoReader, rows: RowRuns): string[] {
  const { bytes } = reader;
  const cursor = new PlainCursor(bytes);
  const count = rows.strings;
  /** Where the text of each row begins and ends in the file. */
  const starts = new Uint32Array(count);
  const ends = new Uint32Array(count);
  let row = 0;
  let length = 0;
  rewind(reader);
  while (row < count) {
    const start = reader.pos;
    cursor.pos = start + 1;
    let stop =
      bytes[start] === ((ProfileField.string << 3) | WIRE_LEN) ? cursor.messageEnd(bytes.length) : -1;
    let at = cursor.pos;
    if (stop < 0) {
      if (!reader.next('profile')) break;
      if (reader.field !== ProfileField.string) {
        rows.skip(reader, start);
        continue;
      }
      reader.expect(WIRE_LEN, 'string_table');
      const size = reader.length('string_table');
      at = reader.pos;
      stop = at + size;
    }
    if (row === 0 && at !== stop) {
      throw reader.error('string_table', 'expected the first string to be empty', start + 1);
    }
    starts[row] = at;
    ends[row] = stop;
    row++;
    length += stop - at;
    reader.pos = stop;
  }
  if (row === 0) return [''];
  const joined = new Uint8Array(length);
  for (let i = 0, to = 0; i < row; i++) {
    const text = bytes.subarray(starts[i], ends[i]);
    joined.set(text, to);
    to += text.length;
  }
  const all = new TextDecoder().decode(joined);
  // One character for each byte: then characters are where their bytes are, whatever bytes they are.
  const aligned = all.length === length;
  const strings: string[] = [];
  const utf8 = new TextDecoder();
  for (let i = 0, from = 0; i < row; i++) {
    const start = starts[i] ?? 0;
    const end = ends[i] ?? 0;
    strings.push(aligned ? all.slice(from, from + end - start) : utf8.decode(bytes.subarray(start, end)));
    from += end - start;
  }
  return strings;
}
