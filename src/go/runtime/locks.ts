import type { Confidence } from '../../base/confidence.ts';
import { EXACT } from '../../base/confidence.ts';
import { FormatError } from '../../base/format-error.ts';
import { address, type Address } from '../../base/units.ts';
import type { Memory } from '../../memory/memory.ts';
import type { Goroutine } from './goroutine.ts';
import type { Moment } from './moment.ts';
import { hex } from './text.ts';

// The locks of package sync. They have no type in memory; which one it is is told by the reason of the wait and by the functions on the
// stack, where it is by the semaphore inside it. Layouts, the same from 1.19 to 1.27 (Go src/sync, since 1.24 src/internal/sync):
// Mutex {state i32, sema u32}; RWMutex {w Mutex, writerSem 8, readerSem 12, readerCount i32 16, readerWait i32 20};
// WaitGroup {state u64: count in the upper half; sema 8}; Cond {L 0, notify 16: {wait u32, notify u32, lock, head, tail}}.

export type LockKind = 'mutex' | 'rwmutex' | 'waitgroup' | 'cond' | 'semaphore';

/** A lock that a goroutine waits for. */
export interface FoundLock {
  readonly kind: LockKind;
  readonly address: Address;
  readonly text: string;
  readonly confidence: Confidence;
}

const MUTEX_SEMA = 4;
const WRITER_SEMA = 8;
const READER_SEMA = 12;
const READER_COUNT = 16;
const READER_WAIT = 20;
const WAITGROUP_SEMA = 8;
const COND_NOTIFY = 16;
const MUTEX_LOCKED = 1;
const MAX_READERS = 1 << 30;

const REASONS = new Set([
  'semacquire',
  'sync.Mutex.Lock',
  'sync.RWMutex.RLock',
  'sync.RWMutex.Lock',
  'sync.WaitGroup.Wait',
  'sync.Cond.Wait',
]);

/**
 * The lock that a waiting goroutine waits for; undefined when it waits for something else. `element`: of its record in g.waiting (since
 * Go 1.27), else 0. Throws only NeedPages.
 */
export function findLock(moment: Moment, goroutine: Goroutine, element: Address): FoundLock | undefined {
  const reason = (goroutine.waitReason ?? '').replace(/ \((?:synctest|durable)\)$/, '');
  if (!REASONS.has(reason)) return undefined;
  const frames = moment.stacks.inner(goroutine);
  const names = frames.flatMap((frame) => moment.stacks.namesAt(frame));
  const argument = (name: string): Address | undefined => {
    const frame = frames.find((one) => one.code.name === name);
    if (frame === undefined) return undefined;
    try {
      return address(moment.memory.word(frame.fp));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return undefined;
    }
  };
  const recorded = element === 0 ? moment.semaphores.byGoroutine.get(goroutine.address) : element;
  const inner =
    recorded ?? argument(reason === 'sync.Cond.Wait' ? 'sync.runtime_notifyListWait' : 'runtime.semacquire1');
  if (inner === undefined || inner === 0) return undefined;
  const confidence: Confidence =
    recorded === undefined && !standsInList(moment, goroutine, inner, reason)
      ? { kind: 'inferred', why: 'its address is the argument word of a function on the stack' }
      : EXACT;
  const { kind, offset, use } = classify(reason, names);
  const at = address(inner - offset);
  return { kind, address: at, text: lockText(moment.memory, kind, at, use), confidence };
}

