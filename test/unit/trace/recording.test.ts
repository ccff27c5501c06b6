import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/base/format-error.ts';
import { callGraph } from '../../../src/profile/graph.ts';
import { readCpuProfile } from '../../../src/profile/cpu-profile.ts';
import { IDLE, type RecordedThread } from '../../../src/profile/recording.ts';
import { CUT_TEXT, KIND_LABEL, recordingProfile } from '../../../src/profile/recording-profile.ts';
import { stackOf } from '../../../src/profile/transform.ts';
import { framesOfModule } from '../../../src/profile/wasm-frames.ts';
import { chooseSymbols } from '../../../src/symbols/choose.ts';
import { Symbolizer } from '../../../src/symbols/symbolizer.ts';
import { chartOfRecording } from '../../../src/trace/chart-of-recording.ts';
import { openInput } from '../../../src/trace/open-input.ts';
import { symbolizeTrace } from '../../../src/trace/symbolize-trace.ts';
import { writeTrace } from '../../../src/trace/write-trace.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { cpuProfileOfHot, profiledModule } from '../../support/profiled-wasm.ts';
import { parseWithEngine } from './engine.ts';

const version = '1.27.3';
const bytes = profiledModule(version);
const symbolizer = new Symbolizer(chooseSymbols(readModule(bytes)).sources);
const info = { file: 'hot.wasm', buildId: 'abc' };

const source = readFileSync(new URL('../../../fixtures/profiles/wasm/main.go', import.meta.url), 'utf8');

/** 1-based. */
function lineOf(text: string): number {
  return source.slice(0, source.indexOf(text)).split('\n').length;
}

