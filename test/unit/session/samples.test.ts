import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SampleRing, samplesAsCsv, samplesAsJson } from '../../../src/session/samples.ts';
import { readSettings } from '../../../src/session/settings.ts';
import type { PageSample } from '../../../src/session/page-references.ts';
import { instance, module } from './fake-facts.ts';
import { started } from './fakes.ts';

const nothing = {
  ...{ memory: null, heapInUse: null, goroutines: null },
  ...{ collections: null, references: null, functions: null },
};
const sample = (time: number, pauseMs = 1): PageSample => ({
  ...{ bytes: 65536, words: [], goroutines: null, references: null, time, pauseMs },
});

test('a ring keeps the last samples, in order, and counts all', () => {
  const ring = new SampleRing([], 4);
  expect(ring.series().time).toHaveLength(0);
  for (let i = 1; i <= 6; i++) ring.add(sample(i, i), { ...nothing, goroutines: i * 10 });
  const series = ring.series();
  expect([...series.time]).toEqual([3, 4, 5, 6]);
  expect([...series.values.goroutines]).toEqual([30, 40, 50, 60]);
  expect([...series.values.heapInUse].every(Number.isNaN)).toBe(true);
  expect(series).toMatchObject({ taken: 6, totalPauseMs: 21, longestPauseMs: 6 });
  expect(ring.series()).toBe(series);
  ring.add(sample(7), nothing);
  expect([...ring.series().time]).toEqual([4, 5, 6, 7]);
});

test('samples as CSV and JSON', () => {
  const ring = new SampleRing(['no heap']);
  ring.add(sample(0, 0.5), { ...nothing, memory: 65536, goroutines: 3 });
  expect(samplesAsCsv(ring.series())).toBe(
    'time,memory,heapInUse,goroutines,collections,references,functions,pauseMs\n1970-01-01T00:00:00.000Z,65536,,3,,,,0.5\n',
  );
  expect(JSON.parse(samplesAsJson('app.wasm', ring.series()))).toEqual({
    program: 'app.wasm',
    missing: ['no heap'],
    samples: [{ time: '1970-01-01T00:00:00.000Z', ...nothing, memory: 65536, goroutines: 3, pauseMs: 0.5 }],
  });
});

test('only intervals that are offered are settings', () => {
  expect(readSettings({}).sampleMs).toBe(1000);
  expect(readSettings({ sampleMs: 0 }).sampleMs).toBe(0);
  expect(readSettings({ sampleMs: 1 }).sampleMs).toBe(1000);
});

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('programs are sampled while somebody watches, at the interval of the settings, and not after', async () => {
  const { page, session, analysis } = await started();
  const asked: string[] = [];
  page.sample = (key) => {
    asked.push(key);
    return Promise.resolve({ ...sample(Date.now(), 0), words: [1024, 2 ** 32 * 3 + 7], goroutines: 5 });
  };
  analysis.plan = {
    request: { words: [], goroutines: null },
    words: ['heapInUse', 'collections'],
    missing: [],
  };
  page.tell({ modules: [module], instances: [instance] });
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked).toEqual([]);
  const stop = session.samples.watch();
  await vi.advanceTimersByTimeAsync(3500);
  expect(asked).toEqual(['i1', 'i1', 'i1', 'i1']);
  const series = session.samples.of('i1');
  expect([...(series?.values.collections ?? [])]).toEqual([7, 7, 7, 7]);
  expect(series?.values.heapInUse[0]).toBe(1024);
  session.setSettings({ sampleMs: 0 });
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked).toHaveLength(4);
  session.setSettings({ sampleMs: 250 });
  await vi.advanceTimersByTimeAsync(2000);
  expect(asked.length).toBeGreaterThanOrEqual(8);
  stop();
  stop();
  const before = asked.length;
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked).toHaveLength(before);
});

test('a sample that keeps the page waiting is followed by a long rest', async () => {
  const { page, session } = await started();
  let asked = 0;
  page.sample = () => {
    asked++;
    return Promise.resolve(sample(Date.now(), 100));
  };
  page.tell({ modules: [module], instances: [instance] });
  const stop = session.samples.watch();
  await vi.advanceTimersByTimeAsync(9000);
  expect(asked).toBe(1);
  await vi.advanceTimersByTimeAsync(2000);
  expect(asked).toBe(2);
  stop();
});