/** What the semaphore or list belongs to, where it is in it, and what the goroutine does with it. */
function classify(
  reason: string,
  names: readonly string[],
): { readonly kind: LockKind; readonly offset: number; readonly use: string } {
  const calls = (name: string): boolean => names.includes(name);
  if (reason === 'sync.Cond.Wait') return { kind: 'cond', offset: COND_NOTIFY, use: '' };
  // Before 1.20 locks, and before 1.24 WaitGroups, say `semacquire`: then the functions tell.
  const plain = reason === 'semacquire';
  if (reason === 'sync.WaitGroup.Wait' || (plain && calls('sync.(*WaitGroup).Wait')))
    return { kind: 'waitgroup', offset: WAITGROUP_SEMA, use: '' };
  const inMutex =
    reason === 'sync.Mutex.Lock' || (plain && names.some((name) => name.endsWith('(*Mutex).lockSlow')));
  if (inMutex && calls('sync.(*RWMutex).Lock'))
    return { kind: 'rwmutex', offset: MUTEX_SEMA, use: 'Lock, behind another writer' };
  if (inMutex) return { kind: 'mutex', offset: MUTEX_SEMA, use: '' };
  if (reason === 'sync.RWMutex.RLock' || (plain && calls('sync.(*RWMutex).RLock')))
    return { kind: 'rwmutex', offset: READER_SEMA, use: 'RLock' };
  if (reason === 'sync.RWMutex.Lock' || (plain && calls('sync.(*RWMutex).Lock')))
    return { kind: 'rwmutex', offset: WRITER_SEMA, use: 'Lock' };
  return { kind: 'semaphore', offset: 0, use: '' };
}

/** Whether the goroutine stands in the list of the sync.Cond; semaphores have been looked up already. */
function standsInList(moment: Moment, goroutine: Goroutine, list: Address, reason: string): boolean {
  return reason === 'sync.Cond.Wait' && condWaiters(moment, list).includes(goroutine.address);
}

/** The words of the semaphores in a lock of that kind, writers before readers. */
export function semaphoresOf(kind: LockKind, at: Address): Address[] {
  const offsets: Readonly<Record<LockKind, readonly number[]>> = {
    mutex: [MUTEX_SEMA],
    rwmutex: [WRITER_SEMA, MUTEX_SEMA, READER_SEMA],
    waitgroup: [WAITGROUP_SEMA],
    cond: [],
    semaphore: [0],
  };
  return offsets[kind].map((offset) => address(at + offset));
}

const MAX_WAITERS = 1 << 20;

/** The goroutines in a sync.notifyList, oldest first (Go src/runtime/sema.go): head is after two u32 and the lock. */
export function condWaiters({ runtime, memory }: Moment, list: Address): Address[] {
  const { channels } = runtime;
  const found = new Map<Address, Address>();
  if (channels === undefined) return [];
  try {
    let at = address(memory.word(address(list + 16)));
    while (at !== 0 && !found.has(at) && found.size < MAX_WAITERS) {
      found.set(at, address(memory.word(address(at + channels.sudog.g))));
      at = address(memory.word(address(at + channels.sudog.next)));
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  return [...found.values()];
}

/** `sync.Mutex 0xc000014, locked`; `use`: what the goroutine does with it. */
export function lockText(memory: Memory, kind: LockKind, at: Address, use: string): string {
  const what = `${LOCK_NAMES[kind]} ${hex(at)}${use === '' ? '' : ` (${use})`}`;
  try {
    const state = lockState(memory, kind, at);
    return state === '' ? what : `${what}, ${state}`;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return what;
  }
}

const LOCK_NAMES: Readonly<Record<LockKind, string>> = {
  mutex: 'sync.Mutex',
  rwmutex: 'sync.RWMutex',
  waitgroup: 'sync.WaitGroup',
  cond: 'sync.Cond',
  semaphore: 'semaphore',
};

function lockState(memory: Memory, kind: LockKind, at: Address): string {
  const i32 = (offset: number): number => memory.i32(address(at + offset));
  switch (kind) {
    case 'mutex':
      return (i32(0) & MUTEX_LOCKED) !== 0 ? 'locked' : 'unlocked';
    case 'rwmutex': {
      const count = i32(READER_COUNT);
      if (count >= 0) return count === 0 ? 'unlocked' : `locked by ${plural(count, 'reader')}`;
      // A writer has it or waits for the readers that are still there.
      const readers = i32(READER_WAIT);
      if (readers > 0) return `locked by ${plural(readers, 'reader')}, a writer waits`;
      const waiting = count + MAX_READERS;
      return `locked by a writer${waiting > 0 ? `, ${plural(waiting, 'reader')} waiting` : ''}`;
    }
    case 'waitgroup':
      return `counter ${i32(4)}`;
    case 'cond':
    case 'semaphore':
      return '';
  }
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
