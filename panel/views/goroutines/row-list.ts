import type { GoroutinesClient } from '../../../src/session/goroutines-client.ts';
import type { GoroutineQuery } from '../../model/types.ts';
import { RowWindow } from './row-window.ts';
import type { Row, Totals } from './row-window.ts';

/** What is chosen: a goroutine by its id, which stays the same from snapshot to snapshot, or a group. */
export type Target = { readonly id: number } | { readonly group: string };

const isTarget =
  (target: Target) =>
  (row: Row): boolean =>
    'id' in target ? row.kind === 'goroutine' && row.id === target.id : row.key === target.group;

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * The list of the view: rows of a snapshot under a query, and the row that the cursor is on. While a new query is being answered the
 * old rows stay; the cursor stays on the chosen goroutine wherever that has moved to.
 */
export class RowList {
  readonly #client: Pick<GoroutinesClient, 'rows' | 'find'>;
  readonly #changed: () => void;
  #source: { readonly snapshot: string; readonly query: GoroutineQuery } | null = null;
  #shown: RowWindow | null = null;
  /** Takes the place of `#shown` with its first answer. */
  #coming: RowWindow | null = null;
  #view = { first: 0, end: 60 };
  #target: Target | null = null;
  /** Null: the target is not among the rows. */
  #cursor: number | null = 0;
  #reveal: number | null = null;
  /** The target is to be brought into view as soon as its place is known and there are rows. */
  #revealing = false;
  /** The cursor was moved to a row that is not here yet: it is chosen when it comes. */
  #choosing: { readonly at: number; readonly byKey: boolean } | null = null;
  #onChoose: (row: Row, byKey: boolean) => void = () => undefined;
  #searches = 0;
  /** The search that is under way, as long as it is the latest. */
  #searching: number | null = null;
  /** Rows are on the way because the person changed the query; not because there is a newer snapshot. */
  #requested = false;

  constructor(client: Pick<GoroutinesClient, 'rows' | 'find'>, changed: () => void) {
    this.#client = client;
    this.#changed = changed;
  }

  get totals(): Totals | null {
    return this.#shown?.totals ?? null;
  }

