import type {
  DeadlockVerdict,
  GoroutineDetail,
  GoroutineFacts,
  GoroutineQuery,
  GoroutineRows,
  GoSourceText,
  WaitObject,
} from './goroutines.ts';
import type {
  CallRows,
  FlameBoxes,
  FlameShape,
  MemoryProfileType,
  PeekAnswer,
  ProfileFacts,
  ProfileQuery,
  ProfileSummary,
  SaveFormat,
  SourceCost,
  TopRows,
  TopSort,
} from './profiles.ts';
import type { HeapRequests } from './heap.ts';
import type { RecordingRequests } from './recording.ts';
import type { MapSource } from '../sourcemap/write.ts';
import type { StackTrace } from '../stack/stack-trace.ts';
import type { TrapKind } from '../stack/trap-kind.ts';
import type { ModuleReport } from '../symbols/module-report.ts';
import type { FrameArguments } from '../values/typed-arguments.ts';

// The typed, asynchronous requests between the session and the worker. Everything here is plain data that structured clone carries;
// module bytes are transferred, never copied.

/** What the session asks of the worker. */
export interface AnalysisRequests extends RecordingRequests, HeapRequests {
  /** Takes ownership of a module's bytes and reads them. Rejects with one error that names section and offset. */
  'module.load': { params: { moduleKey: string; bytes: ArrayBuffer }; result: LoadedModule };
  /** Builds the full index (call sites, lines, inline trees), with progress; the report then knows all. */
  'module.index': { params: { moduleKey: string }; result: ModuleReport };
  /** The module's symbols are those of another one, which stays loaded by its own key. */
  'module.share': { params: { moduleKey: string; from: string }; result: ModuleReport };
  'module.unload': { params: { moduleKey: string }; result: null };
  /** Which loaded module a JavaScript stack belongs to: its frames' offsets lie inside the functions that they name. */
  'stack.owner': { params: { stack: string; candidates: readonly string[] }; result: StackOwner };
  /** One death, from everything that was seen of it. */
  'death.analyze': { params: DeathEvidence; result: DeathReport };
  /** Reads the list of a program's goroutines; stacks follow with `snapshot.stacks`. */
  'snapshot.read': { params: SnapshotSource; result: SnapshotSummary };
  /** Opens a file of memory: a dump, or raw bytes for a chosen module. Takes ownership of the bytes. */
  'snapshot.open': {
    params: {
      snapshotKey: string;
      name: string;
      bytes: ArrayBuffer;
      moduleKey: string | null;
      candidates: readonly string[];
    };
    result: SnapshotSummary & { moduleKey: string; time: number | null };
  };
  /** Reads all stacks, in steps; progress is the share of them that is known. */
  'snapshot.stacks': { params: { snapshotKey: string }; result: SnapshotSummary };
  'snapshot.rows': {
    params: { snapshotKey: string; query: GoroutineQuery; from: number; count: number };
    result: GoroutineRows;
  };
  'snapshot.find': {
    params: { snapshotKey: string; query: GoroutineQuery; which: { key: string } | { id: number } };
    result: { key: string; index: number | null } | null;
  };
  'snapshot.goroutine': { params: { snapshotKey: string; key: string }; result: GoroutineDetail };
  /** The arguments of a goroutine's frames by name and type, one entry for each line of its stack. `sources`: by file, as symbols name it. */
  'snapshot.arguments': {
    params: { snapshotKey: string; key: string; sources: ReadonlyMap<string, GoSourceText> };
    result: readonly FrameArguments[];
  };
  'snapshot.waitObject': { params: { snapshotKey: string; address: number }; result: WaitObject };
  'snapshot.text': { params: { snapshotKey: string; query: GoroutineQuery }; result: string };
  'snapshot.pprof': { params: { snapshotKey: string }; result: Blob };
  /** The whole memory as a dump. */
  'snapshot.save': { params: { snapshotKey: string }; result: Blob };
  'snapshot.drop': { params: { snapshotKey: string }; result: null };
  /**
   * Reads a file with a profile of any supported kind. Wasm frames of a recording get the names of those `modules` that they are of.
   * Rejects with one error that names field and offset.
   */
  'profile.open': {
    params: { captureKey: string; name: string; bytes: ArrayBuffer; modules: readonly ProfiledModuleKey[] };
    result: ProfileFacts;
  };
  /** Makes a profile of a program's memory. */
  'profile.memory': {
    params: { captureKey: string; type: MemoryProfileType; source: Omit<SnapshotSource, 'snapshotKey'> };
    result: ProfileFacts;
  };
  /** What keeps the profile: a file that `profile.open` reads again without any module. */
  'profile.kept': { params: { captureKey: string }; result: ArrayBuffer };
  'profile.save': { params: { captureKey: string; format: SaveFormat }; result: Blob };
  'profile.drop': { params: { captureKey: string }; result: null };
  'profile.summary': { params: { captureKey: string; query: ProfileQuery }; result: ProfileSummary };
  'profile.flame': {
    params: { captureKey: string; query: ProfileQuery; shape: FlameShape };
    result: FlameBoxes;
  };
  /** `filter`: words that all have to be found in the name. */
  'profile.top': {
    params: {
      captureKey: string;
      query: ProfileQuery;
      filter: string;
      sort: TopSort;
      from: number;
      count: number;
    };
    result: TopRows;
  };
  /** `open`: ids of rows whose calls are listed below them. */
  'profile.calls': {
    params: {
      captureKey: string;
      query: ProfileQuery;
      direction: 'down' | 'up';
      open: readonly number[];
      from: number;
      count: number;
    };
    result: CallRows;
  };
  'profile.peek': { params: { captureKey: string; query: ProfileQuery; frame: string }; result: PeekAnswer };
  /** What the lines of a function cost, by its name; null where the profile has no lines of it. */
  'profile.source': {
    params: { captureKey: string; query: ProfileQuery; function: string };
    result: SourceCost | null;
  };
  /** Pasted text: a JavaScript stack, Go's panic text, or both mixed; `moduleKey` null: the candidate that fits. */
  'text.symbolize': {
    params: { moduleKey: string | null; text: string; candidates: readonly string[] };
    result: TextReport;
  };
  /** A source map of the module for DevTools (JSON text) that leads to these files, keyed by their names in the symbols. */
  'sourcemap.write': {
    params: { moduleKey: string; sources: ReadonlyMap<string, MapSource> };
    result: string;
  };
}

