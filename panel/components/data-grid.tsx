import type { ComponentChildren, JSX, RefObject, TargetedKeyboardEvent } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useModel } from '../model/context.ts';
import { tip } from '../model/text.ts';
import { isNumbers } from '../model/store.ts';
import { Icon } from './icon.tsx';
import { moveByKey, rangeOf, resizeColumns, sortRows, toggleSort } from './grid-model.ts';
import type { Sort } from './grid-model.ts';
import { VirtualList } from './virtual-list.tsx';

export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  /** Share of the width at the start, relative to the other columns. */
  readonly weight: number;
  readonly align?: 'right';
  /** What the column is sorted by; without it the column cannot be sorted. */
  readonly sortKey?: (row: Row) => string | number;
  /** Numbers are looked at from the largest: the first click sorts downwards. */
  readonly descendingFirst?: boolean;
  readonly cell: (row: Row) => ComponentChildren;
  /** The whole value, for the tooltip. */
  readonly tip?: (row: Row) => string | undefined;
}

export interface DataGridProps<Row> {
  /** Names the grid in the store and in the ids of its rows. */
  readonly id: string;
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** Key of the active row; null: none. */
  readonly active: string | null;
  /** `byKey`: moved to with the arrow keys, so that the history can tell a step from a visit. */
  readonly onActivate: (key: string, byKey: boolean) => void;
  readonly onOpen?: (row: Row) => void;
  /** Rows as text for the clipboard; several rows can then be chosen with Shift. */
  readonly copy?: (keys: ReadonlySet<string>) => void;
  /** For a tree: level from 1, and whether the row is open (null: a leaf). */
  readonly tree?: {
    readonly level: (row: Row) => number;
    readonly expanded: (row: Row) => boolean | null;
    readonly toggle: (row: Row) => void;
  };
  readonly sort?: Sort | null;
  readonly onSort?: (sort: Sort) => void;
  readonly rowClass?: (row: Row) => string;
  readonly empty?: ComponentChildren;
}

const ROW_HEIGHT = 21;
const MIN_WIDTH = 34;
/** With its border. */
const HEADER_HEIGHT = 25;

