import type { Memory } from '../memory/memory.ts';
import type { DeadlockVerdict, WaitEdge, WaitTarget } from '../protocol/goroutines.ts';
import type { Task, TinyGoRuntime } from '../tinygo/tasks.ts';

/** So many goroutines have edges. */
const MAX_EDGES = 1000;

/** A goroutine, by the key of its row. */
interface Judged {
  readonly key: string;
  readonly task: Task;
  readonly waits: readonly WaitTarget[];
}

/**
 * Judges whether a TinyGo program can go on, by the queues of its scheduler (TinyGo src/runtime/scheduler.go, 0.33). Nothing in memory says
 * which functions JavaScript may call: without goroutines that are ready, sleep or have a timer it is blocked, and not more than that is said.
 */
export function tinyGoVerdict(
  { globals, ticksAreFloat }: TinyGoRuntime,
  memory: Memory,
  goroutines: readonly Judged[],
  ended: boolean,
): DeadlockVerdict {
  const nothing = { why: [], edges: [], blockedCallbacks: [] };
  if (ended) return { kind: 'ended', text: 'The program has ended.', ...nothing };
  const live = goroutines.filter(({ task }) => task.state !== 'finished');
  if (goroutines.length === 0) return { kind: 'unknown', text: 'No goroutine could be read.', ...nothing };
  const count = (...states: string[]): number =>
    live.filter(({ task }) => states.includes(task.state)).length;
  const active = count('running', 'runnable');
  if (active > 0) return { kind: 'runs', text: `${counted(active)} can run.`, ...nothing };
  const asleep = count('sleep');
  if (asleep > 0) return { kind: 'runs', text: `${counted(asleep)} will wake up from a sleep.`, ...nothing };
  const timers = globals.addressOf('runtime.timerQueue');
  if (timers !== undefined && memory.u32(timers) !== 0)
    return { kind: 'runs', text: 'A timer is set.', ...nothing };
  if (live.length === 0) return { kind: 'blocked', text: 'No goroutine is left.', ...nothing };
  const edges = live.flatMap(({ key, task, waits }): WaitEdge[] =>
    waits.map((on) => ({ from: { key, id: task.address }, on, to: [] })),
  );
  const subject =
    live.length === 1 ? 'The only goroutine is blocked' : `All ${live.length} goroutines are blocked`;
  const event = ticksAreFloat
    ? 'Only a call from JavaScript can make one of them ready.'
    : 'On wasip1 nothing from outside makes a goroutine ready: the runtime panics with "deadlocked: no event source".';
  return {
    kind: ticksAreFloat ? 'blocked' : 'deadlocked',
    text: `${subject}${ticksAreFloat ? ' (waiting for events, or deadlocked)' : ''}.`,
    why: ['No goroutine is ready to run or asleep, and no timer is set.', event],
    edges: edges.slice(0, MAX_EDGES),
    blockedCallbacks: [],
  };
}

const counted = (n: number): string => `${n} goroutine${n === 1 ? '' : 's'}`;
