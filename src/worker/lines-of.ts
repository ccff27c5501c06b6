import type { CodeLines } from '../symbols/code-lines.ts';
import type { AnalyzedModule } from './module-store.ts';
import { nextTask } from '../base/next-task.ts';

/** Lines are read in steps of this length, so that other requests are answered in between. Milliseconds. */
const STEP_MS = 30;

/** The lines of a module's code, read once for each content. */
const known = new WeakMap<AnalyzedModule, Promise<CodeLines>>();

/** All code of a module by line. Rejects with a FormatError where it cannot be read. */
export function linesOf(module: AnalyzedModule): Promise<CodeLines> {
  const reading = known.get(module) ?? readLines(module);
  known.set(module, reading);
  return reading;
}

/** Resolves when a module's lines are not being read: what is less urgent waits for them. */
export async function linesAreRead(module: AnalyzedModule): Promise<void> {
  await known.get(module)?.catch(() => undefined);
}

async function readLines(module: AnalyzedModule): Promise<CodeLines> {
  const steps = module.symbolizer.codeLines();
  let stepStart = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - stepStart < STEP_MS) continue;
    await nextTask();
    stepStart = performance.now();
  }
}