/** What the worker asks of the session while it answers. */
export interface PageRequests {
  /** Ranges of linear memory, all read within one task of the page. `target` is the session's name for a memory. */
  'memory.read': {
    params: { target: string; ranges: readonly { address: number; length: number }[] };
    result: readonly Uint8Array[];
  };
  /** Follows the pointers of a slice within one task of the page. */
  'memory.gather': {
    params: { target: string; list: number; limit: number; words: readonly number[] };
    result: GatheredAnswer;
  };
}

/** A module that a recording may be of. */
export interface ProfiledModuleKey {
  readonly moduleKey: string;
  /** Its file name or URL. */
  readonly name: string;
}

/** When and how a memory was read in one task of the page. */
export interface ReadMoment {
  /** Bytes of the whole memory. */
  readonly byteLength: number;
  /** getsp() in the same task; null where there is none, or nothing runs in that memory. */
  readonly sp: number | null;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** How long the page waited, milliseconds. */
  readonly pauseMs: number;
}

export interface GatheredAnswer extends ReadMoment {
  readonly array: number;
  readonly count: number;
  /** In the form that src/memory/gathered.ts reads. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** The memory that a snapshot is read from. */
export interface SnapshotSource {
  readonly snapshotKey: string;
  readonly moduleKey: string;
  /**
   * `held`: a copy that the page keeps; `still`: memory in which nothing runs any more, or a copy made at a trap; `running`: the program's
   * own, in which it runs on.
   */
  readonly kind: 'held' | 'still' | 'running';
  /** The session's name for the memory. */
  readonly target: string;
  /** Of `held` and `still`; of `running`, as it was last seen. */
  readonly moment: Omit<ReadMoment, 'pauseMs'> & { readonly pauseMs: number | null };
  /** For a dump of this memory. */
  readonly about: { readonly moduleName: string; readonly url: string; readonly title: string };
}

export interface SnapshotSummary {
  readonly facts: GoroutineFacts;
  readonly verdict: DeadlockVerdict | null;
}

export interface LoadedModule {
  /** SHA-256 of the bytes, hex. */
  readonly hash: string;
  readonly report: ModuleReport;
}

export interface StackOwner {
  /** Null when no candidate fits or more than one does. */
  readonly moduleKey: string | null;
  readonly why: string;
  /** URL that the wasm frames carry; null when there are none. */
  readonly scriptUrl: string | null;
}

export interface DeathEvidence {
  readonly moduleKey: string;
  /** The session's name for the memory at that moment; null when it could not be had. */
  readonly memory: { readonly target: string; readonly byteLength: number } | null;
  /** getsp() at that moment. */
  readonly sp: number | null;
  readonly exitCode: number | null;
  readonly error: { readonly name: string; readonly message: string; readonly stack: string } | null;
  /** JS stack at the exit import. */
  readonly exitStack: string | null;
  /** What the runtime wrote to fd 2. */
  readonly text: string;
}

export interface DeathReport {
  readonly kind: TrapKind;
  readonly title: string;
  readonly goroutine: { readonly id: number; readonly state: string } | null;
  readonly stack: StackTrace | null;
  readonly otherStacks: readonly StackTrace[];
  readonly notes: readonly string[];
}

export interface TextReport {
  readonly title: string;
  readonly stacks: readonly StackTrace[];
  readonly moduleKey: string | null;
  readonly notes: readonly string[];
}
