import { ProfileField, stringIndex } from './fields.ts';
import { PlainCursor } from './plain-cursor.ts';
import type { SampleTable } from './profile.ts';
import { WIRE_LEN, WIRE_VARINT, type ProtoReader } from './proto-reader.ts';
import type { Ids } from './read-tables.ts';
import { rewind, type RowRuns } from './row-runs.ts';
import { StackReader } from './stack-reader.ts';

/** Fields of message Sample. */
const SAMPLE_LOCATION = 1;
const SAMPLE_VALUE = 2;
const SAMPLE_LABEL = 3;

/** Reads all messages Sample; `types`: how many values each has. */
export function readSamples(reader: ProtoReader, ids: Ids, rows: RowRuns, types: number): SampleTable {
  const { bytes } = reader;
  const count = rows.samples;
  const stackStart = new Uint32Array(count + 1);
  const labelStart = new Uint32Array(count + 1);
  const samples = new SampleReader(reader, ids, count, types);
  const cursor = new PlainCursor(bytes);
  let row = 0;
  rewind(reader);
  while (row < count) {
    const start = reader.pos;
    let stop = -1;
    if (bytes[start] === ((ProfileField.sample << 3) | WIRE_LEN)) {
      cursor.pos = start + 1;
      stop = cursor.messageEnd(bytes.length);
      if (stop >= 0 && !samples.readPlain(row, cursor.pos, stop)) stop = -1;
    }
    if (stop >= 0) reader.pos = stop;
    else {
      if (!reader.next('profile')) break;
      if (reader.field !== ProfileField.sample) {
        rows.skip(reader, start);
        continue;
      }
      samples.read(row);
    }
    row++;
    stackStart[row] = samples.stack.length;
    labelStart[row] = samples.labels.count;
  }
  const { stack, values, bigValues, labels } = samples;
  return {
    ...{ count, stackStart, stack: stack.done(), values, bigValues, labelStart },
    labels: labels.done(),
  };
}

class SampleReader {
  readonly stack: StackReader;
  readonly labels: LabelReader;
  readonly values: Float64Array<ArrayBuffer>;
  readonly bigValues = new Map<number, bigint>();
  readonly #reader: ProtoReader;
  readonly #types: number;
  readonly #cursor: PlainCursor;

  constructor(reader: ProtoReader, ids: Ids, count: number, types: number) {
    this.stack = new StackReader(reader, ids.locations, count);
    this.labels = new LabelReader(reader, ids.strings, count);
    this.values = new Float64Array(count * types);
    this.#reader = reader;
    this.#types = types;
    this.#cursor = new PlainCursor(reader.bytes);
  }

  /** Reads a message Sample where it has the form that nearly all have; otherwise nothing is read, and the answer is false. */
  readPlain(row: number, pos: number, stop: number): boolean {
    const { stack, labels } = this;
    const locations = stack.length;
    const labelCount = labels.count;
    if (this.#plain(row, pos, stop)) return true;
    stack.length = locations;
    labels.count = labelCount;
    return false;
  }

  #plain(row: number, pos: number, stop: number): boolean {
    const { stack, labels, values } = this;
    const cursor = this.#cursor;
    const { bytes } = cursor;
    let at = row * this.#types;
    const end = at + this.#types;
    cursor.pos = pos;
    while (cursor.pos < stop) {
      switch (bytes[cursor.pos++] ?? 0) {
        case (SAMPLE_LOCATION << 3) | WIRE_LEN: {
          const after = cursor.messageEnd(stop);
          if (after < 0 || !stack.readPlain(cursor.pos, after)) return false;
          cursor.pos = after;
          break;
        }
        case (SAMPLE_LOCATION << 3) | WIRE_VARINT:
          if (!stack.addPlain(cursor.number())) return false;
          break;
        case (SAMPLE_VALUE << 3) | WIRE_LEN: {
          const after = cursor.messageEnd(stop);
          if (after < 0) return false;
          while (cursor.pos < after) {
            const value = cursor.number();
            if (value < 0 || at === end) return false;
            values[at++] = value;
          }
          if (cursor.pos !== after) return false;
          break;
        }
        case (SAMPLE_VALUE << 3) | WIRE_VARINT: {
          const value = cursor.number();
          if (value < 0 || at === end) return false;
          values[at++] = value;
          break;
        }
        case (SAMPLE_LABEL << 3) | WIRE_LEN: {
          const after = cursor.messageEnd(stop);
          if (after < 0 || !labels.readPlain(cursor, after)) return false;
          break;
        }
        default:
          return false;
      }
    }
    return cursor.pos === stop && at === end;
  }

