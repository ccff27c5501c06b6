import { isStandardLibrary } from '../../base/standard-library.ts';
import type { Symbolizer } from '../../symbols/symbolizer.ts';
import { writeMapOfLines, type WrittenMap } from './map-of-lines.ts';

export interface ModuleMapOptions {
  /** The name of the module's file. */
  readonly file: string;
  /** Text of a source file, by its name in the symbols; null where there is none. */
  readonly textOf?: (file: string) => string | null;
}

/**
 * The source map of a module for programs that read reports, such as error trackers: sources are named as the symbols name them, `names` has the
 * function, of inlined code the one that was inlined. Code whose line is not exactly known is mapped to nothing. `ignoreList` has the standard
 * library.
 */
export function writeModuleMap(
  symbols: Pick<Symbolizer, 'codeLines'>,
  { file, textOf = () => null }: ModuleMapOptions,
): WrittenMap {
  const steps = symbols.codeLines();
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return writeMapOfLines(step.value, { file, lines: 'exact', textOf, isIgnored: isStandardLibrary });
}
