import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import type { TaskState } from '../../../src/session/state.ts';
import { copyText } from '../../components/clipboard.ts';
import { Icon } from '../../components/icon.tsx';
import { SplitPane } from '../../components/split-pane.tsx';
import { TextButton } from '../../components/toolbar.tsx';
import { useAnswer } from '../../components/use-answer.ts';
import { useModel } from '../../model/context.ts';
import { stackAsText } from '../../model/frames.ts';
import { clip, formatCount, formatShare } from '../../model/text.ts';
import type { GoroutineQuery, GroupRow, SnapshotState } from '../../model/types.ts';
import { EmptyState } from '../../shell/empty-state.tsx';
import { DetailPane } from './goroutine-detail.tsx';
import { GoroutineTable } from './goroutine-table.tsx';
import { GoroutinesToolbar } from './goroutines-toolbar.tsx';
import { isPrefs, queryOf, sortOf, START } from './query.ts';
import type { GoroutinePrefs } from './query.ts';
import { RowList } from './row-list.ts';
import type { Row } from './row-window.ts';
import { programOf, situationOf, takeOf } from './situation.ts';
import type { Situation } from './situation.ts';
import { SnapshotBar } from './snapshot-bar.tsx';
import { useAutoRefresh } from './use-auto-refresh.ts';
import { VerdictBar } from './verdict-bar.tsx';
import { basesOf, snapshotsOf } from './words.ts';

/** Panes narrower than this, in CSS pixels, are put one above the other: the table has many columns. */
const STACK_BELOW = 860;

/** How often rows are asked for again while the stacks of a snapshot are being read. */
const REFRESHES = 8;

/** Programs that the view has read by itself when it was shown first, for each panel. */
const shownFirst = new WeakMap<object, Set<string>>();

/** Keys of the groups that are open, of those that there are by this property. */
interface OpenGroups {
  readonly by: GoroutinePrefs['groupBy'];
  readonly keys: readonly string[];
}

const NONE: readonly string[] = [];

export function GoroutinesView(): JSX.Element {
  const model = useModel();
  const { store } = model;
  const state = model.state.value;
  const place = model.place.value;
  const [prefs, setPrefsState] = useState<GoroutinePrefs>(() => store.get('goroutines', isPrefs) ?? START);
  const setPrefs = (next: GoroutinePrefs): void => {
    setPrefsState(next);
    store.set('goroutines', next);
  };
  const program = programOf(state, model.instance.value);
  const cost = program === null ? null : model.client.goroutines.cost(program.key);
  const situation = situationOf(state, model.instance.value, place.snapshot, cost);
  const snapshot = situation.kind === 'snapshot' ? situation.snapshot : null;
  const snapshots = snapshotsOf(state, program);
  const base =
    snapshot === null
      ? null
      : (basesOf(state.snapshots, snapshot).find(({ key }) => key === place.base) ?? null);
  const filter = model.filter('goroutines').value;
  const [opened, setOpened] = useState<OpenGroups>({ by: prefs.groupBy, keys: [] });
  const open = opened.by === prefs.groupBy ? opened.keys : NONE;
  const query = useMemo(
    () => queryOf(prefs, filter, base?.key ?? null, open),
    [prefs, filter, base?.key, open],
  );
  const take = situation.kind === 'empty' ? situation.take : null;

  useAutoRefresh(program, prefs.autoRefresh);
  useEffect(() => {
    if (take === null || program === null) return;
    const done = shownFirst.get(model) ?? new Set();
    shownFirst.set(model, done);
    if (done.has(take)) return;
    done.add(take);
    takeOf(program).run(model);
  }, [take]);

  return (
    <>
      <GoroutinesToolbar
        program={program}
        cost={cost}
        snapshot={snapshot}
        query={query}
        prefs={prefs}
        setPrefs={setPrefs}
      />
      {situation.kind === 'empty' ? (
        <Nothing situation={situation} />
      ) : (
        <Snapshot
          snapshot={situation.snapshot}
          snapshots={snapshots}
          base={base}
          query={query}
          prefs={prefs}
          setPrefs={setPrefs}
          toggle={({ key, open: isOpen }) => {
            // As it is shown: twice in a hurry is no way back.
            const others = open.filter((one) => one !== key);
            setOpened({ by: prefs.groupBy, keys: isOpen ? others : [...others, key] });
          }}
        />
      )}
    </>
  );
}

