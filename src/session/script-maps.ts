import { dataUrlText } from '../base/data-url.ts';
import type { StackFrame, StackTrace } from '../stack/stack-trace.ts';
import type { PagePort } from './page-port.ts';
import type { Analysis } from './session.ts';

/** Scripts of one stack whose maps are looked for. */
const MAX_SCRIPTS = 50;

interface ScriptMap {
  readonly text: string;
  readonly url: string;
}

/** The JavaScript of stacks in terms of its own sources: the maps that the page's scripts name, each fetched once a page. */
export class ScriptMaps {
  readonly #page: Pick<PagePort, 'fetchAsPage'>;
  readonly #analysis: Analysis;
  #maps = new Map<string, Promise<ScriptMap | null>>();

  constructor(page: Pick<PagePort, 'fetchAsPage'>, analysis: Analysis) {
    this.#page = page;
    this.#analysis = analysis;
  }

  /** Forgets the maps: the page is another one. */
  navigated(): void {
    this.#maps = new Map();
  }

  /**
   * The stacks with the JavaScript frames that a source map places at that place. Frames without a map, or of a script or map that cannot be had, stay
   * as they are. Never rejects.
   */
  async apply(stacks: readonly StackTrace[]): Promise<readonly StackTrace[]> {
    const frames = stacks.flatMap((stack) => stack.frames.filter(isPlaced));
    const scripts = [...new Set(frames.map(({ file }) => file))].slice(0, MAX_SCRIPTS);
    const replaced = new Map<StackFrame, StackFrame>();
    await Promise.all(
      scripts.map(async (script) => {
        const of = frames.filter(({ file }) => file === script);
        for (const [before, after] of await this.#originals(script, of)) replaced.set(before, after);
      }),
    );
    if (replaced.size === 0) return stacks;
    return stacks.map((stack) => ({
      ...stack,
      frames: stack.frames.map((frame) => replaced.get(frame) ?? frame),
    }));
  }

  async #originals(
    script: string,
    frames: readonly StackFrame[],
  ): Promise<readonly (readonly [StackFrame, StackFrame])[]> {
    const map = await this.#mapOf(script);
    if (map === null) return [];
    const positions = frames.map(({ line, column = 0 }) => ({ line, column }));
    const found = await this.#analysis
      .request('script.originals', { map: map.text, mapUrl: map.url, positions })
      .catch(() => []);
    return frames.flatMap((frame, i) => {
      const original = found[i];
      if (original === undefined || original === null) return [];
      const { source, line, column } = original;
      return [[frame, { ...frame, file: source, line, column }] as const];
    });
  }

  #mapOf(script: string): Promise<ScriptMap | null> {
    let map = this.#maps.get(script);
    if (map === undefined) {
      map = this.#fetchMap(script).catch(() => null);
      this.#maps.set(script, map);
    }
    return map;
  }

  async #fetchMap(script: string): Promise<ScriptMap | null> {
    const named = sourceMapOfScript(await this.#page.fetchAsPage(script));
    if (named === null) return null;
    const text = dataUrlText(named);
    if (text !== undefined) return { text, url: script };
    const url = URL.parse(named, script);
    if (url === null || !/^https?:$/.test(url.protocol)) return null;
    return { text: await this.#page.fetchAsPage(url.href), url: url.href };
  }
}

/** Whether a frame is JavaScript at a place of a script that can be fetched. */
const isPlaced = ({ language, file, line, column }: StackFrame): boolean =>
  language === 'javascript' && line > 0 && column !== undefined && /^https?:/.test(file);

/** What a script's last comment `//# sourceMappingURL=` names (ECMA-426, 11.1.1); null without one. */
export function sourceMapOfScript(script: string): string | null {
  const at = Math.max(
    script.lastIndexOf('//# sourceMappingURL='),
    script.lastIndexOf('//@ sourceMappingURL='),
  );
  const end = script.indexOf('\n', at);
  const named = at < 0 ? '' : script.slice(script.indexOf('=', at) + 1, end < 0 ? undefined : end).trim();
  return named === '' || /[\s'"]/.test(named) ? null : named;
}
