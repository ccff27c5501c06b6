import type { GoSourceText } from '../protocol/goroutines.ts';
import type { ConcludedVariable, VariableQuestion } from '../protocol/variables.ts';
import { listDirectory } from './list-directory.ts';
import type { Analysis } from './session.ts';
import type { SourceDirectory } from './source-folders.ts';

/** Where texts are. */
export interface VariableSources {
  readonly analysis: Analysis;
  readonly textOf: (moduleKey: string, file: string) => Promise<GoSourceText>;
  readonly directoryOf: (moduleKey: string, file: string) => Promise<SourceDirectory | null>;
}

/** Files that are looked for before it is said that there are none. */
const MAX_TRIED = 3;

/** Names package variables of standard Go for views of memory, by source text where it can be had: one question after the other. */
export class VariableNames {
  readonly #sources: VariableSources;
  #last: Promise<unknown> = Promise.resolve();

  constructor(sources: VariableSources) {
    this.#sources = sources;
  }

  /** The variable that holds the byte at an address; null where none is concluded there. */
  at(moduleKey: string, address: number): Promise<ConcludedVariable | null> {
    return this.#next(async () => {
      await this.#gather(moduleKey, { address });
      return this.#sources.analysis.request('variable.at', { moduleKey, address });
    });
  }

  /** Has those of the package that `pkg.name` names concluded, for who asks for names next. */
  async named(moduleKey: string, name: string): Promise<void> {
    if (!NAME.test(name)) return;
    await this.#next(async () => {
      await this.#gather(moduleKey, { name });
      await this.#sources.analysis.request('variable.conclude', { moduleKey, name });
    }).catch(() => undefined);
  }

  #next<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #gather(moduleKey: string, of: VariableQuestion): Promise<void> {
    const { analysis, textOf, directoryOf } = this.#sources;
    const wanted = await analysis.request('variable.wanted', { moduleKey, of });
    const texts = new Map<string, string>();
    const take = async (file: string): Promise<void> => {
      const found = await textOf(moduleKey, file);
      if (found.ok) texts.set(file, found.text);
    };
    // Where the first are not there, there is no source.
    let tried = 0;
    while (texts.size === 0 && tried < Math.min(MAX_TRIED, wanted.texts.length))
      await take(wanted.texts[tried++] ?? '');
    if (texts.size > 0) await Promise.all(wanted.texts.slice(tried).map(take));
    if (texts.size > 0) await analysis.request('variable.texts', { moduleKey, texts });
    for (const file of wanted.unlisted) {
      await listDirectory(file, await directoryOf(moduleKey, file), {
        listed: (directory) => analysis.request('variable.listed', { moduleKey, ...directory }),
        beside: (found) => analysis.request('variable.beside', { moduleKey, ...found }),
      });
    }
  }
}

/** `main.sessions`, `example.com/app/shop.cart` */
const NAME = /^(?:[^\s/]+\/)*[\p{L}\p{N}_-]+\.[\p{L}_][\p{L}\p{N}_]*$/u;
