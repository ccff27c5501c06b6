import { tokenize, type Token } from './tokens.ts';

/** An import of a file. */
export interface Import {
  /** What the file calls it, `.` and `_` as written; null where it leaves that to the package. */
  readonly name: string | null;
  readonly path: string;
}

/** What a file imports (The Go Programming Language Specification, "Import declarations"). Never throws. */
export const readImports = (source: string): Import[] => importsOf(tokenize(source.replace(/^\uFEFF/, '')));

/** The same of a file's tokens. */
export function importsOf(tokens: readonly Token[]): Import[] {
  const found: Import[] = [];
  let inGroup = false;
  for (const [at, { kind, text }] of tokens.entries()) {
    const before = tokens[at - 1];
    if (before?.text === 'import' && text === '(') inGroup = true;
    else if (text === ')') inGroup = false;
    // Behind the imports stand no others.
    else if (kind === 'name' && /^(func|var|const|type)$/.test(text)) break;
    else if (kind === 'string' && (inGroup || importsAt(before, tokens[at - 2]))) {
      const isNamed = before?.text === '.' || (before?.kind === 'name' && before.text !== 'import');
      found.push({ name: isNamed ? before.text : null, path: text.slice(1, -1) });
    }
  }
  return found;
}

const importsAt = (before: { text: string } | undefined, first: { text: string } | undefined): boolean =>
  before?.text === 'import' || first?.text === 'import';

/** The path of the package that a file calls so; undefined where it calls none so. A package that it does not name is called by its path's last part. */
export function pathOfName(source: string, name: string): string | undefined {
  return readImports(source).find((one) => (one.name ?? usualName(one.path)) === name)?.path;
}

/** What the package of a path is most likely called: its last part, but for a version. */
export const usualName = (path: string): string =>
  path
    .replace(/\/v\d+$/, '')
    .replace(/^.*\//, '')
    .replace(/\.v\d+$/, '');
