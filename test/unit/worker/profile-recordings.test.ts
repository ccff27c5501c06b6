import { beforeAll, describe, expect, it } from 'vitest';
import { openProfile } from '../../../src/profile/open-profile.ts';
import type { FlameBoxes, ProfileFacts, TopRow } from '../../../src/protocol/profiles.ts';
import { plainQuery, profileWorker } from '../../support/open-profiles.ts';
import { cpuProfileOfHot, profiledModule } from '../../support/profiled-wasm.ts';

// A CPU recording that V8 made of a Go program: opened beside its module, shown in order of time, saved and kept.

const version = '1.27.3';
const query = plainQuery({ sampleType: 1 });
type Worker = ReturnType<typeof profileWorker>;

const open = (worker: Worker, bytes: ArrayBuffer, modules: readonly string[]): Promise<ProfileFacts> =>
  worker.ask('profile.open', {
    ...{ captureKey: 'a', name: 'hot.cpuprofile', bytes },
    modules: modules.map((moduleKey) => ({ moduleKey, name: 'hot.wasm' })),
  });

const top = async ({ ask }: Worker): Promise<readonly TopRow[]> => {
  const sort = { by: 'cum', descending: true } as const;
  return (await ask('profile.top', { captureKey: 'a', query, filter: '', sort, from: 0, count: 1 << 20 }))
    .rows;
};

const inTime = ({ ask }: Worker, change: Parameters<typeof plainQuery>[0] = {}): Promise<FlameBoxes> =>
  ask('profile.flame', {
    ...{ captureKey: 'a', query: { ...query, ...change }, shape: { kind: 'time', thread: 0 } },
  });

const bytesOf = (json: unknown): ArrayBuffer => new TextEncoder().encode(JSON.stringify(json)).buffer;

