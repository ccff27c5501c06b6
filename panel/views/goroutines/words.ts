import type { InstanceState, SessionState } from '../../../src/session/state.ts';
import type { Change, GoroutineFacts, GoroutineRow, SnapshotState } from '../../model/types.ts';
import { clip, formatCount, formatDuration, plural } from '../../model/text.ts';

const UNITS: readonly (readonly [ns: number, name: string])[] = [
  [24 * 3600e9, 'd'],
  [3600e9, 'h'],
  [60e9, 'min'],
  [1e9, 's'],
  [1e6, 'ms'],
];

/**
 * How long a goroutine has waited: `≥ 3 min`. The runtime notes the start of a wait only when it collects garbage, so that the
 * truth is this or longer. '' where it has noted none.
 */
export function waitedText(ns: number | null): string {
  if (ns === null) return '';
  const [unit, name] = UNITS.find(([size]) => ns >= size) ?? [1e6, 'ms'];
  const count = ns / unit;
  return `≥ ${count < 10 && name !== 'ms' ? String(Math.floor(count * 10) / 10) : formatCount(Math.floor(count))} ${name}`;
}

export const CHANGE_NAMES: Readonly<Record<Change, string>> = {
  new: 'new',
  gone: 'gone',
  moved: 'moved',
  stuck: 'stuck',
};

/** Labels as pprof prints them: `job:resize worker:3`. */
export function labelsText(labels: GoroutineRow['labels']): string {
  return labels.map(([key, value]) => `${key}:${value}`).join(' ');
}

/** `goroutine 18 [chan receive]`, for a link. */
export const goroutineTitle = ({ id, state }: { id: number; state: string }): string =>
  `goroutine ${String(id)} [${state}]`;

/** What the line beside the snapshots says: how many, and how many are hidden by the toggles. */
export function countText(facts: GoroutineFacts, matched: number | null): string {
  const all = matched === null || matched === facts.total;
  return all
    ? plural(facts.total, 'goroutine')
    : `${formatCount(matched)} of ${plural(facts.total, 'goroutine')}`;
}

/** What an automatic refresh costs, from what the last snapshot cost. */
export function refreshCost(facts: GoroutineFacts | null): string {
  const each =
    'Each snapshot reads every goroutine’s descriptor in one task of the page, which waits meanwhile';
  return facts?.pauseMs == null ? `${each}.` : `${each}: ${formatDuration(facts.pauseMs)} the last time.`;
}

/** Snapshots that belong to the chosen instance, or to all; newest first. Dumps belong to every choice. */
export function snapshotsOf(state: SessionState, instance: InstanceState | null): readonly SnapshotState[] {
  if (instance === null) return state.snapshots;
  return state.snapshots.filter(({ instanceKey }) => instanceKey === null || instanceKey === instance.key);
}

/** Snapshots that one can be compared with: of the same module, ready, and not itself. */
export function basesOf(snapshots: readonly SnapshotState[], shown: SnapshotState): readonly SnapshotState[] {
  return snapshots.filter(
    ({ key, moduleKey, status }) => key !== shown.key && moduleKey === shown.moduleKey && status === 'ready',
  );
}

/** A snapshot in the list: its label, and what is special about it. */
export function snapshotTitle(snapshot: SnapshotState): string {
  const count = snapshot.facts === null ? '' : ` · ${formatCount(snapshot.facts.total)}`;
  const pinned = snapshot.pinned ? ' · pinned' : '';
  const status =
    snapshot.status === 'failed' ? ' · failed' : snapshot.status === 'reading' ? ' · reading…' : '';
  return `${clip(snapshot.label, 60)}${count}${pinned}${status}`;
}
