import type { StackTrace } from '../stack/stack-trace.ts';
import type { RecordedCpu, RecordingChoice } from './recording.ts';
import type { ProfilingState } from './allocation-profiling.ts';
import type { DebugFilesClient } from './debug-files.ts';
import type { GoroutinesClient } from './goroutines-client.ts';
import type { HeapClient } from './heap.ts';
import type { MemoryClient } from './memories.ts';
import type { ProfilesClient } from './profiles-client.ts';
import type { ReferencesClient } from './references.ts';
import type { SamplesClient } from './samples.ts';
import type { RemoteProfilesClient } from './remote-profiles.ts';
import type { SessionState, Settings } from './state.ts';

/** Folders that may hold Go files; they are kept until they are removed. */
export interface FoldersClient {
  add(handle: FileSystemDirectoryHandle): Promise<void>;
  remove(handle: FileSystemDirectoryHandle): Promise<void>;
  /** Looks again at permissions and at what is there. */
  refresh(): Promise<void>;
}

/** What a view can ask of the session. The panel and the sidebar hold one; a recording implements it too. */
export interface SessionClient {
  /** Undefined where nobody can grant one. */
  readonly folders?: FoldersClient;
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
  /** Asks for `file://` addresses; in a click. False when it is refused. */
  requestFiles(): Promise<boolean>;
  setSettings(change: Partial<Settings>): void;
  /** Debug information of modules that is in files of its own. */
  readonly debugFiles: DebugFilesClient;
  /** Adds a file that was dropped in: a module, or debug information that modules miss. Rejects with why it is of no use. */
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
  /** Goroutines: snapshots of them, their lists and stacks. */
  readonly goroutines: GoroutinesClient;
  /**
   * Records CPU samples of the page and its workers until `stopRecording`; a task that can be cancelled, with `SessionState.recording` while it
   * runs. Resolves once it is a capture. Rejects with the reason, also in the build without the debugger.
   */
  recordCpu(choice: RecordingChoice): Promise<RecordedCpu>;
  stopRecording(): void;
  /** The memory profile of a running program: whether it is on, and switching it, which writes to the program's memory. */
  readonly allocations: {
    state(instanceKey: string): Promise<ProfilingState>;
    /** `rate`: bytes between two samples on average; 0 switches it off. Rejects where it cannot be done for sure. */
    set(instanceKey: string, rate: number): Promise<void>;
  };
  /** JavaScript values that programs refer to. */
  readonly references: ReferencesClient;
  /** Samples of running programs. */
  readonly samples: SamplesClient;
  /** The heap of a snapshot. */
  readonly heap: HeapClient;
  /** Linear memory. */
  readonly memory: MemoryClient;
  /** Profiles: opened, taken, looked at, saved. */
  readonly profiles: ProfilesClient;
  /** Profiles of servers (net/http/pprof). */
  readonly remote: RemoteProfilesClient;
  /**
   * Reloads the page with the hook and with values of Go in DevTools: arguments in the Scope pane, watch and hover of Go expressions. Rejects
   * with the reason where the browser has no language plugins.
   */
  reloadWithValues?(): Promise<void>;
  /** Takes them away again, without a reload. */
  stopValues?(): Promise<void>;
  /** Stops of the debugger (`SessionState.stop`); a recording has none. */
  readonly stops?: StopsClient;
  /** Steps of the debugger that are followed (`SessionState.step`). */
  readonly steps?: { cancel(): void };
  clearTraps(): void;
  cancelTask(id: number): void;
  /** Text for the clipboard: as Go prints a traceback, or Markdown for an issue. */
  trapAsText(trapKey: string, format: 'traceback' | 'markdown'): string;
}

export interface StopsClient {
  /** Takes the goroutines whenever a debugger stops the program, until the returned function is called. */
  watch(): () => void;
  /** Reads the goroutines at the present stop again. */
  again(): void;
  /** Whether `look` is possible: not in the build without the debugger. */
  readonly canLook: boolean;
  /**
   * Looks for a worker or a frame with a process of its own that is stopped, and takes its goroutines; attaches the debugger for a moment. Resolves to a
   * sentence for people where none is found, and to '' otherwise (`SessionState.stop`). Rejects with the reason, and when it is cancelled.
   */
  look(): Promise<string>;
  /** Forgets the stop that `look` found: when that thread goes on is not told. */
  close(): void;
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