describe('a recording of a Go program', () => {
  let json: unknown;
  let worker: Worker;
  let facts: ProfileFacts;
  beforeAll(async () => {
    json = (await cpuProfileOfHot(version)).profile;
    worker = profileWorker();
    await worker.ask('module.load', { moduleKey: 'm', bytes: profiledModule(version).buffer });
    facts = await open(worker, bytesOf(json), ['m']);
  });

  it('says what its time went to, and that it has no lines', () => {
    expect(facts).toMatchObject({ format: '.cpuprofile', threads: [expect.any(String)], lines: false });
    expect(facts.kinds.map(([kind]) => kind)).toContain('Go');
    expect(facts.kinds.reduce((sum, [, share]) => sum + share, 0)).toBeCloseTo(1);
    expect(facts.notes.join(' ')).toMatch(/those of their declarations.*begin at the last goroutine switch/);
  });

  it('has its boxes in order of time, each under what called it; filters leave gaps', async () => {
    const boxes = await inTime(worker);
    expect([boxes.time, boxes.unit]).toEqual([true, 'microseconds']);
    for (let row = 0; row + 1 < boxes.rowStart.length; row++) {
      let end = 0;
      let above = boxes.rowStart[row - 1] ?? 0;
      for (let box = boxes.rowStart[row] ?? 0; box < (boxes.rowStart[row + 1] ?? 0); box++) {
        expect(boxes.start[box]).toBeGreaterThanOrEqual(end);
        end = boxes.end[box] ?? 0;
        if (row === 0) continue;
        while ((boxes.end[above] ?? 0) <= (boxes.start[box] ?? 0)) above++;
        expect(boxes.start[above]).toBeLessThanOrEqual(boxes.start[box] ?? 0);
        expect(boxes.end[above]).toBeGreaterThanOrEqual(end);
      }
      expect(end).toBeLessThanOrEqual(boxes.width);
    }
    // What stands in a row one after the other is all that ran: the first row has the time of the profile.
    const firstRow = Array.from({ length: boxes.rowStart[1] ?? 0 }, (_, box) => box);
    const busy = firstRow.reduce((sum, box) => sum + (boxes.end[box] ?? 0) - (boxes.start[box] ?? 0), 0);
    const { total } = await worker.ask('profile.summary', { captureKey: 'a', query });
    expect(Math.abs(busy * 1000 - total)).toBeLessThan(1000);
    const focused = await inTime(worker, { focus: '^main\\.three$' });
    expect(focused.width).toBe(boxes.width);
    expect(focused.frames.map(({ name }) => name)).toContain('main.three');
    const three = (await top(worker)).find(({ name }) => name === 'main.three')?.cum ?? 0;
    const shown = Array.from(focused.frame, (frame, box) =>
      focused.frames[frame]?.name === 'main.three' ? (focused.end[box] ?? 0) - (focused.start[box] ?? 0) : 0,
    ).reduce((a, b) => a + b, 0);
    expect(Math.abs(shown * 1000 - three)).toBeLessThan(1000);
  });

  it('filters of labels leave gaps in order of time too; recursion is drawn once', async () => {
    const busy = ({ rowStart, start, end }: FlameBoxes): number =>
      Array.from({ length: rowStart[1] ?? 0 }, (_, box) => (end[box] ?? 0) - (start[box] ?? 0)).reduce(
        (a, b) => a + b,
        0,
      );
    const all = await inTime(worker);
    const own = await inTime(worker, { tagFocus: 'kind=^Go$' });
    const others = await inTime(worker, { tagIgnore: 'kind=^Go$' });
    expect([own.width, others.width]).toEqual([all.width, all.width]);
    expect(busy(own)).toBeGreaterThan(0);
    expect(Math.abs(busy(own) + busy(others) - busy(all))).toBeLessThan(1);
    const share = facts.kinds.find(([kind]) => kind === 'Go')?.[1] ?? 0;
    expect(busy(own) / busy(all)).toBeCloseTo(share, 3);
    const collapsed = await worker.ask('profile.flame', {
      ...{ captureKey: 'a', query, shape: { kind: 'time', thread: 0, collapse: true } },
    });
    expect(busy(collapsed)).toBeCloseTo(busy(all), 6);
  });

  it('keeps its Go names without the module', async () => {
    const kept = await worker.ask('profile.kept', { captureKey: 'a' });
    const again = profileWorker();
    expect(await open(again, kept, [])).toEqual(facts);
    expect(await top(again)).toEqual(await top(worker));
    expect((await inTime(again)).frames).toEqual((await inTime(worker)).frames);
  });

  it('that was opened before its module says what has no name, and gets the names with the module', async () => {
    expect(facts.unnamed).toBe(0);
    const bare = profileWorker();
    const { unnamed } = await open(bare, bytesOf(json), []);
    expect(unnamed).toBeGreaterThan(5);
    expect((await top(bare)).map(({ name }) => name)).not.toContain('main.three');
    // As the session does when a module comes.
    await bare.ask('module.load', { moduleKey: 'm', bytes: profiledModule(version).buffer });
    const kept = await bare.ask('profile.kept', { captureKey: 'a' });
    expect(await open(bare, kept, ['m'])).toEqual(facts);
    expect(await top(bare)).toEqual(await top(worker));
  });

  it('is the same again as a .cpuprofile, and as a Chrome trace', async () => {
    const values = (rows: readonly TopRow[]): string[] =>
      rows
        .filter(({ name }) => name.startsWith('main.'))
        .map(({ name, cum, line }) => `${name}:${line} ${Math.round(cum / 1e6)} ms`)
        .sort();
    for (const format of ['cpuprofile', 'trace'] as const) {
      const blob = await worker.ask('profile.save', { captureKey: 'a', format });
      const again = profileWorker();
      const reopened = await open(again, await blob.arrayBuffer(), []);
      expect(reopened.format).toBe(format === 'trace' ? 'Chrome trace' : '.cpuprofile');
      expect(values(await top(again))).toEqual(values(await top(worker)));
    }
  });

  it('as pprof has no order of time, nor has a trace that is made of that', async () => {
    const pprof = await worker.ask('profile.save', { captureKey: 'a', format: 'pprof' });
    const made = profileWorker();
    await open(made, await pprof.arrayBuffer(), []);
    const trace = await made.ask('profile.save', { captureKey: 'a', format: 'trace' });
    const reopened = await open(profileWorker(), await trace.arrayBuffer(), []);
    expect(reopened).toMatchObject({ format: 'Chrome trace', threads: [], kinds: [] });
    expect(reopened.notes[0]).toMatch(/^Made of a trace with a synthetic axis: .*laid out by size\.$/);
  });

  it('becomes pprof with its module and the same values', async () => {
    const blob = await worker.ask('profile.save', { captureKey: 'a', format: 'pprof' });
    const profile = await openProfile(new Uint8Array(await blob.arrayBuffer()));
    expect(profile.mappings).toMatchObject([{ file: 'hot.wasm' }]);
    const again = profileWorker();
    const reopened = await open(again, await blob.arrayBuffer(), []);
    expect(reopened).toMatchObject({ format: 'pprof', threads: [] });
    expect(await top(again)).toEqual(await top(worker));
    await expect(again.ask('profile.save', { captureKey: 'a', format: 'cpuprofile' })).rejects.toThrow(
      'order in time',
    );
  });
});