  /** Reads the message Sample whose tag was read last. */
  read(row: number): void {
    const reader = this.#reader;
    const { stack, labels, values } = this;
    const types = this.#types;
    reader.expect(WIRE_LEN, 'sample');
    const at = reader.pos;
    const length = reader.length('sample');
    const stop = reader.pos + length;
    reader.end = stop;
    let valueAt = row * types;
    const valueEnd = valueAt + types;
    const value = (): void => {
      const start = reader.pos;
      const number = reader.int64('sample.value');
      if (valueAt === valueEnd) {
        const problem = `sample ${row} has more values than the ${types} sample types`;
        throw reader.error('sample.value', problem, start);
      }
      if (number > Number.MAX_SAFE_INTEGER || number < Number.MIN_SAFE_INTEGER) {
        this.bigValues.set(valueAt, reader.exact);
      }
      values[valueAt++] = number;
    };
    while (reader.next('sample')) {
      const { field } = reader;
      if (field === SAMPLE_LABEL) labels.read();
      else if (field !== SAMPLE_LOCATION && field !== SAMPLE_VALUE) reader.skip('sample');
      else {
        const packed = reader.wire !== WIRE_VARINT;
        if (packed) {
          reader.expect(WIRE_LEN, 'sample');
          const bytes = reader.length('sample');
          reader.end = reader.pos + bytes;
        }
        if (field === SAMPLE_LOCATION) stack.read(packed, row);
        else if (packed) while (reader.pos < reader.end) value();
        else value();
        reader.end = stop;
      }
    }
    if (valueAt !== valueEnd) {
      const has = types - (valueEnd - valueAt);
      throw reader.error('sample.value', `sample ${row} has ${has} values, expected ${types}`, at);
    }
    reader.end = reader.bytes.length;
  }
}

/** Fields of message Label. */
const LABEL_KEY = 1;
const LABEL_TEXT = 2;
const LABEL_NUMBER = 3;
const LABEL_UNIT = 4;

class LabelReader {
  readonly #reader: ProtoReader;
  readonly #strings: readonly string[];
  /** How many labels have been read; what is beyond is forgotten when it is made less. */
  count = 0;
  /** Columns of `LabelTable` with room for more. */
  #key: Uint32Array<ArrayBuffer>;
  #text: Uint32Array<ArrayBuffer>;
  #unit: Uint32Array<ArrayBuffer>;
  /** Two halves each, low first. */
  #number: Uint32Array<ArrayBuffer>;

  /** `expected`: labels that there may be. */
  constructor(reader: ProtoReader, strings: readonly string[], expected: number) {
    this.#reader = reader;
    this.#strings = strings;
    const room = Math.max(16, expected);
    this.#key = new Uint32Array(room);
    this.#text = new Uint32Array(room);
    this.#unit = new Uint32Array(room);
    this.#number = new Uint32Array(room * 2);
  }

  /** Reads the message that ends at `stop` where it has the usual form; false otherwise. */
  readPlain(cursor: PlainCursor, stop: number): boolean {
    const strings = this.#strings.length;
    const { bytes } = cursor;
    let key = 0;
    let text = 0;
    let unit = 0;
    let number = 0;
    while (cursor.pos < stop) {
      const tag = bytes[cursor.pos++];
      const value = cursor.number();
      if (value < 0) return false;
      if (tag === LABEL_NUMBER << 3) number = value;
      else if (value >= strings) return false;
      else if (tag === LABEL_KEY << 3) key = value;
      else if (tag === LABEL_TEXT << 3) text = value;
      else if (tag === LABEL_UNIT << 3) unit = value;
      else return false;
    }
    if (cursor.pos !== stop) return false;
    this.#add(key, text, unit, number >>> 0, Math.floor(number / 0x100000000));
    return true;
  }

  /** Reads the message Label whose tag was read last. */
  read(): void {
    const reader = this.#reader;
    const strings = this.#strings;
    let key = 0;
    let text = 0;
    let unit = 0;
    let low = 0;
    let high = 0;
    reader.expect(WIRE_LEN, 'sample.label');
    const { end } = reader;
    const length = reader.length('sample.label');
    const stop = reader.pos + length;
    reader.end = stop;
    while (reader.next('sample.label')) {
      const { field } = reader;
      if (field === LABEL_KEY) key = stringIndex(reader, strings, 'label.key');
      else if (field === LABEL_TEXT) text = stringIndex(reader, strings, 'label.str');
      else if (field === LABEL_UNIT) unit = stringIndex(reader, strings, 'label.num_unit');
      else if (field === LABEL_NUMBER) {
        reader.expect(WIRE_VARINT, 'label.num');
        reader.int64('label.num');
        ({ low, high } = reader);
      } else reader.skip('sample.label');
    }
    reader.pos = stop;
    reader.end = end;
    this.#add(key, text, unit, low, high);
  }

  #add(key: number, text: number, unit: number, low: number, high: number): void {
    const at = this.count;
    if (at === this.#key.length) this.#widen();
    this.#key[at] = key;
    this.#text[at] = text;
    this.#unit[at] = unit;
    this.#number[at * 2] = low;
    this.#number[at * 2 + 1] = high;
    this.count = at + 1;
  }

  #widen(): void {
    const wider = (column: Uint32Array): Uint32Array<ArrayBuffer> => {
      const copy = new Uint32Array(column.length * 2);
      copy.set(column);
      return copy;
    };
    this.#key = wider(this.#key);
    this.#text = wider(this.#text);
    this.#unit = wider(this.#unit);
    this.#number = wider(this.#number);
  }

  done(): SampleTable['labels'] {
    const { count } = this;
    return {
      key: this.#key.slice(0, count),
      text: this.#text.slice(0, count),
      number: new BigInt64Array(this.#number.buffer.slice(0, count * 8)),
      unit: this.#unit.slice(0, count),
    };
  }
}
