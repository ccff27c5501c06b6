import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { SnapshotCost } from '../../../src/session/goroutines-client.ts';
import type { InstanceState } from '../../../src/session/state.ts';
import { copyText } from '../../components/clipboard.ts';
import { saveFile } from '../../components/files.ts';
import { Divider, FilterBox, IconButton, TextButton, Toolbar } from '../../components/toolbar.tsx';
import { useModel } from '../../model/context.ts';
import { formatCount } from '../../model/text.ts';
import type { GoroutineKind, GoroutineQuery, GroupBy, SnapshotState } from '../../model/types.ts';
import { openDump } from '../../shell/actions.ts';
import { GROUPS, INTERVALS, KINDS, nextKind } from './query.ts';
import type { GoroutinePrefs } from './query.ts';
import { takeOf } from './situation.ts';
import { costText } from './words.ts';

/** How long "Copied" stays, in milliseconds. */
const SAID = 1500;

/** Refresh, filter, grouping and what to show; at the end what can be done with the snapshot. */
export function GoroutinesToolbar({
  program,
  cost,
  snapshot,
  query,
  prefs,
  setPrefs,
}: {
  /** The program that a refresh reads; null: none is chosen. */
  program: InstanceState | null;
  /** Of a snapshot of it. */
  cost: SnapshotCost | null;
  /** The snapshot that is shown. */
  snapshot: SnapshotState | null;
  query: GoroutineQuery;
  prefs: GoroutinePrefs;
  setPrefs: (prefs: GoroutinePrefs) => void;
}): JSX.Element {
  const model = useModel();
  const { snapshots } = model.state.value;
  const reading = snapshots.some((s) => s.instanceKey === program?.key && s.status === 'reading');
  const take = program === null ? null : takeOf(program);
  const setGroup = (groupBy: GroupBy): void => {
    setPrefs({ ...prefs, groupBy, sort: null });
    model.adjust({ group: null });
  };
  return (
    <Toolbar label="Goroutines">
      <IconButton
        icon="reload"
        label="Refresh"
        tip={
          take === null
            ? 'Choose a program first: its goroutines are read then'
            : `Refresh\n${take.tip}\n${costText(cost)}`
        }
        disabled={take === null || reading}
        onClick={() => take?.run(model)}
      />
      <select
        class="select"
        aria-label="Auto-refresh"
        data-tip={`Takes a snapshot again and again while this view is shown. The one before is dropped, unless it is pinned.\n${costText(cost)}`}
        value={String(prefs.autoRefresh)}
        disabled={program === null}
        onChange={(event) => setPrefs({ ...prefs, autoRefresh: Number(event.currentTarget.value) })}
      >
        {INTERVALS.map((seconds) => (
          <option key={seconds} value={String(seconds)}>
            {seconds === 0 ? 'Auto: off' : `Auto: ${String(seconds)} s`}
          </option>
        ))}
      </select>
      <Divider />
      <FilterBox
        value={model.filter('goroutines').value}
        label="Filter goroutines"
        onInput={(text) => model.setFilter('goroutines', text)}
      />
      <label class="toolbar-label">
        Group by
        <select
          class="select"
          value={prefs.groupBy}
          onChange={(event) => {
            const { value } = event.currentTarget;
            setGroup(GROUPS.find(([id]) => id === value)?.[0] ?? 'none');
          }}
        >
          {GROUPS.map(([id, title]) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <Divider />
      {KINDS.map(([kind, what]) => (
        <KindButton
          key={kind}
          kind={kind}
          what={what}
          how={prefs.kinds[kind]}
          count={countOf(kind, snapshot)}
          onClick={() => setPrefs(nextKind(prefs, kind))}
        />
      ))}
      <span class="spring" />
      <SnapshotActions snapshot={snapshot} query={query} program={program} />
    </Toolbar>
  );
}

/** How many goroutines of a kind the snapshot has, where that is known. */
function countOf(kind: GoroutineKind, snapshot: SnapshotState | null): number | null {
  const facts = snapshot?.facts ?? null;
  if (facts === null || kind === 'chan') return null;
  return facts[kind];
}

const HOW = {
  with: 'only these are shown',
  without: 'these are hidden',
  any: 'not filtered by this',
} as const;

/** One of Delve's -with and -without: off, `+kind`, `−kind`. */
function KindButton({
  kind,
  what,
  how,
  count,
  onClick,
}: {
  kind: GoroutineKind;
  what: string;
  how: 'with' | 'without' | undefined;
  count: number | null;
  onClick: () => void;
}): JSX.Element {
  const state = HOW[how ?? 'any'];
  return (
    <button
      type="button"
      class={`pill ${how ?? ''}`}
      aria-label={`${kind}: ${state}`}
      aria-pressed={how === 'without' ? 'mixed' : how === 'with'}
      data-kind={kind}
      data-tip={`${what}${count === null ? '' : `: ${formatCount(count)}`}\nNow ${state}. A click changes between only these, all but these, and no filter.`}
      onClick={onClick}
    >
      {how === 'with' ? '+' : how === 'without' ? '−' : ''}
      {kind}
    </button>
  );
}

/** Copy, save, export, open. */
function SnapshotActions({
  snapshot,
  query,
  program,
}: {
  snapshot: SnapshotState | null;
  query: GoroutineQuery;
  program: InstanceState | null;
}): JSX.Element {
  const model = useModel();
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => setSaid(null), SAID);
    return () => clearTimeout(timer);
  }, [said]);
  const key = snapshot?.status === 'ready' ? snapshot.key : null;
  const copy = async (of: string): Promise<void> => {
    const text = await model.client.goroutines.asText(of, { ...query, groupBy: 'none', open: [] });
    const copied = await copyText(text);
    // A click allows the clipboard for a few seconds only; what takes longer becomes a file.
    if (!copied) saveFile('goroutines.txt', new Blob([text], { type: 'text/plain' }));
    setSaid(copied ? 'Copied' : 'Saved as a file: the browser refused the clipboard');
  };
  const save = async (what: Promise<{ readonly name: string; readonly blob: Blob }>): Promise<void> => {
    const { name, blob } = await what;
    saveFile(name, blob);
  };
  const { moduleKey } = program ?? { moduleKey: onlyGoModule(model.state.value.modules) };
  const open = openDump(moduleKey);
  return (
    <>
      <span class="toolbar-text subtle" role="status">
        {said}
      </span>
      <IconButton
        icon="copy"
        tip="Copy as Go traceback: the goroutines that the filter leaves"
        label="Copy as Go traceback"
        disabled={key === null}
        onClick={() => key !== null && model.run('Copying', copy(key))}
      />
      <IconButton
        icon="profile"
        tip="Export as goroutine profile (pprof): for go tool pprof"
        label="Export as goroutine profile"
        disabled={key === null}
        onClick={() => key !== null && model.run('The export', save(model.client.goroutines.asPprof(key)))}
      />
      <IconButton
        icon="save"
        tip={
          'Save memory as a dump: the whole linear memory with the hash of its module.\nIt can be opened here again, and holds all data of the program.'
        }
        label="Save memory"
        disabled={key === null}
        onClick={() =>
          key !== null && model.run('Saving the memory', save(model.client.goroutines.saveMemory(key)))
        }
      />
      <TextButton icon="open" text={open.text} tip={open.tip} onClick={() => open.run(model)} />
    </>
  );
}

function onlyGoModule(
  modules: readonly { readonly key: string; readonly report: { readonly toolchain: string } | null }[],
): string | null {
  const go = modules.filter(({ report }) => report?.toolchain === 'go' || report?.toolchain === 'tinygo');
  return go.length === 1 ? (go[0]?.key ?? null) : null;
}
