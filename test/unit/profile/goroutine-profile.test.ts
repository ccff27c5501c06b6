import { describe, expect, it } from 'vitest';
import { goroutineProfile } from '../../../src/profile/goroutine-profile.ts';
import type { GoStackFrame } from '../../../src/profile/go-locations.ts';

const frame = (name: string, pc: number, line: number, inlined = false): GoStackFrame => ({
  ...{ function: name, file: `/src/${name}.go`, line, startLine: line - 2, inlined, pc },
});
const stack = [
  frame('runtime.gopark', 0x10010005, 9),
  frame('main.inner', 0x10020003, 4, true),
  frame('main.outer', 0x10020003, 14),
  frame('runtime.goexit', 0x10030001, 1),
];
const module = { file: 'app.wasm', buildId: 'abc' };

describe('a goroutine profile', () => {
  const profile = goroutineProfile(
    [
      { frames: [frame('main.main', 0x10040000, 3)], count: 1, labels: [{ key: 'k', value: 'v' }] },
      { frames: stack, count: 1 },
      { frames: stack, count: 3 },
    ],
    { module, timeNanos: 5n },
  );
  const { samples, locations, functions, strings } = profile;

  it('has the most frequent stack first and equal ones together', () => {
    expect([...samples.values]).toEqual([4, 1]);
    expect(profile.sampleTypes).toEqual([{ type: 'goroutine', unit: 'count' }]);
    expect([profile.period, profile.timeNanos]).toEqual([1n, 5n]);
  });

  it('leaves runtime.goexit out, and puts what is inlined into the location of its function', () => {
    expect([...samples.stackStart]).toEqual([0, 2, 3]);
    expect([...locations.lineStart]).toEqual([0, 1, 3, 4]);
    const names = [...locations.lineFunction].map((at) => strings[functions.name[at] ?? 0]);
    expect(names).toEqual(['runtime.gopark', 'main.inner', 'main.outer', 'main.main']);
    expect([...functions.startLine]).toEqual([7, 2, 12, 1]);
  });

  it('has the addresses of calls, not of what they return to; an entry stays what it is', () => {
    expect([...locations.address]).toEqual([0x10010004n, 0x10020002n, 0x10040000n]);
  });

  it('names the module and the labels', () => {
    expect(profile.mappings[0]).toMatchObject({ file: 'app.wasm', buildId: 'abc', hasInlineFrames: true });
    const { key, text } = samples.labels;
    expect([strings[key[0] ?? 0], strings[text[0] ?? 0]]).toEqual(['k', 'v']);
    expect([...samples.labelStart]).toEqual([0, 0, 1]);
  });
});
