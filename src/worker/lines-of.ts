import type { CodeLines } from '../symbols/code-lines.ts';
import type { AnalyzedModule } from './module-store.ts';
import { inBackground } from './slices.ts';

/** The lines of a module's code, read once for each content. */
const known = new WeakMap<AnalyzedModule, Promise<CodeLines>>();

/** All code of a module by line. Rejects with a FormatError where it cannot be read. */
export function linesOf(module: AnalyzedModule): Promise<CodeLines> {
  const reading = known.get(module) ?? inBackground(module.symbolizer.codeLines());
  known.set(module, reading);
  return reading;
}

/** Resolves when a module's lines are not being read: what is less urgent waits for them. */
export async function linesAreRead(module: AnalyzedModule): Promise<void> {
  await known.get(module)?.catch(() => undefined);
}
