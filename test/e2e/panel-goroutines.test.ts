import type { Page } from 'puppeteer-core';
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeadlockVerdict } from '../../src/protocol/goroutines.ts';
import type { MadeOptions } from '../support/made-goroutines.ts';
import { clientCalls, launchPlainBrowser, openPanelPage, texts } from '../support/panel-browser.ts';
import type { PanelPageOptions } from '../support/panel-browser.ts';
import { madeSessionScript, servePanel } from '../support/panel-page.ts';
import type { PanelServer } from '../support/panel-page.ts';

// The Goroutines view as a plain page, over made sessions of any size.

let browser: Browser;
let server: PanelServer;

beforeAll(async () => {
  [browser, server] = await Promise.all([
    launchPlainBrowser(),
    servePanel(),
    madeSessionScript({ count: 1 }),
  ]);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

/** Opens the view on a made session; it takes the first snapshot by itself. */
async function withGoroutines(
  options: MadeOptions,
  body: (page: Page) => Promise<void>,
  size: PanelPageOptions = {},
): Promise<void> {
  const before = await madeSessionScript(options);
  const panel = await openPanelPage(browser, server.url('life'), {
    width: 1280,
    height: 800,
    ...size,
    before,
  });
  try {
    await panel.page.click('[data-tab=goroutines]');
    await panel.page.waitForSelector('[data-grid=goroutines] .grid-row:not(.pending)');
    await body(panel.page);
    expect(panel.errors).toEqual([]);
  } finally {
    await panel.close();
  }
}

const cells = (page: Page, column: string): Promise<string[]> =>
  texts(page, `[data-grid=goroutines] [data-column=${column}]`);

const elements = (page: Page): Promise<number> => page.evaluate(() => document.querySelectorAll('*').length);

/** Waits until the header of the detail says so. */
const showsDetail = (page: Page, header: string): Promise<unknown> =>
  page.waitForFunction(
    (wanted) => document.querySelector('.goroutine-head h1')?.textContent === wanted,
    {},
    header,
  );

/** Waits until a row with this id is drawn. */
const showsRow = (page: Page, id: number): Promise<unknown> =>
  page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll('[data-grid=goroutines] [data-column=id]')].some(
        (cell) => cell.textContent === wanted,
      ),
    {},
    String(id),
  );

/** How often rows were asked for. */
const questions = async (page: Page): Promise<number> =>
  (await clientCalls(page)).filter(({ method }) => method === 'goroutines.rows').length;

const activeRow = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const id = document.activeElement?.getAttribute('aria-activedescendant') ?? '';
    return document.getElementById(id)?.querySelector('[data-column=id], .group-title')?.textContent ?? '';
  });

/** Holds the answers with rows back until it is told to let them go; from then on they come as always. */
async function holdRows(page: Page): Promise<() => Promise<void>> {
  await page.evaluate(() => {
    const goroutines = window.goSession?.goroutines;
    if (goroutines === undefined) throw new Error('no session');
    const ask = goroutines.rows.bind(goroutines);
    const held = new Promise<void>((resolve) => window.addEventListener('let-go', () => resolve()));
    Object.assign(goroutines, { rows: (...args: Parameters<typeof ask>) => held.then(() => ask(...args)) });
  });
  return () => page.evaluate(() => void window.dispatchEvent(new Event('let-go')));
}

/** From now on notes where the cursor goes. What it returns waits until that was more than 100 rows down. */
async function watchActiveRow(page: Page): Promise<() => Promise<unknown>> {
  const seen = await page.evaluateHandle(() => {
    const seen = { lowest: 0 };
    const grid = document.querySelector('[data-grid=goroutines]');
    if (grid === null) throw new Error('no list');
    new MutationObserver(() => {
      const at = Number(/\d+$/.exec(grid.getAttribute('aria-activedescendant') ?? '')?.[0]);
      seen.lowest = Math.max(seen.lowest, at);
    }).observe(grid, { attributeFilter: ['aria-activedescendant'] });
    return seen;
  });
  return () => page.waitForFunction(({ lowest }) => lowest > 100, {}, seen);
}

const groupBy = async (page: Page, value: string): Promise<void> => {
  await page.select('[aria-label=Goroutines] .toolbar-label select', value);
};

