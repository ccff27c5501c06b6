import { isGenerated } from '../base/generated-code.ts';
import { isStandardLibrary } from '../base/standard-library.ts';
import type { FileAccess } from './page-port.ts';
import type { Settings } from './state.ts';

/** Where a Go source file could be on the page's server. */
export interface SourceContext {
  readonly pageUrl: string;
  readonly moduleUrl: string | null;
  /** Module path of the main module, e.g. `example.com/app`; null when the build info does not say. */
  readonly mainModule: string | null;
  readonly roots: Settings['sourceRoots'];
  /** Whether roots with `file://` can be read. */
  readonly files: FileAccess;
}

/** A bound on requests to the page's server for one file. */
const MAX_CANDIDATES = 12;

/**
 * URLs to try for a Go source file, likeliest first: the person's own source roots, then the file's path below the main module
 * and its path suffixes, against the module's folder, the page's folder and the server's root. Standard-library files get only
 * the source roots: a page's server does not carry them. None for code that the compiler made. Never more than 12.
 */
export function sourceUrlCandidates(file: string, context: SourceContext): string[] {
  if (isGenerated(file)) return [];
  const candidates = new Set(rootUrls(file, context));
  const path = file.replaceAll('\\', '/').replace(/^[A-Za-z]:/, '');
  if (!isStandardLibrary(path)) {
    const bases = baseUrls(context);
    for (const suffix of pathSuffixes(path, context.mainModule)) {
      for (const base of bases) candidates.add(joinUrl(base, suffix, context.pageUrl));
    }
  }
  return [...candidates].filter((url) => url !== '').slice(0, MAX_CANDIDATES);
}

/** Why nothing can be read at the address of a source root, as a clause; null when it can, and while none is given. */
export function whyUnread(to: string, pageUrl: string, files: FileAccess): string | null {
  if (to === '' || !URL.canParse(pageUrl)) return null;
  const url = URL.parse(to, pageUrl);
  if (url === null) return 'this is no address';
  if (url.protocol === 'file:')
    return url.host === '' ? WHY_NO_FILES[files] : 'files of another machine are not read';
  return url.origin === new URL(pageUrl).origin
    ? null
    : `only the page's own server is asked for source, and ${url.origin} is another one`;
}

const WHY_NO_FILES: Readonly<Record<FileAccess, string | null>> = {
  granted: null,
  ask: 'it takes your permission to read files of this machine',
  off: 'Chrome lets this extension read no file:// address; switch on "Allow access to file URLs" for it in chrome://extensions, or add the folder itself instead',
};

/** URLs of a Go source file that the person's own source roots say: below the root, whatever the file is called. None of them is '', and none cannot be read. */
export function rootUrls(file: string, { roots, pageUrl, files }: SourceContext): string[] {
  const urls = roots
    .filter(({ from, to }) => to !== '' && file.startsWith(from) && whyUnread(to, pageUrl, files) === null)
    .map(({ from, to }) => {
      const url = joinUrl(to, file.slice(from.length), pageUrl);
      return url.startsWith(joinUrl(to, '', pageUrl)) ? url : '';
    });
  return [...new Set(urls)].filter((url) => url !== '');
}

function baseUrls(context: SourceContext): string[] {
  const bases: string[] = [];
  for (const url of [context.moduleUrl, context.pageUrl]) {
    if (url === null) continue;
    try {
      const parsed = new URL(url);
      if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') continue;
      bases.push(new URL('.', parsed).href, new URL('/', parsed).href, new URL('/src/', parsed).href);
    } catch {
      // A module made from bytes has no URL that a base can be taken from.
    }
  }
  return [...new Set(bases)];
}

function pathSuffixes(path: string, mainModule: string | null): string[] {
  if (mainModule !== null && path.startsWith(`${mainModule}/`))
    return [path.slice(mainModule.length + 1), path];
  if (!path.startsWith('/')) return [path];
  const parts = path.split('/').filter((part) => part !== '');
  return [3, 2, 1].filter((count) => count <= parts.length).map((count) => parts.slice(-count).join('/'));
}

function joinUrl(base: string, path: string, pageUrl: string): string {
  try {
    const folder = new URL(base.endsWith('/') ? base : `${base}/`, pageUrl);
    const encoded = path.replace(/^\/+/, '').split('/').map(encodeURIComponent).join('/');
    return new URL(encoded, folder).href;
  } catch {
    return '';
  }
}

/** Whether text can be that of a file and has the line; of other languages than Go no more is known than that a page is none. */
export function looksLikeSource(file: string, text: string, line: number): boolean {
  if (file.endsWith('.go')) return looksLikeGo(text, line);
  return !/^\s*</.test(text) && text.split('\n', line).length >= line;
}

/** Whether text can be Go source and has the line, so that a server's "not found" page is not shown as the file. */
export function looksLikeGo(text: string, line: number): boolean {
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0 && lines < line; at = text.indexOf('\n', at + 1)) lines++;
  return lines >= line && /^[ \t]*package[ \t]+[\p{L}_][\p{L}\p{Nd}_]*[ \t]*(?:\/[/*].*)?;?\r?$/mu.test(text);
}
