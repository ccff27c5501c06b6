import { describe, expect, test } from 'vitest';
import { takeSample } from '../../../src/browser/hook/sample.ts';
import { takeNatives } from '../../../src/browser/hook/natives.ts';
import { Moment } from '../../../src/go/runtime/moment.ts';
import { address } from '../../../src/base/units.ts';
import type { SamplePlan } from '../../../src/protocol/references.ts';
import { createAnalysis } from '../../../src/worker/analysis.ts';
import { fixtureBytes } from '../../support/fixtures.ts';
import { heapFixtures, heapsOf } from '../go/runtime/heap/heaps.ts';

// What a sample reads, against runtime.MemStats of the same moment; functions behind js.Func through the worker.

const context = { signal: new AbortController().signal, progress: () => undefined };

describe.each(heapFixtures)('Go %s', (_, fixture) => {
  test('a sample has HeapInuse and NumGC of runtime.MemStats, and the goroutines', async () => {
    const handlers = createAnalysis({
      read: () => Promise.reject(new Error('nothing is read')),
      gather: () => Promise.reject(new Error('nothing is gathered')),
    });
    const { buffer } = fixtureBytes(fixture).slice();
    await handlers['module.load']({ moduleKey: 'm', bytes: buffer }, context);
    const plan: SamplePlan = await handlers['sample.plan']({ moduleKey: 'm' }, context);
    expect(plan.missing).toEqual([]);
    for (const heap of await heapsOf(fixture, 'known')) {
      if (heap.name === 'collecting') continue;
      const bytes = heap.memory.bytes(address(0), heap.memory.size);
      const request = { op: 'sample', instance: 1, ...plan.request } as const;
      const sample = takeSample(bytes, request, undefined, takeNatives(globalThis));
      const word = (name: SamplePlan['words'][number]): number | null | undefined =>
        sample.words[plan.words.indexOf(name)];
      expect(word('heapInUse'), heap.name).toBe(heap.stats.heapInuse);
      expect((word('collections') ?? 0) % 2 ** 32, heap.name).toBe(heap.stats.numGC);
      expect(sample.bytes).toBe(heap.memory.size);
      const { goroutines } = new Moment(heap.runtime, heap.memory, { sp: address(heap.sp) });
      expect(sample.goroutines).toBe(goroutines.length);
      expect(word('functions')).toBe(0);
    }
  });

  test('functions behind js.Func are read page by page', async () => {
    const [, heap] = await heapsOf(fixture, 'callbacks');
    if (heap === undefined) throw new Error('there is no heap');
    let read = 0;
    const handlers = createAnalysis({
      read: (_target, ranges) => {
        for (const { length } of ranges) read += length;
        return Promise.resolve(ranges.map((one) => heap.memory.bytes(one.address, one.length)));
      },
      gather: () => Promise.reject(new Error('nothing is gathered')),
    });
    const { buffer } = fixtureBytes(fixture).slice();
    await handlers['module.load']({ moduleKey: 'm', bytes: buffer }, context);
    const params = { moduleKey: 'm', target: 'instance 1', byteLength: heap.memory.size };
    const table = await handlers['references.funcs'](params, context);
    expect(table).toMatchObject({ missing: null, functions: [{ name: 'main.subscribe.func1' }] });
    expect(table.id).toHaveLength(1010);
    expect([...table.id]).toEqual([...table.id].sort((a, b) => a - b));
    expect(read).toBeLessThan(heap.memory.size / 2);
  });
});
