import type { JSX, TargetedKeyboardEvent, TargetedPointerEvent } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useSize } from '../../components/use-size.ts';
import type { HexPages } from './hex-pages.ts';
import {
  HEX_ROW,
  hexScale,
  lastTop,
  moveCursor,
  ROW_BYTES,
  rowAtScroll,
  scrollOfRow,
  topToReveal,
} from './hex-scale.ts';
import {
  addressText,
  asciiRow,
  byteAtHexColumn,
  HEX_COLUMNS,
  hexColumn,
  hexRow,
  runsOf,
} from './hex-text.ts';

/** Rows that are drawn before the height of the box is known. */
const FIRST_HEIGHT = 320;
/** A change is marked for so many refreshes, weaker each time. */
const MARKED_REFRESHES = 3;

/** Bytes that are chosen: from the one to the other, both included, in either order. */
export interface Selection {
  readonly anchor: number;
  readonly cursor: number;
}

/**
 * Linear memory as rows of 16 bytes in hex and text, from address 0 to `size`. Only rows in view are in the document, and only they are
 * fetched. The arrow keys move the cursor, with Shift they choose bytes; Enter follows the pointer under the cursor.
 */
export function HexGrid({
  size,
  pages,
  base,
  selection,
  found,
  onSelect,
  onFollow,
  onCopy,
}: {
  /** Bytes of the memory. */
  size: number;
  pages: HexPages;
  /** The memory that it is compared with; null: none. */
  base: HexPages | null;
  selection: Selection;
  /** The place that was found last, [start, end). */
  found: readonly [number, number] | null;
  /** `step`: the cursor moved on from where it was. */
  onSelect: (selection: Selection, step: boolean) => void;
  onFollow: () => void;
  onCopy: () => void;
}): JSX.Element {
  const [box, boxSize] = useSize<HTMLDivElement>();
  const height = boxSize?.height ?? FIRST_HEIGHT;
  const scale = hexScale(Math.ceil(size / ROW_BYTES), height);
  const [wantedTop, setTop] = useState(0);
  const top = Math.min(wantedTop, lastTop(scale));
  /** Where this set the scroll bar: the event that follows is no scrolling of the person. */
  const own = useRef(-1);
  /** Of wheels that turn by less than a row. */
  const turned = useRef(0);

  const moveTo = (row: number): void => {
    const to = Math.max(0, Math.min(lastTop(scale), row));
    setTop(to);
    if (box.current === null) return;
    box.current.scrollTop = scrollOfRow(scale, to);
    own.current = box.current.scrollTop;
  };

  const cursorRow = Math.floor(selection.cursor / ROW_BYTES);
  useLayoutEffect(() => {
    if (boxSize === null) return;
    const to = topToReveal(scale, top, cursorRow);
    if (to !== top || own.current === -1) moveTo(to);
  }, [selection.cursor, size, boxSize === null]);

  useEffect(() => {
    const element = box.current;
    if (element === null || !scale.scaled) return;
    // A pixel of the scroll bar is many rows: the wheel moves by rows.
    const onWheel = (event: WheelEvent): void => {
      if (event.ctrlKey || event.deltaY === 0) return;
      event.preventDefault();
      turned.current += event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY : event.deltaY / HEX_ROW;
      const rows = Math.trunc(turned.current);
      if (rows === 0) return;
      turned.current -= rows;
      moveTo(top + rows);
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  });

  const end = Math.min(scale.rows, top + scale.page + 2);
  useEffect(() => {
    pages.show(top * ROW_BYTES, Math.min(size, end * ROW_BYTES));
    base?.show(top * ROW_BYTES, Math.min(size, end * ROW_BYTES));
  }, [pages, base, top, end, size]);

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLElement>): void => {
    if (event.altKey) return;
    const control = event.ctrlKey || event.metaKey;
    if (control && event.key.toLowerCase() === 'c') {
      event.preventDefault();
      onCopy();
      return;
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      onFollow();
      return;
    }
    if (control && event.key !== 'Home' && event.key !== 'End') return;
    const to = moveCursor(event.key, control, selection.cursor, size, scale.page - 1);
    if (to === null) return;
    event.preventDefault();
    onSelect({ anchor: event.shiftKey ? selection.anchor : to, cursor: to }, true);
  };

  /** The byte under the pointer. */
  const byteAt = (event: TargetedPointerEvent<HTMLElement>): number | null => {
    const part = (event.target as Element).closest<HTMLElement>('[data-part]');
    const row = part?.closest<HTMLElement>('[data-row]');
    if (part == null || row == null) return null;
    const rect = part.getBoundingClientRect();
    const share = (event.clientX - rect.left) / Math.max(1, rect.width);
    const index =
      part.dataset['part'] === 'hex'
        ? byteAtHexColumn(share * HEX_COLUMNS)
        : Math.max(0, Math.min(ROW_BYTES - 1, Math.floor(share * ROW_BYTES)));
    const at = Number(row.dataset['row']) + index;
    return at < size ? at : null;
  };

  const low = Math.min(selection.anchor, selection.cursor);
  const high = Math.max(selection.anchor, selection.cursor);
  const mark = (at: number): string => {
    if (at === selection.cursor) return 'cursor';
    if (at >= low && at <= high) return 'chosen';
    if (found !== null && at >= found[0] && at < found[1]) return 'found';
    if (base !== null) {
      const before = base.byte(at);
      const now = pages.byte(at);
      if (before !== null && now !== null && before !== now) return 'differs';
    }
    const age = pages.age(at);
    return age !== null && age < MARKED_REFRESHES ? `changed age-${String(age)}` : '';
  };

  const rows: JSX.Element[] = [];
  for (let row = top; row < end; row++) {
    rows.push(<Row key={row} start={row * ROW_BYTES} size={size} pages={pages} mark={mark} />);
  }
  return (
    <div
      class="hex"
      role="grid"
      aria-label="Memory"
      aria-rowcount={scale.rows}
      aria-activedescendant={`hex-row-${String(cursorRow * ROW_BYTES)}`}
      tabIndex={0}
      ref={box}
      onKeyDown={onKeyDown}
      onScroll={(event) => {
        const { scrollTop } = event.currentTarget;
        if (Math.abs(scrollTop - own.current) < 1) return;
        own.current = scrollTop;
        setTop(rowAtScroll(scale, scrollTop));
      }}
      onPointerDown={(event) => {
        const at = event.button === 0 ? byteAt(event) : null;
        if (at !== null) onSelect({ anchor: event.shiftKey ? selection.anchor : at, cursor: at }, false);
      }}
      onPointerMove={(event) => {
        const at = event.buttons === 1 ? byteAt(event) : null;
        if (at !== null && at !== selection.cursor) onSelect({ anchor: selection.anchor, cursor: at }, true);
      }}
      onDblClick={onFollow}
    >
      <div class="hex-space" role="presentation" style={{ height: `${String(scale.space)}px` }}>
        <div class="hex-rows" role="rowgroup">
          {rows}
        </div>
      </div>
    </div>
  );
}

