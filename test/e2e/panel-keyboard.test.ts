import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientCalls, launchPlainBrowser, openPanelPage, texts } from '../support/panel-browser.ts';
import type { PanelPage } from '../support/panel-browser.ts';
import { servePanel } from '../support/panel-page.ts';
import type { PanelServer } from '../support/panel-page.ts';

// Everything in the panel without a mouse.

let browser: Browser;
let server: PanelServer;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchPlainBrowser(), servePanel()]);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

async function withKeys(
  body: (page: Page, press: (...keys: string[]) => Promise<void>) => Promise<void>,
): Promise<void> {
  const panel: PanelPage = await openPanelPage(browser, server.url('life'));
  const { keyboard } = panel.page;
  const press = async (...keys: string[]): Promise<void> => {
    for (const key of keys) {
      const parts = key.split('+');
      const last = parts.pop() ?? '';
      for (const modifier of parts) await keyboard.down(modifier as 'Alt');
      await keyboard.press(last as 'Enter');
      for (const modifier of parts.reverse()) await keyboard.up(modifier as 'Alt');
    }
  };
  try {
    await body(panel.page, press);
    expect(panel.errors).toEqual([]);
  } finally {
    await panel.close();
  }
}

/** Text of the row that `aria-activedescendant` of the focused element names. */
const activeRow = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const id = document.activeElement?.getAttribute('aria-activedescendant') ?? '';
    return document.getElementById(id)?.textContent ?? '';
  });

const focused = (page: Page): Promise<string> =>
  page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');

test('slash goes to the filter, Escape empties it and goes to the list', () =>
  withKeys(async (page, press) => {
    await press('/');
    expect(await focused(page)).toBe('Filter traps');
    await page.keyboard.type('bounds/?');
    expect(await texts(page, '[data-grid=traps] .grid-row')).toEqual([]);
    await press('Escape');
    expect(await texts(page, '[data-grid=traps] .grid-row')).toHaveLength(2);
    await press('Escape');
    expect(await focused(page)).toBe('Traps');
  }));

test('a key counts as soon as the panel is drawn', async () => {
  const panel = await openPanelPage(browser, server.url('life'), {
    before: `new MutationObserver((_, observer) => {
      if (document.querySelector('.shell') === null) return;
      observer.disconnect();
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '?', bubbles: true }));
    }).observe(document, { childList: true, subtree: true })`,
  });
  try {
    await panel.page.waitForSelector('dialog[open]');
  } finally {
    await panel.close();
  }
});

test('arrows walk the list of traps and the stack; right and left open and close folded frames', () =>
  withKeys(async (page, press) => {
    await press('/', 'Escape', 'ArrowDown');
    expect(await activeRow(page)).toContain('memory access out of bounds');
    expect((await texts(page, '.trap-title h1'))[0]).toContain('memory access out of bounds');
    await press('Home');
    await page.focus('[data-grid=stack]');
    expect(await activeRow(page)).toContain('(*Grid).At');
    await press('ArrowUp');
    expect(await activeRow(page)).toContain('5 runtime frames');
    await press('ArrowRight');
    expect(await texts(page, '.grid-row.folded')).toHaveLength(5);
    await press('ArrowRight', 'ArrowDown');
    expect(await activeRow(page)).toContain('runtime.exit');
    await press('ArrowLeft');
    expect(await activeRow(page)).toContain('5 runtime frames');
    await press('ArrowLeft');
    expect(await texts(page, '.grid-row.folded')).toHaveLength(0);
    await press('End');
    expect(await activeRow(page)).toContain('3 runtime frames');
  }));

test('Enter opens the frame in Sources; Control and C copies the chosen frames', () =>
  withKeys(async (page, press) => {
    await page.evaluate(() =>
      document.addEventListener('copy', () => {
        const area = document.activeElement;
        document.body.dataset['copied'] = area instanceof HTMLTextAreaElement ? area.value : '';
      }),
    );
    await page.focus('[data-grid=stack]');
    await press('Enter');
    expect(await clientCalls(page)).toContainEqual({
      method: 'openSource',
      args: ['m1', 'example.com/life/grid/grid.go', 41],
    });
    await press('Shift+ArrowDown', 'Control+c');
    expect(await page.evaluate(() => document.body.dataset['copied'])).toBe(
      'example.com/life/grid.(*Grid).At(...)\n\texample.com/life/grid/grid.go:41\n' +
        'example.com/life/grid.(*Grid).Step(0xc000110000)\n\texample.com/life/grid/grid.go:67 +0x12\n',
    );
    expect(await focused(page)).toContain('Stack');
  }));

test('tabs move with the arrows; Alt and an arrow goes back and forward', () =>
  withKeys(async (page, press) => {
    await page.focus('[data-tab=traps]');
    await press('ArrowLeft');
    await page.waitForSelector('[data-grid=modules]');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-tab'))).toBe('modules');
    await press('Alt+ArrowLeft');
    await page.waitForSelector('[data-grid=traps]');
    await press('Alt+ArrowRight');
    await page.waitForSelector('[data-grid=modules]');
  }));

test('the treemap is walked with arrows, Enter zooms in and Escape out', () =>
  withKeys(async (page, press) => {
    await page.click('[data-tab=modules]');
    await page.click('[data-tab=size]');
    await page.waitForSelector('.box');
    await page.focus('.treemap-picture');
    await press('ArrowRight');
    const first = await activeRow(page);
    await press('ArrowRight');
    expect(await activeRow(page)).not.toBe(first);
    await press('Enter');
    await page.waitForFunction(() => document.querySelectorAll('.treemap-path .link').length > 0);
    while ((await page.$$('.treemap-path .link')).length > 0) await press('Escape');
    expect((await texts(page, '.treemap-path'))[0]).toMatch(/^All code/);
  }));

test('the question mark lists the keys; Escape closes dialogs and settings', () =>
  withKeys(async (page, press) => {
    await press('?');
    await page.waitForSelector('dialog[open]');
    await press('Escape');
    await page.waitForFunction(() => document.querySelector('dialog') === null);
    await page.click('[aria-label=Settings]');
    await page.waitForSelector('.settings');
    await press('Escape');
    await page.waitForFunction(() => document.querySelector('.settings') === null);
  }));

test('borders between panes move with the arrows', () =>
  withKeys(async (page, press) => {
    const width = (): Promise<number> =>
      page.$eval('[data-grid=traps]', (grid) => grid.getBoundingClientRect().width);
    const before = await width();
    await page.focus('[aria-label="Width of the list of traps"]');
    await press('ArrowRight', 'ArrowRight');
    expect(await width()).toBeGreaterThan(before + 15);
  }));

test('everything that can be pressed has a name', () =>
  withKeys(async (page) => {
    for (const view of ['traps', 'modules']) {
      await page.click(`[data-tab=${view}]`);
      const nameless = await page.$$eval('button, select, input, [role=grid], [role=treegrid]', (elements) =>
        elements
          .filter(
            (element) =>
              element.textContent.trim() === '' &&
              !element.hasAttribute('aria-label') &&
              element.closest('label') === null,
          )
          .map((element) => element.outerHTML),
      );
      expect(nameless).toEqual([]);
    }
  }));
