import type {
  CodePlace,
  LanguageObject,
  LanguageValue,
  LanguageVariable,
  Store,
  PlaceRange,
  SourcePlace,
  StoppedFrame,
} from '../protocol/language.ts';
import type { GoSourceText } from '../protocol/goroutines.ts';
import { listDirectory } from './list-directory.ts';
import { memoryEnd } from './memory-end.ts';
import type { Analysis } from './session.ts';
import type { SourceDirectory } from './source-folders.ts';

export type {
  CodePlace,
  LanguageObject,
  LanguageValue,
  StoppedFrame,
  Store,
  StoreValue,
  PlaceRange,
  SourcePlace,
} from '../protocol/language.ts';

/** Reads memory at a stop of the debugger. */
export type ReadStop = (address: number, length: number) => Promise<ArrayBuffer>;

/** What DevTools asks of a language plugin, answered for Go. Everything rejects with a reason that can be shown. */
export interface LanguageAnswers {
  /**
   * Answers with the URLs of its files. `bytes`: of the module, owned from now on; null where DevTools gives none, which it does for modules that V8 names
   * `wasm://` only: then it is the page's module of that URL. Rejects when there is none.
   */
  addModule(rawModuleId: string, url: string, bytes: ArrayBuffer | null): Promise<readonly string[]>;
  /** Modules whose texts are being looked for: without them arguments have no names. */
  readonly searches: number;
  removeModule(rawModuleId: string): void;
  placeAt(place: CodePlace): Promise<SourcePlace | null>;
  /** Names of functions, innermost first. */
  functionsAt(place: CodePlace): Promise<readonly string[]>;
  codeOf(rawModuleId: string, place: SourcePlace): Promise<readonly PlaceRange[]>;
  /** 0-based. */
  linesOf(rawModuleId: string, url: string): Promise<readonly number[]>;
  inlined(place: CodePlace, of: 'call' | 'callees'): Promise<readonly PlaceRange[]>;
  variablesAt(place: CodePlace): Promise<readonly LanguageVariable[]>;
  /** What variables are in there, beside memory: `evaluate` needs their values. */
  storesAt(place: CodePlace): Promise<readonly Store[]>;
  /** `read`: memory at that stop, by the name `frame.target`. */
  evaluate(
    expression: string,
    frame: Omit<StoppedFrame, 'byteLength'>,
    read: ReadStop,
  ): Promise<LanguageAnswer>;
  parts(object: LanguageObject): Promise<readonly { readonly name: string; readonly value: LanguageValue }[]>;
}

export interface LanguageAnswer {
  readonly value: LanguageValue;
  readonly byteLength: number;
}

export interface LanguageSources {
  readonly analysis: Analysis;
  /** Text of a Go file of one of the page's modules. */
  readonly textOf: (file: string) => Promise<GoSourceText>;
  /** Its directory in a folder that was granted; null where none has it. */
  readonly directoryOf: (file: string) => Promise<SourceDirectory | null>;
  /** The key of the page's module of a URL, when it has been read. Rejects where it cannot be, and when the signal is aborted. */
  readonly moduleAt: (url: string, signal: AbortSignal) => Promise<string>;
  /** Called for each module whose files DevTools has from the plugin from now on. */
  readonly added: () => void;
  /** Bytes that the memories of the page's programs had when they were last told, at most. */
  readonly memoryBytes: () => number;
}

/** The memory of a stop. */
interface StopMemory {
  readonly read: ReadStop;
  readonly byteLength: Promise<number>;
}

/** Files of a module whose text has not been found. */
interface Textless {
  files: readonly string[];
  isSearched: boolean;
}

/** Files whose text is fetched for their signatures, when a module comes; the first one says whether there are any. */
const MAX_FILES = 300;
/** Stops whose memory can still be read. */
const MAX_STOPS = 64;

/** Answers DevTools' questions through the worker. */
export class Language implements LanguageAnswers {
  readonly #sources: LanguageSources;
  readonly #stops = new Map<string, StopMemory>();
  /** Directories that are being listed. */
  readonly #listings = new Map<string, Promise<void>>();
  /** Modules that the page has not told of yet, by the name that DevTools gives them. */
  readonly #awaited = new Map<string, AbortController>();
  /** What is missing of each module, by the name that DevTools gives it. */
  readonly #textless = new Map<string, Textless>();
  /** How often something was told that may bring texts. */
  #news = 0;
  #searches = 0;

  constructor(sources: LanguageSources) {
    this.#sources = sources;
  }

