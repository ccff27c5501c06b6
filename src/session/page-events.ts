// What the page tells, as plain JSON: written by the hook (src/browser/hook) or the debugger connection, read by the session.
// Nothing in here is trusted: strings come from the page and are only ever shown as text.

/** The global in which code runs: the page itself, a frame of it, or a dedicated worker. */
export interface Realm {
  /** Unique within the inspected page: `page`, `frame:<n>`, `worker:<n>`. */
  readonly id: string;
  readonly kind: 'page' | 'frame' | 'worker';
  readonly url: string;
}

/** How we came to know of a module. */
export type ModuleOrigin = 'hook' | 'debugger' | 'resource' | 'file';

/** Milliseconds since the realm's time origin; null where nobody could observe it. */
export interface StartupTimes {
  readonly fetchStart: number | null;
  readonly fetchEnd: number | null;
  /** The page made the module from bytes: the one earlier request that brought as many is taken for theirs. */
  readonly fetchBySize?: true;
  readonly compileStart: number | null;
  /** Null where compile and instantiate ran as one call (instantiateStreaming): see instantiateEnd. */
  readonly compileEnd: number | null;
  readonly instantiateStart: number | null;
  readonly instantiateEnd: number | null;
  /** When Go code first called out (its first resetMemoryDataView). */
  readonly firstGoCode: number | null;
}

export interface PageModule {
  /** Unique within the inspected page. */
  readonly key: string;
  readonly realm: Realm;
  readonly origin: ModuleOrigin;
  /** Where the bytes came from; null for bytes that the page made itself. */
  readonly url: string | null;
  /** The script URL that stacks carry, where known: the http URL or `wasm://wasm/...`. */
  readonly scriptUrl: string | null;
  readonly byteLength: number | null;
  /** Text of the custom section `go:buildid`, to prove that bytes fetched again are the same module. */
  readonly buildId: string | null;
  /** Import module names, e.g. ["gojs"]: enough to say "probably Go" before the bytes are here. */
  readonly imports: readonly string[];
  readonly exports: readonly string[];
}

export interface PageInstance {
  readonly key: string;
  readonly moduleKey: string;
  readonly realm: Realm;
  readonly memoryBytes: number | null;
  readonly times: StartupTimes;
  readonly state: 'created' | 'running' | 'exited';
}

/** One sign of death. Several may belong to the same death; the session joins them (src/session/deaths.ts). */
export interface PageTrap {
  /** Unique within the inspected page. */
  readonly key: string;
  /** Null where only a stack tells: the session then finds the module by its URL or by its offsets. */
  readonly instanceKey: string | null;
  readonly realm: Realm;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly via: 'error' | 'unhandledrejection' | 'exit' | 'console-error' | 'console-exception' | 'pasted';
  /** For `exit`: the code given to runtime.wasmExit or proc_exit. */
  readonly exitCode: number | null;
  readonly error: { readonly name: string; readonly message: string; readonly stack: string } | null;
  /** What the runtime wrote to fd 2 (print, panic and fatal-error text) shortly before; '' when nothing or not captured. */
  readonly text: string;
  /** JS stack at the exit import, which runs inside the dying program. */
  readonly exitStack: string | null;
  /** Value of the exported getsp() at that moment, as an unsigned address; null where it could not be had. */
  readonly sp: number | null;
  /** `kept`: the dead program's memory itself, nothing runs in it any more; `copied`: a copy made at that moment; `bytes` is its
   * size. `none` with the reason. */
  readonly memory:
    | { readonly kind: 'kept' | 'copied'; readonly bytes: number }
    | { readonly kind: 'none'; readonly why: string };
}

/** Everything the page has told since the last navigation, or new since the last poll. */
export interface PageReport {
  readonly modules: readonly PageModule[];
  readonly instances: readonly PageInstance[];
  readonly traps: readonly PageTrap[];
}
