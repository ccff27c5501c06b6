import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/base/format-error.ts';
import type { RecordedFrame, RecordedThread } from '../../../src/profile/recording.ts';
import type { ModuleFrames } from '../../../src/profile/wasm-frames.ts';
import { appendEvents } from '../../../src/trace/append-events.ts';
import { goGcTrack } from '../../../src/trace/gc-track.ts';
import { goroutineTracks, type MomentGoroutine } from '../../../src/trace/goroutine-tracks.ts';
import { openInput } from '../../../src/trace/open-input.ts';
import { traceOfInput } from '../../../src/trace/trace-of-input.ts';
import { completeRecording } from '../../../src/worker/recording.ts';
import { parseWithEngine, tracksOfEngine } from './engine.ts';

const goroutine = (id: number, state: string, place: string, waitsOn = ''): MomentGoroutine => ({
  ...{ id, state, function: 'main.worker', place, waitsOn },
});

describe('tracks of goroutines', () => {
  it('a state that is the same at moments that follow each other is one entry, and says what was seen', () => {
    const { tracks, notes } = goroutineTracks([
      { at: 9000, goroutines: [goroutine(7, 'chan receive', 'main.go:9', '<-chan int 0x10')] },
      { at: 1000, goroutines: [goroutine(7, 'running', 'main.go:3'), goroutine(1, 'sleep', 'main.go:1')] },
      { at: 5000, goroutines: [goroutine(7, 'chan receive', 'main.go:9', '<-chan int 0x10')] },
    ]);
    expect(notes).toEqual([]);
    expect(tracks.map(({ group, name }) => [group, name])).toEqual([
      ['Goroutines', 'goroutine 1 main.worker'],
      ['Goroutines', 'goroutine 7 main.worker'],
    ]);
    const [one, seven] = tracks;
    expect(one?.entries).toMatchObject([{ name: 'sleep', start: 1000, end: 2000 }]);
    expect(seven?.entries).toMatchObject([
      { name: 'running', start: 1000, end: 2000 },
      { name: 'chan receive', start: 5000, end: 9000 },
    ]);
    const text = seven?.entries.map(({ properties = [] }) =>
      properties.map((pair) => pair.join(': ')).join('; '),
    );
    expect(text?.[0]).toMatch(/Observed: seen at one moment; the width means nothing$/);
    expect(text?.[1]).toMatch(
      /Place: main\.go:9; Waits on: <-chan int 0x10; Observed: the same at 2 moments .* not watched between them$/,
    );
  });

  it('one that has no number is named as everywhere else', () => {
    const task = { ...goroutine(0x12340, 'sleep', 'main.go:1'), label: 'task 0x12340' };
    const { tracks } = goroutineTracks([{ at: 0, goroutines: [task] }]);
    expect(tracks[0]?.name).toBe('goroutine task 0x12340 main.worker');
  });

  it('a wait for something else is another wait', () => {
    const { tracks } = goroutineTracks([
      { at: 0, goroutines: [goroutine(7, 'chan receive', 'main.go:9', '<-chan int 0x10')] },
      { at: 5000, goroutines: [goroutine(7, 'chan receive', 'main.go:9', '<-chan int 0x20')] },
    ]);
    expect(tracks[0]?.entries).toHaveLength(2);
  });

  it('sampled states go on what was known, and are drawn on to the next look', () => {
    const sampled = (state: string): MomentGoroutine => goroutine(7, state, '');
    const placed = goroutine(7, 'chan receive', 'main.go:9', '<-chan int 0x10');
    const { tracks } = goroutineTracks(
      [
        { at: 0, goroutines: [{ ...sampled('chan receive'), function: 'main.main.func1' }] },
        { at: 1000, goroutines: [placed] },
        { at: 2000, goroutines: [sampled('sleep')] },
        { at: 9000, goroutines: [sampled('runnable')] },
      ],
      { hold: 5000 },
    );
    const [{ name, entries } = { name: '', entries: [] }] = tracks;
    expect(name).toBe('goroutine 7 main.worker');
    // What is too far apart is not drawn on.
    expect(entries).toMatchObject([
      { name: 'chan receive', start: 0, end: 2000 },
      { name: 'sleep', start: 2000, end: 3000 },
      { name: 'runnable', start: 9000, end: 10_000 },
    ]);
    const detail = entries.map(({ properties = [] }) => Object.fromEntries(properties));
    expect(detail[0]).toEqual({
      ...{ State: 'chan receive', Function: 'main.worker', Place: 'main.go:9' },
      'Waits on': '<-chan int 0x10',
      Observed:
        'the same at 2 moments that follow each other; not watched between them, and another at the next, to which it is drawn',
    });
    expect(detail[1]).toMatchObject({
      'Started with': 'main.worker',
      Observed: 'seen at one moment; the width means nothing',
    });
  });

  it('of very many, the first have tracks', () => {
    const goroutines = Array.from({ length: 1000 }, (_, id) => goroutine(id, 'sleep', 'main.go:1'));
    const { tracks, notes } = goroutineTracks([{ at: 0, goroutines }]);
    expect([tracks.length, notes]).toEqual([200, ['800 more goroutines have no track.']]);
  });
});

