import type { ComponentChildren, JSX, TargetedKeyboardEvent } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { moveByKey } from './grid-model.ts';
import type { Sort } from './grid-model.ts';
import { GridHeader, GridLines, GridRow, HEADER_HEIGHT, ROW_HEIGHT } from './grid-parts.tsx';
import type { Column } from './grid-parts.tsx';
import { KeyQueue } from './key-queue.ts';
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
  /** Asks for a row, wherever it is: a key waits for it. */
  readonly onNeed: (at: number) => void;
  /** Whether what the person has just done is still to change the rows or the active one: keys wait for it. */
  readonly busy: () => boolean;
  /** Whether rows could not be had: keys wait no longer. */
  readonly failed: boolean;
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

  const latest = useRef(props);
  latest.current = props;
  const keys = useMemo(() => {
    const activeRow = (): Row | null => {
      const { active: at, row } = latest.current;
      return at === null ? null : row(at);
    };
    return new KeyQueue<string>({
      ready: (key) => {
        const { failed, busy, active: at, onNeed } = latest.current;
        if (failed) return true;
        if (busy()) return false;
        if (at === null || !ROW_KEYS.has(key) || activeRow() !== null) return true;
        onNeed(at);
        return false;
      },
      handle: (key) => handleKey(latest.current, key, activeRow(), page.current),
    });
  }, []);
  useLayoutEffect(() => keys.changed());
  useEffect(() => () => keys.clear(), []);

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLElement>): void => {
    if (event.altKey || event.target !== event.currentTarget) return;
    if (event.ctrlKey || event.metaKey) {
      const row = active === null ? null : props.row(active);
      if (event.key.toLowerCase() !== 'c' || row === null || props.onCopy === undefined) return;
      if ((getSelection()?.toString() ?? '') !== '') return;
      event.preventDefault();
      props.onCopy(row);
      return;
    }
    const moves = moveByKey(event.key, 0, count, 1) !== null;
    const works =
      ROW_KEYS.has(event.key) && (tree !== null || (event.key === 'Enter' && props.onOpen !== undefined));
    if (!moves && !(works && active !== null)) return;
    event.preventDefault();
    keys.press(event.key);
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

/** Keys that do something with the active row, other than to move from it by its index. */
const ROW_KEYS: ReadonlySet<string> = new Set(['Enter', 'ArrowLeft', 'ArrowRight']);

function handleKey<Row>(props: LazyGridProps<Row>, key: string, row: Row | null, page: number): void {
  const { active, count, tree } = props;
  const to = moveByKey(key, active ?? -1, count, page);
  if (to !== null) props.onActivate(to, true);
  if (to !== null || row === null || active === null) return;
  const open = tree?.expanded(row) ?? null;
  if (key === 'Enter') {
    if (open !== null) tree?.toggle(row);
    else props.onOpen?.(row);
  } else if (key === 'ArrowRight') {
    if (open === false) tree?.toggle(row);
    else if (open === true) props.onActivate(Math.min(count - 1, active + 1), true);
  } else if (open === true) tree?.toggle(row);
  else if (open === null) tree?.toParent(row);
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
