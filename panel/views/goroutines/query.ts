import type { Sort } from '../../components/grid-model.ts';
import type { Change, GoroutineKind, GoroutineQuery, GroupBy } from '../../model/types.ts';

/** What the person chose in the toolbars. Plain data: it is remembered while DevTools is open. */
export interface GoroutinePrefs {
  readonly groupBy: GroupBy;
  /** Delve's -with and -without, as far as they are chosen; a kind that is not named is shown with the others. */
  readonly kinds: Readonly<Partial<Record<GoroutineKind, 'with' | 'without'>>>;
  readonly changes: readonly Change[];
  /** Null: by id, or by the size of the groups. */
  readonly sort: Sort | null;
  /** Seconds between snapshots; 0: off. */
  readonly autoRefresh: number;
}

/** System goroutines are hidden at the start, as in Delve and in Go's own crash text. */
export const START: GoroutinePrefs = {
  groupBy: 'none',
  kinds: { user: 'with' },
  changes: [],
  sort: null,
  autoRefresh: 0,
};

export const GROUPS: readonly (readonly [GroupBy, string])[] = [
  ['none', 'none'],
  ['state', 'state'],
  ['waitReason', 'wait reason'],
  ['creator', 'creator'],
  ['startFunction', 'start function'],
  ['stack', 'stack'],
  ['function', 'function'],
  ['label', 'label'],
];

/** The kinds that have a button, with what each means. */
export const KINDS: readonly (readonly [GoroutineKind, string])[] = [
  ['user', 'Goroutines of the program, not of the runtime'],
  ['running', 'Goroutines that run'],
  ['waiting', 'Goroutines that are blocked'],
  ['chan', 'Goroutines that wait on a channel or in a select'],
];

export const CHANGES: readonly (readonly [Change, string])[] = [
  ['new', 'Not in the base'],
  ['gone', 'In the base, and no longer there'],
  ['moved', 'In both, with another stack'],
  ['stuck', 'Leak candidates: in both, with the same stack, and waiting all the time'],
];

/** Seconds between snapshots that can be chosen; 0: off. */
export const INTERVALS = [0, 1, 2, 5, 10, 30] as const;

const SORTS: readonly GoroutineQuery['sort']['by'][] = [
  'id',
  'state',
  'function',
  'waiting',
  'waitsOn',
  'creator',
  'startFunction',
  'labels',
  'count',
];

/** The order in force: what was chosen, else by id, or groups from the largest. */
export function sortOf({ sort, groupBy }: GoroutinePrefs): Sort {
  if (sort !== null) return sort;
  return groupBy === 'none' ? { column: 'id', descending: false } : { column: 'count', descending: true };
}

/** What is asked of the session. `open`: keys of unfolded groups; `base`: key of the snapshot compared with. */
export function queryOf(
  prefs: GoroutinePrefs,
  filter: string,
  base: string | null,
  open: readonly string[],
): GoroutineQuery {
  const { column, descending } = sortOf(prefs);
  const chosen = (how: 'with' | 'without'): GoroutineKind[] =>
    KINDS.map(([kind]) => kind).filter((kind) => prefs.kinds[kind] === how);
  return {
    filter: filter.trim(),
    with: chosen('with'),
    without: chosen('without'),
    groupBy: prefs.groupBy,
    sort: { by: SORTS.find((by) => by === column) ?? 'id', descending },
    base,
    changes: base === null ? [] : prefs.changes,
    open: prefs.groupBy === 'none' ? [] : open,
  };
}

/** What a click on the button of a kind does: with, then without, then neither. */
export function nextKind(prefs: GoroutinePrefs, kind: GoroutineKind): GoroutinePrefs {
  const { [kind]: now, ...rest } = prefs.kinds;
  const next = now === undefined ? 'with' : now === 'with' ? 'without' : undefined;
  return { ...prefs, kinds: next === undefined ? rest : { ...rest, [kind]: next } };
}

/** Adds a change to those that are shown, or takes it out. */
export function toggleChange(prefs: GoroutinePrefs, change: Change): GoroutinePrefs {
  const on = prefs.changes.includes(change);
  return {
    ...prefs,
    changes: on ? prefs.changes.filter((other) => other !== change) : [...prefs.changes, change],
  };
}

/** Whether stored data are preferences of this version. */
export function isPrefs(value: unknown): value is GoroutinePrefs {
  if (typeof value !== 'object' || value === null) return false;
  const { groupBy, kinds, changes, sort, autoRefresh } = value as Record<string, unknown>;
  return (
    GROUPS.some(([id]) => id === groupBy) &&
    typeof kinds === 'object' &&
    kinds !== null &&
    Object.entries(kinds).every(
      ([kind, how]) => KINDS.some(([id]) => id === kind) && (how === 'with' || how === 'without'),
    ) &&
    Array.isArray(changes) &&
    changes.every((change) => CHANGES.some(([id]) => id === change)) &&
    isSort(sort) &&
    INTERVALS.some((seconds) => seconds === autoRefresh)
  );
}

function isSort(value: unknown): boolean {
  if (value === null) return true;
  if (typeof value !== 'object') return false;
  const { column, descending } = value as Record<string, unknown>;
  return SORTS.some((by) => by === column) && typeof descending === 'boolean';
}
