import { buildIndex, chooseSymbols, type ModuleSymbols } from '../symbols/choose.ts';
import { reportOf } from '../symbols/inspect.ts';
import { Symbolizer } from '../symbols/symbolizer.ts';
import { readRuntime } from '../go/runtime/runtime.ts';
import { readModule } from '../wasm/module.ts';
import type { DeathModule } from './death.ts';
import type { AnalyzedModule } from './module-store.ts';

/** Reads a module: quick, nothing is indexed yet. Throws a FormatError for bytes that are no WebAssembly module. */
export function analyzeModule(bytes: Uint8Array, hash: string): AnalyzedModule {
  const symbols = chooseSymbols(readModule(bytes));
  let runtime: DeathModule['runtime'] | undefined;
  return {
    hash,
    get runtime() {
      return (runtime ??= runtimeOf(symbols));
    },
    symbolizer: new Symbolizer(symbols.sources),
    report: () => reportOf(symbols),
    *index() {
      for (const { done, total } of buildIndex(symbols)) yield total === 0 ? 1 : done / total;
    },
  };
}

function runtimeOf({ go, toolchain }: ModuleSymbols): DeathModule['runtime'] {
  if (go === undefined) {
    const why =
      toolchain === 'tinygo'
        ? "memory is read of standard Go only, and this module is TinyGo's"
        : 'the module is not one of standard Go';
    return { why };
  }
  try {
    return { value: readRuntime(go) };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}
