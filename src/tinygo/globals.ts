import { address, type Address } from '../base/units.ts';
import type { Dwarf } from '../dwarf/dwarf.ts';
import { globalVariables, type VariablePiece } from '../dwarf/global-variables.ts';

/** Variables of TinyGo's runtime that its goroutines and its heap are found by (TinyGo src/runtime, src/internal/task, 0.33). */
const NAMES = [
  'internal/task.currentTask',
  'runtime.runqueue',
  'runtime.sleepQueue',
  'runtime.sleepQueueBaseTime',
  'runtime.timerQueue',
  'runtime.schedulerDone',
  'runtime.metadataStart',
  'runtime.endBlock',
  'runtime.gcTotalAlloc',
  'runtime.gcMallocs',
  'runtime.gcFrees',
] as const;

/** Bytes from its beginning that are taken to be of a variable, whose size is not looked at. */
const NEAR = 64;

export type TinyGoGlobal = (typeof NAMES)[number];

/** Where variables of the runtime are in memory, as the module's DWARF says. */
export class TinyGoGlobals {
  readonly #pieces: ReadonlyMap<string, readonly VariablePiece[]>;

  readonly #dwarf: Dwarf;
  #names: readonly (readonly [address: number, name: string])[] | undefined;

  constructor(dwarf: Dwarf) {
    this.#dwarf = dwarf;
    this.#pieces = globalVariables(dwarf, new Set<string>(NAMES));
  }

  /** The variable of any package that begins at an address or before it, as `main.cache` or `main.table+8`; null where none is near. */
  variableAt(at: number): string | null {
    this.#names ??= [...globalVariables(this.#dwarf, null)]
      .flatMap(([name, pieces]) => pieces.map((piece) => [piece.address, name] as const))
      .sort(([a], [b]) => a - b);
    let found: readonly [number, string] | undefined;
    for (const entry of this.#names) {
      if (entry[0] > at) break;
      found = entry;
    }
    if (found === undefined || at - found[0] >= NEAR) return null;
    return found[0] === at ? found[1] : `${found[1]}+${at - found[0]}`;
  }

  /** Where a variable, or its first field, is; undefined where the module does not say. */
  addressOf(name: TinyGoGlobal): Address | undefined {
    const first = this.#pieces.get(name)?.[0];
    return first === undefined ? undefined : address(first.address);
  }
}
