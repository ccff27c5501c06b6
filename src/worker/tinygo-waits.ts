import { durationText, hex } from '../go/runtime/text.ts';
import type { WaitTarget } from '../protocol/goroutines.ts';
import type { Task } from '../tinygo/tasks.ts';
import type { TaskWait } from '../tinygo/waits.ts';

// What goroutines of TinyGo wait on, as it crosses to the session.

/** Things that are told in a row; all of them are in the goroutine's detail. */
const MAX_TOLD = 3;

const LOCK_NAMES = {
  mutex: 'sync.Mutex',
  rwmutex: 'sync.RWMutex',
  waitgroup: 'sync.WaitGroup',
  cond: 'sync.Cond',
} as const;

/** `time`: of the snapshot, milliseconds since the epoch. On wasip1 the runtime's clock is the host's, in nanoseconds. */
export function waitTarget(
  { kind, address, direction, select, confidence }: TaskWait,
  { wakes }: Task,
  ticksAreFloat: boolean,
  time: number | null,
): WaitTarget {
  return { kind, address, text: textOf(), direction, select, confidence };

  function textOf(): string {
    if (kind === 'channel') {
      const arrow = direction === 'send' ? 'chan<- ' : '<-chan ';
      return `${arrow}${hex(address ?? 0)}`;
    }
    if (kind !== 'timer') return `${LOCK_NAMES[kind]} ${hex(address ?? 0)}`;
    if (wakes === null || time === null) return 'sleep';
    const left = (ticksAreFloat ? wakes - time : wakes / 1e6 - time) * 1e6;
    return left <= 0 ? 'sleep, due' : `sleep, ${durationText(left)} left`;
  }
}

/** For a row, in a few words; '' for nothing. */
export function waitText(waits: readonly WaitTarget[]): string {
  const more = waits.length > MAX_TOLD ? `; ${waits.length - MAX_TOLD} more` : '';
  const told = waits.slice(0, MAX_TOLD).map(({ text }) => text);
  return `${waits[0]?.select === true ? 'select ' : ''}${told.join('; ')}${more}`;
}
