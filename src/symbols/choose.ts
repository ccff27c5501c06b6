import { FormatError } from '../base/format-error.ts';
import { Dwarf } from '../dwarf/dwarf.ts';
import { dwarfSections } from '../dwarf/sections.ts';
import type { SplitFile } from '../dwarf/split-file.ts';
import { readGoModule, type GoModule } from '../go/go-module.ts';
import type { ModuleSourceMap } from '../sourcemap/read/source-map.ts';
import { readTinyGo, type TinyGoBuild } from '../tinygo/recognise.ts';
import { customSection, sectionReader } from '../wasm/module.ts';
import type { WasmModule } from '../wasm/module.ts';
import { readNameSection } from '../wasm/name-section.ts';
import { readProducers, type Producer } from '../wasm/producers.ts';
import { SectionId } from '../wasm/sections.ts';
import { sourceMapUrl } from '../wasm/source-map-url.ts';
import { TINYGO_ADVICE } from './advice.ts';
import { DwarfSource } from './dwarf-source.ts';
import type { CallCounts, IndexProgress } from './line-index.ts';
import type { Toolchain } from './module-report.ts';
import { NamesSource } from './names-source.ts';
import { PclntabSource } from './pclntab-source.ts';
import { SourceMapSource } from './source-map-source.ts';
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
  /** The module's debug information; undefined without any. */
  readonly dwarf: DwarfSource | undefined;
  /** Where the module says that its source map is; undefined where it names none. */
  readonly sourceMapUrl: string | undefined;
  /** What a module of TinyGo says of its build; undefined for other toolchains. */
  readonly tinygo: TinyGoBuild | undefined;
  /** What could not be read, each naming section and offset. */
  readonly diagnostics: readonly FormatError[];
}

/**
 * Reads what symbols a module has: Go's pclntab, then DWARF, then the name section. Quick (nothing is indexed); never throws for a damaged
 * module, whose damage is in `diagnostics`. `debugInfo`: the file that `externalDebugInfo` names, whose DWARF counts where the module has none.
 */
export function chooseSymbols(wasm: WasmModule, debugInfo?: WasmModule): ModuleSymbols {
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
  const names = attempt(() => readNameSection(wasm));
  if (names) diagnostics.push(...names.diagnostics);
  const inside = new Dwarf(dwarfSections(wasm));
  const debug =
    inside.headers.length > 0 || debugInfo === undefined ? inside : new Dwarf(dwarfSections(debugInfo));
  const tinygo = readTinyGo(wasm, producers, dwarfProducer(debug), names);
  const go = tinygo ? undefined : attempt(() => readGoModule(wasm));
  if (go) diagnostics.push(...go.image.diagnostics);
  const saysGo = producers.some(({ field, name }) => field === 'language' && name === 'Go');
  if (saysGo && tinygo === undefined && go === undefined && diagnostics.length === 0) {
    const data = wasm.sections.find(({ id }) => id === SectionId.data);
    diagnostics.push(
      new FormatError(
        'Data section',
        data?.offset ?? wasm.bytes.length,
        'expected the header of a pclntab of a known Go version, as in every module of standard Go',
      ),
    );
  }
  const toolchain: Toolchain = tinygo !== undefined ? 'tinygo' : go !== undefined || saysGo ? 'go' : 'other';

  const sources: SymbolSource[] = [];
  const pclntab = go && new PclntabSource(go);
  if (pclntab) sources.push(pclntab);
  const dwarf = debug.headers.length > 0 ? new DwarfSource(wasm, debug, toolchain, names) : undefined;
  if (dwarf) sources.push(dwarf);
  if (names && names.functionCount > 0) sources.push(new NamesSource(wasm, names, toolchain));
  const mapUrl = attempt(() => sourceMapUrl(wasm));
  const why = reason(toolchain, sources);
  const found = { toolchain, producers, sources, why, go, pclntab, dwarf, tinygo };
  return { wasm, ...found, sourceMapUrl: mapUrl, diagnostics };
}

