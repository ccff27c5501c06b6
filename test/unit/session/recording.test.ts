import { afterEach, expect, it, vi } from 'vitest';
import { CancelledError } from '../../../src/protocol/endpoint.ts';
import { instance, module, report } from './fake-facts.ts';
import { started, until } from './fakes.ts';

const choice = { intervalMicros: 1000, goroutines: 'before and after' } as const;
const clock = { startTime: 1_700_000_000_000, startMicros: 7, durationMs: 5, pid: 1, tid: 2 };
const recorded = { json: new ArrayBuffer(20), clock, wasmUrls: [], notes: ['full'] };

it('a recording has the goroutines of before and after, and says how it goes', async () => {
  const { page, analysis, session } = await started();
  page.recorded = recorded;
  page.tell({ modules: [module], instances: [instance] });
  await until(session, () => session.state().modules[0]?.status === 'ready');
  const seen = new Set<string>();
  session.subscribe(() => seen.add(session.state().recording?.status ?? 'none'));
  const recording = session.recordCpu(choice);
  await until(session, () => session.state().recording?.status === 'recording');
  await expect(session.recordCpu(choice)).rejects.toThrow('a recording is under way');
  expect(session.state().tasks.map(({ title }) => title)).toContain('Recording CPU');
  session.stopRecording();
  const { captureKey, before, after } = await recording;
  const [capture] = session.state().captures;
  expect(capture).toMatchObject({ key: captureKey, origin: 'CPU recording', status: 'ready' });
  expect(capture?.name).toMatch(/^cpu \d\d:\d\d:20$/);
  expect(capture?.facts?.notes).toContain('full');
  expect([before.length, after.length]).toEqual([1, 1]);
  expect(analysis.completed).toEqual([
    {
      ...{ json: recorded.json, clock },
      programs: [
        {
          label: session.state().instances[0]?.label,
          moments: [
            { time: 5000, goroutines: [] },
            { time: 5000, goroutines: [] },
          ],
          holdMs: 0,
          memory: [{ time: expect.any(Number) as number, bytes: instance.memoryBytes }],
        },
      ],
    },
  ]);
  // Both are still there.
  const keys = session.state().snapshots.map(({ key }) => key);
  expect(keys).toEqual([...after, ...before]);
  expect([...seen]).toEqual(expect.arrayContaining(['starting', 'recording', 'reading', 'idle']));
  expect(session.state().recording).toMatchObject({ status: 'idle', error: null, taskId: null });
});

afterEach(() => {
  vi.useRealTimers();
});

it('a page is given three seconds for its turn; reading what it has copied may take longer on a busy machine', async () => {
  const { page, analysis, session } = await started();
  page.recorded = recorded;
  page.tell({ modules: [module], instances: [instance] });
  await until(session, () => session.state().modules[0]?.status === 'ready');
  vi.useFakeTimers();
  let read = (): void => undefined;
  analysis.snapshotHeld = new Promise((resolve) => {
    read = resolve;
  });
  const slow = session.recordCpu(choice);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(session.state().recording?.status).toBe('starting');
  read();
  await until(session, () => session.state().recording?.status === 'recording');
  page.holdMemory = () => new Promise(() => undefined);
  session.stopRecording();
  await vi.advanceTimersByTimeAsync(3000);
  const { before, after } = await slow;
  expect([before.length, after.length]).toEqual([1, 0]);
  expect(session.state().captures[0]?.facts?.notes.join('\n')).toContain(
    'could not be read: the program did not give the page a turn within 3 s.',
  );
});

