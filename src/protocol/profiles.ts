// Profiles as they cross from the worker to the session and on to the views: plain data.

/** What one value of every sample counts, and what all of them come to. */
export interface SampleTypeFacts {
  readonly type: string;
  readonly unit: string;
  /** Sum of the absolute values, in `unit`. */
  readonly total: number;
}

/** What is known of an opened profile. */
export interface ProfileFacts {
  /** What the file was. */
  readonly format: ProfileFormat;
  readonly sampleTypes: readonly SampleTypeFacts[];
  /** Index of the sample type that is shown first. */
  readonly defaultSampleType: number;
  readonly samples: number;
  /** When it was taken, milliseconds since 1970 UTC; null unknown. */
  readonly time: number | null;
  /** How long it was recorded, milliseconds; null unknown. */
  readonly durationMs: number | null;
  /** Threads whose samples have an order in time, by name; empty for a profile that has no time axis. */
  readonly threads: readonly string[];
  /** Whether places in code are lines; false where they are only the lines of declarations. */
  readonly lines: boolean;
  /** Of a recording: functions of WebAssembly that are of no known module, so that they have the names that V8 gives them. */
  readonly unnamed: number;
  /** Keys of the labels of samples. */
  readonly labels: readonly string[];
  /** What the time of a recording went to: text and share of 1, largest first; empty for profiles. */
  readonly kinds: readonly (readonly [kind: string, share: number])[];
  /** Sentences: comments of the profile, and what could not be known. */
  readonly notes: readonly string[];
}

export type ProfileFormat = 'pprof' | 'legacy text' | 'go test output' | '.cpuprofile' | 'Chrome trace';

/** What a file can be saved as. */
export type SaveFormat = 'pprof' | 'cpuprofile' | 'trace';

/** A profile of the program's memory, which needs no code in the program. */
export type MemoryProfileType = 'heap' | 'allocs' | 'goroutine';

/** What one box or row stands for. */
export type ProfileGranularity = 'functions' | 'lines' | 'files' | 'packages';

/** pprof's options of the same names, in Go's regexp syntax; empty: no such filter. */
export interface ProfileFilters {
  readonly focus: string;
  readonly ignore: string;
  readonly hide: string;
  readonly show: string;
  readonly showFrom: string;
  readonly tagFocus: string;
  readonly tagIgnore: string;
}

/** What of a profile is looked at. Equal queries give equal answers. */
export interface ProfileQuery extends ProfileFilters {
  /** Index in `ProfileFacts.sampleTypes`. */
  readonly sampleType: number;
  readonly granularity: ProfileGranularity;
  /** Key of the capture that it is compared with; null: none. */
  readonly base: string | null;
}

/** Totals of a query, in the unit of its sample type. */
export interface ProfileSummary {
  readonly unit: string;
  /** What shares are of, as in pprof: everything, whatever the filters; in a diff everything of the base. */
  readonly total: number;
  /** What the filters leave. In a diff of the profile itself. */
  readonly value: number;
  /** The same of the base; null outside a diff. */
  readonly baseValue: number | null;
  /** Frames that the filters leave. */
  readonly frames: number;
  /** What pprof says of the filters: `Focus expression matched no samples`. */
  readonly warnings: readonly string[];
}

/** A function, line, file or package: what rows and boxes stand for. */
export interface ProfileFrame {
  /** As pprof prints it; it tells frames of one granularity apart. */
  readonly name: string;
  readonly package: string;
  /** Empty where the profile has none, or for a package. */
  readonly file: string;
  /** 1-based: the line itself, or that of the declaration; 0 unknown. */
  readonly line: number;
}

/** Values of one side, and of the base in a diff (0 outside one). */
export interface ProfileValues {
  /** Where it was running itself. */
  readonly flat: number;
  /** With all that it called, each sample once. */
  readonly cum: number;
  readonly baseFlat: number;
  readonly baseCum: number;
}

export interface TopRow extends ProfileFrame, ProfileValues {}

export interface TopSort {
  readonly by: 'flat' | 'cum' | 'name';
  readonly descending: boolean;
}

export interface TopRows {
  /** Rows of the whole answer. */
  readonly count: number;
  readonly rows: readonly TopRow[];
}

/** A call, or a caller in the bottom-up tree. */
export interface CallRow extends ProfileFrame, ProfileValues {
  /** Of this node in the answers to one query. */
  readonly id: number;
  /** From 1. */
  readonly level: number;
  /** Null: a leaf. */
  readonly open: boolean | null;
  /** Index of the row above it in the tree; null at the top level. */
  readonly parent: number | null;
}

export interface CallRows {
  readonly count: number;
  readonly rows: readonly CallRow[];
}

/** A caller or callee of one function. */
export interface PeekRow extends ProfileFrame {
  readonly value: number;
  readonly baseValue: number;
}

/** Callers and callees, largest first, as `go tool pprof -peek` has them. */
export interface PeekAnswer {
  /** Null where the filters leave nothing of it. */
  readonly frame: TopRow | null;
  readonly callers: readonly PeekRow[];
  readonly callees: readonly PeekRow[];
}

/** What the lines of one function cost. */
export interface SourceCost {
  readonly file: string;
  readonly lines: readonly (ProfileValues & { readonly line: number })[];
}

/** Which flame graph is wanted. */
export type FlameShape =
  /** Callers above what they call, the largest on the left. */
  (
    | { readonly kind: 'left-heavy' }
    /** One thread of a recording in the order of time. The query's sample type and base say nothing there. */
    | { readonly kind: 'time'; readonly thread: number }
    /** Everything that one frame calls, or that calls it, the frame itself in the first row. */
    | { readonly kind: 'callees' | 'callers'; readonly frame: string }
  ) & {
    /** Of a frame that is in a stack more than once, only the outermost is shown; what the others call stands where they would. */
    readonly collapse?: boolean;
    /** Of a large profile only what a first picture shows of it; `FlameBoxes.partial` says so. */
    readonly first?: boolean;
  };

/**
 * A flame graph, laid out. Boxes are in rows, and from left to right in each: row `d` has the boxes rowStart[d] .. rowStart[d+1]. A box lies
 * under exactly one box of the row before.
 */
export interface FlameBoxes {
  /** Calls that are too narrow for a first picture are one box for each caller, and what they call is not here. */
  readonly partial: boolean;
  /** What places along the axis are in: the unit of the sample type; `microseconds` for order of time. */
  readonly unit: string;
  /** Whether the axis is time. */
  readonly time: boolean;
  /** Where the last box ends; the first begins at 0. */
  readonly width: number;
  readonly frames: readonly ProfileFrame[];
  readonly rowStart: Uint32Array;
  /** Begin and end along the axis. */
  readonly start: Float64Array;
  readonly end: Float64Array;
  /** Index in `frames`. */
  readonly frame: Uint32Array;
  /**
   * In a diff: the value of each box in the profile and in the base; a box is as wide as the larger of both, stack by stack. Null outside
   * one.
   */
  readonly values: { readonly now: Float64Array; readonly base: Float64Array } | null;
}
