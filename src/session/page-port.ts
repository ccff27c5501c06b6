import type { CpuRecorder } from './cpu-recorder.ts';
import type { StepDriver } from './step-driver.ts';
import type { StoppedThreads } from './stopped-threads.ts';
import type { RemoteFetcher } from './remote-fetch.ts';
import type { LanguageAnswers } from './language.ts';
import type { PageReport, PageTrap } from './page-events.ts';
import type { ShownPlace } from '../protocol/steps.ts';
import type { PageReferences, PageSample, SampleRequest } from './page-references.ts';

/** What can be done to see more, each with what it costs; the panel shows these as buttons that say why. */
export type AccessLevel = 'resources' | 'hook' | 'debugger' | 'site';

/** Whether `file://` addresses can be read. `ask`: once the person allows it in Chrome's dialog. `off`: Chrome's own switch for this extension is off. */
export type FileAccess = 'granted' | 'ask' | 'off';

export interface AccessState {
  /** The levels that are in force for the current document. */
  readonly active: readonly AccessLevel[];
  /** False in the minimal build, where `chrome.debugger` does not exist. */
  readonly debuggerAvailable: boolean;
  /** The site's origin, when the per-site opt-in is granted for it. */
  readonly siteOptIn: string | null;
  /** Origin of the inspected page, or null when there is none (chrome://, file: without access). */
  readonly pageOrigin: string | null;
  readonly files: FileAccess;
  /** A sentence on what could not be reached and why, e.g. a worker whose CSP forbids blob:. */
  readonly notes: readonly string[];
}

export interface ReloadOptions {
  /** Hook dedicated workers too: through the debugger where there is one, else by wrapping `Worker` (needs blob: in the CSP). */
  readonly workers: boolean;
  /** Keep what the Go runtime writes to fd 2 (panic text may hold secrets). */
  readonly captureText: boolean;
  /** Let DevTools show values of Go: modules get an empty debug section, and these answers are DevTools' language plugin. */
  readonly values?: LanguageAnswers;
}

/** The inspected page as the session sees it; implemented over `chrome.*` in src/browser, by a recording in tests. */
export interface PagePort {
  /** Calls back with what is new, until the returned function is called. `navigated`: all live data is gone. */
  subscribe(listener: (event: PageUpdate) => void): () => void;
  access(): AccessState;
  reload(options: ReloadOptions): Promise<void>;
  /** Takes DevTools' language plugin away, where there is one. */
  stopValues(): Promise<void>;
  /** Attaches for a moment, collects modules, memories and earlier traps of a page that was loaded before, detaches. Rejects in the minimal build, and when aborted. */
  attachDebugger(signal?: AbortSignal): Promise<void>;
  /** Whether what the Go runtime writes to fd 2 may be kept, from now on and in every hook; off, what was kept is dropped. */
  setCaptureText(keep: boolean): void;
  requestSite(): Promise<boolean>;
  forgetSite(): Promise<void>;
  /** Asks for `file://` addresses, in a click; false when it is refused. */
  requestFiles(): Promise<boolean>;
  /** The module's bytes, from wherever they can be had without disturbing the page. Rejects with what was tried. */
  moduleBytes(moduleKey: string): Promise<ModuleBytes>;
  /** Reads ranges of linear memory within one task of the page. With a trapKey, of the memory kept or copied at that trap. */
  readMemory(target: MemoryTarget, ranges: readonly MemoryRange[]): Promise<readonly Uint8Array[]>;
  /** Copies the whole memory of a target in one task of the page, which waits meanwhile. The copy stays in the page until it is released. */
  holdMemory(target: MemoryTarget): Promise<HeldMemory>;
  releaseMemory(heldKey: string): void;
  /** Writes words of a living instance's memory within one task of the page, all or none. Only for what the person has asked for. */
  writeWords(instanceKey: string, words: readonly WordWrite[]): Promise<void>;
  /** Follows pointers within one task of the page. */
  gatherMemory(target: MemoryTarget, request: GatherRequest): Promise<GatheredMemory>;
  /** The JavaScript values that a program refers to. Rejects with the reason where its tables cannot be reached, or are gone. */
  readReferences(instanceKey: string): Promise<PageReferences>;
  /**
   * The same through the debugger, attached for a moment: finds the tables where the hook has not seen them, and names the classes of all objects
   * and the numbers of all functions. Rejects in the minimal build, and when aborted.
   */
  inspectReferences(instanceKey: string, signal: AbortSignal): Promise<PageReferences>;
  /** A few numbers of a program, read in one task of the page. */
  sample(instanceKey: string, request: SampleRequest): Promise<PageSample>;
  /**
   * Text of a source file from the page's own server, or at a file: address where that was granted; null when there is none at that URL, and for all other
   * addresses. Rejects where the page does not answer.
   */
  fetchText(url: string): Promise<string | null>;
  /** Text at an http URL of any origin, as the page itself may fetch it: its cache, cookies and CORS rules hold. Rejects with the reason. */
  fetchAsPage(url: string): Promise<string>;
  /** Bytes of a file with debug information from the page's own server: a same-origin request in the page's context. Rejects with the reason. */
  fetchDebugFile(url: string): Promise<ArrayBuffer>;
  /** Opens a URL of a resource in the Sources panel; false when DevTools does not know it. */
  openResource(url: string, line: number): Promise<boolean>;
  /** Records CPU samples of the page and its workers. */
  readonly recorder: CpuRecorder;
  /** Goes on with steps that DevTools cannot follow; null in the minimal build. */
  readonly steps: StepDriver | null;
  /** Looks for stopped workers and frames; null in the minimal build. */
  readonly stoppedThreads: StoppedThreads | null;
  /** Fetches profiles from servers. */
  readonly remote: RemoteFetcher;
  /**
   * Attaches a source map (a data: URL) to the module's script in DevTools, now or when DevTools lists it, and whenever it lists it anew. Says what is so
   * now; what changes later is told as `map`.
   */
  attachSourceMap(moduleKey: string, dataUrl: string): Promise<MapAttachment>;
  /** Texts of files that DevTools has from the language plugin, by URL, now and whenever it lists them. */
  giveTexts(texts: ReadonlyMap<string, string>): void;
}

