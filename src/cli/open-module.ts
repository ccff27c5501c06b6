import { buildIndex, chooseSymbols, type ModuleSymbols } from '../symbols/choose.ts';
import { Symbolizer } from '../symbols/symbolizer.ts';
import { readModule } from '../wasm/module.ts';
import type { CliIo } from './io.ts';
import { readModuleFile } from './module-file.ts';

export interface OpenModule {
  readonly symbols: ModuleSymbols;
  readonly symbolizer: Symbolizer;
}

/** Reads a module from a file and finds its symbols; nothing is indexed yet. */
export async function openModule(path: string, io: CliIo): Promise<OpenModule> {
  const symbols = chooseSymbols(readModule(await readModuleFile(path, io)));
  return { symbols, symbolizer: new Symbolizer(symbols.sources) };
}

/** Builds the full index, which says how many calls have an exact place. */
export function indexAll(symbols: ModuleSymbols): void {
  const steps = buildIndex(symbols);
  while (steps.next().done !== true);
}
