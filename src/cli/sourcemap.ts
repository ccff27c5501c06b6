import { SourceFolder } from './source-folder.ts';
import { writeModuleMap } from '../sourcemap/write/module-map.ts';
import { setSourceMapUrl } from '../wasm/source-map-url.ts';
import { InputError, type CliIo } from './io.ts';
import { chooseSymbols } from '../symbols/choose.ts';
import { Symbolizer } from '../symbols/symbolizer.ts';
import { readModule } from '../wasm/module.ts';
import { readModuleFile } from './module-file.ts';
import { baseName, writeOutput } from './profile-file.ts';

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
  const bytes = await readModuleFile(modulePath, io);
  const module = readModule(bytes);
  if (embed !== null) {
    await writeOutput(outputPath, setSourceMapUrl(module, embed), io);
    return 0;
  }
  const symbols = chooseSymbols(module);
  for (const { message } of symbols.diagnostics) io.stderr(`gowasm: ${modulePath}: ${message}\n`);
  const symbolizer = new Symbolizer(symbols.sources);
  const texts = sourcesPath === null ? null : new SourceFolder(io, sourcesPath, symbols.go);
  const known = new Map<string, string>();
  for (const file of texts === null ? [] : symbolizer.files()) {
    const text = await texts?.textOf(file);
    if (text !== undefined) known.set(file, text);
  }
  const map = writeModuleMap(symbolizer, {
    file: baseName(modulePath),
    textOf: (file) => known.get(file) ?? null,
  });
  if (map.mappings === 0) {
    throw new InputError(`${modulePath}: no line of its code is known, there is nothing to map`);
  }
  const parts = [`${map.mappings} mappings`, `${map.sources} sources`];
  if (texts !== null) parts.push(`text of ${map.texts}`);
  io.stderr(`gowasm: ${parts.join(', ')}\n`);
  await writeOutput(outputPath, new TextEncoder().encode(map.json), io);
  return 0;
}