const frame = (functionName: string): RecordedFrame => ({
  ...{ functionName, url: 'app.wasm', scriptId: '1', line: 1, column: 0, wasmIndex: null },
});
/** Ten milliseconds: main, marking, main, and an allocation that helps to mark. */
const thread: RecordedThread = {
  ...{ name: 'CrRendererMain', pid: 1, tid: 2, startTime: 1000, interval: 1000 },
  frames: [
    'main.main',
    'runtime.gcBgMarkWorker.func2',
    'runtime.mallocgc',
    'runtime.gcAssistAlloc',
    'runtime.scanobject',
  ].map(frame),
  nodeFrame: Uint32Array.of(0, 1, 4, 2, 3, 4),
  nodeParent: Int32Array.of(-1, -1, 1, 0, 3, 4),
  samples: Uint32Array.of(0, 2, 1, 0, 0, 5, 3),
  durations: Float64Array.of(1000, 1000, 1000, 2000, 2000, 1000, 2000),
};
const module: ModuleFrames = {
  notes: [],
  functionOf: ({ functionName: name }) => ({ name, file: '', startLine: 0, offset: 0, role: 'runtime' }),
};

it("when Go's garbage collector worked, by samples: its goroutines, and allocations that help", () => {
  const track = goGcTrack(thread, [module]);
  expect(track).toMatchObject({ group: 'Go', name: 'GC (CrRendererMain 2)' });
  expect(track?.entries).toMatchObject([
    { name: 'Go GC', start: 2000, end: 4000, properties: [['In the collector', '2.0 ms, by samples']] },
    { name: 'Go GC', start: 8000, end: 9000 },
  ]);
  expect(
    goGcTrack({ ...thread, samples: Uint32Array.of(0), durations: Float64Array.of(1) }, [module]),
  ).toBeUndefined();
  expect(goGcTrack(thread, [])).toBeUndefined();
});

const recorded = {
  traceEvents: [
    {
      name: 'thread_name',
      ph: 'M',
      pid: 5,
      tid: 6,
      ts: 0,
      cat: '__metadata',
      args: { name: 'CrRendererMain' },
    },
    {
      ...{ name: 'TracingStartedInBrowser', ph: 'I', s: 't', pid: 5, tid: 6, ts: 1000 },
      cat: 'disabled-by-default-devtools.timeline',
      args: {
        data: {
          frameTreeNodeId: 1,
          persistentIds: true,
          frames: [{ frame: 'F', name: '', url: 'http://a.test/', processId: 5 }],
        },
      },
    },
    {
      name: 'RunTask',
      ph: 'X',
      pid: 5,
      tid: 6,
      ts: 1000,
      dur: 9_000_000,
      cat: 'disabled-by-default-devtools.timeline',
      args: {},
    },
    { name: 'mark', ph: 'I', s: 't', pid: 5, tid: 6, ts: 10_000_000, cat: 'blink.user_timing', args: {} },
    {
      name: 'Profile',
      ph: 'P',
      id: '0x1',
      pid: 5,
      tid: 6,
      ts: 1000,
      cat: 'disabled-by-default-v8.cpu_profiler',
      args: { data: { startTime: 1000 } },
    },
    {
      ...{
        name: 'ProfileChunk',
        ph: 'P',
        id: '0x1',
        pid: 5,
        tid: 6,
        ts: 2000,
        cat: 'disabled-by-default-v8.cpu_profiler',
      },
      args: {
        data: {
          cpuProfile: {
            nodes: [
              {
                id: 1,
                callFrame: { functionName: '(root)', scriptId: 0, url: '', lineNumber: -1, columnNumber: -1 },
              },
              {
                id: 2,
                parent: 1,
                callFrame: {
                  functionName: 'f',
                  scriptId: 1,
                  url: 'http://a.test/a.js',
                  lineNumber: 0,
                  columnNumber: 0,
                },
              },
            ],
            samples: [2, 2, 1],
          },
          timeDeltas: [0, 4000, 4000],
        },
      },
    },
  ],
};

