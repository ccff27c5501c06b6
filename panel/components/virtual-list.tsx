import type { ComponentChildren, JSX, RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { scrollToRow, virtualWindow } from './virtual-window.ts';

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
  /** Stays at the top while the rows scroll, `headerHeight` pixels high; in the same box, so that a scroll bar narrows both. */
  header?: ComponentChildren;
  headerHeight?: number;
  /** Drawn over the whole height of the rows, also where there are none. */
  backdrop?: ComponentChildren;
}): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [scrollTop, setScrollTop] = useState(0);
  const [height, setHeight] = useState(400);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = (): void => {
      setHeight(element.clientHeight);
      if (pageRef !== undefined)
        pageRef.current = Math.floor((element.clientHeight - headerHeight) / rowHeight);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [rowHeight, headerHeight]);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null || reveal === null) return;
    const top = scrollToRow(reveal, rowHeight, element.scrollTop, element.clientHeight - headerHeight);
    if (top !== element.scrollTop) {
      element.scrollTop = top;
      setScrollTop(element.scrollTop);
    }
  }, [reveal, rowHeight, headerHeight]);

  const { first, end } = virtualWindow(count, rowHeight, scrollTop, height);
  const rows: ComponentChildren[] = [];
  for (let index = first; index < end; index++) rows.push(row(index));
  return (
    <div
      class="virtual-list"
      role="presentation"
      tabIndex={-1}
      ref={box}
      onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
    >
      {header}
      <div
        class="virtual-list-space"
        role="presentation"
        style={{ height: `${String(count * rowHeight)}px` }}
      >
        <div
          class="virtual-list-rows"
          role="rowgroup"
          style={{ transform: `translateY(${String(first * rowHeight)}px)` }}
        >
          {rows}
        </div>
        {backdrop}
      </div>
    </div>
  );
}
