import { address, type Address } from '../base/units.ts';
import type { Dwarf } from '../dwarf/dwarf.ts';
import { globalVariables, type VariablePiece } from '../dwarf/global-variables.ts';

/** Variables of TinyGo's runtime that its goroutines and its heap are found by (TinyGo src/runtime, src/internal/task, 0.33). */
const NAMES = [
  'internal/task.currentTask',
  'runtime.runqueue',
  'runtime.sleepQueue',
  'runtime.schedulerDone',
  'runtime.metadataStart',
  'runtime.endBlock',
  'runtime.gcTotalAlloc',
  'runtime.gcMallocs',
  'runtime.gcFrees',
] as const;

export type TinyGoGlobal = (typeof NAMES)[number];

/** Where variables of the runtime are in memory, as the module's DWARF says. */
export class TinyGoGlobals {
  readonly #pieces: ReadonlyMap<string, readonly VariablePiece[]>;

  constructor(dwarf: Dwarf) {
    this.#pieces = globalVariables(dwarf, new Set<string>(NAMES));
  }

  /** Where a variable, or its first field, is; undefined where the module does not say. */
  addressOf(name: TinyGoGlobal): Address | undefined {
    const first = this.#pieces.get(name)?.[0];
    return first === undefined ? undefined : address(first.address);
  }
}
