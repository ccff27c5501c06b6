import { isGenerated } from '../base/generated-code.ts';
import { isOfTinyGo, isStandardLibrary } from '../base/standard-library.ts';
import type { GoSourceText } from '../protocol/goroutines.ts';
import { goSourceUrl } from '../base/go-source-url.ts';
import type { FoundText, MappedFile, MissingTexts } from '../protocol/source-map.ts';
import type { OpenResult, SourceExcerpt } from './client.ts';
import type { PagePort } from './page-port.ts';
import { fileKind } from './folder-paths.ts';
import type { SourceDirectory, SourceFolders, SourceFolderState } from './source-folders.ts';
import type { SourceMapState } from './state.ts';
import {
  looksLikeSource,
  rootUrls,
  sourceUrlCandidates,
  whyUnread,
  type SourceContext,
} from './source-urls.ts';

/** A prefix of files' names, and the address that it stands for. */
interface Mapping {
  readonly from: string;
  readonly to: string;
}

interface FoundSource {
  readonly url: string | null;
  readonly text: string;
  readonly tried: readonly string[];
  /** False where the page did not answer: it is gone, or stopped. That says nothing of its server. */
  readonly answered: boolean;
}

/** Files of a module that are asked for: at a time, and at most. */
const PARALLEL = 8;
const MAX_SERVED = 200;

/** How often and how long to wait for DevTools to take an attached source map in: it fetches and parses it on its own. */
const ATTACH_POLLS = 100;
const ATTACH_POLL_MS = 100;

/** Where the text of a module's files may be. */
export interface TextContext extends SourceContext {
  /** `go1.26.5`; null where unknown. */
  readonly goVersion: string | null;
}

/** Go source text, from folders and from the page's own server: found once, shown as excerpts, opened in the Sources panel. */
export class SourceTexts {
  readonly #page: PagePort;
  readonly #folders: SourceFolders;
  readonly #context: (moduleKey: string | null) => TextContext;
  readonly #attached: (moduleKey: string) => Promise<SourceMapState | null>;
  readonly #renew: (moduleKey: string) => void;
  /** Programs of which their server had no file: it is not asked for them again but for a file that is clicked in the panel. */
  readonly #withoutText = new Set<string>();
  /** Programs of which their server had files, and where: known over reloads. */
  readonly #served = new Map<string, Mapping>();
  /** Modules whose texts are being looked for. */
  readonly #searched = new Set<string>();
  #found = new Map<string, Promise<FoundSource>>();
  /** By module key: the part of an address that stood before the path of a file that was found, and the part of the path that it stands for. */
  #bases = new Map<string, Mapping>();

  /** `attached`: waits for the source map of a module. `renew`: what is known of a module's texts has changed. */
  constructor(
    page: PagePort,
    folders: SourceFolders,
    context: (moduleKey: string | null) => TextContext,
    attached: (moduleKey: string) => Promise<SourceMapState | null>,
    renew: (moduleKey: string) => void,
  ) {
    this.#page = page;
    this.#folders = folders;
    this.#context = context;
    this.#attached = attached;
    this.#renew = renew;
  }

