import type { ModuleReport } from '../symbols/module-report.ts';
import type { DeathModule } from './death.ts';

/** A module that has been read. Two instances, or two loads, of the same bytes share one. */
export interface AnalyzedModule extends DeathModule {
  /** SHA-256 of the bytes, hex. */
  readonly hash: string;
  /** What the module says of itself; complete once the index is built. */
  report(): ModuleReport;
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

  find(key: string): AnalyzedModule | undefined {
    return this.#byKey.get(key);
  }

  #dropUnused(): void {
    const used = new Set([...this.#byKey.values()].map((module) => module.hash));
    const unused = [...this.#byHash.keys()].filter((hash) => !used.has(hash));
    for (const hash of unused.slice(0, Math.max(0, unused.length - KEPT_UNUSED))) this.#byHash.delete(hash);
  }
}
