import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { DataGrid, useSorted } from '../../components/data-grid.tsx';
import type { Column } from '../../components/data-grid.tsx';
import { SplitPane } from '../../components/split-pane.tsx';
import { clip, formatBytes, formatCount } from '../../model/text.ts';
import type { HeapFacts } from '../../model/types.ts';
import type { ReadHeapProps } from './modes.ts';
import { ObjectsPane } from './objects-pane.tsx';

type TypeRow = HeapFacts['summary']['types'][number];

/** Objects by type, and those of the chosen type with what keeps them. */
export function TypesMode({ heap, facts }: ReadHeapProps): JSX.Element {
  const [type, setType] = useState<string | null>(null);
  useEffect(() => setType(null), [heap.snapshotKey]);
  return (
    <SplitPane
      id="heap"
      axis="auto"
      initial={0.5}
      label="Types and objects"
      first={<Types facts={facts} active={type} onActivate={setType} />}
      second={<ObjectsPane snapshotKey={heap.snapshotKey} type={type} />}
    />
  );
}

const KNOWN = { exact: 'exact', inferred: 'inferred', range: 'inferred', unavailable: '' } as const;

const COLUMNS: readonly Column<TypeRow>[] = [
  {
    id: 'type',
    title: 'Type',
    weight: 50,
    sortKey: ({ name }) => name,
    tip: ({ name }) => name,
    cell: ({ name }) => <span class="code">{clip(name, 300)}</span>,
  },
  {
    id: 'objects',
    title: 'Objects',
    weight: 16,
    align: 'right',
    descendingFirst: true,
    sortKey: ({ objects }) => objects,
    cell: ({ objects }) => formatCount(objects),
  },
  {
    id: 'bytes',
    title: 'Size',
    weight: 16,
    align: 'right',
    descendingFirst: true,
    sortKey: ({ bytes }) => bytes,
    tip: ({ bytes }) => `${formatCount(bytes)} bytes`,
    cell: ({ bytes }) => formatBytes(bytes),
  },
  {
    id: 'known',
    title: 'Known',
    hint: 'exact: as the allocator noted it. inferred: traced from typed values that point to it, or by its shape.',
    weight: 18,
    cell: ({ confidence }) => KNOWN[confidence.kind],
    tip: ({ confidence }) => ('why' in confidence ? confidence.why : undefined),
  },
];

function Types({
  facts,
  active,
  onActivate,
}: {
  facts: HeapFacts;
  active: string | null;
  onActivate: (type: string) => void;
}): JSX.Element {
  const types = useMemo(() => facts.summary.types, [facts]);
  const { rows, sort, onSort } = useSorted(types, COLUMNS, { column: 'bytes', descending: true });
  return (
    <DataGrid
      id="heap-types"
      label="Types"
      columns={COLUMNS}
      rows={rows}
      rowKey={({ name }) => name}
      active={active}
      onActivate={onActivate}
      sort={sort}
      onSort={onSort}
    />
  );
}