function Row({
  start,
  size,
  pages,
  mark,
}: {
  start: number;
  size: number;
  pages: HexPages;
  mark: (at: number) => string;
}): JSX.Element {
  const count = Math.min(ROW_BYTES, size - start);
  const byte = (index: number): number | null => pages.byte(start + index);
  const runs = runsOf(count, (index) => mark(start + index));
  return (
    <div
      id={`hex-row-${String(start)}`}
      class="hex-row"
      role="row"
      data-row={start}
      aria-rowindex={start / ROW_BYTES + 1}
    >
      <span class="hex-address" role="rowheader">
        {addressText(start)}
      </span>
      <span class="hex-bytes" role="gridcell" data-part="hex" style={{ width: `${String(HEX_COLUMNS)}ch` }}>
        {runs.map((run) => (
          <i
            key={run.from}
            class={`hex-mark ${run.mark}`}
            style={box(hexColumn(run.from), hexColumn(run.to - 1) + 2)}
          />
        ))}
        <span class="hex-text">{hexRow(count, byte)}</span>
      </span>
      <span class="hex-ascii" role="gridcell" data-part="text" style={{ width: `${String(ROW_BYTES)}ch` }}>
        {runs.map((run) => (
          <i key={run.from} class={`hex-mark ${run.mark}`} style={box(run.from, run.to)} />
        ))}
        <span class="hex-text">{asciiRow(count, byte)}</span>
      </span>
    </div>
  );
}

const box = (from: number, to: number): { left: string; width: string } => ({
  left: `${String(from)}ch`,
  width: `${String(to - from)}ch`,
});
