/** `Resource` of the DevTools API, with what Chrome adds to the declared type. */
interface Resource extends chrome.devtools.inspectedWindow.Resource {
  /** `script`, `wasm`, `document`, ... (DevTools' own name of the resource type). */
  readonly type?: string;
  readonly attachSourceMapURL?: (url: string) => Promise<void>;
}

/** What DevTools lists about the page: its wasm scripts and its documents. A wasm script has type `script`; its download, a second resource, `wasm`. */
export class PageResources {
  #resources: Resource[] = [];
  /** Source maps (data: URLs) that were attached, by script URL: DevTools drops them after a Performance recording. */
  #maps = new Map<string, string>();
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
    this.#maps.clear();
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

  /** Attaches a source map to the wasm scripts with this URL; false when DevTools lists none. */
  async attachSourceMap(url: string, mapJson: string): Promise<boolean> {
    const scripts = this.#resources.filter((resource) => resource.url === url && resource.type === 'script');
    const [newest] = scripts.slice(-1);
    if (newest?.attachSourceMapURL === undefined) return false;
    const dataUrl = `data:application/json;base64,${base64OfText(mapJson)}`;
    this.#maps.set(url, dataUrl);
    await newest.attachSourceMapURL(dataUrl);
    return true;
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
    const wasm = isWasm(resource);
    if (!wasm && resource.type !== 'document') return;
    this.#resources.push(resource);
    const map = this.#maps.get(resource.url);
    if (map !== undefined && resource.type === 'script') {
      void resource.attachSourceMapURL?.(map);
    }
    this.#changed();
  }
}

// DevTools lists a script under a `debugger:` name of its own as well while it has not placed it.
const isWasm = ({ type, url }: Resource): boolean =>
  !url.startsWith('debugger:') &&
  (type === 'wasm' ||
    (type === 'script' && (url.startsWith('wasm:') || /^[^?#]*\.wasm(?:[?#]|$)/.test(url))));

function base64OfText(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const native = (bytes as { toBase64?: () => string }).toBase64;
  if (native !== undefined) return native.call(bytes);
  const piece = 0x6000;
  let base64 = '';
  for (let at = 0; at < bytes.length; at += piece) {
    base64 += btoa(String.fromCharCode(...bytes.subarray(at, at + piece)));
  }
  return base64;
}
