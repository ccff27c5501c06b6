import { dataUrlText } from '../base/data-url.ts';
import { FormatError } from '../base/format-error.ts';
import { readModuleSourceMap } from '../sourcemap/read/source-map.ts';
import {
  buildIndex,
  chooseSymbols,
  needsSourceMap,
  withSourceMap,
  type ModuleSymbols,
} from '../symbols/choose.ts';
import { Symbolizer } from '../symbols/symbolizer.ts';
import { readModule } from '../wasm/module.ts';
import { addDebugFiles, fileBeside } from './debug-files.ts';
import type { CliIo } from './io.ts';
import { readModuleFile } from './module-file.ts';

export interface OpenModule {
  readonly symbols: ModuleSymbols;
  readonly symbolizer: Symbolizer;
  /** What was done about files that the module names, and why not. */
  readonly notes: readonly string[];
}

/**
 * Reads a module from a file and finds its symbols; nothing is indexed yet. A source map that it names is read from the file of that name beside it,
 * where nothing in the module tells as much; debug information in files of its own from those beside it.
 */
export async function openModule(path: string, io: CliIo): Promise<OpenModule> {
  const inside = chooseSymbols(readModule(await readModuleFile(path, io)));
  const { symbols, notes } = await addDebugFiles(inside, path, io);
  const { sourceMapUrl: url } = symbols;
  if (url === undefined || !needsSourceMap(symbols)) {
    return { symbols, symbolizer: new Symbolizer(symbols.sources), notes };
  }
  const { found, note } = await addSourceMap(symbols, url, path, io);
  return { symbols: found, symbolizer: new Symbolizer(found.sources), notes: [...notes, note] };
}

/** As `openModule`; what was done about files that the module names, and what is wrong with its symbols, goes to standard error. */
export async function openTold(path: string, io: CliIo): Promise<Omit<OpenModule, 'notes'>> {
  const { symbols, symbolizer, notes } = await openModule(path, io);
  for (const { message } of symbols.diagnostics) io.stderr(`gowasm: ${path}: ${message}\n`);
  for (const note of notes) io.stderr(`gowasm: ${path}: ${note}\n`);
  return { symbols, symbolizer };
}

async function addSourceMap(
  symbols: ModuleSymbols,
  url: string,
  modulePath: string,
  io: CliIo,
): Promise<{ found: ModuleSymbols; note: string }> {
  const isData = url.startsWith('data:');
  const file = fileBeside(modulePath, url);
  const named = isData ? 'a data: URL' : file;
  try {
    const text = dataUrlText(url) ?? new TextDecoder().decode(await io.readFile(file));
    const map = await readModuleSourceMap(text);
    return { found: withSourceMap(symbols, map), note: `source map: ${named}` };
  } catch (error) {
    const why =
      error instanceof FormatError ? error.message : isData ? 'it is damaged' : 'there is no such file';
    return { found: symbols, note: `The module names a source map, which was not read: ${named} (${why})` };
  }
}

/** Builds the full index, which says how many calls have an exact place. */
export function indexAll(symbols: ModuleSymbols): void {
  const steps = buildIndex(symbols);
  while (steps.next().done !== true);
}
