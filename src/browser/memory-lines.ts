import browser from 'webextension-polyfill';
import { CARRIER_HAS_PORT, CARRIER_LISTENS, carry } from './carrier.ts';

/** Opening a line takes some 20 ms; a page that is busy answers later, and meanwhile the other way is taken. */
const OPEN_MS = 3000;
/** How long bytes may be on the way after the page has said that it sent them. */
const BYTES_MS = 3000;
/** A page in which lines break so often is left alone until it navigates. */
const MAX_FAILURES = 3;

/** One realm's way out for buffers. */
export interface MemoryLine {
  /** Has the page send bytes under an id (`ask`), and gives them; null where they do not come, however that fails. */
  send(ask: (id: number) => Promise<void>): Promise<Uint8Array<ArrayBuffer> | null>;
}

/**
 * Ways out of the page's realms for buffers: with access to the site a content script passes them on (carrier.ts), several times as fast as text through
 * inspectedWindow.eval. Where it fails, the caller takes the bytes as text.
 */
export class MemoryLines {
  readonly #tabId: number;
  readonly #allowed: () => boolean;
  readonly #lines = new Map<string, Promise<OpenLine | null>>();
  #failures = 0;

  /** `allowed`: whether there is access to the site, and the page is not stopped by a debugger: content scripts stand still then. */
  constructor(tabId: number, allowed: () => boolean) {
    this.#tabId = tabId;
    this.#allowed = allowed;
  }

  /** Closes all: the page is gone, or the access. */
  close(): void {
    for (const line of this.#lines.values()) void line.then((open) => open?.close());
    this.#lines.clear();
    this.#failures = 0;
  }

  /** The line of a realm, opened where there is none; null without access. `handOver` has the realm's hook hand its port over in an event. */
  async of(realm: string, handOver: (event: string) => Promise<void>): Promise<MemoryLine | null> {
    if (!this.#allowed() || this.#failures >= MAX_FAILURES) return null;
    const known = this.#lines.get(realm);
    if (known !== undefined) return known;
    // Where it fails it would fail again.
    const opening = this.#open(realm, handOver);
    this.#lines.set(realm, opening);
    return opening;
  }

  async #open(realm: string, handOver: (event: string) => Promise<void>): Promise<OpenLine | null> {
    const name = `go-wasm-devtools ${crypto.randomUUID()}`;
    try {
      await browser.scripting.executeScript({
        target: { tabId: this.#tabId, allFrames: true },
        func: carry,
        args: [name, CARRIER_LISTENS, CARRIER_HAS_PORT],
      });
      const line: OpenLine = new OpenLine(chrome.tabs.connect(this.#tabId, { name }), () => {
        const held = this.#lines.get(realm);
        if (held !== undefined)
          void held.then((open) => {
            if (open === line) this.#failed(realm, held);
          });
      });
      await line.said(CARRIER_LISTENS);
      await handOver(name);
      await line.said(CARRIER_HAS_PORT);
      return line;
    } catch {
      // No access to this very document (a page of the browser, an error page), or a realm that content scripts do not reach.
      return null;
    }
  }

  #failed(realm: string, line: Promise<OpenLine | null>): void {
    if (this.#lines.get(realm) !== line) return;
    this.#lines.delete(realm);
    this.#failures++;
  }
}

class OpenLine implements MemoryLine {
  readonly #port: chrome.runtime.Port;
  readonly #broken: () => void;
  readonly #expected = new Map<number, (bytes: Uint8Array<ArrayBuffer> | null) => void>();
  readonly #said = new Set<unknown>();
  readonly #waiting = new Map<string, () => void>();
  #next = 1;
  #closed = false;

  constructor(port: chrome.runtime.Port, broken: () => void) {
    this.#port = port;
    this.#broken = broken;
    port.onMessage.addListener((message: unknown) => this.#receive(message));
    port.onDisconnect.addListener(() => {
      if (this.#closed) return;
      this.#end();
      broken();
    });
  }

  /** Resolves once the content script has said this; rejects where it does not. */
  said(what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#said.has(what)) {
        resolve();
        return;
      }
      const patience = setTimeout(() => {
        this.close();
        reject(new Error('the content script does not answer'));
      }, OPEN_MS);
      this.#waiting.set(what, () => {
        clearTimeout(patience);
        resolve();
      });
    });
  }

  async send(ask: (id: number) => Promise<void>): Promise<Uint8Array<ArrayBuffer> | null> {
    if (this.#closed) return null;
    const id = this.#next++;
    const bytes = new Promise<Uint8Array<ArrayBuffer> | null>((resolve) => {
      this.#expected.set(id, resolve);
    });
    try {
      await ask(id);
    } catch {
      this.#expected.delete(id);
      return null;
    }
    return this.#inTime(bytes);
  }

  close(): void {
    if (this.#closed) return;
    this.#end();
    this.#port.disconnect();
  }

  async #inTime(bytes: Promise<Uint8Array<ArrayBuffer> | null>): Promise<Uint8Array<ArrayBuffer> | null> {
    let patience: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<null>((resolve) => {
      patience = setTimeout(() => {
        this.#giveUp();
        resolve(null);
      }, BYTES_MS);
    });
    const found = await Promise.race([bytes, late]);
    clearTimeout(patience);
    return found;
  }

  #receive(message: unknown): void {
    if (typeof message === 'string') {
      this.#said.add(message);
      this.#waiting.get(message)?.();
      this.#waiting.delete(message);
      return;
    }
    const { id, bytes } = (message ?? {}) as { id?: unknown; bytes?: unknown };
    if (typeof id !== 'number') return;
    const take = this.#expected.get(id);
    this.#expected.delete(id);
    if (bytes instanceof ArrayBuffer) take?.(new Uint8Array(bytes));
    else {
      // A Chrome that knows no messages by structured clone makes JSON of them, and nothing of a buffer.
      take?.(null);
      this.#giveUp();
    }
  }

  #giveUp(): void {
    this.close();
    this.#broken();
  }

  #end(): void {
    this.#closed = true;
    for (const take of this.#expected.values()) take(null);
    this.#expected.clear();
  }
}
