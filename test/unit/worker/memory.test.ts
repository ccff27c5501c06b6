import { beforeAll, describe, expect, test } from 'vitest';
import { fixture } from '../../support/fixtures.ts';
import { context, goroutineWorker } from '../../support/goroutine-worker.ts';
import { runGo } from '../../support/run-go.ts';
import type { MemorySource, SearchQuery, ValueTypeName } from '../../../src/protocol/memory.ts';

// Linear memory, as the Memory view asks for it, of the oldest and the newest Go.

describe.each(['1.19.8', '1.27.3'] as const)('the memory of a program of Go %s', (goVersion) => {
  const module = fixture({ family: 'heap', goVersion });
  let worker: Awaited<ReturnType<typeof goroutineWorker>>;
  let memory: Uint8Array;
  const snapshot: MemorySource = { kind: 'snapshot', snapshotKey: 's1' };
  let live: MemorySource;

  beforeAll(async () => {
    worker = await goroutineWorker(module);
    const { heaps } = await runGo(module, { args: ['map'] });
    for (const [i, heap] of heaps.entries()) await worker.take({ ...heap, time: 1 }, 'held', `s${i}`);
    memory = heaps[1]?.memory ?? new Uint8Array(0);
    worker.far.memories.set('instance i1', memory);
    live = { kind: 'live', moduleKey: 'm', target: 'instance i1', size: memory.length };
  });

  test('is mapped without gaps: what the linker laid out, arenas, spans, stacks', async () => {
    const { analysis } = worker;
    const map = await analysis['memory.map']({ source: snapshot, parts: 256 }, context());
    expect(map.notes).toEqual([]);
    expect(map.word).toBe(8);
    expect(map.size).toBe(memory.length);
    expect(map.sums.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(memory.length);
    const kinds = map.sums.map(({ kind }) => kind);
    for (const kind of [
      'nil',
      'arguments',
      'rodata',
      'types',
      'pclntab',
      'data',
      'bss',
      'stack',
      'heap',
      'free',
      'runtime',
    ]) {
      expect(kinds).toContain(kind);
    }
    expect(kinds).not.toContain('unknown');
    // Spans in use are what runtime.MemStats counts as HeapInuse.
    const { facts } = await analysis['heap.read']({ snapshotKey: 's1' }, context());
    expect(map.sums.find(({ kind }) => kind === 'heap')?.bytes).toBe(facts.totals.heapInuse);
    expect(map.classes.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(facts.totals.heapInuse);
    const [largest] = map.classes;
    const spans = await analysis['memory.regions'](
      { source: snapshot, kind: 'heap', name: largest?.name ?? '', from: 0, count: 1000 },
      context(),
    );
    expect(spans.count).toBe(largest?.regions);
    const stacks = await analysis['memory.regions'](
      { source: snapshot, kind: 'stack', name: null, from: 0, count: 100 },
      context(),
    );
    expect(stacks.rows.map(({ name }) => name)).toContain('stack of goroutine 1');
    expect(stacks.rows.map(({ name }) => name)).toContain('stack of the runtime (g0)');
    // The arenas hold all objects and what is free; what is in use in them is what is not free.
    const { arenas } = map;
    const bytesOf = (kind: string): number => map.sums.find((sum) => sum.kind === kind)?.bytes ?? 0;
    const inArenas = arenas.reduce((sum, { start, end }) => sum + end - start, 0);
    const used = arenas.reduce((sum, arena) => sum + arena.used, 0);
    expect(arenas.length).toBeGreaterThan(1);
    expect(used).toBeGreaterThanOrEqual(bytesOf('heap'));
    expect(inArenas - used).toBe(bytesOf('free'));
    // Of a program that runs it is the same, and says that it runs.
    const running = await analysis['memory.map']({ source: live, parts: 256 }, context());
    expect(running.sums).toEqual(map.sums);
    expect(running.notes).toEqual([expect.stringContaining('The program runs on')]);
  });

  test('a string is found, its header, what points to it, and what points to that', async () => {
    const { analysis } = worker;
    const search = (query: SearchQuery, source: MemorySource = snapshot) =>
      analysis['memory.search']({ source, query }, context());
    const text = new TextEncoder().encode('GOARCH');
    const { matches, more, searched } = await search({ kind: 'bytes', bytes: text });
    expect([more, searched]).toEqual([false, memory.length]);
    const expected = Buffer.from(memory).indexOf('GOARCH');
    expect(matches[0]).toMatchObject({ address: expected, bytes: memory.slice(expected, expected + 16) });
    expect((await search({ kind: 'bytes', bytes: text }, live)).matches).toEqual(matches);
    // Every object is an object of the heap that something points to.
    await analysis['heap.read']({ snapshotKey: 's1' }, context());
    const objects = await analysis['heap.objects'](
      { snapshotKey: 's1', type: 'main.session', sort: 'bytes', from: 0, count: 1 },
      context(),
    );
    const at = objects.rows[0]?.address ?? 0;
    const pointers = await search({ kind: 'pointer', from: at, to: at + 1 });
    const view = new DataView(memory.buffer, memory.byteOffset);
    expect(pointers.matches.length).toBeGreaterThan(0);
    for (const { address } of pointers.matches) expect(view.getBigUint64(address, true)).toBe(BigInt(at));
    const place = await analysis['memory.inspect']({ source: snapshot, address: at + 3 }, context());
    expect(place.region?.kind).toBe('heap');
    expect(place.parts).toMatchObject([{ start: at, length: 48 }]);
    const pointer = await analysis['memory.inspect'](
      { source: snapshot, address: pointers.matches[0]?.address ?? 0 },
      context(),
    );
    expect(pointer.pointer).toMatchObject({ address: at });
  });

  test('words are read as Go lays them out', async () => {
    const { analysis } = worker;
    const inspect = (address: number) => analysis['memory.inspect']({ source: snapshot, address }, context());
    const [found] = await analysis['memory.find'](
      { source: snapshot, text: 'runtime.waitReasonStrings' },
      context(),
    );
    const reasons = await inspect(found?.address ?? 0);
    expect(reasons.parts[0]?.text).toBe('runtime.waitReasonStrings');
    // The second reason; the first is empty.
    const second = await inspect((found?.address ?? 0) + 16);
    expect(second.words.find(({ kind }) => kind === 'string')?.text).toMatch(
      /^"GC assist marking", 17 B at 0x/,
    );
    const [allgs] = await analysis['memory.find']({ source: snapshot, text: 'runtime.allgs' }, context());
    const list = await inspect(allgs?.address ?? 0);
    expect(list.words.find(({ kind }) => kind === 'slice')?.text).toMatch(/^\d+ of \d+ elements at 0x/);
    const [type] = await analysis['memory.find']({ source: snapshot, text: 'main.session' }, context());
    const descriptor = await inspect(type?.address ?? 0);
    expect(descriptor.words.find(({ kind }) => kind === 'type')?.text).toBe(
      'descriptor of main.session, 48 B',
    );
    expect(descriptor.region?.kind).toBe('types');
  });

  test('a value is read by its type, part by part', async () => {
    const { analysis } = worker;
    const [found] = await analysis['memory.find']({ source: snapshot, text: 'runtime.g0' }, context());
    const address = found?.address ?? 0;
    const value = (at: number, of: ValueTypeName) =>
      analysis['memory.value']({ source: snapshot, address: at, of }, context());
    const g = await value(address, { name: 'runtime.g' });
    expect(g.text).toMatch(/^runtime\.g \{/);
    expect(g.total).toBe(g.parts.length);
    const stack = g.parts.find(({ name }) => name === 'stack');
    const bounds = await value(stack?.address ?? 0, stack?.of ?? { name: '' });
    expect(bounds.parts.map(({ name }) => name)).toEqual(['lo', 'hi']);
    const view = new DataView(memory.buffer, memory.byteOffset);
    expect(bounds.parts[0]?.text).toBe(String(view.getBigUint64(address, true)));
    await expect(value(address, { name: 'main.nothing' })).rejects.toThrow('describes no type main.nothing');
  });

  test('a text leads to addresses, goroutines, functions and regions', async () => {
    const { analysis } = worker;
    const find = (text: string) => analysis['memory.find']({ source: snapshot, text }, context());
    expect((await find('0x1000 + 16'))[0]).toEqual({
      address: 4112,
      text: '0x1010, arguments and environment',
    });
    expect((await find('4294967295'))[0]).toEqual({
      address: 0xffffffff,
      text: '0xffffffff, beyond the end of the memory',
    });
    expect((await find('g1'))[0]?.text).toBe('stack of goroutine 1');
    expect((await find('pclntab'))[0]?.text).toContain('pclntab');
    const places = (await find('main.open')).map(({ text }) => text);
    expect(places).toContain('main.open, its record in the pclntab');
    expect(places).toContain('variable used by main.open');
    const spans = await analysis['memory.regions'](
      { source: snapshot, kind: 'heap', name: null, from: 0, count: 1 },
      context(),
    );
    const [span] = spans.rows;
    const within = `0x${((span?.start ?? 0) + 9).toString(16)}`;
    expect((await find(`span ${within}`))[0]?.address).toBe(span?.start);
    const size = Number(/(\d+) B/.exec(span?.name ?? '')?.[1]);
    expect((await find(`object ${within}`))[0]?.address).toBe(
      (span?.start ?? 0) + Math.floor(9 / size) * size,
    );
    expect((await find('span 48'))[0]?.text).toContain('objects of 48 B');
    expect(await find('span 7')).toEqual([]);
    expect(await find('no such thing')).toEqual([]);
    expect(await find('')).toEqual([]);
    await expect(
      analysis['memory.inspect']({ source: snapshot, address: memory.length }, context()),
    ).rejects.toThrow('beyond the end');
  });

  test('what differs from another moment is what differs', async () => {
    const { analysis } = worker;
    const base: MemorySource = { kind: 'snapshot', snapshotKey: 's0' };
    const changes = await analysis['memory.diff']({ source: snapshot, base }, context());
    const before = worker.far.memories.get('memory of s0') ?? new Uint8Array(0);
    let changed = Math.abs(memory.length - before.length);
    for (let at = 0; at < Math.min(before.length, memory.length); at++)
      if (before[at] !== memory[at]) changed++;
    expect(changes.changedBytes).toBe(changed);
    expect(changes.count).toBeGreaterThanOrEqual(changes.ranges.length);
    expect(changes.regions.length).toBe(changes.ranges.length);
    const self = await analysis['memory.diff']({ source: snapshot, base: live }, context());
    expect([self.count, self.changedBytes]).toEqual([0, 0]);
  });

  test('bytes come as they are asked for, and a range is saved', async () => {
    const { analysis } = worker;
    const ranges = [
      { address: 4096, length: 16 },
      { address: memory.length - 4, length: 16 },
    ];
    const parts = await analysis['memory.bytes']({ source: snapshot, ranges }, context());
    expect(parts).toEqual([memory.slice(4096, 4112), memory.slice(-4)]);
    await expect(
      (async () =>
        analysis['memory.bytes']({ source: live, ranges: [{ address: 0, length: 2 << 20 }] }, context()))(),
    ).rejects.toThrow(RangeError);
    const blob = await analysis['memory.save']({ source: live, from: 5000, length: 100 }, context());
    expect(new Uint8Array(await blob.arrayBuffer())).toEqual(memory.slice(5000, 5100));
    const stop = new AbortController();
    stop.abort();
    const query = { kind: 'bytes', bytes: Uint8Array.of(1) } as const;
    await expect(
      analysis['memory.search']({ source: live, query }, { signal: stop.signal, progress: () => undefined }),
    ).rejects.toThrow('cancelled');
  });
});
