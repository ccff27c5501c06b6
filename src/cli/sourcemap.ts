import { isOfTinyGo, isStandardLibrary } from '../base/standard-library.ts';
import { SourceFolder } from './source-folder.ts';
import { writeModuleMap } from '../sourcemap/write/module-map.ts';
import { setSourceMapUrl } from '../wasm/source-map-url.ts';
import { InputError, type CliIo } from './io.ts';
import { openTold } from './open-module.ts';
import { symbolsAdvice } from '../symbols/advice.ts';
import { readModule } from '../wasm/module.ts';
import { readModuleFile } from './module-file.ts';
import { baseName, writeOutput } from './profile-file.ts';

/** Files that a note names. */
const NAMED = 3;

export interface SourceMapOptions {
  readonly modulePath: string;
  /** Null for standard output. */
  readonly outputPath: string | null;
  /** A folder with the main module's source, whose text goes into the map; null for none. */
  readonly sourcesPath: string | null;
  /** Write the module with this URL of its map instead of the map; null without --embed. */
  readonly embed: string | null;
}

/** gowasm sourcemap */
export async function sourcemap(options: SourceMapOptions, io: CliIo): Promise<number> {
  const { modulePath, outputPath, sourcesPath, embed } = options;
  if (embed !== null) {
    const module = readModule(await readModuleFile(modulePath, io));
    await writeOutput(outputPath, setSourceMapUrl(module, embed), io);
    return 0;
  }
  const { symbols, symbolizer } = await openTold(modulePath, io);
  const texts = sourcesPath === null ? null : new SourceFolder(io, sourcesPath, symbols.go);
  const known = new Map<string, string>();
  const without: string[] = [];
  for (const file of texts === null ? [] : symbolizer.files()) {
    const text = await texts?.textOf(file);
    if (text !== undefined) known.set(file, text);
    else without.push(file);
  }
  const map = writeModuleMap(symbolizer, {
    file: baseName(modulePath),
    textOf: (file) => known.get(file) ?? null,
  });
  if (map.mappings === 0) {
    const advice = symbolsAdvice(symbols);
    const why = `no line of its code is known, there is nothing to map${advice === null ? '' : `. ${advice}`}`;
    throw new InputError(`${modulePath}: ${why}`);
  }
  const parts = [`${map.mappings} mappings`, `${map.sources} sources`];
  if (texts !== null) parts.push(`text of ${map.texts}`);
  io.stderr(`gowasm: ${parts.join(', ')}\n`);
  if (sourcesPath !== null && without.length > 0) io.stderr(`gowasm: ${missingText(without, sourcesPath)}\n`);
  await writeOutput(outputPath, map.json, io);
  return 0;
}

/** Which files have no text, where it was looked for, and where it is. */
function missingText(files: readonly string[], folder: string): string {
  const shown = files.slice(0, NAMED).join(', ');
  const more = files.length > NAMED ? ` and ${files.length - NAMED} more` : '';
  const places = [
    files.some(isOfTinyGo) ? "TinyGo's own are in TINYGOROOT (tinygo env TINYGOROOT)" : '',
    files.some((file) => isStandardLibrary(file) && !isOfTinyGo(file))
      ? "Go's are in GOROOT (go env GOROOT)"
      : '',
  ].filter((place) => place !== '');
  return `not in ${folder}: ${shown}${more}${places.length === 0 ? '' : `; ${places.join(', ')}`}`;
}
