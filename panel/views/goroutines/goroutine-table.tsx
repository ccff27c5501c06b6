import type { ComponentChildren, JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { LazyGrid } from '../../components/lazy-grid.tsx';
import type { Column } from '../../components/grid-parts.tsx';
import { useSize } from '../../components/use-size.ts';
import type { Sort } from '../../components/grid-model.ts';
import { locationText } from '../../model/frames.ts';
import { clip, formatCount } from '../../model/text.ts';
import type { Change, GoroutineRow, GroupRow } from '../../model/types.ts';
import type { RowList } from './row-list.ts';
import type { Row } from './row-window.ts';
import { CHANGES } from './query.ts';
import { labelsText, waitedText } from './words.ts';

/** A column, the width below which it is left out, and how much it is worth where there is no room for all. */
interface GoroutineColumn extends Column<Row> {
  /** CSS pixels. */
  readonly room: number;
  readonly rank: number;
}

/** The cells are drawn for goroutines only; a group has one cell over all columns. */
function column({
  cell,
  tip,
  ...rest
}: Omit<GoroutineColumn, 'weight' | 'cell' | 'tip'> & {
  readonly cell: (row: GoroutineRow) => ComponentChildren;
  readonly tip?: (row: GoroutineRow) => string | undefined;
}): GoroutineColumn {
  return {
    ...rest,
    weight: rest.room,
    cell: (row) => (row.kind === 'goroutine' ? cell(row) : null),
    ...(tip === undefined ? {} : { tip: (row: Row) => (row.kind === 'goroutine' ? tip(row) : undefined) }),
  };
}

const ALL: readonly GoroutineColumn[] = [
  column({
    id: 'id',
    title: 'ID',
    room: 56,
    rank: 0,
    sortable: true,
    cell: ({ id, label }) => <span class="code">{label ?? id}</span>,
    tip: ({ system, label }) =>
      system
        ? 'A goroutine of the runtime'
        : label === undefined
          ? undefined
          : 'TinyGo gives goroutines no numbers: this is the address of its task',
  }),
  column({
    id: 'change',
    title: 'Change',
    room: 64,
    rank: 1,
    cell: ({ change }) => (change === null ? null : <ChangeBadge change={change} />),
  }),
  column({
    id: 'state',
    title: 'State',
    room: 108,
    rank: 2,
    sortable: true,
    cell: ({ state }) => clip(state, 60),
    tip: ({ state }) => state,
  }),
  column({
    id: 'waiting',
    title: 'Waiting',
    hint: 'About how long it has waited: the runtime notes waits only when it collects garbage, with the time of the collection before',
    room: 70,
    rank: 6,
    align: 'right',
    sortable: true,
    descendingFirst: true,
    cell: ({ waitedNs }) => waitedText(waitedNs),
    tip: ({ waitedNs }) =>
      waitedNs === null
        ? undefined
        : 'At least: the runtime notes waits only when it collects garbage, so the truth is this or longer',
  }),
  column({
    id: 'function',
    title: 'Function',
    hint: 'The innermost function of the program’s own code',
    room: 178,
    rank: 3,
    sortable: true,
    cell: (row) => <FunctionCell row={row} />,
    tip: functionTip,
  }),
  column({
    id: 'waitsOn',
    title: 'Waits on',
    room: 128,
    rank: 4,
    sortable: true,
    cell: ({ waitsOn }) => <span class="code">{clip(waitsOn, 120)}</span>,
    tip: ({ waitsOn }) => waitsOn,
  }),
  column({
    id: 'creator',
    title: 'Created by',
    room: 116,
    rank: 7,
    sortable: true,
    cell: ({ createdBy }) => (createdBy === null ? null : <Creator by={createdBy} />),
    tip: ({ createdBy }) =>
      createdBy === null ? undefined : `${createdBy.function}\n${locationText(createdBy, true)}`,
  }),
  column({
    id: 'startFunction',
    title: 'Start function',
    room: 120,
    rank: 8,
    sortable: true,
    cell: ({ startFunction }) => <span class="code">{clip(startFunction, 120)}</span>,
    tip: ({ startFunction }) => startFunction,
  }),
  column({
    id: 'labels',
    title: 'Labels',
    room: 90,
    rank: 9,
    sortable: true,
    cell: ({ labels }) => <span class="code">{clip(labelsText(labels), 120)}</span>,
    tip: ({ labels }) => labelsText(labels),
  }),
  column({
    id: 'count',
    title: '×',
    hint: 'Goroutines with the same stack, this one included',
    room: 40,
    rank: 5,
    align: 'right',
    sortable: true,
    descendingFirst: true,
    cell: ({ sameStack }) => (sameStack === null ? '' : formatCount(sameStack)),
    tip: ({ sameStack }) =>
      sameStack === null
        ? 'Goroutines with the same stack: known when all stacks are read'
        : `Goroutines with the same stack: ${formatCount(sameStack)}`,
  }),
];

/** The columns for which there is room, in `width` CSS pixels. `compared`: with the change since the base. */
export function columnsFor(width: number, compared: boolean): readonly Column<Row>[] {
  let room = width;
  const kept = new Set<string>();
  for (const column of [...ALL].sort((a, b) => a.rank - b.rank)) {
    if (column.id === 'change' && !compared) continue;
    if (kept.size >= 3 && room < column.room) break;
    room -= column.room;
    kept.add(column.id);
  }
  return ALL.filter(({ id }) => kept.has(id));
}

/** The table of a snapshot's goroutines. `list` asks for the rows in view. */
export function GoroutineTable({
  list,
  grouped,
  compared,
  sort,
  onSort,
  onToggle,
  onOpen,
  onCopy,
  empty,
}: {
  list: RowList;
  grouped: boolean;
  compared: boolean;
  sort: Sort;
  onSort: (sort: Sort) => void;
  onToggle: (group: GroupRow) => void;
  onOpen: (row: Row) => void;
  onCopy: (row: Row) => void;
  empty: ComponentChildren;
}): JSX.Element {
  const [box, size] = useSize<HTMLDivElement>();
  const width = size?.width ?? 0;
  const columns = useMemo(() => columnsFor(width, compared), [width, compared]);
  const onView = useMemo(() => list.view.bind(list), [list]);
  return (
    <div class="pane" ref={box}>
      {size === null ? null : (
        <LazyGrid
          id="goroutines"
          label="Goroutines"
          columns={columns}
          count={list.totals?.totalRows ?? 0}
          row={(at) => list.row(at)}
          onNeed={(at) => list.need(at)}
          busy={() => list.busy}
          failed={list.failure !== null}
          onView={onView}
          active={list.cursor}
          reveal={list.reveal}
          onActivate={(at, byKey) => list.moveTo(at, byKey)}
          onOpen={onOpen}
          onCopy={onCopy}
          tree={
            grouped
              ? {
                  level: (row) => (row.kind === 'group' ? 1 : 2),
                  expanded: (row) => (row.kind === 'group' ? row.open : null),
                  toggle: (row) => {
                    if (row.kind === 'group') onToggle(row);
                  },
                  toParent: (row) => {
                    if (row.kind === 'goroutine' && row.group !== null) list.moveToGroup(row.group);
                  },
                }
              : null
          }
          sort={sort}
          onSort={onSort}
          rowClass={(row) =>
            row.kind === 'group' ? 'group-row' : `${row.system ? 'dim' : ''} ${row.change ?? ''}`
          }
          wide={(row) => (row.kind === 'group' ? <GroupTitle group={row} /> : null)}
          empty={empty}
        />
      )}
    </div>
  );
}

function GroupTitle({ group }: { group: GroupRow }): JSX.Element {
  return (
    <>
      <span class="group-title code">{clip(group.title, 200)}</span>
      <span class="group-count">{formatCount(group.count)}</span>
      {group.changes === null
        ? null
        : CHANGES.map(([change]) => {
            const count = group.changes?.[change] ?? 0;
            return count === 0 ? null : <ChangeBadge key={change} change={change} count={count} />;
          })}
    </>
  );
}

/** What changed since the base; being stuck is what a leak looks like, and is said so on hover. */
export function ChangeBadge({ change, count }: { change: Change; count?: number }): JSX.Element {
  const why = CHANGES.find(([id]) => id === change)?.[1];
  return (
    <span class={`badge change ${change}`} data-tip={why}>
      {count === undefined ? change : `${formatCount(count)} ${change}`}
    </span>
  );
}

function Creator({ by }: { by: NonNullable<GoroutineRow['createdBy']> }): JSX.Element {
  return (
    <span class="code">
      {clip(by.function, 120)}
      {by.goroutine === null ? null : <span class="subtle"> in {by.goroutine}</span>}
    </span>
  );
}

function FunctionCell({ row }: { row: GoroutineRow }): JSX.Element {
  const sure = row.confidence.kind === 'exact';
  return (
    <span class={`code frame-name ${sure ? '' : 'unsure'}`}>
      <span class="frame-own">{clip(row.function, 200)}</span>
      <span class="subtle place">{clip(locationText(row), 80)}</span>
    </span>
  );
}

function functionTip(row: GoroutineRow): string | undefined {
  if (row.function === '') return row.confidence.kind === 'exact' ? undefined : row.confidence.why;
  const lines = [row.function, locationText(row, true)];
  if (row.confidence.kind !== 'exact') lines.push(`${row.confidence.kind}: ${row.confidence.why}`);
  return lines.join('\n');
}
