import { describe, expect, test, vi } from 'vitest';
import { RowWindow } from '../../../../panel/views/goroutines/row-window.ts';
import type { GoroutineRows } from '../../../../panel/model/types.ts';
import { rowNamed } from './rows.ts';

/** Answers by hand: what was asked stays open until the test answers it. */
class Asked {
  readonly open: { from: number; answer: (rows: GoroutineRows) => void; fail: (error: Error) => void }[] = [];
  readonly from: number[] = [];

  readonly ask = (from: number): Promise<GoroutineRows> => {
    this.from.push(from);
    return new Promise((answer, fail) => this.open.push({ from, answer, fail }));
  };

  /** Answers all that is open, with rows whose id is `add` more than their index. */
  async answer(total: number, add = 0): Promise<void> {
    for (const { from, answer } of this.open.splice(0)) {
      const count = Math.max(0, Math.min(100, total - from));
      const rows = Array.from({ length: count }, (_, at) => rowNamed(from + at + add));
      answer({ totalRows: total, matched: total, changes: null, rows });
    }
    await Promise.resolve();
    await Promise.resolve();
  }
}

const idAt = (rows: RowWindow, at: number): number | null => {
  const row = rows.row(at);
  return row?.kind === 'goroutine' ? row.id : null;
};

describe('a window over rows', () => {
  test('asks for the page in view, once, and for others when they come into view', async () => {
    const asked = new Asked();
    const changed = vi.fn();
    const rows = new RowWindow(asked.ask, changed);
    rows.want(0, 40);
    expect(asked.from).toEqual([0]);
    expect(rows.totals).toBeNull();
    await asked.answer(100_000);
    expect(changed).toHaveBeenCalledTimes(1);
    expect(rows.totals?.totalRows).toBe(100_000);
    expect(idAt(rows, 99)).toBe(99);
    expect(rows.row(100)).toBeNull();
    rows.want(90, 130);
    await asked.answer(100_000);
    rows.want(0, 40);
    expect(asked.from).toEqual([0, 100]);
    expect(idAt(rows, 129)).toBe(129);
  });

  test('a fast scroll leaves two questions under way, then asks for where it ended', async () => {
    const asked = new Asked();
    const rows = new RowWindow(asked.ask, () => undefined);
    await asked.answer(100_000);
    for (let first = 1000; first <= 90_000; first += 1000) rows.want(first, first + 40);
    expect(asked.from).toEqual([0, 1000, 2000]);
    await asked.answer(100_000);
    expect(asked.from).toEqual([0, 1000, 2000, 90_000]);
    await asked.answer(100_000);
    expect(idAt(rows, 90_030)).toBe(90_030);
  });

  test('keeps a bounded number of pages', async () => {
    const asked = new Asked();
    const rows = new RowWindow(asked.ask, () => undefined);
    for (let page = 0; page < 200; page++) {
      rows.want(page * 100, page * 100 + 40);
      await asked.answer(100_000);
    }
    const kept = Array.from({ length: 200 }, (_, page) => rows.row(page * 100)).filter((row) => row !== null);
    expect(kept).toHaveLength(60);
    expect(idAt(rows, 19_900)).toBe(19_900);
    expect(rows.row(0)).toBeNull();
  });

  test('after a refresh the old rows stay until the new ones are there; those out of view are asked for later', async () => {
    const asked = new Asked();
    const rows = new RowWindow(asked.ask, () => undefined);
    await asked.answer(1000);
    rows.want(100, 140);
    await asked.answer(1000);
    rows.refresh();
    expect(asked.from).toEqual([0, 100, 100]);
    expect(idAt(rows, 110)).toBe(110);
    await asked.answer(1000, 5);
    expect(idAt(rows, 110)).toBe(115);
    expect(idAt(rows, 10)).toBe(10);
    rows.want(0, 40);
    await asked.answer(1000, 5);
    expect(idAt(rows, 10)).toBe(15);
  });

  test('rows that were on the way during a refresh are asked for again', async () => {
    const asked = new Asked();
    const rows = new RowWindow(asked.ask, () => undefined);
    rows.refresh();
    await asked.answer(50);
    expect(asked.from).toEqual([0, 0]);
    await asked.answer(50, 7);
    expect(idAt(rows, 0)).toBe(7);
  });

  test('an answer that became shorter forgets the rows beyond it', async () => {
    const asked = new Asked();
    const rows = new RowWindow(asked.ask, () => undefined);
    rows.want(250, 290);
    await asked.answer(300);
    await asked.answer(300);
    expect(idAt(rows, 260)).toBe(260);
    rows.refresh();
    await asked.answer(20);
    expect(rows.totals?.totalRows).toBe(20);
    expect(rows.row(260)).toBeNull();
  });

  test('a failure is kept and not asked for again until the next refresh', async () => {
    const asked = new Asked();
    const changed = vi.fn();
    const rows = new RowWindow(asked.ask, changed);
    asked.open.splice(0)[0]?.fail(new Error('the snapshot is gone'));
    await vi.waitFor(() => expect(changed).toHaveBeenCalled());
    expect(rows.failure).toBe('the snapshot is gone');
    rows.want(0, 40);
    expect(asked.from).toEqual([0]);
    rows.refresh();
    await asked.answer(5);
    expect(rows.failure).toBeNull();
    expect(idAt(rows, 4)).toBe(4);
  });

  test('a closed window drops what comes', async () => {
    const asked = new Asked();
    const changed = vi.fn();
    const rows = new RowWindow(asked.ask, changed);
    rows.close();
    await asked.answer(5);
    expect(changed).not.toHaveBeenCalled();
    expect(rows.totals).toBeNull();
  });
});
