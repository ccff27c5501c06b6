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
import type { DebugFile, DebugFileRequests } from './debug-files.ts';
import type { HeapRequests } from './heap.ts';
import type { LanguageRequests } from './language.ts';
import type { MemoryRequests } from './memory.ts';
import type { ProfilingRequests } from './profiling.ts';
import type { RecordingRequests } from './recording.ts';
import type { OriginalPosition, ScriptPosition } from '../sourcemap/read/original-positions.ts';
import type { BuiltSourceMap, FoundText, IgnoredFiles, MappedFile, MissingTexts } from './source-map.ts';
import type { ReferenceRequests } from './references.ts';
import type { StepRequests } from './steps.ts';
import type { VariableRequests } from './variables.ts';
import type { StackTrace } from '../stack/stack-trace.ts';
import type { TrapKind } from '../stack/trap-kind.ts';
import type { ModuleReport } from '../symbols/module-report.ts';
import type { FrameArguments } from '../values/typed-arguments.ts';

// The typed, asynchronous requests between the session and the worker. Everything here is plain data that structured clone carries;
// module bytes are transferred, never copied.

/** What the session asks of the worker. */
export interface AnalysisRequests
  extends
    DebugFileRequests,
    LanguageRequests,
    RecordingRequests,
    HeapRequests,
    ProfilingRequests,
    MemoryRequests,
    ReferenceRequests,
    StepRequests,
    VariableRequests {
  /** Takes ownership of a module's bytes and reads them. Rejects with one error that names section and offset. */
  'module.load': { params: { moduleKey: string; bytes: ArrayBuffer }; result: LoadedModule };
  /** Adds the source map that the module names: its text, or why it could not be had. Rejects for what is no source map. */
  'module.sourceMap': {
    params: { moduleKey: string; map: { readonly text: string } | { readonly why: string } };
    result: ModuleReport;
  };
  /** Where places of a script come from, by its source map (JSON text); null where the map does not know. Rejects for what is no source map. */
  'script.originals': {
    params: { map: string; mapUrl: string; positions: readonly ScriptPosition[] };
    result: readonly (OriginalPosition | null)[];
  };
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
    /** `title`: what the dump says that it shows. */
    result: SnapshotSummary & { moduleKey: string; time: number | null; title: string };
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
  'snapshot.save': { params: { snapshotKey: string; title?: string }; result: Blob };
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
  /** `sources`: for a trace, the URL of a Go file where there is one. */
  'profile.save': {
    params: { captureKey: string; format: SaveFormat; sources?: ReadonlyMap<string, string> };
    result: Blob;
  };
  /** Files of the program's own functions that the profile has, each with the last line that it is known to have; those with the most in it first, a few only. */
  'profile.files': {
    params: { captureKey: string };
    result: readonly { readonly file: string; readonly line: number }[];
  };
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
  /** The files that the map of a module leads to; none has a text. Reads all code of the module by line. */
  'sourcemap.files': { params: { moduleKey: string } & IgnoredFiles; result: readonly MappedFile[] };
  /** A source map of the whole module for DevTools. `missing`: sentences for the head of a file without text. */
  'sourcemap.build': {
    params: IgnoredFiles & {
      moduleKey: string;
      /** By the files' names in the symbols. */
      texts: ReadonlyMap<string, FoundText>;
      missing: MissingTexts;
    };
    result: BuiltSourceMap;
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
   * `held`: a copy that the page keeps; `stopped`: a copy that was made while a debugger had the program stopped; `still`: memory in which
   * nothing runs any more, or a copy made at a trap; `running`: the program's own, in which it runs on.
   */
  readonly kind: 'held' | 'stopped' | 'still' | 'running';
  /** The session's name for the memory. */
  readonly target: string;
  /** Of `held`, `stopped` and `still`; of `running`, as it was last seen. */
  readonly moment: Omit<ReadMoment, 'pauseMs'> & { readonly pauseMs: number | null };
  /** The JavaScript stack of that moment, where a debugger has stopped the program. */
  readonly stack?: string;
  /** For a dump of this memory. */
  readonly about: {
    readonly moduleName: string;
    readonly url: string;
    readonly title: string;
    /** JavaScript's stack of the error that ended the program, as it was printed; left out for a program that runs. */
    readonly stack?: string;
  };
}

export interface SnapshotSummary {
  readonly facts: GoroutineFacts;
  readonly verdict: DeadlockVerdict | null;
}

export interface LoadedModule {
  /** SHA-256 of the bytes, hex. */
  readonly hash: string;
  readonly report: ModuleReport;
  /** The URL of a source map that tells more than the module; null where there is none or none is needed. */
  readonly sourceMapUrl: string | null;
  /** Files beside the module that have debug information of it. */
  readonly debugFiles: readonly DebugFile[];
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
  /** `label`: what it is called where it has no number, as in `GoroutineRow`. */
  readonly goroutine: { readonly id: number; readonly label?: string; readonly state: string } | null;
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
