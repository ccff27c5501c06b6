import type { FuncIndex } from '../base/units.ts';
import {
  findBuildInfoText,
  parseBuildInfo,
  readBuildId,
  type BuildInfo,
  type GoModuleVersion,
} from '../go/build-info.ts';
import { packageOfName } from '../go/names.ts';
import { describeTinyGo } from '../tinygo/recognise.ts';
import { tinyGoSettings } from '../tinygo/settings.ts';
import { packageOfTinyGo } from '../tinygo/names.ts';
import { readModule, type WasmModule } from '../wasm/module.ts';
import { symbolsAdvice } from './advice.ts';
import { buildIndex, chooseSymbols, externalDebugInfo, type ModuleSymbols } from './choose.ts';
import type { GoDependency, ModuleReport, PackageSize } from './module-report.ts';

/** Functions listed for each package. */
const LARGEST = 50;
/** Damage that is told one by one. */
const MAX_DIAGNOSTICS = 50;
/** The package of functions of which no symbol says one. */
const NO_PACKAGE = '(no package)';
const NO_NAME = '(unknown)';

/**
 * What static analysis says of a module. Builds the full index, as the report tells how many calls are exact; give what `chooseSymbols`
 * found to keep it. Throws a FormatError only for bytes that are no WebAssembly module at all.
 */
export function inspectModule(module: Uint8Array | WasmModule): ModuleReport {
  const symbols = chooseSymbols(module instanceof Uint8Array ? readModule(module) : module);
  const steps = buildIndex(symbols);
  while (steps.next().done !== true);
  return reportOf(symbols);
}

/** The report as far as it is known: the share of exact calls is in it once the index is built. */
export function reportOf(symbols: ModuleSymbols): ModuleReport {
  const { wasm, go, pclntab } = symbols;
  const build = go && buildInfoOf(go.image);
  const main = build?.main ?? null;
  const diagnostics = [
    ...symbols.diagnostics,
    ...(pclntab?.lines.diagnostics ?? []),
    ...(symbols.dwarf?.dwarf.diagnostics ?? []),
  ].map(({ message }) => message);
  const distinct = [...new Set(diagnostics)];
  const more = distinct.length - MAX_DIAGNOSTICS;
  return {
    toolchain: symbols.toolchain,
    goVersion: go?.version.text ?? statedGoVersion(symbols),
    producers: symbols.producers,
    module: {
      path: build?.path ?? null,
      main: main?.path ?? null,
      mainVersion: main === null || main.version === '' ? null : main.version,
      deps: build?.deps.map(dependencyOf) ?? [],
    },
    settings:
      symbols.tinygo === undefined
        ? (build?.settings ?? [])
        : tinyGoSettings(symbols.tinygo, symbols.dwarf?.dwarf),
    buildId: readBuildId(wasm),
    functionCount: wasm.functionCount,
    byteLength: wasm.bytes.length,
    symbols: symbols.sources.map((source) => source.quality()),
    sections: wasm.sections.map(({ name, offset, size }) => ({ name, offset, bytes: size })),
    packages: packagesOf(symbols),
    diagnostics: more > 0 ? [...distinct.slice(0, MAX_DIAGNOSTICS), `and ${more} more`] : distinct,
    notes: notesOf(symbols),
  };
}

function buildInfoOf(image: Parameters<typeof findBuildInfoText>[0]): BuildInfo | undefined {
  const text = findBuildInfoText(image);
  return text === undefined ? undefined : parseBuildInfo(text);
}

/** For a module whose tables cannot be read, or of TinyGo: what the producers section says of the language. */
function statedGoVersion({ producers, toolchain }: ModuleSymbols): string | null {
  if (toolchain === 'other') return null;
  const language = producers.find(({ field, name }) => field === 'language' && name === 'Go')?.version;
  if (language === undefined || language === '') return null;
  return language.startsWith('go') ? language : `go${language}`;
}

function dependencyOf(dep: GoModuleVersion): GoDependency {
  const { replace } = dep;
  return {
    path: dep.path,
    version: dep.version,
    sum: dep.sum === '' ? null : dep.sum,
    replacedBy: replace === null ? null : `${replace.path} ${replace.version}`.trim(),
  };
}

/** Code bytes by package, largest first. */
function packagesOf({ wasm, sources, toolchain }: ModuleSymbols): PackageSize[] {
  const packageOf = toolchain === 'tinygo' ? packageOfTinyGo : packageOfName;
  const packages = new Map<string, { bytes: number; functions: { name: string; bytes: number }[] }>();
  for (let i = 0; i < wasm.functionCount; i++) {
    const index = (wasm.importedFunctionCount + i) as FuncIndex;
    const bytes = wasm.bodySize[i] ?? 0;
    let name: string | undefined;
    for (const source of sources) {
      name = source.functionAt(index)?.name;
      if (name !== undefined) break;
    }
    const path = name === undefined ? NO_NAME : packageOf(name) || NO_PACKAGE;
    let sum = packages.get(path);
    if (sum === undefined) packages.set(path, (sum = { bytes: 0, functions: [] }));
    sum.bytes += bytes;
    sum.functions.push({ name: name ?? `wasm-function[${index}]`, bytes });
  }
  return [...packages]
    .map(([path, { bytes, functions }]) => ({
      path,
      bytes,
      functions: functions.length,
      largest: functions.sort((a, b) => b.bytes - a.bytes).slice(0, LARGEST),
    }))
    .sort((a, b) => b.bytes - a.bytes);
}

function notesOf(symbols: ModuleSymbols): string[] {
  const { wasm, go, pclntab, dwarf, tinygo } = symbols;
  const notes = [...(go?.notes ?? [])];
  if (go?.callSites.rewritten === true) {
    const survived = pclntab?.lines.calls;
    const calls = survived ? `; ${survived.exact.toLocaleString('en-US')} call PCs survived` : '';
    notes.push(`wasm-opt: the code was rewritten after linking${calls}`);
  }
  if (tinygo !== undefined) notes.push(describeTinyGo(tinygo));
  const external = externalDebugInfo(wasm);
  const advice = external === '' ? symbolsAdvice(symbols) : null;
  if (advice !== null) notes.push(advice);
  const health = dwarf?.trust.health();
  if (health !== undefined && (health.lost > 0 || health.stale > 0)) {
    const share = Math.round((100 * health.lost) / Math.max(1, health.places));
    notes.push(
      `wasm-opt: ${share} % of the places of variables are lost, and in ${health.stale} of ${health.functions} functions locals have other numbers than the debug information says: variables are shown only where the code proves them`,
    );
  }
  if (external !== '' && dwarf === undefined)
    notes.push(`The debug information is in a file of its own, which was not read: ${external}`);
  return notes;
}
