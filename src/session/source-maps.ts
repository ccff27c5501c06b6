import { EMPTY_SOURCE_MAP } from '../base/empty-source-map.ts';
import { goSourceUrl } from '../base/go-source-url.ts';
import type {
  BuiltSourceMap,
  FoundText,
  IgnoredFiles,
  MappedFile,
  MissingTexts,
} from '../protocol/source-map.ts';
import { fileKind } from './folder-paths.ts';
import type { MapAttachment, PagePort } from './page-port.ts';
import type { Analysis } from './session.ts';
import type { ModuleState, SessionState, SourceMapState } from './state.ts';

/** So long the first map of a module waits for the text of its files, which a paused page does not give. Milliseconds. */
const TEXT_WAIT_MS = 400;

export interface SourceMapsContext {
  readonly page: PagePort;
  readonly analysis: Analysis;
  readonly state: () => SessionState;
  /** Finds texts of a module's files; calls back with all that are known whenever there are more. */
  readonly texts: (
    moduleKey: string,
    files: readonly MappedFile[],
    found: (texts: ReadonlyMap<string, FoundText>) => void,
  ) => Promise<void>;
  /** Whether the language plugin has files of modules: their texts are given to DevTools where maps are switched off, too. */
  readonly hasValues: () => boolean;
  /** Sentences for the head of a file without text. */
  readonly missing: (moduleKey: string) => MissingTexts;
  readonly changed: (maps: readonly SourceMapState[]) => void;
}

/**
 * Attaches a source map to the script of every module of the page whose symbols have lines: Go's, and those with DWARF, so that the Sources panel, the Console and the Performance panel show Go.
 * The bytes are those that were analysed: a module that was built anew has another map, whatever its URL.
 */
export class SourceMaps {
  readonly #context: SourceMapsContext;
  #maps = new Map<string, SourceMapState>();
  /** Counts attachments of a module, so that an older one that is still under way gives up. */
  readonly #turns = new Map<string, number>();
  /** Where maps are switched off: modules whose files are not the plugin's. */
  readonly #left = new Set<string>();
  /** Modules whose script DevTools has not listed yet. */
  readonly #coming = new Set<string>();

  constructor(context: SourceMapsContext) {
    this.#context = context;
  }

  /** Attaches maps to modules that are ready and have none; forgets those that are gone. */
  take(modules: readonly ModuleState[]): void {
    for (const key of this.#maps.keys()) {
      if (!modules.some((module) => module.key === key)) this.#forget(key);
    }
    if (!this.#isActive()) return;
    for (const module of modules) {
      if (this.#maps.has(module.key) || this.#left.has(module.key) || !hasLines(module)) continue;
      void this.#attach(module.key);
    }
  }

  /** Whether maps are attached on this page. */
  isWanted(): boolean {
    const { settings, access } = this.#context.state();
    return settings.attachMaps && !settings.mapsOff.includes(access.pageOrigin ?? '');
  }

  #isActive(): boolean {
    return this.isWanted() || this.#context.hasValues();
  }

  /** After a change of settings or folders: attaches all anew, or takes them away. */
  again(): void {
    const { modules } = this.#context.state();
    this.#left.clear();
    for (const key of [...this.#maps.keys()]) {
      if (this.#isActive()) void this.#attach(key);
      else {
        void this.#context.page.attachSourceMap(key, EMPTY_SOURCE_MAP);
        this.#forget(key);
      }
    }
    this.take(modules);
  }

  /** After a module's texts were found: attaches its map anew. */
  renew(moduleKey: string): void {
    if (this.#maps.has(moduleKey) && this.#isActive()) void this.#attach(moduleKey);
  }

  /** The program's own files with this URL in DevTools that have code, and no text yet. */
  textless(
    url: string,
  ): readonly { readonly moduleKey: string; readonly file: string; readonly lastLine: number }[] {
    return [...this.#maps.values()].flatMap(({ moduleKey, files }) =>
      files
        .filter(({ file, hasText, lastLine }) => !hasText && lastLine > 0 && fileKind(file) === 'main')
        .filter(({ file }) => goSourceUrl(file) === url)
        .map(({ file, lastLine }) => ({ moduleKey, file, lastLine })),
    );
  }

  /** Waits until a map is attached to the module; null where none is. */
  async attached(moduleKey: string): Promise<SourceMapState | null> {
    const isUnderWay = (): boolean =>
      this.#maps.get(moduleKey)?.status === 'building' || this.#coming.has(moduleKey);
    for (let left = 300; isUnderWay() && left > 0; left--) await new Promise((done) => setTimeout(done, 100));
    const map = this.#maps.get(moduleKey);
    return map?.status === 'attached' ? map : null;
  }

  async #attach(moduleKey: string): Promise<void> {
    const turn = (this.#turns.get(moduleKey) ?? 0) + 1;
    this.#turns.set(moduleKey, turn);
    const isCurrent = (): boolean => this.#turns.get(moduleKey) === turn;
    const known = this.#maps.get(moduleKey);
    this.#set({ moduleKey, status: 'building', error: null, files: known?.files ?? [] });
    try {
      const files = await this.#context.analysis.request('sourcemap.files', {
        moduleKey,
        ...this.#ignored(),
      });
      let texts: ReadonlyMap<string, FoundText> = new Map();
      let isFirst = true;
      let isSearched = false;
      const search = this.#context.texts(moduleKey, files, (found) => {
        texts = found;
        // What comes later makes another map.
        if (!isFirst && isCurrent()) void this.#build(moduleKey, texts, isCurrent, isSearched);
      });
      void search
        .then(() => {
          isSearched = true;
          return isFirst || !isCurrent() ? undefined : this.#give(moduleKey, texts, isCurrent, true);
        })
        .catch(() => undefined);
      await Promise.race([search, new Promise((done) => setTimeout(done, TEXT_WAIT_MS))]);
      isFirst = false;
      if (isCurrent()) await this.#build(moduleKey, texts, isCurrent, isSearched);
    } catch (error) {
      if (!isCurrent()) return;
      const message = error instanceof Error ? error.message : String(error);
      this.#set({ moduleKey, status: 'failed', error: message, files: [] });
    }
  }

