/** `Resource` of the DevTools API, with what Chrome adds to the declared type. */
interface Resource extends chrome.devtools.inspectedWindow.Resource {
  /** `script`, `wasm`, `document`, ... (DevTools' own name of the resource type). */
  readonly type?: string;
  readonly attachSourceMapURL?: (url: string) => Promise<void>;
}

/** A wasm script, to which a source map can be attached. */
export type WasmScriptResource = Resource & Required<Pick<Resource, 'attachSourceMapURL'>>;

/** What DevTools lists about the page: its wasm scripts and its documents. A wasm script has type `script`; its download, a second resource, `wasm`. */
export class PageResources {
  #resources: Resource[] = [];
  readonly #changed: () => void;

  /** `changed` is called when a wasm script or document was added. */
  constructor(changed: () => void) {
    this.#changed = changed;
    chrome.devtools.inspectedWindow.onResourceAdded.addListener((resource) => {
      this.#add(resource);
    });
    this.refresh();
  }

  /** The page is a new one. */
  navigated(): void {
    this.#resources = [];
    this.refresh();
  }

  /** URLs of the wasm scripts, each once. */
  wasmUrls(): string[] {
    return [...new Set(this.#resources.filter(isWasm).map((resource) => resource.url))];
  }

  /** URLs of documents, the page's own included. */
  documentUrls(): string[] {
    return [...new Set(this.#resources.filter((r) => r.type === 'document').map((r) => r.url))];
  }

  /** The wasm scripts, in the order in which they were listed; one that was loaded anew, in another frame or in a worker is listed again. */
  scripts(): readonly WasmScriptResource[] {
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
   * Lists the page's resources again. DevTools does not tell of scripts that it learns of while this page starts: those of a page
   * that was loaded before.
   */
  refresh(): void {
    chrome.devtools.inspectedWindow.getResources((resources) => {
      for (const resource of resources as Resource[]) {
        const known = this.#resources.some(({ url, type }) => url === resource.url && type === resource.type);
        if (!known) this.#add(resource);
      }
    });
  }

  #add(resource: Resource): void {
    if (!isWasm(resource) && resource.type !== 'document') return;
    this.#resources.push(resource);
    this.#changed();
  }
}

// DevTools lists a script under a `debugger:` name of its own as well while it has not placed it, and an attached map of a script without URL as
// `wasm://wasm/HASH:sourcemap`.
const isWasm = ({ type, url }: Resource): boolean =>
  !url.startsWith('debugger:') &&
  (type === 'wasm' ||
    (type === 'script' &&
      ((url.startsWith('wasm:') && !url.endsWith(':sourcemap')) || /^[^?#]*\.wasm(?:[?#]|$)/.test(url))));

const isScript = (resource: Resource): resource is WasmScriptResource =>
  resource.type === 'script' && isWasm(resource) && resource.attachSourceMapURL !== undefined;
