import type { ModuleBookmarks } from './bookmarks.ts';
import type { BreakpointCall } from './breakpoint-calls.ts';
import type { CaptureState } from './captures-state.ts';
import type { SnapshotState } from './goroutines-state.ts';
import type { HeapState } from './heap-state.ts';
import type { MemoryCopy } from './memories.ts';
import type { SwitchedOn } from './allocation-profiling.ts';
import type { StackTrace } from '../stack/stack-trace.ts';
import type { DebugFile } from '../protocol/debug-files.ts';
import type { MappedFile } from '../protocol/source-map.ts';
import type { TrapKind } from '../stack/trap-kind.ts';
import type { ModuleReport } from '../symbols/module-report.ts';
import type { SuggestedRoot } from './suggested-roots.ts';
import type { SourceFolderState } from './source-folders.ts';
import type { RecordingState } from './recording.ts';
import type { StepState } from './go-steps.ts';
import type { StopState } from './stops.ts';
import type { AccessState } from './page-port.ts';
import type { ModuleOrigin, Realm, StartupTimes } from './page-events.ts';

// The inspected page as the views see it: plain, immutable data. The session replaces what changed and notifies.

export interface SessionState {
  readonly pageUrl: string;
  readonly access: AccessState;
  readonly modules: readonly ModuleState[];
  readonly instances: readonly InstanceState[];
  /** Newest first. */
  readonly traps: readonly TrapState[];
  /** Goroutine snapshots, newest first. */
  readonly snapshots: readonly SnapshotState[];
  /** Heaps of snapshots that were read, in the order in which that was done. */
  readonly heaps: readonly HeapState[];
  /** Copies of memories of programs that have no snapshots, newest first. */
  readonly memoryCopies?: readonly MemoryCopy[];
  /** Programs whose memory profile was switched on here. */
  readonly allocationProfiling?: readonly SwitchedOn[];
  /** Where a debugger has stopped the page inside wasm; none while it runs. */
  readonly stop?: StopState | null;
  /** The call of runtime.Breakpoint() in which a debugger has stopped the page; none as a rule. */
  readonly breakpointCall?: BreakpointCall | null;
  /** A step of the debugger that left the code of Go; none as a rule. */
  readonly step?: StepState | null;
  /** The CPU recording that is under way; none as a rule. */
  readonly recording?: RecordingState;
  /** Profiles that were opened or taken, newest first. */
  readonly captures: readonly CaptureState[];
  /** Source maps that are attached to DevTools, or are about to be. */
  readonly sourceMaps?: readonly SourceMapState[];
  /** Source roots that the modules' paths suggest, and that the settings do not have. */
  readonly suggestedRoots?: readonly SuggestedRoot[];
  /** DevTools shows values of Go of modules that are loaded with the section for it. */
  readonly values?: boolean;
  /** Folders that were granted for Go source text. */
  readonly folders?: readonly SourceFolderState[];
  /** Work under way, for the status bar; each can be cancelled. */
  readonly tasks: readonly TaskState[];
  readonly settings: Settings;
  /** Why the lists are empty, when they are: chooses the empty state. */
  readonly emptyReason: EmptyReason | null;
}

export type EmptyReason =
  | 'no-wasm' // the page has loaded no wasm script
  | 'not-go' // wasm, but no module is Go
  | 'loaded-before' // a wasm script was loaded before DevTools or the hook: reload or attach
  | 'starting'; // still looking

export interface Settings {
  readonly captureText: boolean;
  readonly hookWorkers: boolean;
  /** Where Go sources are served: path prefix as in the symbols -> URL prefix. */
  readonly sourceRoots: readonly { readonly from: string; readonly to: string }[];
  readonly foldRuntime: boolean;
  /** Marked places in linear memory, by module. */
  readonly bookmarks?: readonly ModuleBookmarks[];
  /** Between two samples of running programs while the panel is shown, milliseconds; 0: none are taken. */
  readonly sampleMs: number;
  /** Attach a source map to each Go module, so that Sources, Console and Performance show Go. */
  readonly attachMaps: boolean;
  /** Origins of pages on which none is attached. */
  readonly mapsOff: readonly string[];
  /** Put the standard library on DevTools' ignore list. */
  readonly ignoreStandard: boolean;
  /** Packages that are put there besides, each with those below it. */
  readonly ignoredPackages: readonly string[];
}

/** The source map of a module. */
export interface SourceMapState {
  readonly moduleKey: string;
  /** `waiting`: DevTools has no script of this module to which it could be attached. */
  readonly status: 'building' | 'attached' | 'waiting' | 'failed';
  /** Why it is not attached, as a clause; null while it is built and when it is. */
  readonly error: string | null;
  readonly files: readonly MappedFile[];
}

export interface ModuleState {
  readonly key: string;
  readonly name: string;
  readonly url: string | null;
  readonly realm: Realm;
  readonly origin: ModuleOrigin;
  /** `loading` until the bytes are analysed. */
  readonly status: 'loading' | 'ready' | 'failed';
  /** For `failed`: the one clear error, with section and offset. */
  readonly error: string | null;
  /** How the bytes were had, and whether they were proved to be the running module's. */
  readonly bytesFrom: string | null;
  readonly bytesVerified: boolean;
  readonly report: ModuleReport | null;
  /** Files beside it that have debug information of it; none as a rule. */
  readonly debugFiles?: readonly DebugFileState[];
}

/** A file with debug information of a module. */
export interface DebugFileState extends DebugFile {
  /** Where it would be; null where the module says a place that no URL can be made of. */
  readonly url: string | null;
  /** For one that is missing: what was tried and came of it. */
  readonly why: string | null;
}

export interface InstanceState {
  readonly key: string;
  readonly moduleKey: string;
  readonly realm: Realm;
  /** `app.wasm · go1.26.10 · page`. */
  readonly label: string;
  readonly state: 'created' | 'running' | 'exited' | 'trapped';
  readonly memoryBytes: number | null;
  readonly times: StartupTimes;
}

export interface TaskState {
  readonly id: number;
  readonly title: string;
  /** 0..1, or null when not known. */
  readonly progress: number | null;
}

/** One death of one program. */
export interface TrapState {
  readonly key: string;
  readonly instanceKey: string | null;
  readonly moduleKey: string | null;
  readonly realm: Realm;
  readonly time: number;
  readonly kind: TrapKind;
  /** First line, Go's words where there are any: `panic: runtime error: index out of range [5] with length 3`. */
  readonly title: string;
  /** e.g. `exit code 2`, `unhandled rejection`; one line of where it surfaced. */
  readonly surfaced: readonly string[];
  /** Everything the runtime wrote, unchanged; '' when none. */
  readonly text: string;
  /** The goroutine that died, where memory tells. */
  readonly goroutine: { readonly id: number; readonly label?: string; readonly state: string } | null;
  /** Key of the snapshot with all goroutines as they were when the program died; null where none was taken. */
  readonly snapshotKey: string | null;
  /** The true stack: from memory where it could be read, else JavaScript's, else Go's own text. Null while being worked out. */
  readonly stack: StackTrace | null;
  /** Other views of the same death, in this order: JavaScript's stack, Go's text. */
  readonly otherStacks: readonly StackTrace[];
  readonly status: 'symbolizing' | 'ready';
  readonly notes: readonly string[];
}
