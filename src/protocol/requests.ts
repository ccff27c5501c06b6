import type { MapSource } from '../sourcemap/write.ts';
import type { StackTrace } from '../stack/stack-trace.ts';
import type { TrapKind } from '../stack/trap-kind.ts';
import type { ModuleReport } from '../symbols/module-report.ts';

// The typed, asynchronous requests between the session and the worker. Everything here is plain data that structured clone carries;
// module bytes are transferred, never copied.

/** What the session asks of the worker. */
export interface AnalysisRequests {
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
