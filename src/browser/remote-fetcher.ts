import browser from 'webextension-polyfill';
import type {
  RemoteAccess,
  RemoteAnswer,
  RemoteControl,
  RemoteFetcher,
  RemoteRequest,
} from '../session/remote-fetch.ts';
import { fetchInPage } from './page-fetch.ts';
import { readResponse } from './read-response.ts';

/** Bytes of an answer; no profile is larger. */
const MAX_BYTES = 256 << 20;

export interface RemoteFetcherHost {
  /** Origin of the inspected page; null when there is none. */
  readonly pageOrigin: () => string | null;
  /** `chrome.permissions` of the page in which the user clicks: Chrome wants that page's user gesture. */
  readonly permissions: () => typeof chrome.permissions;
}

/**
 * Fetches profiles: from the page's own origin in the page's context, without any permission; from any other with the permission for that one
 * origin. Cookies are the browser's; headers are used once.
 */
export function createRemoteFetcher({ pageOrigin, permissions }: RemoteFetcherHost): RemoteFetcher {
  const access = async (url: URL): Promise<RemoteAccess> => {
    if (url.origin === pageOrigin()) return 'page';
    return (await browser.permissions.contains(originOf(url))) ? 'granted' : 'ask';
  };
  return {
    access,
    ask: (url) => permissions().request(originOf(url)),
    fetch: async (request, control) => {
      switch (await access(new URL(request.url))) {
        case 'page':
          return fetchInPage(request, MAX_BYTES, control);
        case 'granted':
          return fetchHere(request, control);
        case 'ask':
          throw new Error(`there is no permission to ask ${new URL(request.url).origin}`);
      }
    },
  };
}

const originOf = ({ origin }: URL): { origins: string[] } => ({ origins: [`${origin}/*`] });

async function fetchHere(
  { url, headers }: RemoteRequest,
  { signal, received }: RemoteControl,
): Promise<RemoteAnswer> {
  const response = await fetch(url, {
    headers: headers.map(([name, value]): [string, string] => [name, value]),
    ...{ signal, credentials: 'include', cache: 'no-store' },
  });
  const bytes = await readResponse(response, MAX_BYTES, received);
  const contentType = response.headers.get('content-type') ?? '';
  return { status: response.status, contentType, bytes: bytes.buffer };
}
