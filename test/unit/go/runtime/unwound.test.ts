import { expect, test } from 'vitest';
import { address, type FuncIndex } from '../../../../src/base/units.ts';
import { frameOf } from '../../../../src/go/runtime/unwound.ts';

const index = (n: number): FuncIndex => n as FuncIndex;
/** A stack, innermost first: the function of each frame; frame `i` ends at `16 * (i + 1)`. */
const stack = (...functions: number[]) =>
  functions.map((n, i) => ({ fp: 16 * (i + 1), code: { funcIndex: index(n) } }));

test("a frame is found by the functions around it, and for certain by its return PC's place", () => {
  const frames = stack(9, 1, 2, 1, 3);
  expect(frameOf(frames, [1, 3].map(index), null)).toEqual({ index: 3, confidence: { kind: 'exact' } });
  expect(frameOf(frames, [1].map(index), address(16 * 4 - 8))).toMatchObject({ index: 3 });
  expect(frameOf(frames, [7].map(index), null)).toMatchObject({ index: -1 });
});

test('of calls of one function that agree equally well the innermost one is taken, and said to be approximate', () => {
  const found = frameOf(stack(1, 1, 1, 2), [1].map(index), address(4));
  expect(found).toMatchObject({ index: 0, confidence: { kind: 'inferred' } });
  expect(found.confidence).toHaveProperty('why', expect.stringContaining('3 times on the stack'));
  // Two of them are on the engine's stack: the second one's caller tells them apart.
  expect(frameOf(stack(1, 1, 1, 2), [1, 1, 2].map(index), null)).toEqual({
    index: 1,
    confidence: { kind: 'exact' },
  });
});
