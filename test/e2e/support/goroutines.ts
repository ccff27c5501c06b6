// Snapshots of goroutines as the session has them, and the Goroutines view as a person reads and works it.
import { TimeoutError, type Frame } from 'puppeteer-core';
import { expect } from 'vitest';
import { goSource } from '../../support/fixtures.ts';
import { eventually } from './harness.ts';
import { typeInto } from '../../support/type-into.ts';
import { clickOn } from '../../../scripts/panel.mjs';

/** How long stacks may take to be read and a goroutine to be chosen, and how long one choice is waited for, in milliseconds. */
const PATIENCE = 60_000;
const LOOK_MS = 5_000;

export interface SeenSnapshot {
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

/**
 * Every goroutine of a snapshot, or of the newer one that has taken its place (the view takes some by itself), once its stacks are read; before, how far
 * that is.
 */
async function readSnapshot(panel: Frame, key: string): Promise<SeenSnapshot | string> {
  return panel.evaluate(async (snapshotKey) => {
    const session = window.goSession;
    const all = session?.state().snapshots ?? [];
    const count = (one: string): number => Number(one.split(':')[1]);
    const newer = all.find((one) => one.origin === 'live' && count(one.key) > count(snapshotKey));
    const snapshot = all.find((one) => one.key === snapshotKey) ?? newer;
    if (session === undefined || snapshot === undefined) return 'it is gone';
    if (snapshot.error !== null) return { error: snapshot.error, rows: [], pauseMs: null, verdict: null };
    if (snapshot.stacksRead < 1 || snapshot.taskId !== null)
      return `${snapshot.status}, ${Math.round(snapshot.stacksRead * 100)} % of the stacks`;
    const answer = await session.goroutines.rows(
      snapshot.key,
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

/** Every goroutine of a snapshot, once its stacks are read. */
export async function snapshotOf(panel: Frame, key: string): Promise<SeenSnapshot> {
  const seen = await eventually(
    'all stacks of a snapshot',
    () => readSnapshot(panel, key),
    (one) => typeof one !== 'string',
    PATIENCE,
  );
  if (typeof seen === 'string') throw new Error('no snapshot');
  return seen;
}

/** Takes a snapshot of the page's only program. */
export const takeLive = (panel: Frame): Promise<string> =>
  panel.evaluate(async () => {
    const session = window.goSession;
    const instance = session?.state().instances[0];
    if (session === undefined || instance === undefined) throw new Error('no program');
    return session.goroutines.take({ instanceKey: instance.key });
  });

/** Waits until a program runs and its module is read. */
export async function programReady(panel: Frame): Promise<void> {
  await eventually(
    'a running program',
    () =>
      panel.evaluate(() => {
        const state = window.goSession?.state();
        return {
          instances: state?.instances.map((one) => one.state) ?? [],
          modules: state?.modules.map(({ status, origin }) => ({ status, origin })) ?? [],
          access: state?.access,
        };
      }),
    ({ instances, modules }) =>
      instances[0] === 'running' && modules.length > 0 && modules.every(({ status }) => status === 'ready'),
  );
}

/** A snapshot of the only program once nothing runs in it: starting and blocking take a moment. */
export async function takeIdle(panel: Frame): Promise<SeenSnapshot & { readonly key: string }> {
  await programReady(panel);
  return eventually(
    'an idle program',
    async () => {
      const key = await takeLive(panel);
      return { key, ...(await snapshotOf(panel, key)) };
    },
    ({ rows }) => rows.some((row) => row.state === 'event handler'),
  );
}

/** The line of the fixture's source with this text, 1-based. */
export const lineOf = (path: string, text: string): number =>
  goSource(path)
    .split('\n')
    .findIndex((line) => line.includes(text)) + 1;

/** Where goroutines of family goroutines are that wait in these ways. */
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

/** Checks that the goroutines of family goroutines are there, each in its state and at its line. */
export function expectWaits({ rows }: SeenSnapshot): void {
  for (const [state, name, path, text, waitsOn] of WAITS) {
    const row = rows.find((one) => one.function === name);
    const states = state === 'semacquire' ? [state, 'sync.WaitGroup.Wait'] : [state];
    expect(states, name).toContain(row?.state);
    expect(row?.line, name).toBe(lineOf(path, text));
    expect(row?.waitsOn, name).toMatch(waitsOn);
  }
}

/**
 * Chooses the goroutine that is first in the view when it is filtered by `words`, a whole name that its stack shows, and waits for its stack.
 * Until the filter is answered the view shows the rows of before, and a click takes one of them: such a choice is made again.
 */
export async function chooseGoroutine(panel: Frame, words: string, state: string): Promise<void> {
  await typeInto(panel, '[aria-label="Filter goroutines"]', words);
  const cell = `[data-grid=goroutines] .grid-row:not(.pending) [data-column=state] ::-p-text(${state})`;
  const name = words.trim();
  const end = performance.now() + PATIENCE;
  for (;;) {
    await clickOn(panel, cell);
    const chosen = await panel
      .waitForFunction(isChosen, { polling: 50, timeout: LOOK_MS }, name, state)
      .catch(timedOut);
    if (chosen !== null) return;
    if (performance.now() > end) {
      const seen = await panel.$eval('.pane.goroutine', (pane) => pane.textContent);
      throw new Error(`no goroutine [${state}] of ${name} is chosen; the pane shows: ${seen}`);
    }
  }
}

/** In the panel: whether the goroutine that is shown has this name in its stack, and its state begins so. */
function isChosen(name: string, state: string): boolean {
  const pane = document.querySelector<HTMLElement>('.pane.goroutine');
  const title = pane?.querySelector('.goroutine-head h1')?.textContent ?? '';
  if (pane === null || !title.includes(`[${state}`)) return false;
  if (pane.querySelector('[data-grid=stack] .grid-row') === null) return false;
  return pane.innerText
    .split(name)
    .slice(1)
    .some((after) => !/^\w/.test(after));
}

/** Null for a wait that took too long; anything else goes on. */
function timedOut(error: unknown): null {
  if (error instanceof TimeoutError) return null;
  throw error;
}
