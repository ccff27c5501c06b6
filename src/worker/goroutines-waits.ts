import type { BlockedCallback, DeadlockVerdict as Verdict } from '../go/runtime/deadlock.ts';
import type { Goroutine } from '../go/runtime/goroutine.ts';
import type { WaitObject as Waits } from '../go/runtime/wait-object.ts';
import type { WaitTarget as Target } from '../go/runtime/wait-target.ts';
import type { DeadlockVerdict, GoroutineRow, WaitObject, WaitTarget } from '../protocol/goroutines.ts';

// What goroutines wait on, as it crosses to the session.

/** Arms of a select that are told in a row; all of them are in the goroutine's detail. */
const MAX_TOLD = 3;

export function toWaitTarget({ kind, address, text, direction, select, confidence }: Target): WaitTarget {
  return { kind, address, text, direction, select, confidence };
}

/** For a row, in a few words; '' for nothing, and where the state says it already. */
export function waitsOnText(targets: readonly Target[], state: string): string {
  const said = targets.filter(({ text }) => text !== state).map(({ text }) => text);
  const more = said.length > MAX_TOLD ? `; ${said.length - MAX_TOLD} more` : '';
  const isSelect = targets[0]?.select === true && targets[0].address !== null;
  return `${isSelect ? 'select ' : ''}${said.slice(0, MAX_TOLD).join('; ')}${more}`;
}

/** What differs when a goroutine waits on something else, or anew. */
export function waitKey(goroutine: Goroutine, targets: readonly Target[]): string {
  const on = targets.map(({ kind, address, direction, until }) => `${kind} ${address} ${direction} ${until}`);
  return `${goroutine.waitReason ?? ''} ${goroutine.sleepUntil ?? ''} ${goroutine.waiting} ${on.join(', ')}`;
}

export function toWaitObject(
  object: Waits,
  rowOf: (goroutine: Goroutine) => GoroutineRow | undefined,
): WaitObject {
  const rows = (goroutines: readonly Goroutine[]): GoroutineRow[] =>
    goroutines.map(rowOf).filter((row) => row !== undefined);
  const { owner, senders, receivers, waiters, ...rest } = object;
  return {
    ...rest,
    senders: rows(senders),
    receivers: rows(receivers),
    waiters: rows(waiters),
    owner: owner && { ...nameOf(owner.goroutine), confidence: owner.confidence },
  };
}

export function toVerdict({ kind, text, why, edges, blockedCallbacks }: Verdict): DeadlockVerdict {
  return {
    ...{ kind, text, why },
    edges: edges.map(({ from, on, to }) => ({
      from: nameOf(from),
      on: toWaitTarget(on),
      to: to.map(nameOf),
    })),
    blockedCallbacks: blockedCallbacks.map(toBlocked),
  };
}

const toBlocked = ({ goroutine, text }: BlockedCallback): DeadlockVerdict['blockedCallbacks'][number] => ({
  ...nameOf(goroutine),
  text,
});

const nameOf = (goroutine: Goroutine): { readonly key: string; readonly id: number } => ({
  key: goroutineKey(goroutine),
  id: goroutine.id,
});

/** The key of a goroutine's row. */
export const goroutineKey = ({ address }: Goroutine): string => `0x${address.toString(16)}`;
