import { FormatError } from '../../base/format-error.ts';
import { address, goPc } from '../../base/units.ts';
import { gather } from '../../memory/need-pages.ts';
import type { Goroutine } from './goroutine.ts';
import type { Moment } from './moment.ts';

/** Goroutines whose stacks have the same PCs. */
export interface StackGroup {
  /** Their number, and the first of them in the list; read its stack for the frames of all. */
  readonly count: number;
  readonly first: Goroutine;
}

export interface StackGroups {
  /** For each goroutine of the moment, in its order: the index of its group. */
  readonly of: Uint32Array;
  readonly groups: readonly StackGroup[];
}

/** Longer stacks are the same when they begin with the same so many frames. */
const MAX_FRAMES = 10_000;
/** Distinct PCs are numbered below this. */
const MAX_PCS = 1 << 20;

/**
 * Puts goroutines with the same stack together, by the PCs of all frames. Linear in the frames; makes no frame. The goroutine that runs
 * is alone. Throws only NeedPages.
 */
export function groupStacks(moment: Moment): StackGroups {
  const { goroutines, memory, stacks } = moment;
  const { program } = moment.runtime;
  // A tree of stacks, innermost first: (node, PC) -> node. PCs are numbered, so that both fit in one number.
  const tree = new Map<number, number>();
  const numbers = new Map<number, number>();
  let nodes = 0;
  const step = (node: number, pc: number): number => {
    let number = numbers.get(pc);
    if (number === undefined) {
      number = Math.min(numbers.size, MAX_PCS - 1);
      numbers.set(pc, number);
    }
    const key = node * MAX_PCS + number;
    let next = tree.get(key);
    if (next === undefined) {
      next = ++nodes;
      tree.set(key, next);
    }
    return next;
  };
  const running = stacks.running?.address;
  const leafOf = (goroutine: Goroutine): number => {
    const from = goroutine.syscall ?? goroutine.scheduled;
    if (goroutine.address === running || from === undefined) return ++nodes;
    const { hi, lo } = goroutine.stack;
    let { pc, sp } = from as { pc: number; sp: number };
    let node = 0;
    for (let i = 0; i < MAX_FRAMES; i++) {
      node = step(node, pc);
      const place = program.placeOf(goPc(pc));
      if (place === undefined || place.frameSize === 0 || sp < lo) break;
      const fp = sp + place.frameSize;
      if (fp > hi || place.code.topFrame || (place.code.spWrite && i > 0)) break;
      try {
        pc = memory.word(address(fp - 8));
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        break;
      }
      if (pc === 0) break;
      sp = fp;
    }
    return node;
  };
  const leaves = gather(goroutines, leafOf);
  const of = new Uint32Array(goroutines.length);
  const indexOf = new Map<number, number>();
  const groups: { count: number; first: Goroutine }[] = [];
  goroutines.forEach((first, i) => {
    const leaf = leaves[i] ?? 0;
    let index = indexOf.get(leaf);
    if (index === undefined) {
      index = groups.length;
      indexOf.set(leaf, index);
      groups.push({ count: 0, first });
    }
    const group = groups[index];
    if (group !== undefined) group.count++;
    of[i] = index;
  });
  return { of, groups };
}
