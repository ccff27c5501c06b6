import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ElementHandle, Frame, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { clickOn, press, reloadWithHook, showPanelView } from '../../scripts/panel.mjs';
import {
  chooseGoroutine,
  expectWaits,
  lineOf,
  programReady,
  snapshotOf,
  takeIdle,
  takeLive,
} from './support/goroutines.ts';
import { eventually, launch, loadWithHook, type InspectedTab, type TestBrowser } from './support/harness.ts';
import { textsOf } from './support/seen.ts';

// Goroutines wherever a program runs and however it ends, in the Goroutines view as a person works it: in a frame and in a worker, after
// os.Exit and a stack overflow, while the debugger has stopped it inside a call of JavaScript's, deadlocked, saved to a file.

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

const url = (page: string, family: string, name: string): string =>
  `${server.url}/${page}?version=1.27.3&family=${family}&case=${name}&auto=1`;

/** Waits for a trap and for the goroutines of that moment; the key of the snapshot. */
async function deathOf(panel: Frame): Promise<string> {
  const key = await eventually(
    'the snapshot of a trap',
    () => panel.evaluate(() => window.goSession?.state().traps[0]?.snapshotKey ?? null),
    (found) => found !== null,
  );
  return key ?? '';
}

/** Puts a frame into every page that is loaded from now on. */
const addFrame = (page: Page, src: string): Promise<unknown> =>
  page.evaluateOnNewDocument((url) => {
    if (window.top !== window) return;
    addEventListener('DOMContentLoaded', () => {
      const frame = document.createElement('iframe');
      frame.src = url;
      document.body.append(frame);
    });
  }, src);

describe.each([
  ['frame', 'plain.html'],
  ['worker', 'worker.html'],
] as const)('in a %s', (kind, name) => {
  test('every goroutine is in the view, its arguments with the names and types of the source', async () => {
    const where = { name: `goroutines ${name}`, url: `${server.url}/plain.html` };
    await tested.inspect(where, async ({ page, panel, screenshot }) => {
      // Of another origin than the page, and in another process.
      const other = url('', 'goroutines', 'idle').replace('127.0.0.1', 'localhost');
      if (kind === 'frame') await addFrame(page, other);
      await loadWithHook(page, panel, url(name, 'goroutines', 'idle'));
      const seen = await takeIdle(panel);
      expectWaits(seen);
      const realm = await panel.evaluate(() => window.goSession?.state().instances[0]?.realm.kind);
      expect(realm).toBe(kind);

      await showPanelView(panel, 'goroutines');
      expect(await textsOf(panel, '.verdict-text')).toEqual([
        expect.stringMatching(
          /^All \d+ user goroutines are blocked \(waiting for events, or deadlocked\)\.$/,
        ),
      ]);
      await chooseGoroutine(panel, 'main.receive ', 'chan receive');
      await panel.waitForSelector('table.frame-arguments');
      expect(await textsOf(panel, 'table.frame-arguments tr')).toEqual([
        expect.stringMatching(/^c<-chan message0x[0-9a-f]+ \(0 of 0\)$/),
        'namestring"a"',
        'nint1',
      ]);
      // The text comes by itself: it is fetched from the page's server.
      await expect.poll(() => textsOf(panel, '.excerpt-line.here .excerpt-text')).toEqual(['\tm := <-c']);
      await screenshot(`goroutines ${name}`);
      // The channel, and who else waits on it.
      await clickOn(panel, '[data-tab=waits]');
      await panel.waitForSelector('[data-grid=waiters] .grid-row');
      const waiters = await textsOf(panel, '[data-grid=waiters] [data-column=goroutine]');
      expect(waiters[0]).toBe('Senders 0');
      expect(waiters[1]).toMatch(/^Receivers [1-9]\d*$/);
      expect(waiters).toContain('6 chan receive');
      // Its address leads to its bytes in the memory of that moment, as the type that the runtime has for channels.
      const at = await panel.$eval('.wait-object .link.code', (link) => link.textContent);
      await clickOn(panel, '.wait-object .link.code');
      await panel.waitForFunction(
        (address) =>
          document
            .querySelector('[aria-label="At the cursor"]')
            ?.textContent.startsWith(`Address${address} `),
        {},
        at,
      );
    });
  });
});

