import type {
  Change,
  GoroutineKind,
  GoroutineQuery,
  GoroutineRow,
  GoroutineRows,
  GroupBy,
  GroupRow,
} from './goroutines.ts';

// The answer to a query over goroutines, from plain rows: the worker answers with it, and so does a recording.

/** A goroutine as queries see it. */
export interface QueryItem {
  /** With `group` and `change` null: these depend on the query. May be made when it is first asked for. */
  readonly row: GoroutineRow;
  /** As in the row. */
  readonly id: number;
  readonly system: boolean;
  readonly waitReason: string | null;
  readonly waiting: boolean;
  readonly running: boolean;
  /** Something that differs when it waits on something else, or anew. */
  readonly waitKey: string;
  /** Null until its stack is read. */
  readonly stack: QueryStack | null;
}

/** What goroutines with the same stack share: one object for all of them. */
export interface QueryStack {
  /** The same for the same stack in every snapshot of a program. */
  readonly key: string;
  /** For a group: its innermost function and how deep it is. */
  readonly title: string;
  /** Its functions, files and lines, in lower case. */
  readonly text: string;
}

/** The rows of an answer: a goroutine, or a group of them. */
export type QueryEntry =
  { readonly item: QueryItem; readonly group: string | null; readonly change: Change | null } | GroupRow;

export interface QueryAnswer {
  readonly entries: readonly QueryEntry[];
  readonly matched: number;
  readonly changes: GoroutineRows['changes'];
}

interface Found {
  readonly item: QueryItem;
  readonly change: Change | null;
}

/** Answers a query. `base`: the goroutines of the snapshot that it names; null when it names none. Linear but for sorting. */
export function answerQuery(
  items: readonly QueryItem[],
  query: GoroutineQuery,
  base: readonly QueryItem[] | null,
): QueryAnswer {
  const compared =
    base === null ? items.map((item) => ({ item, change: null })) : compare(items, base, query.base);
  const found = compared.filter(matcher(query));
  let changes: Record<Change, number> | null = null;
  let left: readonly Found[] = found;
  if (base !== null) {
    changes = { new: 0, gone: 0, moved: 0, stuck: 0 };
    for (const { change } of found) if (change !== null) changes[change]++;
    if (query.changes.length > 0) {
      left = found.filter(({ change }) => change !== null && query.changes.includes(change));
    }
  }
  const order = sorter(query.sort);
  const entries =
    query.groupBy === 'none'
      ? [...left].sort(order).map((one): QueryEntry => ({ ...one, group: null }))
      : grouped(left, query, order, base !== null);
  return { entries, matched: left.length, changes };
}

/** The rows of an answer from `from` on, `count` of them. */
export function rowsOf(answer: QueryAnswer, from: number, count: number): GoroutineRows {
  const rows = answer.entries.slice(Math.max(0, from), Math.max(0, from) + Math.max(0, count));
  return {
    totalRows: answer.entries.length,
    matched: answer.matched,
    changes: answer.changes,
    rows: rows.map((entry) =>
      'item' in entry ? { ...entry.item.row, group: entry.group, change: entry.change } : entry,
    ),
  };
}

/** Where a row is; null where it is not in the answer. */
function indexOfRow(answer: QueryAnswer, key: string): number | null {
  const index = answer.entries.findIndex(
    (entry) => ('item' in entry ? entry.item.row.key : entry.key) === key,
  );
  return index < 0 ? null : index;
}

/**
 * A row by its key, or a goroutine by its number: its key, and where it stands in the answer to the query, null where the query leaves it
 * out. One that has ended since the base is found there, too. Null: it is in neither.
 */
export function findRow(
  answer: QueryAnswer,
  { items, base, query }: QueriedItems,
  which: { readonly key: string } | { readonly id: number },
): { readonly key: string; readonly index: number | null } | null {
  const of = (list: readonly QueryItem[]): QueryItem | undefined =>
    list.find((item) => ('key' in which ? item.row.key === which.key : item.id === which.id));
  if ('key' in which) {
    const index = indexOfRow(answer, which.key);
    const gone = readGoneKey(which.key);
    const isGone = gone !== null && gone.base === query.base;
    const known =
      index !== null ||
      of(items) !== undefined ||
      (isGone && base?.some(({ row }) => row.key === gone.key) === true);
    return known ? { key: which.key, index } : null;
  }
  const here = of(items)?.row.key;
  const before = here === undefined ? of(base ?? [])?.row.key : undefined;
  const key = before === undefined ? here : goneKey(query.base, before);
  return key === undefined ? null : { key, index: indexOfRow(answer, key) };
}

