import { EXACT, type Confidence } from '../base/confidence.ts';
import { address, type Address } from '../base/units.ts';
import type { Memory } from '../memory/memory.ts';
import type { TinyGoHeap } from './heap.ts';
import type { Task, TinyGoRuntime } from './tasks.ts';

/** Something that a goroutine waits on. */
export interface TaskWait {
  readonly kind: 'channel' | 'mutex' | 'rwmutex' | 'waitgroup' | 'cond' | 'timer';
  /** Of the channel or lock; null where it is not known. */
  readonly address: Address | null;
  readonly direction: 'send' | 'receive' | null;
  readonly select: boolean;
  readonly confidence: Confidence;
}

/** A channel of which a goroutine waits (runtime.channel, TinyGo src/runtime/chan.go, 0.33). */
export interface TaskChannel {
  readonly address: Address;
  readonly elementBytes: number;
  readonly capacity: number;
  readonly length: number;
}

/** Offsets in runtime.channel and runtime.channelBlockedList; chanState. */
const CHANNEL = { elementSize: 0, bufSize: 4, state: 8, blocked: 12, bufUsed: 24, size: 32 } as const;
const BLOCKED = { next: 0, task: 4, select: 8, size: 24 } as const;
const SELECT = { channel: 0, value: 4, size: 8 } as const;
const RECEIVING = 1;
const SENDING = 2;

/** Goroutines that are followed in one queue. */
const MAX_QUEUE = 1 << 16;

const FOUND: Confidence = {
  kind: 'inferred',
  why: 'TinyGo keeps no link from a goroutine to what it waits on: this is the one place in memory that is made like it and has the goroutine in its queue',
};

/** Where the queue of a lock is in it, and what else has to be so (TinyGo src/sync, 0.33). */
const LOCKS: Readonly<
  Record<
    string,
    {
      readonly kind: TaskWait['kind'];
      readonly queue: number;
      readonly fits: (memory: Memory, at: Address) => boolean;
    }
  >
> = {
  'sync.Mutex.Lock': { kind: 'mutex', queue: 4, fits: (memory, at) => memory.u8(at) === 1 },
  'sync.RWMutex.Lock': {
    kind: 'rwmutex',
    queue: 0,
    fits: (memory, at) => memory.u32(address(at + 8)) !== 0,
  },
  'sync.RWMutex.RLock': {
    kind: 'rwmutex',
    queue: 4,
    fits: (memory, at) => memory.u32(address(at + 8)) === 0xffffffff,
  },
  'sync.WaitGroup.Wait': { kind: 'waitgroup', queue: 4, fits: (memory, at) => memory.u32(at) !== 0 },
  'sync.Cond.Wait': { kind: 'cond', queue: 12, fits: (memory, at) => memory.u32(at) !== 0 },
};

/** What each goroutine waits on, by the address of its task, and the channels among it. Reads variables and heap once. */
export class TaskWaits {
  readonly #waits = new Map<number, readonly TaskWait[]>();
  readonly #channels = new Map<number, TaskChannel>();
  readonly #memory: Memory;

  constructor(runtime: TinyGoRuntime, memory: Memory, heap: TinyGoHeap, tasks: readonly Task[]) {
    this.#memory = memory;
    const known = new Set<number>(tasks.map((task) => task.address));
    const found = new Map<number, TaskWait[]>();
    const add = (task: number, wait: TaskWait): void => {
      const list = found.get(task);
      if (list === undefined) found.set(task, [wait]);
      else if (!list.some((one) => one.address === wait.address && one.direction === wait.direction))
        list.push(wait);
    };
    const heads = lockHeads(tasks);
    const locks = new Map<number, Address[]>();
    const first = runtime.firstData;
    const stacks = tasks.map(({ stack }) => stack);
    for (const [from, to] of searched(heap, first, known, stacks)) {
      const words = wordsOf(memory, from, to);
      for (let i = 0; i < words.length; i++) {
        const word = words[i] ?? 0;
        if (word === 0) continue;
        const at = from + 4 * i;
        if (heads.has(word)) locks.set(word, [...(locks.get(word) ?? []), address(at)]);
        else if (word % 4 === 0 && i >= 3 && known.has(this.#word(word + BLOCKED.task)))
          this.#addChannel(at - CHANNEL.blocked, known, add);
      }
    }
    for (const task of tasks) {
      const waits = found.get(task.address);
      if (waits !== undefined) this.#waits.set(task.address, waits);
    }
    for (const [head, queue] of heads) {
      for (const task of queue) {
        const lock = lockOf(memory, task, locks.get(head) ?? []);
        if (lock !== null) this.#waits.set(task.address, [lock]);
      }
    }
    for (const { address: at, state } of tasks) {
      if (state === 'sleep') {
        this.#waits.set(at, [
          { kind: 'timer', address: null, direction: null, select: false, confidence: EXACT },
        ]);
      }
    }
  }

