const HEAD = /^data:([^,]*),/i;

/** The text of a data: URL (RFC 2397), read as UTF-8; undefined for other URLs. Throws a URIError or a DOMException for a damaged one. */
export function dataUrlText(url: string): string | undefined {
  return HEAD.test(url) ? new TextDecoder().decode(dataUrlBytes(url)) : undefined;
}

/** The bytes of a data: URL (RFC 2397). Throws a TypeError for other URLs, a URIError or a DOMException for a damaged one. */
export function dataUrlBytes(url: string): Uint8Array<ArrayBuffer> {
  const match = HEAD.exec(url);
  if (match === null) throw new TypeError('this is no data: URL');
  const body = decodeURIComponent(url.slice(match[0].length));
  if (!/;\s*base64\s*$/i.test(match[1] ?? '')) return new TextEncoder().encode(body);
  return Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
}
