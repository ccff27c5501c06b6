import type { Address } from '../base/units.ts';
import { recordLength } from '../go/runtime/channel-layouts.ts';
import { deadlockVerdict } from '../go/runtime/deadlock.ts';
import type { KnownPlace } from '../go/runtime/frames.ts';
import { readGoroutine, type Goroutine } from '../go/runtime/goroutine.ts';
import type { GoroutineStack } from '../go/runtime/goroutine-stack.ts';
import { readLabels } from '../go/runtime/labels.ts';
import { Moment } from '../go/runtime/moment.ts';
import type { GoRuntime } from '../go/runtime/runtime.ts';
import { waitObject } from '../go/runtime/wait-object.ts';
import { listWaits, type WaitTarget } from '../go/runtime/wait-target.ts';
import type { AddressRange, Memory } from '../memory/memory.ts';
import { gather } from '../memory/need-pages.ts';
import { CancelledError } from '../protocol/endpoint.ts';
import type { QueryItem } from '../protocol/goroutine-query.ts';
import type { DeadlockVerdict, GoroutineRow, WaitObject } from '../protocol/goroutines.ts';
import type { SnapshotMemory } from './goroutines-memory.ts';
import { StackTable, type SharedStack } from './goroutines-stacks.ts';
import { goroutineKey, toVerdict, toWaitObject, waitKey, waitsOnText } from './goroutines-waits.ts';
import { nextTask } from '../base/next-task.ts';

/** A goroutine of a snapshot. */
export interface Entry {
  readonly goroutine: Goroutine;
  /** The goroutine's, or what says it better. */
  readonly state: string;
  /** Null until it is read. */
  stack: SharedStack | null;
  targets: readonly WaitTarget[];
  labels: readonly (readonly [string, string])[];
  /** As queries see it now; null when something of it was read since. */
  item: QueryItem | null;
}

export interface SnapshotMoment {
  /** getsp() at that moment; null where it is not known. */
  readonly sp: Address | null;
  /** The runtime's clock, nanoseconds; null where it is not known. */
  readonly now: number | null;
  /** The program had ended. */
  readonly ended: boolean;
  /** The engine's stack, innermost first, symbolized, where the program was stopped. */
  readonly places?: readonly KnownPlace[];
}

/** One step of the background work. Milliseconds. */
const STEP_MS = 20;
/** Stacks that are fetched together: goroutines, and bytes. */
const MAX_CHUNK = 500;
const MAX_CHUNK_BYTES = 1 << 20;
/** Of a deep stack so much is fetched with the others; the rest comes when the walk asks for it. */
const MAX_STACK_AHEAD = 64 << 10;
/** Of so many goroutines all stacks are at hand while the verdict looks through them. */
const MAX_JUDGED = 5000;
/** Waits that are noted longer ago have another clock. Nanoseconds. */
const MAX_WAIT = 365 * 24 * 3600 * 1e9;

/** What Go has no word for: the goroutine that waits for the page while nothing runs. */
export const EVENT_HANDLER = 'event handler';

/** All goroutines of a program at one moment. Stacks and what they wait on are read when they are asked for, or by `ensure`. */
export class GoroutineSnapshot {
  readonly runtime: GoRuntime;
  readonly memory: SnapshotMemory;
  readonly at: SnapshotMoment;
  readonly entries: readonly Entry[];
  readonly listNotes: readonly string[];
  /** Counts what was read: an answer that was made at another count may be old. */
  version = 0;
  readonly #moment: Moment;
  readonly #stacks: StackTable;
  readonly #byKey: ReadonlyMap<string, Entry>;
  #read = 0;
  #verdict: DeadlockVerdict | null = null;
  /** What is near is of one reader at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    memory: SnapshotMemory,
    moment: Moment,
    at: SnapshotMoment,
    isOwn: (name: string) => boolean,
  ) {
    const { stacks } = moment;
    const handler = stacks.idle ? stacks.running?.address : undefined;
    this.runtime = moment.runtime;
    this.memory = memory;
    this.at = at;
    this.#moment = moment;
    this.entries = moment.goroutines.map((goroutine): Entry => {
      const state = goroutine.address === handler ? EVENT_HANDLER : goroutine.state;
      return { goroutine, state, stack: null, targets: [], labels: [], item: null };
    });
    this.listNotes = [...new Set([...moment.notes, ...stacks.notes])];
    this.#stacks = new StackTable(isOwn);
    this.#byKey = new Map(this.entries.map((entry) => [goroutineKey(entry.goroutine), entry]));
  }

  /** Reads the list. Rejects where the memory cannot be read at all. `isOwn`: whether a function is of the program's own code. */
  static read(
    runtime: GoRuntime,
    memory: SnapshotMemory,
    at: SnapshotMoment,
    isOwn: (name: string) => boolean,
  ): Promise<GoroutineSnapshot> {
    return memory.walk((pages) => {
      const { sp, now, places = [] } = at;
      const moment = new Moment(runtime, pages, { sp, now, places });
      return new GoroutineSnapshot(memory, moment, at, isOwn);
    });
  }

