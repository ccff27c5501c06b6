import type { Confidence } from '../../base/confidence.ts';
import { EXACT } from '../../base/confidence.ts';
import { address, type Address } from '../../base/units.ts';
import type { Goroutine } from './goroutine.ts';
import type { Moment } from './moment.ts';
import { findLock } from './locks.ts';
import { durationText, hex } from './text.ts';
import { readWaits, type Channel, type Wait } from './waits.ts';

export type WaitKind =
  | 'channel'
  | 'mutex'
  | 'rwmutex'
  | 'waitgroup'
  | 'cond'
  | 'semaphore'
  | 'timer'
  | 'javascript'
  | 'network'
  | 'unknown';

/** Something a goroutine waits on. */
export interface WaitTarget {
  readonly kind: WaitKind;
  /**
   * In linear memory: the channel (runtime.hchan), the sync.Mutex, RWMutex, WaitGroup or Cond, or the semaphore's word where it is not
   * known what it belongs to; null where there is none.
   */
  readonly address: Address | null;
  /** In Go's terms: `<-chan main.message 0xc000012`, `sync.Mutex 0xc000014, locked`, `sleep, 1.5s left`. */
  readonly text: string;
  readonly direction: 'send' | 'receive' | null;
  /** It is one case of a select. */
  readonly select: boolean;
  /** Nothing in the program can end this wait: a nil channel, a select without cases. */
  readonly forever: boolean;
  /** When the timer fires that ends it, in nanoseconds of the runtime's clock; null without one. */
  readonly until: number | null;
  readonly confidence: Confidence;
}

export interface GoroutineWaits {
  /** Empty when the goroutine does not wait. */
  readonly targets: readonly WaitTarget[];
  /** Sentences: what could not be read and why. */
  readonly notes: readonly string[];
}

const NOTHING = { address: null, direction: null, select: false, forever: false, until: null } as const;

/**
 * What a goroutine waits on, as far as memory proves it; where it is inferred, its confidence says from what. Throws only NeedPages.
 * Sources: Go src/runtime, 1.19 to 1.27: chan.go, select.go, sema.go, time.go, lock_js.go; src/sync.
 */
export function listWaits(moment: Moment, goroutine: Goroutine): GoroutineWaits {
  const { stacks } = moment;
  if (stacks.idle && goroutine.address === stacks.running?.address) {
    return { targets: [target('javascript', 'the next event of the page')], notes: [] };
  }
  if (!goroutine.waits) return { targets: [], notes: [] };
  const reason = goroutine.waitReason ?? '';
  const known = BY_REASON.get(reason.replace(/ \((?:synctest|durable)\)$/, ''));
  if (known !== undefined) return { targets: [known], notes: [] };
  if (reason === 'sleep') return { targets: [sleepTarget(moment, goroutine)], notes: [] };
  const { waits, notes } = readWaits(moment.runtime, moment.memory, goroutine, (at) => moment.queuesOf(at));
  const channels = waits.filter((wait) => wait.channel !== null);
  if (channels.length > 0) {
    const targets = channels.map((wait) => channelTarget(moment, wait));
    const caller = bridgeOf(moment, goroutine);
    return { targets: caller === undefined ? targets : [...targets, caller], notes };
  }
  const lock = findLock(moment, goroutine, waits[0]?.element ?? address(0));
  if (lock !== undefined) return { targets: [{ ...NOTHING, ...lock }], notes };
  if (reason === 'IO wait') return { targets: [target('network', 'input or output')], notes };
  if (reason === '' && innerFunctions(moment, goroutine).includes('runtime.handleEvent')) {
    const text = 'all other goroutines to block, to give control back to the page';
    return { targets: [target('javascript', text)], notes };
  }
  return { targets: [target('unknown', reason === '' ? 'not recorded' : reason)], notes };
}

function target(kind: WaitKind, text: string, more: Partial<WaitTarget> = {}): WaitTarget {
  return { ...NOTHING, kind, text, confidence: EXACT, ...more };
}

const FOREVER = { forever: true } as const;
const BY_REASON = new Map<string, WaitTarget>([
  [
    'chan receive (nil chan)',
    target('channel', '<-nil channel: nothing can wake it', { direction: 'receive', ...FOREVER }),
  ],
  [
    'chan send (nil chan)',
    target('channel', 'nil channel<-: nothing can wake it', { direction: 'send', ...FOREVER }),
  ],
  ['select (no cases)', target('channel', 'select {}: nothing can wake it', { select: true, ...FOREVER })],
  ['coroutine', target('unknown', 'the other side of an iter.Pull or coroutine')],
]);

/** `, 1.5s left`, where the clock is known. */
function left(moment: Moment, until: number | null): string {
  if (until === null || moment.now === null) return '';
  return until <= moment.now ? ', due' : `, ${durationText(until - moment.now)} left`;
}

function sleepTarget(moment: Moment, goroutine: Goroutine): WaitTarget {
  // A bubble has a clock of its own.
  if (goroutine.bubble !== null) return target('timer', 'sleep, by the clock of its synctest bubble');
  const until = goroutine.sleepUntil;
  return target('timer', `sleep${left(moment, until)}`, { until });
}

/** `<-chan main.message 0xc000012`. */
export function channelText(channel: Channel, direction: WaitTarget['direction']): string {
  const type = channel.elementType ?? '?';
  const arrow = { send: 'chan<- ', receive: '<-chan ' };
  return `${direction === null ? 'chan ' : arrow[direction]}${type} ${hex(channel.address)}`;
}

function channelTarget(moment: Moment, { channel, direction, select }: Wait): WaitTarget {
  if (channel === null) return target('unknown', 'not recorded');
  const timer = channel.elementType === 'time.Time' ? moment.timerOf(channel.address) : undefined;
  const until = timer?.when ?? null;
  const fed = timer === undefined ? '' : `, sent by a timer${left(moment, until)}`;
  const text = `${channelText(channel, direction)}${fed}`;
  return target('channel', text, { address: channel.address, direction, select, until });
}

/** Functions of the standard library that wait on a channel for a callback of JavaScript's. */
const BRIDGES = new Map([
  ['syscall.fsCall', 'a callback of the page’s fs'],
  ['net/http.(*Transport).RoundTrip', 'the page’s fetch'],
]);

function bridgeOf(moment: Moment, goroutine: Goroutine): WaitTarget | undefined {
  const name = innerFunctions(moment, goroutine).find((one) => BRIDGES.has(one));
  if (name === undefined) return undefined;
  const confidence: Confidence = { kind: 'inferred', why: `${name} is on its stack` };
  return target('javascript', BRIDGES.get(name) ?? '', { confidence });
}

function innerFunctions(moment: Moment, goroutine: Goroutine): string[] {
  return moment.stacks.inner(goroutine).flatMap((frame) => moment.stacks.namesAt(frame));
}
