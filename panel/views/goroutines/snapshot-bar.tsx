import type { JSX } from 'preact';
import { Icon } from '../../components/icon.tsx';
import { Divider, IconButton, Toolbar } from '../../components/toolbar.tsx';
import { useModel } from '../../model/context.ts';
import { formatCount, formatDuration, formatShare, tip } from '../../model/text.ts';
import type { SnapshotState } from '../../model/types.ts';
import { CHANGES, toggleChange } from './query.ts';
import type { GoroutinePrefs } from './query.ts';
import type { Totals } from './row-window.ts';
import { basesOf, countText, snapshotTitle } from './words.ts';

/** Which snapshot is shown and what it is compared with; at the end how it was read. */
export function SnapshotBar({
  snapshot,
  snapshots,
  base,
  totals,
  prefs,
  setPrefs,
}: {
  snapshot: SnapshotState;
  /** Those that can be chosen, newest first. */
  snapshots: readonly SnapshotState[];
  base: SnapshotState | null;
  totals: Totals | null;
  prefs: GoroutinePrefs;
  setPrefs: (prefs: GoroutinePrefs) => void;
}): JSX.Element {
  const model = useModel();
  const list = snapshots.includes(snapshot) ? snapshots : [snapshot, ...snapshots];
  const bases = basesOf(list, snapshot);
  const pin = snapshot.pinned
    ? 'Unpin this snapshot: it goes when the next one of its program is there'
    : 'Pin this snapshot: it stays when the next one is taken, to be compared with';
  const compare = (key: string | null): void => {
    // It has to outlive the next snapshot.
    if (key !== null) model.client.goroutines.pin(key, true);
    model.go({ base: key });
  };
  return (
    <Toolbar label="Snapshots" class="snapshot-bar">
      <select
        class="select"
        aria-label="Snapshot"
        data-tip={tip(snapshotTitle(snapshot))}
        value={snapshot.key}
        onChange={(event) => model.go({ snapshot: event.currentTarget.value })}
      >
        {list.map((one) => (
          <option key={one.key} value={one.key}>
            {snapshotTitle(one)}
          </option>
        ))}
      </select>
      <IconButton
        icon={snapshot.pinned ? 'pinned' : 'pin'}
        tip={pin}
        label={snapshot.pinned ? 'Unpin' : 'Pin'}
        pressed={snapshot.pinned}
        onClick={() => model.client.goroutines.pin(snapshot.key, !snapshot.pinned)}
      />
      <IconButton
        icon="delete"
        tip="Drop this snapshot"
        onClick={() => {
          model.adjust({ snapshot: null });
          model.client.goroutines.drop(snapshot.key);
        }}
      />
      <Divider />
      <label class="toolbar-label" data-tip="What is new, gone, moved or stuck since an earlier snapshot">
        Compare with
        <select
          class="select"
          value={base?.key ?? (model.place.value.base === snapshot.key ? snapshot.key : '')}
          onChange={(event) => compare(event.currentTarget.value === '' ? null : event.currentTarget.value)}
        >
          <option value="">nothing</option>
          {snapshot.origin === 'live' ? (
            <option value={snapshot.key}>this one, at the next refresh</option>
          ) : null}
          {bases.map((one) => (
            <option key={one.key} value={one.key}>
              {snapshotTitle(one)}
            </option>
          ))}
        </select>
      </label>
      {base === null ? null : <ChangeButtons totals={totals} prefs={prefs} setPrefs={setPrefs} />}
      <span class="spring" />
      <Facts snapshot={snapshot} totals={totals} />
    </Toolbar>
  );
}

function ChangeButtons({
  totals,
  prefs,
  setPrefs,
}: {
  totals: Totals | null;
  prefs: GoroutinePrefs;
  setPrefs: (prefs: GoroutinePrefs) => void;
}): JSX.Element {
  return (
    <>
      {CHANGES.map(([change, what]) => {
        const count = totals?.changes?.[change];
        const on = prefs.changes.includes(change);
        return (
          <button
            key={change}
            type="button"
            class={`pill change-pill ${change} ${on ? 'with' : ''}`}
            data-change={change}
            aria-pressed={on}
            data-tip={what}
            onClick={() => setPrefs(toggleChange(prefs, change))}
          >
            {change === 'stuck' ? 'stuck (leak candidates)' : change}
            {count === undefined ? '' : ` ${formatCount(count)}`}
          </button>
        );
      })}
    </>
  );
}

/** How many goroutines there are and how they were read, in a line. */
function Facts({
  snapshot: { facts, stacksRead },
  totals,
}: {
  snapshot: SnapshotState;
  totals: Totals | null;
}): JSX.Element | null {
  if (facts === null) return null;
  const pause = facts.pauseMs === null ? '' : `, ${formatDuration(facts.pauseMs)}`;
  return (
    <span class="toolbar-text subtle facts" role="status" data-tip={tip(factsTip(facts))}>
      {facts.consistent ? null : <Icon name="warning" class="warning small" />}
      {countText(facts, totals?.matched ?? null)}
      {facts.system === 0 ? '' : ` · ${formatCount(facts.system)} system`}
      {facts.consistent ? ` · one moment${pause}` : ` · not one moment${pause}`}
      {stacksRead < 1 ? ` · stacks ${formatShare(stacksRead)}` : ''}
    </span>
  );
}

function factsTip(facts: NonNullable<SnapshotState['facts']>): string {
  const { confidence } = facts;
  return [
    `${formatCount(facts.user)} user, ${formatCount(facts.system)} system; ${formatCount(facts.running)} running, ${formatCount(facts.runnable)} runnable, ${formatCount(facts.waiting)} waiting`,
    facts.reading,
    ...(confidence.kind === 'exact' ? [] : [`${confidence.kind}: ${confidence.why}`]),
    ...facts.notes,
  ].join('\n');
}
