import { isStandardLibrary } from '../base/standard-library.ts';
import type { Profile } from '../profile/profile.ts';

/** Files that are looked for; a page's server is asked for each. */
const MAX_FILES = 40;

/** Go files of a profile that are not the standard library's, each with the last line that it is known to have; those that stand in most stacks first. */
export function sourceFiles({
  strings,
  functions,
  locations,
  samples,
}: Profile): { file: string; line: number }[] {
  const uses = new Uint32Array(locations.count);
  for (const location of samples.stack) uses[location] = (uses[location] ?? 0) + 1;
  const files = new Map<string, { file: string; line: number; uses: number }>();
  for (let location = 0; location < locations.count; location++) {
    const end = locations.lineStart[location + 1] ?? 0;
    for (let at = locations.lineStart[location] ?? 0; at < end; at++) {
      const row = locations.lineFunction[at] ?? 0;
      const file = strings[functions.file[row] ?? 0] ?? '';
      if (!file.endsWith('.go') || /^[a-z-]+:\/\//.test(file) || isStandardLibrary(file)) continue;
      const known = files.get(file) ?? { file, line: 1, uses: 0 };
      known.line = Math.max(known.line, locations.lineNumber[at] ?? 0, functions.startLine[row] ?? 0);
      known.uses += uses[location] ?? 0;
      files.set(file, known);
    }
  }
  return [...files.values()]
    .sort((a, b) => b.uses - a.uses)
    .slice(0, MAX_FILES)
    .map(({ file, line }) => ({ file, line }));
}
