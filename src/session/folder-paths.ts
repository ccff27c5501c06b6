import { isStandardLibrary } from '../base/standard-library.ts';

/** Where a Go file's text comes from: Go's own tree, the module cache, or the program's own folder. */
export type FileKind = 'standard' | 'dependency' | 'main';

/** What kind of file a name in the symbols is. */
export function fileKind(file: string): FileKind {
  if (isStandardLibrary(file)) return 'standard';
  return /@v\d/.test(file) || file.includes('/pkg/mod/') ? 'dependency' : 'main';
}

/** Longest tail of a path that is looked for in a folder. */
const MAX_TAIL = 5;

/**
 * Paths below a granted folder at which a Go file may be, likeliest first, whichever folder it is: a GOROOT, a module cache, or that of the
 * program. `mainModule`: its path, as the build info has it; null where unknown.
 */
export function folderPaths(file: string, mainModule: string | null): string[] {
  const path = file.replaceAll('\\', '/').replace(/^[A-Za-z]:/, '');
  switch (fileKind(path)) {
    case 'standard': {
      const inSource = path.replace(/^.*?\/src\//, '');
      return [`src/${inSource}`, inSource, `libexec/src/${inSource}`];
    }
    case 'dependency': {
      const inCache = path.replace(/^.*\/pkg\/mod\//, '').replace(/^\/+/, '');
      const escaped = inCache.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
      const vendored = `vendor/${inCache.replace(/@[^/]*/, '')}`;
      return [...new Set([escaped, `pkg/mod/${escaped}`, `mod/${escaped}`, inCache, vendored])];
    }
    case 'main': {
      const inModule =
        mainModule !== null && path.startsWith(`${mainModule}/`) ? [path.slice(mainModule.length + 1)] : [];
      const parts = path.split('/').filter((part) => part !== '');
      const tails = [];
      for (let count = Math.min(parts.length, MAX_TAIL); count > 0; count--)
        tails.push(parts.slice(-count).join('/'));
      return [...new Set([...inModule, ...tails])];
    }
  }
}
