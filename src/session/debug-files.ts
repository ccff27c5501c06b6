import type { DebugFile, GivenDebugFile } from '../protocol/debug-files.ts';
import type { ModuleReport } from '../symbols/module-report.ts';
import type { PagePort } from './page-port.ts';
import type { Analysis } from './session.ts';
import type { DebugFileState, ModuleState } from './state.ts';
import type { TaskList } from './tasks.ts';

export interface DebugFilesClient {
  /** Gives a module a file of this computer that has debug information of it. Rejects with why it is of no use. */
  choose(moduleKey: string, name: string, bytes: ArrayBuffer): Promise<void>;
  /**
   * Fetches files for a module, a task that can be cancelled. Must be called in a click: a permission is asked for where another server than the
   * page's has them, all of which have to be one server's. What could not be had is in the module's state; rejects where no permission was given.
   */
  fetch(moduleKey: string, urls: readonly string[]): Promise<void>;
}

export interface DebugFilesContext {
  readonly page: Pick<PagePort, 'fetchDebugFile' | 'access' | 'remote'>;
  readonly analysis: Analysis;
  readonly tasks: TaskList;
  module(moduleKey: string): ModuleState | undefined;
  /** New state of a module's files; `report` where debug information was added. */
  changed(moduleKey: string, files: readonly DebugFileState[], report: ModuleReport | null): void;
}

/** Files are given to the worker when so many, or so many bytes, have come. */
const BATCH = 64;
const BATCH_BYTES = 64 << 20;
/** Files of one module that are fetched. */
const MAX_FETCHED = 2000;

/** The debug information of modules that is in files of its own: looked for on the page's own server, fetched from others on request, or chosen. */
export class DebugFiles implements DebugFilesClient {
  readonly #context: DebugFilesContext;

  constructor(context: DebugFilesContext) {
    this.#context = context;
  }

  /**
   * Takes what a module that was read names, and fetches those of its files that the page's own server would have. When the first is not there, the others
   * are not asked for: the server of a program that was built elsewhere has none of them. Never rejects.
   */
  async loaded(moduleKey: string, files: readonly DebugFile[]): Promise<void> {
    if (files.length === 0) return;
    const moduleUrl = this.#context.module(moduleKey)?.url ?? null;
    const states = files.map((file): DebugFileState => ({
      ...file,
      url: debugFileUrl(file, moduleUrl),
      why: null,
    }));
    this.#context.changed(moduleKey, states, null);
    const own = this.#context.page.access().pageOrigin;
    const urls = missingUrls(states).filter((url) => own !== null && new URL(url).origin === own);
    if (urls.length > 0)
      await this.#fetchAll(moduleKey, urls, { others: false, from: 'page' }).catch(() => undefined);
  }

  async choose(moduleKey: string, name: string, bytes: ArrayBuffer): Promise<void> {
    const why = await this.#give(moduleKey, [{ name, from: `${name}, a file of this computer`, bytes }]);
    if (why.length > 0) throw new Error(why.join('; '));
  }

  /** Gives a file to every module that misses one: of split DWARF by its content, else by its name. False where none does. Rejects with why none has use for it. */
  async offer(modules: readonly ModuleState[], name: string, bytes: ArrayBuffer): Promise<boolean> {
    const isSplit = /\.(?:dwo|dwp)$/i.test(name);
    const wanting = modules.filter(({ debugFiles = [] }) =>
      debugFiles.some(
        ({ kind, name: named, from }) =>
          from === null && (isSplit ? kind === 'dwo' : kind === 'external' && lastPart(named) === name),
      ),
    );
    if (wanting.length === 0) {
      if (isSplit) throw new Error('no module here misses a file of split DWARF');
      return false;
    }
    const refused: unknown[] = [];
    for (const { key } of wanting)
      await this.choose(key, name, bytes.slice(0)).catch((error: unknown) => refused.push(error));
    if (refused.length === wanting.length) throw refused[0];
    return true;
  }

  async fetch(moduleKey: string, urls: readonly string[]): Promise<void> {
    const [first] = urls;
    if (first === undefined) return;
    const { page } = this.#context;
    const { origin } = new URL(first);
    if (urls.some((url) => new URL(url).origin !== origin)) throw new Error('these are of several servers');
    if (origin === page.access().pageOrigin) {
      await this.#fetchAll(moduleKey, urls, { others: true, from: 'page' });
      return;
    }
    // The first thing in the click.
    if (!(await page.remote.ask(new URL(first))))
      throw new Error(`Without the permission ${origin} cannot be asked. Nothing was changed.`);
    await this.#fetchAll(moduleKey, urls, { others: true, from: 'remote' });
  }

