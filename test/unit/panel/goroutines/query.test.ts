import { describe, expect, test } from 'vitest';
import {
  INTERVALS,
  isPrefs,
  nextKind,
  queryOf,
  sortOf,
  START,
  toggleChange,
} from '../../../../panel/views/goroutines/query.ts';

describe('what is asked of the session', () => {
  test('at the start: user goroutines by id', () => {
    expect(queryOf(START, '  chan ', null, ['x'])).toEqual({
      filter: 'chan',
      with: ['user'],
      without: [],
      groupBy: 'none',
      sort: { by: 'id', descending: false },
      base: null,
      changes: [],
      open: [],
    });
  });

  test('groups come with the largest first until another order is chosen', () => {
    const grouped = { ...START, groupBy: 'stack' } as const;
    expect(sortOf(grouped)).toEqual({ column: 'count', descending: true });
    expect(queryOf(grouped, '', null, ['k']).open).toEqual(['k']);
    const sorted = { ...grouped, sort: { column: 'state', descending: false } };
    expect(queryOf(sorted, '', null, []).sort).toEqual({ by: 'state', descending: false });
  });

  test('changes are asked for with a base only', () => {
    const stuck = toggleChange(START, 'stuck');
    expect(queryOf(stuck, '', null, []).changes).toEqual([]);
    expect(queryOf(stuck, '', 's1', []).changes).toEqual(['stuck']);
    expect(toggleChange(stuck, 'stuck').changes).toEqual([]);
  });

  test('a kind goes from none to with to without and back', () => {
    const some = nextKind(START, 'running');
    expect(queryOf(some, '', null, [])).toMatchObject({ with: ['user', 'running'], without: [] });
    const others = nextKind(some, 'running');
    expect(queryOf(others, '', null, [])).toMatchObject({ with: ['user'], without: ['running'] });
    expect(nextKind(others, 'running').kinds).toEqual({ user: 'with' });
    expect(queryOf(nextKind(START, 'user'), '', null, [])).toMatchObject({ with: [], without: ['user'] });
  });
});

test('preferences of another version are not taken from the store', () => {
  expect(INTERVALS).toContain(START.autoRefresh);
  const good = { ...START, sort: { column: 'waiting', descending: true }, changes: ['gone'], autoRefresh: 5 };
  for (const value of [START, good, JSON.parse(JSON.stringify(good))]) expect(isPrefs(value)).toBe(true);
  const bad = [
    null,
    1,
    {},
    { ...START, groupBy: 'color' },
    { ...START, kinds: { user: 'maybe' } },
    { ...START, kinds: { green: 'with' } },
    { ...START, changes: ['old'] },
    { ...START, changes: 'new' },
    { ...START, sort: { column: 'color', descending: true } },
    { ...START, sort: 7 },
    { ...START, autoRefresh: 0.001 },
  ];
  for (const value of bad) expect(isPrefs(value)).toBe(false);
});
