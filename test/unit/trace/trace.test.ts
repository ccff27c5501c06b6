import { describe, expect, it } from 'vitest';
import { defaultSampleIndex } from '../../../src/profile/profile.ts';
import { totalOf } from '../../../src/profile/graph.ts';
import { openInput } from '../../../src/trace/open-input.ts';
import { syntheticAxisOf } from '../../../src/trace/read-trace.ts';
import { chartOfProfile } from '../../../src/trace/synthetic.ts';
import { writeTrace } from '../../../src/trace/write-trace.ts';
import { profileFixture, protoFixtures } from '../profile/fixtures.ts';
import { madeProfile } from '../../support/made-profile.ts';
import { parseWithEngine } from './engine.ts';

// Not threadcreate, whose only stack is empty: DevTools shows no call there.
const kinds = protoFixtures.filter((path) => path.startsWith('go1.27.3') && !path.includes('threadcreate'));

describe('a profile as a trace', () => {
  it.each(kinds)('%s: self times add up to its total, in DevTools too', async (path) => {
    const input = await openInput(profileFixture(path));
    if (input.kind !== 'pprof') throw new Error('no profile');
    const { profile } = input;
    const chart = chartOfProfile(profile);
    const types = profile.sampleTypes.length;
    const type = defaultSampleIndex(profile);
    const isTime = profile.sampleTypes[type]?.unit === 'nanoseconds';
    let total = 0;
    for (let row = 0; row < profile.samples.count; row++)
      total += profile.samples.values[row * types + type] ?? 0;
    const micros = isTime ? total / 1000 : total;
    expect(chart.durations.reduce((sum, one) => sum + one, 0)).toBeCloseTo(micros, 3);
    const [thread] = await parseWithEngine(writeTrace([chart]));
    const self = thread?.calls.reduce((sum, call) => sum + call.self, 0) ?? 0;
    expect(Math.abs(self - micros)).toBeLessThanOrEqual(1);
  });

  it('says that its axis is synthetic: in the metadata and on the track', async () => {
    const input = await openInput(profileFixture('go1.27.3/heap.pb.gz'));
    if (input.kind !== 'pprof') throw new Error('no profile');
    const text = writeTrace([chartOfProfile(input.profile)]);
    const { metadata, traceEvents } = JSON.parse(text) as {
      metadata: { syntheticAxis?: string };
      traceEvents: { name: string }[];
    };
    const why = 'the profile has no time: 1 µs stands for 1 bytes, stacks are laid out by size';
    expect(metadata.syntheticAxis).toContain(why);
    expect(traceEvents.map(({ name }) => name)).toContain(`synthetic axis: ${why}`);
    // Whoever opens it again learns it too, also when another program has written the metadata anew.
    expect(syntheticAxisOf(JSON.parse(text))).toBe(metadata.syntheticAxis);
    expect(syntheticAxisOf({ traceEvents })).toBe(why);
    expect(syntheticAxisOf({ traceEvents: traceEvents.slice(0, 3) })).toBe(undefined);
  });

  it('of many stacks has them in several chunks', async () => {
    const profile = madeProfile({ samples: 9000, functions: 3000, depth: 30 });
    const text = writeTrace([chartOfProfile(profile)]);
    expect(text.match(/"cpuProfile":\{"nodes":/g)?.length).toBeGreaterThan(2);
    const again = await openInput(new TextEncoder().encode(text));
    if (again.kind !== 'recording') throw new Error('no recording');
    const [thread] = again.threads;
    const micros = thread?.durations.reduce((sum, one) => sum + one, 0) ?? 0;
    expect(micros).toBeCloseTo(totalOf(profile, 1) / 1000, 3);
  });

  it('is the same each time', async () => {
    const make = async (): Promise<string> => {
      const input = await openInput(profileFixture('go1.24.13/cpu.pb.gz'));
      return input.kind === 'pprof' ? writeTrace([chartOfProfile(input.profile)]) : '';
    };
    expect(await make()).toBe(await make());
  });

  it('keeps Go functions, files and nesting', async () => {
    const input = await openInput(profileFixture('go1.27.3/cpu.pb.gz'));
    if (input.kind !== 'pprof') throw new Error('no profile');
    const [thread] = await parseWithEngine(writeTrace([chartOfProfile(input.profile)]));
    const recurse = thread?.calls.find(({ name }) => name === 'main.recurse');
    expect(recurse?.url).toBe('example.com/profiled/main.go');
  });
});
