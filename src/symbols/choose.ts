import { FormatError } from '../base/format-error.ts';
import { readGoModule, type GoModule } from '../go/go-module.ts';
import type { WasmModule } from '../wasm/module.ts';
import { readNameSection } from '../wasm/name-section.ts';
import { readProducers, type Producer } from '../wasm/producers.ts';
import { SectionId } from '../wasm/sections.ts';
import type { CallCounts, IndexProgress } from './line-index.ts';
import type { Toolchain } from './module-report.ts';
import { NamesSource } from './names-source.ts';
import { PclntabSource } from './pclntab-source.ts';
import type { SymbolSource } from './symbol-source.ts';

/** Everything that a module says of itself, with the sources of symbols in the order in which they are to be asked. */
export interface ModuleSymbols {
  readonly wasm: WasmModule;
  readonly toolchain: Toolchain;
  readonly producers: readonly Producer[];
  /** Best first; the next one is asked where the one before knows nothing. */
  readonly sources: readonly SymbolSource[];
  /** Why these, in a sentence. */
  readonly why: string;
  /** The tables of standard Go; undefined for other toolchains and where they are damaged. */
  readonly go: GoModule | undefined;
  readonly pclntab: PclntabSource | undefined;
  /** What could not be read, each naming section and offset. */
  readonly diagnostics: readonly FormatError[];
}

/**
 * Reads what symbols a module has: Go's pclntab before the name section. Quick (nothing is indexed); never throws for a damaged
 * module, whose damage is in `diagnostics`.
 */
export function chooseSymbols(wasm: WasmModule): ModuleSymbols {
  const diagnostics: FormatError[] = [...wasm.diagnostics];
  const attempt = <Value>(read: () => Value): Value | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      diagnostics.push(error);
      return undefined;
    }
  };
  const producers = attempt(() => readProducers(wasm)) ?? [];
  const tinygo = producers.some(({ name }) => name === 'TinyGo');
  const go = tinygo ? undefined : attempt(() => readGoModule(wasm));
  if (go) diagnostics.push(...go.image.diagnostics);
  const saysGo = producers.some(({ field, name }) => field === 'language' && name === 'Go');
  if (saysGo && !tinygo && go === undefined && diagnostics.length === 0) {
    const data = wasm.sections.find(({ id }) => id === SectionId.data);
    diagnostics.push(
      new FormatError(
        'Data section',
        data?.offset ?? wasm.bytes.length,
        'expected the header of a pclntab of a known Go version, as in every module of standard Go',
      ),
    );
  }
  const toolchain: Toolchain = tinygo ? 'tinygo' : go !== undefined || saysGo ? 'go' : 'other';

  const sources: SymbolSource[] = [];
  const pclntab = go && new PclntabSource(go);
  if (pclntab) sources.push(pclntab);
  const names = attempt(() => readNameSection(wasm));
  if (names) {
    diagnostics.push(...names.diagnostics);
    if (names.functionCount > 0) sources.push(new NamesSource(wasm, names, toolchain));
  }
  const why = reason(toolchain, pclntab !== undefined, sources.length > 0);
  return { wasm, toolchain, producers, sources, why, go, pclntab, diagnostics };
}

/** Builds the full index of a module (call sites, lines, inline trees) in short steps; undefined where its symbols need none. */
export function* buildIndex(symbols: ModuleSymbols): Generator<IndexProgress, CallCounts | undefined> {
  return symbols.pclntab && (yield* symbols.pclntab.lines.build());
}

function reason(toolchain: Toolchain, pclntab: boolean, any: boolean): string {
  if (pclntab)
    return "Go's own tables (pclntab) name functions, files, lines and inlined calls; stripping leaves them in.";
  const names = any
    ? 'The name section names functions; files and lines are not known.'
    : 'The module has no names of functions.';
  switch (toolchain) {
    case 'go':
      return `Go's own tables (pclntab) could not be read. ${names}`;
    case 'tinygo':
      return `TinyGo writes no pclntab. ${names}`;
    case 'other':
      return `No Go toolchain made this module. ${names}`;
  }
}
