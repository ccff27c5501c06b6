import { FormatError } from '../../base/format-error.ts';
import { address, type Address } from '../../base/units.ts';
import type { Memory } from '../../memory/memory.ts';
import type { GoRuntime } from './runtime.ts';

/** The records (runtime.sudog) that stand in a channel's queues, in the order in which they are served, with their goroutines. */
export interface ChannelQueues {
  readonly receivers: ReadonlyMap<Address, Address>;
  readonly senders: ReadonlyMap<Address, Address>;
  /** False when a queue does not end or leaves the memory. */
  readonly complete: boolean;
}

/** More goroutines than a program in a browser has. */
const MAX_QUEUE = 1 << 20;
/** From here on a queue is long. */
const LONG_QUEUE = 32;

/**
 * Reads hchan.recvq and sendq (Go src/runtime/chan.go, waitq) of the channel at `at`. Throws only NeedPages. `whenLong` is called on the way
 * through a long queue: what it announces to the memory (`expectBytes`) is fetched in one round with the next record.
 */
export function readQueues(
  { channels }: GoRuntime,
  memory: Memory,
  at: Address,
  whenLong: () => void = () => undefined,
): ChannelQueues {
  if (channels === undefined) return { receivers: new Map(), senders: new Map(), complete: false };
  const { hchan, waitq, sudog } = channels;
  let complete = true;
  const read = (queue: number): Map<Address, Address> => {
    const found = new Map<Address, Address>();
    try {
      let next = address(memory.word(address(at + queue + waitq.first)));
      while (next !== 0) {
        if (found.has(next) || found.size >= MAX_QUEUE) {
          complete = false;
          break;
        }
        if (found.size === LONG_QUEUE) whenLong();
        found.set(next, address(memory.word(address(next + sudog.g))));
        next = address(memory.word(address(next + sudog.next)));
      }
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      complete = false;
    }
    return found;
  };
  const receivers = read(hchan.recvq);
  const senders = read(hchan.sendq);
  return { receivers, senders, complete };
}