function Snapshot({
  snapshot,
  snapshots,
  base,
  query,
  prefs,
  setPrefs,
  toggle,
}: {
  snapshot: SnapshotState;
  snapshots: readonly SnapshotState[];
  base: SnapshotState | null;
  query: GoroutineQuery;
  prefs: GoroutinePrefs;
  setPrefs: (prefs: GoroutinePrefs) => void;
  toggle: (group: GroupRow) => void;
}): JSX.Element {
  const model = useModel();
  const list = useRowList(snapshot, query);
  const row = list.cursor === null ? null : list.row(list.cursor);
  const chosen = useChosen(snapshot, query, row);

  const openRow = (target: Row): void => {
    if (target.kind === 'group') toggle(target);
    if (target.kind === 'group' || target.file === '') return;
    const opened = model.client.openSource(snapshot.moduleKey, target.file, target.line);
    const check = async (): Promise<void> => {
      const result = await opened;
      if (!result.ok) throw new Error(result.why);
    };
    model.run(`Opening ${target.file}`, check());
  };
  const copyRow = (target: Row): void => {
    const copy = async (): Promise<void> => {
      const text =
        target.kind === 'group'
          ? `${String(target.count)} × ${target.title}\n`
          : stackAsText((await model.client.goroutines.detail(snapshot.key, target.key)).stack);
      if (!(await copyText(text))) throw new Error('the browser refused the clipboard');
    };
    model.run('Copying', copy());
  };
  return (
    <>
      <SnapshotBar
        snapshot={snapshot}
        snapshots={snapshots}
        base={base}
        totals={list.totals}
        prefs={prefs}
        setPrefs={setPrefs}
      />
      <VerdictBar key={snapshot.key} snapshot={snapshot} />
      <Notes snapshot={snapshot} failure={list.failure} />
      <SplitPane
        id="goroutines"
        axis="auto"
        initial={0.6}
        stackBelow={STACK_BELOW}
        label="Width of the list of goroutines"
        first={
          <GoroutineTable
            list={list}
            grouped={query.groupBy !== 'none'}
            compared={base !== null}
            sort={sortOf(prefs)}
            onSort={(sort) => setPrefs({ ...prefs, sort })}
            onToggle={toggle}
            onOpen={openRow}
            onCopy={copyRow}
            empty={
              list.totals === null ? (
                <span class="subtle">Asking for the goroutines…</span>
              ) : (
                <span class="subtle">{nothingMatches(snapshot, query)}</span>
              )
            }
          />
        }
        second={
          <DetailPane snapshot={snapshot} rowKey={chosen.rowKey} group={row?.kind === 'group' ? row : null} />
        }
      />
    </>
  );
}

/** The list of rows, which follows the snapshot, the query and the panel's place. */
function useRowList(snapshot: SnapshotState, query: GoroutineQuery): RowList {
  const model = useModel();
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const list = useMemo(() => new RowList(model.client.goroutines, () => draw(undefined)), [model]);
  const { goroutine } = model.place.value;
  const group = query.groupBy === 'none' ? null : model.place.value.group;
  list.onChoose = (row, byKey) => {
    const change =
      row.kind === 'group' ? { group: row.key } : { group: null, goroutine: row.id, waitObject: null };
    if (byKey) model.adjust(change);
    else model.go(change);
  };
  useEffect(() => () => list.close(), [list]);
  // At once, not after the next frame: the next key may come before that, and what is stale by then would undo it.
  useLayoutEffect(() => list.open(snapshot.key, query), [snapshot.key, query]);
  useLayoutEffect(
    () => list.choose(group !== null ? { group } : goroutine !== null ? { id: goroutine } : null, true),
    [goroutine, group],
  );
  // Functions of rows come with their stacks: asked for now and then meanwhile, as each answer is worked out anew.
  const step = Math.floor(snapshot.stacksRead * REFRESHES);
  const last = useRef(step);
  useEffect(() => {
    if (step !== last.current) list.refresh();
    last.current = step;
  }, [step]);
  return list;
}

