// The Go side of what JavaScript and Go know of each other, and what a sample of a program reads.

/** The functions that js.FuncOf registered and nobody has released. Columns have an entry for each. */
export interface JsFuncTable {
  /** Numbers under which syscall/js knows them, rising. */
  readonly id: Uint32Array;
  /** Index in `functions`. */
  readonly function: Uint32Array;
  readonly functions: readonly JsFunction[];
  /** Null when all were read; otherwise a sentence on what is missing and why. */
  readonly missing: string | null;
}

/** A function of Go's; `line` is where it begins, 0 where that is not known, and its name is '' then. */
export interface JsFunction {
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

/** A word of memory: 8 bytes at `at`, or `through` bytes behind where the pointer at `at` leads to. */
export interface SampleWord {
  readonly at: number;
  readonly through: number | null;
}

/** What a sample reads. */
export interface SampleRequest {
  readonly words: readonly SampleWord[];
  /** The goroutines of the slice of pointers at `list`, at most `limit`, whose 4-byte status is another than `dead`. */
  readonly goroutines: {
    readonly list: number;
    readonly limit: number;
    readonly status: number;
    readonly dead: number;
  } | null;
}

/** What to read of programs of one module. */
export interface SamplePlan {
  readonly request: SampleRequest;
  /** What each word is. */
  readonly words: readonly ('heapInUse' | 'collections' | 'functions')[];
  /** Sentences: what cannot be sampled, and why. */
  readonly missing: readonly string[];
}

export interface ReferenceRequests {
  /** Reads the functions that js.FuncOf registered out of a program's memory. */
  'references.funcs': {
    params: { moduleKey: string; target: string; byteLength: number };
    result: JsFuncTable;
  };
  'sample.plan': { params: { moduleKey: string }; result: SamplePlan };
}
