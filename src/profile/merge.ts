import { ProfileBuilder, type NewLabel, type NewLine } from './builder.ts';
import { compatibleUnits, scale } from '../base/measurement.ts';
import { exactValue, type Mapping, type Profile, type ValueType } from './profile.ts';
import { stackOf } from './transform.ts';

/** Profiles that do not go together: `message` says which types differ. */
export class MergeError extends Error {
  override readonly name = 'MergeError';
}

/** The label that marks samples of the base in a diff (pprof -diff_base). */
export const BASE_LABEL = 'pprof::base';

/**
 * One profile of several, as pprof merges them (github.com/google/pprof/profile/merge.go): samples with the same stack and labels are
 * added up, samples of which all values are 0 are left out. Only sample types that all have are kept; values are brought to the finest
 * unit. Throws a MergeError.
 */
export function mergeProfiles(profiles: readonly Profile[]): Profile {
  return mergeScaled(profiles.map((profile) => ({ profile, factor: 1, base: false })));
}

/**
 * What `profile` has more (or, negative, less) than `base`. With `relative` the base's samples are marked, so that reports show shares of
 * the base: pprof's -diff_base; without, its -base. Throws a MergeError.
 */
export function diffProfiles(profile: Profile, base: Profile, relative: boolean): Profile {
  return mergeScaled([
    { profile, factor: 1, base: false },
    { profile: base, factor: -1, base: relative },
  ]);
}

interface Source {
  readonly profile: Profile;
  readonly factor: number;
  readonly base: boolean;
}

function mergeScaled(sources: readonly Source[]): Profile {
  const [first] = sources;
  if (first === undefined) throw new MergeError('no profiles to merge');
  const types = commonTypes(sources.map(({ profile }) => profile));
  const period = commonType(sources.map(({ profile }) => profile.periodType ?? { type: '', unit: '' }));
  const head = headOf(sources, types, period);
  const builder = new ProfileBuilder(head);
  const samples = new SampleSums(types.length);
  const tables = new SharedTables(builder);
  for (const source of sources) addSource(source, types, tables, samples);
  samples.addTo(builder);
  return builder.build();
}

/** Sample types of all profiles, each in its finest unit. */
function commonTypes(profiles: readonly Profile[]): ValueType[] {
  const [first] = profiles;
  const types: ValueType[] = [];
  for (const { type } of first?.sampleTypes ?? []) {
    const same = profiles.map(({ sampleTypes }) => sampleTypes.find((other) => other.type === type));
    if (same.every((one) => one !== undefined)) types.push(commonType(same));
  }
  if (types.length === 0) throw new MergeError('profiles have no sample type in common');
  return types;
}

function commonType(types: readonly ValueType[]): ValueType {
  let finest = types[0] ?? { type: '', unit: '' };
  for (const type of types) {
    const name = (value: ValueType): string => value.type.replace(/s$/, '');
    if (name(type) !== name(finest) || !compatibleUnits(type.unit, finest.unit)) {
      throw new MergeError(`incompatible types: ${finest.type}/${finest.unit} and ${type.type}/${type.unit}`);
    }
    if (scale(1, type.unit, finest.unit).value < 1) finest = type;
  }
  return finest;
}

function headOf(sources: readonly Source[], types: readonly ValueType[], period: ValueType) {
  const profiles = sources.map(({ profile }) => profile);
  const times = profiles.map(({ timeNanos }) => timeNanos).filter((time) => time !== 0n);
  const periods = profiles.map((profile) =>
    BigInt(Math.trunc(scale(Number(profile.period), profile.periodType?.unit ?? '', period.unit).value)),
  );
  const largest = (numbers: readonly bigint[]): bigint => numbers.reduce((a, b) => (b > a ? b : a), 0n);
  const smallest = times.reduce<bigint | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined);
  const [first] = profiles;
  const wanted = profiles.find(({ defaultSampleType }) => defaultSampleType !== '')?.defaultSampleType ?? '';
  return {
    sampleTypes: types,
    defaultSampleType:
      wanted === '' || types.some(({ type }) => type === wanted) ? wanted : (types[0]?.type ?? ''),
    timeNanos: smallest ?? 0n,
    durationNanos: profiles.reduce((sum, { durationNanos }) => sum + durationNanos, 0n),
    periodType: period,
    period: largest(periods),
    comments: [...new Set(profiles.flatMap(({ comments }) => comments))],
    docUrl: profiles.find(({ docUrl }) => docUrl !== '')?.docUrl ?? '',
    dropFrames: first?.dropFrames ?? '',
    keepFrames: first?.keepFrames ?? '',
  };
}

