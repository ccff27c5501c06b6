import { FormatError } from '../../base/format-error.ts';
import { address, type Address } from '../../base/units.ts';
import { expectBytes, type Memory } from '../../memory/memory.ts';
import { gather } from '../../memory/need-pages.ts';
import { isAlive, readGoroutine, type Goroutine } from './goroutine.ts';
import type { GoRuntime } from './runtime.ts';

/** All goroutines of a program, without their stacks. Plain data. */
export interface GoroutineList {
  /** In the order of runtime.allgs, as Go prints them: those that are not dead. */
  readonly goroutines: readonly Goroutine[];
  /** Sentences: what could not be read and why. */
  readonly notes: readonly string[];
}

/** More goroutines than a program in a browser has. */
const MAX_GOROUTINES = 1 << 20;
/** After so many that cannot be read the rest is given up. */
const MAX_DAMAGED = 1000;
/** So many of them are told one by one. */
const MAX_TOLD = 5;

/**
 * Reads the descriptor of every goroutine (runtime.allgs, Go src/runtime/proc.go). Linear in their number; throws only NeedPages,
 * whatever the memory holds.
 */
export function listGoroutines(runtime: GoRuntime, memory: Memory): GoroutineList {
  const notes: string[] = [];
  const pointers = pointersOf(runtime, memory, notes);
  let damaged = 0;
  const read = (at: Address): Goroutine | undefined => {
    if (damaged > MAX_DAMAGED) return undefined;
    try {
      return readGoroutine(runtime, memory, at);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      if (++damaged <= MAX_TOLD) notes.push(`A goroutine is left out: ${error.message}.`);
      return undefined;
    }
  };
  const goroutines = gather(pointers, read).filter((one) => one !== undefined);
  if (damaged > MAX_DAMAGED) {
    notes.push(`More than ${MAX_DAMAGED} goroutines cannot be read; the rest was given up.`);
  } else if (damaged > MAX_TOLD) notes.push(`${damaged} goroutines were left out in all.`);
  return { goroutines: goroutines.filter(isAlive), notes };
}

/** The addresses in runtime.allgs, each once. */
function pointersOf(runtime: GoRuntime, memory: Memory, notes: string[]): Address[] {
  const { allgs } = runtime.globals;
  if (allgs.address === undefined) {
    const why = allgs.confidence.kind === 'exact' ? '' : `: ${allgs.confidence.why}`;
    notes.push(`runtime.allgs, the list of goroutines, was not found${why}.`);
    return [];
  }
  try {
    const array = address(memory.word(allgs.address));
    const count = memory.word(address(allgs.address + 8));
    if (count > MAX_GOROUTINES) {
      notes.push(`runtime.allgs has ${count} goroutines, which no program has: it is damaged.`);
      return [];
    }
    if (count === 0) notes.push('runtime.allgs is empty: the program has not started yet.');
    expectBytes(memory, array, count * 8);
    const pointers = new Set<Address>();
    for (let i = 0; i < count; i++) pointers.add(address(memory.word(address(array + i * 8))));
    if (pointers.size < count) {
      notes.push(`runtime.allgs names ${count - pointers.size} of ${count} goroutines twice: it is damaged.`);
    }
    return [...pointers];
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    notes.push(`runtime.allgs, the list of goroutines, cannot be read: ${error.message}.`);
    return [];
  }
}
