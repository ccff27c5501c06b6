import { decodeBase64 } from './hook-answer.ts';

type Entry = Pick<chrome.devtools.network.Request, 'request' | 'response' | 'getContent'>;

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

/** Bytes of the newest successful response for a URL; null when the log has none. */
export async function loggedBytes(url: string): Promise<Uint8Array<ArrayBuffer> | null> {
  const entry = await newest(url);
  if (entry === null) return null;
  return new Promise((resolve) => {
    entry.getContent((content, encoding) => {
      const text = content as string | null;
      resolve(encoding === 'base64' && text !== null && text !== '' ? decodeBase64(text) : null);
    });
  });
}

/** The Content-Security-Policy headers of the newest response for a URL; null when the log has none. */
export async function loggedPolicies(url: string): Promise<readonly string[] | null> {
  const entry = await newest(url);
  if (entry === null) return null;
  return entry.response.headers
    .filter((header) => header.name.toLowerCase() === 'content-security-policy')
    .map((header) => header.value);
}
