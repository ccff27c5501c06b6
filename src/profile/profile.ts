// The pprof model: what profile.proto says (github.com/google/pprof/proto/profile.proto), as tables of typed arrays. Ids of the file
// are gone: rows name each other by index. A profile is never changed after it is made.

/** What one value of every sample counts. */
export interface ValueType {
  /** `cpu`, `inuse_space`. */
  readonly type: string;
  /** `nanoseconds`, `bytes`, `count`. */
  readonly unit: string;
}

export interface Profile {
  /** What names, files and label texts of all tables are indexes of. Index 0 is the empty string. */
  readonly strings: readonly string[];
  readonly sampleTypes: readonly ValueType[];
  /** The sample type that is shown first; empty for the last one. */
  readonly defaultSampleType: string;
  readonly samples: SampleTable;
  readonly locations: LocationTable;
  readonly functions: FunctionTable;
  readonly mappings: readonly Mapping[];
  /** Regular expression (RE2): frames whose function matches are dropped with all that they called; empty for none. */
  readonly dropFrames: string;
  /** Functions that are kept although `dropFrames` matches them. */
  readonly keepFrames: string;
  /** When it was taken: nanoseconds since 1970 UTC; 0 unknown. */
  readonly timeNanos: bigint;
  /** How long it was recorded, in nanoseconds; 0 unknown. */
  readonly durationNanos: bigint;
  readonly periodType: ValueType | undefined;
  /** What lies between two samples, in units of `periodType`. */
  readonly period: bigint;
  readonly comments: readonly string[];
  readonly docUrl: string;
}

/** Stacks with values. Row `i` has the locations stack[stackStart[i]] .. stack[stackStart[i+1]], innermost first. */
export interface SampleTable {
  readonly count: number;
  /** `count + 1` positions in `stack`. */
  readonly stackStart: Uint32Array;
  /** Indexes of locations. */
  readonly stack: Uint32Array;
  /** `sampleTypes.length` values a row. What a double cannot hold exactly is in `bigValues`, and rounded here. */
  readonly values: Float64Array;
  /** Index in `values` -> its exact value, for those beyond 2^53. */
  readonly bigValues: ReadonlyMap<number, bigint>;
  /** `count + 1` positions in `labels`. */
  readonly labelStart: Uint32Array;
  readonly labels: LabelTable;
}

/** Labels of samples: a text (`text` not 0) or a number. The columns have one entry a label; texts are indexes of strings. */
export interface LabelTable {
  readonly key: Uint32Array;
  readonly text: Uint32Array;
  readonly number: BigInt64Array;
  /** Unit of `number`; 0 for none. */
  readonly unit: Uint32Array;
}

/** Places in code. Row `i` has the lines lineStart[i] .. lineStart[i+1]: the inlined ones, innermost first, then the function's own. */
export interface LocationTable {
  readonly count: number;
  readonly address: BigUint64Array;
  /** Index of the mapping; -1 for none. */
  readonly mapping: Int32Array;
  /** 1 where the address stands for several symbols (identical code folded by a linker). */
  readonly folded: Uint8Array;
  /** `count + 1` positions in the columns below. */
  readonly lineStart: Uint32Array;
  /** Index of the function. */
  readonly lineFunction: Uint32Array;
  /** 1-based; 0 unknown. */
  readonly lineNumber: Float64Array;
  /** 1-based; 0 unknown. */
  readonly lineColumn: Float64Array;
}

/** Functions; all columns but `startLine` are indexes of strings. */
export interface FunctionTable {
  readonly count: number;
  /** As it is shown. */
  readonly name: Uint32Array;
  /** As the linker knows it. */
  readonly systemName: Uint32Array;
  readonly file: Uint32Array;
  /** Line of the declaration, 1-based; 0 unknown. */
  readonly startLine: Float64Array;
}

/** A binary that the addresses of locations lie in. */
export interface Mapping {
  readonly memoryStart: bigint;
  /** First address after it. */
  readonly memoryLimit: bigint;
  /** Where `memoryStart` is in the file. */
  readonly fileOffset: bigint;
  readonly file: string;
  readonly buildId: string;
  readonly hasFunctions: boolean;
  readonly hasFilenames: boolean;
  readonly hasLineNumbers: boolean;
  readonly hasInlineFrames: boolean;
}

/** Index of the sample type that is shown first (pprof's rule: the default one, otherwise the last); -1 when there is none. */
export function defaultSampleIndex(profile: Profile): number {
  const { sampleTypes, defaultSampleType } = profile;
  const named =
    defaultSampleType === '' ? -1 : sampleTypes.findIndex(({ type }) => type === defaultSampleType);
  return named >= 0 ? named : sampleTypes.length - 1;
}

/** The exact value of one sample. */
export function exactValue(profile: Profile, sample: number, type: number): bigint {
  const index = sample * profile.sampleTypes.length + type;
  const { bigValues, values } = profile.samples;
  return bigValues.get(index) ?? BigInt(values[index] ?? 0);
}