/** Key of the goroutine whose detail is shown: the row under the cursor, the first of a group, or one that is not in the list. */
function useChosen(
  snapshot: SnapshotState,
  query: GoroutineQuery,
  row: Row | null,
): { readonly rowKey: string | null } {
  const { client, place } = useModel();
  const { goroutine } = place.value;
  const outside = row === null ? goroutine : null;
  const group = row?.kind === 'group' ? row.key : null;
  const question =
    outside !== null
      ? `${snapshot.key} ${String(outside)}`
      : group !== null
        ? `${snapshot.key} ${group} ${JSON.stringify({ ...query, open: [] })}`
        : null;
  const { value, current } = useAnswer(question, async (): Promise<string | null> => {
    if (outside !== null)
      return (await client.goroutines.find(snapshot.key, query, { id: outside }))?.key ?? null;
    const inside = { ...query, open: [group ?? ''] };
    const found = await client.goroutines.find(snapshot.key, inside, { key: group ?? '' });
    if (found?.index == null) return null;
    const { rows } = await client.goroutines.rows(snapshot.key, inside, found.index + 1, 1);
    return rows[0]?.kind === 'goroutine' ? rows[0].key : null;
  });
  if (row?.kind === 'goroutine') return { rowKey: row.key };
  return { rowKey: current || group !== null ? value : null };
}

/** What could not be read, above the table. */
function Notes({
  snapshot,
  failure,
}: {
  snapshot: SnapshotState;
  failure: string | null;
}): JSX.Element | null {
  const notes = snapshot.facts?.notes ?? [];
  const { confidence } = snapshot.facts ?? {};
  const all = [
    ...(failure === null ? [] : [failure]),
    ...(confidence === undefined || confidence.kind === 'exact' ? [] : [confidence.why]),
    ...notes,
  ];
  const [first, ...rest] = all;
  if (first === undefined) return null;
  return (
    <div class={`infobar ${failure === null ? 'info' : 'error'}`} role="status">
      <Icon name={failure === null ? 'info' : 'error'} class={failure === null ? 'info' : ''} />
      <span class="infobar-text" data-tip={all.join('\n').slice(0, 2000)}>
        {clip(first, 400)}
        {rest.length === 0 ? '' : ` (and ${formatCount(rest.length)} more)`}
      </span>
    </div>
  );
}

function nothingMatches(snapshot: SnapshotState, query: GoroutineQuery): string {
  const hidden = query.with.includes('user') ? (snapshot.facts?.system ?? 0) : 0;
  const system = hidden === 0 ? '' : ` ${formatCount(hidden)} system goroutines are hidden.`;
  const reading = snapshot.stacksRead < 1 && query.filter !== '' ? ' Stacks are still being read.' : '';
  return `No goroutine matches.${system}${reading}`;
}

/** Why there is nothing to show, the progress of what is under way, and what would help. */
function Nothing({ situation }: { situation: Extract<Situation, { kind: 'empty' }> }): JSX.Element {
  const model = useModel();
  const task = model.state.value.tasks.find(({ id }) => id === situation.taskId) ?? null;
  return (
    <EmptyState empty={situation.empty}>
      {situation.error === null ? null : (
        <div class="empty-error code" role="alert">
          {clip(situation.error, 1000)}
        </div>
      )}
      {task === null ? null : <Progress task={task} />}
    </EmptyState>
  );
}

function Progress({ task }: { task: TaskState }): JSX.Element {
  const model = useModel();
  return (
    <div class="empty-progress">
      <progress
        aria-label={clip(task.title, 80)}
        max={1}
        {...(task.progress === null ? {} : { value: task.progress })}
      />
      <span>{task.progress === null ? '' : formatShare(task.progress)}</span>
      <TextButton kind="outlined" text="Cancel" onClick={() => model.client.cancelTask(task.id)} />
    </div>
  );
}
