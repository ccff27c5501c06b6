import { beforeAll, describe, expect, test } from 'vitest';
import { fixture } from '../../support/fixtures.ts';
import { context, goroutineWorker } from '../../support/goroutine-worker.ts';
import { runGo } from '../../support/run-go.ts';

// The heap of a snapshot, as the panel asks for it.

const module = fixture({ family: 'heap', goVersion: '1.27.3' });

describe('the heap of a snapshot', () => {
  let worker: Awaited<ReturnType<typeof goroutineWorker>>;

  beforeAll(async () => {
    worker = await goroutineWorker(module);
    const { heaps } = await runGo(module, { args: ['map'] });
    for (const [i, heap] of heaps.entries()) await worker.take({ ...heap, time: 1 }, 'held', `s${i}`);
  });

  test('is read once, with totals, types and classes', async () => {
    const { analysis, far } = worker;
    const read = (snapshotKey: string) => analysis['heap.read']({ snapshotKey }, context());
    await expect(
      (async () =>
        analysis['heap.objects'](
          { snapshotKey: 's0', type: null, sort: 'bytes', from: 0, count: 1 },
          context(),
        ))(),
    ).rejects.toThrow('has not been read');
    const facts = await read('s1');
    expect(facts.notes).toEqual([]);
    expect(facts.summary.bytes).toBe(facts.totals.heapAlloc);
    expect(facts.reachable.bytes).toBeLessThan(facts.summary.bytes);
    expect(facts.goroutines).toBe(6);
    expect(facts.summary.types.find(({ name }) => name === 'main.session')?.objects).toBe(1010);
    const before = far.bytesRead;
    expect(await read('s1')).toBe(facts);
    expect(far.bytesRead).toBe(before);
  });

  test('gives objects of a type, the one that is asked for, and what has grown', async () => {
    const { analysis } = worker;
    await analysis['heap.read']({ snapshotKey: 's0' }, context());
    await analysis['heap.read']({ snapshotKey: 's1' }, context());
    const query = { snapshotKey: 's1', type: 'main.session', sort: 'retained', from: 0, count: 5 } as const;
    const { total, rows } = await analysis['heap.objects'](query, context());
    expect(total).toBe(1010);
    expect(rows.length).toBe(5);
    expect(rows[0]).toMatchObject({ type: 'main.session', confidence: 'inferred', bytes: 48 });
    const retained = rows.map((row) => row.retained);
    expect(retained).toEqual([...retained].sort((a, b) => b - a));
    const at = rows[0]?.address ?? 0;
    const detail = await analysis['heap.object']({ snapshotKey: 's1', address: at }, context());
    expect(detail.row).toEqual(rows[0]);
    expect(detail.path?.root).toMatchObject({ kind: 'variable', users: ['main.init', 'main.open'] });
    expect(detail.path?.steps[0]?.from.type).toBe('map[string]*main.session');
    expect(detail.retainers.some(({ field }) => field.endsWith('.elem'))).toBe(true);
    expect(detail.targets.map(({ type }) => type).sort()).toEqual(['[]uint8', 'main.user', 'string']);
    const diff = await analysis['heap.diff']({ snapshotKey: 's1', base: 's0' }, context());
    expect(diff.types).toContainEqual(
      expect.objectContaining({ name: 'main.session', objectsBefore: 10, objectsAfter: 1010 }),
    );
    const nowhere = (async () => analysis['heap.object']({ snapshotKey: 's1', address: 8 }, context()))();
    await expect(nowhere).rejects.toThrow('no object of the heap is at 0x8');
  });

  test('goes with its snapshot', async () => {
    const { analysis } = worker;
    await analysis['heap.read']({ snapshotKey: 's0' }, context());
    await analysis['snapshot.drop']({ snapshotKey: 's0' }, context());
    const gone = (async () => analysis['heap.read']({ snapshotKey: 's0' }, context()))();
    await expect(gone).rejects.toThrow('this snapshot is gone');
  });

  test('can be cancelled while the memory is read', async () => {
    const { analysis } = worker;
    const { heaps } = await runGo(module, { args: ['map'] });
    const [first] = heaps;
    if (first === undefined) throw new Error('no heap');
    await worker.take({ ...first, time: 1 }, 'held', 'late');
    const stop = new AbortController();
    stop.abort();
    const reading = analysis['heap.read'](
      { snapshotKey: 'late' },
      { signal: stop.signal, progress: () => undefined },
    );
    await expect(reading).rejects.toThrow();
  });
});