describe('100,000 goroutines', () => {
  test('any row can be scrolled to; few rows are in the document and few are asked for', () =>
    withGoroutines({ count: 100_000 }, async (page) => {
      expect(await texts(page, '[data-tab=goroutines]')).toEqual(['Goroutines 85,715']);
      expect(await elements(page)).toBeLessThan(1500);
      const list = '[data-grid=goroutines] .virtual-list';
      await page.$eval(list, (box) => (box.scrollTop = 50_000 * 21));
      // Every seventh is the runtime's: before number 58,334 there are 50,000 others.
      await showsRow(page, 58_334);
      const before = await questions(page);
      // A long scroll in 200 steps, as fast as the page draws them.
      await page.evaluate(async () => {
        const box = document.querySelector('[data-grid=goroutines] .virtual-list');
        for (let step = 0; box !== null && step < 200; step++) {
          box.scrollTop = step * 8000;
          await new Promise(requestAnimationFrame);
        }
      });
      await page.$eval(list, (box) => (box.scrollTop = box.scrollHeight));
      await showsRow(page, 99_999);
      expect(await elements(page)).toBeLessThan(1500);
      // The rows in view are in two pages at most; nothing else is asked for.
      expect((await questions(page)) - before).toBeLessThanOrEqual(2 * 201);
      const [longest] = (await clientCalls(page))
        .filter(({ method }) => method === 'goroutines.rows')
        .map(({ args }) => Number(args[3]))
        .sort((a, b) => b - a);
      expect(longest).toBe(100);
    }));

  test('End goes to the last row and shows it, Home to the first; the filter leaves what has all its words', () =>
    withGoroutines({ count: 100_000 }, async (page) => {
      await page.focus('[data-grid=goroutines]');
      await page.keyboard.press('End');
      await showsDetail(page, 'goroutine 100000 [running]');
      expect(await activeRow(page)).toBe('100000');
      await page.keyboard.press('Home');
      await showsDetail(page, 'goroutine 1 [chan send]');
      await page.keyboard.press('/');
      await page.keyboard.type('hub 99997');
      await page.waitForFunction(
        () => document.querySelectorAll('[data-grid=goroutines] .grid-row').length === 1,
      );
      expect(await cells(page, 'id')).toEqual(['99997']);
      expect(await texts(page, '.facts')).toEqual([expect.stringContaining('1 of 100,000 goroutines')]);
      // The one that was chosen is not among the rows and stays in the detail.
      await showsDetail(page, 'goroutine 1 [chan send]');
      await page.keyboard.press('Escape');
      await showsRow(page, 1);
    }));

  test('groups open and close with the arrows; from a member to its group, however far', () =>
    withGoroutines({ count: 100_000 }, async (page) => {
      await groupBy(page, 'state');
      await page.waitForSelector('[data-grid=goroutines][role=treegrid] .group-row');
      const groups = await texts(page, '.group-row .group-count');
      expect(groups).toHaveLength(6);
      expect(groups.map((text) => Number(text.replace(',', ''))).reduce((sum, n) => sum + n)).toBe(85_715);
      await page.focus('[data-grid=goroutines]');
      await page.keyboard.press('Home');
      const first = await activeRow(page);
      // A group shows the first of its goroutines.
      await page.waitForSelector('.group-head');
      await page.waitForSelector('.goroutine-head h1');
      await page.keyboard.press('ArrowRight');
      await page.waitForSelector('[data-grid=goroutines] [aria-level="2"]');
      await page.keyboard.press('ArrowRight');
      expect(
        await page.$$eval('.group-row', (rows) => rows.map((row) => row.getAttribute('aria-expanded'))),
      ).toEqual(['true']);
      for (let step = 0; step < 20; step++) await page.keyboard.press('PageDown');
      await page.waitForFunction(() => document.querySelector('.group-row') === null);
      await page.keyboard.press('ArrowLeft');
      await page.waitForSelector('.group-row[aria-selected=true]');
      expect(await activeRow(page)).toBe(first);
      await page.keyboard.press('ArrowLeft');
      await page.waitForFunction(() => document.querySelectorAll('.group-row').length === 6);
    }));

  test('keys that are pressed before the rows are there do what they do after', () =>
    withGoroutines({ count: 100_000 }, async (page) => {
      await groupBy(page, 'state');
      await page.waitForSelector('[data-grid=goroutines][role=treegrid] .group-row');
      await page.focus('[data-grid=goroutines]');
      await page.keyboard.press('Home');
      const first = await activeRow(page);
      const letGo = await holdRows(page);
      const wasFarDown = await watchActiveRow(page);
      // Opens the group, goes to its first member, far down, and back to the group.
      const keys = [
        'ArrowRight',
        'ArrowRight',
        ...Array<'PageDown'>(20).fill('PageDown'),
        'ArrowLeft',
      ] as const;
      for (const key of keys) await page.keyboard.press(key);
      await letGo();
      // It looks so after the first key, too: that the last has been handled is seen by where the cursor has been.
      await wasFarDown();
      await page.waitForSelector('.group-row[aria-selected=true][aria-expanded=true]');
      expect(await activeRow(page)).toBe(first);
      expect(await page.$$('.group-row')).toHaveLength(1);
    }));
});

