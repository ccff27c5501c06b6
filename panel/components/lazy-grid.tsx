import type { ComponentChildren, JSX, TargetedKeyboardEvent } from 'preact';
import { useRef } from 'preact/hooks';
import { moveByKey } from './grid-model.ts';
import type { Sort } from './grid-model.ts';
import { GridHeader, GridLines, GridRow, HEADER_HEIGHT, ROW_HEIGHT } from './grid-parts.tsx';
import type { Column } from './grid-parts.tsx';
import { VirtualList } from './virtual-list.tsx';

export interface LazyGridProps<Row> {
  /** Names the grid in the store and in the ids of its rows. */
  readonly id: string;
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  /** Rows of the whole answer. */
  readonly count: number;
  /** A row, or null while it is being asked for. */
  readonly row: (at: number) => Row | null;
  /** Told which rows are in view, so that they can be asked for. `end`: one past the last. */
  readonly onView: (first: number, end: number) => void;
  /** Index of the active row; null: none, or not among the rows. */
  readonly active: number | null;
  /** Index that is brought into view when it changes; null: nothing moves. */
  readonly reveal: number | null;
  readonly onActivate: (at: number, byKey: boolean) => void;
  readonly onOpen?: (row: Row) => void;
  readonly onCopy?: (row: Row) => void;
  /** For rows of which some are groups: level from 1, and whether the row is open (null: a leaf). */
  readonly tree: {
    readonly level: (row: Row) => number;
    readonly expanded: (row: Row) => boolean | null;
    readonly toggle: (row: Row) => void;
    /** Goes to the group of a row. */
    readonly toParent: (row: Row) => void;
  } | null;
  readonly sort: Sort | null;
  readonly onSort: (sort: Sort) => void;
  readonly rowClass?: (row: Row) => string;
  /** Drawn over all columns in place of a row's cells; null: its cells. */
  readonly wide?: (row: Row) => ComponentChildren;
  readonly empty?: ComponentChildren;
}

/**
 * The table of `DataGrid` over rows that are not all here: it knows how many there are, draws those in view and asks for them. Its
 * active row is an index, which the caller keeps on the same row when the rows change.
 */
export function LazyGrid<Row>(props: LazyGridProps<Row>): JSX.Element {
  const { id, columns, count, active, tree } = props;
  const box = useRef<HTMLDivElement>(null);
  const page = useRef(10);
  const rowId = (at: number): string => `${id}-row-${String(at)}`;

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLElement>): void => {
    if (event.altKey || event.target !== event.currentTarget) return;
    const row = active === null ? null : props.row(active);
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() !== 'c' || row === null || props.onCopy === undefined) return;
      if ((getSelection()?.toString() ?? '') !== '') return;
      event.preventDefault();
      props.onCopy(row);
      return;
    }
    const to = moveByKey(event.key, active ?? -1, count, page.current);
    if (to !== null) {
      event.preventDefault();
      props.onActivate(to, true);
    } else if (row !== null && event.key === 'Enter') {
      event.preventDefault();
      if (tree !== null && tree.expanded(row) !== null) tree.toggle(row);
      else props.onOpen?.(row);
    } else if (row !== null && tree !== null && active !== null) {
      const open = tree.expanded(row);
      if (event.key === 'ArrowRight') {
        if (open === false) tree.toggle(row);
        else if (open === true) props.onActivate(Math.min(count - 1, active + 1), true);
      } else if (event.key === 'ArrowLeft') {
        if (open === true) tree.toggle(row);
        else if (open === null) tree.toParent(row);
      } else return;
      event.preventDefault();
    }
  };

  const drawRow = (at: number): ComponentChildren => {
    const row = props.row(at);
    if (row === null) return <PendingRow key={at} id={rowId(at)} at={at} chosen={at === active} />;
    return (
      <GridRow
        key={at}
        id={rowId(at)}
        at={at}
        row={row}
        columns={columns}
        chosen={at === active}
        class={props.rowClass?.(row) ?? ''}
        level={tree?.level(row)}
        expanded={tree === null ? null : tree.expanded(row)}
        wide={props.wide?.(row) ?? null}
        onToggle={() => tree?.toggle(row)}
        onChoose={() => props.onActivate(at, false)}
        onOpen={() => props.onOpen?.(row)}
      />
    );
  };

  return (
    <div
      class="grid"
      role={tree === null ? 'grid' : 'treegrid'}
      data-grid={id}
      aria-label={props.label}
      aria-rowcount={count + 1}
      aria-activedescendant={active === null ? undefined : rowId(active)}
      tabIndex={0}
      ref={box}
      onKeyDown={onKeyDown}
    >
      <VirtualList
        count={count}
        rowHeight={ROW_HEIGHT}
        reveal={props.reveal}
        row={drawRow}
        pageRef={page}
        onView={props.onView}
        header={<GridHeader id={id} columns={columns} sort={props.sort} onSort={props.onSort} grid={box} />}
        headerHeight={HEADER_HEIGHT}
        backdrop={<GridLines columns={columns} />}
      />
      {count === 0 && props.empty !== undefined ? <div class="grid-empty over">{props.empty}</div> : null}
    </div>
  );
}

/** Stands for a row that is being asked for: it can be moved to and takes the place of the row. */
function PendingRow({ id, at, chosen }: { id: string; at: number; chosen: boolean }): JSX.Element {
  return (
    <div
      id={id}
      role="row"
      class={`grid-row pending ${at % 2 === 1 ? 'striped' : ''}`}
      aria-rowindex={at + 2}
      aria-selected={chosen}
      aria-busy="true"
    />
  );
}
