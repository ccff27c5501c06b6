import fc from '../../../../support/fast-check.ts';
import { expect, test } from 'vitest';
import { finish } from '../../../../../src/base/steps.ts';
import { computeDominators, ROOTS, UNREACHABLE } from '../../../../../src/go/runtime/heap/dominators.ts';
import type { HeapGraph } from '../../../../../src/go/runtime/heap/graph.ts';

/** A graph of `count` nodes with these edges. */
function graphOf(count: number, edges: readonly (readonly [number, number])[]): HeapGraph {
  const columns = (by: 0 | 1): [Uint32Array, Uint32Array] => {
    const first = new Uint32Array(count + 1);
    const other: number[] = [];
    for (let node = 0; node < count; node++) {
      for (const edge of edges) if (edge[by] === node) other.push(edge[by === 0 ? 1 : 0]);
      first[node + 1] = other.length;
    }
    return [first, Uint32Array.from(other)];
  };
  const [first, to] = columns(0);
  const [backFirst, from] = columns(1);
  return { count, first, to, backFirst, from };
}

/** What the roots lead to when `without` is not there. */
function reached({ first, to }: HeapGraph, roots: readonly number[], without: number): Set<number> {
  const seen = new Set<number>();
  const open = roots.filter((root) => root !== without);
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    for (const next of to.subarray(first[node], first[node + 1])) if (next !== without) open.push(next);
  }
  return seen;
}

const graphs = fc.integer({ min: 1, max: 14 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    edges: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 40 }),
    roots: fc.array(fc.nat(count - 1), { maxLength: 4 }),
    sizes: fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: count, maxLength: count }),
  }),
);

test('what an object retains is what nothing leads to without it', () => {
  fc.assert(
    fc.property(graphs, ({ count, edges, roots, sizes }) => {
      const graph = graphOf(count, edges);
      const { dominator, retained, reachable } = finish(
        computeDominators(graph, Uint32Array.from(roots), (object) => sizes[object] ?? 0),
      );
      const all = reached(graph, roots, -1);
      expect(reachable).toBe(all.size);
      const dominated = Array.from({ length: count }, (_, object) => {
        const rest = reached(graph, roots, object);
        return [...all].filter((one) => !rest.has(one));
      });
      for (let object = 0; object < count; object++) {
        if (!all.has(object)) {
          expect(dominator[object]).toBe(UNREACHABLE);
          continue;
        }
        const lost = dominated[object] ?? [];
        expect(retained[object]).toBe(lost.reduce((sum, one) => sum + (sizes[one] ?? 0), 0));
        // The nearest of those that dominate it: the one that dominates the fewest.
        const above = dominated
          .map((set, by) => ({ by, size: set.includes(object) && by !== object ? set.length : Infinity }))
          .sort((a, b) => a.size - b.size)[0];
        const want = above === undefined || above.size === Infinity ? ROOTS : above.by;
        expect(dominator[object]).toBe(want);
      }
    }),
    { numRuns: 300 },
  );
});

test('a chain of a million objects neither overflows a stack nor is walked again for each', () => {
  const count = 1_000_000;
  const first = Uint32Array.from({ length: count + 1 }, (_, i) => Math.min(i, count - 1));
  const to = Uint32Array.from({ length: count - 1 }, (_, i) => i + 1);
  const backFirst = Uint32Array.from({ length: count + 1 }, (_, i) => Math.max(0, i - 1));
  const from = Uint32Array.from({ length: count - 1 }, (_, i) => i);
  const { retained, dominator } = finish(
    computeDominators({ count, first, to, backFirst, from }, Uint32Array.of(0), () => 16),
  );
  expect(retained[0]).toBe(16 * count);
  expect(dominator[count - 1]).toBe(count - 2);
});

test('the work is done in steps, and ends between two where nobody goes on', () => {
  const count = 100_000;
  const first = new Uint32Array(count + 1);
  const none = new Uint32Array(0);
  const roots = Uint32Array.from({ length: count }, (_, i) => i);
  const graph = { count, first, to: none, backFirst: first, from: none };
  let sized = 0;
  const steps = computeDominators(graph, roots, () => ++sized);
  const far: (number | undefined)[] = [];
  for (let i = 0; i < 4; i++) {
    const step = steps.next();
    if (step.done !== true) far.push(step.value);
  }
  expect(far).toHaveLength(4);
  expect(far).toEqual([...far].sort());
  expect(sized).toBe(0);
});
