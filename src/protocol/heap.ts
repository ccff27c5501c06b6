import type { Growth, HeapDiff } from '../go/runtime/heap/diff.ts';
import type { RootCause } from '../go/runtime/heap/retention.ts';
import type { HeapSummary } from '../memory/heap-rows.ts';
import type { HeapTotals } from '../go/runtime/heap/totals.ts';

/** The heap of a snapshot. Bytes and counts; times in nanoseconds. */
export interface HeapFacts {
  readonly totals: HeapTotals;
  /** Of all objects in use. */
  readonly summary: HeapSummary;
  /** Those that roots lead to: what a collection would leave. */
  readonly reachable: { readonly objects: number; readonly bytes: number };
  readonly goroutines: number;
  /** Sentences: what is missing or not certain. */
  readonly notes: readonly string[];
}

export interface HeapObjectRow {
  readonly address: number;
  readonly type: string;
  readonly confidence: 'exact' | 'inferred' | 'unavailable';
  /** Of its place. */
  readonly bytes: number;
  /** What would be free without it, its own included. */
  readonly retained: number;
}

export interface HeapObjectRows {
  readonly total: number;
  readonly rows: readonly HeapObjectRow[];
}

/** A pointer from an object, and the object's own row. */
export interface HeapReference {
  readonly from: HeapObjectRow;
  /** Where in it: `.next`, `[3].name`. */
  readonly field: string;
}

/** What keeps an object: a root, and the objects from there down to the one that points to it. */
export interface HeapPath {
  readonly root: RootCause;
  readonly steps: readonly HeapReference[];
}

export interface HeapObjectDetail {
  readonly row: HeapObjectRow;
  /** Who points to it, the first thousand. */
  readonly retainers: readonly HeapReference[];
  readonly roots: readonly RootCause[];
  /** A shortest path; null where no root leads to it: it is garbage. */
  readonly path: HeapPath | null;
  /** What it points to, the first thousand. */
  readonly targets: readonly HeapObjectRow[];
}

/** A part of a value: a field, an element, an entry of a map; a word where no type is known. */
export interface HeapValueRow {
  /** `name` of a field, `[2]`, `["key"]`, `+8` for a word. */
  readonly name: string;
  readonly type: string;
  /** As Delve prints it. */
  readonly text: string;
  /** How many parts it has itself; 0 for none. */
  readonly parts: number;
  /** The object that it points to; null for none. */
  readonly target: number | null;
}

export interface HeapValue {
  /** All of it, as Delve prints it. */
  readonly text: string;
  /** How many parts it has; `rows` are those that were asked for. */
  readonly total: number;
  readonly rows: readonly HeapValueRow[];
}

/** Growth by stacks; a name has a line for each call, innermost first. */
export interface StackGrowth {
  readonly rows: readonly Growth[];
  /** Sentences: what is missing or not certain. */
  readonly notes: readonly string[];
}

/** What has grown from one snapshot to a later one. */
export interface HeapComparison {
  /** Of what is reachable. */
  readonly diff: HeapDiff;
  /** In use by the stack that allocated it, as pprof estimates it of the samples of the memory profile. */
  readonly allocations: StackGrowth;
  /** `bytes` are those of their stacks. */
  readonly goroutines: {
    readonly before: number;
    readonly after: number;
    /** By the function of the `go` statement, and where that stands. */
    readonly byFunction: readonly Growth[];
    /** By identical stacks. */
    readonly byStack: readonly Growth[];
  };
}

export interface HeapRead {
  readonly facts: HeapFacts;
  /** Snapshots whose objects went to make room: of them the figures are left. */
  readonly dropped: readonly string[];
}

/** What is asked about the heap of a snapshot; all but `heap.read` need it to be read. */
export interface HeapRequests {
  /** Reads the whole memory, which is kept from then on, and all of the heap, with progress. */
  'heap.read': { params: { snapshotKey: string }; result: HeapRead };
  /** Objects of a type by its name, of all when that is null, largest first by their own bytes or by what they retain. */
  'heap.objects': {
    params: {
      snapshotKey: string;
      type: string | null;
      sort: 'bytes' | 'retained';
      from: number;
      count: number;
    };
    result: HeapObjectRows;
  };
  /** The object that holds the byte at an address. Rejects where there is none. */
  'heap.object': { params: { snapshotKey: string; address: number }; result: HeapObjectDetail };
  /**
   * What stands in the object that holds the byte at an address, or in a part of it: `path` has the numbers of the parts that lead there.
   * At most a hundred rows.
   */
  'heap.value': {
    params: {
      snapshotKey: string;
      address: number;
      path: readonly number[];
      from: number;
      count: number;
    };
    result: HeapValue;
  };
  /** The path from a root that most of some objects of a type have; null where no root leads to them. */
  'heap.keeps': { params: { snapshotKey: string; type: string }; result: HeapPath | null };
  /** What has grown of what is reachable since another snapshot. Of both the figures are enough. */
  'heap.diff': { params: { snapshotKey: string; base: string }; result: HeapComparison };
  /** Lets the figures go too. */
  'heap.forget': { params: { snapshotKey: string }; result: null };
}