describe('in one tab', () => {
  let tab: InspectedTab;
  beforeAll(async () => {
    tab = await tested.open({ name: 'goroutines', url: `${server.url}/plain.html` });
  });
  afterAll(() => tab.close());

  test('os.Exit: from the trap to all goroutines of that moment', async () => {
    await tab.use('goroutines exit', async ({ page, panel }) => {
      await loadWithHook(page, panel, url('', 'goroutines', 'exit'));
      const key = await deathOf(panel);
      expectWaits(await snapshotOf(panel, key));
      await showPanelView(panel, 'traps');
      await clickOn(panel, '.trap-facts ::-p-text(goroutines at that moment)');
      await panel.waitForSelector('[data-grid=goroutines] .grid-row:not(.pending)');
      await chooseGoroutine(panel, 'main.waitCond', 'sync.Cond.Wait');
      expect(await textsOf(panel, '.verdict-text')).toEqual([]);
      expect(await panel.$eval('[aria-label=Snapshot]', (select) => select.textContent)).toContain(
        'at exit code 3',
      );
    });
  });

  test('a stack overflow: the goroutine that died, with both ends of its stack', async () => {
    await tab.use('goroutines overflow', async ({ page, panel }) => {
      await loadWithHook(page, panel, url('', 'traps', 'overflow'));
      const key = await deathOf(panel);
      await showPanelView(panel, 'traps');
      await clickOn(panel, '.trap-facts button ::-p-text(goroutine 1 [running])');
      await panel.waitForFunction(
        () => document.querySelector('.goroutine-head h1')?.textContent === 'goroutine 1 [running]',
      );
      await panel.waitForSelector('.pane.goroutine [data-grid=stack] .grid-row');
      // Of the death: the view may have taken one of the running program by itself.
      const stack = await panel.evaluate(async (snapshotKey) => {
        const session = window.goSession;
        if (session === undefined) throw new Error('the panel has no session');
        const all = { filter: '', with: [], without: [], base: null, changes: [], open: [] };
        const query = { ...all, groupBy: 'none', sort: { by: 'id', descending: false } } as const;
        const found = await session.goroutines.find(snapshotKey, query, { id: 1 });
        return (await session.goroutines.detail(snapshotKey, found?.key ?? '')).stack.frames.map(
          (frame) => `${frame.function}:${frame.line}`,
        );
      }, key);
      const descend = `main.descend:${lineOf('traps/main.go', 'dies: overflow')}`;
      expect(stack.filter((line) => line === descend).length).toBeGreaterThan(90);
      expect(stack.find((line) => line.startsWith('...'))).toMatch(/^\.\.\.\d{4,} frames elided\.\.\./);
      const outer = stack.map((line) => line.replace(/:\d+$/, '')).filter((line) => line.startsWith('main.'));
      expect(outer.slice(-4)).toEqual(['main.middle', 'main.outer', 'main.dispatch', 'main.main']);
    });
  });

  test('blocked inside a js.FuncOf callback: named in the view with the remedy', async () => {
    await tab.use('goroutines callback', async ({ page, panel }) => {
      await loadWithHook(page, panel, url('', 'exits', 'deadlock'));
      await deathOf(panel);
      await showPanelView(panel, 'goroutines');
      await panel.waitForSelector('.verdict-callbacks li');
      expect(await textsOf(panel, '.verdict-callbacks li')).toEqual([
        expect.stringMatching(
          /^goroutine \d+ blocks in main\.inCallback\.func1, a callback made with js\.FuncOf.*Start a goroutine/,
        ),
      ]);
      await clickOn(panel, '.verdict-callbacks button');
      await panel.waitForFunction(() =>
        document.querySelector('.goroutine-head .message-line')?.textContent.includes('js.FuncOf'),
      );
    });
  });

  test('a deadlock is called so; its memory is saved to a file and opened again, and its profile exported', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'go-downloads-'));
    const browser = await tested.browser.target().createCDPSession();
    await browser.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: directory });
    const saved = async (pattern: RegExp): Promise<string> =>
      (await eventually(
        `a file ${pattern.source}`,
        async () => (await readdir(directory)).find((name) => pattern.test(name)) ?? null,
        (name) => name !== null,
      )) ?? '';
    try {
      await tab.use('goroutines saved', async ({ page, panel }) => {
        await loadWithHook(page, panel, url('', 'exits', 'blocked'));
        await showPanelView(panel, 'goroutines');
        await programReady(panel);
        // The view takes one by itself, which would take the place of those below.
        await panel.waitForFunction(() => window.goSession?.state().snapshots.length === 1);
        // Once its stacks are read: the next snapshot takes its place, read or not.
        await eventually(
          'the verdict',
          async () => (await snapshotOf(panel, await takeLive(panel))).verdict,
          (verdict) => verdict === 'deadlocked',
        );
        await eventually(
          'the verdict in the view',
          () => textsOf(panel, '.verdict.error .verdict-text'),
          ([text]) => text?.includes('deadlocked') === true,
        );
        await clickOn(panel, '.verdict-line');
        await panel.waitForSelector('.wait-picture tbody tr');
        expect(await textsOf(panel, '.wait-picture tbody td')).toEqual([
          'goroutine 1',
          expect.stringMatching(/^<-chan int 0x/),
          'no goroutine that memory shows',
        ]);

        await press(panel, 'Save memory');
        const dump = await saved(/\.gowasm-dump$/);
        await press(panel, 'Export as goroutine profile');
        await saved(/\.goroutine\.pb\.gz$/);
        // The dialog is the browser's: the input that would open it is given the file.
        const input = await panel.evaluateHandle(
          () =>
            new Promise<Element>((resolve) => {
              HTMLInputElement.prototype.click = function (this: HTMLInputElement) {
                resolve(this);
              };
              document.querySelector<HTMLElement>('[aria-label=Goroutines] .text-button')?.click();
            }),
        );
        await (input as ElementHandle<HTMLInputElement>).uploadFile(join(directory, dump));
        await panel.waitForFunction(
          (name) => document.querySelector('[aria-label=Snapshot]')?.textContent.includes(name),
          {},
          dump,
        );
        await chooseGoroutine(panel, 'main.receiveNothing', 'chan receive');
        await expect
          .poll(() => textsOf(panel, '.verdict-text'))
          .toEqual([expect.stringContaining('deadlocked')]);
      });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});

