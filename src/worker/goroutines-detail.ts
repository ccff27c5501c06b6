import type { Channel, Wait } from '../go/runtime/waits.ts';
import type { GoroutineDetail, GoroutineRow, WaitObject } from '../protocol/goroutines.ts';
import type { Entry, GoroutineSnapshot } from './goroutines-snapshot.ts';
import { channelState, waitTargets } from './goroutines-waits.ts';
import { goroutineTrace } from './memory-stack.ts';

/** Everything about one goroutine. */
export async function detailOf(snapshot: GoroutineSnapshot, entry: Entry): Promise<GoroutineDetail> {
  await snapshot.ensure([entry]);
  const { goroutine, state, waits } = entry;
  const stack = await snapshot.stackOf(entry);
  const trace = goroutineTrace(goroutine, state, snapshot.moment.now, stack);
  const blocked = goroutine.waitReason !== null && entry.stack?.insideCallback === true;
  return {
    key: `0x${goroutine.address.toString(16)}`,
    id: goroutine.id,
    header: trace.header ?? '',
    stack: trace,
    waits: waitTargets(goroutine, waits, snapshot.moment.now),
    labels: [],
    lockedThread: goroutine.lockedThread,
    system: goroutine.system,
    startFunction: goroutine.startFunction,
    advice: blocked ? [BLOCKED_CALLBACK] : [],
    notes: stack.notes,
  };
}

const BLOCKED_CALLBACK =
  'This goroutine blocks inside a js.FuncOf callback: JavaScript waits for the callback to return, so no event can wake the program meanwhile. Start a goroutine in the callback (go func() { … }()) and let the callback return.';

/** A channel or lock, and who waits on it. All stacks and waits have been read. */
export function waitObjectOf(snapshot: GoroutineSnapshot, at: number): WaitObject {
  const items = snapshot.items();
  const found: { readonly row: GoroutineRow; readonly wait: Wait; readonly entry: Entry }[] = [];
  snapshot.entries.forEach((entry, i) => {
    const row = items[i]?.row;
    const wait = entry.waits.find(({ channel, element }) => (channel?.address ?? element) === at);
    if (row !== undefined && wait !== undefined) found.push({ row, wait, entry });
  });
  const [first] = found;
  if (first === undefined) throw new Error(`no goroutine waits on 0x${at.toString(16)}`);
  const { channel } = first.wait;
  const rowsOf = (is: (wait: Wait) => boolean): GoroutineRow[] =>
    found.filter(({ wait }) => is(wait)).map(({ row }) => row);
  const target = waitTargets(first.entry.goroutine, [first.wait], snapshot.moment.now)[0];
  return {
    kind: target?.kind ?? 'unknown',
    address: at,
    text: channel === null ? (target?.text ?? '') : channelState(channel),
    ...channelFacts(channel),
    senders: rowsOf(({ direction }) => direction === 'send'),
    receivers: rowsOf(({ direction }) => direction === 'receive'),
    waiters: rowsOf(({ direction }) => direction === null),
    owner: null,
    notes: [],
  };
}

function channelFacts(
  channel: Channel | null,
): Pick<WaitObject, 'elementType' | 'length' | 'capacity' | 'closed'> {
  if (channel === null) return { elementType: null, length: null, capacity: null, closed: null };
  const { elementType, length, capacity, closed } = channel;
  return { elementType, length, capacity, closed };
}
