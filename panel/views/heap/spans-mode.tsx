import type { JSX } from 'preact';
import { DataGrid, useSorted } from '../../components/data-grid.tsx';
import type { Column } from '../../components/data-grid.tsx';
import { formatBytes, formatCount, formatShare } from '../../model/text.ts';
import type { HeapFacts } from '../../model/types.ts';
import type { ReadHeapProps } from './modes.ts';

type ClassRow = HeapFacts['summary']['classes'][number];

const size = (row: ClassRow): number => (row.size === 0 ? Infinity : row.size);
const fill = ({ bytes, spanBytes }: ClassRow): number => bytes / Math.max(1, spanBytes);
const freePlaces = ({ places, objects }: ClassRow): number => Math.max(0, places - objects);

const number = (
  id: string,
  title: string,
  weight: number,
  key: (row: ClassRow) => number,
  cell: (row: ClassRow) => string,
  hint?: string,
): Column<ClassRow> => ({
  ...{ id, title, weight, cell, align: 'right', descendingFirst: true, sortKey: key },
  ...(hint === undefined ? {} : { hint }),
});

const COLUMNS: readonly Column<ClassRow>[] = [
  {
    id: 'size',
    title: 'Size class',
    hint: 'Bytes of a place. Objects above 32 KiB have spans of their own.',
    weight: 18,
    sortKey: size,
    cell: (row) => (row.size === 0 ? 'large' : formatCount(row.size)),
  },
  {
    id: 'pointers',
    title: 'Pointers',
    hint: 'Whether the collector looks for pointers in them.',
    weight: 12,
    sortKey: ({ pointers }) => Number(pointers),
    cell: ({ pointers }) => (pointers ? 'yes' : 'no'),
  },
  number(
    'spans',
    'Spans',
    12,
    ({ spans }) => spans,
    ({ spans }) => formatCount(spans),
  ),
  number(
    'span-bytes',
    'Size of spans',
    16,
    ({ spanBytes }) => spanBytes,
    ({ spanBytes }) => formatBytes(spanBytes),
  ),
  number(
    'objects',
    'Objects',
    14,
    ({ objects }) => objects,
    ({ objects }) => formatCount(objects),
  ),
  number(
    'bytes',
    'In use',
    14,
    ({ bytes }) => bytes,
    ({ bytes }) => formatBytes(bytes),
  ),
  number('free', 'Free places', 14, freePlaces, (row) => formatCount(freePlaces(row))),
  number('fill', 'Fill', 12, fill, (row) => formatShare(fill(row)), 'Bytes in use, of those of the spans.'),
];

/** Spans by size class, and how full they are. */
export function SpansMode({ facts }: ReadHeapProps): JSX.Element {
  const { rows, sort, onSort } = useSorted(facts.summary.classes, COLUMNS, {
    column: 'size',
    descending: false,
  });
  return (
    <DataGrid
      id="heap-spans"
      label="Size classes"
      columns={COLUMNS}
      rows={rows}
      rowKey={(row) => `${String(row.size)} ${String(row.pointers)}`}
      active={null}
      onActivate={() => undefined}
      sort={sort}
      onSort={onSort}
    />
  );
}
