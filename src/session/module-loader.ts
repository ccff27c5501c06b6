import { CancelledError } from '../protocol/endpoint.ts';
import { DebugFiles } from './debug-files.ts';
import { sourceMapOf } from './module-source-map.ts';
import type { PageModule } from './page-events.ts';
import type { PagePort } from './page-port.ts';
import { hasSymbols, isSameModule, type SameModule } from './same-module.ts';
import type { ModuleReport } from '../symbols/module-report.ts';
import type { Analysis } from './session.ts';
import type { ModuleState } from './state.ts';
import type { TaskList } from './tasks.ts';

/** How long a module counts as being read while its debug information is fetched; what comes later renews what was shown. */
const DEBUG_FILES_WAIT_MS = 5000;

/** The page's modules and their way through the worker: bytes fetched once, analysed, then indexed in the background. */
export class ModuleLoader {
  readonly #page: PagePort;
  readonly #analysis: Analysis;
  readonly #tasks: TaskList;
  readonly #changed: (modules: readonly ModuleState[]) => void;
  #modules: readonly ModuleState[] = [];
  /** What the page told of its modules, by key. */
  readonly #reported = new Map<string, PageModule>();
  /** Settles when a module is `ready` or `failed`; never rejects. */
  #loads = new Map<string, Promise<void>>();
  /** Debug information that is in files of its own. */
  readonly debugFiles: DebugFiles;
  #files = 0;

  constructor(
    page: PagePort,
    analysis: Analysis,
    tasks: TaskList,
    changed: (modules: readonly ModuleState[]) => void,
    renewed: (moduleKey: string) => void = () => undefined,
  ) {
    this.#page = page;
    this.#analysis = analysis;
    this.#tasks = tasks;
    this.#changed = changed;
    this.debugFiles = new DebugFiles({
      page,
      analysis,
      tasks,
      module: (key) => this.#modules.find((module) => module.key === key),
      changed: (key, files, report) => {
        this.#replace(key, { debugFiles: files, ...(report === null ? {} : { report }) });
        if (report === null) return;
        if (isIndexed(report)) void this.#index(key);
        renewed(key);
      },
    });
  }

  /** All modules, in the order in which they came. */
  get list(): readonly ModuleState[] {
    return this.#modules;
  }

  /** Drops the page's modules; files that a person dropped in stay. */
  navigated(): void {
    this.#drop((module) => module.origin !== 'file');
  }

