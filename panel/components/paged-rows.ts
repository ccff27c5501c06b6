import { useLayoutEffect, useMemo, useReducer } from 'preact/hooks';
import { errorText } from '../model/failure.ts';

/** A part of an answer: its rows, and how many the whole has. */
export interface RowPage<Row> {
  readonly count: number;
  readonly rows: readonly Row[];
}

/** Rows of one request. */
export const PAGE = 100;

interface Shown<Row> {
  readonly question: string;
  readonly pages: Map<number, readonly Row[]>;
  readonly asked: Set<number>;
  count: number | null;
  failure: string | null;
}

/** Rows that are asked for page by page as they come into view. While a new question is being answered the rows of the one before stay. */
export class PagedRows<Row> {
  readonly #changed: () => void;
  #ask: (from: number, count: number) => Promise<RowPage<Row>> = () =>
    Promise.resolve({ count: 0, rows: [] });
  #shown: Shown<Row> | null = null;
  /** Takes the place of `#shown` with its first answer. */
  #coming: Shown<Row> | null = null;
  #view = { first: 0, end: PAGE };

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Asks another question; null: there is nothing to ask. */
  open(question: string | null, ask: (from: number, count: number) => Promise<RowPage<Row>>): void {
    if (question === null) {
      this.#shown = this.#coming = null;
      this.#changed();
      return;
    }
    if ((this.#coming ?? this.#shown)?.question === question) return;
    this.#ask = ask;
    this.#coming = { question, pages: new Map(), asked: new Set(), count: null, failure: null };
    this.#load(this.#coming);
  }

  /** Null until there is an answer. */
  get count(): number | null {
    return this.#shown?.count ?? null;
  }

  get failure(): string | null {
    return (this.#coming ?? this.#shown)?.failure ?? null;
  }

  /** Whether rows of the question before are shown, because those of the present one are on the way. */
  get waiting(): boolean {
    return this.#coming !== null;
  }

  row(at: number): Row | null {
    return this.#shown?.pages.get(Math.floor(at / PAGE))?.[at % PAGE] ?? null;
  }

  /** Which rows are in view. */
  setView(first: number, end: number): void {
    this.#view = { first, end };
    if (this.#coming === null && this.#shown !== null) this.#load(this.#shown);
  }

  /** Asks for a row that may be out of view. */
  need(at: number): void {
    if (this.#shown !== null) this.#load(this.#shown, { first: at, end: at + 1 });
  }

  #load(list: Shown<Row>, { first, end } = this.#view): void {
    const last = Math.max(first, end - 1, 0);
    for (let page = Math.floor(first / PAGE); page <= Math.floor(last / PAGE); page++) {
      if (list.asked.has(page) || (list.count !== null && page * PAGE >= list.count)) continue;
      list.asked.add(page);
      void this.#fetch(list, page);
    }
  }

  async #fetch(list: Shown<Row>, page: number): Promise<void> {
    try {
      const { count, rows } = await this.#ask(page * PAGE, PAGE);
      list.count = count;
      list.pages.set(page, rows);
    } catch (error) {
      list.failure = errorText(error);
      list.count = 0;
    }
    if (list !== this.#coming && list !== this.#shown) return;
    if (list === this.#coming) {
      this.#shown = list;
      this.#coming = null;
      // The view was that of the rows before.
      if (list.count > 0 && this.#view.first >= list.count) this.setView(0, PAGE);
    }
    this.#changed();
  }
}

/** Rows of the answer to `question`; null: there is nothing to ask. */
export function usePagedRows<Row>(
  question: string | null,
  ask: (from: number, count: number) => Promise<RowPage<Row>>,
): PagedRows<Row> {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const rows = useMemo(() => new PagedRows<Row>(() => draw(undefined)), []);
  // Before the next key is handled: it is meant for the rows of this question.
  useLayoutEffect(() => rows.open(question, ask), [question]);
  return rows;
}
