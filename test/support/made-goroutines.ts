import { RecordingClient, readRecording } from '../../panel/recording-client.ts';
import type {
  Change,
  GoroutineDetail,
  GoroutineQuery,
  GoroutineRow,
  GoroutineRows,
  GroupRow,
  WaitObject,
  WaitTarget,
} from '../../src/protocol/goroutines.ts';
import type { SnapshotState } from '../../src/session/goroutines-state.ts';
import { EXACT } from '../../src/base/confidence.ts';
import life from './recordings/life.json' with { type: 'json' };

// A session with as many goroutines as a test of the panel wants. They are made, not recorded: what the panel does with their number,
// their order and their keys is tested with them, not what a program does.

/** What the goroutines of a kind have in common; every kind has one stack. */
interface Kind {
  readonly state: string;
  readonly function: string;
  readonly line: number;
  readonly waitsOn: string;
  readonly channel: number | null;
  readonly system?: boolean;
}

const MAIN = 'example.com/life/cmd/app/main.go';
const KINDS: readonly Kind[] = [
  {
    state: 'chan receive',
    function: 'main.worker',
    line: 61,
    waitsOn: '<-chan main.job 0xc000108060',
    channel: 0xc000108060,
  },
  {
    state: 'chan send',
    function: 'main.produce',
    line: 88,
    waitsOn: 'chan<- main.result 0xc0001080c0',
    channel: 0xc0001080c0,
  },
  {
    state: 'select',
    function: 'main.(*hub).run',
    line: 120,
    waitsOn: 'select (2 arms)',
    channel: 0xc000108120,
  },
  { state: 'sleep', function: 'main.poll', line: 140, waitsOn: 'sleep 1.2s', channel: null },
  {
    state: 'sync.Mutex.Lock',
    function: 'example.com/life/grid.(*Grid).Set',
    line: 77,
    waitsOn: 'sync.Mutex 0xc00001c0a8',
    channel: 0xc00001c0a8,
  },
  { state: 'runnable', function: 'main.spin', line: 160, waitsOn: '', channel: null },
  {
    state: 'force gc (idle)',
    function: 'runtime.forcegchelper',
    line: 361,
    waitsOn: '',
    channel: null,
    system: true,
  },
];

interface Made {
  readonly id: number;
  readonly kind: Kind;
  readonly waitedNs: number | null;
}

/** What a test asks for. `gone`: ids that later snapshots do not have; each later snapshot has ten new ones. */
export interface MadeOptions {
  readonly count: number;
  readonly verdict?: SnapshotState['verdict'];
  /** Milliseconds until the answer to a question for rows. */
  readonly delay?: number;
}

export class MadeSession extends RecordingClient {
  readonly #options: MadeOptions;
  readonly #lists = new Map<string, readonly Made[]>();
  #taken = 0;

  constructor(options: MadeOptions) {
    super(readRecording({ ...life, state: { ...life.state, traps: [], snapshots: [] } }));
    this.#options = options;
    const instances = this.state().instances.filter(({ key }) => key === 'i1');
    this.change({ instances, tasks: [] });
  }

