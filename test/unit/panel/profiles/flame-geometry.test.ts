import { describe, expect, it } from 'vitest';
import type { FlameBoxes } from '../../../../panel/model/types.ts';
import {
  boxAt,
  fit,
  neighbour,
  pan,
  rowOf,
  selfOf,
  showRange,
  visitRow,
  wholeView,
  zoom,
} from '../../../../panel/views/profiles/flame-geometry.ts';

/** Boxes from rows of [start, end]. */
function boxesOf(rows: readonly (readonly (readonly [number, number])[])[]): FlameBoxes {
  const all = rows.flat();
  const rowStart = [0];
  for (const row of rows) rowStart.push((rowStart.at(-1) ?? 0) + row.length);
  return {
    ...{ unit: 'count', time: false, partial: false, frames: [], values: null },
    width: all.reduce((most, [, end]) => Math.max(most, end), 0),
    rowStart: Uint32Array.from(rowStart),
    start: Float64Array.from(all, ([start]) => start),
    end: Float64Array.from(all, ([, end]) => end),
    frame: new Uint32Array(all.length),
  };
}

const boxes = boxesOf([
  [
    [0, 60],
    [60, 100],
  ],
  [
    [0, 20],
    [20, 50],
    [70, 100],
  ],
  [[20, 50]],
]);

describe('boxes of a flame graph', () => {
  it('are found by row and place', () => {
    expect(boxAt(boxes, 0, 59)).toBe(0);
    expect(boxAt(boxes, 0, 60)).toBe(1);
    expect(boxAt(boxes, 1, 55)).toBe(null);
    expect(boxAt(boxes, 1, 70)).toBe(4);
    expect(boxAt(boxes, 3, 1)).toBe(null);
    expect([0, 1, 2, 4, 5].map((box) => rowOf(boxes, box))).toEqual([0, 0, 1, 1, 2]);
  });

  it('hold what the boxes below them do not', () => {
    expect([0, 1, 2, 3, 5].map((box) => selfOf(boxes, box))).toEqual([10, 10, 20, 0, 30]);
  });

  it('lead to callers, calls and neighbours', () => {
    expect(neighbour(boxes, 3, 'caller')).toBe(0);
    expect(neighbour(boxes, 0, 'call')).toBe(3);
    expect(neighbour(boxes, 2, 'after')).toBe(3);
    expect(neighbour(boxes, 2, 'before')).toBe(null);
    expect(neighbour(boxes, 5, 'call')).toBe(null);
    expect(neighbour(boxes, 0, 'caller')).toBe(null);
  });
});

it('a part of the axis is shown from edge to edge, in either order, and never more than there is', () => {
  const whole = { ...wholeView(boxes), top: 7 };
  expect(showRange(whole, 100, 40, 60)).toEqual({ left: 40, right: 60, top: 7 });
  expect(showRange(whole, 100, 60, 40)).toEqual({ left: 40, right: 60, top: 7 });
  expect(showRange(whole, 100, -10, 200)).toEqual({ left: 0, right: 100, top: 7 });
});

it('of a million boxes of a row few are looked at, and none is left out', () => {
  const count = 1_000_000;
  const many = boxesOf([Array.from({ length: count }, (_, i) => [i, i + 1] as const)]);
  let looked = 0;
  const counted: FlameBoxes = {
    ...many,
    end: new Proxy(many.end, {
      get: (array, key) => {
        looked++;
        return Reflect.get(array, key) as unknown;
      },
    }),
  };
  const drawn: [number, number][] = [];
  const pixel = count / 1000;
  visitRow(
    counted,
    0,
    0,
    count,
    pixel,
    () => expect.unreachable(),
    (from, to) => drawn.push([from, to]),
  );
  expect(drawn).toEqual([[0, count]]);
  expect(looked).toBeLessThan(40_000);
});

it('a box that is wide enough is drawn whole, between crowds of small ones', () => {
  const row = boxesOf([
    [
      [0, 1],
      [1, 2],
      [2, 90],
      [90, 91],
      [95, 96],
    ],
  ]);
  const drawn: string[] = [];
  visitRow(
    row,
    0,
    0,
    100,
    10,
    (box) => drawn.push(`box ${box}`),
    (from, to) => drawn.push(`${from}-${to}`),
  );
  expect(drawn).toEqual(['0-2', 'box 2', '90-96']);
});

describe('the camera', () => {
  it('keeps the place under the pointer while it zooms, and never leaves the axis', () => {
    const whole = wholeView(boxes);
    const near = zoom(whole, 100, 0.5, 25);
    expect(near).toEqual({ left: 12.5, right: 62.5, top: 0 });
    expect(zoom(near, 100, 10, 25)).toEqual(whole);
    expect(pan(near, 100, -50)).toEqual({ left: 0, right: 50, top: 0 });
    expect(pan(near, 100, 500)).toEqual({ left: 50, right: 100, top: 0 });
    expect(fit(boxes, 3, whole)).toEqual({ left: 20, right: 50, top: 0 });
  });
});
