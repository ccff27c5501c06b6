import { isStandardLibrary } from '../base/standard-library.ts';
import type { GoSourceText } from '../protocol/goroutines.ts';
import type { MapSource } from '../sourcemap/write.ts';
import type { OpenResult, SourceExcerpt } from './client.ts';
import type { PagePort } from './page-port.ts';
import type { Analysis } from './session.ts';
import { looksLikeGo, sourceUrlCandidates, type SourceContext } from './source-urls.ts';

interface FoundSource {
  readonly url: string | null;
  readonly text: string;
  readonly tried: readonly string[];
}

/** How often and how long to wait for DevTools to take an attached source map in: it fetches and parses it on its own. */
const ATTACH_POLLS = 20;
const ATTACH_POLL_MS = 100;

/** Go source text from the page's own server: found once, shown as excerpts, opened in the Sources panel. */
export class SourceTexts {
  readonly #page: PagePort;
  readonly #analysis: Analysis;
  readonly #context: (moduleKey: string | null) => SourceContext;
  #found = new Map<string, Promise<FoundSource>>();
  /** Module key -> Go file -> where its text is, as in the map that is attached to the module. */
  #attached = new Map<string, Map<string, MapSource>>();

  constructor(page: PagePort, analysis: Analysis, context: (moduleKey: string | null) => SourceContext) {
    this.#page = page;
    this.#analysis = analysis;
    this.#context = context;
  }

  /** Forgets what was found: after a navigation or when the source roots changed. */
  forget(): void {
    this.#found = new Map();
    this.#attached = new Map();
  }

  /** `context` lines before and after `line` (1-based), or why there are none and which URLs were tried. */
  async excerpt(
    moduleKey: string | null,
    file: string,
    line: number,
    context: number,
  ): Promise<SourceExcerpt> {
    const source = await this.#find(moduleKey, file, line);
    if (source.url === null)
      return { ok: false, file, tried: source.tried, why: missing(file, source.tried) };
    const lines = source.text.split(/\r?\n/);
    const first = Math.max(1, line - context);
    return { ok: true, url: source.url, firstLine: first, lines: lines.slice(first - 1, line + context) };
  }

  /** The whole text of a file that has `line`, or why there is none. */
  async text(moduleKey: string | null, file: string, line: number): Promise<GoSourceText> {
    const { url, text, tried } = await this.#find(moduleKey, file, line);
    return url === null ? { ok: false, why: missing(file, tried) } : { ok: true, text };
  }

  /** Opens the file in Sources; DevTools learns of it through a source map attached to the module's script. */
  async open(moduleKey: string | null, file: string, line: number): Promise<OpenResult> {
    const source = await this.#find(moduleKey, file, line);
    if (source.url === null) return { ok: false, why: missing(file, source.tried), tried: source.tried };
    const { url } = source;
    if (await this.#page.openResource(url, line)) return { ok: true, url };
    if (moduleKey === null)
      return { ok: false, why: 'no module of this page is known to hold this file', tried: [url] };
    const files = this.#attached.get(moduleKey) ?? new Map<string, MapSource>();
    files.set(file, { url, lines: source.text.split('\n').length });
    this.#attached.set(moduleKey, files);
    const map = await this.#analysis.request('sourcemap.write', {
      moduleKey,
      sources: files,
    });
    if (!(await this.#page.attachSourceMap(moduleKey, map))) {
      return {
        ok: false,
        why: 'DevTools lists no script for this module, so no source can be attached to it',
        tried: [url],
      };
    }
    for (let poll = 0; poll < ATTACH_POLLS; poll++) {
      if (await this.#page.openResource(url, line)) return { ok: true, url };
      await new Promise((resolve) => setTimeout(resolve, ATTACH_POLL_MS));
    }
    return {
      ok: false,
      why: 'the source map was attached, but DevTools did not list the file',
      tried: [url],
    };
  }

  #find(moduleKey: string | null, file: string, line: number): Promise<FoundSource> {
    const key = `${moduleKey ?? ''}\n${file}`;
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const search = this.#search(moduleKey, file, line);
    this.#found.set(key, search);
    return search;
  }

  async #search(moduleKey: string | null, file: string, line: number): Promise<FoundSource> {
    const tried = file === '' ? [] : sourceUrlCandidates(file, this.#context(moduleKey));
    for (const url of tried) {
      const text = await this.#page.fetchText(url).catch(() => null);
      if (text !== null && looksLikeGo(text, line)) return { url, text, tried };
    }
    return { url: null, text: '', tried };
  }
}

function missing(file: string, tried: readonly string[]): string {
  if (file === '') return 'the symbols name no file for this place';
  if (tried.length > 0) return `the page's server has no ${file}`;
  if (isStandardLibrary(file))
    return `${file} is of Go's standard library: to see it, name a folder of the page's own server as its source root in the settings`;
  return `${file} cannot be asked for: the page has no http address`;
}
