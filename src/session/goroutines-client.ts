import type { GoroutineDetail, GoroutineQuery, GoroutineRows, WaitObject } from '../protocol/goroutines.ts';
import type { FrameArguments } from '../values/typed-arguments.ts';

/** The goroutines of programs: snapshots of them, and what is read of a snapshot. */
export interface GoroutinesClient {
  /**
   * Reads all goroutines of a program: a running one, or with a trap's key as they were when it died. A task that can be
   * cancelled. Resolves with the snapshot's key once its list is there; stacks follow (`stacksRead`). An earlier one of the same running
   * program goes then, unless it is pinned; one that is still being read resolves with the newer one's key. Rejects with the reason, which is also in `SnapshotState.error`.
   */
  take(of: { readonly instanceKey: string } | { readonly trapKey: string }): Promise<string>;
  /** What `take` will cost the page, to be shown first; null for an instance that is not known. */
  cost(instanceKey: string): SnapshotCost | null;
  /** Opens a memory dump that `saveMemory` wrote, or a raw one for a chosen module. Rejects when the module is not here. */
  openDump(name: string, bytes: ArrayBuffer, moduleKey: string | null): Promise<string>;
  /** The snapshot's whole linear memory as a dump with the module's hash. */
  saveMemory(snapshotKey: string): Promise<{ readonly name: string; readonly blob: Blob }>;
  pin(snapshotKey: string, pinned: boolean): void;
  drop(snapshotKey: string): void;
  rows(snapshotKey: string, query: GoroutineQuery, from: number, count: number): Promise<GoroutineRows>;
  /**
   * A row by key (of a goroutine or a group), or a goroutine by id, and where it stands in the answer to the query: `index` is null where the query leaves it out or
   * its group is folded. Null: it is not in the snapshot, e.g. a creator that has ended.
   */
  find(
    snapshotKey: string,
    query: GoroutineQuery,
    which: { readonly key: string } | { readonly id: number },
  ): Promise<{ readonly key: string; readonly index: number | null } | null>;
  /** `key`: of a row. */
  detail(snapshotKey: string, key: string): Promise<GoroutineDetail>;
  /**
   * The arguments of its frames by name and type, one entry for each line of its stack, by Go source from the page's server: where there
   * is none, or it does not fit, the entry says so.
   */
  arguments(snapshotKey: string, key: string): Promise<readonly FrameArguments[]>;
  waitObject(snapshotKey: string, address: number): Promise<WaitObject>;
  /** As Go prints a traceback of all goroutines that the query leaves. */
  asText(snapshotKey: string, query: GoroutineQuery): Promise<string>;
  /** A goroutine profile (gzipped profile.proto), as runtime/pprof writes it. */
  asPprof(snapshotKey: string): Promise<{ readonly name: string; readonly blob: Blob }>;
}

/** What a snapshot of a running program costs its page. */
export interface SnapshotCost {
  /** Bytes of its memory. */
  readonly bytes: number;
  /** The program has ended: nothing changes its memory any more. */
  readonly ended: boolean;
  /** Whether the memory is copied in one task of the page; else it is too large, or the program has ended. */
  readonly copies: boolean;
  /** For `copies`: how long the page will stop, about, in milliseconds. */
  readonly pauseMs: number | null;
}
