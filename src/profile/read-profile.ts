import { checkString, eachField, eachNumber, ProfileField, stringIndex } from './fields.ts';
import { GrowingU32 } from './growing.ts';
import { IdMap } from './id-map.ts';
import { PlainCursor } from './plain-cursor.ts';
import type { FunctionTable, Mapping, Profile, ValueType } from './profile.ts';
import { ProtoReader, WIRE_LEN, WIRE_VARINT } from './proto-reader.ts';
import { readSamples } from './read-samples.ts';
import { readLocations, type Ids } from './read-tables.ts';
import { readStrings } from './read-strings.ts';
import { rewind, RowRuns } from './row-runs.ts';

/** What stands once in a profile, and its small tables. */
interface Head {
  sampleTypes: ValueType[];
  mappings: Mapping[];
  comments: string[];
  dropFrames: string;
  keepFrames: string;
  defaultSampleType: string;
  docUrl: string;
  timeNanos: bigint;
  durationNanos: bigint;
  periodType: ValueType | undefined;
  period: bigint;
}

/**
 * Reads an unpacked pprof profile (profile.proto). Throws a FormatError that names the field and the offset in `bytes` for everything
 * that pprof's own reader refuses (profile.CheckValid, github.com/google/pprof/profile/profile.go), and for ids that name nothing. Linear
 * in the size of `bytes`.
 */
export function readProfile(bytes: Uint8Array): Profile {
  const reader = new ProtoReader(bytes);
  const rows = new RowRuns(reader);
  if (rows.strings === 0 && rows.sampleTypes === 0) {
    throw reader.error('profile', 'expected a string table and sample types: this is no profile', 0);
  }
  const strings = readStrings(reader, rows);
  const ids: Ids = {
    strings,
    mappings: new IdMap('mapping', rows.mappings),
    functions: new IdMap('function', rows.functions),
    locations: new IdMap('location', rows.locations),
  };
  const { head, functions } = readHead(reader, ids, rows);
  if (head.sampleTypes.length === 0 && rows.samples > 0) {
    throw reader.error('sample_type', 'expected at least one: the profile has samples', 0);
  }
  const locations = readLocations(reader, ids, rows);
  const samples = readSamples(reader, ids, rows, head.sampleTypes.length);
  return { strings, ...head, samples, locations, functions };
}

function readHead(reader: ProtoReader, ids: Ids, rows: RowRuns): { head: Head; functions: FunctionTable } {
  const head: Head = {
    ...{ sampleTypes: [], mappings: [], comments: [] },
    ...{ dropFrames: '', keepFrames: '', defaultSampleType: '', docUrl: '' },
    ...{ timeNanos: 0n, durationNanos: 0n, periodType: undefined, period: 0n },
  };
  const functionCount = rows.functions;
  const functions = {
    count: functionCount,
    name: new Uint32Array(functionCount),
    systemName: new Uint32Array(functionCount),
    file: new Uint32Array(functionCount),
    startLine: new Float64Array(functionCount),
  };
  const { strings } = ids;
  const text = (what: string): string => strings[stringIndex(reader, strings, what)] ?? '';
  const int = (what: string): bigint => {
    reader.expect(WIRE_VARINT, what);
    reader.int64(what);
    return reader.exact;
  };
  const { bytes } = reader;
  const cursor = new PlainCursor(bytes);
  let row = 0;
  rewind(reader);
  for (;;) {
    const start = reader.pos;
    if (bytes[start] === ((ProfileField.function << 3) | WIRE_LEN)) {
      const stop = readPlainFunction(cursor, start, ids, functions, row);
      if (stop >= 0) {
        reader.pos = stop;
        row++;
        continue;
      }
    }
    if (!reader.next('profile')) break;
    switch (reader.field) {
      case ProfileField.sampleType:
        head.sampleTypes.push(readValueType(reader, strings, 'sample_type'));
        break;
      case ProfileField.mapping:
        head.mappings.push(readMapping(reader, ids, head.mappings.length));
        break;
      case ProfileField.function:
        readFunction(reader, ids, functions, row++);
        break;
      case ProfileField.dropFrames:
        head.dropFrames = text('drop_frames');
        break;
      case ProfileField.keepFrames:
        head.keepFrames = text('keep_frames');
        break;
      case ProfileField.timeNanos:
        if (head.timeNanos !== 0n) {
          throw reader.error(
            'time_nanos',
            'is there twice: several profiles were written one after the other',
          );
        }
        head.timeNanos = int('time_nanos');
        break;
      case ProfileField.durationNanos:
        head.durationNanos = int('duration_nanos');
        break;
      case ProfileField.periodType:
        head.periodType = readValueType(reader, strings, 'period_type');
        break;
      case ProfileField.period:
        head.period = int('period');
        break;
      case ProfileField.comment: {
        const indexes = new GrowingU32();
        eachNumber(reader, 'comment', () =>
          indexes.push(checkString(reader, strings, reader.int64('comment'), 'comment')),
        );
        for (const index of indexes.done()) head.comments.push(strings[index] ?? '');
        break;
      }
      case ProfileField.defaultSampleType:
        head.defaultSampleType = text('default_sample_type');
        break;
      case ProfileField.docUrl:
        head.docUrl = text('doc_url');
        break;
      default:
        rows.skip(reader, start);
    }
  }
  return { head, functions };
}