test('columns sort; the choice, the grouping and the toggles outlive the view', () =>
  withGoroutines({ count: 50 }, async (page) => {
    await page.locator('[role=columnheader] ::-p-text(Waiting)').click();
    await page.waitForFunction(
      () => document.querySelector('[data-grid=goroutines] [data-column=waiting]')?.textContent === '≈ 45 s',
    );
    await page.locator('[data-kind=running]').click();
    await page.waitForFunction(() =>
      [...document.querySelectorAll('[data-grid=goroutines] [data-column=state]')].every(
        (cell) => cell.textContent === 'running',
      ),
    );
    await page.locator('[data-kind=running]').click();
    await page.waitForFunction(() =>
      [...document.querySelectorAll('[data-grid=goroutines] [data-column=state]')].every(
        (cell) => cell.textContent !== 'running',
      ),
    );
    // Those of the runtime are hidden until they are asked for, and counted.
    expect(await texts(page, '.facts')).toEqual([expect.stringContaining('7 system')]);
    expect(await cells(page, 'state')).not.toContain('force gc (idle)');
    await page.locator('[data-kind=user]').click();
    await page.waitForFunction(() =>
      document.querySelector('[data-grid=goroutines]')?.textContent.includes('force gc (idle)'),
    );
    await page.click('[data-tab=modules]');
    await page.click('[data-tab=goroutines]');
    await page.waitForSelector('[data-grid=goroutines] .grid-row');
    expect(await page.$eval('[data-kind=user]', (pill) => pill.getAttribute('aria-pressed'))).toBe('mixed');
    expect(await page.$eval('[data-kind=running]', (pill) => pill.className)).toContain('without');
  }));

describe('snapshots', () => {
  test('refresh keeps the goroutine that was chosen; a pinned one is compared with', () =>
    withGoroutines({ count: 300 }, async (page) => {
      await page.locator('[data-grid=goroutines] [data-column=id] ::-p-text(17)').click();
      await showsDetail(page, 'goroutine 17 [sleep]');
      await page.select('[aria-label=Snapshots] .toolbar-label select', 's1');
      await page.click('[aria-label=Refresh]');
      await page.waitForSelector('[data-column=change]');
      // The counts come with the rows of the newer snapshot; until then the rows of the one before are shown.
      await expect
        .poll(() => texts(page, '[data-change]'))
        .toEqual(['new 9', 'gone 4', 'moved 21', 'stuck (leak candidates) 211']);
      await expect
        .poll(() => texts(page, '[data-grid=goroutines] [aria-selected=true] [data-column=id]'))
        .toEqual(['17']);
      await showsDetail(page, 'goroutine 17 [sleep]');
      await page.click('[data-change=gone]');
      await page.waitForFunction(() =>
        [...document.querySelectorAll('[data-grid=goroutines] .grid-row')].every((row) =>
          row.classList.contains('gone'),
        ),
      );
      expect(await cells(page, 'id')).toEqual(['5', '10', '15', '25']);
      // One that is gone is shown as it was.
      await page.locator('[data-grid=goroutines] [data-column=id] ::-p-text(15)').click();
      await showsDetail(page, 'goroutine 15 [chan send]');
      await page.click('[data-change=new]');
      await page.waitForFunction(
        () => document.querySelectorAll('[data-grid=goroutines] .grid-row').length === 13,
      );
      expect(await texts(page, '[aria-label=Snapshot] option')).toEqual([
        '#2 12:04:32 · 305',
        '#1 12:04:31 · 300 · pinned',
      ]);
      // Groups count their changes.
      await groupBy(page, 'state');
      await page.waitForSelector('.group-row .badge.change');
      await page.click('[aria-label="Drop this snapshot"]');
      await page.waitForFunction(
        () => document.querySelector<HTMLSelectElement>('[aria-label=Snapshot]')?.value === 's1',
      );
    }));
});

