import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { DataGrid, useSorted } from '../../components/data-grid.tsx';
import type { Column } from '../../components/data-grid.tsx';
import { useModel } from '../../model/context.ts';
import { clip, formatCount, formatDuration, formatMemory, formatTime, tip } from '../../model/text.ts';
import type { HeapFacts, HeapState } from '../../model/types.ts';
import { EmptyState } from '../../shell/empty-state.tsx';
import { signed } from './growth-grid.tsx';
import { heapsOf, shownHeap } from './heaps.ts';

interface TimelineRow {
  readonly heap: HeapState;
  readonly facts: HeapFacts | null;
  /** The one before it that was read. */
  readonly before: HeapFacts | null;
}

/** All heap snapshots in the order in which they were taken: a picture of how the memory grew, and a table. */
export function TimelineMode(): JSX.Element {
  const model = useModel();
  const state = model.state.value;
  const heaps = heapsOf(state, model.instance.value);
  const shown = shownHeap(state, heaps, model.place.value.snapshot);
  const all = useMemo(() => rowsOf(heaps), [heaps]);
  const { rows, sort, onSort } = useSorted(all, COLUMNS, null);
  if (heaps.length === 0) {
    return (
      <EmptyState
        empty={{
          title: 'No heap snapshots',
          text: [
            'Take one with the button above, let the program work, and take another.',
            'All objects of the newest are kept, up to 1.5 GiB of them and their memory in all; of older ones only the figures, which can be compared still.',
          ],
          actions: [],
        }}
      />
    );
  }
  return (
    <>
      <Chart rows={all} active={shown?.snapshotKey ?? null} onChoose={(key) => model.go({ snapshot: key })} />
      <DataGrid
        id="heap-timeline"
        label="Heap snapshots"
        columns={COLUMNS}
        rows={rows}
        rowKey={({ heap }) => heap.snapshotKey}
        active={shown?.snapshotKey ?? null}
        onActivate={(key, byKey) => (byKey ? model.adjust({ snapshot: key }) : model.go({ snapshot: key }))}
        onOpen={({ heap }) => model.go({ snapshot: heap.snapshotKey, heapMode: 'types' })}
        sort={sort}
        onSort={onSort}
      />
    </>
  );
}

function rowsOf(heaps: readonly HeapState[]): readonly TimelineRow[] {
  let before: HeapFacts | null = null;
  return heaps.map((heap) => {
    const row = { heap, facts: heap.facts, before };
    before = heap.facts ?? before;
    return row;
  });
}

type Pick = (facts: HeapFacts) => number | null;

function amount(
  id: string,
  title: string,
  pick: Pick,
  format: (value: number) => string,
  hint?: string,
): Column<TimelineRow> {
  const of = ({ facts }: TimelineRow): number | null => (facts === null ? null : pick(facts));
  return {
    ...{ id, title, weight: 11, align: 'right', descendingFirst: true, sortKey: (row) => of(row) ?? -1 },
    ...(hint === undefined ? {} : { hint }),
    cell: (row) => {
      const value = of(row);
      return value === null ? (
        <span class="subtle">{row.facts === null ? '' : 'not known'}</span>
      ) : (
        format(value)
      );
    },
    tip: (row) => {
      const value = of(row);
      const last = row.before === null ? null : pick(row.before);
      if (value === null || last === null || value === last) return undefined;
      return `${signed(value - last, format)} since the snapshot before`;
    },
  };
}

const growth = ({ facts, before }: TimelineRow): number | null =>
  facts === null || before === null ? null : facts.reachable.bytes - before.reachable.bytes;

const STATUS = { reading: 'reading…', failed: 'failed', ready: 'all objects' } as const;

