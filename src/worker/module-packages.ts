import { LanguagePackages } from './language-packages.ts';
import type { AnalyzedModule } from './module-store.ts';

const known = new WeakMap<AnalyzedModule, LanguagePackages>();

/** The packages of a module, with the texts that were found for it: the same for all who ask. `new`: without those that were found before. */
export function packagesOf(module: AnalyzedModule, which?: 'new'): LanguagePackages {
  const found = which === 'new' ? undefined : known.get(module);
  if (found !== undefined) return found;
  const runtime = (): ReturnType<typeof runtimeOf> => runtimeOf(module);
  const made = new LanguagePackages(runtime, module.symbolizer.files(), new Map());
  known.set(module, made);
  return made;
}

function runtimeOf({ runtime }: AnalyzedModule) {
  if ('value' in runtime) return runtime.value;
  throw new Error(`Variables cannot be found: ${runtime.why}.`);
}
