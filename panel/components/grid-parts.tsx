import type { ComponentChildren, JSX, RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useModel } from '../model/context.ts';
import { isNumbers } from '../model/store.ts';
import { tip } from '../model/text.ts';
import { Icon } from './icon.tsx';
import { resizeColumns, toggleSort } from './grid-model.ts';
import type { Sort } from './grid-model.ts';

// What tables are made of, whether their rows are all here or asked for as they come into view.

export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  /** What the column holds, for the tooltip of its title. */
  readonly hint?: string;
  /** Share of the width at the start, relative to the other columns. */
  readonly weight: number;
  readonly align?: 'right';
  /** What the column is sorted by; without it the column cannot be sorted. */
  readonly sortKey?: (row: Row) => string | number;
  /** It can be sorted by whoever answers for the rows. */
  readonly sortable?: boolean;
  /** Numbers are looked at from the largest: the first click sorts downwards. */
  readonly descendingFirst?: boolean;
  readonly cell: (row: Row) => ComponentChildren;
  /** The whole value, for the tooltip. */
  readonly tip?: (row: Row) => string | undefined;
}

/** CSS pixels. */
export const ROW_HEIGHT = 21;
/** With its border. */
export const HEADER_HEIGHT = 25;
const MIN_WIDTH = 34;

/** The titles of the columns; it owns their widths, which it sets as `--columns` of the grid. */
export function GridHeader<Row>({
  id,
  columns,
  sort,
  onSort,
  grid,
}: {
  /** Of the grid: the widths are remembered under it. */
  id: string;
  columns: readonly Column<Row>[];
  sort: Sort | null;
  onSort: ((sort: Sort) => void) | undefined;
  grid: RefObject<HTMLDivElement | null>;
}): JSX.Element {
  const { store } = useModel();
  const start = useRef(0);
  const name = `columns:${id}:${columns.map((column) => column.id).join(',')}`;
  const [changed, setChanged] = useState<Readonly<Record<string, readonly number[]>>>({});
  const stored = changed[name] ?? store.get(name, isNumbers);
  const weights = stored?.length === columns.length ? stored : columns.map((column) => column.weight);

  useLayoutEffect(() => {
    grid.current?.style.setProperty(
      '--columns',
      weights.map((weight) => `minmax(0, ${String(weight)}fr)`).join(' '),
    );
  }, [weights]);

  const resize = (at: number, delta: number): void => {
    const cells = grid.current?.querySelectorAll<HTMLElement>('[role=columnheader]') ?? [];
    const widths = [...cells].map((cell) => cell.offsetWidth);
    const next = resizeColumns(widths, at, delta, MIN_WIDTH);
    setChanged({ ...changed, [name]: next });
    store.set(name, next);
  };
  return (
    <div class="grid-header" role="row" aria-rowindex={1}>
      {columns.map((column, at) => (
        <div
          key={column.id}
          role="columnheader"
          data-tip={column.hint}
          class={`grid-heading ${column.align === 'right' ? 'right' : ''}`}
          aria-sort={sort?.column === column.id ? (sort.descending ? 'descending' : 'ascending') : undefined}
        >
          <HeadingText column={column} sort={sort} onSort={onSort} />
          {at === columns.length - 1 ? null : (
            <span
              class="grid-resizer"
              role="separator"
              aria-orientation="vertical"
              aria-label={`Width of ${column.title}`}
              onPointerDown={(event) => {
                event.currentTarget.setPointerCapture(event.pointerId);
                start.current = event.clientX;
              }}
              onPointerMove={(event) => {
                if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
                const delta = event.clientX - start.current;
                start.current = event.clientX;
                resize(at, delta);
              }}
            />
          )}
        </div>
      ))}
    </div>
  );
}

function HeadingText<Row>({
  column,
  sort,
  onSort,
}: {
  column: Column<Row>;
  sort: Sort | null;
  onSort: ((sort: Sort) => void) | undefined;
}): JSX.Element {
  if ((column.sortKey === undefined && column.sortable !== true) || onSort === undefined)
    return <span class="grid-title">{column.title}</span>;
  return (
    <button
      type="button"
      class="grid-title"
      onClick={() => onSort(toggleSort(sort, column.id, column.descendingFirst === true))}
    >
      {column.title}
      {sort?.column === column.id ? <Icon name={sort.descending ? 'down' : 'up'} /> : null}
    </button>
  );
}

/** The lines between the columns where there are no rows; rows draw their own. */
export function GridLines<Row>({ columns }: { columns: readonly Column<Row>[] }): JSX.Element {
  return (
    <div class="grid-lines" aria-hidden="true">
      {columns.map((column) => (
        <span key={column.id} />
      ))}
    </div>
  );
}

/** One row with its cells. In a tree the first cell is indented by `level` and has the twisty. */
export function GridRow<Row>({
  id,
  at,
  row,
  columns,
  chosen,
  class: extra,
  level,
  expanded,
  wide = null,
  onToggle,
  onChoose,
  onOpen,
}: {
  id: string;
  /** Index among all rows. */
  at: number;
  row: Row;
  columns: readonly Column<Row>[];
  chosen: boolean;
  class: string;
  /** From 1; undefined outside a tree. */
  level: number | undefined;
  /** Null: a leaf. */
  expanded: boolean | null;
  /** Over all columns, in place of the cells; null: the cells. */
  wide?: ComponentChildren;
  onToggle: () => void;
  /** `extend`: with Shift. */
  onChoose: (extend: boolean) => void;
  onOpen: () => void;
}): JSX.Element {
  const indent = level === undefined ? undefined : { paddingLeft: `${String(level * 14 - 10)}px` };
  const twisty =
    level === undefined ? null : (
      <span
        class={`grid-twisty ${expanded === null ? 'leaf' : ''}`}
        onMouseDown={() => expanded !== null && onToggle()}
      >
        {expanded === null ? null : <Icon name={expanded ? 'down' : 'right'} />}
      </span>
    );
  return (
    <div
      id={id}
      role="row"
      class={`grid-row ${at % 2 === 1 ? 'striped' : ''} ${extra}`}
      aria-rowindex={at + 2}
      aria-selected={chosen}
      aria-level={level}
      aria-expanded={expanded ?? undefined}
      onMouseDown={(event) => {
        if (event.button !== 0) return;
        if (event.shiftKey) event.preventDefault();
        onChoose(event.shiftKey);
      }}
      onDblClick={onOpen}
    >
      {wide === null ? (
        columns.map((column, place) => (
          <div
            key={column.id}
            role="gridcell"
            class={`grid-cell ${column.align === 'right' ? 'right' : ''}`}
            data-column={column.id}
            data-tip={tip(column.tip?.(row))}
            style={place === 0 ? indent : undefined}
          >
            {place === 0 ? twisty : null}
            {cellContent(column.cell(row))}
          </div>
        ))
      ) : (
        <div role="gridcell" class="grid-cell wide" style={indent} aria-colspan={columns.length}>
          {twisty}
          {wide}
        </div>
      )}
    </div>
  );
}

/** Plain text in an element of its own, which is what an ellipsis needs. */
function cellContent(content: ComponentChildren): ComponentChildren {
  return typeof content === 'string' ? <span>{content}</span> : content;
}
