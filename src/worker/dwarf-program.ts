import { dwarfModule } from '../symbols/dwarf-module.ts';
import { DwarfProgram } from '../values/dwarf-program.ts';
import type { AnalyzedModule } from './module-store.ts';

const known = new WeakMap<AnalyzedModule, DwarfProgram>();

/** What the values of a module with debug information are read by, made once; undefined where it has none. */
export function dwarfProgram(module: AnalyzedModule): DwarfProgram | undefined {
  const made = known.get(module);
  if (made !== undefined) return made;
  const read = dwarfModule(module.symbols, module.symbolizer);
  if (read === undefined) return undefined;
  const program = new DwarfProgram(read);
  known.set(module, program);
  return program;
}