  /**
   * Takes what the page reported. A module seen as a resource gives way to the same one seen by the hook or the debugger, and to a newer one;
   * one that only the debugger saw to the hook's, which may be told later.
   */
  add(reported: readonly PageModule[]): void {
    for (const module of reported) {
      if (this.#modules.some((known) => known.key === module.key)) continue;
      const twin = (known: ModuleState): boolean => known.url !== null && known.url === module.url;
      const seen = this.#modules.some((known) => twin(known) && known.origin !== 'resource');
      if (module.origin === 'resource' && seen) continue;
      const hooked = this.#modules.some((known) => twin(known) && known.origin === 'hook');
      if (module.origin === 'debugger' && hooked) continue;
      this.#drop(
        (known) =>
          twin(known) &&
          (known.origin === 'resource' || (known.origin === 'debugger' && module.origin === 'hook')),
      );
      this.#reported.set(module.key, module);
      this.#set([...this.#modules, initialState(module)]);
      this.#loads.set(
        module.key,
        this.#load(module.key, () => this.#page.moduleBytes(module.key)),
      );
    }
  }

  /** Adds a file, and gives its symbols to modules of the page that have none and are proved to be the same. Returns its key. */
  async addFile(name: string, bytes: ArrayBuffer): Promise<string> {
    const key = `file:${String(++this.#files)}`;
    this.#set([
      ...this.#modules,
      {
        ...initialState({
          key,
          realm: { id: 'file', kind: 'page', url: '' },
          origin: 'file',
          url: null,
          scriptUrl: null,
          byteLength: bytes.byteLength,
          buildId: null,
          imports: [],
          exports: [],
        }),
        name,
      },
    ]);
    const load = this.#load(key, () => Promise.resolve({ bytes, from: 'a file', verified: true }));
    this.#loads.set(key, load);
    await load;
    for (const module of this.#modules) {
      // Being loaded, it looks at the files itself when that fails.
      if (module.status !== 'loading') await this.#takeFromFiles(module.key);
    }
    return key;
  }

  /** Files that may have the symbols of a page's module which has none: each with what is known of that, those proved to be it first. */
  filesFor(key: string): readonly { readonly file: ModuleState; readonly same: SameModule }[] {
    const page = this.#reported.get(key);
    const known = this.#modules.find((module) => module.key === key);
    if (page === undefined || known === undefined || known.status === 'loading' || hasSymbols(known))
      return [];
    return this.#modules
      .filter((file) => file.origin === 'file' && hasSymbols(file))
      .map((file) => ({ file, same: isSameModule(page, known, file) }))
      .sort((a, b) => Number(b.same.verdict === 'proved') - Number(a.same.verdict === 'proved'));
  }

  /** Gives the symbols of a file to a module of the page. `why`: what speaks for it, in words. */
  async share(key: string, fileKey: string, why: string, verified: boolean): Promise<void> {
    const file = this.#modules.find((module) => module.key === fileKey);
    if (file === undefined || !this.#has(key)) return;
    const report = await this.#analysis.request('module.share', { moduleKey: key, from: fileKey });
    const from = `${file.name}, a file (${why})`;
    const known = this.#modules.find((module) => module.key === key);
    if (known?.report == null) {
      this.#replace(key, { status: 'ready', error: null, report, bytesFrom: from, bytesVerified: verified });
      if (isIndexed(report)) void this.#index(key);
      return;
    }
    // What was read of the module itself stays.
    const { sections, byteLength, diagnostics, notes } = known.report;
    const symbolsFrom = `The symbols are those of ${from}.`;
    this.#replace(key, {
      report: { ...report, sections, byteLength, diagnostics, notes: [...notes, symbolsFrom] },
    });
  }

  async #takeFromFiles(key: string): Promise<void> {
    const proved = this.filesFor(key).find(({ same }) => same.verdict === 'proved');
    if (proved !== undefined) await this.share(key, proved.file.key, proved.same.why, true);
  }

  /** Waits until a module is `ready` or `failed`. */
  async loaded(moduleKey: string): Promise<void> {
    await this.#loads.get(moduleKey);
  }

  /** Waits until every module of a realm (null: of the page) is `ready` or `failed`. */
  async settled(realmId: string | null): Promise<void> {
    const modules = this.#modules.filter(
      (module) => realmId === null || module.realm.id === realmId || module.origin !== 'hook',
    );
    for (const module of modules) await this.#loads.get(module.key);
  }

  async #load(
    key: string,
    read: () => Promise<{ bytes: ArrayBuffer; from: string; verified: boolean }>,
  ): Promise<void> {
    try {
      const { bytes, from, verified } = await read();
      if (!this.#has(key)) return;
      const { report, sourceMapUrl, debugFiles } = await this.#analysis.request(
        'module.load',
        { moduleKey: key, bytes },
        { transfer: [bytes] },
      );
      if (!this.#has(key)) {
        // The page navigated while the worker read it.
        this.#unload(key);
        return;
      }
      this.#replace(key, { status: 'ready', report, bytesFrom: from, bytesVerified: verified });
      if (isIndexed(report)) void this.#index(key);
      if (debugFiles.length > 0)
        await Promise.race([
          this.debugFiles.loaded(key, debugFiles),
          new Promise((done) => setTimeout(done, DEBUG_FILES_WAIT_MS)),
        ]);
      const known = this.#modules.find((module) => module.key === key);
      if (sourceMapUrl !== null && !hasSymbols(known)) await this.#addSourceMap(key, sourceMapUrl);
    } catch (error) {
      this.#replace(key, { status: 'failed', error: error instanceof Error ? error.message : String(error) });
    }
    await this.#takeFromFiles(key).catch(() => undefined);
  }

  /** Adds the source map that a module names; where there is none to be had, the report says why. */
  async #addSourceMap(key: string, url: string): Promise<void> {
    const moduleUrl = this.#modules.find((module) => module.key === key)?.url ?? null;
    const map = await sourceMapOf(this.#page, url, moduleUrl);
    if (!this.#has(key)) return;
    const add = (added: typeof map): Promise<ModuleReport> =>
      this.#analysis.request('module.sourceMap', { moduleKey: key, map: added });
    const report = await add(map).catch((error: unknown) =>
      add({ why: error instanceof Error ? error.message : String(error) }),
    );
    this.#replace(key, { report });
  }

  async #index(key: string): Promise<void> {
    const name = this.#modules.find((module) => module.key === key)?.name ?? key;
    try {
      const report = await this.#tasks.run(`Indexing ${name}`, ({ signal, progress }) =>
        this.#analysis.request('module.index', { moduleKey: key }, { signal, onProgress: progress }),
      );
      this.#replace(key, { report });
    } catch (error) {
      if (error instanceof CancelledError) return;
      const report = this.#modules.find((module) => module.key === key)?.report;
      const message = error instanceof Error ? error.message : String(error);
      if (report != null)
        this.#replace(key, { report: { ...report, diagnostics: [...report.diagnostics, message] } });
    }
  }

  #has(key: string): boolean {
    return this.#modules.some((module) => module.key === key);
  }

  #drop(goes: (module: ModuleState) => boolean): void {
    const gone = this.#modules.filter(goes);
    if (gone.length === 0) return;
    for (const { key } of gone) {
      this.#loads.delete(key);
      this.#reported.delete(key);
      this.#unload(key);
    }
    this.#set(this.#modules.filter((module) => !gone.includes(module)));
  }

  #unload(key: string): void {
    void this.#analysis.request('module.unload', { moduleKey: key });
  }

  #replace(key: string, change: Partial<ModuleState>): void {
    this.#set(this.#modules.map((module) => (module.key === key ? { ...module, ...change } : module)));
  }

  #set(modules: readonly ModuleState[]): void {
    this.#modules = modules;
    this.#changed(modules);
  }
}

function initialState(module: PageModule): ModuleState {
  return {
    key: module.key,
    name: fileName(module.url ?? module.scriptUrl ?? '') || 'module without URL',
    url: module.url,
    realm: module.realm,
    origin: module.origin,
    status: 'loading',
    error: null,
    bytesFrom: null,
    bytesVerified: false,
    report: null,
  };
}

const isIndexed = ({ symbols }: ModuleReport): boolean =>
  symbols.some(({ kind }) => kind === 'pclntab' || kind === 'dwarf');

function fileName(url: string): string {
  const path = url.split(/[?#]/)[0] ?? '';
  return path.slice(path.lastIndexOf('/') + 1);
}
