import type { VariableUsers } from '../go/runtime/heap/variable-users.ts';
import type { DebugFile } from '../protocol/debug-files.ts';
import type { ModuleSymbols } from '../symbols/choose.ts';
import type { ModuleReport } from '../symbols/module-report.ts';
import type { DeathModule } from './death.ts';

/** A module that has been read. Two instances, or two loads, of the same bytes share one. */
export interface AnalyzedModule extends DeathModule {
  /** SHA-256 of the bytes, hex. */
  readonly hash: string;
  /** What the module says of itself, as it was read. */
  readonly symbols: ModuleSymbols;
  /** Who uses which variables; undefined for other toolchains than standard Go. */
  readonly variables: VariableUsers | undefined;
  /** What the module says of itself; complete once the index is built. */
  report(): ModuleReport;
  /** The URL of a source map that tells more than the module and was not added yet; null without. */
  readonly sourceMapUrl: string | null;
  /** Adds the symbols of its source map, or notes why it could not be had. Rejects with a FormatError for what is no source map. */
  addSourceMap(map: { readonly text: string } | { readonly why: string }): Promise<void>;
  /** The files beside it that have debug information of it. */
  debugFiles(): readonly DebugFile[];
  /** Adds such a file, `from` where that was had, in words. Returns why it is of no use; null when it was read. */
  addDebugFile(bytes: Uint8Array, from: string): string | null;
  /** Builds the full index in short steps; yields how far it is, 0..1. */
  index(): Iterable<number>;
}

/** Modules that no page refers to any more but whose symbols are kept for the next load: a reload brings the same bytes. */
const KEPT_UNUSED = 3;

/** The modules of the session, by the session's keys, and cached by content. */
export class ModuleStore {
  readonly #byKey = new Map<string, AnalyzedModule>();
  /** In order of last use. */
  readonly #byHash = new Map<string, AnalyzedModule>();

  /** The module with these bytes, when one has been read before. */
  cached(hash: string): AnalyzedModule | undefined {
    return this.#byHash.get(hash);
  }

  add(key: string, module: AnalyzedModule): void {
    this.#byKey.set(key, module);
    this.#byHash.delete(module.hash);
    this.#byHash.set(module.hash, module);
    this.#dropUnused();
  }

  /** Keeps a module that is about to be asked for. */
  keep(module: AnalyzedModule): void {
    if (!this.#byHash.has(module.hash)) this.#byHash.set(module.hash, module);
  }

  remove(key: string): void {
    this.#byKey.delete(key);
    this.#dropUnused();
  }

  /** Throws when the key is not known: the module was unloaded while it was asked for. */
  get(key: string): AnalyzedModule {
    const module = this.#byKey.get(key);
    if (module === undefined) throw new Error('this module is no longer loaded');
    return module;
  }

  /** The keys by which a module is known. */
  keysOf(module: AnalyzedModule): readonly string[] {
    return [...this.#byKey].flatMap(([key, known]) => (known === module ? [key] : []));
  }

  find(key: string): AnalyzedModule | undefined {
    return this.#byKey.get(key);
  }

  #dropUnused(): void {
    const used = new Set([...this.#byKey.values()].map((module) => module.hash));
    const unused = [...this.#byHash.keys()].filter((hash) => !used.has(hash));
    for (const hash of unused.slice(0, Math.max(0, unused.length - KEPT_UNUSED))) this.#byHash.delete(hash);
  }
}
