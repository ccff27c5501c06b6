import { WIRE_LEN, WIRE_VARINT, type ProtoReader } from './proto-reader.ts';

/** Fields of message Profile. */
export const ProfileField = {
  sampleType: 1,
  sample: 2,
  mapping: 3,
  location: 4,
  function: 5,
  string: 6,
  dropFrames: 7,
  keepFrames: 8,
  timeNanos: 9,
  durationNanos: 10,
  periodType: 11,
  period: 12,
  comment: 13,
  defaultSampleType: 14,
  docUrl: 15,
} as const;

/** Calls `read` for each value of a repeated number, packed or not; `read` has to take it from the reader. */
export function eachNumber(reader: ProtoReader, what: string, read: () => void): void {
  if (reader.wire === WIRE_VARINT) {
    read();
    return;
  }
  reader.expect(WIRE_LEN, what);
  const { end } = reader;
  const length = reader.length(what);
  reader.end = reader.pos + length;
  while (reader.pos < reader.end) read();
  reader.end = end;
}

/** Reads an index of the string table. */
export function stringIndex(reader: ProtoReader, strings: readonly string[], what: string): number {
  reader.expect(WIRE_VARINT, what);
  const at = reader.pos;
  return checkString(reader, strings, reader.int64(what), what, at);
}

/** Checks an index of the string table, which was read at `at`. */
export function checkString(
  reader: ProtoReader,
  strings: readonly string[],
  index: number,
  what: string,
  at = reader.pos,
): number {
  if (index < 0 || index >= strings.length) {
    throw reader.error(what, `string ${index} is none of the ${strings.length} in the string table`, at);
  }
  return index;
}

/** Calls `read` for each field of the message that begins here, and moves behind it. */
export function eachField(reader: ProtoReader, what: string, read: (field: number) => void): void {
  reader.expect(WIRE_LEN, what);
  const { end } = reader;
  const length = reader.length(what);
  const stop = reader.pos + length;
  reader.end = stop;
  while (reader.next(what)) read(reader.field);
  reader.pos = stop;
  reader.end = end;
}
