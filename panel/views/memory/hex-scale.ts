/** Bytes of a row. */
export const ROW_BYTES = 16;
/** Height of a row in CSS pixels. */
export const HEX_ROW = 16;
/**
 * The tallest space that is scrolled, in CSS pixels: browsers cut off what is higher (Chromium at 2^25), and 4 GiB have 2^28 rows. A taller
 * list is scaled: a pixel of its scroll bar then stands for more than one.
 */
const MAX_SPACE = 8_000_000;

/** Where rows are in a box that scrolls. */
export interface HexScale {
  readonly rows: number;
  /** Rows that fit the box whole; at least one. */
  readonly page: number;
  /** Height of what is scrolled. */
  readonly space: number;
  readonly viewHeight: number;
  /** A pixel of the scroll bar is not a pixel of the list. */
  readonly scaled: boolean;
}

export function hexScale(rows: number, viewHeight: number): HexScale {
  const height = rows * HEX_ROW;
  const scaled = height > MAX_SPACE;
  const page = Math.max(1, Math.floor(viewHeight / HEX_ROW));
  return { rows, page, space: scaled ? MAX_SPACE : height, viewHeight, scaled };
}

/** The highest row that can be the first in view. */
export const lastTop = ({ rows, page }: HexScale): number => Math.max(0, rows - page);

/** The first row in view at a scroll position. */
export function rowAtScroll(scale: HexScale, scrollTop: number): number {
  const range = scale.space - scale.viewHeight;
  if (range <= 0) return 0;
  const row = scale.scaled ? (scrollTop / range) * lastTop(scale) : scrollTop / HEX_ROW;
  return Math.max(0, Math.min(lastTop(scale), Math.round(row)));
}

/** The scroll position at which a row is the first in view. */
export function scrollOfRow(scale: HexScale, row: number): number {
  const range = scale.space - scale.viewHeight;
  if (range <= 0) return 0;
  const last = lastTop(scale);
  return scale.scaled ? (last === 0 ? 0 : (row / last) * range) : row * HEX_ROW;
}

/** The first row in view after a row was brought into it: as it is where it is in view already, near the top where it was far. */
export function topToReveal(scale: HexScale, top: number, row: number): number {
  if (row >= top && row < top + scale.page) return top;
  const near = row >= top - 2 && row <= top + scale.page + 1;
  const wanted = near ? (row < top ? row : row - scale.page + 1) : row - Math.floor(scale.page / 4);
  return Math.max(0, Math.min(lastTop(scale), wanted));
}

/** The cursor after a key; null when the key does not move it. `size`: of the memory. */
export function moveCursor(
  key: string,
  control: boolean,
  cursor: number,
  size: number,
  page: number,
): number | null {
  const start = cursor - (cursor % ROW_BYTES);
  const to = (at: number): number => Math.max(0, Math.min(size - 1, at));
  /** Whole rows, so that the column stays. */
  const down = (rows: number): number => {
    const at = cursor + rows * ROW_BYTES;
    return at < 0 || at >= size ? cursor : at;
  };
  switch (key) {
    case 'ArrowLeft':
      return to(cursor - 1);
    case 'ArrowRight':
      return to(cursor + 1);
    case 'ArrowUp':
      return down(-1);
    case 'ArrowDown':
      return down(1);
    case 'PageUp':
      return cursor - page * ROW_BYTES < 0 ? cursor % ROW_BYTES : down(-page);
    case 'PageDown':
      return cursor + page * ROW_BYTES >= size ? to(size - ROW_BYTES + (cursor % ROW_BYTES)) : down(page);
    case 'Home':
      return control ? 0 : start;
    case 'End':
      return control ? to(size - 1) : to(start + ROW_BYTES - 1);
    default:
      return null;
  }
}
