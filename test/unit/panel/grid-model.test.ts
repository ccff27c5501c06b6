import { describe, expect, test } from 'vitest';
import {
  moveByKey,
  rangeOf,
  resizeColumns,
  sortRows,
  toggleSort,
} from '../../../panel/components/grid-model.ts';
import { splitFraction } from '../../../panel/components/split-pane.tsx';
import { scrollToRow, virtualWindow } from '../../../panel/components/virtual-window.ts';

describe('column widths', () => {
  test('a border moves between its two columns only', () => {
    expect(resizeColumns([100, 100, 100], 0, 30, 40)).toEqual([130, 70, 100]);
  });

  test('no column becomes narrower than the least width', () => {
    expect(resizeColumns([100, 100, 100], 0, 90, 40)).toEqual([160, 40, 100]);
    expect(resizeColumns([100, 100, 100], 1, -90, 40)).toEqual([100, 40, 160]);
    expect(resizeColumns([30, 100], 0, -10, 40)).toEqual([30, 100]);
  });

  test('there is no border after the last column', () => {
    expect(resizeColumns([100, 100], 1, 30, 40)).toEqual([100, 100]);
  });
});

describe('order', () => {
  test('a header sorts, then the other way round; numbers from the largest', () => {
    const first = toggleSort(null, 'size', true);
    expect(first).toEqual({ column: 'size', descending: true });
    expect(toggleSort(first, 'size', true)).toEqual({ column: 'size', descending: false });
    expect(toggleSort(first, 'name', false)).toEqual({ column: 'name', descending: false });
  });

  test('equal rows keep their order both ways', () => {
    const rows = [
      { name: 'a', size: 2 },
      { name: 'b', size: 10 },
      { name: 'c', size: 2 },
    ];
    expect(sortRows(rows, ({ size }) => size, false).map(({ name }) => name)).toEqual(['a', 'c', 'b']);
    expect(sortRows(rows, ({ size }) => size, true).map(({ name }) => name)).toEqual(['b', 'a', 'c']);
  });
});

describe('keys', () => {
  test.each([
    ['ArrowDown', 3, 4],
    ['ArrowUp', 3, 2],
    ['ArrowUp', 0, 0],
    ['ArrowDown', 99, 99],
    ['ArrowUp', -1, 0],
    ['PageDown', 3, 12],
    ['PageUp', 3, 0],
    ['Home', 3, 0],
    ['End', 3, 99],
  ])('%s from row %i', (key, from, to) => {
    expect(moveByKey(key, from, 100, 10)).toBe(to);
  });

  test('other keys and empty lists move nothing', () => {
    expect(moveByKey('a', 3, 100, 10)).toBeNull();
    expect(moveByKey('ArrowDown', -1, 0, 10)).toBeNull();
  });

  test('a range goes both ways and falls back to the active row', () => {
    expect([...rangeOf(['a', 'b', 'c', 'd'], 'c', 'a')]).toEqual(['a', 'b', 'c']);
    expect([...rangeOf(['a', 'b'], null, 'b')]).toEqual(['b']);
    expect([...rangeOf(['a', 'b'], 'gone', 'b')]).toEqual(['b']);
    expect([...rangeOf(['a'], 'a', 'gone')]).toEqual([]);
  });
});

describe('the window of a long list', () => {
  test('only the rows in view and a few around them are drawn', () => {
    expect(virtualWindow(100_000, 21, 1_050_000, 420)).toEqual({ first: 49_992, end: 50_028 });
    expect(virtualWindow(100_000, 21, 0, 420)).toEqual({ first: 0, end: 28 });
    expect(virtualWindow(3, 21, 0, 420)).toEqual({ first: 0, end: 3 });
  });

  test('a list that became shorter than the scroll position is still drawn from its end', () => {
    const { first, end } = virtualWindow(10, 21, 50_000, 420);
    expect(end).toBe(10);
    expect(first).toBeLessThanOrEqual(10);
  });

  test('a row is brought into view with the least movement', () => {
    expect(scrollToRow(0, 21, 100, 210)).toBe(0);
    expect(scrollToRow(6, 21, 100, 210)).toBe(100);
    expect(scrollToRow(50, 21, 100, 210)).toBe(51 * 21 - 210);
  });
});

test('a split keeps both panes at least as large as asked, or equal where there is no room', () => {
  expect(splitFraction(300, 1000, 60)).toBeCloseTo(0.3);
  expect(splitFraction(-50, 1000, 60)).toBeCloseTo(0.06);
  expect(splitFraction(2000, 1000, 60)).toBeCloseTo(0.94);
  expect(splitFraction(10, 100, 60)).toBeCloseTo(0.5);
  expect(splitFraction(10, 0, 60)).toBe(0.5);
});
