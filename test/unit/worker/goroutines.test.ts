import { beforeAll, describe, expect, test } from 'vitest';
import type { GroupRow } from '../../../src/protocol/goroutines.ts';
import { openProfile } from '../../../src/profile/open-profile.ts';
import { fixture, fixtures, goSource } from '../../support/fixtures.ts';
import { context, EVERY, goroutineWorker, type MomentOfMemory } from '../../support/goroutine-worker.ts';
import { runGo, type GoroutineSnapshot } from '../../support/run-go.ts';
import { readCrashText } from '../go/runtime/crash-text.ts';

/** Go's header says of a goroutine in a bubble whether it waits for the bubble only; the state of a row does not. */
const withoutBubble = (state: string | undefined): string | undefined =>
  state?.split(/ \(durable\)|, synctest/)[0];

// Snapshots of real programs, as the session asks for them: the truth is what Go itself said at the same moment.

const momentOf = ({ memory, sp, now }: GoroutineSnapshot): MomentOfMemory => ({
  memory,
  sp,
  time: now / 1e6,
});

/** Lines of a fixture's source that hold a text. */
const linesWith = (path: string, text: string): number[] =>
  goSource(path)
    .split('\n')
    .flatMap((line, i) => (line.includes(text) ? [i + 1] : []));