describe('a recording with what the session saw meanwhile', () => {
  const clock = { startTime: 50_000, startMicros: 1000, durationMs: 6000, pid: 5, tid: 6 };
  const complete = (json: unknown, programs: Parameters<typeof completeRecording>[0]['programs']): string => {
    const bytes = new TextEncoder().encode(`${JSON.stringify(json)}\n`);
    const answer = completeRecording({ json: bytes.buffer, clock, programs });
    expect(answer.notes).toEqual([]);
    return new TextDecoder().decode(answer.json);
  };
  const moments = [
    { time: 49_990, goroutines: [goroutine(3, 'sleep', 'main.go:1')] },
    { time: 56_000, goroutines: [goroutine(3, 'sleep', 'main.go:1')] },
  ];
  const memory = [
    { time: 50_000, bytes: 4 << 20 },
    { time: 52_000, bytes: 8 << 20 },
  ];

  it('has tracks that DevTools reads, on the clock of the trace; what it had is still there', async () => {
    const text = complete(recorded, [{ label: 'app.wasm', moments, holdMs: 0, memory }]);
    const tracks = await tracksOfEngine(text);
    expect(tracks).toEqual([
      {
        group: 'Goroutines',
        name: 'goroutine 3 main.worker',
        entries: [{ name: 'sleep', ts: 1000, dur: 6_000_000 }],
      },
      {
        ...{ group: 'Go', name: 'Linear memory' },
        entries: [
          { name: '4.0 MiB', ts: 1000, dur: 2_000_000 },
          { name: '8.0 MiB', ts: 2_001_000, dur: 4_000_000 },
        ],
      },
    ]);
    const [thread] = await parseWithEngine(text);
    expect(thread?.calls.reduce((sum, { self }) => sum + self, 0)).toBe(8000);
    const { traceEvents } = JSON.parse(text) as typeof recorded;
    expect(traceEvents.slice(0, recorded.traceEvents.length)).toEqual(recorded.traceEvents);
    const counters = traceEvents.filter(({ ph }) => ph === 'C') as unknown[];
    expect(counters).toMatchObject([
      { name: 'Linear memory', ts: 1000, pid: 5, args: { bytes: 4 << 20 } },
      { name: 'Linear memory', ts: 2_001_000, args: { bytes: 8 << 20 } },
    ]);
  });

  it('of several programs names each', async () => {
    const text = complete(recorded, [
      { label: 'a.wasm', moments, holdMs: 0, memory: [] },
      { label: 'b.wasm', moments, holdMs: 0, memory: [] },
    ]);
    const groups = (await tracksOfEngine(text)).map(({ group }) => group);
    expect(groups.sort()).toEqual(['Goroutines of a.wasm', 'Goroutines of b.wasm']);
  });

  it('can be opened and written again, with the track of the collector', async () => {
    const text = complete(recorded, [{ label: 'app.wasm', moments, holdMs: 0, memory }]);
    const input = await openInput(new TextEncoder().encode(text));
    const js: ModuleFrames = {
      notes: [],
      functionOf: ({ functionName }) =>
        functionName === 'f'
          ? { name: 'runtime.bgsweep', file: 'runtime/mgcsweep.go', startLine: 3, offset: 0, role: 'runtime' }
          : undefined,
    };
    const again = await tracksOfEngine(traceOfInput(input, [js]).text);
    expect(again.map(({ name }) => name).sort()).toEqual([
      'GC (CrRendererMain 6)',
      'Linear memory',
      'goroutine 3 main.worker',
    ]);
  });

  it('without anything to add is as it was', () => {
    expect(JSON.parse(complete(recorded, []))).toEqual(recorded);
    expect(
      JSON.parse(complete({ traceEvents: [] }, [{ label: 'a', moments, holdMs: 0, memory: [] }])),
    ).toMatchObject({
      traceEvents: [{ ph: 'b' }, { ph: 'e' }],
    });
  });

  it('that does not end with its events is refused', () => {
    const other = new TextEncoder().encode('{"traceEvents":[],"metadata":{"a":1}}');
    expect(() => appendEvents(other, [])).toThrow(FormatError);
    expect(() => appendEvents(other, [])).toThrow(
      /trace at offset 0x0: expected the end of the list of events/,
    );
  });
});