  /** Prefixes of names, and the addresses under which files with them were found on the page's server. */
  foundUnder(): readonly Mapping[] {
    return [...this.#bases.values()];
  }

  /** Forgets what was found: after a navigation or when the source roots changed. */
  forget(): void {
    this.#found = new Map();
    this.#bases = new Map();
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

  /**
   * The same for a file that is wanted without a click on it. The page's Console shows each request that finds nothing: so a server that had none of
   * the first such file of a program is not asked for any other.
   */
  async wanted(moduleKey: string | null, file: string, line: number): Promise<GoSourceText> {
    const context = this.#context(moduleKey);
    const program = programOf(context);
    const mayAsk =
      !this.#withoutText.has(program) || this.#isKnown(moduleKey, context) || isOfRoot(file, context);
    if (!mayAsk) {
      const found = await this.#folders.find(file, context.mainModule, context.goVersion);
      return found === null ? { ok: false, why: missing(file, []) } : { ok: true, text: found.text };
    }
    const { url, text, tried, answered } = await this.#find(moduleKey, file, line);
    if (url === null && tried.length > 0 && answered) this.#withoutText.add(program);
    return url === null ? { ok: false, why: missing(file, tried) } : { ok: true, text };
  }

  /** The same of the first of some modules that has it. */
  async wantedOfAny(moduleKeys: readonly string[], file: string): Promise<GoSourceText> {
    for (const key of moduleKeys) {
      const found = await this.wanted(key, file, 1);
      if (found.ok) return found;
    }
    return { ok: false, why: 'no text of it was found' };
  }

  /** The directory of a file of one of some modules, in a folder that was granted; null where none has it. */
  async directoryOfAny(moduleKeys: readonly string[], file: string): Promise<SourceDirectory | null> {
    for (const key of moduleKeys) {
      const { mainModule, goVersion } = this.#context(key);
      const found = await this.#folders.directoryOf(file, mainModule, goVersion);
      if (found !== null) return found;
    }
    return null;
  }

  /** A file without text has been opened in the Sources panel: its text is looked for, and what was found is told. */
  async opened(moduleKey: string, file: string, line: number): Promise<void> {
    const program = programOf(this.#context(moduleKey));
    const wasAsked = this.#withoutText.has(program);
    const { ok } = await this.wanted(moduleKey, file, line);
    // What was found has renewed the texts by itself; of what was not, the head of the file says so.
    if (!ok && !wasAsked && this.#withoutText.has(program)) this.#renew(moduleKey);
  }

  /** Whether the page's server was asked for files of a module's program, and had none. */
  wasAskedInVain(moduleKey: string): boolean {
    return this.#withoutText.has(programOf(this.#context(moduleKey)));
  }

  /** Whether there is a text of a file that has `line`. */
  async has(moduleKey: string | null, file: string, line: number): Promise<boolean> {
    return (await this.#find(moduleKey, file, line)).url !== null;
  }

  /** Opens the file in Sources; DevTools knows it by the source map that is attached to the module. */
  async open(moduleKey: string | null, file: string, line: number): Promise<OpenResult> {
    const url = goSourceUrl(file);
    if (file === '') return { ok: false, why: missing(file, []), tried: [] };
    if (await this.#page.openResource(url, line)) return { ok: true, url };
    if (moduleKey === null)
      return { ok: false, why: 'no module of this page is known to hold this file', tried: [url] };
    const map = await this.#attached(moduleKey);
    if (map === null)
      return { ok: false, why: 'no source map is attached to this module: see the settings', tried: [url] };
    // DevTools fetches and parses the map on its own.
    for (let poll = 0; poll < ATTACH_POLLS; poll++) {
      if (await this.#page.openResource(url, line)) return { ok: true, url };
      await new Promise((resolve) => setTimeout(resolve, ATTACH_POLL_MS));
    }
    return {
      ok: false,
      why: 'the source map is attached, but DevTools does not list the file',
      tried: [url],
    };
  }

  /**
   * Finds the texts of a module's files: in folders, and those of the program itself on the page's server, where the first one that is there says
   * under which address the others are. A server is asked where it had files of this program before, where a source
   * root says so, and, once, when it is of this machine; else once a file has been looked at. Calls back with all that are known when there are more.
   */
  async texts(
    moduleKey: string,
    files: readonly MappedFile[],
    found: (texts: ReadonlyMap<string, FoundText>) => void,
  ): Promise<void> {
    const texts = new Map<string, FoundText>();
    const { mainModule, goVersion } = this.#context(moduleKey);
    const inFolders = await Promise.all(
      files.map(async ({ file }) => [file, await this.#folders.find(file, mainModule, goVersion)] as const),
    );
    for (const [file, text] of inFolders) if (text !== null) texts.set(file, text);
    if (texts.size > 0) found(new Map(texts));
    const before = texts.size;
    const left = files.filter(({ file, lastLine }) => !texts.has(file) && lastLine > 0 && !isGenerated(file));
    this.#searched.add(moduleKey);
    await this.#fromServer(moduleKey, left, texts).finally(() => this.#searched.delete(moduleKey));
    if (texts.size > before) found(texts);
  }

  async #fromServer(
    moduleKey: string,
    files: readonly MappedFile[],
    texts: Map<string, FoundText>,
  ): Promise<void> {
    const context = this.#context(moduleKey);
    const program = programOf(context);
    const mayAsk =
      this.#isKnown(moduleKey, context) ||
      (isOfThisMachine(context.pageUrl) && !this.#withoutText.has(program));
    const isAsked = ({ file }: MappedFile): boolean =>
      (mayAsk && fileKind(file) === 'main') || isOfRoot(file, context);
    const isHere = ({ file }: MappedFile): boolean =>
      rootUrls(file, context).some((url) => url.startsWith('file:'));
    const take = async (of: MappedFile, where: 'anywhere' | 'roots'): Promise<FoundSource> => {
      const found = await this.#find(moduleKey, of.file, of.lastLine, where);
      if (found.url !== null) texts.set(of.file, { text: found.text, from: found.url });
      return found;
    };
    const takeAll = async (all: readonly MappedFile[], where: 'anywhere' | 'roots'): Promise<void> => {
      for (let at = 0; at < all.length; at += PARALLEL) {
        await Promise.all(all.slice(at, at + PARALLEL).map((of) => take(of, where)));
      }
    };
    const wanted = files.filter(isAsked).slice(0, MAX_SERVED);
    // What a root says of this machine is looked for there alone: it costs the page nothing.
    await takeAll(wanted.filter(isHere), 'roots');
    const [first, ...others] = wanted.filter((of) => !isHere(of));
    if (first === undefined) return;
    // A server that has not even one has no source: the page's Console shows each request that finds nothing.
    const where = mayAsk ? 'anywhere' : 'roots';
    const { url, answered } = await take(first, where);
    if (!answered) return;
    if (url === null) {
      this.#served.delete(program);
      if (mayAsk) this.#withoutText.add(program);
      return;
    }
    await takeAll(others, where);
  }

  /** Whether files of the program were found on the page's server. */
  #isKnown(moduleKey: string | null, context: TextContext): boolean {
    return this.#bases.has(moduleKey ?? '') || this.#served.has(programOf(context));
  }

  /** `roots`: only where source roots say. */
  #find(
    moduleKey: string | null,
    file: string,
    line: number,
    where: 'anywhere' | 'roots' = 'anywhere',
  ): Promise<FoundSource> {
    const key = `${where}\n${this.#context(moduleKey).moduleUrl ?? moduleKey ?? ''}\n${file}`;
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const all = this.#found;
    const search = this.#search(moduleKey, file, line, where);
    all.set(key, search);
    void search.then(({ answered }) => (answered ? undefined : all.delete(key)));
    return search;
  }

  async #search(
    moduleKey: string | null,
    file: string,
    line: number,
    where: 'anywhere' | 'roots',
  ): Promise<FoundSource> {
    const context = this.#context(moduleKey);
    const inFolder =
      file === '' || isGenerated(file)
        ? null
        : await this.#folders.find(file, context.mainModule, context.goVersion);
    if (inFolder !== null) return { url: goSourceUrl(file), text: inFolder.text, tried: [], answered: true };
    const program = programOf(context);
    // What a source root says comes before what was found without one.
    const base = isOfRoot(file, context)
      ? undefined
      : (this.#bases.get(moduleKey ?? '') ?? this.#served.get(program));
    const candidates = where === 'anywhere' ? sourceUrlCandidates : rootUrls;
    const tried = file === '' || isGenerated(file) ? [] : candidates(file, context);
    const url = base === undefined ? null : below(base, file);
    if (url !== null) {
      const { text, answered } = await this.#fetch(url);
      if (text !== null && looksLikeSource(file, text, line)) return { url, text, tried: [url], answered };
      return { url: null, text: '', tried: [url], answered };
    }
    for (const url of tried) {
      const { text, answered } = await this.#fetch(url);
      if (!answered) return { url: null, text: '', tried, answered };
      if (text === null || !looksLikeSource(file, text, line)) continue;
      const mapping = suggestMapping(file, url);
      if (mapping !== null) {
        // Of this machine only what a root says is read, and no longer than it says so.
        if (!url.startsWith('file:')) {
          this.#bases.set(moduleKey ?? '', mapping);
          this.#served.set(program, mapping);
          this.#withoutText.delete(program);
        }
        if (moduleKey !== null && !this.#searched.has(moduleKey)) this.#renew(moduleKey);
      }
      return { url, text, tried, answered };
    }
    return { url: null, text: '', tried, answered: true };
  }

  async #fetch(url: string): Promise<{ readonly text: string | null; readonly answered: boolean }> {
    const found = this.#found;
    try {
      const text = await this.#page.fetchText(url);
      return { text, answered: this.#found === found };
    } catch {
      return { text: null, answered: false };
    }
  }
}

/** The address of a file under a mapping; null where its name does not begin so, or leads out of there: the module says what its files are called. */
function below({ from, to }: Mapping, file: string): string | null {
  if (!file.startsWith(from)) return null;
  const url = URL.parse(to + encodeURI(file.slice(from.length)))?.href ?? '';
  return url.startsWith(to) ? url : null;
}

/** The prefixes that a file's name and its address do not have in common, up to a `/`; null where even the last part differs. */
export function suggestMapping(file: string, url: string): Mapping | null {
  const names = file.split('/');
  const parts = url.split('/');
  let same = 0;
  while (
    same < names.length &&
    same < parts.length &&
    encodeURI(names.at(-1 - same) ?? '') === parts.at(-1 - same)
  )
    same++;
  if (same === 0) return null;
  const cut = (all: readonly string[]): string =>
    all
      .slice(0, all.length - same)
      .map((part) => `${part}/`)
      .join('');
  return { from: cut(names), to: cut(parts) };
}

function missing(file: string, tried: readonly string[]): string {
  if (file === '') return 'the symbols name no file for this place';
  if (isGenerated(file)) return 'the compiler made this function: it has no source text';
  if (tried.some((url) => url.startsWith('file:'))) return `there is no ${file} where the source roots say`;
  if (tried.length > 0) return `the page's server has no ${file}`;
  if (isOfTinyGo(file))
    return `${file} is TinyGo's own: to see it, add the TINYGOROOT (tinygo env TINYGOROOT) as a source folder in the settings`;
  if (isStandardLibrary(file))
    return `${file} is of Go's standard library: to see it, add the GOROOT as a source folder in the settings`;
  return `${file} cannot be asked for: the page has no http address`;
}

const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : 'null');

/** A program and the server that it comes from. */
const programOf = ({ pageUrl, mainModule, moduleUrl }: TextContext): string =>
  `${originOf(pageUrl)} ${mainModule ?? moduleUrl ?? ''}`;

const isOfRoot = (file: string, context: TextContext): boolean => rootUrls(file, context).length > 0;

/** Whether a page comes from a server on this machine: most likely a developer's own. */
function isOfThisMachine(pageUrl: string): boolean {
  const { hostname } = URL.canParse(pageUrl) ? new URL(pageUrl) : { hostname: '' };
  return /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}

/** What a file without text says: where it was looked for, and what would help. */
export function missingTexts(
  { pageUrl, mainModule, goVersion, roots, files }: TextContext,
  folders: readonly SourceFolderState[] = [],
  wasAskedInVain = false,
): MissingTexts {
  const granted = folders.filter(({ permission }) => permission === 'granted');
  const asleep = folders.filter(({ permission }) => permission !== 'granted');
  const looked =
    granted.length === 0
      ? 'No folder is granted to look in'
      : `It is not in the folders ${granted.map(folderLabel).join(', ')}`;
  const waiting: string[] =
    asleep.length === 0
      ? []
      : [
          `Not looked in: ${asleep.map(({ name }) => name).join(', ')}. Allow it again in the settings of the Go panel.`,
        ];
  for (const { to } of roots) {
    const why = whyUnread(to, pageUrl, files);
    if (why !== null) waiting.push(`The source root ${to} is not read: ${why}.`);
  }
  const origin = originOf(pageUrl);
  const server =
    origin === 'null'
      ? ''
      : wasAskedInVain
        ? `, and ${origin} was asked for a file of the program without success`
        : `, and ${origin} is asked only for what you look at: click into this text, or on a frame in the Go panel`;
  const add = 'Go panel, Settings, Source text, Add a folder:';
  return {
    main: [
      `${looked}${server}.`,
      ...waiting,
      `${add} the one with the source of ${mainModule ?? 'the program'}; or map its path to an address of this server.`,
    ],
    standard: [
      `${looked}.`,
      ...waiting,
      `${add} the GOROOT of ${goVersion ?? 'the Go that built the module'} (go env GOROOT); another version's text is not taken.`,
    ],
    tinygo: [
      `${looked}.`,
      ...waiting,
      `${add} the TINYGOROOT of the TinyGo that built the module (tinygo env TINYGOROOT); what it takes from Go is in its GOROOT.`,
    ],
    dependency: [
      `${looked}.`,
      ...waiting,
      `${add} the module cache (go env GOMODCACHE), or a folder with vendor.`,
    ],
  };
}

const folderLabel = ({ name, goVersion }: SourceFolderState): string =>
  goVersion === null ? name : `${name} (${goVersion})`;
