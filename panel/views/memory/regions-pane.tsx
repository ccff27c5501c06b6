import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { DataGrid, type Column } from '../../components/data-grid.tsx';
import { LazyGrid } from '../../components/lazy-grid.tsx';
import { usePagedRows } from '../../components/paged-rows.ts';
import { SplitPane } from '../../components/split-pane.tsx';
import { useModel } from '../../model/context.ts';
import { clip, formatBytes, formatCount, formatHex, formatShare } from '../../model/text.ts';
import type { MemoryMap, MemoryPlace, RegionRow } from '../../model/types.ts';
import { KIND_TITLES, type SumKind } from './region-kinds.ts';

/** A kind, or a size class of the heap below it. */
interface Sum {
  readonly key: string;
  readonly kind: SumKind;
  /** Null for all of the kind. */
  readonly name: string | null;
  readonly bytes: number;
  readonly regions: number;
}

const ADDRESS: Column<RegionRow> = {
  id: 'start',
  title: 'Address',
  weight: 22,
  cell: ({ start }) => <span class="code">{formatHex(start)}</span>,
};

const COLUMNS: readonly Column<RegionRow>[] = [
  ADDRESS,
  {
    id: 'size',
    title: 'Size',
    weight: 18,
    align: 'right',
    tip: ({ start, end }) => `${formatCount(end - start)} bytes, up to ${formatHex(end)}`,
    cell: ({ start, end }) => formatBytes(end - start),
  },
  {
    id: 'name',
    title: 'What',
    weight: 60,
    tip: ({ name }) => name,
    cell: ({ kind, name }) => (
      <>
        <span class={`region-dot region-${kind}`} />
        {clip(name === '' ? KIND_TITLES[kind][0] : name, 200)}
      </>
    ),
  },
];

/** What lies where: the kinds with their sums, and the regions of the chosen kind or all of them. */
export function RegionsPane({
  source,
  question,
  map,
  cursor,
  onGo,
}: {
  source: MemoryPlace;
  /** Changes with the map. */
  question: string;
  map: MemoryMap | null;
  cursor: number;
  onGo: (address: number) => void;
}): JSX.Element {
  const { client } = useModel();
  const [key, setKey] = useState<string | null>(null);
  const [open, setOpen] = useState(false);
  const sums = useMemo(() => sumsOf(map, open), [map, open]);
  const chosen = sums.find((sum) => sum.key === key) ?? null;
  const arenas = chosen?.kind === 'arena' ? (map?.arenas ?? []) : null;
  const kind = chosen === null || chosen.kind === 'arena' ? null : chosen.kind;
  const which = { kind, name: chosen?.name ?? null };
  const columns = useMemo(() => sumColumns(map?.size ?? 0), [map?.size]);
  const rows = usePagedRows(
    map === null ? null : `${question} ${JSON.stringify(which)} ${arenas === null ? '' : 'arenas'}`,
    (from, count) =>
      arenas === null
        ? client.memory.regions(source, which, from, count)
        : Promise.resolve({
            count: arenas.length,
            rows: arenas.slice(from, from + count).map(arenaRegion),
          }),
  );
  const active = activeRow(rows.count ?? 0, (at) => rows.row(at), cursor);
  return (
    <SplitPane
      id="memory-regions"
      axis="column"
      initial={0.45}
      label="Kinds and regions"
      first={
        <DataGrid
          id="memory-kinds"
          label="Kinds of memory"
          columns={columns}
          rows={sums}
          rowKey={(sum) => sum.key}
          active={key}
          onActivate={(chosenKey, byKey) => setKey(chosenKey === key && !byKey ? null : chosenKey)}
          tree={{
            level: (sum) => (sum.name === null ? 1 : 2),
            expanded: (sum) => (sum.kind === 'heap' && sum.name === null ? open : null),
            toggle: () => setOpen(!open),
          }}
        />
      }
      second={
        <LazyGrid
          id="memory-regions"
          label="Regions"
          columns={COLUMNS}
          count={rows.count ?? 0}
          row={(at) => rows.row(at)}
          onNeed={(at) => rows.need(at)}
          busy={() => rows.waiting}
          failed={rows.failure !== null}
          onView={(first, end) => rows.setView(first, end)}
          active={active}
          reveal={null}
          onActivate={(at) => {
            const row = rows.row(at);
            if (row !== null) onGo(row.start);
          }}
          tree={null}
          sort={null}
          onSort={() => undefined}
          empty={<span class="subtle">{rows.failure ?? ''}</span>}
        />
      }
    />
  );
}

/** An arena as a region: what of it is in use. */
const arenaRegion = ({ start, end, used }: MemoryMap['arenas'][number]): RegionRow => ({
  start,
  end,
  kind: used > 0 ? 'heap' : 'free',
  name: `arena, ${formatShare(used / Math.max(1, end - start))} in use`,
});

/** The row, of those that are here, that holds the cursor. */
function activeRow(count: number, row: (at: number) => RegionRow | null, cursor: number): number | null {
  for (let at = 0; at < Math.min(count, 5000); at++) {
    const one = row(at);
    if (one !== null && cursor >= one.start && cursor < one.end) return at;
  }
  return null;
}

/** The kinds; before the heap its arenas, below it its size classes, where they are open. */
function sumsOf(map: MemoryMap | null, open: boolean): readonly Sum[] {
  const arenas = map?.arenas ?? [];
  const inArenas: Sum = {
    ...{ kind: 'arena', key: 'arena', name: null, regions: arenas.length },
    bytes: arenas.reduce((bytes, { start, end }) => bytes + end - start, 0),
  };
  return (map?.sums ?? []).flatMap((sum): Sum[] => {
    const whole = { ...sum, key: sum.kind, name: null };
    if (sum.kind !== 'heap') return [whole];
    const classes = open ? (map?.classes ?? []) : [];
    return [
      ...(arenas.length === 0 ? [] : [inArenas]),
      whole,
      ...classes.map((one) => ({ ...one, kind: sum.kind, key: `${sum.kind} ${one.name}` })),
    ];
  });
}

function sumColumns(size: number): readonly Column<Sum>[] {
  return [
    {
      id: 'kind',
      title: 'Kind',
      weight: 44,
      tip: ({ kind, name }) => name ?? KIND_TITLES[kind][1],
      cell: ({ kind, name }) => (
        <>
          <span class={`region-dot region-${kind}`} />
          {name === null ? KIND_TITLES[kind][0] : clip(name, 100)}
        </>
      ),
    },
    {
      id: 'bytes',
      title: 'Size',
      weight: 22,
      align: 'right',
      tip: ({ bytes }) => `${formatCount(bytes)} bytes`,
      cell: ({ bytes }) => formatBytes(bytes),
    },
    {
      id: 'share',
      title: 'Share',
      weight: 16,
      align: 'right',
      cell: ({ bytes }) => formatShare(bytes / Math.max(1, size)),
    },
    {
      id: 'regions',
      title: 'Regions',
      weight: 18,
      align: 'right',
      cell: ({ regions }) => formatCount(regions),
    },
  ];
}
