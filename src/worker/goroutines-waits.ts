import { EXACT } from '../base/confidence.ts';
import type { Goroutine } from '../go/runtime/goroutine.ts';
import type { Channel, Wait } from '../go/runtime/waits.ts';
import type { WaitTarget } from '../protocol/goroutines.ts';

// What goroutines wait on, in words.

/** Arms of a select that are told in a row; all of them are in the goroutine's detail. */
const MAX_TOLD = 3;

/** What a goroutine waits on. `now`: the runtime's clock, nanoseconds; null where it is not known. */
export function waitTargets(goroutine: Goroutine, waits: readonly Wait[], now: number | null): WaitTarget[] {
  const reason = goroutine.waitReason ?? '';
  const targets = waits.map((wait): WaitTarget => {
    const { channel, direction, select, element } = wait;
    if (channel !== null) {
      return {
        kind: 'channel',
        address: channel.address,
        text: channelText(channel, direction),
        direction,
        select,
        confidence: EXACT,
      };
    }
    const { kind, name } = lockOf(reason);
    return { ...plain(kind, `${name} ${hex(element)}`), address: element };
  });
  if (targets.length > 0) return targets;
  if (goroutine.sleepUntil !== null) return [plain('timer', `sleep ${sleepText(goroutine.sleepUntil, now)}`)];
  if (reason.endsWith('(nil chan)')) return [plain('channel', 'a nil channel: for ever')];
  if (reason === 'select (no cases)') return [plain('channel', 'select without cases: for ever')];
  return [];
}

/** For a row, in a few words; '' for nothing. */
export function waitsOnText(targets: readonly WaitTarget[]): string {
  const told = targets.slice(0, MAX_TOLD).map(({ text }) => text);
  const more = targets.length > MAX_TOLD ? `, ${targets.length - MAX_TOLD} more` : '';
  return `${targets[0]?.select === true ? 'select ' : ''}${told.join(', ')}${more}`;
}

/** `chan main.job, 0 of 0 values, open`. */
export function channelState({ elementType, length, capacity, closed }: Channel): string {
  return `chan ${elementType ?? '?'}, ${length} of ${capacity} values, ${closed ? 'closed' : 'open'}`;
}

function channelText(channel: Channel, direction: Wait['direction']): string {
  const name = direction === 'receive' ? '<-chan' : direction === 'send' ? 'chan<-' : 'chan';
  return `${name} ${channel.elementType ?? '?'} ${hex(channel.address)}`;
}

/** Go src/runtime/runtime2.go, waitReasonStrings: of a lock, the type and the method. Versions before 1.20 say only `semacquire`. */
function lockOf(reason: string): { kind: WaitTarget['kind']; name: string } {
  if (reason.startsWith('sync.Mutex')) return { kind: 'mutex', name: 'sync.Mutex' };
  if (reason.startsWith('sync.RWMutex')) return { kind: 'rwmutex', name: 'sync.RWMutex' };
  if (reason.startsWith('sync.WaitGroup')) return { kind: 'waitgroup', name: 'sync.WaitGroup' };
  if (reason.startsWith('sync.Cond')) return { kind: 'cond', name: 'sync.Cond' };
  return { kind: 'semaphore', name: 'semaphore' };
}

const plain = (kind: WaitTarget['kind'], text: string): WaitTarget => ({
  kind,
  address: null,
  text,
  direction: null,
  select: false,
  confidence: EXACT,
});

function sleepText(until: number, now: number | null): string {
  if (now === null) return '';
  const seconds = (until - now) / 1e9;
  // The timer is due, and the page has not called yet.
  if (seconds <= 0) return 'is over';
  if (seconds < 1) return `${Math.ceil(seconds * 1000)}ms`;
  if (seconds < 60) return `${seconds.toFixed(1)}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${Math.floor(seconds % 60)}s`;
  return `${Math.floor(seconds / 3600)}h${Math.floor((seconds % 3600) / 60)}m`;
}

const hex = (address: number): string => `0x${address.toString(16)}`;
