import type { GoroutineDetail, GoroutineQuery, GoroutineRows, WaitObject } from '../protocol/goroutines.ts';
import type { StackTrace } from '../stack/stack-trace.ts';
import type { RecordedCpu, RecordingChoice } from './recording.ts';
import type { FrameArguments } from '../values/typed-arguments.ts';
import type { HeapClient } from './heap.ts';
import type { ProfilesClient } from './profiles.ts';
import type { RemoteProfilesClient } from './remote-profiles.ts';
import type { SessionState, Settings } from './state.ts';

/** What a view can ask of the session. The panel and the sidebar hold one; a recording implements it too. */
export interface SessionClient {
  state(): SessionState;
  /** Calls back after each change, until the returned function is called. */
  subscribe(listener: () => void): () => void;

  /** Reloads the page with the hook, so that instances, memory and early traps are seen. */
  reload(): Promise<void>;
  /** Attaches the debugger for a moment to see a page that was loaded before DevTools. */
  attachDebugger(): Promise<void>;
  /** Asks for the per-site permission: the hook is then there on every load while DevTools is open. Must be called in a click. */
  requestSite(): Promise<boolean>;
  forgetSite(): Promise<void>;
  setSettings(change: Partial<Settings>): void;
  /** Adds a .wasm file that was dropped in. */
  addModuleFile(name: string, bytes: ArrayBuffer): Promise<void>;
  /** Symbolizes stack or panic text against a module; null: the one module that fits. */
  symbolizeText(moduleKey: string | null, text: string): Promise<PastedStack>;
  /** The text around a line of a Go file, where the page's server has it. */
  sourceExcerpt(
    moduleKey: string | null,
    file: string,
    line: number,
    context: number,
  ): Promise<SourceExcerpt>;
  /** Opens file:line in the Sources panel. */
  openSource(moduleKey: string | null, file: string, line: number): Promise<OpenResult>;
  /**
   * Reads all goroutines of a program: a running one, or with a trap's key as they were when it died. A task that can be
   * cancelled. Resolves with the snapshot's key once its list is there; stacks follow (`stacksRead`). An earlier one of the same running
   * program goes then, unless it is pinned; one that is still being read resolves with the newer one's key. Rejects with the reason, which is also in `SnapshotState.error`.
   */
  takeSnapshot(of: { readonly instanceKey: string } | { readonly trapKey: string }): Promise<string>;
  /** What `takeSnapshot` will cost the page, to be shown first; null for an instance that is not known. */
  snapshotCost(instanceKey: string): SnapshotCost | null;
  /** Opens a memory dump that `saveMemory` wrote, or a raw one for a chosen module. Rejects when the module is not here. */
  openDump(name: string, bytes: ArrayBuffer, moduleKey: string | null): Promise<string>;
  /** The snapshot's whole linear memory as a dump with the module's hash. */
  saveMemory(snapshotKey: string): Promise<{ readonly name: string; readonly blob: Blob }>;
  pinSnapshot(snapshotKey: string, pinned: boolean): void;
  dropSnapshot(snapshotKey: string): void;
  goroutineRows(
    snapshotKey: string,
    query: GoroutineQuery,
    from: number,
    count: number,
  ): Promise<GoroutineRows>;
  /**
   * A row by key (of a goroutine or a group), or a goroutine by id, and where it stands in the answer to the query: `index` is null where the query leaves it out or
   * its group is folded. Null: it is not in the snapshot, e.g. a creator that has ended.
   */
  findGoroutine(
    snapshotKey: string,
    query: GoroutineQuery,
    which: { readonly key: string } | { readonly id: number },
  ): Promise<{ readonly key: string; readonly index: number | null } | null>;
  /** `key`: of a row. */
  goroutine(snapshotKey: string, key: string): Promise<GoroutineDetail>;
  /**
   * The arguments of its frames by name and type, one entry for each line of its stack, by Go source from the page's server: where there
   * is none, or it does not fit, the entry says so.
   */
  goroutineArguments(snapshotKey: string, key: string): Promise<readonly FrameArguments[]>;
  waitObject(snapshotKey: string, address: number): Promise<WaitObject>;
  /** As Go prints a traceback of all goroutines that the query leaves. */
  goroutinesAsText(snapshotKey: string, query: GoroutineQuery): Promise<string>;
  /** A goroutine profile (gzipped profile.proto), as runtime/pprof writes it. */
  goroutinesAsPprof(snapshotKey: string): Promise<{ readonly name: string; readonly blob: Blob }>;
  /**
   * Records CPU samples of the page and its workers until `stopRecording`; a task that can be cancelled, with `SessionState.recording` while it
   * runs. Resolves once it is a capture. Rejects with the reason, also in the build without the debugger.
   */
  recordCpu(choice: RecordingChoice): Promise<RecordedCpu>;
  stopRecording(): void;
  /** The heap of a snapshot. */
  readonly heap: HeapClient;
  /** Profiles: opened, taken, looked at, saved. */
  readonly profiles: ProfilesClient;
  /** Profiles of servers (net/http/pprof). */
  readonly remote: RemoteProfilesClient;
  clearTraps(): void;
  cancelTask(id: number): void;
  /** Text for the clipboard: as Go prints a traceback, or Markdown for an issue. */
  trapAsText(trapKey: string, format: 'traceback' | 'markdown'): string;
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

export interface PastedStack {
  readonly title: string;
  readonly stacks: readonly StackTrace[];
  /** The module that was used, and why it was chosen. */
  readonly moduleKey: string | null;
  readonly notes: readonly string[];
}

export type SourceExcerpt =
  | { readonly ok: true; readonly url: string; readonly firstLine: number; readonly lines: readonly string[] }
  | { readonly ok: false; readonly file: string; readonly tried: readonly string[]; readonly why: string };

export type OpenResult =
  | { readonly ok: true; readonly url: string }
  | { readonly ok: false; readonly why: string; readonly tried: readonly string[] };
