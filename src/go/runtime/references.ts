import type { Address } from '../../base/units.ts';
import { gather } from '../../memory/need-pages.ts';
import type { Goroutine } from './goroutine.ts';
import { livePointers } from './live-words.ts';
import type { Moment } from './moment.ts';

/** Frames of one stack, from the innermost on, that are looked through. */
const MAX_FRAMES = 500;
/** Goroutines whose stacks are looked through. */
const MAX_GOROUTINES = 5000;

export interface References {
  /** By address: the goroutines whose stacks hold it as a live pointer, in the order of the list. */
  readonly by: ReadonlyMap<Address, readonly Goroutine[]>;
  /** Null when all stacks were looked through; otherwise why not. */
  readonly missing: string | null;
}

/**
 * Looks for addresses among the live pointers of all goroutines that do not run, as the compiler's stack maps tell them. Who has a lock
 * has to know its address to unlock it, and who is to send on a channel the channel's; a pointer to a struct around it, or to a closure
 * in the heap, is not followed. Throws only NeedPages.
 */
export function findReferences(moment: Moment, addresses: ReadonlySet<Address>): References {
  const by = new Map<Address, Goroutine[]>();
  const count = moment.goroutines.length;
  if (count > MAX_GOROUTINES) {
    return { by, missing: `Who could wake whom is not looked for among ${count} goroutines.` };
  }
  const { runtime, memory, stacks } = moment;
  gather(moment.goroutines, (goroutine) => {
    if (goroutine.system || goroutine.address === stacks.running?.address) return;
    const live = livePointers(runtime, memory, stacks.inner(goroutine, MAX_FRAMES), goroutine.stack);
    for (const one of addresses) {
      if (!live.has(one)) continue;
      const list = by.get(one);
      if (list === undefined) by.set(one, [goroutine]);
      else list.push(goroutine);
    }
  });
  return { by, missing: null };
}
