import { describe, expect, it } from 'vitest';
import goldens from '../../../fixtures/profiles/goldens.json' with { type: 'json' };
import { valueText } from '../../../src/base/measurement.ts';
import { dropUninteresting } from '../../../src/profile/filter.ts';
import { callGraph } from '../../../src/profile/graph.ts';
import { diffProfiles } from '../../../src/profile/merge.ts';
import { openProfile } from '../../../src/profile/open-profile.ts';
import type { Profile } from '../../../src/profile/profile.ts';
import type { FlameBoxes, ProfileFacts, ProfileQuery } from '../../../src/protocol/profiles.ts';
import { plainQuery, profileWorker } from '../../support/open-profiles.ts';
import { profileFixture, protoFixtures } from '../profile/fixtures.ts';

// What the worker says of profiles that real programs wrote: the numbers are those of pprof's own reports.

const ALL = 1 << 20;

async function opened(path: string): Promise<{
  readonly facts: ProfileFacts;
  readonly profile: Profile;
  readonly query: (change?: Partial<ProfileQuery>) => ProfileQuery;
  readonly ask: ReturnType<typeof profileWorker>['ask'];
}> {
  const { ask } = profileWorker();
  const facts = await ask('profile.open', {
    ...{ captureKey: 'a', name: path, modules: [] },
    bytes: profileFixture(path).buffer,
  });
  const profile = dropUninteresting(await openProfile(profileFixture(path)));
  const sampleType = facts.defaultSampleType;
  return { facts, profile, query: (change = {}) => plainQuery({ sampleType, ...change }), ask };
}

const topSort = { by: 'cum', descending: true } as const;

describe.each(protoFixtures)('%s', (path) => {
  it.each(['functions', 'lines'] as const)('the table of %s is what pprof counts', async (granularity) => {
    const { profile, query, ask } = await opened(path);
    const asked = query({ granularity });
    const { rows, count } = await ask('profile.top', {
      ...{ captureKey: 'a', query: asked, filter: '', sort: topSort, from: 0, count: ALL },
    });
    expect(count).toBe(rows.length);
    const nodes = callGraph(profile, { sampleType: asked.sampleType, granularity });
    const numbers = (name: string, flat: number, cum: number): string => `${name} ${flat} ${cum}`;
    // pprof has no node for samples without a stack.
    const shown = rows.filter(({ name }) => name !== '[no stack]');
    expect(shown.map(({ name, flat, cum }) => numbers(name, flat, cum)).sort()).toEqual(
      nodes.map(({ name, flat, cum }) => numbers(name, flat, cum)).sort(),
    );
  });

  it('files and packages have all that was running', async () => {
    const { facts, query, ask } = await opened(path);
    for (const granularity of ['files', 'packages'] as const) {
      const asked = query({ granularity });
      const { rows } = await ask('profile.top', {
        ...{ captureKey: 'a', query: asked, filter: '', sort: topSort, from: 0, count: ALL },
      });
      const sum = rows.reduce((all, { flat }) => all + flat, 0);
      expect(sum).toBe(facts.sampleTypes[asked.sampleType]?.total);
      expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    }
  });

  it('callers and callees are those of pprof', async () => {
    const { profile, query, ask } = await opened(path);
    const nodes = callGraph(profile, { sampleType: query().sampleType, granularity: 'functions' });
    for (const node of nodes.slice(0, 40)) {
      const { callers, callees, frame } = await ask('profile.peek', {
        ...{ captureKey: 'a', query: query(), frame: node.name },
      });
      expect([frame?.flat, frame?.cum]).toEqual([node.flat, node.cum]);
      const text = (name: string, value: number): string => `${name} ${value}`;
      expect(callers.map(({ name, value }) => text(name, value)).sort()).toEqual(
        [...node.callers.values()].map(({ from, weight }) => text(from.name, weight)).sort(),
      );
      expect(callees.map(({ name, value }) => text(name, value)).sort()).toEqual(
        [...node.callees.values()].map(({ to, weight }) => text(to.name, weight)).sort(),
      );
    }
  });

  it('boxes of the flame graph fill what is above them, and the first row is everything', async () => {
    const { facts, query, ask } = await opened(path);
    const boxes = await ask('profile.flame', {
      ...{ captureKey: 'a', query: query(), shape: { kind: 'left-heavy' } },
    });
    expect(boxes.width).toBe(facts.sampleTypes[query().sampleType]?.total);
    expectNested(boxes);
  });

  it('both trees add up to everything, level by level', async () => {
    const { facts, query, ask } = await opened(path);
    const total = facts.sampleTypes[query().sampleType]?.total ?? 0;
    for (const direction of ['down', 'up'] as const) {
      const shared = { captureKey: 'a', query: query(), direction, from: 0, count: 200 };
      const { rows, count } = await ask('profile.calls', { ...shared, open: [] });
      expect(rows.reduce((sum, { cum }) => sum + cum, 0)).toBe(count > 200 ? expect.anything() : total);
      const [first] = rows;
      if (first === undefined || first.open === null) continue;
      const below = await ask('profile.calls', { ...shared, open: [first.id] });
      expect(below.rows[0]).toMatchObject({ id: first.id, open: true });
      const children = below.rows.filter(({ parent }) => parent === 0);
      expect(children.length).toBe(below.count - count);
      const sum = children.reduce((all, { cum }) => all + cum, 0);
      const own = direction === 'down' ? first.flat : 0;
      expect(sum + own).toBeLessThanOrEqual(first.cum);
      if (direction === 'down') expect(sum + own).toBe(first.cum);
    }
  });
});