  /** None for a goroutine of which it is not known. */
  of(task: Task): readonly TaskWait[] {
    return this.#waits.get(task.address) ?? [];
  }

  channel(at: number): TaskChannel | undefined {
    return this.#channels.get(at);
  }

  /** The word at an address; 0 outside of memory. */
  #word(at: number): number {
    return at > 0 && at + 4 <= this.#memory.size ? this.#memory.u32(address(at)) : 0;
  }

  /** Takes a place for a channel when all that wait there are goroutines. */
  #addChannel(at: number, known: ReadonlySet<number>, add: (task: number, wait: TaskWait) => void): void {
    const word = (offset: number): number => this.#word(at + offset);
    const state = word(CHANNEL.state);
    const [capacity, length] = [word(CHANNEL.bufSize), word(CHANNEL.bufUsed)];
    if ((state !== RECEIVING && state !== SENDING) || length > capacity) return;
    const waiting: [task: number, wait: TaskWait][] = [];
    const seen = new Set<number>();
    for (let list = word(CHANNEL.blocked); list !== 0; list = this.#word(list + BLOCKED.next)) {
      const task = this.#word(list + BLOCKED.task);
      if (!known.has(task) || seen.has(list) || seen.size > MAX_QUEUE) return;
      seen.add(list);
      const select = this.#word(list + BLOCKED.select);
      if (select !== 0 && this.#word(select + SELECT.channel) !== at) return;
      const sends = select === 0 ? state === SENDING : this.#word(select + SELECT.value) !== 0;
      const direction = sends ? 'send' : 'receive';
      waiting.push([
        task,
        {
          ...{ kind: 'channel', address: address(at), direction, select: select !== 0, confidence: FOUND },
        },
      ]);
    }
    this.#channels.set(at, {
      ...{ address: address(at), elementBytes: word(CHANNEL.elementSize), capacity, length },
    });
    for (const [task, wait] of waiting) add(task, wait);
  }
}

/** Goroutines that wait for locks: those that are the first of their queue, each with the queue that begins there. */
function lockHeads(tasks: readonly Task[]): Map<number, Task[]> {
  const waiting = new Map<number, Task>(
    tasks.flatMap((task) => (LOCKS[task.state] === undefined ? [] : [[task.address, task]])),
  );
  const followers = new Set([...waiting.values()].map(({ next }) => next));
  const heads = new Map<number, Task[]>();
  for (const head of waiting.values()) {
    if (followers.has(head.address)) continue;
    const queue: Task[] = [];
    for (let task: Task | undefined = head; task !== undefined; task = waiting.get(task.next)) {
      if (queue.includes(task) || queue.length > MAX_QUEUE) break;
      queue.push(task);
    }
    heads.set(head.address, queue);
  }
  return heads;
}

/** The lock that a goroutine waits for, where one place only can be its queue. */
function lockOf(memory: Memory, task: Task, places: readonly Address[]): TaskWait | null {
  const lock = LOCKS[task.state];
  if (lock === undefined) return null;
  const fitting = places
    .map((place) => place - lock.queue)
    .filter((at) => at > 0 && at + 16 <= memory.size && lock.fits(memory, address(at)));
  const [at] = fitting;
  if (at === undefined || fitting.length > 1) return null;
  return { kind: lock.kind, address: address(at), direction: null, select: false, confidence: FOUND };
}

/** What is searched: the program's variables, and all objects but tasks and stacks. */
function* searched(
  heap: TinyGoHeap,
  first: number,
  tasks: ReadonlySet<number>,
  stacks: readonly Address[],
): Generator<readonly [from: number, to: number]> {
  yield [first - (first % 4), heap.start - (heap.start % 4)];
  const skipped = new Set<number>([...tasks, ...stacks]);
  for (let object = 0; object < heap.count; object++) {
    const at = heap.addressOf(object);
    if (!skipped.has(at)) yield [at, at + heap.roomOf(object)];
  }
}

function wordsOf(memory: Memory, from: number, to: number): Uint32Array {
  const bytes = memory.bytes(address(from), Math.max(0, to - from));
  return new Uint32Array(bytes.slice().buffer);
}
