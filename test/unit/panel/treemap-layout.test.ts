import { describe, expect, test } from 'vitest';
import { packageTree } from '../../../panel/model/package-tree.ts';
import type { PackageSize } from '../../../panel/model/types.ts';
import { layoutTreemap, nextBox } from '../../../panel/model/treemap-layout.ts';

const MODULE = { path: null, main: null, mainVersion: null, deps: [] };

/** A module of 2,000 packages with 10,000 named functions. */
function manyPackages(): PackageSize[] {
  return Array.from({ length: 2000 }, (_, index) => {
    const path = `github.com/org${String(index % 40)}/repo${String(index % 200)}/pkg${String(index)}`;
    const bytes = 1000 + ((index * 7919) % 50_000);
    const largest = Array.from({ length: 5 }, (__, at) => ({
      name: `${path}.f${String(at)}`,
      bytes: bytes / (at + 3),
    }));
    return { path, bytes, functions: 30, largest };
  });
}

describe('layout of the treemap', () => {
  const tree = packageTree(manyPackages(), MODULE);
  const boxes = layoutTreemap(tree, 800, 400);

  test('the number of boxes does not grow with the module', () => {
    expect(boxes.length).toBeGreaterThan(100);
    expect(boxes.length).toBeLessThanOrEqual(500);
  });

  test('boxes lie inside the picture and inside their parents', () => {
    const byId = new Map(boxes.map((box) => [box.node.id, box]));
    for (const box of boxes) {
      const outer = box.parent === null ? { x: 0, y: 0, width: 800, height: 400 } : byId.get(box.parent);
      expect(outer).toBeDefined();
      if (outer === undefined) continue;
      expect(box.x).toBeGreaterThanOrEqual(outer.x);
      expect(box.y).toBeGreaterThanOrEqual(outer.y);
      expect(box.x + box.width).toBeLessThanOrEqual(outer.x + outer.width);
      expect(box.y + box.height).toBeLessThanOrEqual(outer.y + outer.height);
    }
  });

  test('areas of the outermost boxes follow their bytes', () => {
    const simple = packageTree(
      [
        { path: 'runtime', bytes: 750, functions: 1, largest: [] },
        { path: 'main', bytes: 250, functions: 1, largest: [] },
      ],
      MODULE,
    );
    const [large, small] = layoutTreemap(simple, 400, 100).filter(({ depth }) => depth === 1);
    expect(large?.width).toBeGreaterThan(295);
    expect(small?.width).toBeLessThan(105);
  });

  test('nothing is drawn without room or without code', () => {
    expect(layoutTreemap(tree, 0, 400)).toEqual([]);
    expect(layoutTreemap(packageTree([], MODULE), 800, 400)).toEqual([]);
  });

  test('arrow keys move to a neighbour and stop at the edge', () => {
    const leaves = boxes.filter(({ open }) => !open);
    const [first] = leaves;
    expect(first).toBeDefined();
    if (first === undefined) return;
    const right = nextBox(boxes, first, 'right');
    expect(right?.x).toBeGreaterThanOrEqual(first.x + first.width - 1);
    let at = first;
    for (let step = 0; step < leaves.length; step++) {
      const next = nextBox(boxes, at, 'right');
      if (next === null) break;
      expect(next.x).toBeGreaterThan(at.x);
      at = next;
    }
    expect(nextBox(boxes, at, 'right')).toBeNull();
  });
});