test('the view refreshes by itself only when it is told to', () =>
  withGoroutines({ count: 20 }, async (page) => {
    const taken = async (): Promise<number> =>
      (await clientCalls(page)).filter(({ method }) => method === 'goroutines.take').length;
    const shows = (label: string): Promise<unknown> =>
      page.waitForFunction(
        (wanted) => document.querySelector('[aria-label=Snapshot]')?.textContent.includes(wanted),
        {},
        label,
      );
    expect(
      await page.$eval('[aria-label=Auto-refresh]', (select) => select.getAttribute('value')),
    ).toBeNull();
    expect(await taken()).toBe(1);
    await page.select('[aria-label=Auto-refresh]', '1');
    await shows('#3');
    await page.select('[aria-label=Auto-refresh]', '0');
    const before = await taken();
    await page.click('[data-tab=modules]');
    await page.click('[data-tab=goroutines]');
    await page.waitForSelector('[data-grid=goroutines] .grid-row:not(.pending)');
    expect(await taken()).toBe(before);
  }));

describe('one goroutine', () => {
  test('its stack, what it waits on and who else does; links and back and forward', () =>
    withGoroutines({ count: 300 }, async (page) => {
      await page.locator('[data-grid=goroutines] [data-column=id] ::-p-text(21)').click();
      await showsDetail(page, 'goroutine 21 [chan receive]');
      expect(await texts(page, '[data-grid=stack] [data-column=function]')).toEqual([
        '2 runtime frames',
        'main.worker(0xc000012120)',
        'main.main.func1()',
      ]);
      // Beside the words: names and types from the source, and why there are none.
      await page.waitForSelector('table.frame-arguments');
      expect(await texts(page, '[data-grid=stack] [data-column=arguments]')).toEqual([
        '',
        'jobs = 0xc000012120 (0 of 8), name = "resize"?',
        '',
      ]);
      expect(await texts(page, 'table.frame-arguments tr')).toEqual([
        'jobs<-chan main.job0xc000012120 (0 of 8)',
        'namestring"resize" the place was used for something else',
      ]);
      await page.click('.created-by button');
      await showsDetail(page, 'goroutine 1 [chan send]');
      await page.click('[data-tab=waits]');
      await page.waitForSelector('[data-grid=waiters] .grid-row');
      expect((await texts(page, '[data-grid=waiters] [data-column=goroutine]')).slice(0, 3)).toEqual([
        'Senders 43',
        '1 chan send',
        '8 chan send',
      ]);
      await page.focus('[data-grid=waiters]');
      await page.keyboard.press('Home');
      for (const key of ['ArrowDown', 'ArrowDown', 'Enter'] as const) await page.keyboard.press(key);
      await showsDetail(page, 'goroutine 8 [chan send]');
      await page.click('[aria-label="Back (Alt+←)"]');
      await page.waitForSelector('[data-grid=waiters]');
      await showsDetail(page, 'goroutine 1 [chan send]');
      await page.click('[aria-label="Back (Alt+←)"]');
      await page.click('[aria-label="Back (Alt+←)"]');
      await showsDetail(page, 'goroutine 21 [chan receive]');
      await page.click('[aria-label="Forward (Alt+→)"]');
      await showsDetail(page, 'goroutine 1 [chan send]');
    }));

  test('the arms of a select are listed; each leads to its channel', () =>
    withGoroutines({ count: 50 }, async (page) => {
      await page.locator('[data-grid=goroutines] [data-column=state] ::-p-text(select)').click();
      // Until its stack is read, another one is shown or none.
      await showsDetail(page, 'goroutine 2 [select]');
      await page.click('[data-tab=waits]');
      await page.waitForSelector('.wait-object');
      expect(await texts(page, '.wait-targets li')).toEqual([
        'select arm: receive from select (2 arms)',
        'select arm: send to chan<- int 0xc000108180',
      ]);
      await page.click('.wait-targets .link');
      await page.waitForFunction(() =>
        document.querySelector('.wait-object')?.textContent.includes('0xc000108180'),
      );
    }));

  test('Control and C copies it as Go prints it', () =>
    withGoroutines({ count: 50 }, async (page) => {
      await page.evaluate(() =>
        document.addEventListener('copy', () => {
          const area = document.activeElement;
          document.body.dataset['copied'] = area instanceof HTMLTextAreaElement ? area.value : '';
        }),
      );
      await page.focus('[data-grid=goroutines]');
      await page.keyboard.down('Control');
      await page.keyboard.press('c');
      await page.keyboard.up('Control');
      await page.waitForFunction(() => document.body.dataset['copied'] !== undefined);
      expect(await page.evaluate(() => document.body.dataset['copied'])).toMatch(
        /^goroutine 1 \[chan send\]:\n[^]*\ncreated by main\.main in goroutine 1\n/,
      );
      await page.click('[aria-label="Copy as Go traceback"]');
      await page.waitForFunction(() => document.body.dataset['copied']?.includes('goroutine 2 [') === true);
    }));
});

