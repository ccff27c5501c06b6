import type { Address } from '../../base/units.ts';
import { expectBytes, type Memory } from '../../memory/memory.ts';
import { NEWEST_KNOWN_MINOR } from '../versions.ts';
import type { Goroutine } from './goroutine.ts';
import { StackReader, type StackEvidence } from './goroutine-stack.ts';
import { listGoroutines, type GoroutineList } from './goroutines.ts';
import { recordLength } from './channel-layouts.ts';
import { readQueues, type ChannelQueues } from './queues.ts';
import type { GoRuntime } from './runtime.ts';
import { readSemaphores, type Semaphores } from './semaphores.ts';
import { readTimers, type Timer, type Timers } from './timers.ts';

/** What was seen of a moment outside the memory. */
export interface MomentEvidence extends StackEvidence {
  /** The runtime's clock in nanoseconds (on js `(performance.timeOrigin + performance.now()) * 1e6`); null where it is not known. */
  readonly now?: number | null;
}

/**
 * A program at one moment: its memory, and what was read of it as a whole. What several questions need is read once, when the first
 * asks. Every member throws only NeedPages; ask again when the pages are there.
 *
 *     const moment = new Moment(runtime, memory, { sp });
 *     for (const one of moment.goroutines) listWaits(moment, one);
 *     deadlockVerdict(moment, { ended: false });
 */
export class Moment {
  readonly runtime: GoRuntime;
  readonly memory: Memory;
  readonly now: number | null;
  readonly stacks: StackReader;
  readonly #list: GoroutineList;
  readonly #queues = new Map<Address, ChannelQueues>();
  #byAddress: ReadonlyMap<Address, Goroutine> | undefined;
  #semaphores: Semaphores | undefined;
  #timers: Timers | undefined;
  #timerOf: ReadonlyMap<Address, Timer> | undefined;

  constructor(runtime: GoRuntime, memory: Memory, evidence: MomentEvidence) {
    this.runtime = runtime;
    this.memory = memory;
    this.now = evidence.now ?? null;
    // First what needs little: where that is not at hand yet, the list would be read twice.
    this.stacks = new StackReader(runtime, memory, evidence);
    this.#list = listGoroutines(runtime, memory);
  }

  get goroutines(): readonly Goroutine[] {
    return this.#list.goroutines;
  }

  /** Why goroutines are missing, and what is not certain of all that is read here. */
  get notes(): readonly string[] {
    const { minor } = this.runtime.program;
    if (minor <= NEWEST_KNOWN_MINOR) return this.#list.notes;
    const note =
      `Go 1.${minor} is newer than 1.${NEWEST_KNOWN_MINOR}, the newest that this is known to hold for: goroutines and stacks are ` +
      'read as the module describes them, waits, labels and timers as if it were that version.';
    return [note, ...this.#list.notes];
  }

  /** The goroutine whose runtime.g is at `at`. */
  goroutineAt(at: Address): Goroutine | undefined {
    this.#byAddress ??= new Map(this.goroutines.map((one) => [one.address, one]));
    return this.#byAddress.get(at);
  }

  /** Whoever waits on a lock of package sync, by runtime.semtable. */
  get semaphores(): Semaphores {
    this.#semaphores ??= readSemaphores(this.runtime, this.memory);
    return this.#semaphores;
  }

  /** The timers that will fire. */
  get timers(): Timers {
    this.#timers ??= readTimers(this.runtime, this.memory);
    return this.#timers;
  }

  /** The timer that sends to the channel at `at`. */
  timerOf(at: Address): Timer | undefined {
    this.#timerOf ??= new Map(
      this.timers.timers.flatMap((one) => (one.kind === 'channel' ? [[one.target, one]] : [])),
    );
    return this.#timerOf.get(at);
  }

  /** Announces the records of all that wait, which stand anywhere in memory. */
  #expectRecords(): void {
    const { channels } = this.runtime;
    if (channels === undefined) return;
    const length = recordLength(channels);
    for (const { waiting } of this.goroutines) if (waiting !== 0) expectBytes(this.memory, waiting, length);
  }

  /** Who waits in the two queues of the channel at `at`. */
  queuesOf(at: Address): ChannelQueues {
    let queues = this.#queues.get(at);
    if (queues === undefined) {
      queues = readQueues(this.runtime, this.memory, at, () => this.#expectRecords());
      this.#queues.set(at, queues);
    }
    return queues;
  }
}
