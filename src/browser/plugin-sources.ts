import { GO_SCHEME } from '../base/go-source-url.ts';

/**
 * Texts of the files that DevTools has from the language plugin. DevTools' loader does not know their scheme: it lists them empty, and their
 * content is set as that of an edited resource is.
 */
export class PluginSources {
  readonly #resources = new Map<string, chrome.devtools.inspectedWindow.Resource>();
  #texts: ReadonlyMap<string, string> = new Map();
  /** What was set, by URL. */
  readonly #set = new Map<string, string>();

  constructor() {
    const { inspectedWindow } = chrome.devtools;
    inspectedWindow.onResourceAdded.addListener((resource) => {
      if (!resource.url.startsWith(GO_SCHEME)) return;
      this.#resources.set(resource.url, resource);
      this.#set.delete(resource.url);
      this.#put(resource.url);
    });
    // DevTools answers a change of content through this event, and only where somebody listens.
    inspectedWindow.onResourceContentCommitted.addListener(() => undefined);
  }

  /** The page is a new one. DevTools may have its files by now already, and tells of a file that stays only once: a resource is a URL, and stays good. */
  navigated(): void {
    this.#texts = new Map();
    this.#set.clear();
  }

  /** `texts`: by URL. Of those that DevTools does not list yet the content is set when it does. */
  give(texts: ReadonlyMap<string, string>): void {
    this.#texts = new Map([...this.#texts, ...texts]);
    for (const url of texts.keys()) this.#put(url);
  }

  #put(url: string): void {
    const resource = this.#resources.get(url);
    const text = this.#texts.get(url);
    if (resource === undefined || text === undefined || this.#set.get(url) === text) return;
    this.#set.set(url, text);
    // What is loaded later would take the place of what is set: it has to have been loaded, in vain.
    resource.getContent(() => {
      if (this.#set.get(url) === text) void resource.setContent(text, true);
    });
  }
}
