import type { SnapshotCost } from '../../../src/session/goroutines-client.ts';
import type { InstanceState, SessionState } from '../../../src/session/state.ts';
import type { Change, GoroutineFacts, GoroutineRow, SnapshotState } from '../../model/types.ts';
import { clip, formatCount, formatDuration, formatMemory, plural } from '../../model/text.ts';

const UNITS: readonly (readonly [ns: number, name: string])[] = [
  [24 * 3600e9, 'd'],
  [3600e9, 'h'],
  [60e9, 'min'],
  [1e9, 's'],
  [1e6, 'ms'],
];

/**
 * How long a goroutine has waited: `≈ 3 min`. The runtime notes a wait only when it collects garbage, with the time of the collection
 * before, so that the truth may be off by the time between two collections. '' where it has noted none.
 */
export function waitedText(ns: number | null): string {
  if (ns === null) return '';
  const [unit, name] = UNITS.find(([size]) => ns >= size) ?? [1e6, 'ms'];
  const count = ns / unit;
  return `≈ ${count < 10 && name !== 'ms' ? String(Math.floor(count * 10) / 10) : formatCount(Math.floor(count))} ${name}`;
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

/** What a goroutine is called: its number; of TinyGo, where its id is the address of its task and the key says so, that address. */
export const nameOf = ({ id, key }: { readonly id: number; readonly key: string }): string =>
  key === `0x${id.toString(16)}` ? key : String(id);

/** `goroutine 18 [chan receive]`, for a link. */
export const goroutineTitle = ({ id, label, state }: Pick<GoroutineRow, 'id' | 'label' | 'state'>): string =>
  `goroutine ${label ?? String(id)} [${state}]`;

/** What the line beside the snapshots says: how many, and how many are hidden by the toggles. */
export function countText(facts: GoroutineFacts, matched: number | null): string {
  const all = matched === null || matched === facts.total;
  return all
    ? plural(facts.total, 'goroutine')
    : `${formatCount(matched)} of ${plural(facts.total, 'goroutine')}`;
}

/** What a snapshot of a program costs its page. */
export function costText(cost: SnapshotCost | null): string {
  if (cost === null) return '';
  const memory = `The memory of the program, ${formatMemory(cost.bytes)},`;
  if (cost.ended) {
    return `The program has ended. Its memory, ${formatMemory(cost.bytes)}, is read as it was left.`;
  }
  if (!cost.copies)
    return `${memory} is read in place and not copied: what runs meanwhile can change between two reads.`;
  const pause = cost.pauseMs === null ? '' : `, which stops for about ${formatDuration(cost.pauseMs)}`;
  return `${memory} is copied in one task of the page${pause}.`;
}

/** A pause that nobody notices, in milliseconds: a snapshot that costs no more is taken without asking. */
const SHORT_PAUSE = 50;

/** Whether a snapshot is so cheap that the view takes the first one by itself. */
export const isCheap = (cost: SnapshotCost | null): boolean =>
  cost?.copies === true && (cost.pauseMs ?? 0) < SHORT_PAUSE;

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
