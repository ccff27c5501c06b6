import { describe, expect, test } from 'vitest';
import { finish } from '../../../../../src/base/steps.ts';
import { address } from '../../../../../src/base/units.ts';
import { readHeap, type Heap } from '../../../../../src/go/runtime/heap/heap.ts';
import { readRetention, type PathToRoot } from '../../../../../src/go/runtime/heap/retention.ts';
import { Moment } from '../../../../../src/go/runtime/moment.ts';
import { heapFixtures, heapsOf, type KnownHeap } from './heaps.ts';

function read({ runtime, memory, sp }: KnownHeap): Heap {
  return finish(readHeap(new Moment(runtime, memory, { sp: address(sp) })));
}

/** Numbers of the objects of a type. */
function objectsOf({ objects, types }: Heap, name: string): number[] {
  return Array.from({ length: objects.count }, (_, object) => object).filter(
    (object) => types.types.name(types.type[object] ?? 0) === name,
  );
}

const typesOf = ({ types }: Heap, path: PathToRoot | undefined): string[] =>
  (path?.steps ?? []).map(({ object }) => types.types.name(types.type[object] ?? 0));

/** What each of the leaks leaves behind a hundred times. */
const LEAKED = 1000;
const FEW = 10;

describe.each(heapFixtures.filter(([version]) => ['1.19.8', '1.22.12', '1.27.3'].includes(version)))(
  'what leaks is named with what keeps it, Go %s',
  (_, fixture) => {
    const both = async (name: string, type: string) => {
      const heaps = (await heapsOf(fixture, name)).map(read);
      const counts = heaps.map((heap) => objectsOf(heap, type).length);
      expect(counts).toEqual([FEW, FEW + LEAKED]);
      const [, heap] = heaps;
      if (heap === undefined) throw new Error('there is one heap');
      const retention = finish(readRetention(heap));
      const [object = -1] = objectsOf(heap, type).slice(500);
      return { heap, retention, object, path: retention.pathToRoot(object) };
    };

    test('a map that only grows', async () => {
      const { heap, retention, path } = await both('map', 'main.session');
      expect(path?.root).toMatchObject({ kind: 'variable', name: null });
      expect(path?.root.kind === 'variable' && path.root.users).toContain('main.open');
      expect(typesOf(heap, path)[0]).toBe('map[string]*main.session');
      const map = path?.steps[0]?.object ?? -1;
      // Each session keeps 400 bytes of its own, its user and its token.
      expect(retention.dominators.retained[map]).toBeGreaterThan(LEAKED * (48 + 416 + 96));
    });

    test('callbacks that are never released', async () => {
      const { heap, retention, object, path } = await both('callbacks', 'func main.subscribe.func1');
      expect(path?.root).toMatchObject({ kind: 'variable', name: 'syscall/js.funcs' });
      expect(typesOf(heap, path)[0]).toBe('map[uint32]func(js.Value, []js.Value) interface {}');
      // The closure keeps its payload.
      expect(retention.dominators.retained[object]).toBe(48 + 640);
    });

    test('goroutines that wait for ever', async () => {
      const { retention, object, path } = await both('blocked', 'main.session');
      expect(path?.root.kind === 'stack' && path.root.function).toMatch(/^main\.(block|leak\.func)/);
      expect(path?.root.kind === 'stack' && path.root.goroutine).toBeGreaterThan(1);
      expect(retention.dominators.retained[object]).toBeGreaterThan(900);
    });
  },
);

test('fields on the way are named as in the source', async () => {
  const [, fixture] = heapFixtures.at(-1) ?? [];
  if (fixture === undefined) throw new Error('no fixture');
  const [known] = await heapsOf(fixture, 'known');
  if (known === undefined) throw new Error('no heap');
  const heap = read(known);
  const retention = finish(readRetention(heap));
  // The last of a list hangs from the shelf by as many links as there are elements.
  const [last = -1] = objectsOf(heap, 'main.list576').filter(
    (object) => heap.moment.memory.word(address(heap.objects.addressOf(object) + 8)) === 0,
  );
  const path = retention.pathToRoot(last);
  expect(path?.root.kind === 'variable' && path.root.users).toContain('main.known');
  const links = (path?.steps ?? []).map(({ field }) => field);
  expect(links).toEqual(['.shelf', '.list576', ...Array.from({ length: 11 }, () => '.next')]);
  expect(retention.retainers(last).map(({ field }) => field)).toEqual(['.next']);
  expect(retention.rootsOf(last)).toEqual([]);
  // Something that only a finalizer keeps alive as well.
  const [finalized = -1] = objectsOf(heap, 'main.square').filter((object) =>
    retention.rootsOf(object).some(({ kind }) => kind === 'finalizer'),
  );
  expect(finalized).toBeGreaterThanOrEqual(0);
  // Every object that the collector has just left is reachable, but what was allocated since.
  const unreachable = heap.objects.count - retention.dominators.reachable;
  expect(unreachable / heap.objects.count).toBeLessThan(0.02);
});