describe.each(fixtures({ family: 'goroutines' }).map((one) => [one.goVersion, one] as const))(
  'Go %s',
  (_, of) => {
    let running: GoroutineSnapshot;
    let idle: GoroutineSnapshot;
    beforeAll(async () => {
      const run = await runGo(of, { args: ['idle'] });
      const [first, second] = run.snapshots;
      if (first === undefined || second === undefined) throw new Error('the program told nothing');
      [running, idle] = [first, second];
    });

    test('the list comes first, with little read; stacks follow, and say what Go said', async () => {
      const { far, take, stacks, answer, rows } = await goroutineWorker(of);
      const { facts, verdict } = await take(momentOf(idle));
      expect(far.gathers).toBe(1);
      expect(far.bytesRead).toBeLessThan(64 << 10);
      expect(verdict).toBeNull();
      expect(facts).toMatchObject({ consistent: true, pauseMs: 3, confidence: { kind: 'exact' }, notes: [] });
      const told = readCrashText(idle.text);
      expect(facts.user).toBe(told.length);
      expect(facts.user + facts.system).toBe(facts.total);
      expect(facts.waiting).toBe(facts.total);

      // The stacks of a window are read before it is given out.
      const window = await answer({ with: ['user'] }, 2, 5);
      expect(window).toMatchObject({ matched: facts.user, totalRows: facts.user });
      expect(window.rows).toHaveLength(5);
      for (const row of window.rows) expect(row).not.toMatchObject({ function: '' });
      expect(window.rows[0]).toMatchObject({ sameStack: null });

      await stacks();
      const all = await rows();
      expect(all).toHaveLength(facts.total);
      // The first line of main's in each of Go's own stacks is where the row says it is.
      let compared = 0;
      for (const stack of told) {
        const row = all.find((one) => one.id === stack.id);
        if (row?.state === 'event handler') continue;
        expect(withoutBubble(row?.state)).toBe(withoutBubble(stack.state));
        const first = stack.frames.find((frame) => frame.function.startsWith('main.'));
        if (first === undefined) continue;
        expect(row).toMatchObject({ function: first.function, file: first.file, line: first.line });
        compared++;
      }
      expect(compared).toBeGreaterThan(100);
    });

    test('what they wait on, grouped, sorted, filtered', async () => {
      const { take, stacks, answer, rows } = await goroutineWorker(of);
      await take(momentOf(idle));
      await stacks();
      const byFunction = async (name: string) => (await rows({ filter: `main.${name}` }))[0];
      expect(await byFunction('receive')).toMatchObject({
        state: 'chan receive',
        line: linesWith('goroutines/block.go', 'm := <-c')[0],
        waitsOn: expect.stringMatching(/^<-chan main\.message 0x[0-9a-f]+$/) as string,
      });
      expect((await byFunction('selecting'))?.waitsOn).toMatch(/^select .*<-chan int 0x/);
      expect((await byFunction('waitgroup'))?.waitsOn).toMatch(/^sync\.WaitGroup 0x.*, counter 2$/);
      expect((await byFunction('sleep'))?.waitsOn).toMatch(/^sleep, \d+m\d+s left$/);
      // Seven minutes were put forward between two collections.
      const waited = (await byFunction('sendnil'))?.waitedNs ?? 0;
      expect(waited / 60e9).toBeGreaterThan(6.9);

      const groups = (await answer({ groupBy: 'stack', sort: { by: 'count', descending: true } })).rows;
      const group = groups[0] as GroupRow;
      expect(group).toMatchObject({ kind: 'group', open: false });
      expect(group.count).toBeGreaterThan(1);
      const opened = await answer({
        groupBy: 'stack',
        open: [group.key],
        sort: { by: 'count', descending: true },
      });
      expect(opened.totalRows).toBe(groups.length + group.count);
      const members = opened.rows.slice(1, 1 + group.count);
      expect(members).toHaveLength(group.count);
      for (const member of members) {
        expect(member).toMatchObject({ kind: 'goroutine', group: group.key, sameStack: group.count });
      }
      const states = await answer({ groupBy: 'waitReason' });
      const titles = states.rows.map((row) => (row.kind === 'group' ? row.title : ''));
      expect(titles).toEqual(expect.arrayContaining(['chan receive', 'chan send', 'select', 'sleep']));

      const chan = await rows({ with: ['chan', 'user'], without: ['system'] });
      expect(chan.length).toBeGreaterThan(20);
      for (const { state } of chan) expect(state).toMatch(/^(?:chan |select)/);
      const sorted = await rows({ sort: { by: 'waiting', descending: true } });
      const times = sorted.map((row) => row.waitedNs);
      expect(times.slice(times.indexOf(null)).every((time) => time === null)).toBe(true);
      expect(await rows({ filter: 'no goroutine has this' })).toEqual([]);
    });

    test('a goroutine in detail, and a channel with all that wait on it', async () => {
      const { analysis, take, stacks, rows } = await goroutineWorker(of);
      await take(momentOf(idle));
      await stacks();
      const [row] = await rows({ filter: 'main.receive' });
      if (row === undefined) throw new Error('no goroutine receives');
      const detail = await analysis['snapshot.goroutine']({ snapshotKey: 's', key: row.key }, context());
      const told = readCrashText(idle.text).find((stack) => stack.id === row.id);
      expect(detail.header).toMatch(new RegExp(`^goroutine ${row.id} \\[chan receive, 7 minutes\\]:$`));
      const shown = detail.stack.frames.filter((frame) => frame.fold === null);
      expect(
        shown.map(({ function: name, args, file, line, pcOffset }) => [name, args, file, line, pcOffset]),
      ).toEqual(
        told?.frames.map(({ function: name, args, file, line, offset }) => [name, args, file, line, offset]),
      );
      // By name and type, by the text of the one file of the program's own on its stack.
      const file = 'example.com/fixtures/goroutines/block.go';
      const text = goSource('goroutines/block.go');
      const typed = await analysis['snapshot.arguments'](
        { snapshotKey: 's', key: row.key, sources: new Map([[file, { ok: true, text }]]) },
        context(),
      );
      expect(typed).toHaveLength(detail.stack.frames.length);
      const own = typed[detail.stack.frames.findIndex((frame) => frame.function === 'main.receive')];
      expect(own).toMatchObject({
        ok: true,
        arguments: [
          { name: 'c', type: '<-chan message', text: expect.stringMatching(/^0x\w+ \(0 of 0\)$/) as string },
          { name: 'name', type: 'string', text: expect.stringMatching(/^"\w+"$/) as string },
          { name: 'n', type: 'int', text: expect.stringMatching(/^\d+$/) as string },
        ],
      });
      expect(typed[0]).toEqual({ ok: false, why: 'No file is known for this frame.' });
      const [target] = detail.waits;
      expect(target).toMatchObject({ kind: 'channel', direction: 'receive', select: false });
      const channel = await analysis['snapshot.waitObject'](
        { snapshotKey: 's', address: target?.address ?? 0 },
        context(),
      );
      expect(channel).toMatchObject({
        kind: 'channel',
        elementType: 'main.message',
        length: 0,
        capacity: 0,
        closed: false,
        senders: [],
      });
      const waiting = (await rows({ filter: (target?.address ?? 0).toString(16) })).map((one) => one.id);
      expect(waiting.length).toBeGreaterThan(5);
      expect(channel.receivers.map((one) => one.id).sort()).toEqual(waiting.sort());
    });

    test('as text', async () => {
      const { analysis, take } = await goroutineWorker(of);
      await take(momentOf(idle));
      const query = { ...EVERY, with: ['user'] as const };
      const text = await analysis['snapshot.text']({ snapshotKey: 's', query }, context());
      const handler = /^goroutine (\d+) \[event handler\]:$/m.exec(text)?.[1];
      const mine = readCrashText(text).filter((stack) => stack.id !== Number(handler));
      const go = readCrashText(idle.text).filter((stack) => stack.id !== Number(handler));
      const plain = (stacks: typeof go) =>
        stacks
          .filter((stack) => stack.gapAfter === null && stack.frames.length < 50)
          .map(({ id, state, frames }) => ({
            id,
            state,
            frames: frames.map(({ function: name, args, file, line }) => ({ name, args, file, line })),
          }))
          .sort((a, b) => a.id - b.id);
      expect(plain(mine)).toEqual(plain(go));
      expect(mine.length).toBeGreaterThan(100);
    });

    test('as a profile: every user goroutine is in it, with its labels', async () => {
      const { analysis, take, stacks, rows } = await goroutineWorker(of);
      const { facts } = await take(momentOf(idle));
      await stacks();
      const blob = await analysis['snapshot.pprof']({ snapshotKey: 's' }, context());
      const profile = await openProfile(new Uint8Array(await blob.arrayBuffer()));
      expect(profile.sampleTypes).toEqual([{ type: 'goroutine', unit: 'count' }]);
      const { samples, strings, functions, locations } = profile;
      expect([...samples.values].reduce((sum, value) => sum + value, 0)).toBe(facts.user);
      expect(profile.timeNanos).toBe(BigInt(Math.round(idle.now / 1e6)) * 1_000_000n);
      // Labels as in the rows, each as often.
      const inRows = (await rows({ with: ['user'] })).flatMap(({ labels }) =>
        labels.map(([key, value]) => `${key}=${value}`),
      );
      expect(new Set(inRows)).toEqual(new Set(['request=42', 'user=gopher', 'part=inner']));
      const inSamples = Array.from({ length: samples.count }, (_, sample) => {
        const from = samples.labelStart[sample] ?? 0;
        const to = samples.labelStart[sample + 1] ?? 0;
        const pairs = [...samples.labels.key.subarray(from, to)].map(
          (key, i) => `${strings[key]}=${strings[samples.labels.text[from + i] ?? 0]}`,
        );
        return pairs.flatMap((pair) => Array<string>(samples.values[sample] ?? 0).fill(pair));
      });
      expect(inSamples.flat().sort()).toEqual(inRows.sort());
      const names = [...locations.lineFunction].map((at) => strings[functions.name[at] ?? 0]);
      expect(names).toContain('main.receive');
      expect(names.filter((name) => name?.includes('gowrap'))).toEqual([]);
    });

    test('two moments are compared', async () => {
      const { analysis, take, stacks, answer, rows } = await goroutineWorker(of);
      await take(momentOf(running), 'held', 'before');
      await take(momentOf(idle), 'held', 's');
      await stacks('before');
      await stacks('s');
      const compared = await answer({ base: 'before' });
      expect(compared.changes?.stuck).toBeGreaterThan(100);
      const main = (await rows({ base: 'before' })).find((row) => row.id === 1);
      expect(main).toMatchObject({ change: 'moved', state: 'select (no cases)' });
      // `go ready(...)` had not run yet, and has ended since.
      const gone = await rows({ base: 'before', changes: ['gone'] });
      expect(gone).toMatchObject([{ change: 'gone', state: 'runnable' }]);
      expect(gone[0]?.function).toMatch(/^main\.main\./);
      expect(gone[0]?.key).toMatch(/^gone /);
      // It is found by its number, and shown as it was.
      const { id = 0, key: goneKey = '' } = gone[0] ?? {};
      const query = { ...EVERY, base: 'before', changes: ['gone' as const] };
      const find = (asked: typeof query, which: { id: number } | { key: string }) =>
        analysis['snapshot.find']({ snapshotKey: 's', query: asked, which }, context());
      expect(await find(query, { id })).toEqual({ key: goneKey, index: 0 });
      expect(await find({ ...query, filter: 'nothing has this' }, { id })).toEqual({
        key: goneKey,
        index: null,
      });
      expect(await find({ ...query, filter: 'nothing has this' }, { key: goneKey })).not.toBeNull();
      expect(await find({ ...query, base: 's' }, { key: goneKey })).toBeNull();
      const detail = await analysis['snapshot.goroutine']({ snapshotKey: 's', key: goneKey }, context());
      expect(detail).toMatchObject({ id, key: goneKey, notes: [expect.stringContaining('It is gone')] });
      expect(detail.stack.frames.length).toBeGreaterThan(0);
      const text = await analysis['snapshot.text']({ snapshotKey: 's', query }, context());
      expect(text.split('\n')[0]).toBe(`goroutine ${id} [runnable]:`);
      const fresh = await rows({ base: 'before', changes: ['new'] });
      expect(fresh.every((row) => row.startFunction === 'runtime.handleAsyncEvent')).toBe(true);
      const grouped = await answer({ base: 'before', groupBy: 'state' });
      const total = grouped.rows.reduce(
        (sum, row) => sum + (row.kind === 'group' ? (row.changes?.stuck ?? 0) : 0),
        0,
      );
      expect(total).toBe(compared.changes?.stuck);
    });

    test('finds a goroutine by number and by key, and tells where it stands', async () => {
      const { analysis, take, rows } = await goroutineWorker(of);
      await take(momentOf(idle));
      const query = { ...EVERY, sort: { by: 'id', descending: true } as const };
      const find = (which: { id: number } | { key: string }) =>
        analysis['snapshot.find']({ snapshotKey: 's', query, which }, context());
      const all = await rows({ sort: query.sort });
      const found = await find({ id: 1 });
      expect(found).toEqual({ key: all.at(-1)?.key, index: all.length - 1 });
      expect(await find({ key: found?.key ?? '' })).toEqual(found);
      expect(await find({ id: 1 << 30 })).toBeNull();
      const other = await analysis['snapshot.find'](
        { snapshotKey: 's', query: { ...EVERY, with: ['system'] }, which: { id: 1 } },
        context(),
      );
      expect(other).toEqual({ key: found?.key, index: null });
    });

    test('while the program runs: a goroutine that has moved since says so', async () => {
      const { far, analysis, take, stacks, rows } = await goroutineWorker(of);
      const { facts } = await take(momentOf(running), 'running');
      expect(facts).toMatchObject({ consistent: false, running: 1 });
      expect(facts.reading).toContain('too large to copy');
      const [receiver] = await rows({ filter: 'sleep' });
      if (receiver === undefined) throw new Error('no goroutine sleeps');
      // As if it had been woken: its status is another one. Its own record begins at the address that is its key.
      far.memories.set('memory of s', changedGoroutine(running, Number(receiver.key), of.goVersion));
      await stacks();
      const detail = await analysis['snapshot.goroutine']({ snapshotKey: 's', key: receiver.key }, context());
      expect(detail.stack.frames).toEqual([]);
      expect(detail.notes).toEqual([`Goroutine ${receiver.id} has moved on since the list was taken.`]);
      const others = await rows({ filter: 'main.receive' });
      expect(others.length).toBeGreaterThan(1);
    });

    test('a look at its states reads descriptors only, and finds what the list says', async () => {
      const { far, analysis, take, stacks, rows } = await goroutineWorker(of);
      await take(momentOf(idle), 'running');
      await stacks();
      const listed = new Map((await rows({ without: ['system'] })).map(({ id, state }) => [id, state]));
      const [reads, gathers] = [far.bytesRead, far.gathers];
      const params = { moduleKey: 'm', target: 'memory of s', byteLength: idle.memory.length };
      const sample = await analysis['recording.sample'](params, context());
      expect(new Map(sample.goroutines.map(({ id, state }) => [id, state]))).toEqual(listed);
      expect(sample.goroutines.find(({ id }) => id === 1)?.function).toBe('runtime.main');
      expect([far.gathers - gathers, sample.pauseMs]).toEqual([1, 3]);
      expect(far.bytesRead - reads).toBeLessThan(40 << 10);
      far.gatherError = 'the hook is of an older version';
      await expect(analysis['recording.sample'](params, context())).rejects.toThrow('of an older version');
    });

    test('without gather the list is read page by page, and is the same', async () => {
      const gathered = await goroutineWorker(of);
      const { facts } = await gathered.take(momentOf(idle));
      const paged = await goroutineWorker(of);
      paged.far.gatherError = 'the hook is of an older version';
      const other = await paged.take(momentOf(idle));
      expect(other.facts).toEqual({
        ...facts,
        notes: ['The list was read page by page: the hook is of an older version.'],
        pauseMs: 2,
        reading: facts.reading.replace('3.0 ms', '2.0 ms'),
      });
      expect(await paged.rows()).toEqual(await gathered.rows());
    });
  },
);

/** The memory with one goroutine's status and place changed. */
function changedGoroutine({ memory }: GoroutineSnapshot, at: number, goVersion: string): Uint8Array {
  const changed = memory.slice();
  const view = new DataView(changed.buffer);
  const status = /^1\.2[34]/.test(goVersion) ? 152 : 144;
  expect(view.getUint32(at + status, true)).toBe(4);
  view.setUint32(at + status, 1, true);
  return changed;
}

test('a module that is not of standard Go has no goroutines', async () => {
  const { analysis, take } = await goroutineWorker(fixture({ family: 'goroutines', goVersion: '1.27.3' }));
  const bytes = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
  await analysis['module.load']({ moduleKey: 'm', bytes: bytes.buffer }, context());
  await expect(take({ memory: new Uint8Array(65536), sp: null, time: 0 })).rejects.toThrow('standard Go');
});
