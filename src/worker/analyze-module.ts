import { buildIndex, chooseSymbols } from '../symbols/choose.ts';
import { reportOf } from '../symbols/inspect.ts';
import { Symbolizer } from '../symbols/symbolizer.ts';
import { readModule } from '../wasm/module.ts';
import type { AnalyzedModule } from './module-store.ts';

/** Reads a module: quick, nothing is indexed yet. Throws a FormatError for bytes that are no WebAssembly module. */
export function analyzeModule(bytes: Uint8Array, hash: string): AnalyzedModule {
  const symbols = chooseSymbols(readModule(bytes));
  return {
    hash,
    go: symbols.go,
    symbolizer: new Symbolizer(symbols.sources),
    report: () => reportOf(symbols),
    *index() {
      for (const { done, total } of buildIndex(symbols)) yield total === 0 ? 1 : done / total;
    },
  };
}
