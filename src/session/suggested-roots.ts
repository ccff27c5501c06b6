import type { MappedFile } from '../protocol/source-map.ts';
import { fileKind } from './folder-paths.ts';
import type { SessionState, Settings, SourceMapState } from './state.ts';

/** A source root that is not in the settings, and why it could be. */
export interface SuggestedRoot {
  /** Path prefix in the symbols, and URL prefix; both end with `/`. */
  readonly from: string;
  readonly to: string;
  /** `found`: a file of it is there. `likely`: nothing of it was found yet. */
  readonly certainty: 'found' | 'likely';
}

/** What roots a module's paths suggest. */
export interface RootEvidence {
  readonly files: readonly Pick<MappedFile, 'file' | 'hasText'>[];
  /** Prefixes under which files were found on the page's server. */
  readonly found: readonly { readonly from: string; readonly to: string }[];
  readonly roots: Settings['sourceRoots'];
  readonly pageUrl: string;
}

/**
 * Source roots for the program's own files: those under which some were found, else the folder that all without text have in common, at
 * the folder of the page. None where the page has no http address, and none that the settings have.
 */
export function suggestRoots({ files, found, roots, pageUrl }: RootEvidence): readonly SuggestedRoot[] {
  const isCovered = (path: string): boolean => roots.some(({ from }) => from !== '' && path.startsWith(from));
  const certain = found
    .filter(
      ({ from }, i) => from !== '' && !isCovered(from) && found.findIndex((one) => one.from === from) === i,
    )
    .map(({ from, to }): SuggestedRoot => ({ from, to, certainty: 'found' }));
  const textless = files.filter(
    ({ file, hasText }) => !hasText && fileKind(file) === 'main' && file.endsWith('.go') && !isCovered(file),
  );
  if (certain.length > 0 || textless.length === 0 || !/^https?:/.test(pageUrl)) return certain;
  const from = commonFolder(textless.map(({ file }) => file));
  return from === '' ? [] : [{ from, to: new URL('.', pageUrl).href, certainty: 'likely' }];
}

/** The same for the modules whose maps are known. `found`: prefixes under which files were found on the page's server. */
export function suggestedRootsOf(
  { settings, pageUrl }: SessionState,
  maps: readonly SourceMapState[],
  found: RootEvidence['found'],
): readonly SuggestedRoot[] {
  const files = maps.filter(({ status }) => status !== 'building').flatMap((map) => map.files);
  return suggestRoots({ files, found, roots: settings.sourceRoots, pageUrl });
}

/** The folder that all paths are in, with its `/`; '' where they have none in common. */
function commonFolder([first = '', ...others]: readonly string[]): string {
  let folder = first.slice(0, first.lastIndexOf('/') + 1);
  for (const path of others) {
    // What is before the last `/` but one; of `/` and of `a/` nothing is left.
    while (!path.startsWith(folder)) folder = folder.slice(0, -1).replace(/[^/]*$/, '');
  }
  return folder === '/' ? '' : folder;
}
