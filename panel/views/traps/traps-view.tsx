import type { JSX } from 'preact';
import type { TrapState } from '../../../src/session/state.ts';
import { DataGrid, useSorted } from '../../components/data-grid.tsx';
import type { Column } from '../../components/data-grid.tsx';
import { Icon } from '../../components/icon.tsx';
import { SplitPane } from '../../components/split-pane.tsx';
import { useFiltered } from '../../components/use-filtered.ts';
import { useModel } from '../../model/context.ts';
import { isPasted } from '../../model/pasted.ts';
import { clip, formatTime } from '../../model/text.ts';
import { emptyTraps, EmptyState } from '../../shell/empty-state.tsx';
import { TRAP_KINDS } from './trap-kinds.ts';
import { TrapDetail } from './trap-detail.tsx';
import { TrapsToolbar } from './traps-toolbar.tsx';

/** Where a trap happened, in a word. */
const realmText = (trap: TrapState): string => (isPasted(trap) ? 'pasted' : trap.realm.kind);

const COLUMNS: readonly Column<TrapState>[] = [
  {
    id: 'title',
    title: 'Trap',
    weight: 55,
    sortKey: ({ title }) => title,
    tip: ({ kind, title }) => `${TRAP_KINDS[kind].name}\n${title}`,
    cell: (trap) => {
      const { icon, tone } = TRAP_KINDS[trap.kind];
      return (
        <>
          {isPasted(trap) ? <Icon name="clipboard" class="subtle" /> : <Icon name={icon} class={tone} />}
          <span>{clip(trap.title, 160)}</span>
        </>
      );
    },
  },
  {
    id: 'time',
    title: 'Time',
    weight: 26,
    descendingFirst: true,
    sortKey: ({ time }) => time,
    tip: ({ time }) => new Date(time).toISOString(),
    cell: ({ time }) => <span class="code">{formatTime(time)}</span>,
  },
  {
    id: 'realm',
    title: 'In',
    weight: 19,
    sortKey: realmText,
    tip: (trap) => (isPasted(trap) ? undefined : `${trap.realm.kind}: ${trap.realm.url}`),
    cell: realmText,
  },
];

const searchTexts = new WeakMap<TrapState, string>();

/** What the filter looks at, made once for each trap: its title and kind, the start of its text, its innermost functions and files. */
function searchText(trap: TrapState): string {
  const known = searchTexts.get(trap);
  if (known !== undefined) return known;
  const frames = trap.stack?.frames.slice(0, 40) ?? [];
  const text = [
    trap.title.slice(0, 1000),
    TRAP_KINDS[trap.kind].name,
    realmText(trap),
    trap.text.slice(0, 1000),
    ...frames.flatMap((frame) => [frame.function.slice(0, 200), frame.file.slice(0, 200)]),
  ]
    .join('\n')
    .toLowerCase();
  searchTexts.set(trap, text);
  return text;
}

export function TrapsView(): JSX.Element {
  const model = useModel();
  const traps = model.traps.value;
  const filter = model.filter('traps').value;
  const chosen = model.place.value.trap;
  const shown = useFiltered(traps, filter, searchText);
  const { rows, sort, onSort } = useSorted(shown, COLUMNS, null);
  const current = rows.find(({ key }) => key === chosen) ?? rows[0] ?? null;
  return (
    <>
      <TrapsToolbar trap={current} />
      {traps.length === 0 ? (
        <EmptyState empty={emptyTraps(model.state.value)} />
      ) : (
        <SplitPane
          id="traps"
          axis="auto"
          initial={0.34}
          label="Width of the list of traps"
          first={
            <DataGrid
              id="traps"
              label="Traps"
              columns={COLUMNS}
              rows={rows}
              rowKey={({ key }) => key}
              active={current?.key ?? null}
              onActivate={(key, byKey) =>
                byKey ? model.adjust({ trap: key, stack: 0 }) : model.go({ trap: key, stack: 0 })
              }
              sort={sort}
              onSort={onSort}
              empty={<span class="subtle">No trap matches the filter.</span>}
            />
          }
          second={
            current === null ? (
              <div class="grid-empty subtle">No trap is chosen.</div>
            ) : (
              <TrapDetail key={current.key} trap={current} />
            )
          }
        />
      )}
    </>
  );
}