/** What an answer was made from. */
export interface QueriedItems {
  readonly items: readonly QueryItem[];
  readonly base: readonly QueryItem[] | null;
  readonly query: GoroutineQuery;
}

/** The key of the row of a goroutine that is only in the base; `base`: the snapshot's key. */
const goneKey = (base: string | null, key: string): string => `gone ${base ?? ''} ${key}`;

/** The snapshot in which such a goroutine is and its key there; null for the key of any other row. */
export function readGoneKey(key: string): { readonly base: string; readonly key: string } | null {
  const [, base, rest] = /^gone (\S+) (.+)$/.exec(key) ?? [];
  return base === undefined || rest === undefined ? null : { base, key: rest };
}

function compare(items: readonly QueryItem[], base: readonly QueryItem[], baseKey: string | null): Found[] {
  const before = new Map(base.map((item) => [item.id, item]));
  const now = new Set<number>();
  const result: Found[] = items.map((item) => {
    now.add(item.id);
    return { item, change: changeOf(item, before.get(item.id)) };
  });
  for (const item of base) {
    if (now.has(item.id)) continue;
    result.push({
      item: { ...item, row: { ...item.row, key: goneKey(baseKey, item.row.key) } },
      change: 'gone',
    });
  }
  return result;
}

/** Null while one of the stacks is not read, and for one that could run at both moments. */
function changeOf(item: QueryItem, before: QueryItem | undefined): Change | null {
  if (before === undefined) return 'new';
  if (item.stack === null || before.stack === null) return null;
  if (item.stack.key !== before.stack.key || item.waitKey !== before.waitKey) return 'moved';
  return item.waiting && before.waiting ? 'stuck' : null;
}

/** Whether a goroutine is what the query asks for, its change not looked at. */
function matcher({ filter, with: wanted, without }: GoroutineQuery): (found: Found) => boolean {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  // Stacks are few: a word is looked for once in each.
  const inStack = words.map(() => new Map<QueryStack, boolean>());
  return ({ item }) => {
    if (!wanted.every((kind) => isKind(item, kind))) return false;
    if (without.some((kind) => isKind(item, kind))) return false;
    if (words.length === 0) return true;
    const own = ownText(item.row);
    return words.every((word, i) => {
      if (own.includes(word)) return true;
      const { stack } = item;
      if (stack === null) return false;
      const known = inStack[i]?.get(stack);
      if (known !== undefined) return known;
      const found = stack.text.includes(word);
      inStack[i]?.set(stack, found);
      return found;
    });
  };
}

function ownText({ id, state, waitsOn, labels, startFunction, createdBy }: GoroutineRow): string {
  const pairs = labels.map(([key, value]) => `${key}:${value}`).join(' ');
  return `${id} ${state} ${waitsOn} ${pairs} ${startFunction} ${createdBy?.function ?? ''}`.toLowerCase();
}

function isKind(item: QueryItem, kind: GoroutineKind): boolean {
  switch (kind) {
    case 'running':
      return item.running;
    case 'waiting':
      return item.waiting;
    case 'user':
      return !item.system;
    case 'system':
      return item.system;
    case 'chan':
      return item.waitReason !== null && /^(?:chan |select)/.test(item.waitReason);
  }
}

type Order = (a: Found, b: Found) => number;

/** Ties, and what has no value, in the order of their numbers. */
function sorter({ by, descending }: GoroutineQuery['sort']): Order {
  const sign = descending ? -1 : 1;
  if (by === 'id') return (a, b) => sign * (a.item.id - b.item.id);
  const keyOf = sortKey(by);
  return (a, b) => {
    const [x, y] = [keyOf(a.item.row), keyOf(b.item.row)];
    if (x !== y) {
      if (x === null || x === '') return 1;
      if (y === null || y === '') return -1;
      return x < y ? -sign : sign;
    }
    return a.item.id - b.item.id;
  };
}

