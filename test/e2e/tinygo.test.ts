import type { Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { press, reloadWithHook, showPanelView, type ShownTrap } from '../../scripts/panel.mjs';
import { writeModuleMap } from '../../src/sourcemap/write/module-map.ts';
import { chooseSymbols } from '../../src/symbols/choose.ts';
import { Symbolizer } from '../../src/symbols/symbolizer.ts';
import { readModule } from '../../src/wasm/module.ts';
import { setSourceMapUrl } from '../../src/wasm/source-map-url.ts';
import { llvmModule } from '../support/llvm-fixtures.ts';
import { tinygoCases, tinygoEnds, type TinyGoCase } from '../support/tinygo.ts';
import { withoutSections } from '../support/without-sections.ts';
import { eventually, launch, loadWithHook, type TestBrowser } from './support/harness.ts';
import {
  chooseGoroutine,
  programReady,
  snapshotOf,
  takeLive,
  type SeenSnapshot,
} from './support/goroutines.ts';
import { seenTrap } from './support/seen.ts';

// TinyGo: every kind of panic, in the panel of real DevTools, with its reason, its function and its line.

let server: FixtureServer;
let tested: TestBrowser;
beforeAll(async () => {
  [server, tested] = await Promise.all([startServer(), launch('extension')]);
});
afterAll(async () => {
  await tested.close();
  await server.close();
});

const [first] = tinygoCases;

/** TinyGo gives these the line of their function; too deep is where a function begins, of which no line is known; and -opt=z loses some. */
const INEXACT = [
  ...['tinygo.wasm.0 nilmap', 'tinygo.wasm.0 closed', 'ends.wasm.z overflow'],
  ...['ends.wasm.z hash', 'ends.wasm.z unsafe', 'ends.wasm.z unreachable', 'ends.wasm.z memory'],
];

test('each panic shows reason, function and line', { timeout: 300_000 }, async () => {
  const urlOf = (module: string, name: string): string =>
    `${server.url}/tinygo.html?module=${module}&case=${name}`;
  const index = tinygoCases.filter(({ name }) => name === 'index');
  const cases: (TinyGoCase & { readonly module: string })[] = [
    ...tinygoCases.map((one) => ({ ...one, module: 'tinygo.wasm.0' })),
    ...tinygoEnds,
    // The other targets; wasm-unknown has no output, its reason is the callee.
    ...['tinygo.wasip1.0', 'tinygo.unknown.0'].flatMap((module) => index.map((one) => ({ ...one, module }))),
  ];
  await tested.inspect(
    { name: 'tinygo', url: urlOf('tinygo.wasm.0', first?.name ?? '') },
    async (inspected) => {
      const { page, panel } = inspected;
      const dieOf = async ({ module, name }: { module: string; name: string }): Promise<ShownTrap> => {
        await loadWithHook(page, panel, urlOf(module, name));
        await eventually(
          'a panel without traps',
          () => panel.evaluate(() => window.goSession?.state().traps.length),
          (traps) => traps === 0,
        );
        await page.locator('#crash').click();
        return seenTrap(panel);
      };
      for (const expected of cases) {
        const shown = await dieOf(expected);
        expect([expected.name, shown.title]).toEqual([expected.name, expected.title]);
        const dead = shown.frames.find(
          (frame) => frame.language === 'go' && /^\(?\*?main\./.test(frame.function),
        );
        // A deadlock is found on the scheduler's stack: no goroutine stands on it.
        if (expected.function === '') continue;
        expect(dead).toMatchObject({ function: expected.function, file: expected.file });
        if (dead?.confidence === 'exact') expect(dead.line).toBe(expected.line);
        else expect(INEXACT).toContain(`${expected.module} ${expected.name}`);
      }
      await inspected.screenshot('tinygo');

      // As it ships: what panic() was given is in what the runtime prints. A module without debug information has the reason too, and says how to have lines.
      for (const module of ['tinygo.wasm.z', 'tinygo.wasm.z.nodebug']) {
        for (const { name, title } of tinygoCases.filter((one) => ['index', 'string'].includes(one.name))) {
          const shown = await dieOf({ module, name });
          expect([module, shown.title]).toEqual([module, title]);
        }
      }
      await showPanelView(panel, 'modules');
      await panel.waitForSelector('::-p-text(Build with `tinygo build` without -no-debug)');
      await showPanelView(panel, 'goroutines');
      await panel.waitForSelector('::-p-text(Goroutines cannot be read: the module has no DWARF)');
    },
  );
});

test('without debug information: files and lines of the source map that the module names', async () => {
  const whole = llvmModule('tinygo.wasm.0');
  const bare = readModule(withoutSections(whole, (section) => section.startsWith('.debug_')));
  const map = writeModuleMap(new Symbolizer(chooseSymbols(readModule(whole)).sources), { file: 'app.wasm' });
  const expected = tinygoCases.find(({ name }) => name === 'index');
  if (expected === undefined) throw new Error('no case');
  const url = `${server.url}/tinygo.html?module=tinygo.wasm.0&case=${expected.name}`;
  const mapped = async (page: Page, body: string | null): Promise<void> => {
    await page.setRequestInterception(true);
    page.on('request', (request) => {
      if (request.url().endsWith('/tinygo.wasm.0.wasm')) {
        const bytes = setSourceMapUrl(bare, 'maps/app.wasm.map?v=1');
        void request.respond({ contentType: 'application/wasm', body: bytes });
      } else if (request.url().endsWith('/llvm/maps/app.wasm.map?v=1')) {
        void request.respond(body === null ? { status: 404 } : { contentType: 'application/json', body });
      } else void request.continue();
    });
  };
  for (const body of [new TextDecoder().decode(map.json), null]) {
    await tested.inspect({ name: 'tinygo source map', url: 'about:blank' }, async (inspected) => {
      const { page, panel } = inspected;
      await mapped(page, body);
      await page.goto(url);
      await reloadWithHook(page, panel);
      await page.locator('#crash').click();
      const shown = await seenTrap(panel);
      expect(shown.title).toBe(expected.title);
      const dead = shown.frames.find(({ function: name }) => name.startsWith('main.'));
      if (body === null) expect(dead).toMatchObject({ line: 0 });
      else {
        // By the map's scopes: the function that was inlined.
        expect(dead).toMatchObject({
          function: expected.function,
          file: expected.file,
          line: expected.line,
          confidence: 'exact',
        });
      }
      await showPanelView(panel, 'modules');
      await panel.waitForSelector(
        body === null ? '::-p-text(which could not be had: maps/app.wasm.map?v=1)' : '::-p-text(sourcemap)',
      );
      await inspected.screenshot(`tinygo source map ${body === null ? 'missing' : 'read'}`);
    });
  }
});

/** State and innermost own function of each, in order of the function. */
const statesOf = ({ rows }: SeenSnapshot): string[] =>
  rows.map((row) => `${row.function} [${row.state}]`).sort((a, b) => (a < b ? -1 : 1));

const WAITING = [
  '(*main.queue).next [chan receive]',
  'main.condition [sync.Cond.Wait]',
  'main.first [chan receive]',
  'main.forever [select (no cases)]',
  'main.locker [sync.Mutex.Lock]',
  'main.reader [sync.RWMutex.RLock]',
  'main.rest [chan receive]',
  'main.selecting [select]',
  'main.sender [chan send]',
  'main.sleeper [sleep]',
  'main.unopen [chan receive (nil chan)]',
  'main.waiter [sync.WaitGroup.Wait]',
  'main.woken [chan receive]',
  'main.writer [sync.RWMutex.Lock]',
];

test('goroutines of a program that runs, and of one that died', async () => {
  const urlOf = (name: string): string => `${server.url}/tinygo.html?module=states.wasm.z&case=${name}`;
  await tested.inspect({ name: 'tinygo states', url: urlOf('idle') }, async (inspected) => {
    const { page, panel } = inspected;
    await reloadWithHook(page, panel);
    await page.locator('#crash').click();
    await programReady(panel);
    const resting = await eventually(
      'all goroutines at rest',
      async () => statesOf(await snapshotOf(panel, await takeLive(panel))),
      (states) => states.includes('main.rest [chan receive]'),
    );
    // What has returned has no function of its own on its stack.
    expect(resting.filter((state) => !state.includes('[finished]'))).toEqual(WAITING);
    await showPanelView(panel, 'goroutines');
    await chooseGoroutine(panel, 'receiver', 'chan receive');
    await eventually(
      'its stack',
      () => panel.evaluate(() => document.querySelector('.goroutine')?.textContent ?? ''),
      (text) => text.includes('main.inner') && text.includes('main.receiver'),
    );
    await inspected.screenshot('tinygo-goroutines');

    await showPanelView(panel, 'heap');
    await press(panel, 'Read heap');
    await panel.waitForSelector('[aria-label=Totals]');
    const totals = await panel.evaluate(
      () => document.querySelector('[aria-label=Totals]')?.textContent ?? '',
    );
    expect(totals).toMatch(/In use[\d.,]+ KiB in 3\d\d objects/);
    await panel.waitForFunction(() =>
      document.querySelector('[aria-label=Types]')?.textContent.includes('internal/task.Task'),
    );
    await inspected.screenshot('tinygo-heap');

    await loadWithHook(page, panel, urlOf('die'));
    await page.locator('#crash').click();
    expect((await seenTrap(panel)).title).toBe('panic: runtime error: index out of range');
    const key = await panel.evaluate(async () => {
      const session = window.goSession;
      const [trap] = session?.state().traps ?? [];
      return session === undefined || trap === undefined
        ? ''
        : session.goroutines.take({ trapKey: trap.key });
    });
    const died = statesOf(await snapshotOf(panel, key));
    expect(died).toEqual(expect.arrayContaining(['main.pick [running]', 'main.woken [runnable]']));
    await showPanelView(panel, 'goroutines');
    await chooseGoroutine(panel, 'crash', 'running');
    await eventually(
      'the stack of the error',
      () => panel.evaluate(() => document.querySelector('.goroutine')?.textContent ?? ''),
      (text) => text.includes('main.pick') && text.includes('started as main.crash'),
    );
    await inspected.screenshot('tinygo-goroutines-died');
  });
});