  /** Why rows could not be had. Rows that are being replaced may well fail: their snapshot may be gone. */
  get failure(): string | null {
    return (this.#coming ?? this.#shown)?.failure ?? null;
  }

  /** Whether rows of an earlier query are shown, because those of the present one are on the way. */
  get waiting(): boolean {
    return this.#coming !== null;
  }

  /** Whether what the person did is still to change the rows or the cursor. */
  get busy(): boolean {
    if (this.failure !== null) return false;
    return (this.#coming !== null && this.#requested) || this.#searching === this.#searches;
  }

  get cursor(): number | null {
    return this.#cursor;
  }

  /** The row to bring into view; null: stay. */
  get reveal(): number | null {
    return this.#reveal;
  }

  /** Key of the row that stands for `target`, as far as it is here. */
  keyOf(target: Target): string | null {
    const at = this.#shown?.indexOf(isTarget(target)) ?? null;
    return at === null ? null : (this.row(at)?.key ?? null);
  }

  row(at: number): Row | null {
    return this.#shown?.row(at) ?? null;
  }

  /** Called for each row that the person moves to. */
  set onChoose(listener: (row: Row, byKey: boolean) => void) {
    this.#onChoose = listener;
  }

  /** Shows a snapshot under a query; the same ones again change nothing. */
  open(snapshot: string, query: GoroutineQuery): void {
    const before = this.#source;
    if (before !== null && before.snapshot === snapshot && same(before.query, query)) return;
    this.#source = { snapshot, query };
    this.#requested = before?.snapshot === snapshot;
    if (this.#requested) this.#choosing = null;
    // A new order or grouping is looked at from its start.
    const stay = before !== null && same({ ...before.query, open: [] }, { ...query, open: [] });
    if (!stay && before !== null && before.snapshot === snapshot) this.#reveal = 0;
    this.#coming?.close();
    const next = new RowWindow(
      (from, count) => this.#client.rows(snapshot, query, from, count),
      () => this.#arrived(next),
      this.#view.first,
      this.#view.end,
    );
    this.#coming = next;
    if (this.#shown === null) this.#shown = next;
  }

  /** Rows that are here may have changed, because stacks were read. */
  refresh(): void {
    (this.#coming ?? this.#shown)?.refresh();
  }

  close(): void {
    this.#shown?.close();
    this.#coming?.close();
  }

  /** The rows that are in view. */
  view(first: number, end: number): void {
    this.#view = { first, end };
    this.#shown?.want(first, end);
    if (this.#coming !== this.#shown) this.#coming?.want(first, end);
  }

  /** Asks for a row that may be out of view. */
  need(at: number): void {
    this.#shown?.need(at);
  }

  /** What is chosen, as the panel's place says it. Null: the first row. `reveal`: brings it into view. */
  choose(target: Target | null, reveal: boolean): void {
    if (same(target, this.#target)) return;
    this.#target = target;
    this.#revealing = reveal;
    this.#place();
  }

  /** Moves the cursor to an index, as the person does. */
  moveTo(at: number, byKey: boolean): void {
    this.#cursor = at;
    this.#reveal = at;
    this.#searches++;
    this.#choosing = { at, byKey };
    this.#finishChoosing();
    this.#changed();
  }

  /** Moves the cursor to a group, wherever that stands. */
  moveToGroup(key: string): void {
    const source = this.#source;
    if (source === null) return;
    const here = this.#shown?.indexOf(isTarget({ group: key })) ?? null;
    if (here !== null) {
      this.moveTo(here, true);
      return;
    }
    const search = this.#search();
    const found = (index: number | null): void => {
      if (search !== this.#searches) return;
      this.#searching = null;
      if (index === null) this.#changed();
      else this.moveTo(index, true);
    };
    this.#client
      .find(source.snapshot, source.query, { key })
      .then((row) => found(row?.index ?? null))
      .catch(() => found(null));
  }

  /** Begins a search, which takes the place of any other. */
  #search(): number {
    this.#searching = ++this.#searches;
    return this.#searches;
  }

  #finishChoosing(): void {
    if (this.#choosing === null) return;
    const { at, byKey } = this.#choosing;
    const row = this.row(at);
    if (row === null) return;
    this.#choosing = null;
    this.#target = row.kind === 'group' ? { group: row.key } : { id: row.id };
    this.#onChoose(row, byKey);
  }

  #arrived(rows: RowWindow): void {
    if (rows === this.#coming) {
      if (this.#shown !== rows) this.#shown?.close();
      this.#shown = rows;
      this.#coming = null;
      if (this.#choosing === null) this.#place();
      else this.#keepInside(this.#choosing);
    }
    this.#finishChoosing();
    this.#changed();
  }

  /** The row that the cursor was moved to had not come when newer rows did: it stays at its index, or on the last row. */
  #keepInside({ at, byKey }: { readonly at: number; readonly byKey: boolean }): void {
    const to = Math.min(at, Math.max(0, (this.totals?.totalRows ?? 0) - 1));
    this.#choosing = { at: to, byKey };
    this.#cursor = to;
    this.#reveal = to;
  }

  /** Puts the cursor on the target, which may be in rows that are not here. */
  #place(): void {
    const target = this.#target;
    const search = ++this.#searches;
    const put = (at: number | null): void => {
      this.#cursor = at;
      const ready = this.totals !== null;
      this.#reveal = this.#revealing && ready ? at : null;
      if (ready) this.#revealing = false;
      this.#changed();
    };
    if (target === null) {
      put(0);
      return;
    }
    const here = this.#shown?.indexOf(isTarget(target)) ?? null;
    if (here !== null || this.#source === null) {
      put(here);
      return;
    }
    const { snapshot, query } = this.#source;
    this.#searching = search;
    const found = (index: number | null): void => {
      // A group is gone when the rows are grouped in another way.
      if (search !== this.#searches) return;
      this.#searching = null;
      put(index ?? ('group' in target ? 0 : null));
    };
    this.#client
      .find(snapshot, query, 'id' in target ? target : { key: target.group })
      .then((row) => found(row?.index ?? null))
      .catch(() => found(null));
  }
}
