import { PageRefusal, type RealmAddress, type RegistryClient } from './registry-client.ts';
import { readResponse } from './read-response.ts';
import { fileAccess } from './file-access.ts';
import { isSite, mayFetchFrom } from './site-access.ts';

/** Longest source text that is fetched, in bytes. */
const MAX_SOURCE = 4 << 20;
/** Longest script or source map that is fetched, in bytes. */
const MAX_TEXT = 256 << 20;
/** Largest file with debug information that is fetched, in bytes. */
const MAX_BYTES = 512 << 20;

/** Texts and other files that are fetched in the page, as the page; those of the page's own origin by the extension itself where that was granted. */
export class PageTexts {
  readonly #client: RegistryClient;
  readonly #registry: () => Promise<RealmAddress>;

  /** `registry`: that of the page itself. */
  constructor(client: RegistryClient, registry: () => Promise<RealmAddress>) {
    this.#client = client;
    this.#registry = registry;
  }

  /** Of the page's own origin, or a file of this machine where that was granted; null for another one, and where there is no such text. Rejects where the page does not answer. */
  async fetchOwn(url: string, pageOrigin: string | null): Promise<string | null> {
    if (url.startsWith('file:///')) return (await fileAccess()) === 'granted' ? readFile(url) : null;
    if (!isSite(pageOrigin) || !URL.canParse(url) || new URL(url).origin !== pageOrigin) return null;
    if (await mayFetchFrom(pageOrigin)) return fetchHere(url, pageOrigin).catch(() => null);
    const at = await this.#registry();
    const request = { url, limit: MAX_SOURCE, cache: 'default', sameOrigin: true } as const;
    try {
      return new TextDecoder().decode(await this.#client.fetch(at, request));
    } catch (error) {
      if (error instanceof PageRefusal) return null;
      throw error;
    }
  }

  /** Of any origin that the page may read. Rejects with the reason. */
  async fetchAny(url: string): Promise<string> {
    const at = await this.#registry();
    const request = { url, limit: MAX_TEXT, cache: 'force-cache', sameOrigin: false } as const;
    return new TextDecoder().decode(await this.#client.fetch(at, request));
  }

  /** Bytes of the page's own origin. Rejects with the reason. */
  async fetchOwnBytes(url: string): Promise<ArrayBuffer> {
    const at = await this.#registry();
    const request = { url, limit: MAX_BYTES, cache: 'default', sameOrigin: true } as const;
    return (await this.#client.fetch(at, request)).buffer;
  }
}

/** By the extension, with the permission for the origin: what is not there leaves nothing in the page's Console, and a page that is stopped does not matter. */
async function fetchHere(url: string, origin: string): Promise<string | null> {
  const response = await fetch(url, { credentials: 'include' });
  const isOwn = response.ok && new URL(response.url).origin === origin;
  if (isOwn) return new TextDecoder().decode(await readResponse(response, MAX_SOURCE));
  await response.body?.cancel();
  return null;
}

async function readFile(url: string): Promise<string | null> {
  try {
    return new TextDecoder().decode(await readResponse(await fetch(url), MAX_SOURCE));
  } catch {
    return null;
  }
}
