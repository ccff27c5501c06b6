import type { ComponentChildren, JSX, RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useSize } from './use-size.ts';
import { scrollToRow, virtualWindow } from './virtual-window.ts';

/** Rows are drawn for a view of this height before the true one is known, in CSS pixels. */
const FIRST_HEIGHT = 300;

/**
 * Rows of one height, of which only those in view are in the document. `reveal` is brought into view when it changes. The caller
 * gives the roles: this is only the geometry.
 */
export function VirtualList({
  count,
  rowHeight,
  reveal,
  row,
  pageRef,
  onView,
  header,
  headerHeight = 0,
  backdrop,
}: {
  count: number;
  /** CSS pixels. */
  rowHeight: number;
  /** Index of a row that has to be in view; null: none. */
  reveal: number | null;
  /** Draws a row; it must carry a key and be `rowHeight` pixels high. */
  row: (index: number) => ComponentChildren;
  /** Told how many rows fit, for Page Up and Page Down. */
  pageRef?: RefObject<number>;
  /** Told which rows are drawn, the first and one past the last, whenever that or `count` changes. */
  onView?: (first: number, end: number) => void;
  /** Stays at the top while the rows scroll, `headerHeight` pixels high; in the same box, so that a scroll bar narrows both. */
  header?: ComponentChildren;
  headerHeight?: number;
  /** Drawn under the rows and where there are none. */
  backdrop?: ComponentChildren;
}): JSX.Element {
  const [box, size] = useSize<HTMLDivElement>();
  const [scrollTop, setScrollTop] = useState(0);
  const scrolled = useRef(0);
  /** The row that was to be in view when somebody scrolled, before the height of the view was known: it does not take the scroll back. */
  const left = useRef<number | null>(null);
  const height = Math.max(0, (size?.height ?? FIRST_HEIGHT) - headerHeight);

  useLayoutEffect(() => {
    if (pageRef !== undefined) pageRef.current = Math.floor(height / rowHeight);
  }, [height, rowHeight]);

  useLayoutEffect(() => {
    if (box.current === null || size === null || reveal === null || reveal === left.current) return;
    left.current = null;
    const top = scrollToRow(reveal, rowHeight, scrolled.current, height);
    if (top === scrolled.current) return;
    box.current.scrollTop = top;
    scrolled.current = top;
    setScrollTop(top);
  }, [reveal, rowHeight, size === null]);

  const { first, end } = virtualWindow(count, rowHeight, scrollTop, height);
  useLayoutEffect(() => {
    if (size !== null) onView?.(first, end);
  }, [first, end, count, size === null, onView]);

  const rows: ComponentChildren[] = [];
  for (let index = first; index < end; index++) rows.push(row(index));
  return (
    <div
      class="virtual-list"
      role="presentation"
      tabIndex={-1}
      ref={box}
      onScroll={(event) => {
        scrolled.current = event.currentTarget.scrollTop;
        if (size === null) left.current = reveal;
        setScrollTop(scrolled.current);
      }}
    >
      {header}
      <div
        class="virtual-list-space"
        role="presentation"
        style={{ height: `${String(count * rowHeight)}px` }}
      >
        {backdrop}
        <div
          class="virtual-list-rows"
          role="rowgroup"
          style={{ transform: `translateY(${String(first * rowHeight)}px)` }}
        >
          {rows}
        </div>
      </div>
    </div>
  );
}
