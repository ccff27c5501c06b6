import { checkString, eachField, eachNumber, ProfileField, stringIndex } from './fields.ts';
import { GrowingU32 } from './growing.ts';
import { IdMap } from './id-map.ts';
import type { FunctionTable, Mapping, Profile, ValueType } from './profile.ts';
import { ProtoReader, WIRE_LEN, WIRE_VARINT } from './proto-reader.ts';
import { readLocations, readSamples, type Ids } from './read-tables.ts';

/** More rows than any table of a real profile has; what has more is refused before it is read. */
const MAX_ROWS = 1 << 24;
/** More binaries than a process maps. */
const MAX_MAPPINGS = 1 << 16;

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
  const counts = countRows(reader);
  if (counts.strings === 0 && counts.sampleTypes === 0) {
    throw reader.error('profile', 'expected a string table and sample types: this is no profile', 0);
  }
  const strings = readStrings(reader, counts.strings);
  const ids: Ids = {
    strings,
    mappings: new IdMap('mapping', counts.mappings),
    functions: new IdMap('function', counts.functions),
    locations: new IdMap('location', counts.locations),
  };
  const { head, functions } = readHead(reader, ids, counts.functions);
  if (head.sampleTypes.length === 0 && counts.samples > 0) {
    throw reader.error('sample_type', 'expected at least one: the profile has samples', 0);
  }
  const locations = readLocations(reader, ids, counts.locations);
  const samples = readSamples(reader, ids, counts.samples, head.sampleTypes.length);
  return { strings, ...head, samples, locations, functions };
}

interface Counts {
  samples: number;
  mappings: number;
  locations: number;
  functions: number;
  strings: number;
  sampleTypes: number;
}

/** How many rows each table has. */
function countRows(reader: ProtoReader): Counts {
  const counts = new Array<number>(ProfileField.docUrl + 1).fill(0);
  rewind(reader);
  while (reader.next('profile')) {
    const { field } = reader;
    if (field < counts.length) {
      const count = (counts[field] ?? 0) + 1;
      const most = field === ProfileField.mapping ? MAX_MAPPINGS : MAX_ROWS;
      if (count > most) throw reader.error('profile', `field ${field} is there more than ${most} times`);
      counts[field] = count;
    }
    reader.skip('profile');
  }
  const of = (field: number): number => counts[field] ?? 0;
  return {
    samples: of(ProfileField.sample),
    mappings: of(ProfileField.mapping),
    locations: of(ProfileField.location),
    functions: of(ProfileField.function),
    strings: of(ProfileField.string),
    sampleTypes: of(ProfileField.sampleType),
  };
}

function rewind(reader: ProtoReader): void {
  reader.pos = 0;
  reader.end = reader.bytes.length;
}

function readStrings(reader: ProtoReader, count: number): string[] {
  const strings: string[] = [];
  rewind(reader);
  while (strings.length < count && reader.next('profile')) {
    if (reader.field !== ProfileField.string) {
      reader.skip('profile');
      continue;
    }
    reader.expect(WIRE_LEN, 'string_table');
    const at = reader.pos;
    const text = reader.text('string_table');
    if (strings.length === 0 && text !== '') {
      throw reader.error('string_table', 'expected the first string to be empty', at);
    }
    strings.push(text);
  }
  return strings.length === 0 ? [''] : strings;
}

function readHead(
  reader: ProtoReader,
  ids: Ids,
  functionCount: number,
): { head: Head; functions: FunctionTable } {
  const head: Head = {
    ...{ sampleTypes: [], mappings: [], comments: [] },
    ...{ dropFrames: '', keepFrames: '', defaultSampleType: '', docUrl: '' },
    ...{ timeNanos: 0n, durationNanos: 0n, periodType: undefined, period: 0n },
  };
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
  let row = 0;
  rewind(reader);
  while (reader.next('profile')) {
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
        reader.skip('profile');
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

function readFunction(reader: ProtoReader, ids: Ids, table: FunctionTable, row: number): void {
  const { strings } = ids;
  const at = reader.pos;
  const seen = { id: false };
  eachField(reader, 'function', (field) => {
    if (field === 1) {
      reader.expect(WIRE_VARINT, 'function.id');
      ids.functions.add(reader, reader.varint('function.id'), row, at);
      seen.id = true;
    } else if (field === 2) table.name[row] = stringIndex(reader, strings, 'function.name');
    else if (field === 3) table.systemName[row] = stringIndex(reader, strings, 'function.system_name');
    else if (field === 4) table.file[row] = stringIndex(reader, strings, 'function.filename');
    else if (field === 5) {
      reader.expect(WIRE_VARINT, 'function.start_line');
      table.startLine[row] = reader.int64('function.start_line');
    } else reader.skip('function');
  });
  if (!seen.id) throw reader.error('function', 'expected an id that is not 0', at);
}
