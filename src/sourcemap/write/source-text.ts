import { NONE, type CodeLines } from '../../symbols/code-lines.ts';

/** What of a module's symbols a text of a file has to agree with. */
export interface FileFacts {
  /** The highest line that code is known of. */
  readonly lastLine: number;
  /** Functions of the file by line; `declared`: that of their declaration, not of their first code. */
  readonly functions: readonly { readonly name: string; readonly line: number; readonly declared: boolean }[];
}

/** The facts of every file, by its index in `files`. */
export function factsOfFiles({ files, functions }: CodeLines): FileFacts[] {
  const facts = files.map(() => ({
    lastLine: 0,
    functions: [] as { name: string; line: number; declared: boolean }[],
  }));
  for (let fn = 0; fn < functions.count; fn++) {
    const file = facts[functions.file[fn] ?? NONE];
    if (file === undefined) continue;
    file.lastLine = Math.max(file.lastLine, functions.lastLine[fn] ?? 0);
    const declared = functions.declaredLine[fn] ?? 0;
    const line = declared || (functions.firstLine[fn] ?? 0);
    if (line > 0) file.functions.push({ name: functions.names[fn] ?? '', line, declared: declared > 0 });
  }
  for (const file of facts) file.functions.sort((a, b) => a.line - b.line || a.name.length - b.name.length);
  return facts;
}

/** Why a text cannot be the file that the module was built from; null where nothing speaks against it. */
export function mismatch(text: string, { lastLine, functions }: FileFacts): string | null {
  const lines = text.split('\n');
  if (lines.length < lastLine) {
    return `the module has code of line ${String(lastLine)}, and the text has ${String(lines.length)} lines`;
  }
  for (const { name, line, declared } of functions) {
    const identifier = declared ? declaredName(name) : null;
    if (identifier === null) continue;
    const at = lines[line - 1] ?? '';
    if (!declares(at, identifier)) return `function ${name} is not at line ${String(line)}`;
  }
  return null;
}

/** The identifier behind `func` of a function that a file declares; null for closures, wrappers and what the compiler made. */
function declaredName(name: string): string | null {
  // `example.com/app/pkg.(*T[...]).Method`, `main.f`; closures have more parts.
  const local = name.slice(name.lastIndexOf('/') + 1).replaceAll('[...]', '');
  const [, identifier] =
    /^[^.]+\.(?:\(\*[\p{L}_][\p{L}\p{Nd}_]*\)\.|[\p{Lu}\p{Ll}_][\p{L}\p{Nd}_]*\.(?=[\p{L}_][\p{L}\p{Nd}_]*$))?([\p{L}_][\p{L}\p{Nd}_]*)$/u.exec(
      local,
    ) ?? [];
  if (identifier === undefined || identifier === 'init') return null;
  // `main.f.func1`, `main.f.gowrap2`: what stands before the dot is a function, not a type.
  return /^(?:func|gowrap|deferwrap)\d+$/.test(identifier) ? null : identifier;
}

const declares = (line: string, name: string): boolean => {
  const [, found] = /^\s*func\b\s*(?:\([^()]*\)\s*)?([\p{L}_][\p{L}\p{Nd}_]*)/u.exec(line) ?? [];
  return found === name;
};

/**
 * A text to show instead of one that is missing: it says why, names at its line each function that the file declares, and is as long as the
 * code needs, so that breakpoints can be set and frames lead to their function.
 */
export function skeleton(why: readonly string[], { lastLine, functions }: FileFacts): string {
  const lines: string[] = new Array<string>(Math.max(lastLine, why.length)).fill('');
  for (const { name, line } of functions) {
    if (line > lines.length) continue;
    const before = lines[line - 1] ?? '';
    lines[line - 1] = before === '' ? `func ${name} …` : `${before}  func ${name} …`;
  }
  why.forEach((sentence, i) => {
    const after = lines[i] ?? '';
    lines[i] = `// ${sentence}${after === '' ? '' : `  ${after}`}`;
  });
  return lines.join('\n');
}
