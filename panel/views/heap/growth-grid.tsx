import type { JSX } from 'preact';
import { DataGrid, useSorted } from '../../components/data-grid.tsx';
import type { Column } from '../../components/data-grid.tsx';
import { clip, formatBytes, formatCount, tip } from '../../model/text.ts';
import type { Growth } from '../../model/types.ts';

const objects = (row: Growth): number => row.objectsAfter - row.objectsBefore;
const bytes = (row: Growth): number => row.bytesAfter - row.bytesBefore;

/** A change with its sign: `+1,000`, `−48 B`. */
export function signed(value: number, format: (value: number) => string): string {
  return value === 0 ? '0' : `${value < 0 ? '−' : '+'}${format(Math.abs(value))}`;
}

function columnsOf(name: string, count: string): readonly Column<Growth>[] {
  const number = (
    id: string,
    title: string,
    key: (row: Growth) => number,
    cell: (row: Growth) => JSX.Element | string,
    hint?: string,
  ): Column<Growth> => ({
    ...{ id, title, cell, weight: 12, align: 'right', descendingFirst: true, sortKey: key },
    ...(hint === undefined ? {} : { hint }),
  });
  const change = (value: number, text: string): JSX.Element => (
    <span class={value > 0 ? 'grew' : value < 0 ? 'shrank' : 'subtle'}>{text}</span>
  );
  return [
    {
      id: 'name',
      title: name,
      weight: 40,
      sortKey: (row) => row.name,
      tip: (row) => tip(row.name),
      cell: (row) => <span class="code">{clip(row.name.split('\n', 1)[0] ?? '', 300)}</span>,
    },
    number(
      'count',
      count,
      (row) => row.objectsAfter,
      (row) => formatCount(row.objectsAfter),
    ),
    number('count-growth', 'Change', objects, (row) =>
      change(objects(row), signed(objects(row), formatCount)),
    ),
    number(
      'bytes',
      'Size',
      (row) => row.bytesAfter,
      (row) => formatBytes(row.bytesAfter),
    ),
    number('bytes-growth', 'Grown by', bytes, (row) => change(bytes(row), signed(bytes(row), formatBytes))),
  ];
}

const OBJECTS = columnsOf('Name', 'Objects');
const GOROUTINES = columnsOf('Function', 'Goroutines');

/** What has grown, most bytes first; what has shrunk last. */
export function GrowthGrid({
  rows: all,
  of,
  active,
  onActivate,
  empty,
}: {
  rows: readonly Growth[];
  of: 'objects' | 'goroutines';
  active: string | null;
  onActivate: (name: string) => void;
  empty: string;
}): JSX.Element {
  const columns = of === 'objects' ? OBJECTS : GOROUTINES;
  const { rows, sort, onSort } = useSorted(all, columns, { column: 'bytes-growth', descending: true });
  return (
    <DataGrid
      id={`heap-growth-${of}`}
      label="Growth"
      columns={columns}
      rows={rows}
      rowKey={({ name }) => name}
      active={active}
      onActivate={onActivate}
      sort={sort}
      onSort={onSort}
      empty={<span class="subtle">{clip(empty, 400)}</span>}
    />
  );
}