  override takeSnapshot(
    of: { readonly instanceKey: string } | { readonly trapKey: string },
  ): Promise<string> {
    this.calls.push({ method: 'takeSnapshot', args: [of] });
    const number = ++this.#taken;
    const key = `s${String(number)}`;
    const list = make(this.#options.count, number - 1);
    this.#lists.set(key, list);
    const system = list.filter(({ kind }) => kind.system === true).length;
    const runnable = list.filter(({ kind }) => kind.state === 'runnable').length;
    const snapshot: SnapshotState = {
      key,
      instanceKey: 'i1',
      moduleKey: 'm1',
      trapKey: null,
      origin: 'live',
      label: `#${String(number)} 12:04:3${String(number % 10)}`,
      time: 1763700000000 + number * 1000,
      pinned: false,
      status: 'ready',
      taskId: null,
      error: null,
      facts: {
        total: list.length,
        user: list.length - system,
        system,
        running: 0,
        runnable,
        waiting: list.length - runnable,
        reading: 'Read in one task of the page.',
        consistent: true,
        pauseMs: 12,
        confidence: EXACT,
        notes: [],
      },
      verdict: this.#options.verdict ?? null,
      stacksRead: 1,
    };
    this.change({ snapshots: [snapshot, ...this.state().snapshots] });
    return Promise.resolve(key);
  }

  override pinSnapshot(key: string, pinned: boolean): void {
    this.change({
      snapshots: this.state().snapshots.map((one) => (one.key === key ? { ...one, pinned } : one)),
    });
  }

  override dropSnapshot(key: string): void {
    this.change({ snapshots: this.state().snapshots.filter((one) => one.key !== key) });
  }

  override async goroutineRows(
    snapshot: string,
    query: GoroutineQuery,
    from: number,
    count: number,
  ): Promise<GoroutineRows> {
    this.calls.push({ method: 'goroutineRows', args: [snapshot, from, count] });
    const { rows, matched, changes } = this.#answer(snapshot, query);
    await new Promise((resolve) => setTimeout(resolve, this.#options.delay ?? 0));
    return { totalRows: rows.length, matched, changes, rows: rows.slice(from, from + count) };
  }

  override findGoroutine(
    snapshot: string,
    query: GoroutineQuery,
    which: { readonly key: string } | { readonly id: number },
  ): Promise<{ readonly key: string; readonly index: number | null } | null> {
    const is = (row: GoroutineRow | GroupRow): boolean =>
      'key' in which ? row.key === which.key : row.kind === 'goroutine' && row.id === which.id;
    const { rows } = this.#answer(snapshot, query);
    const index = rows.findIndex(is);
    const row = rows[index];
    if (row !== undefined) return Promise.resolve({ key: row.key, index });
    const made = this.#lists.get(snapshot)?.find((one) => is(rowOf(one, null, null)));
    return Promise.resolve(made === undefined ? null : { key: keyOf(made), index: null });
  }

  override goroutine(snapshot: string, key: string): Promise<GoroutineDetail> {
    const made = this.#lists.get(snapshot)?.find((one) => keyOf(one) === key);
    if (made === undefined) return Promise.reject(new Error('this goroutine has ended'));
    return Promise.resolve(detailOf(made));
  }

  override waitObject(snapshot: string, address: number): Promise<WaitObject> {
    const rows = (this.#lists.get(snapshot) ?? [])
      .filter(({ kind }) => kind.channel === address)
      .map((made) => rowOf(made, null, null));
    const kind = KINDS.find(({ channel }) => channel === address);
    return Promise.resolve({
      kind: 'channel',
      address,
      text: 'chan main.job, 0 of 8 values, open',
      elementType: 'main.job',
      length: 0,
      capacity: 8,
      closed: false,
      senders: kind?.state === 'chan send' ? rows : [],
      receivers: kind?.state === 'chan send' ? [] : rows,
      waiters: [],
      owner: null,
      notes: [],
    });
  }

  override goroutinesAsText(snapshot: string, query: GoroutineQuery): Promise<string> {
    const { rows } = this.#answer(snapshot, query);
    const ids = rows.flatMap((row) => (row.kind === 'goroutine' ? [row] : []));
    return Promise.resolve(ids.map(({ id, state }) => `goroutine ${String(id)} [${state}]:\n`).join('\n'));
  }

  #answer(
    snapshot: string,
    query: GoroutineQuery,
  ): { rows: (GoroutineRow | GroupRow)[]; matched: number; changes: Record<Change, number> | null } {
    const list = this.#lists.get(snapshot) ?? [];
    const base = query.base === null ? null : (this.#lists.get(query.base) ?? []);
    const before = new Map(base?.map((made) => [made.id, made]));
    const now = new Set(list.map(({ id }) => id));
    const words = query.filter.toLowerCase().split(' ').filter(Boolean);
    const text = ({ id, kind }: Made): string =>
      `${String(id)} ${kind.state} ${kind.function} ${MAIN} ${kind.waitsOn}`.toLowerCase();
    const fits = (made: Made): boolean =>
      query.with.every((one) => isOf(made, one)) &&
      !query.without.some((one) => isOf(made, one)) &&
      words.every((word) => text(made).includes(word));
    const changes = { new: 0, gone: 0, moved: 0, stuck: 0 };
    let found = [...list, ...(base ?? []).filter(({ id }) => !now.has(id))].filter(fits).map((made) => {
      const change = base === null ? null : changeOf(made, before.get(made.id), now);
      if (change !== null) changes[change]++;
      return { made, change };
    });
    if (query.changes.length > 0)
      found = found.filter(({ change }) => change !== null && query.changes.includes(change));
    const sign = query.sort.descending ? -1 : 1;
    const value = ({ made }: { made: Made }): string | number =>
      query.sort.by === 'function'
        ? made.kind.function
        : query.sort.by === 'waiting'
          ? (made.waitedNs ?? -1)
          : made.id;
    found.sort((a, b) => (value(a) < value(b) ? -sign : value(a) > value(b) ? sign : a.made.id - b.made.id));
    const matched = found.length;
    const all = base === null ? null : changes;
    if (query.groupBy === 'none')
      return { rows: found.map(({ made, change }) => rowOf(made, change, null)), matched, changes: all };
    const groups = new Map<string, typeof found>();
    for (const one of found) {
      const title = query.groupBy === 'state' ? one.made.kind.state : one.made.kind.function;
      const members = groups.get(title);
      if (members === undefined) groups.set(title, [one]);
      else members.push(one);
    }
    const rows = [...groups]
      .sort((a, b) => b[1].length - a[1].length)
      .flatMap(([title, members]): (GoroutineRow | GroupRow)[] => {
        const open = query.open.includes(title);
        const group: GroupRow = {
          kind: 'group',
          key: title,
          title,
          count: members.length,
          open,
          changes: null,
        };
        return [group, ...(open ? members.map(({ made, change }) => rowOf(made, change, title)) : [])];
      });
    return { rows, matched, changes: all };
  }
}

/** Snapshot `at` of `count` goroutines: later ones miss the first fives and have ten new ones each. */
function make(count: number, at: number): readonly Made[] {
  const list: Made[] = [];
  for (let id = 1; id <= count + at * 10; id++) {
    if (id % 5 === 0 && id <= at * 25) continue;
    const kind = KINDS[id % KINDS.length];
    if (kind !== undefined) list.push({ id, kind, waitedNs: id % 3 === 0 ? id * 1e9 : null });
  }
  return list;
}

const keyOf = ({ id }: Made): string => `g${String(id)}`;

function isOf({ kind }: Made, what: string): boolean {
  switch (what) {
    case 'user':
      return kind.system !== true;
    case 'system':
      return kind.system === true;
    case 'running':
      return kind.state === 'runnable';
    case 'chan':
      return /chan|select/.test(kind.state);
    default:
      return kind.state !== 'runnable';
  }
}

function changeOf(made: Made, before: Made | undefined, now: ReadonlySet<number>): Change {
  if (before === undefined) return 'new';
  if (!now.has(made.id)) return 'gone';
  return made.kind.state === 'runnable' ? 'moved' : 'stuck';
}

function rowOf({ id, kind, waitedNs }: Made, change: Change | null, group: string | null): GoroutineRow {
  return {
    kind: 'goroutine',
    key: `g${String(id)}`,
    group,
    id,
    state: kind.state,
    waitedNs,
    system: kind.system === true,
    function: kind.function,
    file: MAIN,
    line: kind.line,
    lineEnd: null,
    confidence: id % 7 === 3 ? { kind: 'inferred', why: 'the frame was not proved' } : EXACT,
    startFunction: `${kind.function}.gowrap1`,
    createdBy: { function: 'main.main', file: MAIN, line: 31, goroutine: 1 },
    waitsOn: kind.waitsOn,
    labels: id % 4 === 0 ? [['job', 'resize']] : [],
    change,
    sameStack: 100,
  };
}

function detailOf({ id, kind }: Made): GoroutineDetail {
  const target: WaitTarget = {
    kind: 'channel',
    address: kind.channel,
    text: kind.waitsOn,
    direction: kind.state === 'chan send' ? 'send' : 'receive',
    select: kind.state === 'select',
    confidence: EXACT,
  };
  const frame = {
    file: MAIN,
    lineEnd: null,
    inlined: false,
    language: 'go',
    moduleOffset: null,
    raw: null,
    confidence: EXACT,
  } as const;
  const runtime = { ...frame, file: 'runtime/proc.go', args: '...', pcOffset: 12, fold: 'runtime' } as const;
  return {
    key: `g${String(id)}`,
    id,
    header: `goroutine ${String(id)} [${kind.state}]:`,
    stack: {
      source: 'memory',
      note: 'Read from the memory of the program.',
      header: `goroutine ${String(id)} [${kind.state}]:`,
      frames: [
        { ...runtime, function: 'runtime.gopark', line: 461 },
        { ...runtime, function: 'runtime.chanrecv', line: 667 },
        {
          ...frame,
          function: kind.function,
          line: kind.line,
          args: '0xc000012120',
          pcOffset: 29,
          fold: null,
        },
        { ...frame, function: 'main.main.func1', line: 31, args: '', pcOffset: 37, fold: null },
      ],
      createdBy: { function: 'main.main', file: MAIN, line: 31, goroutine: 1 },
    },
    waits:
      kind.waitsOn === ''
        ? []
        : kind.state === 'select'
          ? [target, { ...target, direction: 'send', text: 'chan<- int 0xc000108180', address: 0xc000108180 }]
          : [target],
    labels: id % 4 === 0 ? [['job', 'resize']] : [],
    lockedThread: false,
    system: kind.system === true,
    startFunction: `${kind.function}.gowrap1`,
    advice: [],
    notes: [],
  };
}
