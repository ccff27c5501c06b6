import { EMPTY_SOURCE_MAP } from '../base/empty-source-map.ts';
import type { MapAttachment } from '../session/page-port.ts';
import type { KnownModule } from './page-model.ts';
import { lengthsOfScript } from './wasm-script-url.ts';
import type { ScriptResource } from './page-resources.ts';

export interface AttachedMapsContext {
  readonly modules: () => ReadonlyMap<string, KnownModule>;
  readonly scripts: () => readonly ScriptResource[];
  /** What tells the newest download of a URL from others; null where that is not known. */
  readonly newestDownload: (url: string) => Promise<string | null>;
  /** What became of a map that was given earlier. */
  readonly changed: (moduleKey: string, attachment: MapAttachment) => void;
  /** The script of a module was loaded anew, from another download. */
  readonly renewed: (moduleKey: string) => void;
}

interface Wanted {
  dataUrl: string;
  /** The script that has it. */
  script: ScriptResource | null;
  /** What was told last. */
  told: MapAttachment;
}

const ATTACHED: MapAttachment = { attached: true, why: '' };
const waiting: MapAttachment = {
  attached: false,
  isComing: true,
  why: 'DevTools does not list a script of this module yet; the map is attached as soon as it does',
};

/**
 * Attaches source maps to the scripts of modules: when DevTools lists the script, and again whenever it lists it anew (after a Performance recording it
 * has dropped all maps). DevTools knows scripts by URL and gives a map to the first one alone. A map that a script has is not given to it again, as for a
 * program that is loaded once more: for the moment in which one takes the place of the other, no code has a line, and a step is one of an instruction.
 */
export class AttachedMaps {
  readonly #context: AttachedMapsContext;
  #wanted = new Map<string, Wanted>();
  #looking: Promise<void> = Promise.resolve();
  /** What scripts have. */
  readonly #given = new WeakMap<ScriptResource, string>();
  /** URLs of scripts whose files DevTools has from the language plugin: with a map it would have them twice. */
  readonly #owned = new Set<string>();

  constructor(context: AttachedMapsContext) {
    this.#context = context;
  }

  navigated(): void {
    this.#wanted = new Map();
    // What a page that is gone was asked for may never be answered.
    this.#looking = Promise.resolve();
  }

  /** The language plugin has the files of the scripts with this URL from now on: they have no maps. */
  own(scriptUrl: string): void {
    this.#owned.add(scriptUrl);
    for (const one of this.#wanted.values()) {
      if (one.script?.url !== scriptUrl) continue;
      this.#given.delete(one.script);
      void one.script.attachSourceMapURL(EMPTY_SOURCE_MAP);
      one.script = null;
    }
  }

  /** It has them no more. */
  disown(scriptUrl: string): void {
    this.#owned.delete(scriptUrl);
    void this.look();
  }

  /** Attaches a map (a data: URL) to a module's script, now or when DevTools lists it, in place of an earlier one. */
  async attach(moduleKey: string, dataUrl: string): Promise<MapAttachment> {
    this.#wanted.set(moduleKey, { dataUrl, script: null, told: waiting });
    await this.look();
    return this.#wanted.get(moduleKey)?.told ?? waiting;
  }

  /** Looks for scripts that were listed since, and for what is known of their modules by now. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look()).catch(() => undefined);
    return this.#looking;
  }

  async #look(): Promise<void> {
    const wanted = this.#wanted;
    for (const [key, one] of wanted) {
      const before = one.told;
      one.told = await this.#place(key, one);
      if (this.#wanted !== wanted) return;
      if (one.told.attached !== before.attached || one.told.why !== before.why)
        this.#context.changed(key, one.told);
    }
  }

  async #place(key: string, wanted: Wanted): Promise<MapAttachment> {
    const modules = this.#context.modules();
    const module = modules.get(key);
    if (module === undefined) return waiting;
    const script = this.#context.scripts().findLast(({ url }) => isScriptOf(url, module));
    if (script === undefined) return waiting;
    const other = whyNot(key, module, script.url, modules);
    if (other !== null) return other;
    if (wanted.script === script || this.#owned.has(script.url)) return ATTACHED;
    const { url, origin } = module.page;
    if (origin === 'resource' && url !== null && module.download !== null) {
      // Without a navigation a script of this URL can be that of another build. The hook tells of such a module itself.
      const newest = await this.#context.newestDownload(url);
      if (newest !== module.download) {
        this.#context.renewed(key);
        return waiting;
      }
    }
    if (this.#given.get(script) !== wanted.dataUrl) {
      await script.attachSourceMapURL(wanted.dataUrl);
      this.#given.set(script, wanted.dataUrl);
    }
    wanted.script = script;
    return ATTACHED;
  }
}

/** Whether a script that DevTools lists is that of a module: by its URL, or by the length that V8's name of it tells. */
export function isScriptOf(url: string, { page, length }: KnownModule): boolean {
  if (page.scriptUrl === url || page.url === url) return true;
  if (page.scriptUrl?.startsWith('wasm:') === true) return false;
  return length !== null && lengthsOfScript(url).includes(length);
}

/** Why a module's map is not for the script; null when it is. */
function whyNot(
  key: string,
  module: KnownModule,
  url: string,
  modules: ReadonlyMap<string, KnownModule>,
): MapAttachment | null {
  const same = [...modules].filter(([, known]) => isScriptOf(url, known));
  const [first] = same;
  if (first === undefined) return null;
  // Of a page and its workers, which have scripts of their own, the first; of one page's the last.
  const thread = threadOf(first[1]);
  const owner = same.findLast(([, known]) => threadOf(known) === thread);
  if (owner === undefined || owner[0] === key) return null;
  if (threadOf(module) !== thread) {
    return {
      attached: false,
      why: `DevTools gives a map to one script of a URL only, most likely the one in ${describe(first[1])}. If what runs here stays WebAssembly in Sources, load the module from a URL of its own here, such as one with ?worker`,
    };
  }
  // V8 has one script for the same bytes.
  return owner[1].length === module.length
    ? ATTACHED
    : { attached: false, why: 'a newer module of the same URL has taken its place in DevTools' };
}

/** What has scripts of its own in V8: a worker, and the frames of one origin together. */
const threadOf = ({ page: { realm } }: KnownModule): string =>
  realm.kind === 'worker' ? realm.id : (URL.parse(realm.url)?.origin ?? '');

const describe = ({ page }: KnownModule): string => `the ${page.realm.kind} ${page.realm.url}`;
