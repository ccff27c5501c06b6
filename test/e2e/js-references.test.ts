import type { Frame, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { clickOn, press, showPanelView } from '../../scripts/panel.mjs';
import { programReady } from './support/goroutines.ts';
import { eventually, launch, loadWithHook, type TestBrowser } from './support/harness.ts';

// The JavaScript values that a leaking program refers to, against its own tables; and charts that follow it while it grows.

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

declare global {
  interface Window {
    fixtureGrow?: (n: number) => number;
    fixtureValues?: object;
    fixtureGo?: Glue;
    ranOfPage?: string[];
  }
}
interface Glue {
  readonly _values: readonly unknown[];
  readonly _goRefCounts: readonly number[];
  readonly _idPool: readonly number[];
}

/** Before the page's scripts: values of every kind, and the object of wasm_exec.js, noted where it is made. */
const prepare = (page: Page): Promise<unknown> =>
  page.evaluateOnNewDocument(() => {
    const ran: string[] = [];
    const noticing = new Proxy(
      {},
      {
        get:
          (_, trap: keyof typeof Reflect) =>
          (...args: unknown[]): unknown => {
            ran.push(trap);
            return Reflect.apply(Reflect[trap] as (...args: unknown[]) => unknown, Reflect, args);
          },
      },
    );
    class Account {
      get name(): string {
        ran.push('getter');
        return 'secret';
      }
    }
    window.ranOfPage = ran;
    window.fixtureValues = {
      promise: Promise.resolve(),
      symbol: Symbol('of the page'),
      instance: new Account(),
      proxy: new Proxy(new Account(), noticing),
    };
    Object.defineProperty(window, 'Go', {
      configurable: true,
      set(made: new () => Glue) {
        const noting = class extends made {
          constructor() {
            super();
            window.fixtureGo = this;
          }
        };
        Object.defineProperty(window, 'Go', { value: noting, writable: true, configurable: true });
      },
    });
  });

/** Has the program grow, once it offers that. */
async function grow(page: Page, count: number): Promise<void> {
  await page.waitForFunction(() => window.fixtureGrow !== undefined);
  await page.evaluate((n) => window.fixtureGrow?.(n), count);
}

/** What the page itself counts. */
const counted = (page: Page) =>
  page.evaluate(() => {
    const go = window.fixtureGo;
    if (go === undefined) throw new Error('there is no program');
    const counts = go._goRefCounts.slice(7).filter((count) => count > 0);
    return {
      slots: go._values.length,
      free: go._idPool.length,
      held: counts.length,
      sum: counts.reduce((sum, count) => sum + count, 0),
    };
  });

const textOf = (panel: Frame, label: string): Promise<string> =>
  panel.evaluate((name) => document.querySelector(`[aria-label="${name}"]`)?.textContent ?? '', label);

/** The cells of a grid's rows that are drawn. */
const rowsOf = (panel: Frame, grid: string): Promise<string[][]> =>
  panel.evaluate(
    (id) =>
      [...document.querySelectorAll(`[data-grid="${id}"] .grid-row`)].map((row) =>
        [...row.querySelectorAll('[role=gridcell]')].map((cell) => cell.textContent.trim()),
      ),
    grid,
  );

const numberText = (n: number): string => String(n).replace(/\B(?=(?:\d{3})+$)/g, ',');

test.each([
  // Up to Go 1.20 a closure of an inlined function is named after the function that this was inlined into.
  ['1.19.8', 'main.show.func1'],
  ['1.27.3', 'main.listen.func1'],
] as const)('Go %s: references, callbacks, detached nodes and charts', async (version, listener) => {
  const url = `${server.url}/?version=${version}&family=references&case=leak&auto=1`;
  const where = { name: `js references ${version}`, url: `${server.url}/plain.html` };
  await tested.inspect(where, async ({ page, panel, screenshot }) => {
    await prepare(page);
    await loadWithHook(page, panel, url);
    await programReady(panel);
    await grow(page, 20);
    await showPanelView(panel, 'heap');
    await panel.waitForSelector('[data-tab=references]');
    await clickOn(panel, '[data-tab=references]');
    await panel.waitForSelector('[aria-label=References]');
    const first = await counted(page);
    const grew = 100;
    await grow(page, grew);
    await press(panel, 'Read references');
    const now = await eventually(
      'what the page counts',
      async () => ({ page: await counted(page), text: await textOf(panel, 'References') }),
      (seen) => seen.text.includes(`Values${numberText(seen.page.held)} (+`),
    );
    expect(first.held).toBeLessThan(now.page.held);
    expect(now.text).toContain(`References${numberText(now.page.sum)} (+`);
    expect(now.text).toContain(`${numberText(now.page.slots)} slots, ${numberText(now.page.free)} free`);
    expect(now.text).toContain(`js.Func not released${numberText(21 + grew)} (+${grew})`);
    expect(now.text).toContain(`Detached nodes${20 + grew}`);
    const callbacks = await rowsOf(panel, 'reference-callbacks');
    expect(callbacks[0]?.[0]).toBe(listener);
    expect(callbacks[0]?.slice(2)).toEqual([String(20 + grew), `+${grew}`]);
    expect(callbacks[1]?.[0]).toBe('main.grow');
    const classes = await rowsOf(panel, 'reference-classes');
    expect(classes.map((row) => row.slice(0, 4))).toContainEqual([
      'HTMLDivElement',
      'node',
      String(20 + grew),
      `+${grew}`,
    ]);
    // The wrapper of main.grow is the page's alone once Go has collected its own reference.
    expect([`+${grew}`, `+${grew - 1}`]).toContain(classes.find(([name]) => name === 'js.Func')?.[3]);
    expect(classes.find(([name]) => name === 'object, class not known')).toBeDefined();
    const values = await rowsOf(panel, 'reference-values');
    expect(
      values.some(([, type, text]) => type === 'HTMLDivElement' && text === 'detached div.panel.gone'),
    ).toBe(true);
    expect(values.some(([, type, text]) => type === 'js.Func' && text === listener)).toBe(true);
    expect(values.some(([, , text]) => text === 'of the page')).toBe(true);
    await screenshot(`references-${version}`);

    await press(panel, 'Name with the debugger');
    const named = await eventually(
      'the classes of all objects',
      () => rowsOf(panel, 'reference-classes'),
      (rows) => rows.some(([name]) => name === 'Promise'),
    );
    for (const [name, kind] of [
      ['Promise', 'promise'],
      ['Account', 'object'],
      ['Proxy', 'proxy'],
    ]) {
      expect(named.find((row) => row[0] === name)?.[1], name).toBe(kind);
    }
    expect(await page.evaluate(() => window.ranOfPage)).toEqual([]);

    await clickOn(panel, '[data-tab=charts]');
    await panel.waitForSelector('.chart-line');
    const before = await textOf(panel, 'Charts');
    expect(before).not.toBe('');
    await grow(page, 200);
    const after = await counted(page);
    const shown = await eventually(
      'charts that follow',
      () =>
        panel.evaluate(() =>
          Object.fromEntries(
            [...document.querySelectorAll<HTMLElement>('.chart')].map((chart) => [
              chart.dataset['series'] ?? '',
              chart.querySelector('strong')?.textContent ?? '',
            ]),
          ),
        ),
      (charts) => charts['references'] === numberText(after.held),
    );
    expect(shown['functions']).toBe(numberText(321));
    expect(Number(shown['goroutines'])).toBeGreaterThan(320);
    expect(shown['memory']).toMatch(/MiB$/);
    expect(parseFloat(shown['heapInUse'] ?? '')).toBeGreaterThan(30);
    expect(Number(shown['collections'])).toBeGreaterThanOrEqual(3);
    expect(await textOf(panel, 'Cost of sampling')).toMatch(/samples; each keeps the page \d+\.\d\d ms/);
    await screenshot(`charts-${version}`);
  });
});

test('a page that was loaded before: the debugger finds the tables, and the Go functions', async () => {
  const url = `${server.url}/?version=1.27.3&family=references&case=leak&auto=1`;
  const beforeDevtools = (page: Page): Promise<void> => grow(page, 20);
  const options = { name: 'js references late', url, devtools: 'after-load', beforeDevtools } as const;
  await tested.inspect(options, async ({ panel, screenshot }) => {
    await panel.evaluate(() => window.goSession?.attachDebugger());
    await programReady(panel);
    await showPanelView(panel, 'heap');
    await panel.waitForSelector('[data-tab=references]');
    await clickOn(panel, '[data-tab=references]');
    await panel.waitForSelector('::-p-text(nothing leads to the tables)');
    await press(panel, 'Name with the debugger');
    const values = await eventually(
      'values',
      () => rowsOf(panel, 'reference-values'),
      (rows) => rows.length > 0,
    );
    const listeners = values.filter(([, type]) => type === 'js.Func').map(([, , text]) => text);
    expect(new Set(listeners)).toEqual(new Set(['main.grow', 'main.listen.func1']));
    expect(
      values.some(([, type, text]) => type === 'HTMLDivElement' && text === 'detached div.panel.gone'),
    ).toBe(true);
    expect(await textOf(panel, 'References')).toContain('js.Func not released21');
    await screenshot('references-late');
  });
});
