import type { SourceMaps } from './source-maps.ts';
import type { SourceTexts } from './source-texts.ts';

/** Files that are looked at in the Sources panel: their text is looked for where they have none yet. */
export class OpenedFiles {
  readonly #maps: Pick<SourceMaps, 'textless'>;
  readonly #texts: Pick<SourceTexts, 'opened'>;
  readonly #waiting = new Set<string>();
  #isStopped = false;

  constructor(maps: Pick<SourceMaps, 'textless'>, texts: Pick<SourceTexts, 'opened'>) {
    this.#maps = maps;
    this.#texts = texts;
  }

  /** A file is looked at. `url`: as `goSourceUrl` makes it. */
  take(url: string): void {
    this.#waiting.add(url);
    this.#look();
  }

  /** The page is stopped by the debugger, or runs again. A page that is stopped fetches nothing. */
  stopped(isStopped: boolean): void {
    this.#isStopped = isStopped;
    this.#look();
  }

  /** What was looked at is gone with its page. */
  navigated(): void {
    this.#waiting.clear();
    this.#isStopped = false;
  }

  #look(): void {
    if (this.#isStopped) return;
    for (const url of this.#waiting) {
      for (const { moduleKey, file, lastLine } of this.#maps.textless(url))
        void this.#texts.opened(moduleKey, file, lastLine);
    }
    this.#waiting.clear();
  }
}
