import { eachField, ProfileField } from './fields.ts';
import { GrowingF64, GrowingU32 } from './growing.ts';
import type { IdMap } from './id-map.ts';
import { PlainCursor } from './plain-cursor.ts';
import type { LocationTable } from './profile.ts';
import { WIRE_LEN, WIRE_VARINT, type ProtoReader } from './proto-reader.ts';
import { rewind, type RowRuns } from './row-runs.ts';

/** What rows may refer to. */
export interface Ids {
  readonly strings: readonly string[];
  readonly mappings: IdMap;
  readonly functions: IdMap;
  readonly locations: IdMap;
}

/** Fields of messages Location and Line. */
const LOCATION_ID = 1;
const LOCATION_MAPPING = 2;
const LOCATION_ADDRESS = 3;
const LOCATION_LINE = 4;
const LOCATION_FOLDED = 5;
const LINE_FUNCTION = 1;
const LINE_NUMBER = 2;
const LINE_COLUMN = 3;

/** Reads all messages Location. */
export function readLocations(reader: ProtoReader, ids: Ids, rows: RowRuns): LocationTable {
  const count = rows.locations;
  const address = new BigUint64Array(count);
  const halves = new Uint32Array(address.buffer);
  const mapping = new Int32Array(count).fill(-1);
  const folded = new Uint8Array(count);
  const lineStart = new Uint32Array(count + 1);
  const lineFunction = new GrowingU32(count);
  const lineNumber = new GrowingF64(count);
  const lineColumn = new GrowingF64(count);
  let lineAt = 0;
  let found = -1;
  let line = 0;
  let column = 0;
  const readLineField = (field: number): void => {
    if (field < LINE_FUNCTION || field > LINE_COLUMN) {
      reader.skip('location.line');
      return;
    }
    reader.expect(WIRE_VARINT, 'location.line');
    const value = field === LINE_FUNCTION ? reader.varint('line.function_id') : reader.int64('location.line');
    if (field === LINE_NUMBER) line = value;
    else if (field === LINE_COLUMN) column = value;
    else {
      found = ids.functions.find(reader, value);
      if (found < 0) throw reader.error('line.function_id', `there is no function with id ${value}`, lineAt);
    }
  };
  const readLine = (): void => {
    lineAt = reader.pos;
    found = -1;
    line = 0;
    column = 0;
    eachField(reader, 'location.line', readLineField);
    if (found < 0) throw reader.error('location.line', 'expected the id of a function', lineAt);
    lineFunction.push(found);
    lineNumber.push(line);
    lineColumn.push(column);
  };
  let row = 0;
  let at = 0;
  let idsSeen = 0;
  const readField = (field: number): void => {
    if (field === LOCATION_LINE) {
      readLine();
      return;
    }
    if (field < LOCATION_ID || field > LOCATION_FOLDED) {
      reader.skip('location');
      return;
    }
    reader.expect(WIRE_VARINT, 'location');
    const value = reader.varint('location');
    if (field === LOCATION_ID) {
      ids.locations.add(reader, value, row, at);
      idsSeen++;
    } else if (field === LOCATION_ADDRESS) {
      // Little-endian, as every machine with WebAssembly.
      halves[row * 2] = reader.low;
      halves[row * 2 + 1] = reader.high;
    } else if (field === LOCATION_FOLDED) folded[row] = value === 0 ? 0 : 1;
    else if (value !== 0) {
      const found = ids.mappings.find(reader, value);
      if (found < 0) throw reader.error('location.mapping_id', `there is no mapping with id ${value}`, at);
      mapping[row] = found;
    }
  };
  const { bytes } = reader;
  const cursor = new PlainCursor(bytes);
  /** Reads the line that ends at `stop` where it has the form that nearly all have; false otherwise. */
  const readPlainLine = (stop: number): boolean => {
    let name = -1;
    let number = 0;
    let place = 0;
    while (cursor.pos < stop) {
      const tag = bytes[cursor.pos++];
      const value = cursor.number();
      if (value < 0) return false;
      if (tag === LINE_FUNCTION << 3) name = ids.functions.findPlain(value);
      else if (tag === LINE_NUMBER << 3) number = value;
      else if (tag === LINE_COLUMN << 3) place = value;
      else return false;
    }
    if (cursor.pos !== stop || name < 0) return false;
    lineFunction.push(name);
    lineNumber.push(number);
    lineColumn.push(place);
    return true;
  };
  /** The same for a whole row, whose tag is at `start`: where it ends, -1 where it has another form. */
  const readPlain = (start: number): number => {
    cursor.pos = start + 1;
    const stop = cursor.messageEnd(bytes.length);
    let id = 0;
    let within = -1;
    let place = 0;
    let several = 0;
    while (cursor.pos < stop) {
      const tag = bytes[cursor.pos++];
      if (tag === ((LOCATION_LINE << 3) | WIRE_LEN)) {
        const after = cursor.messageEnd(stop);
        if (after < 0 || !readPlainLine(after)) return -1;
        continue;
      }
      const value = cursor.number();
      if (value < 0) return -1;
      if (tag === LOCATION_ADDRESS << 3) place = value;
      else if (tag === LOCATION_FOLDED << 3) several = value;
      else if (tag === LOCATION_ID << 3 && id === 0) id = value;
      else if (tag === LOCATION_MAPPING << 3) {
        if (value !== 0) within = ids.mappings.findPlain(value);
        if (value !== 0 && within < 0) return -1;
      } else return -1;
    }
    if (cursor.pos !== stop || !ids.locations.addPlain(id, row)) return -1;
    // Little-endian, as every machine with WebAssembly.
    halves[row * 2] = place;
    halves[row * 2 + 1] = place / 0x100000000;
    mapping[row] = within;
    folded[row] = several === 0 ? 0 : 1;
    return stop;
  };
  rewind(reader);
  for (;;) {
    const start = reader.pos;
    if (row < count && bytes[start] === ((ProfileField.location << 3) | WIRE_LEN)) {
      const lines = lineFunction.length;
      const stop = readPlain(start);
      if (stop >= 0) {
        reader.pos = stop;
        row++;
        lineStart[row] = lineFunction.length;
        continue;
      }
      lineFunction.length = lines;
      lineNumber.length = lines;
      lineColumn.length = lines;
    }
    if (row === count || !reader.next('profile')) break;
    if (reader.field !== ProfileField.location) {
      rows.skip(reader, start);
      continue;
    }
    at = reader.pos;
    const idsBefore = idsSeen;
    eachField(reader, 'location', readField);
    if (idsSeen === idsBefore) throw reader.error('location', 'expected an id that is not 0', at);
    row++;
    lineStart[row] = lineFunction.length;
  }
  return {
    ...{ count, address, mapping, folded, lineStart },
    ...{
      lineFunction: lineFunction.done(),
      lineNumber: lineNumber.done(),
      lineColumn: lineColumn.done(),
    },
  };
}