function sortKey(
  by: Exclude<GoroutineQuery['sort']['by'], 'id'>,
): (row: GoroutineRow) => string | number | null {
  switch (by) {
    case 'state':
      return (row) => row.state;
    case 'function':
      return (row) => row.function;
    case 'waiting':
      return (row) => row.waitedNs;
    case 'waitsOn':
      return (row) => row.waitsOn;
    case 'creator':
      return (row) => row.createdBy?.function ?? null;
    case 'startFunction':
      return (row) => row.startFunction;
    case 'labels':
      return (row) => labelText(row);
    case 'count':
      return (row) => row.sameStack;
  }
}

const labelText = ({ labels }: GoroutineRow): string =>
  labels.map(([key, value]) => `${key}: ${value}`).join(', ');

interface Group {
  readonly key: string;
  readonly title: string;
  readonly members: Found[];
}

/** Groups, each followed by its members when it is open. The largest come first, unless the sort is by what they are grouped by. */
function grouped(
  found: readonly Found[],
  query: GoroutineQuery,
  order: Order,
  withChanges: boolean,
): QueryEntry[] {
  const groups = new Map<string, Group>();
  for (const one of found) {
    const { key, title } = groupOf(one.item, query.groupBy);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { key, title, members: [one] });
    else known.members.push(one);
  }
  const open = new Set(query.open);
  const entries: QueryEntry[] = [];
  for (const { key, title, members } of [...groups.values()].sort(groupSorter(query))) {
    entries.push({
      kind: 'group',
      key,
      title,
      count: members.length,
      open: open.has(key),
      changes: withChanges ? countChanges(members) : null,
    });
    if (open.has(key)) for (const one of members.sort(order)) entries.push({ ...one, group: key });
  }
  return entries;
}

function groupSorter({ sort, groupBy }: GoroutineQuery): (a: Group, b: Group) => number {
  const byTitle = (a: Group, b: Group): number => (a.title < b.title ? -1 : a.title > b.title ? 1 : 0);
  const same: Partial<Record<GroupBy, readonly GoroutineQuery['sort']['by'][]>> = {
    state: ['state'],
    waitReason: ['state'],
    creator: ['creator'],
    startFunction: ['startFunction'],
    function: ['function'],
    label: ['labels'],
  };
  const sign = sort.descending ? -1 : 1;
  if (same[groupBy]?.includes(sort.by) === true) return (a, b) => sign * byTitle(a, b);
  const countSign = sort.by === 'count' ? sign : -1;
  return (a, b) => countSign * (a.members.length - b.members.length) || byTitle(a, b);
}

function countChanges(members: readonly Found[]): Partial<Record<Change, number>> {
  const counts: Partial<Record<Change, number>> = {};
  for (const { change } of members) if (change !== null) counts[change] = (counts[change] ?? 0) + 1;
  return counts;
}

function groupOf(item: QueryItem, by: GroupBy): { key: string; title: string } {
  const { row } = item;
  const of = (text: string, none: string): { key: string; title: string } => ({
    key: `${by} ${text}`,
    title: text === '' ? none : text,
  });
  switch (by) {
    case 'none':
      return of('', '');
    case 'state':
      return of(row.state, 'unknown');
    case 'waitReason':
      return of(item.waitReason ?? '', 'not waiting');
    case 'creator': {
      const place = row.createdBy === null ? '' : ` ${row.createdBy.file}:${row.createdBy.line}`;
      return of(`${row.createdBy?.function ?? ''}${place}`, 'no creator');
    }
    case 'startFunction':
      return of(row.startFunction, 'unknown');
    case 'function':
      return of(row.function, 'stack not read');
    case 'label':
      return of(labelText(row), 'no labels');
    case 'stack':
      return item.stack === null
        ? of('', 'stack not read')
        : { key: `stack ${item.stack.key}`, title: item.stack.title };
  }
}
