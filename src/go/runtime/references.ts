import { FormatError } from '../../base/format-error.ts';
import type { Address } from '../../base/units.ts';
import { gather } from '../../memory/need-pages.ts';
import type { Goroutine } from './goroutine.ts';
import type { Moment } from './moment.ts';

/** Bytes of one stack, from its innermost frame on, that are looked through. */
const MAX_STACK = 256 << 10;
/** Goroutines whose stacks are looked through. */
const MAX_GOROUTINES = 5000;

export interface References {
  /** By address: the goroutines on whose stacks it stands, in the order of the list. */
  readonly by: ReadonlyMap<Address, readonly Goroutine[]>;
  /** Null when all stacks were looked through; otherwise why not. */
  readonly missing: string | null;
}

/**
 * Looks for addresses as whole words in the stacks of all goroutines that do not run. Who has a lock has to know its address to unlock
 * it, and who is to send on a channel the channel's; but a word may also be left over from a call that is over. Throws only NeedPages.
 */
export function findReferences(moment: Moment, addresses: ReadonlySet<Address>): References {
  const by = new Map<Address, Goroutine[]>();
  const count = moment.goroutines.length;
  if (count > MAX_GOROUTINES) {
    return { by, missing: `Who could wake whom is not looked for among ${count} goroutines.` };
  }
  const low = new Map([...addresses].map((one) => [one % 0x100000000, one]));
  gather(moment.goroutines, (goroutine) => {
    const from = (goroutine.syscall ?? goroutine.scheduled)?.sp;
    const { lo, hi } = goroutine.stack;
    if (from === undefined || from < lo || from >= hi) return;
    const found = new Set<Address>();
    try {
      const bytes = moment.memory.bytes(from, Math.min(hi - from, MAX_STACK));
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let at = 0; at + 8 <= bytes.length; at += 8) {
        const value = view.getUint32(at, true);
        const one = value === 0 ? undefined : low.get(value);
        if (one !== undefined && view.getUint32(at + 4, true) === 0) found.add(one);
      }
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
    for (const one of found) {
      const list = by.get(one);
      if (list === undefined) by.set(one, [goroutine]);
      else list.push(goroutine);
    }
  });
  return { by, missing: null };
}