/** The symbols with those of the source map that the module names, which are asked after pclntab and DWARF. */
export function withSourceMap(symbols: ModuleSymbols, map: ModuleSourceMap): ModuleSymbols {
  const names = symbols.sources.find((source) => source instanceof NamesSource);
  const others = symbols.sources.filter((source) => source !== names && source.kind !== 'sourcemap');
  const sources = [...others, new SourceMapSource(symbols.wasm, map, names), ...(names ? [names] : [])];
  const diagnostics = map.damage === undefined ? symbols.diagnostics : [...symbols.diagnostics, map.damage];
  return { ...symbols, sources, diagnostics, why: reason(symbols.toolchain, sources) };
}

/** The symbols with what files of split DWARF add (`Dwarf.missingFiles`); those of another build add nothing. */
export function withSplitFiles(symbols: ModuleSymbols, files: readonly SplitFile[]): ModuleSymbols {
  const old = symbols.dwarf;
  if (old === undefined) return symbols;
  let added = 0;
  for (const file of files) added += old.dwarf.attach(file);
  if (added === 0) return symbols;
  const dwarf = old.renewed();
  return { ...symbols, dwarf, sources: symbols.sources.map((source) => (source === old ? dwarf : source)) };
}

/** Whether a source map would tell what nothing in the module tells. */
export const needsSourceMap = ({ sources, sourceMapUrl: url }: ModuleSymbols): boolean =>
  url !== undefined && sources.every(({ kind }) => kind === 'names');

/** What the first unit that says it calls its compiler; '' when none does. */
function dwarfProducer(dwarf: Dwarf): string {
  for (const header of dwarf.codeUnits().slice(0, 8)) {
    const producer = dwarf.unit(header)?.root.producer ?? '';
    if (producer !== '') return producer;
  }
  return '';
}

/** Where the debug information is, when it is in a file of its own (`external_debug_info`); '' without. */
export function externalDebugInfo(wasm: WasmModule): string {
  const section = customSection(wasm, 'external_debug_info');
  if (section === undefined) return '';
  try {
    return sectionReader(wasm.bytes, section).name('the URL of the debug information');
  } catch (error) {
    if (error instanceof FormatError) return '';
    throw error;
  }
}

/** Builds the full index of a module (call sites, lines, inline trees) in short steps; undefined where its symbols need none. */
export function* buildIndex(symbols: ModuleSymbols): Generator<IndexProgress, CallCounts | undefined> {
  if (symbols.dwarf) yield* symbols.dwarf.build();
  return symbols.pclntab && (yield* symbols.pclntab.lines.build());
}

function reason(toolchain: Toolchain, sources: readonly SymbolSource[]): string {
  const has = (kind: SymbolSource['kind']): boolean => sources.some((source) => source.kind === kind);
  if (has('pclntab'))
    return "Go's own tables (pclntab) name functions, files, lines and inlined calls; stripping leaves them in.";
  if (has('dwarf')) return 'Debug information (DWARF) names functions, files, lines and inlined calls.';
  if (sources.some((source) => source instanceof SourceMapSource && source.hasScopes))
    return 'The source map that the module names has files and lines, and names functions and inlined calls.';
  if (has('sourcemap'))
    return `The source map that the module names has files and lines; inlined calls are not in it. ${has('names') ? 'Functions are named by the name section.' : 'The module has no names of functions.'}`;
  const names = has('names')
    ? 'The name section names functions; files and lines are not known.'
    : 'The module has no names of functions.';
  switch (toolchain) {
    case 'go':
      return `Go's own tables (pclntab) could not be read. ${names}`;
    case 'tinygo':
      return `${names} ${TINYGO_ADVICE}`;
    case 'other':
      return `No Go toolchain made this module. ${names}`;
  }
}