describe('a CPU recording of V8', () => {
  let json: unknown;
  let truth: readonly number[];
  let thread: RecordedThread;

  beforeAll(async () => {
    ({ profile: json, truth } = await cpuProfileOfHot(version));
    thread = readCpuProfile(json);
  });

  const modulesFrames = () => framesOfModule(symbolizer, thread.frames);

  it('becomes a pprof profile with Go functions in the proportions of the program, and true weights', () => {
    const frames = modulesFrames();
    expect(frames.notes).toEqual([]);
    const profile = recordingProfile([thread], { modules: [{ frames, info, size: bytes.length }] });
    const nodes = callGraph(profile, { sampleType: 1, granularity: 'functions' });
    const cum = (name: string): number => nodes.find((node) => node.name === name)?.cum ?? 0;
    // The sampler has to share the machine with the program.
    // What runs below `switched` stands under main.one alone: V8 does not know who called it.
    const [five = 0, three = 0, one = 0, switched = 0] = truth;
    const spent = new Map<string, number>([
      ['main.five', five],
      ['main.three', three],
      ['main.one', one + switched],
    ]);
    const all = [...spent.keys()].reduce((sum, name) => sum + cum(name), 0);
    for (const [name, nanos] of spent) {
      const share = (100 * nanos) / (five + three + one + switched);
      expect(Math.abs((cum(name) / all) * 100 - share), name).toBeLessThan(10);
    }
    const { samples, mappings, functions, strings } = profile;
    let sum = 0;
    for (let row = 0; row < samples.count; row++) sum += samples.values[row * 2 + 1] ?? 0;
    let busy = 0;
    for (const [index, node] of thread.samples.entries()) {
      const idle = thread.frames[thread.nodeFrame[node] ?? 0]?.functionName === IDLE;
      if (!idle) busy += thread.durations[index] ?? 0;
    }
    expect(Math.abs(sum - busy * 1000)).toBeLessThanOrEqual(1);
    expect(mappings).toMatchObject([{ ...info, hasLineNumbers: false, hasInlineFrames: false }]);
    const threeAt = [...functions.name].findIndex((name) => strings[name] === 'main.three');
    expect(strings[functions.file[threeAt] ?? 0]).toBe('example.com/wasm/main.go');
    expect(functions.startLine[threeAt]).toBe(lineOf('func three('));
  });

  it('labels stacks that a goroutine switch cut', () => {
    const profile = recordingProfile([thread], {
      modules: [{ frames: modulesFrames(), info, size: bytes.length }],
    });
    expect(profile.strings).toContain(CUT_TEXT);
  });

  it('folds what only carries calls, and says what the time went to', () => {
    const profile = recordingProfile([thread], {
      modules: [{ frames: modulesFrames(), info, size: bytes.length }],
    });
    const { samples, locations, functions, strings } = profile;
    const nameOf = (location: number): string =>
      strings[functions.name[locations.lineFunction[locations.lineStart[location] ?? 0] ?? 0] ?? 0] ?? '';
    const kinds = new Map<string, number>();
    for (let row = 0; row < samples.count; row++) {
      const [innermost, ...callers] = [...stackOf(samples, row)].map(nameOf);
      for (const caller of callers)
        expect(caller).not.toMatch(/^(?:wasm_pc_f_loop|wasm_export_|js-to-wasm|wasm-to-js)/);
      const label = samples.labelStart[row] ?? 0;
      expect(strings[samples.labels.key[label] ?? 0]).toBe(KIND_LABEL);
      const kind = strings[samples.labels.text[label] ?? 0] ?? '';
      kinds.set(kind, (kinds.get(kind) ?? 0) + (samples.values[row * 2 + 1] ?? 0));
      if (innermost?.startsWith('main.') === true) expect(kind).toBe('Go');
    }
    const all = [...kinds.values()].reduce((sum, nanos) => sum + nanos, 0);
    expect((kinds.get('Go') ?? 0) / all).toBeGreaterThan(0.5);
    expect([...kinds.keys()]).toContain('JavaScript');
    expect(profile.comments.join('\n')).toMatch(
      /those of their declarations[^]*Folded: wasm_pc_f_loop[^]*Idle: /,
    );
  });

  it('without the module keeps what V8 says', () => {
    const names = recordingProfile([thread]).strings;
    expect(names.some((name) => /^wasm-function\[\d+\]$/.test(name))).toBe(true);
  });

  it('is not named with another build', () => {
    const other = new Symbolizer(chooseSymbols(readModule(profiledModule('1.24.13'))).sources);
    const frames = framesOfModule(other, thread.frames);
    expect(thread.frames.every((frame) => frames.functionOf(frame) === undefined)).toBe(true);
    expect(frames.notes[0]).toMatch(/is another build or another module/);
  });

  it('becomes a trace that DevTools reads, and back: with Go names', async () => {
    const chart = chartOfRecording(thread, [modulesFrames()]);
    const text = writeTrace([chart]);
    const [parsed] = await parseWithEngine(text);
    const shown = thread.samples.reduce((sum, node, index) => {
      const name = thread.frames[thread.nodeFrame[node] ?? 0]?.functionName ?? '';
      return /^\((?:root|idle|program)\)$/.test(name) ? sum : sum + (thread.durations[index] ?? 0);
    }, 0);
    const engine = parsed?.calls.reduce((sum, { self }) => sum + self, 0) ?? 0;
    expect(Math.abs(engine / shown - 1)).toBeLessThan(0.01);
    const again = await openInput(new TextEncoder().encode(text));
    if (again.kind !== 'recording') throw new Error('no recording');
    const [read] = again.threads;
    expect(read?.frames.map(({ functionName }) => functionName)).toContain('main.three');
  });

  it('in a trace with bare names gets Go names; the rest stays', () => {
    const bare = JSON.parse(writeTrace([chartOfRecording(thread)])) as { traceEvents: object[] };
    // As Chrome writes it: places of wasm functions as columns.
    const nodes = (json as { nodes: { id: number; callFrame: object }[] }).nodes;
    const chunk = {
      ...{ name: 'ProfileChunk', ph: 'P', pid: 1, tid: 1, id: '0x9', cat: 'x' },
      args: { data: { cpuProfile: { nodes, samples: [nodes[0]?.id] }, timeDeltas: [1] } },
    };
    const trace = { traceEvents: [...bare.traceEvents, chunk], metadata: { kept: true } };
    const named = symbolizeTrace(trace, [modulesFrames()]) as typeof trace;
    expect(named.metadata).toEqual({ kept: true });
    expect(named.traceEvents.slice(0, -1)).toEqual(bare.traceEvents);
    const text = JSON.stringify(named.traceEvents.at(-1));
    expect(text).toContain('"functionName":"main.three","scriptId":0,');
    expect(text).toContain(`"url":"example.com/wasm/main.go","lineNumber":${lineOf('func three(') - 1}`);
    expect(text).not.toMatch(/wasm-function/);
  });
});

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const frame = { functionName: 'f', scriptId: '1', url: 'a.js', lineNumber: 0, columnNumber: 0 };

