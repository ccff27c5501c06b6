import type { HeapDiff } from '../go/runtime/heap/diff.ts';
import type { RootCause } from '../go/runtime/heap/retention.ts';
import type { HeapSummary } from '../go/runtime/heap/summary.ts';
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

export interface HeapObjectDetail {
  readonly row: HeapObjectRow;
  /** Who points to it, the first thousand. */
  readonly retainers: readonly HeapReference[];
  readonly roots: readonly RootCause[];
  /** A shortest path; null where no root leads to it: it is garbage. */
  readonly path: { readonly root: RootCause; readonly steps: readonly HeapReference[] } | null;
  /** What it points to, the first thousand. */
  readonly targets: readonly HeapObjectRow[];
}

/** What is asked about the heap of a snapshot; all but `heap.read` need it to be read. */
export interface HeapRequests {
  /** Reads the whole memory and all of the heap, with progress. */
  'heap.read': { params: { snapshotKey: string }; result: HeapFacts };
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
  /** What has grown of what is reachable since another snapshot. */
  'heap.diff': { params: { snapshotKey: string; base: string }; result: HeapDiff };
}
