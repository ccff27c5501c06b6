import { isStandardLibrary } from '../base/standard-library.ts';
import type { Settings } from './state.ts';

/** Where a Go source file could be on the page's server. */
export interface SourceContext {
  readonly pageUrl: string;
  readonly moduleUrl: string | null;
  /** Module path of the main module, e.g. `example.com/app`; null when the build info does not say. */
  readonly mainModule: string | null;
  readonly roots: Settings['sourceRoots'];
}

/** A bound on requests to the page's server for one file. */
const MAX_CANDIDATES = 12;

/**
 * URLs to try for a Go source file, likeliest first: the person's own source roots, then the file's path below the main module
 * and its path suffixes, against the module's folder, the page's folder and the server's root. Standard-library files get only
 * the source roots: a page's server does not carry them. Never more than 12.
 */
export function sourceUrlCandidates(file: string, context: SourceContext): string[] {
  const candidates = new Set<string>();
  for (const { from, to } of context.roots) {
    if (file.startsWith(from)) candidates.add(joinUrl(to, file.slice(from.length), context.pageUrl));
  }
  const path = file.replaceAll('\\', '/').replace(/^[A-Za-z]:/, '');
  if (!isStandardLibrary(path)) {
    const bases = baseUrls(context);
    for (const suffix of pathSuffixes(path, context.mainModule)) {
      for (const base of bases) candidates.add(joinUrl(base, suffix, context.pageUrl));
    }
  }
  candidates.delete('');
  return [...candidates].slice(0, MAX_CANDIDATES);
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

/** Whether text can be Go source and has the line, so that a server's "not found" page is not shown as the file. */
export function looksLikeGo(text: string, line: number): boolean {
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0 && lines < line; at = text.indexOf('\n', at + 1)) lines++;
  return lines >= line && /^[ \t]*package[ \t]+[\p{L}_][\p{L}\p{Nd}_]*[ \t]*(?:\/[/*].*)?;?\r?$/mu.test(text);
}
