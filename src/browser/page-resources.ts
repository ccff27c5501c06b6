import { isWasmUrl } from '../base/wasm-url.ts';

/** `Resource` of the DevTools API, with what Chrome adds to the declared type. */
interface Resource extends chrome.devtools.inspectedWindow.Resource {
  /** `script`, `wasm`, `document`, ... (DevTools' own name of the resource type). */
  readonly type?: string;
  readonly attachSourceMapURL?: (url: string) => Promise<void>;
}

/** A script, to which a source map can be attached. */
export type ScriptResource = Resource & Required<Pick<Resource, 'attachSourceMapURL'>>;

/**
 * What DevTools lists about the page: its scripts and its documents. What the page compiled is a script; its download, where the page compiled the bytes
 * itself, is a resource that nothing ties to that script. A script is known to be wasm by its URL, and where the server gave it another one than
 * `/NAME.wasm` by the download that it was compiled from, which DevTools tells while it is open.
 */
export class PageResources {
  #resources: Resource[] = [];
  #listed = new Set<string>();
  /** URLs of `application/wasm`, from which alone the browser compiles a stream. */
  #downloads = new Set<string>();
  readonly #changed: () => void;

  /** `changed` is called when a script that is known to be wasm, or a document, was added. */
  constructor(changed: () => void) {
    this.#changed = changed;
    chrome.devtools.inspectedWindow.onResourceAdded.addListener((resource) => {
      this.#add(resource);
    });
    chrome.devtools.network.onRequestFinished.addListener(({ request, response }) => {
      if (response.content.mimeType !== 'application/wasm' || this.#downloads.has(request.url)) return;
      this.#downloads.add(request.url);
      if (this.#resources.some(({ url }) => url === request.url)) this.#changed();
    });
    this.refresh();
  }

  /** The page is a new one. */
  navigated(): void {
    this.#resources = [];
    this.#listed = new Set();
    this.#downloads = new Set();
    this.refresh();
  }

  /** URLs of the wasm scripts, each once. */
  wasmUrls(): string[] {
    return [...new Set(this.#resources.filter((r) => this.#isWasm(r)).map(({ url }) => url))];
  }

  /** URLs of documents, the page's own included. */
  documentUrls(): string[] {
    return [...new Set(this.#resources.filter((r) => r.type === 'document').map((r) => r.url))];
  }

  /** The scripts, in the order in which they were listed; one that was loaded anew, in another frame or in a worker is listed again. */
  scripts(): readonly ScriptResource[] {
    return this.#resources.filter(isScript);
  }

  /** Opens a resource in the Sources panel at a line (1-based); false when DevTools does not know it. */
  open(url: string, line: number): Promise<boolean> {
    return new Promise((resolve) => {
      const open = chrome.devtools.panels.openResource as (
        url: string,
        line: number,
        callback: (answer?: { isError?: boolean }) => void,
      ) => void;
      // DevTools counts lines from 0.
      open(url, Math.max(0, line - 1), (answer) => {
        resolve(answer?.isError !== true);
      });
    });
  }

  /**
   * Lists the page's resources again. DevTools does not tell of scripts that it learns of while this page starts (those of a page that was loaded
   * before).
   */
  refresh(): void {
    chrome.devtools.inspectedWindow.getResources((resources) => {
      for (const resource of resources as Resource[]) {
        if (!this.#listed.has(nameOf(resource))) this.#add(resource);
      }
    });
  }

  #add(resource: Resource): void {
    const { type, url } = resource;
    // DevTools lists a script under a `debugger:` name of its own as well while it has not placed it, and an attached map of a script without URL as
    // `wasm://wasm/HASH:sourcemap`.
    if (url.startsWith('debugger:') || (url.startsWith('wasm:') && url.endsWith(':sourcemap'))) return;
    if (type !== 'script' && type !== 'document') return;
    this.#listed.add(nameOf(resource));
    this.#resources.push(resource);
    if (type === 'document' || this.#isWasm(resource)) this.#changed();
  }

  #isWasm({ type, url }: Resource): boolean {
    return type === 'script' && (isWasmUrl(url) || this.#downloads.has(url));
  }
}

const nameOf = ({ type, url }: Resource): string => `${String(type)} ${url}`;

const isScript = (resource: Resource): resource is ScriptResource =>
  resource.type === 'script' && resource.attachSourceMapURL !== undefined;
