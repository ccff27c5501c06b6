import { funcIndex } from '../base/units.ts';
import type { Dwarf } from '../dwarf/dwarf.ts';
import type { VariableTrust } from '../dwarf/variable-trust.ts';
import type { Memory } from '../memory/memory.ts';
import { readDataImage } from '../wasm/image.ts';
import { NO_FUNCTION, tableFunctions } from '../wasm/module.ts';
import type { ModuleSymbols } from './choose.ts';
import type { Symbolizer } from './symbolizer.ts';

/** What values of a module with debug information are read by (`DwarfProgram` of src/values); undefined where it has none. */
export function dwarfModule(
  { dwarf, wasm }: ModuleSymbols,
  symbolizer: Symbolizer,
):
  | {
      readonly dwarf: Dwarf;
      readonly trust: VariableTrust;
      readonly data: Memory | undefined;
      readonly functionInTable: (place: number) => string;
    }
  | undefined {
  if (dwarf === undefined) return undefined;
  const table = tableFunctions(wasm);
  return {
    dwarf: dwarf.dwarf,
    trust: dwarf.trust,
    data: readDataImage(wasm),
    functionInTable: (place) => {
      const index = table[place];
      if (index === undefined || index === NO_FUNCTION) return '';
      return symbolizer.functionAt(funcIndex(index))?.name ?? '';
    },
  };
}