test('stopped in the debugger, inside a call of JavaScript: read as it stands, and it goes on', async () => {
  const where = { name: 'goroutines paused', url: `${server.url}/` };
  await tested.inspect(where, async ({ page, panel }) => {
    await page.evaluateOnNewDocument(`
      globalThis.fixtureGoroutines = () => { debugger; document.title = 'went on'; };
    `);
    await reloadWithHook(page, panel);
    await page.evaluate((query) => {
      history.replaceState(null, '', query);
      const start = Reflect.get(globalThis, 'start') as (wanted: unknown) => Promise<void>;
      const readQuery = Reflect.get(globalThis, 'readQuery') as (search: string) => unknown;
      const script = document.createElement('script');
      script.src = '/wasm_exec/1.27.3.js';
      script.onload = () => void start(readQuery(query));
      document.head.append(script);
    }, '?version=1.27.3&family=goroutines&case=idle');
    await programReady(panel);
    // While the debugger has stopped the page, the panel reads its memory.
    const seen = await eventually(
      'the goroutine that calls JavaScript',
      async () => snapshotOf(panel, await takeLive(panel)),
      ({ rows }) => rows.some((row) => row.id === 1 && row.function === 'main.says'),
    );
    expectWaits(seen);
    expect(seen.rows.find((row) => row.id === 1)).toMatchObject({ state: 'running', function: 'main.says' });
    const debuggerSession = await page.createCDPSession();
    await debuggerSession.send('Debugger.enable');
    await debuggerSession.send('Debugger.resume');
    await page.waitForFunction(() => document.title === 'went on');
  });
});