  /** `others`: go on behind a file that is not there. */
  #fetchAll(
    moduleKey: string,
    urls: readonly string[],
    { others, from }: { readonly others: boolean; readonly from: 'page' | 'remote' },
  ): Promise<void> {
    const name = this.#context.module(moduleKey)?.name ?? 'a module';
    return this.#context.tasks.run(`Debug information of ${name}`, async ({ signal, progress }) => {
      const given: GivenDebugFile[] = [];
      let sum = 0;
      for (const [i, url] of urls.slice(0, MAX_FETCHED).entries()) {
        if (signal.aborted || this.#context.module(moduleKey) === undefined) return;
        progress(i / urls.length);
        try {
          const bytes =
            from === 'page' ? await this.#context.page.fetchDebugFile(url) : await this.#remote(url, signal);
          given.push({ name: url, from: url, bytes });
          sum += bytes.byteLength;
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error);
          this.#note(moduleKey, new Map([[url, `not fetched: ${why}`]]));
          if (others) continue;
          this.#note(moduleKey, new Map(urls.slice(i + 1).map((later) => [later, NOT_ASKED])));
          break;
        }
        if (given.length < BATCH && sum < BATCH_BYTES) continue;
        await this.#give(moduleKey, given.splice(0));
        sum = 0;
      }
      if (given.length > 0) await this.#give(moduleKey, given);
    });
  }

  async #remote(url: string, signal: AbortSignal): Promise<ArrayBuffer> {
    const request = { url, headers: [] };
    const { status, bytes } = await this.#context.page.remote.fetch(request, {
      signal,
      received: () => undefined,
    });
    if (status !== 200) throw new Error(`HTTP ${String(status)}`);
    return bytes;
  }

  /** Returns why files are of no use, one sentence each. */
  async #give(moduleKey: string, files: readonly GivenDebugFile[]): Promise<readonly string[]> {
    const answer = await this.#context.analysis.request(
      'module.debugFiles',
      { moduleKey, files },
      { transfer: files.map(({ bytes }) => bytes) },
    );
    const added = answer.refused.length < files.length;
    for (const key of answer.moduleKeys) {
      const module = this.#context.module(key);
      if (module === undefined) continue;
      const before = new Map(module.debugFiles?.map((file) => [fileKey(file), file.why]));
      const states = answer.files.map((file): DebugFileState => ({
        ...file,
        url: debugFileUrl(file, module.url),
        why: file.from === null ? (before.get(fileKey(file)) ?? null) : null,
      }));
      this.#context.changed(key, states, added ? answer.report : null);
    }
    this.#note(moduleKey, new Map(answer.refused.map(({ name, why }) => [name, `of no use: ${why}`])));
    return answer.refused.map(({ name, why }) => `${name}: ${why}`);
  }

  /** Notes why files are missing, by their URLs. */
  #note(moduleKey: string, whys: ReadonlyMap<string, string>): void {
    const files = this.#context.module(moduleKey)?.debugFiles;
    if (files === undefined || whys.size === 0) return;
    const noted = files.map((file) => {
      const why = file.from === null ? whys.get(file.url ?? '') : undefined;
      return why === undefined ? file : { ...file, why };
    });
    this.#context.changed(moduleKey, noted, null);
  }
}

const NOT_ASKED = 'not asked for: the one before it is not on this server';

const fileKey = ({ kind, name }: DebugFile): string => `${kind} ${name}`;

/** The URLs of files that are missing, each once. */
export function missingUrls(files: readonly DebugFileState[]): readonly string[] {
  return [...new Set(files.flatMap(({ from, url }) => (from === null && url !== null ? [url] : [])))];
}

/**
 * Where a file that a module names would be: its URL against the module's; of a .dwo with an absolute path, which is one of the machine that built it, the
 * one of its name beside the module. Null where that is no http URL.
 */
export function debugFileUrl({ kind, name }: DebugFile, moduleUrl: string | null): string | null {
  const isPath = kind === 'dwo' && /^(?:[/\\]|[a-z]:)/i.test(name);
  const url = URL.parse(isPath ? encodeURIComponent(lastPart(name)) : name, moduleUrl ?? undefined);
  return url !== null && /^https?:$/.test(url.protocol) ? url.href : null;
}

/** Where a package of all .dwo files of a module would be; null where the module has no http URL. */
export function packageUrl(moduleUrl: string | null): string | null {
  const url = moduleUrl === null ? null : URL.parse(moduleUrl);
  if (url === null || !/^https?:$/.test(url.protocol)) return null;
  url.pathname += '.dwp';
  url.search = url.hash = '';
  return url.href;
}

/** The name of a file, of a path or URL. */
export function lastPart(path: string): string {
  const plain = path.replace(/[?#].*$/s, '');
  return plain.slice(Math.max(plain.lastIndexOf('/'), plain.lastIndexOf('\\')) + 1);
}
