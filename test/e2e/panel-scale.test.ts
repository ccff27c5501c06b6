import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Recording } from '../../panel/recording-client.ts';
import type { ModuleState, SessionState, TrapState } from '../../src/session/state.ts';
import { launchPlainBrowser, openPanelPage, texts } from '../support/panel-browser.ts';
import type { PanelPageOptions } from '../support/panel-browser.ts';
import { servePanel } from '../support/panel-page.ts';
import type { PanelServer } from '../support/panel-page.ts';
import { recordedClient } from '../unit/panel/recording.ts';

// Large and hostile sessions: what is in the document must not grow with the data, and data must never become markup.

let browser: Browser;
let server: PanelServer;
const state = recordedClient().state();

beforeAll(async () => {
  [browser, server] = await Promise.all([launchPlainBrowser(), servePanel()]);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

async function withState(
  change: Partial<SessionState>,
  body: (page: Page) => Promise<void>,
  options?: PanelPageOptions,
): Promise<void> {
  const recording: Recording = {
    version: 1,
    state: { ...state, ...change },
    excerpts: [],
    pasted: [],
    texts: {},
  };
  server.add('made', recording);
  const panel = await openPanelPage(browser, server.url('made'), options);
  try {
    await body(panel.page);
    expect(panel.errors).toEqual([]);
  } finally {
    await panel.close();
  }
}

function firstTrap(): TrapState {
  const [trap] = state.traps;
  if (trap === undefined) throw new Error('the recording has no trap');
  return trap;
}

function manyTraps(): TrapState[] {
  return Array.from({ length: 100_000 }, (_, index) => ({
    ...firstTrap(),
    key: `t${String(index)}`,
    title: `panic: number ${String(index)}`,
    stack: null,
    otherStacks: [],
    text: '',
  }));
}

/** Holds back what observers of sizes are told until `tellSizes()`. */
const HELD_SIZES = `{
  const held = [];
  window.tellSizes = () => held.splice(0).forEach((tell) => tell());
  window.ResizeObserver = class extends window.ResizeObserver {
    constructor(told) {
      super((entries, observer) => held.push(() => told(entries, observer)));
    }
  };
}`;

function firstModule(): ModuleState {
  const [module] = state.modules;
  if (module === undefined) throw new Error('the recording has no module');
  return module;
}

const elements = (page: Page): Promise<number> => page.evaluate(() => document.querySelectorAll('*').length);

describe('scale', () => {
  test('100,000 traps: few rows in the document, any of them can be scrolled to', () => {
    const traps = manyTraps();
    return withState({ traps }, async (page) => {
      expect(await texts(page, '[data-tab=traps]')).toEqual(['Traps 100,000']);
      expect(await elements(page)).toBeLessThan(1500);
      const shown = async (part: string): Promise<string | undefined> =>
        (await texts(page, '[data-grid=traps] [data-column=title]')).find((text) => text.includes(part));
      await page.$eval('[data-grid=traps] .virtual-list', (list) => (list.scrollTop = 50_000 * 21));
      await page.waitForFunction(() =>
        document.querySelector('[data-grid=traps] .virtual-list-rows')?.textContent.includes('number 50000'),
      );
      expect(await shown('50000')).toBe('panic: number 50000');
      await page.focus('[data-grid=traps]');
      await page.keyboard.press('End');
      await page.waitForFunction(() =>
        document.querySelector('.trap-title')?.textContent.includes('number 99999'),
      );
      // The list scrolls to it as soon as its height is known.
      await expect
        .poll(() => texts(page, '[data-grid=traps] .grid-row[aria-selected=true] [data-column=title]'))
        .toEqual(['panic: number 99999']);
      // Filtering looks at them in slices; what was shown stays until all have been looked at.
      await page.type('.filter-box input', 'number 99999');
      await page.waitForFunction(
        () => document.querySelectorAll('[data-grid=traps] .grid-row [data-column=title]').length === 1,
      );
      expect(await shown('99999')).toBe('panic: number 99999');
      await page.$eval('.filter-box input', (input) => input.select());
      await page.keyboard.press('Backspace');
      await page.waitForFunction(
        () => document.querySelectorAll('[data-grid=traps] .grid-row [data-column=title]').length > 1,
      );
      // Every step of a long scroll finds rows under the pointer.
      for (let top = 2_000_000; top > 0; top -= 333_333) {
        await page.$eval('[data-grid=traps] .virtual-list', (list, to) => (list.scrollTop = to), top);
        await page.waitForFunction(() => {
          const list = document.querySelector('[data-grid=traps] .virtual-list')?.getBoundingClientRect();
          if (list === undefined) return false;
          return (
            document.elementFromPoint(list.left + 40, list.top + list.height / 2)?.closest('.grid-row') !=
            null
          );
        });
      }
    });
  });

  test('a list that is scrolled before the browser has said how high it is stays there', () =>
    withState(
      { traps: manyTraps() },
      async (page) => {
        const list = '[data-grid=traps] .virtual-list';
        const inView = (): Promise<string[]> => texts(page, `${list} [data-column=title]`);
        await page.$eval(list, (element) => (element.scrollTop = 50_000 * 21));
        await expect.poll(inView).toContain('panic: number 50000');
        const before = (await inView()).length;
        await page.evaluate('tellSizes()');
        // It is higher than what is taken for its height before: rows are drawn anew once it is known.
        await expect.poll(async () => (await inView()).length).not.toBe(before);
        expect(await inView()).toContain('panic: number 50000');
        expect(await page.$eval(list, (element) => element.scrollTop)).toBe(50_000 * 21);
      },
      { before: HELD_SIZES, height: 900 },
    ));

  test('10,000 functions in 2,000 packages: the treemap stays small', () => {
    const module = firstModule();
    if (module.report === null) throw new Error('the recording has no report');
    const packages = Array.from({ length: 2000 }, (_, index) => {
      const path = `github.com/org${String(index % 40)}/pkg${String(index)}`;
      const bytes = 500 + ((index * 7919) % 50_000);
      const largest = Array.from({ length: 5 }, (__, at) => ({
        name: `${path}.f${String(at)}`,
        bytes: bytes / 8,
      }));
      return { path, bytes, functions: 20, largest };
    });
    return withState({ modules: [{ ...module, report: { ...module.report, packages } }] }, async (page) => {
      await page.click('[data-tab=modules]');
      await page.click('[data-tab=size]');
      await page.waitForSelector('.box');
      expect((await page.$$('.box')).length).toBeLessThanOrEqual(500);
      expect(await elements(page)).toBeLessThan(3500);
      await page.click('[aria-label="Code by Go package, as a table"]');
      await page.waitForSelector('[data-grid=packages] .grid-row');
      expect(await elements(page)).toBeLessThan(1500);
    });
  });

  test('a stack of 40,000 frames', () => {
    const trap = firstTrap();
    const [frame] = (trap.stack?.frames ?? []).filter(({ fold }) => fold === null);
    if (trap.stack === null || frame === undefined) throw new Error('the recording has no stack');
    const frames = Array.from({ length: 40_000 }, (_, index) => ({ ...frame, line: index + 1 }));
    return withState({ traps: [{ ...trap, stack: { ...trap.stack, frames } }] }, async (page) => {
      await page.focus('[data-grid=stack]');
      await page.keyboard.press('End');
      await page.waitForFunction(() =>
        document.querySelector('[data-grid=stack] .virtual-list-rows')?.textContent.includes('grid.go:40000'),
      );
      expect(await elements(page)).toBeLessThan(1500);
    });
  });
});

describe('hostile text', () => {
  const markup = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
  const reversed = 'main\u202eog.niam\u2066';
  const huge = `main.${'x'.repeat(1_000_000)}`;

  test('markup, right-to-left marks and a name of a million letters are text, cut to a line', () => {
    const trap = firstTrap();
    const module = firstModule();
    const [frame] = (trap.stack?.frames ?? []).filter(({ fold }) => fold === null);
    if (trap.stack === null || frame === undefined || module.report === null)
      throw new Error('incomplete recording');
    const names = [markup, reversed, huge, 'שלום.עולם'];
    const frames = names.map((name) => ({
      ...frame,
      function: name,
      file: `${name}/f.go`,
      args: name,
      raw: name,
    }));
    const report = {
      ...module.report,
      goVersion: markup,
      notes: names,
      diagnostics: names,
      settings: names.map((value, index) => ({ key: String(index) + value.slice(0, 40), value })),
      packages: names.map((name) => ({
        path: name,
        bytes: 1000,
        functions: 1,
        largest: [{ name, bytes: 10 }],
      })),
    };
    const hostile: Partial<SessionState> = {
      traps: [
        {
          ...trap,
          title: huge,
          text: markup + huge,
          notes: names,
          surfaced: names,
          stack: { ...trap.stack, frames, note: markup, header: markup },
        },
        { ...trap, key: 'second', title: markup },
      ],
      modules: [{ ...module, name: markup, url: reversed, bytesFrom: huge, report }],
      instances: state.instances.map((instance) => ({ ...instance, label: markup })),
      tasks: [{ id: 1, title: huge, progress: null }],
      access: { ...state.access, notes: [markup, huge] },
    };
    return withState(hostile, async (page) => {
      for (const view of ['traps', 'modules']) {
        await page.click(`[data-tab=${view}]`);
        if (view === 'modules')
          for (const id of ['overview', 'size', 'settings']) await page.click(`.sub-tabs [data-tab=${id}]`);
        await page.click('[aria-label=Settings]');
        await page.click('[aria-label="Close the settings"]');
        expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
        expect(await page.$$('img, .view script')).toHaveLength(0);
      }
      await page.click('[data-tab=traps]');
      const shown = (await texts(page, '[data-grid=stack] .frame-function')) as [
        string,
        string,
        string,
        string,
      ];
      expect(shown[0].startsWith('<img src=x')).toBe(true);
      expect(shown[1]).toBe('main\\u{202e}og.niam\\u{2066}');
      expect(shown[2].length).toBeLessThan(600);
      expect(shown[3]).toBe('שלום.עולם');
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide).toBe(1200);
      const heights = await page.$$eval('[data-grid=stack] .grid-row', (rows) =>
        rows.map((row) => row.getBoundingClientRect().height),
      );
      expect(new Set(heights)).toEqual(new Set([21]));
    });
  });
});

describe('nothing to show', () => {
  const none = { modules: [], instances: [], traps: [], tasks: [] };

  test.each([
    ['no-wasm', 'No WebAssembly', 'Open .wasm file…'],
    ['not-go', 'No Go module', 'Open .wasm file…'],
    ['loaded-before', 'Loaded before DevTools opened', 'Reload with hook'],
    ['starting', 'Looking for WebAssembly', null],
  ] as const)('%s', (emptyReason, title, button) =>
    withState({ ...none, emptyReason }, async (page) => {
      expect(await texts(page, '.empty-title')).toEqual([title]);
      if (button !== null) expect(await texts(page, '.empty-actions button')).toContain(button);
      else expect(await texts(page, '.empty-actions button')).toEqual([]);
    }),
  );

  test('modules that were loaded before DevTools are listed, with what would show more', () =>
    withState({ ...none, modules: state.modules.slice(0, 1), emptyReason: 'loaded-before' }, async (page) => {
      expect(await texts(page, '[data-grid=modules] [data-column=name]')).toEqual(['app.wasm']);
      expect(await texts(page, '.infobar button')).toEqual(['Attach to the page', 'Reload with hook']);
      await page.click('[data-tab=traps]');
      expect(await texts(page, '.empty-title')).toHaveLength(1);
    }));

  test('a reload from an empty state reaches the session', () =>
    withState(
      {
        ...none,
        emptyReason: 'loaded-before',
        access: { ...state.access, active: ['resources'], debuggerAvailable: false },
      },
      async (page) => {
        await page.locator('.empty-actions ::-p-text(Reload with hook)').click();
        const calls = await page.evaluate(() => (window.goSession as unknown as { calls: unknown[] }).calls);
        expect(calls).toEqual([{ method: 'reload', args: [] }]);
      },
    ));
});
