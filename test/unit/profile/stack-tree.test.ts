import { describe, expect, it } from 'vitest';
import {
  layOutCoarsely,
  layOutInTime,
  layOutLeftHeavy,
  NARROW,
  widths,
} from '../../../src/profile/flame-layout.ts';
import { childrenByWeight, StackTreeBuilder, type StackTree } from '../../../src/profile/stack-tree.ts';
import {
  calleesTree,
  callersTree,
  collapseRecursion,
  edgesOf,
  valuesByFrame,
} from '../../../src/profile/tree-tables.ts';

/** A tree of stacks: frames, outermost first, and their values. */
function treeOf(
  stacks: readonly (readonly [frames: readonly number[], now: number, base?: number])[],
): StackTree {
  const builder = new StackTreeBuilder();
  for (const [frames, now, base = 0] of stacks) {
    let node = -1;
    for (const frame of frames) node = builder.child(node, frame);
    builder.add(node, now);
    builder.addBase(node, base);
  }
  return builder.build();
}

const boxesOf = (tree: StackTree): string[] => {
  const { rowStart, start, end, item } = layOutLeftHeavy(tree);
  return Array.from(item, (node, box) => {
    const row = rowStart.findLastIndex((first) => first <= box);
    return `${row}: ${tree.frame[node] ?? -1} ${start[box] ?? 0}-${end[box] ?? 0}`;
  });
};

describe('a tree of calls', () => {
  // 1 calls 2 and 3, 2 calls itself through 3.
  const tree = treeOf([
    [[1, 2], 10],
    [[1, 2, 3, 2], 5],
    [[1, 3], 20],
    [[1, 2], 1],
  ]);

  it('has equal stacks once, and totals', () => {
    expect(tree.count).toBe(5);
    expect([...tree.total]).toEqual([36, 16, 5, 5, 20]);
  });

  it('counts a sample once for a function that calls itself', () => {
    const { flat, cum } = valuesByFrame(tree, 4);
    expect([...flat]).toEqual([0, 0, 16, 20]);
    expect([...cum]).toEqual([0, 36, 16, 25]);
  });

  it('knows callers and callees', () => {
    const { callers, callees } = edgesOf(tree, 2);
    expect(callers.map(({ frame, value }) => [frame, value])).toEqual([
      [1, 16],
      [3, 5],
    ]);
    expect(callees.map(({ frame, value }) => [frame, value])).toEqual([[3, 5]]);
  });

  it('coarsely has narrow calls of one caller as one box, with nothing below', () => {
    const many = treeOf([
      [[1, 2], 50],
      [[1, 3, 4], 1],
      [[1, 5, 6, 7], 2],
      [[8], 1],
    ]);
    const { layout, partial } = layOutCoarsely(many, widths(many), 10);
    const { item, start, end, rowStart, width } = layout;
    expect([partial, width, [...rowStart]]).toEqual([true, 54, [0, 2, 4]]);
    expect(
      Array.from(item, (node, box) => [node === NARROW ? -1 : many.frame[node], start[box], end[box]]),
    ).toEqual([
      [1, 0, 53],
      [-1, 53, 54],
      [2, 0, 50],
      [-1, 50, 53],
    ]);
    const all = layOutCoarsely(many, widths(many), 1);
    expect(all).toEqual({ layout: layOutLeftHeavy(many), partial: false });
  });

  it('a node finds its calls again, however many they are', () => {
    const builder = new StackTreeBuilder();
    const roots = Array.from({ length: 3000 }, (_, frame) => builder.child(-1, frame));
    const nodes = roots
      .slice(0, 3)
      .map((root) => Array.from({ length: 3000 }, (_, frame) => builder.child(root, frame)));
    expect(new Set([...roots, ...nodes.flat()]).size).toBe(12_000);
    expect(roots.map((_, frame) => builder.child(-1, frame))).toEqual(roots);
    expect(nodes.map((own, at) => own.map((_, frame) => builder.child(roots[at] ?? -1, frame)))).toEqual(
      nodes,
    );
    expect(builder.build().count).toBe(12_000);
  });

  it('without recursion has each function once in a stack; what was below stands at the outermost', () => {
    const again = treeOf([
      [[1, 2, 1, 3], 10],
      [[1, 3], 1],
      [[1, 1], 2],
      [[2, 1, 2], 4, 8],
    ]);
    const collapsed = collapseRecursion(again);
    expect(boxesOf(collapsed)).toEqual([
      '0: 1 0-13',
      '0: 2 13-21',
      '1: 2 0-10',
      '1: 3 10-11',
      '1: 1 13-21',
      '2: 3 0-10',
    ]);
    expect(valuesByFrame(collapsed, 4).cum).toEqual(valuesByFrame(again, 4).cum);
    expect(collapsed.baseTotal.reduce((a, b) => Math.max(a, b))).toBe(8);
  });

  it('is laid out with the widest call on the left', () => {
    expect(boxesOf(tree)).toEqual(['0: 1 0-36', '1: 3 0-20', '1: 2 20-36', '2: 3 20-25', '3: 2 20-25']);
  });

  it('turns around one function: all that it calls, all that calls it', () => {
    expect(boxesOf(calleesTree(tree, 2))).toEqual(['0: 2 0-16', '1: 3 0-5', '2: 2 0-5']);
    expect(boxesOf(callersTree(tree, 3))).toEqual(['0: 3 0-25', '1: 1 0-20', '1: 2 20-25', '2: 1 20-25']);
  });

  it('compared with another is as wide as the larger of both, stack by stack', () => {
    const both = treeOf([
      [[1, 2], 10, 4],
      [[1, 3], 0, 7],
    ]);
    expect(boxesOf(both)).toEqual(['0: 1 0-17', '1: 2 0-10', '1: 3 10-17']);
    expect([...both.baseTotal]).toEqual([11, 4, 7]);
  });

  it('sorts many calls as few, and keeps equal ones in their order', () => {
    const many = treeOf(Array.from({ length: 100 }, (_, frame) => [[frame], (frame * 7) % 10] as const));
    const { children } = childrenByWeight(many, many.total);
    const weights = Array.from(children, (node) => many.total[node] ?? 0);
    expect(weights).toEqual([...weights].sort((a, b) => b - a));
    for (const [index, node] of children.entries()) {
      const before = children[index - 1] ?? 0;
      if (index > 0 && weights[index] === weights[index - 1]) expect(node).toBeGreaterThan(before);
    }
    expect(children).toHaveLength(90);
  });
});

it('in order of time a frame at the same place is one box, and what has no stack is a gap', () => {
  const layout = layOutInTime(
    [[1], [1, 2], undefined, [3]],
    Uint32Array.from([0, 1, 1, 0, 2, 3]),
    Float64Array.from([1, 2, 3, 4, 5, 6]),
  );
  expect([...layout.rowStart]).toEqual([0, 2, 3]);
  expect([...layout.item]).toEqual([1, 3, 2]);
  expect([...layout.start]).toEqual([0, 15, 1]);
  expect([...layout.end]).toEqual([10, 21, 6]);
  expect(layout.width).toBe(21);
});

it('more calls than there is room for are refused', () => {
  const samples = Uint32Array.from({ length: 12 }, (_, index) => index & 1);
  const durations = new Float64Array(samples.length).fill(1);
  expect(layOutInTime([[1], [2]], samples, durations, 12).item).toHaveLength(12);
  expect(() => layOutInTime([[1], [2]], samples, durations, 11)).toThrow(/more than 11 calls.*filter it/);
});