describe('a recording that is not what V8 writes', () => {
  it.each<[string, unknown, RegExp]>([
    [
      'a node that is its own caller',
      { nodes: [{ id: 1, callFrame: frame, children: [1] }], samples: [] },
      /nodes at offset 0x0: a node is its own caller/,
    ],
    [
      'nodes that call each other',
      {
        nodes: [
          { id: 1, callFrame: frame, children: [2] },
          { id: 2, callFrame: frame, children: [1] },
        ],
        samples: [],
      },
      /a node is its own caller/,
    ],
    [
      'two callers',
      {
        nodes: [
          { id: 1, callFrame: frame, children: [3] },
          { id: 2, callFrame: frame, children: [3] },
          { id: 3, callFrame: frame },
        ],
        samples: [],
      },
      /node 3 is called by two nodes/,
    ],
    [
      'a missing child',
      { nodes: [{ id: 1, callFrame: frame, children: [9] }], samples: [] },
      /there is no node with id 9/,
    ],
    [
      'an id twice',
      {
        nodes: [
          { id: 1, callFrame: frame },
          { id: 1, callFrame: frame },
        ],
        samples: [],
      },
      /offset 0x1: id 1 is already/,
    ],
    ['no id', { nodes: [{ callFrame: frame }], samples: [] }, /expected a node with an id/],
    [
      'a sample of nothing',
      { nodes: [{ id: 1, callFrame: frame }], samples: [1, 7], timeDeltas: [1, 1] },
      /samples at offset 0x1: there is no node with id NaN|samples at offset 0x1: there is no node with id 7/,
    ],
    [
      'too few deltas',
      { nodes: [{ id: 1, callFrame: frame }], samples: [1, 1], timeDeltas: [1] },
      /timeDeltas at offset 0x1: expected 2/,
    ],
    [
      'a delta that is no number',
      { nodes: [{ id: 1, callFrame: frame }], samples: [1], timeDeltas: ['x'] },
      /timeDeltas at offset 0x0: expected a number/,
    ],
    [
      'a trace without a profile',
      { traceEvents: [{ ph: 'M', name: 'process_name' }] },
      /trace at offset 0x0: it has no CPU profile: record with/,
    ],
    ['something else', { a: 1, b: 2 }, /expected a \.cpuprofile or a Chrome trace, found a, b/],
  ])('%s', async (_, value, message) => {
    const bytes = encode(value);
    await expect(openInput(bytes)).rejects.toThrow(FormatError);
    await expect(openInput(bytes)).rejects.toThrow(message);
  });

  it('JSON that is cut off', async () => {
    await expect(openInput(new TextEncoder().encode('{"nodes":[{"id":1'))).rejects.toThrow(
      /^JSON at offset 0x\w+: expected JSON$/,
    );
  });

  it('a Go execution trace: what to use instead', async () => {
    const bytes = new TextEncoder().encode('go 1.27 trace\0\0\0rest');
    await expect(openInput(bytes)).rejects.toThrow(
      /a Go execution trace .* not supported: open it with go tool trace/,
    );
  });

  it.each([
    ['=== RUN   TestA\nPASS\n', /go test prints.*-cpuprofile cpu\.pb\.gz/],
    ['PASS\nok  \texample.com/a\t(cached)\n', /without the times of tests/],
    [
      'goroutine 1 [running]:\nmain.main()\n',
      /traceback of goroutines .* without debug=2, or paste it under Traps/,
    ],
    ['--- contention:\ncycles/second=1000\n', /contention profile as text .* without debug=1/],
    ['<!DOCTYPE html>\n<html>', /a page \(HTML\)/],
    ['mode: set\na.go:1.1,2.2 1 1\n', /coverage profile.*go tool cover/],
  ])('%j: what it is and what to do', async (text, message) => {
    await expect(openInput(new TextEncoder().encode(text))).rejects.toThrow(FormatError);
    await expect(openInput(new TextEncoder().encode(text))).rejects.toThrow(message);
  });

  it('samples that V8 wrote out of order are put in order', async () => {
    const nodes = [
      { id: 1, callFrame: { ...frame, functionName: '(root)', url: '' }, children: [2, 3] },
      { id: 2, callFrame: frame },
      { id: 3, callFrame: { ...frame, functionName: 'g' } },
    ];
    const input = await openInput(
      encode({ nodes, samples: [2, 3, 2], timeDeltas: [10, 20, -5], startTime: 0, endTime: 40 }),
    );
    if (input.kind !== 'recording') throw new Error('no recording');
    const [thread] = input.threads;
    expect([...(thread?.durations ?? [])]).toEqual([15, 5, 10]);
    expect([...(thread?.samples ?? [])]).toEqual([1, 1, 2]);
  });
});