describe('a program that cannot go on', () => {
  const verdict: DeadlockVerdict = {
    kind: 'blocked',
    text: 'All 43 user goroutines are blocked (waiting for events, or deadlocked).',
    why: ['JavaScript refers to a callback of the program: an event could wake it.'],
    edges: [
      {
        from: { key: 'g7', id: 7 },
        on: {
          kind: 'channel',
          address: 0xc000108060,
          text: 'chan main.job 0xc000108060',
          direction: 'receive',
          select: false,
          confidence: { kind: 'exact' },
        },
        to: [{ key: 'g8', id: 8 }],
      },
    ],
    blockedCallbacks: [
      { key: 'g9', id: 9, text: 'blocks inside a js.FuncOf callback: start a goroutine in it.' },
    ],
  };

  test('says so, why, who waits for whom, and names the callback that blocks', () =>
    withGoroutines({ count: 50, verdict }, async (page) => {
      expect(await texts(page, '.verdict-text')).toEqual([verdict.text]);
      expect(await texts(page, '.verdict-callbacks li')).toEqual([
        'goroutine 9 blocks inside a js.FuncOf callback: start a goroutine in it.',
      ]);
      expect(await page.$('.wait-picture')).toBeNull();
      await page.click('.verdict-line');
      expect(await texts(page, '.wait-picture tbody td')).toEqual([
        'goroutine 7',
        'chan main.job 0xc000108060',
        'goroutine 8',
      ]);
      await page.click('.wait-picture tbody td:nth-child(2) button');
      await showsDetail(page, 'goroutine 7 [chan receive]');
      await page.waitForSelector('[data-grid=waiters]');
      await page.click('.verdict-callbacks button');
      await showsDetail(page, 'goroutine 9 [select]');
    }));

  test('a program that runs has no banner', () =>
    withGoroutines(
      { count: 50, verdict: { ...verdict, kind: 'runs', blockedCallbacks: [] } },
      async (page) => {
        expect(await page.$('.verdict')).toBeNull();
      },
    ));
});

test.each([
  ['light', 1280],
  ['dark', 1280],
  ['light', 700],
] as const)('%s at %i pixels: nothing sticks out, and what can be pressed has a name', (theme, width) =>
  withGoroutines(
    { count: 50 },
    async (page) => {
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      const nameless = await page.$$eval('button, select, input, [role=grid], [role=treegrid]', (all) =>
        all
          .filter(
            (element) =>
              element.textContent.trim() === '' &&
              !element.hasAttribute('aria-label') &&
              element.closest('label') === null,
          )
          .map((element) => element.outerHTML),
      );
      expect(nameless).toEqual([]);
      const heights = await page.$$eval('[data-grid=goroutines] .grid-row', (rows) =>
        rows.map((row) => row.getBoundingClientRect().height),
      );
      expect(new Set(heights)).toEqual(new Set([21]));
    },
    { theme, width },
  ),
);