function readValueType(reader: ProtoReader, strings: readonly string[], what: string): ValueType {
  const value = { type: '', unit: '' };
  eachField(reader, what, (field) => {
    if (field === 1) value.type = strings[stringIndex(reader, strings, `${what}.type`)] ?? '';
    else if (field === 2) value.unit = strings[stringIndex(reader, strings, `${what}.unit`)] ?? '';
    else reader.skip(what);
  });
  return value;
}

function readMapping(reader: ProtoReader, ids: Ids, row: number): Mapping {
  const { strings } = ids;
  const at = reader.pos;
  let memoryStart = 0n;
  let memoryLimit = 0n;
  let fileOffset = 0n;
  let file = '';
  let buildId = '';
  const flags = [false, false, false, false];
  const seen = { id: false };
  eachField(reader, 'mapping', (field) => {
    if (field === 5) file = strings[stringIndex(reader, strings, 'mapping.filename')] ?? '';
    else if (field === 6) buildId = strings[stringIndex(reader, strings, 'mapping.build_id')] ?? '';
    else if (field < 1 || field > 10) reader.skip('mapping');
    else {
      reader.expect(WIRE_VARINT, 'mapping');
      const value = reader.varint('mapping');
      if (field === 1) {
        ids.mappings.add(reader, value, row, at);
        seen.id = true;
      } else if (field === 2) memoryStart = reader.exactUnsigned;
      else if (field === 3) memoryLimit = reader.exactUnsigned;
      else if (field === 4) fileOffset = reader.exactUnsigned;
      else flags[field - 7] = value !== 0;
    }
  });
  if (!seen.id) throw reader.error('mapping', 'expected an id that is not 0', at);
  const [hasFunctions = false, hasFilenames = false, hasLineNumbers = false, hasInlineFrames = false] = flags;
  return {
    ...{ memoryStart, memoryLimit, fileOffset, file, buildId },
    ...{ hasFunctions, hasFilenames, hasLineNumbers, hasInlineFrames },
  };
}

/** Fields of message Function. */
const FUNCTION_ID = 1;
const FUNCTION_NAME = 2;
const FUNCTION_SYSTEM_NAME = 3;
const FUNCTION_FILE = 4;
const FUNCTION_START_LINE = 5;

/** Reads the function whose tag is at `start` where it has the form that nearly all have: where it ends, -1 where it has another. */
function readPlainFunction(
  cursor: PlainCursor,
  start: number,
  ids: Ids,
  table: FunctionTable,
  row: number,
): number {
  const { bytes } = cursor;
  const strings = ids.strings.length;
  cursor.pos = start + 1;
  const stop = cursor.messageEnd(bytes.length);
  let id = 0;
  let name = 0;
  let systemName = 0;
  let file = 0;
  let startLine = 0;
  while (cursor.pos < stop) {
    const tag = bytes[cursor.pos++];
    const value = cursor.number();
    if (value < 0) return -1;
    if (tag === FUNCTION_START_LINE << 3) startLine = value;
    else if (tag === FUNCTION_ID << 3 && id === 0) id = value;
    else if (value >= strings) return -1;
    else if (tag === FUNCTION_NAME << 3) name = value;
    else if (tag === FUNCTION_SYSTEM_NAME << 3) systemName = value;
    else if (tag === FUNCTION_FILE << 3) file = value;
    else return -1;
  }
  if (cursor.pos !== stop || !ids.functions.addPlain(id, row)) return -1;
  table.name[row] = name;
  table.systemName[row] = systemName;
  table.file[row] = file;
  table.startLine[row] = startLine;
  return stop;
}

function readFunction(reader: ProtoReader, ids: Ids, table: FunctionTable, row: number): void {
  const { strings } = ids;
  const at = reader.pos;
  const seen = { id: false };
  eachField(reader, 'function', (field) => {
    if (field === FUNCTION_ID) {
      reader.expect(WIRE_VARINT, 'function.id');
      ids.functions.add(reader, reader.varint('function.id'), row, at);
      seen.id = true;
    } else if (field === FUNCTION_NAME) table.name[row] = stringIndex(reader, strings, 'function.name');
    else if (field === FUNCTION_SYSTEM_NAME)
      table.systemName[row] = stringIndex(reader, strings, 'function.system_name');
    else if (field === FUNCTION_FILE) table.file[row] = stringIndex(reader, strings, 'function.filename');
    else if (field === FUNCTION_START_LINE) {
      reader.expect(WIRE_VARINT, 'function.start_line');
      table.startLine[row] = reader.int64('function.start_line');
    } else reader.skip('function');
  });
  if (!seen.id) throw reader.error('function', 'expected an id that is not 0', at);
}
