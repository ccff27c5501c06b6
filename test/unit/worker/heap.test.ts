import { address } from '../../../src/base/units.ts';
import { heapHandlers, type HeapSource } from '../../../src/worker/heap.ts';
import { SnapshotBytes } from '../../../src/worker/snapshot-bytes.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { fixture } from '../../support/fixtures.ts';
import { context, goroutineWorker } from '../../support/goroutine-worker.ts';
import { runGo } from '../../support/run-go.ts';
import { runtimeOf } from '../go/runtime/programs.ts';

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
    const read = async (snapshotKey: string) =>
      (await analysis['heap.read']({ snapshotKey }, context())).facts;
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
    expect(diff.diff.types).toContainEqual(
      expect.objectContaining({ name: 'main.session', objectsBefore: 10, objectsAfter: 1010 }),
    );
    expect(diff.diff.classes.find(({ name }) => name === '48')?.objectsAfter).toBeGreaterThan(1000);
    const { byFunction, byStack, ...counts } = diff.goroutines;
    expect(counts).toEqual({ before: 6, after: 6 });
    // The runtime's own may be elsewhere.
    expect([...byFunction, ...byStack].filter(({ name }) => name.includes('main.'))).toEqual([]);
    expect(diff.allocations).toEqual({
      rows: [],
      notes: ['The memory profile of the program was switched off.'],
    });
    const keeps = await analysis['heap.keeps']({ snapshotKey: 's1', type: 'main.session' }, context());
    expect(keeps?.root).toMatchObject({ kind: 'variable', users: ['main.init', 'main.open'] });
    expect(await analysis['heap.keeps']({ snapshotKey: 's1', type: 'no.such' }, context())).toBeNull();
    const value = await analysis['heap.value'](
      { snapshotKey: 's1', address: at, path: [], from: 0, count: 100 },
      context(),
    );
    const token = /^main\.session \{token: "(.+)", body: \[\]uint8 len: 400, cap: \d+/.exec(value.text)?.[1];
    expect(value.rows.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'token string',
      'body []uint8',
      'owner *main.user',
    ]);
    expect(token).toMatch(/\d/);
    expect(value.rows[0]?.text).toBe(`"${token ?? ''}"`);
    // The owner of the session, by way of its field: the same value as the object that the field points to.
    const owner = value.rows[2];
    expect(owner?.text).toMatch(/^\*main\.user \{/);
    const inside = await analysis['heap.value'](
      { snapshotKey: 's1', address: at, path: [2], from: 0, count: 100 },
      context(),
    );
    const user = await analysis['heap.value'](
      { snapshotKey: 's1', address: owner?.target ?? 0, path: [], from: 0, count: 100 },
      context(),
    );
    expect(inside.rows).toEqual(user.rows);
    // The map that keeps them all, from the object that is its header.
    const map = await analysis['heap.value'](
      { snapshotKey: 's1', address: detail.path?.steps[0]?.from.address ?? 0, path: [], from: 0, count: 5 },
      context(),
    );
    expect(map.total).toBe(1010);
    expect(map.rows.every(({ name, type }) => name.startsWith('["') && type === '*main.session')).toBe(true);
    const text = detail.targets.find(({ type }) => type === 'string')?.address ?? 0;
    const letters = await analysis['heap.value'](
      { snapshotKey: 's1', address: text, path: [], from: 0, count: 5 },
      context(),
    );
    expect(letters).toEqual({ text: `"${token ?? ''}"`, total: 0, rows: [] });
    const nowhere = (async () => analysis['heap.object']({ snapshotKey: 's1', address: 8 }, context()))();
    await expect(nowhere).rejects.toThrow('no object of the heap is at 0x8');
  });

  test('its memory is here from then on: the page is asked no more', async () => {
    const { analysis, far } = worker;
    await analysis['heap.read']({ snapshotKey: 's1' }, context());
    far.memories.delete('memory of s1');
    const rows = await worker.rows({}, 's1');
    const stack = await analysis['snapshot.goroutine'](
      { snapshotKey: 's1', key: rows[0]?.key ?? '' },
      context(),
    );
    expect(stack.stack.frames.length).toBeGreaterThan(0);
    const saved = await analysis['snapshot.save']({ snapshotKey: 's1', title: 'after' }, context());
    const opened = await analysis['snapshot.open'](
      { snapshotKey: 'd', name: 'd', bytes: await saved.arrayBuffer(), moduleKey: null, candidates: ['m'] },
      context(),
    );
    expect(opened.title).toBe('after');
    const { facts } = await analysis['heap.read']({ snapshotKey: 'd' }, context());
    const live = await analysis['heap.read']({ snapshotKey: 's1' }, context());
    expect(facts.summary).toEqual(live.facts.summary);
  });

  test('its objects go with its snapshot; its figures stay to be compared', async () => {
    const { analysis } = worker;
    await analysis['heap.read']({ snapshotKey: 's0' }, context());
    await analysis['snapshot.drop']({ snapshotKey: 's0' }, context());
    const ask = async (name: 'heap.read' | 'heap.keeps') =>
      analysis[name]({ snapshotKey: 's0', type: 'string' }, context());
    await expect(ask('heap.read')).rejects.toThrow('this snapshot is gone');
    await expect(ask('heap.keeps')).rejects.toThrow('only the figures of this snapshot are kept');
    const compare = async () => analysis['heap.diff']({ snapshotKey: 's1', base: 's0' }, context());
    expect((await compare()).diff.bytesAfter).toBeGreaterThan((await compare()).diff.bytesBefore);
    await analysis['heap.forget']({ snapshotKey: 's0' }, context());
    await expect(compare()).rejects.toThrow('has not been read');
  });

  test('the oldest objects go when there is no room for all; the newest stay', async () => {
    const { heaps } = await runGo(module, { args: ['map'] });
    const [one] = heaps;
    if (one === undefined) throw new Error('no heap');
    const sources = new Map<string, HeapSource>();
    for (const key of ['a', 'b', 'c']) {
      const bytes = new SnapshotBytes(() => Promise.reject(new Error('not asked')), one.memory);
      const sp = address(one.sp);
      const runtime = runtimeOf(module);
      sources.set(key, { runtime, sp, size: one.memory.length, consistent: true, bytes });
    }
    const handlers = heapHandlers((key) => {
      const source = sources.get(key);
      if (source === undefined) throw new Error('no such snapshot');
      return source;
    }, one.memory.length * 2.7);
    const read = async (snapshotKey: string) =>
      (await handlers['heap.read']({ snapshotKey }, context())).dropped;
    expect(await read('a')).toEqual([]);
    expect(await read('b')).toEqual([]);
    expect(await read('c')).toEqual(['a']);
    expect(() => handlers['heap.keeps']({ snapshotKey: 'a', type: 'string' }, context())).toThrow('figures');
    expect(handlers['heap.diff']({ snapshotKey: 'c', base: 'a' }, context())).toMatchObject({
      diff: { types: [] },
    });
  });

  test('goroutines are counted by the function that they began with, and by stack', async () => {
    const far = await goroutineWorker(module);
    const { heaps } = await runGo(module, { args: ['blocked'] });
    for (const [i, heap] of heaps.entries()) {
      await far.take({ ...heap, time: 1 }, 'held', `g${String(i)}`);
      await far.analysis['heap.read']({ snapshotKey: `g${String(i)}` }, context());
    }
    const { goroutines } = await far.analysis['heap.diff']({ snapshotKey: 'g1', base: 'g0' }, context());
    expect([goroutines.before, goroutines.after]).toEqual([16, 1016]);
    expect(goroutines.byFunction).toHaveLength(1);
    expect(goroutines.byFunction[0]?.name).toMatch(
      /^main\.leak\.func\d.*\nmain\.leak\.func\d \S+big\.go:\d+$/,
    );
    expect(goroutines.byFunction[0]).toMatchObject({ objectsBefore: 10, objectsAfter: 1010 });
    expect(goroutines.byStack[0]?.name.split('\n')).toContainEqual(
      expect.stringMatching(/^main\.block \S+big\.go:\d+$/),
    );
    expect(goroutines.byStack[0]?.objectsAfter).toBe(1010);
  });

  test.each([
    ['the memory is read', 0],
    ['the heap is to be worked out', 0.5],
  ])('can be cancelled while %s', async (_, at) => {
    const { analysis } = worker;
    const { heaps } = await runGo(module, { args: ['map'] });
    const [first] = heaps;
    if (first === undefined) throw new Error('no heap');
    await worker.take({ ...first, time: 1 }, 'held', 'late');
    const stop = new AbortController();
    if (at === 0) stop.abort();
    const seen: number[] = [];
    const progress = (fraction: number): void => {
      seen.push(fraction);
      if (fraction >= at) stop.abort();
    };
    const reading = (async () =>
      analysis['heap.read']({ snapshotKey: 'late' }, { signal: stop.signal, progress }))();
    await expect(reading).rejects.toThrow('cancelled');
    expect(seen.every((fraction, i) => i === 0 || fraction >= (seen[i - 1] ?? 0))).toBe(true);
    if (at > 0) expect(Math.max(...seen)).toBeLessThan(1);
  });
});