function addSource(
  { profile, factor, base }: Source,
  types: readonly ValueType[],
  tables: SharedTables,
  samples: SampleSums,
): void {
  const { strings } = profile;
  const locations = tables.locationsOf(profile);
  const columns = types.map(({ type, unit }) => {
    const column = profile.sampleTypes.findIndex((other) => other.type === type);
    return { column, ratio: scale(1, profile.sampleTypes[column]?.unit ?? '', unit).value * factor };
  });
  const { labels, labelStart, count } = profile.samples;
  for (let row = 0; row < count; row++) {
    const values = columns.map(({ column, ratio }) => {
      const value = exactValue(profile, row, column);
      if (ratio === 1) return value;
      return ratio === -1 ? -value : BigInt(Math.trunc(Number(value) * ratio));
    });
    if (values.every((value) => value === 0n)) continue;
    const own: NewLabel[] = [];
    for (let at = labelStart[row] ?? 0; at < (labelStart[row + 1] ?? 0); at++) {
      own.push({
        key: strings[labels.key[at] ?? 0] ?? '',
        text: strings[labels.text[at] ?? 0] ?? '',
        number: labels.number[at] ?? 0n,
        unit: strings[labels.unit[at] ?? 0] ?? '',
      });
    }
    if (base) own.push({ key: BASE_LABEL, text: 'true' });
    const stack = Array.from(stackOf(profile.samples, row), (location) => locations[location] ?? 0);
    samples.add(stack, values, own);
  }
}

/** Samples by stack and labels. */
class SampleSums {
  readonly #types: number;
  readonly #sums = new Map<
    string,
    { stack: readonly number[]; values: bigint[]; labels: readonly NewLabel[] }
  >();

  constructor(types: number) {
    this.#types = types;
  }

  add(stack: readonly number[], values: readonly bigint[], labels: readonly NewLabel[]): void {
    const sorted = labels
      .map(({ key, text = '', number = 0n, unit = '' }) => JSON.stringify([key, text, String(number), unit]))
      .sort();
    const key = `${stack.join(' ')}|${sorted.join()}`;
    const known = this.#sums.get(key);
    if (known === undefined) {
      this.#sums.set(key, { stack, values: [...values], labels });
      return;
    }
    for (let type = 0; type < this.#types; type++) {
      known.values[type] = (known.values[type] ?? 0n) + (values[type] ?? 0n);
    }
  }

  addTo(builder: ProfileBuilder): void {
    for (const { stack, values, labels } of this.#sums.values()) builder.addSample(stack, values, labels);
  }
}

/** Mappings, functions and locations of all sources, each once. */
class SharedTables {
  readonly #builder: ProfileBuilder;
  readonly #mappings = new Map<string, { index: number; start: bigint }>();
  readonly #functions = new Map<string, number>();
  readonly #locations = new Map<string, number>();

  constructor(builder: ProfileBuilder) {
    this.#builder = builder;
  }

  /** Row of each location of `profile` in the merged one. */
  locationsOf(profile: Profile): Uint32Array {
    const { locations, mappings, functions, strings } = profile;
    const mapped = mappings.map((mapping) => ({ ...this.#mapping(mapping), own: mapping.memoryStart }));
    const named = Array.from({ length: functions.count }, (_, row) => {
      const name = strings[functions.name[row] ?? 0] ?? '';
      const systemName = strings[functions.systemName[row] ?? 0] ?? '';
      const file = strings[functions.file[row] ?? 0] ?? '';
      const startLine = functions.startLine[row] ?? 0;
      return this.#once(this.#functions, JSON.stringify([name, systemName, file, startLine]), () =>
        this.#builder.addFunction({ name, systemName, file, startLine }),
      );
    });
    return Uint32Array.from({ length: locations.count }, (_, row) => {
      const mapping = mapped[locations.mapping[row] ?? -1];
      const address = locations.address[row] ?? 0n;
      const moved =
        mapping === undefined ? address : BigInt.asUintN(64, address - mapping.own + mapping.start);
      const lines: NewLine[] = [];
      for (let at = locations.lineStart[row] ?? 0; at < (locations.lineStart[row + 1] ?? 0); at++) {
        lines.push({
          function: named[locations.lineFunction[at] ?? 0] ?? 0,
          line: locations.lineNumber[at] ?? 0,
          column: locations.lineColumn[at] ?? 0,
        });
      }
      const folded = locations.folded[row] === 1;
      const index = mapping?.index ?? -1;
      const key = JSON.stringify([
        String(moved),
        index,
        folded,
        lines.map(({ function: at, line, column }) => [at, line, column]),
      ]);
      return this.#once(this.#locations, key, () => this.#builder.addLocation(lines, moved, index, folded));
    });
  }

  /** The same binary may be mapped elsewhere in each source. */
  #mapping(mapping: Mapping): { index: number; start: bigint } {
    const size = BigInt.asUintN(64, mapping.memoryLimit - mapping.memoryStart);
    const pages = (size + 0xfffn) / 0x1000n;
    const key = `${pages} ${mapping.fileOffset} ${mapping.buildId === '' ? mapping.file : mapping.buildId}`;
    let known = this.#mappings.get(key);
    if (known === undefined) {
      known = { index: this.#builder.addMapping(mapping), start: mapping.memoryStart };
      this.#mappings.set(key, known);
    }
    return known;
  }

  #once(table: Map<string, number>, key: string, add: () => number): number {
    let index = table.get(key);
    if (index === undefined) {
      index = add();
      table.set(key, index);
    }
    return index;
  }
}
