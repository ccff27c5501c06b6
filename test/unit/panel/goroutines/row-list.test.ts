import { beforeEach, describe, expect, test, vi } from 'vitest';
import { queryOf, START } from '../../../../panel/views/goroutines/query.ts';
import { RowList } from '../../../../panel/views/goroutines/row-list.ts';
import type { Row } from '../../../../panel/views/goroutines/row-window.ts';
import type { GoroutineQuery } from '../../../../panel/model/types.ts';
import { rowNamed } from './rows.ts';

const query = queryOf(START, '', null, []);

/** Snapshots by key, as their rows; filters are ids that are left out. */
const snapshots = new Map<string, readonly Row[]>();
const client = {
  rows: vi.fn((key: string, { filter }: GoroutineQuery, from: number, count: number) => {
    const rows = (snapshots.get(key) ?? []).filter(
      (row) => row.kind === 'group' || !filter.includes(`${row.id},`),
    );
    return Promise.resolve({
      totalRows: rows.length,
      matched: rows.length,
      changes: null,
      rows: rows.slice(from, from + count),
    });
  }),
  find: vi.fn(
    (key: string, { filter }: GoroutineQuery, which: { readonly key: string } | { readonly id: number }) => {
      const rows = (snapshots.get(key) ?? []).filter(
        (row) => row.kind === 'group' || !filter.includes(`${row.id},`),
      );
      const index = rows.findIndex((row) =>
        'key' in which ? row.key === which.key : row.kind === 'goroutine' && row.id === which.id,
      );
      const row = rows[index];
      return Promise.resolve(row === undefined ? null : { key: row.key, index });
    },
  ),
};

const ids = (from: number, to: number): Row[] =>
  Array.from({ length: to - from }, (_, at) => rowNamed(from + at));
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

beforeEach(() => {
  vi.clearAllMocks();
  snapshots.clear();
  snapshots.set('a', ids(1, 5001));
  // The first 500 are gone, so that all others stand elsewhere.
  snapshots.set('b', ids(501, 5001));
});

async function opened(): Promise<{ list: RowList; chosen: Row[] }> {
  const chosen: Row[] = [];
  const list = new RowList(client, () => undefined);
  list.onChoose = (row) => chosen.push(row);
  list.open('a', query);
  await settled();
  return { list, chosen };
}

describe('the list of goroutines', () => {
  test('the first row is the active one until one is chosen', async () => {
    const { list } = await opened();
    expect(list.cursor).toBe(0);
    expect(list.reveal).toBeNull();
  });

  test('the same snapshot and query are asked for once', async () => {
    const { list } = await opened();
    list.open('a', { ...query });
    await settled();
    expect(client.rows).toHaveBeenCalledTimes(1);
  });

  test('a row that is far away is chosen when it is there', async () => {
    const { list, chosen } = await opened();
    list.moveTo(4999, true);
    expect(list.cursor).toBe(4999);
    expect(list.reveal).toBe(4999);
    expect(chosen).toEqual([]);
    list.view(4960, 5000);
    await settled();
    expect(chosen.map((row) => row.key)).toEqual(['g5000']);
  });

  test('only the last of several steps is chosen', async () => {
    const { list, chosen } = await opened();
    list.moveTo(3000, true);
    list.moveTo(4999, true);
    list.view(4960, 5000);
    await settled();
    expect(chosen.map((row) => row.key)).toEqual(['g5000']);
  });

  test('in the next snapshot the cursor stays on the goroutine, and nothing scrolls', async () => {
    const { list } = await opened();
    list.view(990, 1030);
    await settled();
    list.moveTo(1000, true);
    expect(list.row(1000)?.key).toBe('g1001');
    list.open('b', query);
    // The old rows stay until the new ones are there.
    expect(list.waiting).toBe(true);
    expect(list.row(1000)?.key).toBe('g1001');
    await settled();
    await settled();
    expect(list.cursor).toBe(500);
    expect(list.reveal).toBeNull();
    list.view(490, 530);
    await settled();
    expect(list.row(500)?.key).toBe('g1001');
  });

  test('a goroutine that the query leaves out has no row', async () => {
    const { list } = await opened();
    list.choose({ id: 7 }, true);
    expect(list.cursor).toBe(6);
    list.open('a', { ...query, filter: '7,' });
    await settled();
    await settled();
    expect(list.cursor).toBeNull();
    list.open('a', query);
    await settled();
    expect(list.cursor).toBe(6);
  });

  test('a link brings the row into view, wherever it is', async () => {
    const { list } = await opened();
    list.choose({ id: 4321 }, true);
    await settled();
    expect(list.cursor).toBe(4320);
    expect(list.reveal).toBe(4320);
  });

  test('a link to a goroutine of a snapshot that is not shown yet brings it into view', async () => {
    const list = new RowList(client, () => undefined);
    list.open('a', query);
    list.choose({ id: 4321 }, true);
    expect(list.reveal).toBeNull();
    await settled();
    await settled();
    expect(list.cursor).toBe(4320);
    expect(list.reveal).toBe(4320);
    list.open('b', query);
    await settled();
    await settled();
    expect(list.cursor).toBe(3820);
    expect(list.reveal).toBeNull();
  });

  test('from a member to its group; a group that is gone gives the first row', async () => {
    snapshots.set('a', [
      { kind: 'group', key: 'waiting', title: 'waiting', count: 3000, open: true, changes: null },
      ...ids(1, 3001).map((row) => ({ ...row, group: 'waiting' })),
    ]);
    const { list, chosen } = await opened();
    list.view(2900, 2940);
    await settled();
    list.moveTo(2920, true);
    list.moveToGroup('waiting');
    await settled();
    expect(list.cursor).toBe(0);
    expect(chosen.at(-1)?.key).toBe('waiting');
    list.open('b', query);
    await settled();
    await settled();
    expect(list.cursor).toBe(0);
  });

  test('the rows of a snapshot that is gone stay, without a word, until those of the next are there', async () => {
    const { list } = await opened();
    const never = (): Promise<never> => new Promise(() => undefined);
    client.rows.mockImplementationOnce(never);
    list.open('b', query);
    client.rows.mockRejectedValueOnce(new Error('this snapshot is gone')).mockImplementationOnce(never);
    list.view(400, 440);
    await settled();
    expect(client.rows.mock.calls.map(([key]) => key)).toEqual(['a', 'b', 'a', 'b']);
    expect(list.failure).toBeNull();
    expect(list.row(0)?.key).toBe('g1');
  });

  test('a query that fails says why', async () => {
    client.rows.mockRejectedValueOnce(new Error('the worker ended'));
    const list = new RowList(client, () => undefined);
    list.open('a', query);
    await settled();
    expect(list.failure).toBe('the worker ended');
  });
});
