import { FormatError } from '../../base/format-error.ts';
import { address, type Address } from '../../base/units.ts';
import type { Memory } from '../../memory/memory.ts';
import { traceableAt, type ChannelLayouts } from './channel-layouts.ts';
import type { Goroutine } from './goroutine.ts';
import { readQueues, type ChannelQueues } from './queues.ts';
import type { GoRuntime } from './runtime.ts';

/** A channel of the program (runtime.hchan). */
export interface Channel {
  readonly address: Address;
  /** As Go prints it: `main.message`; null where the type cannot be read. */
  readonly elementType: string | null;
  /** Values in its buffer, and how many it takes. */
  readonly length: number;
  readonly capacity: number;
  readonly closed: boolean;
}

/** One thing that a goroutine waits on. */
export interface Wait {
  /** Of its runtime.sudog. */
  readonly sudog: Address;
  /** Null for a wait on a lock or a sync.Cond, which has a sudog here since Go 1.27. */
  readonly channel: Channel | null;
  /**
   * By what it waits for, and in a select by the queue of the channel in which the goroutine stands; null where it stands in none, and
   * without a channel.
   */
  readonly direction: 'send' | 'receive' | null;
  /** It is one case of a select. */
  readonly select: boolean;
  /**
   * With a channel, where the value goes or comes from; 0 for none. Without one, what it waits on: the semaphore inside a sync.Mutex,
   * RWMutex or WaitGroup, or the list of a sync.Cond.
   */
  readonly element: Address;
}

export interface Waits {
  /** In a select, in the order of the addresses of its channels. */
  readonly waits: readonly Wait[];
  /** Sentences: what could not be read and why. */
  readonly notes: readonly string[];
}

/** Go has at most so many cases in a select. */
const MAX_CASES = 65_536;

/**
 * What a goroutine waits on, as far as memory proves it: the list of runtime.sudog from g.waiting (Go src/runtime/chan.go, select.go and
 * sema.go, 1.19 to 1.27). Empty for those that wait on a nil channel, sleep or have nothing to wait on. `queuesOf`: who waits on the
 * channel at an address, so that each is read once for many goroutines. Throws only NeedPages.
 */
export function readWaits(
  runtime: GoRuntime,
  memory: Memory,
  goroutine: Goroutine,
  queuesOf = (channel: Address): ChannelQueues => readQueues(runtime, memory, channel),
): Waits {
  const notes: string[] = [];
  const waits: Wait[] = [];
  const { channels } = runtime;
  if (goroutine.waiting === 0 || goroutine.waitReason === null) return { waits, notes };
  if (channels === undefined) {
    notes.push(`runtime.sudog is not described, and no table has Go 1.${runtime.program.minor}.`);
    return { waits, notes };
  }
  const seen = new Set<Address>();
  try {
    for (let at = goroutine.waiting; at !== 0;) {
      if (seen.has(at) || seen.size >= MAX_CASES) {
        notes.push('The list of what the goroutine waits on does not end.');
        break;
      }
      seen.add(at);
      const word = (offset: number): Address => address(memory.word(address(at + offset)));
      const { sudog } = channels;
      if (word(sudog.g) !== goroutine.address) {
        notes.push(`The record at 0x${at.toString(16)} is not of this goroutine.`);
        break;
      }
      const channel = word(traceableAt(channels, 'c'));
      const known = directionByReason(goroutine.waitReason);
      waits.push({
        sudog: at,
        channel: channel === 0 ? null : readChannel(runtime, memory, channels, channel),
        direction: channel === 0 ? null : (known ?? directionOf(queuesOf(channel), at)),
        select: memory.u8(address(at + sudog.isSelect)) !== 0,
        element: word(traceableAt(channels, 'elem')),
      });
      // Without a channel there is one record, and the link leads to others that wait for the same lock (sema.go, semaRoot.queue).
      if (channel === 0) break;
      at = word(sudog.waitlink);
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    notes.push(`What the goroutine waits on cannot be read: ${error.message}.`);
  }
  return { waits, notes };
}

/** The channel whose runtime.hchan is at `at`; throws a FormatError when that is outside the memory. */
export function readChannel(
  runtime: GoRuntime,
  memory: Memory,
  { hchan }: ChannelLayouts,
  at: Address,
): Channel {
  const word = (offset: number): number => memory.word(address(at + offset));
  return {
    address: at,
    elementType: typeName(runtime, address(word(hchan.elemtype))),
    length: word(hchan.qcount),
    capacity: word(hchan.dataqsiz),
    closed: memory.u32(address(at + hchan.closed)) !== 0,
  };
}

function typeName(runtime: GoRuntime, at: Address): string | null {
  try {
    return runtime.types.typeAt(at).name;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return null;
  }
}

/** What chansend and chanrecv park with, which stand in one queue each (Go src/runtime/chan.go, waitReasonChanSend, waitReasonChanReceive). */
function directionByReason(reason: string): Wait['direction'] {
  if (reason.startsWith('chan receive')) return 'receive';
  return reason.startsWith('chan send') ? 'send' : null;
}

function directionOf({ receivers, senders }: ChannelQueues, record: Address): Wait['direction'] {
  if (receivers.has(record)) return 'receive';
  return senders.has(record) ? 'send' : null;
}
