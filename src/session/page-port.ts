import type { CpuRecorder } from './cpu-recorder.ts';
import type { RemoteFetcher } from './remote-fetch.ts';
import type { PageReport, PageTrap } from './page-events.ts';

/** What can be done to see more, each with what it costs; the panel shows these as buttons that say why. */
export type AccessLevel = 'resources' | 'hook' | 'debugger' | 'site';

export interface AccessState {
  /** The levels that are in force for the current document. */
  readonly active: readonly AccessLevel[];
  /** False in the minimal build, where `chrome.debugger` does not exist. */
  readonly debuggerAvailable: boolean;
  /** The site's origin, when the per-site opt-in is granted for it. */
  readonly siteOptIn: string | null;
  /** Origin of the inspected page, or null when there is none (chrome://, file: without access). */
  readonly pageOrigin: string | null;
  /** A sentence on what could not be reached and why, e.g. a worker whose CSP forbids blob:. */
  readonly notes: readonly string[];
}

export interface ReloadOptions {
  /** Hook dedicated workers too: through the debugger where there is one, else by wrapping `Worker` (needs blob: in the CSP). */
  readonly workers: boolean;
  /** Keep what the Go runtime writes to fd 2 (panic text may hold secrets). */
  readonly captureText: boolean;
}

/** The inspected page as the session sees it; implemented over `chrome.*` in src/browser, by a recording in tests. */
export interface PagePort {
  /** Calls back with what is new, until the returned function is called. `navigated`: all live data is gone. */
  subscribe(listener: (event: PageUpdate) => void): () => void;
  access(): AccessState;
  reload(options: ReloadOptions): Promise<void>;
  /** Attaches for a moment, collects modules, memories and earlier traps of a page that was loaded before, detaches. Rejects in the minimal build, and when aborted. */
  attachDebugger(signal?: AbortSignal): Promise<void>;
  /** Whether what the Go runtime writes to fd 2 may be kept, from now on and in every hook; off, what was kept is dropped. */
  setCaptureText(keep: boolean): void;
  requestSite(): Promise<boolean>;
  forgetSite(): Promise<void>;
  /** The module's bytes, from wherever they can be had without disturbing the page. Rejects with what was tried. */
  moduleBytes(moduleKey: string): Promise<ModuleBytes>;
  /** Reads ranges of linear memory within one task of the page. With a trapKey, of the memory kept or copied at that trap. */
  readMemory(target: MemoryTarget, ranges: readonly MemoryRange[]): Promise<readonly Uint8Array[]>;
  /** Copies the whole memory of a target in one task of the page, which waits meanwhile. The copy stays in the page until it is released. */
  holdMemory(target: MemoryTarget): Promise<HeldMemory>;
  releaseMemory(heldKey: string): void;
  /** Follows pointers within one task of the page. */
  gatherMemory(target: MemoryTarget, request: GatherRequest): Promise<GatheredMemory>;
  /** Text of a source file from the page's own server, or null when there is none at that URL. Same-origin requests in the page's context. */
  fetchText(url: string): Promise<string | null>;
  /** Opens a URL of a resource in the Sources panel; false when DevTools does not know it. */
  openResource(url: string, line: number): Promise<boolean>;
  /** Records CPU samples of the page and its workers. */
  readonly recorder: CpuRecorder;
  /** Fetches profiles from servers. */
  readonly remote: RemoteFetcher;
  /** Attaches a source map (JSON text) to the module's script in DevTools; false when the script is not a resource. */
  attachSourceMap(moduleKey: string, mapJson: string): Promise<boolean>;
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

export interface MemoryRange {
  readonly address: number;
  readonly length: number;
}

export type PageUpdate =
  | { readonly type: 'navigated'; readonly url: string }
  | { readonly type: 'report'; readonly report: PageReport }
  | { readonly type: 'access'; readonly access: AccessState };

export type { PageTrap };
