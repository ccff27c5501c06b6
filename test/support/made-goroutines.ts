import { RecordedGoroutines, type RecordedSession } from '../../panel/recorded-goroutines.ts';
import { RecordingClient, readRecording } from '../../panel/recording-client.ts';
import { EXACT, type Confidence } from '../../src/base/confidence.ts';
import { answerQuery, findRow, readGoneKey, rowsOf } from '../../src/protocol/goroutine-query.ts';
import type { QueryAnswer, QueryItem } from '../../src/protocol/goroutine-query.ts';
import type {
  GoroutineDetail,
  GoroutineQuery,
  GoroutineRow,
  GoroutineRows,
  WaitObject,
  WaitTarget,
} from '../../src/protocol/goroutines.ts';
import type { GoroutinesClient } from '../../src/session/goroutines-client.ts';
import type { SnapshotState } from '../../src/session/goroutines-state.ts';
import type { FrameArguments } from '../../src/values/typed-arguments.ts';
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
  { state: 'running', function: 'main.spin', line: 160, waitsOn: '', channel: null },
  {
    state: 'force gc (idle)',
    function: 'runtime.forcegchelper',
    line: 361,
    waitsOn: '',
    channel: null,
    system: true,
  },
];

/** What a test asks for. */
export interface MadeOptions {
  readonly count: number;
  readonly verdict?: SnapshotState['verdict'];
}

class MadeGoroutines extends RecordedGoroutines {
  readonly #session: RecordedSession;
  readonly #options: MadeOptions;
  readonly #lists = new Map<string, readonly QueryItem[]>();
  #taken = 0;
  #last: { readonly asked: string; readonly answer: QueryAnswer } | null = null;

  constructor(session: RecordedSession, options: MadeOptions) {
    super(session, []);
    this.#session = session;
    this.#options = options;
  }

