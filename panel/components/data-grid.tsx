import type { ComponentChildren, JSX, TargetedKeyboardEvent } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { moveByKey, rangeOf, sortRows } from './grid-model.ts';
import type { Sort } from './grid-model.ts';
import { GridHeader, GridLines, GridRow, HEADER_HEIGHT, ROW_HEIGHT } from './grid-parts.tsx';
import type { Column } from './grid-parts.tsx';
import { VirtualList } from './virtual-list.tsx';

export type { Column } from './grid-parts.tsx';

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
    return (
      <GridRow
        key={key}
        id={rowId(at)}
        at={at}
        row={row}
        columns={columns}
        chosen={chosen.has(key)}
        class={props.rowClass?.(row) ?? ''}
        level={tree?.level(row)}
        expanded={tree === undefined ? null : tree.expanded(row)}
        onToggle={() => tree?.toggle(row)}
        onChoose={(extend) => activate(at, extend, false)}
        onOpen={() => props.onOpen?.(row)}
      />
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
        header={
          <GridHeader id={id} columns={columns} sort={props.sort ?? null} onSort={props.onSort} grid={box} />
        }
        headerHeight={HEADER_HEIGHT}
        backdrop={<GridLines columns={columns} />}
      />
      {rows.length === 0 && props.empty !== undefined ? (
        <div class="grid-empty over">{props.empty}</div>
      ) : null}
    </div>
  );
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
