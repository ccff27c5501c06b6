import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Frame } from 'puppeteer-core';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { reloadWithHook } from '../../scripts/panel.mjs';
import { goSource, type GoVersion } from '../support/fixtures.ts';
import { eventually, launch, type TestBrowser } from './support/harness.ts';

// Goroutines of a program in a page, through the session that the panel has: blocked in many ways, after a crash, and from a dump.

let server: FixtureServer;
let tested: TestBrowser;
beforeAll(async () => {
  server = await startServer();
  tested = await launch('extension');
});
afterAll(async () => {
  await tested.close();
  await server.close();
});

const url = (version: GoVersion, name: string): string =>
  `${server.url}/?version=${version}&family=goroutines&case=${name}&auto=1`;

interface Seen {
  readonly error: string | null;
  readonly rows: readonly {
    readonly id: number;
    readonly state: string;
    readonly function: string;
    readonly line: number;
    readonly waitsOn: string;
  }[];
  readonly pauseMs: number | null;
  readonly verdict: string | null;
}

/** Every goroutine of the newest snapshot, once its stacks are read; null before. */
async function readSnapshot(panel: Frame, key: string): Promise<Seen | null> {
  return panel.evaluate(async (snapshotKey) => {
    const session = window.goSession;
    const snapshot = session?.state().snapshots.find((one) => one.key === snapshotKey);
    if (session === undefined || snapshot === undefined) return null;
    if (snapshot.error !== null) return { error: snapshot.error, rows: [], pauseMs: null, verdict: null };
    if (snapshot.stacksRead < 1 || snapshot.taskId !== null) return null;
    const answer = await session.goroutineRows(
      snapshotKey,
      {
        ...{ filter: '', with: [], without: [], groupBy: 'none', base: null, changes: [], open: [] },
        sort: { by: 'id', descending: false },
      },
      0,
      1000,
    );
    return {
      error: null,
      rows: answer.rows.flatMap((row) =>
        row.kind === 'goroutine'
          ? [{ id: row.id, state: row.state, function: row.function, line: row.line, waitsOn: row.waitsOn }]
          : [],
      ),
      pauseMs: snapshot.facts?.pauseMs ?? null,
      verdict: snapshot.verdict?.kind ?? null,
    };
  }, key);
}

async function snapshotOf(panel: Frame, key: string): Promise<Seen> {
  const seen = await eventually(
    'all stacks of a snapshot',
    () => readSnapshot(panel, key),
    (one) => one !== null,
  );
  if (seen === null) throw new Error('no snapshot');
  return seen;
}

/** Takes a snapshot of the page's only program. */
const takeLive = (panel: Frame): Promise<string> =>
  panel.evaluate(async () => {
    const session = window.goSession;
    const instance = session?.state().instances[0];
    if (session === undefined || instance === undefined) throw new Error('no program');
    return session.takeSnapshot({ instanceKey: instance.key });
  });

/** The line of the fixture's source with this text, 1-based. */
const lineOf = (path: string, text: string): number =>
  goSource(path)
    .split('\n')
    .findIndex((line) => line.includes(text)) + 1;

/** Where goroutines are that wait in these ways. */
const WAITS = [
  ['chan receive', 'main.receive', 'goroutines/block.go', 'm := <-c', /^<-chan main\.message 0x/],
  ['chan send', 'main.send', 'goroutines/block.go', '\tc <- m', /^chan<- \*main\.message 0x/],
  ['chan receive (nil chan)', 'main.receiveNil', 'goroutines/block.go', '\treturn <-c', /^<-nil channel/],
  ['chan send (nil chan)', 'main.sendNil', 'goroutines/block.go', '\tc <- n', /^nil channel<-/],
  ['select', 'main.selecting', 'goroutines/block.go', '\tselect {', /^select .*<-chan int 0x/],
  ['select (no cases)', 'main.selectNothing', 'goroutines/block.go', '\tselect {}', /^select \{\}/],
  ['sync.Mutex.Lock', 'main.lock', 'goroutines/block.go', '\tm.Lock()', /^sync\.Mutex 0x.*, locked/],
  ['sync.RWMutex.RLock', 'main.lockShared', 'goroutines/block.go', '\tm.RLock()', /^sync\.RWMutex 0x/],
  [
    'semacquire',
    'main.waitGroup',
    'goroutines/block.go',
    '\tgroup.Wait()',
    /^sync\.WaitGroup 0x.*, counter 2/,
  ],
  ['sync.Cond.Wait', 'main.waitCond', 'goroutines/block.go', '\tc.Wait()', /^sync\.Cond 0x/],
  ['sleep', 'main.sleep', 'goroutines/block.go', '\ttime.Sleep(d)', /^sleep, \d/],
] as const;

function expectWaits({ rows }: Seen): void {
  for (const [state, name, path, text, waitsOn] of WAITS) {
    const row = rows.find((one) => one.function === name);
    const states = state === 'semacquire' ? [state, 'sync.WaitGroup.Wait'] : [state];
    expect(states, name).toContain(row?.state);
    expect(row?.line, name).toBe(lineOf(path, text));
    expect(row?.waitsOn, name).toMatch(waitsOn);
  }
}

test.each(['1.21.13', '1.27.3'] as const)(
  'Go %s: blocked goroutines while the page is idle, and the same from a dump',
  async (version) => {
    await tested.inspect({ name: `goroutines ${version}`, url: url(version, 'idle') }, async (inspected) => {
      const { page, panel } = inspected;
      await reloadWithHook(page, panel);
      await eventually(
        'a running program',
        () => panel.evaluate(() => window.goSession?.state().instances[0]?.state ?? null),
        (state) => state === 'running',
      );
      // Blocking takes a moment; the goroutine that waits for the page is there when it is done.
      let key = await takeLive(panel);
      let seen = await snapshotOf(panel, key);
      for (let tries = 0; tries < 40 && !seen.rows.some((row) => row.state === 'event handler'); tries++) {
        key = await takeLive(panel);
        seen = await snapshotOf(panel, key);
      }
      expect(seen.error).toBeNull();
      expect(seen.pauseMs).not.toBeNull();
      expectWaits(seen);
      expect(seen.verdict).toBe('blocked');

      const dumped = await panel.evaluate(async (snapshotKey) => {
        const session = window.goSession;
        if (session === undefined) throw new Error('the panel has no session');
        const { name, blob } = await session.saveMemory(snapshotKey);
        const opened = await session.openDump(name, await blob.arrayBuffer(), null);
        return { name, opened };
      }, key);
      expect(dumped.name).toMatch(/\.gowasm-dump$/);
      const again = await snapshotOf(panel, dumped.opened);
      expect(again.rows).toEqual(seen.rows);
    });
  },
);

test('after a crash the goroutines are still there, linked from the trap', async () => {
  await tested.inspect({ name: 'goroutines crash', url: url('1.27.3', 'panic') }, async (inspected) => {
    const { page, panel } = inspected;
    await reloadWithHook(page, panel);
    const trap = await eventually(
      'the snapshot of a trap',
      () =>
        panel.evaluate(() => {
          const found = window.goSession?.state().traps[0];
          return found === undefined ? null : { key: found.snapshotKey, id: found.goroutine?.id ?? null };
        }),
      (one) => one !== null && one.key !== null,
    );
    const seen = await snapshotOf(panel, trap?.key ?? '');
    expectWaits(seen);
    expect(seen.verdict).toBe('ended');
    expect(seen.rows.find((row) => row.id === trap?.id)).toMatchObject({ state: 'running' });
  });
});