/** Whether DevTools has a module's source map. */
export interface MapAttachment {
  readonly attached: boolean;
  /** Why not, as a clause; '' when it has. */
  readonly why: string;
  /** DevTools has not listed the script yet, and takes the map when it does. */
  readonly isComing?: boolean;
}

/** Memories up to this size are copied to be read, which keeps the page waiting; larger ones are read while the program runs. Bytes. */
export const MAX_COPY = 512 << 20;

export interface ModuleBytes {
  readonly bytes: ArrayBuffer;
  /** How they were had, in words: `network log`, `kept by the hook`, `fetched again (build id matches)`. */
  readonly from: string;
  readonly verified: boolean;
}

export type MemoryTarget =
  { readonly instanceKey: string } | { readonly trapKey: string } | { readonly heldKey: string };

/** When and how a memory was read in one task of the page. */
export interface MemoryMoment {
  /** Bytes of the whole memory. */
  readonly byteLength: number;
  /** getsp() in the same task; null where there is none, or nothing runs in that memory. */
  readonly sp: number | null;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** How long the page waited, milliseconds. */
  readonly pauseMs: number;
}

export interface HeldMemory extends MemoryMoment {
  readonly key: string;
}

/** The pointers of a slice (its address and length stand at `list`), at most `limit`, and the 8-byte words at these offsets from each. */
export interface GatherRequest {
  readonly list: number;
  readonly limit: number;
  readonly words: readonly number[];
}

export interface GatheredMemory extends MemoryMoment {
  /** Address and length of the slice. */
  readonly array: number;
  readonly count: number;
  /** A record of each pointer, in the form that src/memory/gathered.ts reads. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Eight bytes at a multiple of 8; numbers below 2^53. */
export interface WordWrite {
  readonly address: number;
  /** What has to stand there; null for anything. */
  readonly was: number | null;
  readonly value: number;
}

export interface MemoryRange {
  readonly address: number;
  readonly length: number;
}

export type PageUpdate =
  | { readonly type: 'navigated'; readonly url: string }
  | { readonly type: 'report'; readonly report: PageReport }
  | { readonly type: 'access'; readonly access: AccessState }
  | { readonly type: 'map'; readonly moduleKey: string; readonly attachment: MapAttachment }
  | { readonly type: 'stopped'; readonly stop: PageStop | null }
  /** The same of a frame of another site. */
  | { readonly type: 'frame-stopped'; readonly stop: PageStop | null }
  /** DevTools shows a place in Sources, and a worker that has fallen silent may be stopped there; null: all workers answer again. */
  | { readonly type: 'shown'; readonly place: ShownPlace | null }
  /** A Go file is looked at in the Sources panel. `url`: as `goSourceUrl` makes it. */
  | { readonly type: 'opened'; readonly url: string };

/** A debugger has stopped the page's thread inside wasm: at a breakpoint, after a step. */
export interface PageStop {
  /** The JavaScript stack that is stopped, innermost frame first. */
  readonly stack: string;
  /** Whether it is the stop that was told last, of which more is known now: the hook was put into the page while it was stopped. */
  readonly isSame: boolean;
}

export type { PageTrap, ShownPlace };
