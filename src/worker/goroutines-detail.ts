import type { GoroutineDetail } from '../protocol/goroutines.ts';
import type { Entry, GoroutineSnapshot } from './goroutines-snapshot.ts';
import { goroutineKey, toWaitTarget } from './goroutines-waits.ts';
import { goroutineTrace } from './memory-stack.ts';

/** Everything about one goroutine. */
export async function detailOf(snapshot: GoroutineSnapshot, entry: Entry): Promise<GoroutineDetail> {
  await snapshot.ensure([entry]);
  const { goroutine, state, targets } = entry;
  const stack = await snapshot.stackOf(entry);
  const trace = goroutineTrace(goroutine, state, snapshot.at.now, stack);
  const blocked = snapshot.verdict?.blockedCallbacks.filter(({ id }) => id === goroutine.id) ?? [];
  return {
    key: goroutineKey(goroutine),
    id: goroutine.id,
    header: trace.header ?? '',
    stack: trace,
    waits: targets.map(toWaitTarget),
    labels: entry.labels,
    lockedThread: goroutine.lockedThread,
    system: goroutine.system,
    startFunction: goroutine.startFunction,
    advice: blocked.map(({ text }) => text),
    notes: stack.notes,
  };
}
