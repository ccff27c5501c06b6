import { expect, test } from 'vitest';
import { EXACT } from '../../../src/base/confidence.ts';
import type { StackFrame } from '../../../src/stack/stack-trace.ts';
import { exit, instance, module, stack } from './fake-facts.ts';
import { started } from './fakes.ts';

// Snapshots of goroutines as the session keeps them: which memory is read, what is kept and for how long, what is fetched for a stack.

/** A session with one running program. */
async function running(memoryBytes = 1 << 20) {
  const made = await started();
  made.page.tell({ modules: [module], instances: [{ ...instance, memoryBytes }] });
  await settle();
  return made;
}

/** Until nothing that was begun is under way. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** What the worker was asked to read. */
const reads = (snapshots: readonly [string, unknown][]): unknown[] =>
  snapshots.filter(([name]) => name === 'snapshot.read').map(([, params]) => params);

test('a running program is copied in the page, read, and the copy goes with its snapshot', async () => {
  const { page, analysis, session } = await running();
  expect(session.goroutines.cost('i1')).toEqual({
    bytes: 1 << 20,
    ended: false,
    copies: true,
    pauseMs: 1.048576,
  });
  expect(session.goroutines.cost('i9')).toBeNull();
  const key = await session.goroutines.take({ instanceKey: 'i1' });
  await settle();
  expect(reads(analysis.snapshots)).toEqual([
    {
      snapshotKey: key,
      moduleKey: 'm1',
      kind: 'held',
      target: 'held h1',
      moment: { byteLength: 1 << 20, sp: 4096, time: 5000, pauseMs: 12 },
      about: { moduleName: 'app.wasm', url: 'http://app.test/', title: '' },
    },
  ]);
  expect(session.state().snapshots).toMatchObject([
    { key, origin: 'live', status: 'ready', time: 5000, stacksRead: 1, taskId: null, facts: { total: 3 } },
  ]);
  expect(page.released).toEqual([]);
  session.goroutines.drop(key);
  expect(page.released).toEqual(['h1']);
  expect(session.state().snapshots).toEqual([]);
  expect(analysis.snapshots.at(-1)).toEqual(['snapshot.drop', { snapshotKey: key }]);
});

test('a program whose module is still being read is looked at when it is', async () => {
  const { page, analysis, session } = await started();
  let give = (_bytes: ArrayBuffer): void => undefined;
  page.bytes = () => new Promise((resolve) => (give = resolve));
  page.tell({ modules: [module], instances: [instance] });
  await settle();
  const taken = session.goroutines.take({ instanceKey: 'i1' });
  await settle();
  expect(reads(analysis.snapshots)).toEqual([]);
  give(new ArrayBuffer(8));
  const key = await taken;
  expect(reads(analysis.snapshots)).toMatchObject([{ snapshotKey: key, moduleKey: 'm1' }]);

  // A page that goes meanwhile ends the waiting.
  page.navigate();
  page.tell({ modules: [module], instances: [instance] });
  await settle();
  const lost = session.goroutines.take({ instanceKey: 'i1' });
  page.navigate();
  await expect(lost).rejects.toThrow();
  expect(session.state().snapshots).toEqual([]);
});