  async #build(
    moduleKey: string,
    texts: ReadonlyMap<string, FoundText>,
    isCurrent: () => boolean,
    isSearched: boolean,
  ): Promise<void> {
    if (await this.#give(moduleKey, texts, isCurrent, isSearched)) return;
    if (!isCurrent()) return;
    if (!this.isWanted()) {
      void this.#context.page.attachSourceMap(moduleKey, EMPTY_SOURCE_MAP);
      this.#left.add(moduleKey);
      this.#forget(moduleKey);
      return;
    }
    const map: BuiltSourceMap = await this.#context.analysis.request('sourcemap.build', {
      moduleKey,
      texts,
      missing: this.#context.missing(moduleKey),
      ...this.#ignored(),
    });
    if (!isCurrent() || !this.isWanted()) return;
    const { attached, why, isComing } = await this.#context.page.attachSourceMap(moduleKey, map.dataUrl);
    if (!isCurrent()) return;
    this.#isComing(moduleKey, isComing);
    this.#set({
      moduleKey,
      status: attached ? 'attached' : 'waiting',
      error: attached ? null : why,
      files: map.files,
    });
  }

  #ignored(): IgnoredFiles {
    const { ignoreStandard, ignoredPackages: ignore } = this.#context.state().settings;
    return { ignoreStandard, ignore };
  }

  /** DevTools has taken a map that was built before, or has it no longer. */
  told(moduleKey: string, { attached, why, isComing }: MapAttachment): void {
    const map = this.#maps.get(moduleKey);
    // While it is built, attaching it says so itself.
    if (map === undefined || map.status === 'failed' || map.status === 'building') return;
    this.#isComing(moduleKey, isComing);
    this.#set({ ...map, status: attached ? 'attached' : 'waiting', error: attached ? null : why });
  }

  /**
   * Where the files are the language plugin's, it is their texts that are wanted; false where they are not. What takes the place of a missing
   * text is given once all have been looked for: in an open editor breakpoints move with the lines when one text takes the place of another.
   */
  async #give(
    moduleKey: string,
    texts: ReadonlyMap<string, FoundText>,
    isCurrent: () => boolean,
    isSearched: boolean,
  ): Promise<boolean> {
    const missing = this.#context.missing(moduleKey);
    const shown = await this.#context.analysis.request('language.shown', { moduleKey, texts, missing });
    if (shown === null) return false;
    if (!isCurrent()) return true;
    const byUrl = new Map<string, string>();
    for (const wanted of isSearched ? [true, false] : [true]) {
      for (const { file, hasText } of shown.files) {
        const text = shown.texts.get(file);
        if (hasText === wanted && text !== undefined) byUrl.set(goSourceUrl(file), text);
      }
    }
    this.#context.page.giveTexts(byUrl);
    this.#set({ moduleKey, status: 'attached', error: null, files: shown.files });
    return true;
  }

  #isComing(moduleKey: string, isComing = false): void {
    if (isComing) this.#coming.add(moduleKey);
    else this.#coming.delete(moduleKey);
  }

  #set(map: SourceMapState): void {
    this.#maps.set(map.moduleKey, map);
    this.#context.changed([...this.#maps.values()]);
  }

  #forget(moduleKey: string): void {
    this.#maps.delete(moduleKey);
    this.#coming.delete(moduleKey);
    this.#turns.set(moduleKey, (this.#turns.get(moduleKey) ?? 0) + 1);
    this.#context.changed([...this.#maps.values()]);
  }
}

const hasLines = ({ status, origin, report }: ModuleState): boolean =>
  status === 'ready' &&
  origin !== 'file' &&
  report?.symbols.some(({ kind }) => kind === 'pclntab' || kind === 'dwarf') === true;
