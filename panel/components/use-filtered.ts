import { useEffect, useMemo, useState } from 'preact/hooks';
import { matcher } from '../model/text.ts';

/** How long rows are looked at before the panel may draw and take input again, in milliseconds. */
const SLICE_MS = 12;
/** Rows between two looks at the clock. */
const BATCH = 64;

interface Search<Row> {
  /** Rows that fit, of those looked at so far. */
  readonly fitting: Row[];
  next: number;
}

/**
 * The rows in whose text (lower case) every word of a filter occurs. Many rows are looked at in slices, so that typing and drawing go on; the rows of
 * the filter before stay until all have been looked at.
 */
export function useFiltered<Row>(
  rows: readonly Row[],
  filter: string,
  textOf: (row: Row) => string,
): readonly Row[] {
  const isAll = filter.trim() === '';
  const search = useMemo(() => {
    const fits = matcher(filter);
    const state: Search<Row> = { fitting: [], next: 0 };
    const step = (): boolean => {
      const end = performance.now() + SLICE_MS;
      while (state.next < rows.length && performance.now() < end) {
        const batch = rows.slice(state.next, state.next + BATCH);
        state.fitting.push(...batch.filter((row) => fits(textOf(row))));
        state.next += batch.length;
      }
      return state.next >= rows.length;
    };
    return { fitting: isAll ? rows : state.fitting, step, done: isAll || step() };
  }, [rows, filter]);
  const [finished, setFinished] = useState(search);
  useEffect(() => {
    if (search.done) {
      setFinished(search);
      return undefined;
    }
    let timer = setTimeout(function slice() {
      search.done = search.step();
      if (search.done) setFinished(search);
      else timer = setTimeout(slice);
    });
    return () => clearTimeout(timer);
  }, [search]);
  return search.done ? search.fitting : finished.fitting;
}