const COLUMNS: readonly Column<TimelineRow>[] = [
  {
    id: 'name',
    title: 'Snapshot',
    weight: 18,
    tip: ({ heap }) => tip(heap.name),
    cell: ({ heap }) => clip(heap.name, 80),
  },
  {
    id: 'time',
    title: 'Taken',
    weight: 11,
    cell: ({ heap }) => (heap.time === null ? '' : formatTime(heap.time)),
  },
  amount('in-use', 'In use', (facts) => facts.totals.heapAlloc, formatMemory),
  amount(
    'reachable',
    'Reachable',
    (facts) => facts.reachable.bytes,
    formatMemory,
    'What a collection would leave.',
  ),
  {
    id: 'growth',
    title: 'Grown by',
    hint: 'Of what is reachable, since the snapshot before.',
    weight: 11,
    align: 'right',
    descendingFirst: true,
    sortKey: (row) => growth(row) ?? -Infinity,
    cell: (row) => {
      const value = growth(row);
      if (value === null) return '';
      return (
        <span class={value > 0 ? 'grew' : value < 0 ? 'shrank' : 'subtle'}>
          {signed(value, formatMemory)}
        </span>
      );
    },
  },
  amount('objects', 'Objects', (facts) => facts.summary.objects, formatCount),
  amount('goroutines', 'Goroutines', (facts) => facts.goroutines, formatCount),
  amount('memory', 'Linear memory', (facts) => facts.totals.memoryBytes, formatMemory),
  amount('collections', 'Collections', (facts) => facts.totals.numGC, formatCount),
  amount(
    'pauses',
    'Pauses',
    (facts) => facts.totals.pauseTotalNs,
    (ns) => formatDuration(ns / 1e6),
    'Time that collections have stopped the program in all.',
  ),
  {
    id: 'kept',
    title: 'Kept',
    weight: 12,
    cell: ({ heap }) => (heap.figuresOnly === null ? STATUS[heap.status] : 'figures'),
    tip: ({ heap }) => tip(heap.figuresOnly ?? heap.error ?? undefined),
  },
];

/** Pixels of the picture. */
const HEIGHT = 90;
const BAR = 34;
const GAP = 10;

/** A bar for each snapshot: linear memory behind, what is in use and what is reachable before it. */
function Chart({
  rows,
  active,
  onChoose,
}: {
  rows: readonly TimelineRow[];
  active: string | null;
  onChoose: (snapshotKey: string) => void;
}): JSX.Element {
  const most = Math.max(1, ...rows.map(({ facts }) => facts?.totals.memoryBytes ?? 0));
  const tall = (bytes: number): number => (bytes / most) * (HEIGHT - 2);
  return (
    <div class="heap-chart">
      <svg
        width={rows.length * (BAR + GAP) + GAP}
        height={HEIGHT}
        role="img"
        aria-label={`Linear memory up to ${formatMemory(most)}, with what is in use and reachable`}
      >
        {rows.map(({ heap, facts }, i) => {
          if (facts === null) return null;
          const { memoryBytes, heapAlloc } = facts.totals;
          const bar = (bytes: number, name: string): JSX.Element => (
            <rect
              class={name}
              x={GAP + i * (BAR + GAP)}
              y={HEIGHT - tall(bytes)}
              width={BAR}
              height={tall(bytes)}
            />
          );
          return (
            <g
              key={heap.snapshotKey}
              class={heap.snapshotKey === active ? 'active' : ''}
              data-tip={tip(
                `${clip(heap.name, 80)}\nlinear memory ${formatMemory(memoryBytes)}\nin use ${formatMemory(heapAlloc)}\nreachable ${formatMemory(facts.reachable.bytes)}`,
              )}
              onClick={() => onChoose(heap.snapshotKey)}
            >
              {bar(memoryBytes, 'memory')}
              {bar(heapAlloc, 'in-use')}
              {bar(facts.reachable.bytes, 'reachable')}
            </g>
          );
        })}
      </svg>
      <ul class="heap-legend subtle">
        <li class="memory">linear memory</li>
        <li class="in-use">in use</li>
        <li class="reachable">reachable</li>
      </ul>
    </div>
  );
}
