import type { SnapshotCost } from '../../../src/session/goroutines-client.ts';
import type { InstanceState, SessionState } from '../../../src/session/state.ts';
import { clip } from '../../model/text.ts';
import type { HeapState } from '../../model/types.ts';

/** Heaps of the chosen instance, or of all, oldest first. Dumps belong to every choice. */
export function heapsOf(state: SessionState, instance: InstanceState | null): readonly HeapState[] {
  if (instance === null) return state.heaps;
  return state.heaps.filter(({ instanceKey }) => instanceKey === null || instanceKey === instance.key);
}

/**
 * The heap that is shown: of the snapshot that the panel's place names, also while it is being read; undefined where that has not been asked
 * for. Where the place names none, or one that is gone, the newest.
 */
export function shownHeap(
  state: SessionState,
  heaps: readonly HeapState[],
  wanted: string | null,
): HeapState | undefined {
  const named = heaps.find(({ snapshotKey }) => snapshotKey === wanted);
  if (named !== undefined || state.snapshots.some(({ key }) => key === wanted)) return named;
  return heaps.at(-1);
}

/** Heaps that one can be compared with: of the same module or another build of it, read, and not itself; oldest first. */
export const basesOf = (heaps: readonly HeapState[], shown: HeapState): readonly HeapState[] =>
  heaps.filter(({ snapshotKey, status }) => snapshotKey !== shown.snapshotKey && status === 'ready');

/** The base that is meant: the chosen one, else the one that was read before, else the next. */
export function baseOf(
  heaps: readonly HeapState[],
  shown: HeapState,
  wanted: string | null,
): HeapState | undefined {
  const bases = basesOf(heaps, shown);
  const at = heaps.indexOf(shown);
  return (
    bases.find(({ snapshotKey }) => snapshotKey === wanted) ??
    bases.findLast((one) => heaps.indexOf(one) < at) ??
    bases[0]
  );
}

/** A heap in a list of choices. */
export const heapTitle = ({ name, figuresOnly, status }: HeapState): string =>
  `${clip(name, 60)}${figuresOnly === null ? '' : ' · figures'}${status === 'reading' ? ' · reading…' : ''}`;

/** What taking a heap snapshot does, and costs the page. */
export function takeTip(cost: SnapshotCost | null, costText: string): string {
  return `Copies the memory of the program, and reads all objects of the Go heap in the copy. Nothing is written, and nothing of the program runs.${cost === null ? '' : `\n${costText}`}`;
}