/** A dense table as DevTools' own: resizable, sortable columns, a virtual list of rows, one active row, arrow keys. */
export function DataGrid<Row>(props: DataGridProps<Row>): JSX.Element {
  const { id, columns, rows, rowKey, active, tree } = props;
  const box = useRef<HTMLDivElement>(null);
  const page = useRef(10);
  const [anchor, setAnchor] = useState<string | null>(null);
  const keys = useMemo(() => rows.map(rowKey), [rows]);
  const index = active === null ? -1 : keys.indexOf(active);
  const chosen = useMemo(
    () =>
      active === null ? new Set<string>() : rangeOf(keys, props.copy === undefined ? null : anchor, active),
    [keys, active, anchor],
  );
  const rowId = (at: number): string => `${id}-row-${String(at)}`;

  const activate = (at: number, extend: boolean, byKey: boolean): void => {
    const key = keys[at];
    if (key === undefined) return;
    if (!extend) setAnchor(key);
    else if (anchor === null) setAnchor(active);
    props.onActivate(key, byKey);
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLElement>): void => {
    if (event.altKey || event.target !== event.currentTarget) return;
    const row = rows[index];
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'c') {
      if (props.copy === undefined || chosen.size === 0 || (getSelection()?.toString() ?? '') !== '') return;
      event.preventDefault();
      props.copy(chosen);
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    const to = moveByKey(event.key, index, rows.length, page.current);
    if (to !== null) {
      event.preventDefault();
      activate(to, event.shiftKey, true);
    } else if (row !== undefined && event.key === 'Enter') {
      event.preventDefault();
      if (tree !== undefined && tree.expanded(row) !== null) tree.toggle(row);
      else props.onOpen?.(row);
    } else if (
      row !== undefined &&
      tree !== undefined &&
      (event.key === 'ArrowRight' || event.key === 'ArrowLeft')
    ) {
      event.preventDefault();
      moveInTree(event.key === 'ArrowRight', row);
    }
  };
  const moveInTree = (right: boolean, row: Row): void => {
    if (tree === undefined) return;
    const open = tree.expanded(row);
    if (open === !right) tree.toggle(row);
    else if (right && open === true) activate(index + 1, false, true);
    else if (!right) {
      const level = tree.level(row);
      const parent = rows.findLastIndex((candidate, at) => at < index && tree.level(candidate) < level);
      if (parent >= 0) activate(parent, false, true);
    }
  };

  const drawRow = (at: number): ComponentChildren => {
    const row = rows[at];
    const key = keys[at];
    if (row === undefined || key === undefined) return null;
    const open = tree === undefined ? null : tree.expanded(row);
    return (
      <div
        key={key}
        id={rowId(at)}
        role="row"
        class={`grid-row ${at % 2 === 1 ? 'striped' : ''} ${props.rowClass?.(row) ?? ''}`}
        aria-rowindex={at + 2}
        aria-selected={chosen.has(key)}
        aria-level={tree?.level(row)}
        aria-expanded={open ?? undefined}
        onMouseDown={(event) => {
          if (event.button !== 0) return;
          if (event.shiftKey) event.preventDefault();
          activate(at, event.shiftKey, false);
        }}
        onDblClick={() => props.onOpen?.(row)}
      >
        {columns.map((column, place) => (
          <div
            key={column.id}
            role="gridcell"
            class={`grid-cell ${column.align === 'right' ? 'right' : ''}`}
            data-column={column.id}
            data-tip={tip(column.tip?.(row))}
            style={
              place === 0 && tree !== undefined
                ? { paddingLeft: `${String(tree.level(row) * 14 - 10)}px` }
                : undefined
            }
          >
            {place === 0 && tree !== undefined ? (
              <span
                class={`grid-twisty ${open === null ? 'leaf' : ''}`}
                onMouseDown={() => open !== null && tree.toggle(row)}
              >
                {open === null ? null : <Icon name={open ? 'down' : 'right'} />}
              </span>
            ) : null}
            {cellContent(column.cell(row))}
          </div>
        ))}
      </div>
    );
  };

  return (
    <div
      class="grid"
      role={tree === undefined ? 'grid' : 'treegrid'}
      data-grid={id}
      aria-label={props.label}
      aria-rowcount={rows.length + 1}
      aria-multiselectable={props.copy !== undefined}
      aria-activedescendant={index < 0 ? undefined : rowId(index)}
      tabIndex={0}
      ref={box}
      onKeyDown={onKeyDown}
    >
      <VirtualList
        count={rows.length}
        rowHeight={ROW_HEIGHT}
        reveal={index < 0 ? null : index}
        row={drawRow}
        pageRef={page}
        header={<GridHeader {...props} grid={box} />}
        headerHeight={HEADER_HEIGHT}
        backdrop={
          <div class="grid-lines" aria-hidden="true">
            {columns.map((column) => (
              <span key={column.id} />
            ))}
          </div>
        }
      />
      {rows.length === 0 && props.empty !== undefined ? (
        <div class="grid-empty over">{props.empty}</div>
      ) : null}
    </div>
  );
}

/** The titles of the columns; it owns their widths, which it sets as `--columns` of the grid. */
function GridHeader<Row>(
  props: DataGridProps<Row> & { grid: RefObject<HTMLDivElement | null> },
): JSX.Element {
  const { id, columns, grid, sort = null } = props;
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
          class={`grid-heading ${column.align === 'right' ? 'right' : ''}`}
          aria-sort={sort?.column === column.id ? (sort.descending ? 'descending' : 'ascending') : undefined}
        >
          <HeadingText column={column} sort={sort} onSort={props.onSort} />
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
  if (column.sortKey === undefined || onSort === undefined)
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

/** Plain text in an element of its own, which is what an ellipsis needs. */
function cellContent(content: ComponentChildren): ComponentChildren {
  return typeof content === 'string' ? <span>{content}</span> : content;
}

/** Rows in the chosen order, and what a grid needs to let the person choose. */
export function useSorted<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  initial: Sort | null,
): { rows: readonly Row[]; sort: Sort | null; onSort: (sort: Sort) => void } {
  const [sort, onSort] = useState(initial);
  const sorted = useMemo(() => {
    const key = columns.find((column) => column.id === sort?.column)?.sortKey;
    return key === undefined || sort === null ? rows : sortRows(rows, key, sort.descending);
  }, [rows, sort]);
  return { rows: sorted, sort, onSort };
}
