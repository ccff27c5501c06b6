import { nextTask } from '../base/next-task.ts';
import { decodeBase64 } from './hook-answer.ts';

type Entry = Pick<chrome.devtools.network.Request, 'request' | 'response' | 'getContent' | 'startedDateTime'>;

/** What DevTools' network log has of a response (of one that has not come, the status is 0 and headers are missing). DevTools keeps a log from the moment it opens, and drops large bodies after a while. */
function newest(url: string): Promise<Entry | null> {
  return new Promise((resolve) => {
    chrome.devtools.network.getHAR((log) => {
      const entries = log.entries as unknown as Entry[];
      const found = entries.filter(
        ({ request, response }) => request.url === url && response.status >= 200 && response.status < 400,
      );
      resolve(found.at(-1) ?? null);
    });
  });
}

/**
 * What tells the content of the newest successful response for a URL from that of others: what the server says of it (ETag, Last-Modified), else when
 * it was asked for. Null when the log has none.
 */
export async function newestDownload(url: string): Promise<string | null> {
  const entry = await newest(url);
  if (entry === null) return null;
  const said = (name: string): string | undefined =>
    entry.response.headers.find((header) => header.name.toLowerCase() === name)?.value;
  return said('etag') ?? said('last-modified') ?? entry.startedDateTime;
}

/** The URL of the one download that brought `length` bytes; null where there is none, or more than one URL. */
export function downloadOfLength(lengths: readonly number[]): Promise<string | null> {
  return new Promise((resolve) => {
    chrome.devtools.network.getHAR((log) => {
      const entries = log.entries as unknown as Entry[];
      const urls = new Set<string>();
      for (const { request, response } of entries) {
        const { status, content } = response;
        if (status >= 200 && status < 400 && lengths.includes(content.size)) urls.add(request.url);
      }
      const [url] = urls;
      resolve(urls.size === 1 && url !== undefined ? url : null);
    });
  });
}

/** Bytes of the newest successful response for a URL; null when the log has none. */
export async function loggedBytes(url: string): Promise<Uint8Array<ArrayBuffer> | null> {
  const entry = await newest(url);
  if (entry === null) return null;
  const text = await new Promise<string | null>((resolve) => {
    entry.getContent((content, encoding) => {
      resolve(encoding === 'base64' ? content : null);
    });
  });
  return text === null || text === '' ? null : decodeInPieces(text);
}

/** Base64 digits that are decoded in one task: a few milliseconds of work. A multiple of four. */
const PIECE = 4 << 20;

/** Bytes of a base64 text; null when it is none. The thread that draws the panel does other things in between. */
async function decodeInPieces(base64: string): Promise<Uint8Array<ArrayBuffer> | null> {
  const padding = /={0,2}$/.exec(base64.slice(-2))?.[0].length ?? 0;
  const bytes = new Uint8Array(Math.floor(((base64.length - padding) / 4) * 3));
  let length = 0;
  for (let at = 0; at < base64.length; at += PIECE) {
    // The task in which the text came has taken its time already.
    await nextTask();
    const piece = decodeBase64(base64.slice(at, at + PIECE));
    if (piece === null) return null;
    bytes.set(piece, length);
    length += piece.length;
  }
  return length === bytes.length ? bytes : bytes.slice(0, length);
}

/** The Content-Security-Policy headers of the newest response for a URL; null when the log has none. */
export async function loggedPolicies(url: string): Promise<readonly string[] | null> {
  const entry = await newest(url);
  if (entry === null) return null;
  return entry.response.headers
    .filter((header) => header.name.toLowerCase() === 'content-security-policy')
    .map((header) => header.value);
}
