import { expect, test } from 'vitest';
import { axis, extent, linePath, nearest, xOf, yOf } from '../../../panel/model/chart.ts';

const numbers = (...values: number[]): Float64Array => Float64Array.from(values);

test('an axis has room for every value, and begins at 0 where values come near it', () => {
  expect(extent(numbers(NaN, 3, 1))).toEqual({ low: 1, high: 3 });
  expect(axis(numbers(NaN))).toBeNull();
  expect(axis(numbers())).toBeNull();
  expect(axis(numbers(0, 10))).toEqual({ low: 0, high: 11 });
  const high = axis(numbers(1000, 1010));
  expect(high?.low).toBe(999);
  expect(high?.high).toBe(1011);
  const flat = axis(numbers(5, 5));
  expect(flat?.low).toBeLessThan(5);
  expect(flat?.high).toBeGreaterThan(5);
  expect(axis(numbers(0, 0))).toEqual({ low: -0.1, high: 0.1 });
});

const frame = { width: 100, height: 50, from: 0, to: 1000, low: 0, high: 10 };

test('a line keeps the smallest and largest value of a pixel, and leaves a gap for what is not known', () => {
  expect(linePath(frame, numbers(0, 500, 1000), numbers(0, 5, 10))).toBe('M0 50.0L50 25.0L100 0.0');
  expect(linePath(frame, numbers(0, 500, 1000), numbers(0, NaN, 10))).toBe('M0 50.0M100 0.0');
  const time = Float64Array.from({ length: 10_000 }, (_, i) => i / 10);
  const values = Float64Array.from(time, (_, i) => (i === 5003 ? 10 : 1));
  const path = linePath(frame, time, values);
  expect(path).toContain('L50 0.0');
  expect(path.length).toBeLessThan(2000);
  expect(linePath(frame, numbers(), numbers())).toBe('');
});

test('a pointer finds the nearest sample', () => {
  const time = numbers(100, 200, 400);
  expect([0, 149, 151, 300, 301, 9999].map((at) => nearest(time, at))).toEqual([0, 0, 1, 1, 2, 2]);
  expect(nearest(numbers(), 5)).toBe(-1);
  expect(xOf(frame, 250)).toBe(25);
  expect(yOf(frame, 2.5)).toBe(37.5);
  expect(xOf({ ...frame, to: 0 }, 0)).toBe(100);
});
