import { isStandardLibrary } from '../base/standard-library.ts';
import type { FuncIndex } from '../base/units.ts';
import type { VariableAccesses } from '../go/runtime/variable-accesses.ts';
import type { Handlers } from '../protocol/endpoint.ts';
import type { ConcludedVariable, VariableQuestion, VariableRequests } from '../protocol/variables.ts';
import { packageOf } from '../values/frame-arguments.ts';
import type { LanguagePackages } from './language-packages.ts';
import { packagesOf } from './module-packages.ts';
import type { AnalyzedModule, ModuleStore } from './module-store.ts';
import { directoryOf } from './package-listings.ts';

// Names of package variables for views of memory, as far as source and code say them.

/** Packages that are looked at for one address or name. */
const MAX_PACKAGES = 4;
/** Files whose texts are wanted at once. */
const MAX_FILES = 300;
/** Variables that one text leads to. */
const MAX_NAMED = 50;

/** Answers questions about variables by their addresses. */
export function variableHandlers(store: ModuleStore): Handlers<VariableRequests> {
  const get = (moduleKey: string): LanguagePackages | undefined => packagesIn(store.get(moduleKey));
  return {
    'variable.wanted': async ({ moduleKey, of }) => {
      const packages = get(moduleKey);
      if (packages === undefined) return { texts: [], unlisted: [] };
      await packages.prepared();
      const directories = [...directoriesOf(packages, of).keys()];
      // No server has those of the standard library: they come from a folder, with its directory.
      const texts = packages.withoutText(directories).filter((file) => !isStandardLibrary(file));
      return { texts: texts.slice(0, MAX_FILES), unlisted: packages.unlistedOf(directories) };
    },
    'variable.texts': ({ moduleKey, texts }) => {
      const packages = get(moduleKey);
      for (const [file, text] of texts) packages?.texts.set(file, text);
      packages?.forget();
      return null;
    },
    'variable.listed': ({ moduleKey, ...directory }) => get(moduleKey)?.begin(directory) ?? [],
    'variable.beside': ({ moduleKey, ...found }) => {
      get(moduleKey)?.take(found);
      return null;
    },
    'variable.conclude': async ({ moduleKey, name }) => {
      const packages = get(moduleKey);
      await packages?.prepared();
      if (packages === undefined) return null;
      for (const directory of directoriesOf(packages, { name }).keys()) await packages.variablesIn(directory);
      return null;
    },
    'variable.at': async ({ moduleKey, address }) => {
      const packages = get(moduleKey);
      if (packages === undefined) return null;
      await packages.prepared();
      const found: ConcludedVariable[] = [];
      for (const [directory, path] of directoriesOf(packages, { address })) {
        for (const one of concluded(path, await packages.variablesIn(directory)))
          if (address >= one.start && address < one.start + one.size) found.push(one);
      }
      const [only, ...others] = found;
      return others.length === 0 ? (only ?? null) : null;
    },
  };
}

/** Variables that are concluded already and whose name has a text in it. */
export function concludedNamed(module: AnalyzedModule, text: string): readonly ConcludedVariable[] {
  const packages = packagesIn(module);
  if (packages?.code === undefined) return [];
  const lower = text.toLowerCase();
  const found: ConcludedVariable[] = [];
  for (const [directory, path] of pathsOf(packages)) {
    for (const one of concluded(path, packages.known.get(directory) ?? new Map())) {
      if (found.length < MAX_NAMED && one.name.toLowerCase().includes(lower)) found.push(one);
    }
  }
  return found;
}

function packagesIn(module: AnalyzedModule): LanguagePackages | undefined {
  return 'value' in module.runtime ? packagesOf(module) : undefined;
}

function concluded(path: string, variables: Awaited<ReturnType<LanguagePackages['variablesIn']>>) {
  return [...variables].flatMap(([name, place]): ConcludedVariable[] =>
    'address' in place
      ? [{ name: `${path}.${name}`, type: place.type.name, start: place.address, size: place.type.size }]
      : [],
  );
}

/** Directories of the packages that a question is about, and their paths: those whose code uses an address, or the one of a name. */
function directoriesOf(packages: LanguagePackages, of: VariableQuestion): ReadonlyMap<string, string> {
  if ('address' in of) return directoriesUsing(packages, of.address);
  const named = /^((?:.*\/)?[^/.]+)\./.exec(of.name)?.[1];
  if (named === undefined) return new Map();
  const all = [...pathsOf(packages)].filter(([, path]) => path === named || path.endsWith(`/${named}`));
  return new Map(all.length > MAX_PACKAGES ? [] : all);
}

/** The functions that use the last word at or before an address tell of which packages its variable may be: those with most of them. */
function directoriesUsing(packages: LanguagePackages, at: number): ReadonlyMap<string, string> {
  const { code } = packages;
  const used = code?.before(at);
  if (code === undefined || used === undefined) return new Map();
  const counts = new Map<string, number>();
  for (const { funcIndex } of code.within(used, used + 1)) {
    const directory = directoryOfFunction(code, funcIndex);
    if (directory !== undefined) counts.set(directory, (counts.get(directory) ?? 0) + 1);
  }
  const most = [...counts].sort(([, a], [, b]) => b - a).slice(0, MAX_PACKAGES);
  const all = pathsOf(packages);
  return new Map(most.map(([directory]) => [directory, all.get(directory) ?? '']));
}

const paths = new WeakMap<LanguagePackages, ReadonlyMap<string, string>>();

/** Directories and the paths of the packages that most of their functions are of: `//go:linkname` gives some the name of another. */
function pathsOf(packages: LanguagePackages): ReadonlyMap<string, string> {
  const { code } = packages;
  const known = paths.get(packages);
  if (known !== undefined || code === undefined) return known ?? new Map();
  const counts = new Map<string, Map<string, number>>();
  for (const index of code.byFunction.keys()) {
    const directory = directoryOfFunction(code, index);
    if (directory === undefined) continue;
    const path = packageOf(code.program.functionOf(index)?.name ?? '');
    const all = counts.get(directory) ?? new Map<string, number>();
    counts.set(directory, all.set(path, (all.get(path) ?? 0) + 1));
  }
  const found = new Map<string, string>();
  for (const [directory, all] of counts) {
    const [most] = [...all].sort(([, a], [, b]) => b - a);
    if (most !== undefined) found.set(directory, most[0]);
  }
  paths.set(packages, found);
  return found;
}

/** The directory of the Go file that a function is of; undefined where none is known. */
function directoryOfFunction(code: VariableAccesses, index: FuncIndex): string | undefined {
  const own = code.program.functionOf(index);
  const file = own?.framesAt(own.entry).at(-1)?.file ?? '';
  return file.endsWith('.go') ? directoryOf(file) : undefined;
}
