import { readModuleSourceMap } from '../sourcemap/read/source-map.ts';
import {
  buildIndex,
  chooseSymbols,
  needsSourceMap,
  withSourceMap,
  type ModuleSymbols,
} from '../symbols/choose.ts';
import { reportOf } from '../symbols/inspect.ts';
import { Symbolizer } from '../symbols/symbolizer.ts';
import { VariableUsers } from '../go/runtime/heap/variable-users.ts';
import { FormatError } from '../base/format-error.ts';
import { TinyGoRuntime } from '../tinygo/tasks.ts';
import { readRuntime } from '../go/runtime/runtime.ts';
import { readModule } from '../wasm/module.ts';
import { DebugFiles } from './debug-files.ts';
import type { DeathModule } from './death.ts';
import type { AnalyzedModule } from './module-store.ts';

const WITHOUT_DWARF =
  'the module has no DWARF, which says where its goroutines and its heap are: build it without -no-debug, and keep its custom sections';

/** Reads a module: quick, nothing is indexed yet. Throws a FormatError for bytes that are no WebAssembly module. */
export function analyzeModule(bytes: Uint8Array, hash: string): AnalyzedModule {
  let symbols = chooseSymbols(readModule(bytes));
  let symbolizer = new Symbolizer(symbols.sources);
  let runtime: DeathModule['runtime'] | undefined;
  const debugFiles = new DebugFiles(symbols);
  let sourceMapNote: string | undefined;
  let variables: VariableUsers | undefined;
  let tinygo: AnalyzedModule['tinygo'] | undefined;
  return {
    hash,
    get runtime() {
      return (runtime ??= runtimeOf(symbols));
    },
    get tinygo() {
      return (tinygo ??= tinyGoOf(symbols));
    },
    get symbols() {
      return symbols;
    },
    get variables() {
      const known = (runtime ??= runtimeOf(symbols));
      return 'value' in known ? (variables ??= new VariableUsers(known.value)) : undefined;
    },
    get symbolizer() {
      return symbolizer;
    },
    get sourceMapUrl() {
      return needsSourceMap(symbols) ? (symbols.sourceMapUrl ?? null) : null;
    },
    async addSourceMap(map) {
      sourceMapNote = 'why' in map ? map.why : undefined;
      if ('why' in map) return;
      symbols = withSourceMap(symbols, await readModuleSourceMap(map.text));
      symbolizer = new Symbolizer(symbols.sources);
    },
    debugFiles: () => debugFiles.list(symbols),
    addDebugFile(content, from) {
      const found = debugFiles.add(symbols, content, from);
      if (typeof found === 'string') return found;
      symbols = found;
      symbolizer = new Symbolizer(symbols.sources);
      // What was worked out without it.
      runtime = tinygo = variables = undefined;
      return null;
    },
    report() {
      const report = reportOf(symbols);
      return sourceMapNote === undefined ? report : { ...report, notes: [...report.notes, sourceMapNote] };
    },
    *index() {
      for (const { done, total } of buildIndex(symbols)) yield total === 0 ? 1 : done / total;
    },
  };
}

function tinyGoOf({ toolchain, wasm, dwarf, tinygo }: ModuleSymbols): AnalyzedModule['tinygo'] {
  if (toolchain !== 'tinygo') return null;
  if (dwarf === undefined) return { why: WITHOUT_DWARF };
  try {
    return { value: { runtime: new TinyGoRuntime(wasm, dwarf.dwarf), version: tinygo?.version ?? null } };
  } catch (error) {
    return { why: error instanceof FormatError ? error.message : String(error) };
  }
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