  override take(of: { readonly instanceKey: string } | { readonly trapKey: string }): Promise<string> {
    void this.#session.note('goroutines.take', of);
    const number = ++this.#taken;
    const key = `s${String(number)}`;
    const list = make(this.#options.count, number - 1);
    this.#lists.set(key, list);
    const system = list.filter(({ row }) => row.system).length;
    const running = list.filter((item) => item.running).length;
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
        running,
        runnable: 0,
        waiting: list.length - running,
        reading: 'Read in one task of the page.',
        consistent: true,
        pauseMs: 12,
        confidence: EXACT,
        notes: [],
      },
      verdict: this.#options.verdict ?? null,
      stacksRead: 1,
    };
    // As in the session, one that is not pinned goes.
    const kept = this.#session.state().snapshots.filter(({ pinned }) => pinned);
    this.#session.change({ snapshots: [snapshot, ...kept] });
    return Promise.resolve(key);
  }

  override async rows(
    snapshot: string,
    query: GoroutineQuery,
    from: number,
    count: number,
  ): Promise<GoroutineRows> {
    void this.#session.note('goroutines.rows', snapshot, query, from, count);
    await new Promise((resolve) => setTimeout(resolve, 0));
    return rowsOf(this.#answer(snapshot, query), from, count);
  }

  override find(
    snapshot: string,
    query: GoroutineQuery,
    which: { readonly key: string } | { readonly id: number },
  ): Promise<{ readonly key: string; readonly index: number | null } | null> {
    const items = this.#lists.get(snapshot) ?? [];
    const base = query.base === null ? null : (this.#lists.get(query.base) ?? []);
    return Promise.resolve(findRow(this.#answer(snapshot, query), { items, base, query }, which));
  }

  override detail(snapshot: string, key: string): Promise<GoroutineDetail> {
    void this.#session.note('goroutines.detail', snapshot, key);
    const gone = readGoneKey(key);
    const list = this.#lists.get(gone?.base ?? snapshot);
    const found = list?.find(({ row }) => row.key === (gone?.key ?? key));
    if (found === undefined) return Promise.reject(new Error('this goroutine is not in the snapshot'));
    return Promise.resolve(detailOf(found.row));
  }

  override arguments(snapshot: string, key: string): Promise<readonly FrameArguments[]> {
    void this.#session.note('goroutines.arguments', snapshot, key);
    const inferred: Confidence = { kind: 'inferred', why: 'the place was used for something else' };
    return Promise.resolve([
      { ok: false, why: 'runtime/proc.go is of the standard library.' },
      { ok: false, why: 'The compiler copied this function into its caller.' },
      {
        ok: true,
        arguments: [
          { name: 'jobs', type: '<-chan main.job', text: '0xc000012120 (0 of 8)', confidence: EXACT },
          { name: 'name', type: 'string', text: '"resize"', confidence: inferred },
        ],
      },
      { ok: true, arguments: [] },
    ]);
  }

  override waitObject(snapshot: string, address: number): Promise<WaitObject> {
    const kind = KINDS.find(({ channel }) => channel === address);
    const rows = (this.#lists.get(snapshot) ?? [])
      .filter(({ row }) => row.waitsOn === kind?.waitsOn)
      .map(({ row }) => row);
    const sends = kind?.state === 'chan send';
    return Promise.resolve({
      kind: 'channel',
      address,
      text: 'chan main.job, 0 of 8 values, open',
      elementType: 'main.job',
      length: 0,
      capacity: 8,
      closed: false,
      senders: sends ? rows : [],
      receivers: sends ? [] : rows,
      waiters: [],
      owner: null,
      notes: [],
    });
  }

  override asText(snapshot: string, query: GoroutineQuery): Promise<string> {
    const { rows } = rowsOf(this.#answer(snapshot, query), 0, Infinity);
    const lines = rows.flatMap((row) =>
      row.kind === 'goroutine' ? [`goroutine ${String(row.id)} [${row.state}]:\n`] : [],
    );
    return Promise.resolve(lines.join('\n'));
  }

  /** As the worker answers; the last answer is kept, as there. */
  #answer(snapshot: string, query: GoroutineQuery): QueryAnswer {
    const asked = JSON.stringify([snapshot, query]);
    if (this.#last?.asked !== asked) {
      const base = query.base === null ? null : (this.#lists.get(query.base) ?? []);
      this.#last = { asked, answer: answerQuery(this.#lists.get(snapshot) ?? [], query, base) };
    }
    return this.#last.answer;
  }
}

/** A session of one running program with as many goroutines as a test asks for. */
export class MadeSession extends RecordingClient {
  override readonly goroutines: GoroutinesClient;

  constructor(options: MadeOptions) {
    super(readRecording({ ...life, state: { ...life.state, traps: [], snapshots: [] } }));
    this.goroutines = new MadeGoroutines(this, options);
    const instances = this.state()
      .instances.filter(({ key }) => key === 'i1')
      .map((instance) => ({ ...instance, state: 'running' as const }));
    this.change({ instances, tasks: [] });
  }
}

/**
 * Snapshot `at` of `count` goroutines, the first being 0: each later one lacks the first fives of those before and has ten new ones.
 * Every second running one has moved on meanwhile.
 */
function make(count: number, at: number): readonly QueryItem[] {
  const list: QueryItem[] = [];
  for (let id = 1; id <= count + at * 10; id++) {
    const kind = KINDS[id % KINDS.length];
    if (kind === undefined || (id % 5 === 0 && id <= at * 25)) continue;
    const running = kind.state === 'running';
    const text = `${kind.function} ${MAIN}:${String(kind.line)}`;
    const moved = running && id % 2 === 0 ? `, step ${String(at)}` : '';
    list.push({
      row: rowOf(id, kind),
      id,
      system: kind.system === true,
      waitReason: running ? null : kind.state,
      waiting: !running,
      running,
      waitKey: kind.waitsOn,
      stack: { key: `${text}${moved}`, title: `${kind.function}, 4 frames`, text: text.toLowerCase() },
    });
  }
  return list;
}

function rowOf(id: number, kind: Kind): GoroutineRow {
  return {
    kind: 'goroutine',
    key: `g${String(id)}`,
    group: null,
    id,
    state: kind.state,
    waitedNs: id % 3 === 0 ? id * 1e9 : null,
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
    change: null,
    sameStack: 100,
  };
}

function detailOf(row: GoroutineRow): GoroutineDetail {
  const { id, key, state, labels, system, startFunction } = row;
  const header = `goroutine ${String(id)} [${state}]:`;
  const channel = KINDS.find(({ waitsOn }) => waitsOn === row.waitsOn)?.channel ?? null;
  const target: WaitTarget = {
    kind: 'channel',
    address: channel,
    text: row.waitsOn,
    direction: state === 'chan send' ? 'send' : 'receive',
    select: state === 'select',
    confidence: EXACT,
  };
  const other: WaitTarget = {
    ...target,
    direction: 'send',
    text: 'chan<- int 0xc000108180',
    address: 0xc000108180,
  };
  const frame = { lineEnd: null, inlined: false, language: 'go', moduleOffset: null, raw: null } as const;
  const runtime = { ...frame, file: 'runtime/proc.go', args: '...', pcOffset: 12, fold: 'runtime' } as const;
  const own = { ...frame, file: MAIN, fold: null, confidence: EXACT } as const;
  return {
    key,
    id,
    header,
    stack: {
      source: 'memory',
      note: 'Read from the memory of the program.',
      header,
      frames: [
        { ...runtime, function: 'runtime.gopark', line: 461, confidence: EXACT },
        { ...runtime, function: 'runtime.chanrecv', line: 667, confidence: EXACT },
        { ...own, function: row.function, line: row.line, args: '0xc000012120', pcOffset: 29 },
        { ...own, function: 'main.main.func1', line: 31, args: '', pcOffset: 37 },
      ],
      createdBy: row.createdBy,
    },
    waits: row.waitsOn === '' ? [] : state === 'select' ? [target, other] : [target],
    labels,
    lockedThread: false,
    system,
    startFunction,
    advice: [],
    notes: [],
  };
}
