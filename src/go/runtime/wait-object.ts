import type { Confidence } from '../../base/confidence.ts';
import { FormatError } from '../../base/format-error.ts';
import { address, type Address } from '../../base/units.ts';
import type { Goroutine } from './goroutine.ts';
import { condWaiters, lockText, semaphoresOf, type LockKind } from './locks.ts';
import type { Moment } from './moment.ts';
import { findReferences } from './references.ts';
import { hex } from './text.ts';
import type { WaitTarget } from './wait-target.ts';
import { readChannel } from './waits.ts';

/** A channel or lock, and who waits on it. */
export interface WaitObject {
  readonly kind: WaitTarget['kind'];
  readonly address: Address;
  /** `chan main.job 0xc000012, 0 of 4 values, open`; `sync.Mutex 0xc000014, locked`. */
  readonly text: string;
  /** Of channels; null for locks, and where it cannot be read. */
  readonly elementType: string | null;
  readonly length: number | null;
  readonly capacity: number | null;
  readonly closed: boolean | null;
  /** In the order in which they are served. */
  readonly senders: readonly Goroutine[];
  readonly receivers: readonly Goroutine[];
  /** Of locks: those that wait, of an RWMutex writers before readers. */
  readonly waiters: readonly Goroutine[];
  /**
   * Who has the lock. Go does not record it: this is the only goroutine, besides those that wait, that holds its address as a live
   * pointer, and therefore inferred. Null where there is none or more than one.
   */
  readonly owner: { readonly goroutine: Goroutine; readonly confidence: Confidence } | null;
  /** Sentences: what could not be read and why. */
  readonly notes: readonly string[];
}

const EMPTY = { elementType: null, length: null, capacity: null, closed: null, owner: null } as const;

/**
 * What a goroutine waits on, as `listWaits` gave it, and who else does; undefined for what is no object in memory, such as a sleep.
 * Throws only NeedPages.
 */
export function waitObject(
  moment: Moment,
  { kind, address: at }: Pick<WaitTarget, 'kind' | 'address'>,
): WaitObject | undefined {
  if (at === null) return undefined;
  switch (kind) {
    case 'channel':
      return channelObject(moment, at);
    case 'mutex':
    case 'rwmutex':
    case 'waitgroup':
    case 'cond':
    case 'semaphore':
      return lockObject(moment, kind, at);
    case 'timer':
    case 'javascript':
    case 'network':
    case 'unknown':
      return undefined;
  }
}

function channelObject(moment: Moment, at: Address): WaitObject {
  const notes: string[] = [];
  const queues = moment.queuesOf(at);
  if (!queues.complete) notes.push('The queues of the channel cannot be read to their end.');
  const senders = goroutinesAt(moment, queues.senders.values(), notes);
  const receivers = goroutinesAt(moment, queues.receivers.values(), notes);
  const object = { ...EMPTY, kind: 'channel', address: at, senders, receivers, waiters: [], notes } as const;
  const { channels } = moment.runtime;
  try {
    if (channels === undefined)
      throw new FormatError('runtime.hchan', at, 'expected its layout to be known', true);
    const { elementType, length, capacity, closed } = readChannel(
      moment.runtime,
      moment.memory,
      channels,
      at,
    );
    const state = `${length} of ${capacity} values, ${closed ? 'closed' : 'open'}`;
    const text = `chan ${elementType ?? '?'} ${hex(at)}, ${state}`;
    return { ...object, text, elementType, length, capacity, closed };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    notes.push(`The channel cannot be read: ${error.message}.`);
    return { ...object, text: `chan ${hex(at)}` };
  }
}

function lockObject(moment: Moment, kind: LockKind, at: Address): WaitObject {
  const notes: string[] = [];
  if (kind !== 'cond') notes.push(...moment.semaphores.notes);
  const waiting =
    kind === 'cond'
      ? condWaiters(moment, address(at + 16))
      : semaphoresOf(kind, at).flatMap((one) => moment.semaphores.waiters.get(one) ?? []);
  const waiters = goroutinesAt(moment, waiting, notes);
  return {
    ...{ ...EMPTY, kind, address: at, senders: [], receivers: [], waiters, notes },
    text: lockText(moment.memory, kind, at, ''),
    owner: kind === 'mutex' || kind === 'rwmutex' ? ownerOf(moment, at, waiters, notes) : null,
  };
}

function ownerOf(
  moment: Moment,
  at: Address,
  waiters: readonly Goroutine[],
  notes: string[],
): WaitObject['owner'] {
  const { by, missing } = findReferences(moment, new Set([at]));
  if (missing !== null) notes.push(missing);
  const others = (by.get(at) ?? []).filter((one) => !waiters.includes(one));
  const [goroutine] = others;
  if (others.length > 1) {
    const ids = others.map((one) => one.id).join(', ');
    notes.push(`Go does not record who has a lock; its address is on the stacks of goroutines ${ids}.`);
    return null;
  }
  if (goroutine === undefined) {
    if (missing === null)
      notes.push('Go does not record who has a lock, and its address is on no other stack.');
    return null;
  }
  const why =
    'Go does not record who has a lock; no other goroutine that does not wait for it has its address on the stack';
  return { goroutine, confidence: { kind: 'inferred', why } };
}

/** The goroutines of these runtime.g, each once. */
function goroutinesAt(moment: Moment, addresses: Iterable<Address>, notes: string[]): Goroutine[] {
  const found = new Set<Goroutine>();
  let unknown = 0;
  for (const one of addresses) {
    const goroutine = moment.goroutineAt(one);
    if (goroutine === undefined) unknown++;
    else found.add(goroutine);
  }
  if (unknown > 0) notes.push(`${unknown} of those that wait are no goroutines of the list.`);
  return [...found];
}