  /** Stacks that have been read, 0..1. */
  get stacksRead(): number {
    return this.entries.length === 0 ? 1 : this.#read / this.entries.length;
  }

  /** Null until it was judged. */
  get verdict(): DeadlockVerdict | null {
    return this.#verdict;
  }

  find(key: string): Entry | undefined {
    return this.#byKey.get(key);
  }

  /** The goroutines as queries see them. */
  items(): QueryItem[] {
    return this.entries.map((entry) => this.itemOf(entry));
  }

  itemOf(entry: Entry): QueryItem {
    return (entry.item ??= this.#item(entry));
  }

  /** Reads the stacks of these goroutines that are not read yet, and what they wait on, in short steps. */
  async ensure(
    entries: readonly Entry[],
    signal?: AbortSignal,
    progress?: (fraction: number) => void,
  ): Promise<void> {
    const wanted = entries.filter((entry) => entry.stack === null);
    for (let from = 0; from < wanted.length;) {
      const chunk = this.#chunk(wanted, from);
      from += chunk.length;
      await this.#near(chunk, () => this.#readChunk(chunk, signal));
      progress?.(this.stacksRead);
    }
    if (this.stacksRead === 1 && wanted.length > 0) {
      // Now it is known how many have the same stack.
      for (const entry of this.entries) entry.item = null;
      this.version++;
    }
  }

  /** Judges whether the program can go on. */
  async judge(): Promise<DeadlockVerdict> {
    if (this.#verdict !== null) return this.#verdict;
    const near = this.entries.length <= MAX_JUDGED ? this.entries : [];
    const verdict = await this.#near(near, () =>
      this.memory.walk(() => deadlockVerdict(this.#moment, { ended: this.at.ended })),
    );
    return (this.#verdict = toVerdict(verdict));
  }

  /**
   * The stack of a goroutine with its arguments. In a memory that the program goes on in, only when the goroutine is where it was;
   * else the notes say so.
   */
  stackOf(entry: Entry): Promise<GoroutineStack> {
    return this.withStack(entry, (_, stack) => stack);
  }

  /** What `read` takes out of the memory by the stack of a goroutine; it may be called more than once. */
  withStack<Result>(entry: Entry, read: (memory: Memory, stack: GoroutineStack) => Result): Promise<Result> {
    return this.#near([entry], () =>
      this.memory.walk((memory) => read(memory, this.#readStack(memory, entry.goroutine))),
    );
  }

  /** The stacks of these goroutines with their arguments, one after the other. */
  async *stacksOf(
    entries: readonly Entry[],
  ): AsyncGenerator<{ readonly entry: Entry; readonly stack: GoroutineStack }> {
    for (let from = 0; from < entries.length;) {
      const chunk = this.#chunk(entries, from);
      from += chunk.length;
      yield* await this.#near(chunk, () =>
        this.memory.walk((memory) =>
          gather(chunk, (entry) => ({ entry, stack: this.#readStack(memory, entry.goroutine) })),
        ),
      );
      await nextTask();
    }
  }

  /** What goroutines wait on at an address, and who; undefined where none does. */
  async waitObject(at: number): Promise<WaitObject | undefined> {
    const target = this.entries.flatMap(({ targets }) => targets).find((one) => one.address === at);
    if (target === undefined) return undefined;
    const near = this.entries.length <= MAX_JUDGED ? this.entries : [];
    const object = await this.#near(near, () => this.memory.walk(() => waitObject(this.#moment, target)));
    return (
      object &&
      toWaitObject(object, (goroutine) => {
        const entry = this.find(goroutineKey(goroutine));
        return entry && this.itemOf(entry).row;
      })
    );
  }

  /** The goroutines that are to be read together, from one on. */
  #chunk(entries: readonly Entry[], from: number): Entry[] {
    const chunk: Entry[] = [];
    let bytes = 0;
    for (let i = from; i < entries.length && chunk.length < MAX_CHUNK && bytes < MAX_CHUNK_BYTES; i++) {
      const entry = entries[i];
      if (entry === undefined) break;
      chunk.push(entry);
      for (const range of this.#rangesOf(entry.goroutine)) bytes += range.length;
    }
    return chunk;
  }

  /** Has the stacks of these goroutines at hand during `work`. */
  #near<Result>(entries: readonly Entry[], work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(async () => {
      await this.memory.near(entries.flatMap(({ goroutine }) => this.#rangesOf(goroutine)));
      return work();
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #readChunk(chunk: readonly Entry[], signal: AbortSignal | undefined): Promise<void> {
    let left = chunk.filter((entry) => entry.stack === null);
    while (left.length > 0) {
      if (signal?.aborted === true) throw new CancelledError();
      await this.#readStep(left);
      left = left.filter((entry) => entry.stack === null);
      await nextTask();
    }
  }

  /** Reads as many as one step allows, at least one. */
  async #readStep(entries: readonly Entry[]): Promise<void> {
    const read = await this.memory.walk((memory) => {
      const end = performance.now() + STEP_MS;
      return gather(entries, (entry) => {
        if (entry !== entries[0] && performance.now() > end) return null;
        const stack = this.#readStack(memory, entry.goroutine);
        const moved = stack.frames.length === 0 && !this.memory.consistent;
        const targets = moved ? [] : listWaits(this.#moment, entry.goroutine).targets;
        return { entry, stack, targets, labels: readLabels(this.runtime, memory, entry.goroutine) };
      });
    });
    for (const one of read) {
      if (one === null) continue;
      one.entry.stack = this.#stacks.add(one.stack);
      one.entry.targets = one.targets;
      one.entry.labels = one.labels;
      one.entry.item = null;
      this.#read++;
    }
    this.version++;
  }

  #readStack(memory: Memory, goroutine: Goroutine): GoroutineStack {
    if (!this.memory.consistent && !this.#isWhereItWas(memory, goroutine)) {
      const notes = [`Goroutine ${goroutine.id} has moved on since the list was taken.`];
      return { frames: [], elided: null, complete: false, notes };
    }
    return this.#moment.stacks.read(goroutine);
  }

  #isWhereItWas(memory: Memory, then: Goroutine): boolean {
    const now = readGoroutine(this.runtime, memory, then.address);
    const place = ({ scheduled, syscall, status, id }: Goroutine): string =>
      JSON.stringify([id, status, scheduled, syscall]);
    return place(now) === place(then);
  }

  /** What is read for a stack: what it waits on, the goroutine itself where it may have moved, and what it has on its stack. */
  #rangesOf({ stack, scheduled, syscall, waiting, address: at }: Goroutine): AddressRange[] {
    const ranges: AddressRange[] = [];
    const { channels } = this.runtime;
    if (waiting !== 0 && channels !== undefined) {
      ranges.push({ address: waiting, length: recordLength(channels) });
    }
    const sp = (syscall ?? scheduled)?.sp;
    if (sp !== undefined && sp >= stack.lo && sp < stack.hi) {
      ranges.push({ address: sp, length: Math.min(stack.hi - sp, MAX_STACK_AHEAD) });
    }
    if (!this.memory.consistent) {
      ranges.push({ address: at, length: this.runtime.layouts.layouts.g.startpc + 8 });
    }
    return ranges;
  }

  /** How long it has waited, nanoseconds, at least; null where the runtime has not noted it. */
  #waited({ waitSince }: Goroutine): number | null {
    const { now } = this.at;
    if (now === null || waitSince === null) return null;
    const waited = now - waitSince;
    return waited >= 0 && waited < MAX_WAIT ? waited : null;
  }

  #item(entry: Entry): QueryItem {
    const { goroutine, state, stack, targets } = entry;
    // Of 100,000, only those that are looked at get a row.
    let row: GoroutineRow | undefined;
    const makeRow = (): GoroutineRow => this.#row(entry);
    return {
      get row() {
        return (row ??= makeRow());
      },
      id: goroutine.id,
      system: goroutine.system,
      waitReason: goroutine.waitReason,
      waiting: goroutine.waits,
      running: state === 'running' || state === 'syscall',
      get waitKey() {
        return waitKey(goroutine, targets);
      },
      stack,
    };
  }

  #row({ goroutine, state, stack, targets, labels }: Entry): GoroutineRow {
    const { id, system, startFunction, createdBy } = goroutine;
    return {
      kind: 'goroutine',
      key: goroutineKey(goroutine),
      group: null,
      id,
      state,
      waitedNs: this.#waited(goroutine),
      system,
      ...(stack?.place ?? UNREAD),
      startFunction,
      createdBy: createdBy && {
        function: createdBy.function,
        file: createdBy.file,
        line: createdBy.line,
        goroutine: createdBy.goroutine,
      },
      waitsOn: waitsOnText(targets, state),
      labels,
      change: null,
      sameStack: this.stacksRead === 1 ? (stack?.count ?? null) : null,
    };
  }
}

/** The place of a goroutine whose stack is not read. */
const UNREAD: SharedStack['place'] = {
  function: '',
  file: '',
  line: 0,
  lineEnd: null,
  confidence: { kind: 'unavailable', why: 'the stack is not read yet' },
};