  async addModule(rawModuleId: string, url: string, bytes: ArrayBuffer | null): Promise<readonly string[]> {
    const { analysis } = this.#sources;
    const from = bytes ?? (await this.#keyOf(rawModuleId, url));
    const transfer = bytes === null ? [] : [bytes];
    const { files, urls } = await analysis.request('language.add', { rawModuleId, from }, { transfer });
    // Now, while the page runs: it gives no text while it is stopped.
    this.#textless.set(rawModuleId, { files: files.slice(0, MAX_FILES), isSearched: false });
    this.lookForTexts();
    this.#sources.added();
    return urls;
  }

  get searches(): number {
    return this.#searches;
  }

  /**
   * Looks for texts of modules that have none: DevTools may have told of a module before the page has, a page that is stopped gives none, and a folder or
   * source root may have come since.
   */
  lookForTexts(): void {
    this.#news++;
    for (const [rawModuleId, of] of this.#textless) {
      if (!of.isSearched) void this.#fetchTexts(rawModuleId, of);
    }
  }

  removeModule(rawModuleId: string): void {
    this.#textless.delete(rawModuleId);
    this.#awaited.get(rawModuleId)?.abort();
    void this.#sources.analysis.request('language.remove', { rawModuleId });
  }

  placeAt(place: CodePlace): Promise<SourcePlace | null> {
    return this.#sources.analysis.request('language.place', place);
  }

  functionsAt(place: CodePlace): Promise<readonly string[]> {
    return this.#sources.analysis.request('language.frames', place);
  }

  codeOf(rawModuleId: string, place: SourcePlace): Promise<readonly PlaceRange[]> {
    return this.#sources.analysis.request('language.ranges', { rawModuleId, ...place });
  }

  linesOf(rawModuleId: string, url: string): Promise<readonly number[]> {
    return this.#sources.analysis.request('language.lines', { rawModuleId, url });
  }

  inlined(place: CodePlace, of: 'call' | 'callees'): Promise<readonly PlaceRange[]> {
    return this.#sources.analysis.request('language.inlined', { ...place, of });
  }

  async variablesAt(place: CodePlace): Promise<readonly LanguageVariable[]> {
    await this.#listPackages(place, null);
    return this.#sources.analysis.request('language.variables', place);
  }

  storesAt(place: CodePlace): Promise<readonly Store[]> {
    return this.#sources.analysis.request('language.stores', place);
  }

  async evaluate(
    expression: string,
    frame: Omit<StoppedFrame, 'byteLength'>,
    read: ReadStop,
  ): Promise<LanguageAnswer> {
    const { target } = frame;
    const size = this.#stops.get(target)?.byteLength ?? memoryEnd(read, this.#sources.memoryBytes());
    this.#stops.delete(target);
    this.#stops.set(target, { read, byteLength: size });
    for (const old of [...this.#stops.keys()].slice(0, Math.max(0, this.#stops.size - MAX_STOPS))) {
      this.#stops.delete(old);
    }
    await this.#listPackages(frame.place, expression);
    const byteLength = await size;
    const value = await this.#sources.analysis.request('language.evaluate', {
      expression,
      frame: { ...frame, byteLength },
    });
    return { value, byteLength };
  }

  parts(
    object: LanguageObject,
  ): Promise<readonly { readonly name: string; readonly value: LanguageValue }[]> {
    return this.#sources.analysis.request('language.parts', object);
  }

  /** Answers the worker's requests for memory at a stop; undefined for other memories. */
  readMemory(
    target: string,
    ranges: readonly { readonly address: number; readonly length: number }[],
  ): Promise<readonly Uint8Array[]> | undefined {
    if (!target.startsWith('stop ')) return undefined;
    const read = this.#stops.get(target)?.read;
    if (read === undefined) return Promise.reject(new Error('the program has gone on'));
    return Promise.all(
      ranges.map(async ({ address, length }) => new Uint8Array(await read(address, length))),
    );
  }

  async #keyOf(rawModuleId: string, url: string): Promise<string> {
    const gone = new AbortController();
    this.#awaited.get(rawModuleId)?.abort();
    this.#awaited.set(rawModuleId, gone);
    try {
      return await this.#sources.moduleAt(url, gone.signal);
    } finally {
      if (this.#awaited.get(rawModuleId) === gone) this.#awaited.delete(rawModuleId);
    }
  }

  /** Looks for the files without code of the packages that a place and an expression are about, in folders; what fails leaves them out. */
  async #listPackages(place: CodePlace, expression: string | null): Promise<void> {
    const { analysis } = this.#sources;
    const { rawModuleId } = place;
    const files = await analysis.request('language.unlisted', { place, expression }).catch(() => []);
    await Promise.all(
      files.map((file) => {
        const key = `${rawModuleId}\n${file}`;
        // Several expressions are asked for at a time.
        const listing = this.#listings.get(key) ?? this.#list(rawModuleId, file).catch(() => undefined);
        this.#listings.set(key, listing);
        return listing.finally(() => this.#listings.delete(key));
      }),
    );
  }

  async #list(rawModuleId: string, file: string): Promise<void> {
    const { analysis } = this.#sources;
    await listDirectory(file, await this.#sources.directoryOf(file), {
      listed: (directory) => analysis.request('language.listed', { rawModuleId, ...directory }),
      beside: (found) => analysis.request('language.beside', { rawModuleId, ...found }),
    });
  }

  async #fetchTexts(rawModuleId: string, of: Textless): Promise<void> {
    const fetch = async (file: string): Promise<boolean> => {
      const found = await this.#sources.textOf(file).catch(() => null);
      if (found?.ok !== true || this.#textless.get(rawModuleId) !== of) return false;
      const texts = new Map([[file, found.text]]);
      await this.#sources.analysis.request('language.texts', { rawModuleId, texts }).catch(() => null);
      of.files = of.files.filter((one) => one !== file);
      return true;
    };
    of.isSearched = true;
    this.#searches++;
    // What was told meanwhile is not missed.
    for (let news = -1; news !== this.#news && this.#textless.get(rawModuleId) === of;) {
      news = this.#news;
      const [first, ...others] = of.files;
      if (first !== undefined && (await fetch(first))) await Promise.all(others.map(fetch));
    }
    this.#searches--;
    of.isSearched = false;
  }
}