/** Every box lies under exactly one of the row before, and no two overlap. */
function expectNested({ rowStart, start, end }: FlameBoxes): void {
  for (let row = 0; row + 1 < rowStart.length; row++) {
    let above = rowStart[row - 1] ?? 0;
    let last = 0;
    for (let box = rowStart[row] ?? 0; box < (rowStart[row + 1] ?? 0); box++) {
      expect(start[box]).toBeGreaterThanOrEqual(last);
      expect(end[box]).toBeGreaterThan(start[box] ?? 0);
      last = end[box] ?? 0;
      if (row === 0) continue;
      while ((end[above] ?? 0) <= (start[box] ?? 0)) above++;
      expect(above).toBeLessThan(rowStart[row] ?? 0);
      expect(start[above]).toBeLessThanOrEqual(start[box] ?? 0);
      expect(end[above]).toBeGreaterThanOrEqual(last);
    }
  }
}

it('the table is what go tool pprof -top prints', async () => {
  const golden = goldens.find(({ args }) => args.join(' ') === '-top go1.27.3/cpu.pb.gz');
  const printed = (golden?.output ?? '').split('\n').flatMap((line) => {
    const match = /^ *(\S+) +\S+% +\S+% +(\S+) +\S+% {2}(.*?)(?: \((?:partial-)?inline\))?$/.exec(line);
    return match === null ? [] : [`${match[1] ?? ''} ${match[2] ?? ''} ${match[3] ?? ''}`];
  });
  expect(printed.length).toBeGreaterThan(10);
  const { query, ask } = await opened('go1.27.3/cpu.pb.gz');
  const { rows } = await ask('profile.top', {
    ...{ captureKey: 'a', query: query(), filter: '', from: 0, count: ALL },
    sort: { by: 'flat', descending: true },
  });
  const text = (value: number): string => valueText(value, 'nanoseconds', 's');
  expect(rows.map(({ name, flat, cum }) => `${text(flat)} ${text(cum)} ${name}`)).toEqual(
    expect.arrayContaining(printed),
  );
});

it('a comparison has the numbers of pprof -diff_base', async () => {
  const { ask, query, profile } = await opened('go1.27.3/heap.pb.gz');
  const path = 'go1.21.13/heap.pb.gz';
  await ask('profile.open', {
    ...{ captureKey: 'b', name: path, modules: [], bytes: profileFixture(path).buffer },
  });
  const diff = diffProfiles(profile, dropUninteresting(await openProfile(profileFixture(path))), true);
  const asked = query({ base: 'b' });
  const { rows } = await ask('profile.top', {
    ...{ captureKey: 'a', query: asked, filter: '', sort: topSort, from: 0, count: ALL },
  });
  const nodes = callGraph(diff, { sampleType: asked.sampleType, granularity: 'functions' });
  expect(
    rows
      .filter(({ flat, baseFlat, cum, baseCum }) => flat !== baseFlat || cum !== baseCum)
      .map(({ name, flat, baseFlat, cum, baseCum }) => `${name} ${flat - baseFlat} ${cum - baseCum}`)
      .sort(),
  ).toEqual(
    nodes
      .filter(({ flat, cum }) => flat !== 0 || cum !== 0)
      .map(({ name, flat, cum }) => `${name} ${flat} ${cum}`)
      .sort(),
  );
  const boxes = await ask('profile.flame', { captureKey: 'a', query: asked, shape: { kind: 'left-heavy' } });
  expectNested(boxes);
  expect(boxes.values?.now).toHaveLength(boxes.frame.length);
});

it.each([
  ['go1.27.3/heap.txt.gz', 'legacy text', 'inuse_space'],
  ['go1.27.3/heap.pb.gz', 'pprof', 'inuse_space'],
  ['go1.27.3/allocs.pb.gz', 'pprof', 'alloc_space'],
  ['go1.27.3/cpu.pb.gz', 'pprof', 'cpu'],
] as const)('%s is %s, and shows %s first', async (path, format, type) => {
  const facts = await profileWorker().ask('profile.open', {
    ...{ captureKey: 'a', name: path, modules: [], bytes: profileFixture(path).buffer },
  });
  expect(facts.format).toBe(format);
  expect(facts.sampleTypes[facts.defaultSampleType]?.type).toBe(type);
});

it('a file that is no profile gives one error, and there is nothing then', async () => {
  const { ask } = profileWorker();
  const bytes = new Uint8Array([0x0a, 0xff, 0xff, 0xff, 0x7f]).buffer;
  await expect(ask('profile.open', { captureKey: 'x', name: 'x', modules: [], bytes })).rejects.toThrow(
    /offset/,
  );
  await expect(ask('profile.summary', { captureKey: 'x', query: plainQuery() })).rejects.toThrow('gone');
});