test('the next one of the same program takes the place of the last, unless that is pinned', async () => {
  const { page, session } = await running();
  const first = await session.goroutines.take({ instanceKey: 'i1' });
  session.goroutines.pin(first, true);
  const second = await session.goroutines.take({ instanceKey: 'i1' });
  const third = await session.goroutines.take({ instanceKey: 'i1' });
  expect(session.state().snapshots.map(({ key }) => key)).toEqual([third, first]);
  expect(page.released).toEqual(['h2']);
  expect(third).not.toBe(second);
  // Of two that were begun at once, whichever comes first, the later one stays.
  const [, fifth] = await Promise.all([
    session.goroutines.take({ instanceKey: 'i1' }),
    session.goroutines.take({ instanceKey: 'i1' }),
  ]);
  expect(session.state().snapshots.map(({ key }) => key)).toEqual([fifth, first]);
  // One that is overtaken resolves with the newer one.
  const hold = page.holdMemory;
  let release: () => void = () => undefined;
  page.holdMemory = async () => {
    await new Promise<void>((resolve) => (release = resolve));
    return hold();
  };
  const slow = session.goroutines.take({ instanceKey: 'i1' });
  page.holdMemory = hold;
  const quick = await session.goroutines.take({ instanceKey: 'i1' });
  release();
  expect(await slow).toBe(quick);
  expect(session.state().snapshots.map(({ key }) => key)).toEqual([quick, first]);
  page.navigate();
  expect(session.state().snapshots).toEqual([]);
  expect([...page.released].sort()).toEqual(['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'h7']);
});

test('a memory that is too large to copy is read while the program runs; one that ended, where it lies', async () => {
  const large = await running(600 << 20);
  expect(large.session.goroutines.cost('i1')).toEqual({
    bytes: 600 << 20,
    ended: false,
    copies: false,
    pauseMs: null,
  });
  await large.session.goroutines.take({ instanceKey: 'i1' });
  expect(reads(large.analysis.snapshots)).toMatchObject([{ kind: 'running', target: 'instance i1' }]);

  const ended = await started();
  ended.page.tell({ modules: [module], instances: [{ ...instance, state: 'exited' }] });
  await settle();
  await ended.session.goroutines.take({ instanceKey: 'i1' });
  expect(reads(ended.analysis.snapshots)).toMatchObject([
    { kind: 'still', target: 'instance i1', moment: { sp: null, pauseMs: null } },
  ]);
});

test('a snapshot that cannot be had says why, in the list and to who asked for it', async () => {
  const { page, session } = await running();
  page.holdError = 'this page has navigated away';
  await expect(session.goroutines.take({ instanceKey: 'i1' })).rejects.toThrow('navigated away');
  expect(session.state().snapshots).toMatchObject([
    { status: 'failed', error: 'this page has navigated away', taskId: null },
  ]);
  await expect(session.goroutines.take({ instanceKey: 'i9' })).rejects.toThrow('gone with its page');
  await expect(session.goroutines.arguments('nothing', '1')).rejects.toThrow('this snapshot is gone');
});

test('a death is kept with its goroutines, once, and a dump outlives the page', async () => {
  const { page, analysis, session } = await running();
  page.tell({ traps: [exit] });
  await settle();
  const [trap] = session.state().traps;
  expect(reads(analysis.snapshots)).toMatchObject([
    { kind: 'still', target: 'trap t1', moment: { sp: 4096, time: 1000 }, about: { title: 'panic: boom' } },
  ]);
  expect(session.state().snapshots).toMatchObject([
    { key: trap?.snapshotKey, trapKey: 't1', origin: 'trap', label: 'at panic: boom' },
  ]);
  expect(await session.goroutines.take({ trapKey: 't1' })).toBe(trap?.snapshotKey);
  const dump = await session.goroutines.openDump('a.gowasm-dump', new ArrayBuffer(8), null);
  expect(session.state().snapshots[0]).toMatchObject({ key: dump, origin: 'dump', pinned: true, time: 7 });
  page.navigate();
  expect(session.state().snapshots.map(({ key }) => key)).toEqual([dump]);
  const saved = await session.goroutines.saveMemory(dump);
  expect(saved.name).toBe('module-1970-01-01T00-00-00.gowasm-dump');
});

test('of the files on a stack only those are fetched that the page can have, and the worker is told why of the others', async () => {
  const { page, analysis, session } = await running();
  const frame = (file: string, line: number, inlined = false): StackFrame => ({
    ...{ function: 'f', file, line, lineEnd: null, inlined, language: 'go', args: '', pcOffset: 1 },
    ...{ moduleOffset: null, raw: null, confidence: EXACT, fold: null },
  });
  const frames = [
    frame('runtime/proc.go', 400),
    frame('example.com/app/inlined.go', 3, true),
    frame('example.com/app/main.go', 2),
    frame('example.com/app/main.go', 3),
    frame('example.com/app/other.go', 1),
  ];
  analysis.detail = {
    ...{ key: 'g', id: 1, header: '', stack: { ...stack, frames }, waits: [], labels: [] },
    ...{ lockedThread: false, system: false, startFunction: '', advice: [], notes: [] },
  };
  const asked: string[] = [];
  const text = 'package main\n\nfunc main() {}\n';
  page.fetchText = (url) => {
    asked.push(url);
    return Promise.resolve(url.endsWith('/main.go') ? text : null);
  };
  const key = await session.goroutines.take({ instanceKey: 'i1' });
  await session.goroutines.arguments(key, 'g');
  expect(asked.filter((url) => /proc|inlined/.test(url))).toEqual([]);
  expect(analysis.snapshots.at(-1)).toEqual([
    'snapshot.arguments',
    {
      snapshotKey: key,
      key: 'g',
      sources: new Map([
        ['runtime/proc.go', { ok: false, why: expect.stringContaining('standard library') as string }],
        ['example.com/app/main.go', { ok: true, text }],
        ['example.com/app/other.go', { ok: false, why: expect.stringContaining('server has no') as string }],
      ]),
    },
  ]);
});
