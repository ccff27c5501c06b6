/** The rows of a long list that are in the document, and where they start. */
export interface VirtualWindow {
  readonly first: number;
  /** One past the last row. */
  readonly end: number;
}

/** Rows kept above and below what is seen, so that a small scroll needs no new rows. */
const OVERSCAN = 8;

/** Which rows to draw for a list of `count` rows of `rowHeight` pixels, scrolled by `scrollTop` in a view of `height` pixels. */
export function virtualWindow(
  count: number,
  rowHeight: number,
  scrollTop: number,
  height: number,
): VirtualWindow {
  const first = Math.max(0, Math.min(count, Math.floor(scrollTop / rowHeight)) - OVERSCAN);
  const end = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + OVERSCAN);
  return { first, end: Math.max(first, end) };
}

/** The scroll position that brings a row into view with the least movement. */
export function scrollToRow(index: number, rowHeight: number, scrollTop: number, height: number): number {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  if (top + rowHeight > scrollTop + height) return Math.max(0, top + rowHeight - height);
  return scrollTop;
}