it('while it runs, states of goroutines are looked at; how often, and what that cost, is noted', async () => {
  const { page, analysis, session } = await started();
  page.recorded = { ...recorded, clock: { ...clock, durationMs: 1000 } };
  page.tell({ modules: [module], instances: [instance] });
  await until(session, () => session.state().modules[0]?.status === 'ready');
  const sleeping = { id: 4, state: 'sleep', function: 'main.tick', place: '', waitsOn: '' };
  let looks = 0;
  const third = new Promise<void>((resolve) => {
    analysis.sample = () => {
      if (++looks === 3) resolve();
      return Promise.resolve({ time: 6000 + looks, pauseMs: 2, goroutines: [sleeping] });
    };
  });
  const recording = session.recordCpu({ ...choice, goroutines: 'all along' });
  await third;
  session.stopRecording();
  await recording;
  const [completed] = analysis.completed;
  const [program] = completed?.programs ?? [];
  expect(program?.holdMs).toBe(1000);
  expect(program?.moments.filter(({ goroutines }) => goroutines.length > 0).map(({ time }) => time)).toEqual([
    6001, 6002, 6003,
  ]);
  expect(session.state().captures[0]?.facts?.notes.join('\n')).toMatch(
    /were looked at 3 times, between tasks .* took 6\.0 ms \(0\.60 %\)\.$/m,
  );
});

it('goroutines of TinyGo are read before and after, and the recording says why not all along', async () => {
  const { page, analysis, session } = await started();
  page.recorded = recorded;
  analysis.report = { ...report, toolchain: 'tinygo' };
  analysis.sample = () => Promise.reject(new Error('TinyGo is not to be sampled'));
  page.tell({ modules: [module], instances: [instance] });
  await until(session, () => session.state().modules[0]?.status === 'ready');
  const recording = session.recordCpu({ ...choice, goroutines: 'all along' });
  await until(session, () => session.state().recording?.status === 'recording');
  session.stopRecording();
  const { before, after } = await recording;
  expect([before.length, after.length]).toEqual([1, 1]);
  expect(analysis.completed[0]?.programs[0]?.moments).toHaveLength(2);
  const notes = session.state().captures[0]?.facts?.notes.join('\n');
  expect(notes).toContain('TinyGo keeps no list of its goroutines');
  expect(notes).not.toContain('TinyGo is not to be sampled');
});

it('a program that cannot be looked at is left alone, and the recording says why', async () => {
  const { page, analysis, session } = await started();
  page.recorded = recorded;
  page.tell({ modules: [module], instances: [instance] });
  await until(session, () => session.state().modules[0]?.status === 'ready');
  let looks = 0;
  const third = new Promise<void>((resolve) => {
    analysis.sample = () => {
      if (++looks === 3) resolve();
      return Promise.reject(new Error('the worker is gone'));
    };
  });
  const recording = session.recordCpu({ ...choice, goroutines: 'all along' });
  await third;
  session.stopRecording();
  await recording;
  expect(session.state().captures[0]?.facts?.notes.join('\n')).toContain('the worker is gone');
});

it('without a program in reach it records, and says that there are no goroutines', async () => {
  const { page, session } = await started();
  page.recorded = recorded;
  const recording = session.recordCpu(choice);
  await until(session, () => session.state().recording?.status === 'recording');
  session.stopRecording();
  const { before, after } = await recording;
  expect([before, after]).toEqual([[], []]);
  const [, note] = session.state().captures[0]?.facts?.notes ?? [];
  expect(note).toMatch(/^No goroutines were read: .* Reload with the hook, or attach to the page\.$/);
});

it('a recording that is cancelled is gone, and is no error', async () => {
  const { page, session } = await started();
  page.recorded = recorded;
  const recording = session.recordCpu({ ...choice, goroutines: 'none' });
  await until(session, () => session.state().recording?.status === 'recording');
  session.cancelTask(session.state().recording?.taskId ?? -1);
  await expect(recording).rejects.toThrow(CancelledError);
  expect(session.state().recording).toMatchObject({ status: 'idle', error: null });
});

it('why a recording cannot begin stays in the state until the next', async () => {
  const { page, session } = await started();
  const attempt = session.recordCpu({ ...choice, goroutines: 'none' });
  await expect(attempt).rejects.toThrow('already been started');
  expect(session.state().recording).toMatchObject({
    status: 'idle',
    error: 'Tracing has already been started',
  });
  page.recorded = recorded;
  const recording = session.recordCpu({ ...choice, goroutines: 'none' });
  await until(session, () => session.state().recording?.status === 'recording');
  expect(session.state().recording?.error).toBeNull();
  session.stopRecording();
  await recording;
});
