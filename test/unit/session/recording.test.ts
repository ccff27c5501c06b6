import { expect, it } from 'vitest';
import { CancelledError } from '../../../src/protocol/endpoint.ts';
import { instance, module, started, until } from './fakes.ts';

const choice = { intervalMicros: 1000, goroutines: true } as const;
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
  const recording = session.recordCpu({ ...choice, goroutines: false });
  await until(session, () => session.state().recording?.status === 'recording');
  session.cancelTask(session.state().recording?.taskId ?? -1);
  await expect(recording).rejects.toThrow(CancelledError);
  expect(session.state().recording).toMatchObject({ status: 'idle', error: null });
});

it('why a recording cannot begin stays in the state until the next', async () => {
  const { page, session } = await started();
  const attempt = session.recordCpu({ ...choice, goroutines: false });
  await expect(attempt).rejects.toThrow('already been started');
  expect(session.state().recording).toMatchObject({
    status: 'idle',
    error: 'Tracing has already been started',
  });
  page.recorded = recorded;
  const recording = session.recordCpu({ ...choice, goroutines: false });
  await until(session, () => session.state().recording?.status === 'recording');
  expect(session.state().recording?.error).toBeNull();
  session.stopRecording();
  await recording;
});
