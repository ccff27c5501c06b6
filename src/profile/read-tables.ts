import { eachField, ProfileField, stringIndex } from './fields.ts';
import { GrowingF64, GrowingU32 } from './growing.ts';
import type { IdMap } from './id-map.ts';
import type { LocationTable, SampleTable } from './profile.ts';
import { WIRE_LEN, WIRE_VARINT, type ProtoReader } from './proto-reader.ts';

/** What rows may refer to. */
export interface Ids {
  readonly strings: readonly string[];
  readonly mappings: IdMap;
  readonly functions: IdMap;
  readonly locations: IdMap;
}

/** Reads all messages Location; `count`: how many there are. */
export function readLocations(reader: ProtoReader, ids: Ids, count: number): LocationTable {
  const address = new BigUint64Array(count);
  const mapping = new Int32Array(count).fill(-1);
  const folded = new Uint8Array(count);
  const lineStart = new Uint32Array(count + 1);
  const lineFunction = new GrowingU32(count);
  const lineNumber = new GrowingF64(count);
  const lineColumn = new GrowingF64(count);
  const readLine = (): void => {
    const at = reader.pos;
    let found = -1;
    let line = 0;
    let column = 0;
    eachField(reader, 'location.line', (field) => {
      if (field < 1 || field > 3) {
        reader.skip('location.line');
        return;
      }
      reader.expect(WIRE_VARINT, 'location.line');
      const value = field === 1 ? reader.varint('line.function_id') : reader.int64('location.line');
      if (field === 2) line = value;
      else if (field === 3) column = value;
      else {
        found = ids.functions.find(reader, value);
        if (found < 0) throw reader.error('line.function_id', `there is no function with id ${value}`, at);
      }
    });
    if (found < 0) throw reader.error('location.line', 'expected the id of a function', at);
    lineFunction.push(found);
    lineNumber.push(line);
    lineColumn.push(column);
  };
  let row = 0;
  reader.pos = 0;
  while (row < count && reader.next('profile')) {
    if (reader.field !== ProfileField.location) {
      reader.skip('profile');
      continue;
    }
    const at = reader.pos;
    const seen = { id: false };
    eachField(reader, 'location', (field) => {
      if (field === 4) {
        readLine();
        return;
      }
      if (field < 1 || field > 5) {
        reader.skip('location');
        return;
      }
      reader.expect(WIRE_VARINT, 'location');
      const value = reader.varint('location');
      if (field === 1) {
        ids.locations.add(reader, value, row, at);
        seen.id = true;
      } else if (field === 3) address[row] = reader.exactUnsigned;
      else if (field === 5) folded[row] = value === 0 ? 0 : 1;
      else if (value !== 0) {
        const found = ids.mappings.find(reader, value);
        if (found < 0) throw reader.error('location.mapping_id', `there is no mapping with id ${value}`, at);
        mapping[row] = found;
      }
    });
    if (!seen.id) throw reader.error('location', 'expected an id that is not 0', at);
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

/** Fields of message Sample. */
const SAMPLE_LOCATION = 1;
const SAMPLE_VALUE = 2;
const SAMPLE_LABEL = 3;

/** Reads all messages Sample; `count`: how many there are; `types`: how many values each has. */
export function readSamples(reader: ProtoReader, ids: Ids, count: number, types: number): SampleTable {
  const { locations } = ids;
  const stackStart = new Uint32Array(count + 1);
  const labelStart = new Uint32Array(count + 1);
  const values = new Float64Array(count * types);
  const bigValues = new Map<number, bigint>();
  const stack = new GrowingU32(count * 8);
  const labels = new LabelReader(reader, ids.strings);
  let row = 0;
  let valueAt = 0;
  let valueEnd = 0;
  const location = (): void => {
    const at = reader.pos;
    const id = reader.varint('sample.location_id');
    const found = locations.find(reader, id);
    if (found < 0) {
      throw reader.error('sample.location_id', `sample ${row}: there is no location with id ${id}`, at);
    }
    stack.push(found);
  };
  const value = (): void => {
    const at = reader.pos;
    const number = reader.int64('sample.value');
    if (valueAt === valueEnd) {
      throw reader.error('sample.value', `sample ${row} has more values than the ${types} sample types`, at);
    }
    if (number > Number.MAX_SAFE_INTEGER || number < Number.MIN_SAFE_INTEGER) {
      bigValues.set(valueAt, reader.exact);
    }
    values[valueAt++] = number;
  };
  const profileEnd = reader.bytes.length;
  reader.pos = 0;
  reader.end = profileEnd;
  while (row < count && reader.next('profile')) {
    const isSample = reader.field === ProfileField.sample;
    if (!isSample) {
      reader.skip('profile');
      continue;
    }
    reader.expect(WIRE_LEN, 'sample');
    const at = reader.pos;
    const length = reader.length('sample');
    const stop = reader.pos + length;
    reader.end = stop;
    valueAt = row * types;
    valueEnd = valueAt + types;
    while (reader.next('sample')) {
      const { field } = reader;
      if (field === SAMPLE_LABEL) labels.read();
      else if (field !== SAMPLE_LOCATION && field !== SAMPLE_VALUE) reader.skip('sample');
      else {
        const read = field === SAMPLE_LOCATION ? location : value;
        if (reader.wire === WIRE_VARINT) {
          read();
          continue;
        }
        reader.expect(WIRE_LEN, 'sample');
        const packed = reader.length('sample');
        const packedEnd = reader.pos + packed;
        reader.end = packedEnd;
        while (reader.pos < packedEnd) read();
        reader.end = stop;
      }
    }
    if (valueAt !== valueEnd) {
      const has = types - (valueEnd - valueAt);
      throw reader.error('sample.value', `sample ${row} has ${has} values, expected ${types}`, at);
    }
    reader.end = profileEnd;
    row++;
    stackStart[row] = stack.length;
    labelStart[row] = labels.count;
  }
  return {
    ...{ count, stackStart, stack: stack.done(), values, bigValues, labelStart },
    labels: labels.done(),
  };
}

class LabelReader {
  readonly #reader: ProtoReader;
  readonly #strings: readonly string[];
  readonly #key = new GrowingU32();
  readonly #text = new GrowingU32();
  readonly #unit = new GrowingU32();
  readonly #number: bigint[] = [];

  constructor(reader: ProtoReader, strings: readonly string[]) {
    this.#reader = reader;
    this.#strings = strings;
  }

  get count(): number {
    return this.#key.length;
  }

  read(): void {
    const reader = this.#reader;
    const strings = this.#strings;
    let key = 0;
    let text = 0;
    let unit = 0;
    let number = 0n;
    eachField(reader, 'sample.label', (field) => {
      if (field === 1) key = stringIndex(reader, strings, 'label.key');
      else if (field === 2) text = stringIndex(reader, strings, 'label.str');
      else if (field === 4) unit = stringIndex(reader, strings, 'label.num_unit');
      else if (field === 3) {
        reader.expect(WIRE_VARINT, 'label.num');
        reader.int64('label.num');
        number = reader.exact;
      } else reader.skip('sample.label');
    });
    this.#key.push(key);
    this.#text.push(text);
    this.#unit.push(unit);
    this.#number.push(number);
  }

  done(): SampleTable['labels'] {
    return {
      key: this.#key.done(),
      text: this.#text.done(),
      number: BigInt64Array.from(this.#number),
      unit: this.#unit.done(),
    };
  }
}
