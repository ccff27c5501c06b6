import { errorText } from '../../model/failure.ts';
import type { GoroutineRow, GoroutineRows, GroupRow } from '../../model/types.ts';

export type Row = GoroutineRow | GroupRow;

/** What is known of an answer besides its rows. */
export type Totals = Pick<GoroutineRows, 'totalRows' | 'matched' | 'changes'>;

/** Rows asked for at once; the windows start at multiples of it. */
const PAGE = 100;
/** Pages kept; those that were wanted longest ago go first. */
const KEPT = 60;
/** Requests under way at once: a long scroll must not queue up what has already left the view. */
const UNDER_WAY = 2;

/**
 * The rows of one answer that are here. It asks for those that are in view, a page at a time, keeps what it has while newer rows
 * are on the way, and forgets what was not looked at for long.
 */
export class RowWindow {
  readonly #ask: (from: number, count: number) => Promise<GoroutineRows>;
  readonly #changed: () => void;
  /** In the order in which they were last wanted. A page of an earlier generation is shown until the newer one is there. */
  readonly #pages = new Map<number, { readonly rows: readonly Row[]; readonly generation: number }>();
  readonly #underWay = new Set<number>();
  #generation = 0;
  #wanted: readonly number[] = [];
  /** Page of a row that is wanted although it is out of view. */
  #needed: number | null = null;
  #closed = false;
  #failure: string | null = null;
  #totals: Totals | null = null;

  /** `first` and `end`: the rows that are in view at the start. */
  constructor(
    ask: (from: number, count: number) => Promise<GoroutineRows>,
    changed: () => void,
    first = 0,
    end = PAGE,
  ) {
    this.#ask = ask;
    this.#changed = changed;
    this.want(first, end);
  }

  /** Null until the first rows are here. */
  get totals(): Totals | null {
    return this.#totals;
  }

  /** Why rows could not be had; null while all is well. */
  get failure(): string | null {
    return this.#failure;
  }

  /** A row that is here, else null. */
  row(at: number): Row | null {
    return this.#pages.get(Math.floor(at / PAGE))?.rows[at % PAGE] ?? null;
  }

  /** Index of a row that is here; null where there is none. */
  indexOf(is: (row: Row) => boolean): number | null {
    for (const [page, { rows }] of this.#pages) {
      const at = rows.findIndex(is);
      if (at >= 0) return page * PAGE + at;
    }
    return null;
  }

  /** Asks for rows from `first` up to `end` (not included), where they are not here. The latest call counts. */
  want(first: number, end: number): void {
    const pages: number[] = [];
    for (let page = Math.floor(first / PAGE); page * PAGE < Math.max(end, first + 1); page++)
      pages.push(page);
    this.#wanted = pages;
    for (const page of pages) {
      const known = this.#pages.get(page);
      if (known === undefined) continue;
      this.#pages.delete(page);
      this.#pages.set(page, known);
    }
    this.#next();
  }

  /** Asks for the page of a row that may be out of view. The latest call counts. */
  need(at: number): void {
    const page = Math.floor(at / PAGE);
    this.#needed = page;
    if (!this.#pages.has(page)) this.#next(page);
  }

  /** All rows may have changed: those in view are asked for again, the others when they come into view. */
  refresh(): void {
    this.#generation++;
    this.#failure = null;
    this.#next();
  }

  /** Answers that are still to come are dropped. */
  close(): void {
    this.#closed = true;
  }

  #next(...also: readonly number[]): void {
    const total = this.#totals?.totalRows ?? Infinity;
    for (const page of [...this.#wanted, ...also]) {
      if (this.#underWay.size >= UNDER_WAY || this.#failure !== null || this.#closed) return;
      if (this.#underWay.has(page) || this.#pages.get(page)?.generation === this.#generation) continue;
      if (page > 0 && page * PAGE >= total) continue;
      this.#underWay.add(page);
      const generation = this.#generation;
      this.#ask(page * PAGE, PAGE).then(
        (answer) => this.#take(page, answer, generation),
        (error: unknown) => this.#fail(page, error),
      );
    }
  }

  #take(page: number, { rows, totalRows, matched, changes }: GoroutineRows, generation: number): void {
    this.#underWay.delete(page);
    if (this.#closed) return;
    this.#pages.delete(page);
    this.#pages.set(page, { rows, generation });
    this.#totals = { totalRows, matched, changes };
    for (const old of this.#pages.keys()) {
      const beyond = old * PAGE >= Math.max(1, totalRows);
      if (beyond || (this.#pages.size > KEPT && !this.#wanted.includes(old) && old !== this.#needed))
        this.#pages.delete(old);
    }
    this.#next();
    this.#changed();
  }

  #fail(page: number, error: unknown): void {
    this.#underWay.delete(page);
    if (this.#closed) return;
    this.#failure = errorText(error);
    this.#changed();
  }
}
