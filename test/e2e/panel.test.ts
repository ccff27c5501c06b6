import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientCalls, launchPlainBrowser, openPanelPage, texts } from '../support/panel-browser.ts';
import type { PanelPageOptions } from '../support/panel-browser.ts';
import { servePanel } from '../support/panel-page.ts';
import type { PanelServer } from '../support/panel-page.ts';
import { recordedClient } from '../unit/panel/recording.ts';
import { typeInto } from '../support/type-into.ts';

// The panel as a plain page with a recorded session: no extension, no DevTools.

let browser: Browser;
let server: PanelServer;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchPlainBrowser(), servePanel()]);
});
afterAll(async () => {
  await browser.close();
  await server.close();
});

async function withPanel(
  body: (page: Page) => Promise<void>,
  recording = 'life',
  options: PanelPageOptions = {},
): Promise<void> {
  const panel = await openPanelPage(browser, server.url(recording), options);
  try {
    await body(panel.page);
    expect(panel.errors).toEqual([]);
  } finally {
    await panel.close();
  }
}

const tab = (page: Page, id: string): Promise<void> => page.click(`[data-tab="${id}"]`);

describe('Traps', () => {
  test('the newest trap with its stack, runtime frames folded, and the source of the innermost Go frame', () =>
    withPanel(async (page) => {
      expect(await texts(page, '.trap-title h1')).toEqual([
        'panic: runtime error: index out of range [512] with length 512',
      ]);
      expect(await texts(page, '[data-grid=stack] [data-column=function]')).toEqual([
        '5 runtime frames',
        'example.com/life/grid.(*Grid).At(...)inlined',
        'example.com/life/grid.(*Grid).Step(0xc000110000)',
        'main.tick[...](0xc000110000, 0x3fe0000000000000)',
        'main.main.func1({0x0, 0x0}, {0xc000010200, 0x1, 0x1})',
        '3 runtime frames',
      ]);
      expect(await texts(page, '[data-grid=stack] [data-column=location]')).toEqual([
        '',
        'grid.go:41',
        'grid.go:67',
        'main.go:52-54',
        'main.go:31',
        '',
      ]);
      await page.waitForSelector('.excerpt-line.here');
      expect(await texts(page, '.excerpt-line.here')).toEqual(['41\treturn g.cells[y*g.W+x]']);
    }));

  test('a folded run opens to its frames; without folding there is none', () =>
    withPanel(async (page) => {
      await page.click('.grid-row.fold .grid-twisty');
      expect((await texts(page, '.grid-row.folded [data-column=function]'))[1]).toContain(
        'runtime.exit(...)',
      );
      await page.locator('::-p-text(Fold runtime)').click();
      await page.waitForFunction(() => document.querySelector('.grid-row.fold') === null);
      expect((await texts(page, '[data-grid=stack] .grid-row')).length).toBe(12);
    }));

  test('file:line opens Sources; a file that is not there is named, with what was tried', () =>
    withPanel(async (page) => {
      await page.locator('[data-grid=stack] a ::-p-text(grid.go:41)').click();
      await page.locator('[data-grid=stack] a ::-p-text(main.go:31)').click();
      await page.waitForSelector('.missing-source');
      expect((await texts(page, '.missing-source')).join('\n')).toContain(
        'Sources has no example.com/life/cmd/app/main.go:31',
      );
      expect((await texts(page, '.missing-source')).join('\n')).toContain(
        'http://localhost:8080/cmd/app/main.go',
      );
      const opened = (await clientCalls(page)).filter(({ method }) => method === 'openSource');
      expect(opened.map(({ args }) => args)).toEqual([
        ['m1', 'example.com/life/grid/grid.go', 41],
        ['m1', 'example.com/life/cmd/app/main.go', 31],
      ]);
    }));

  test('a place that is not exact says why; a range is shown as one', () =>
    withPanel(async (page) => {
      const range = await page.$eval('[data-grid=stack] a.range', (link) => link.getAttribute('data-tip'));
      expect(range).toMatch(/main\.go:52-54\nrange: the call has no return PC/);
      await page.locator('[data-grid=traps] ::-p-text(memory access out of bounds)').click();
      await page.waitForSelector('[data-grid=stack] a.inferred');
      expect(await texts(page, '.created-by')).toEqual([
        'created bymain.startIndexerin goroutine 1worker.go:88',
      ]);
    }));

  test('the other stacks of the same death are tabs', () =>
    withPanel(async (page) => {
      expect(await texts(page, '.stack-bar [role=tab]')).toEqual(['Go stack', 'JavaScript', 'Go text']);
      await page.locator('.stack-bar ::-p-text(JavaScript)').click();
      await page.waitForFunction(() => document.querySelectorAll('.grid-row.fold').length === 2);
      expect((await texts(page, '.grid-row.fold')).at(-1)).toContain('4 glue frames');
    }));

  test('copying gives Go’s traceback and Markdown', () =>
    withPanel(async (page) => {
      await page.evaluate(() =>
        document.addEventListener('copy', () => {
          document.body.dataset['copied'] = getSelectionText();
          function getSelectionText(): string {
            const area = document.activeElement;
            return area instanceof HTMLTextAreaElement ? area.value : '';
          }
        }),
      );
      await page.click('[aria-label="Copy as Go traceback"]');
      await page.locator('::-p-text(Copied)').wait();
      expect(await page.evaluate(() => document.body.dataset['copied'])).toMatch(
        /^panic: runtime error: index/,
      );
      await page.click('[aria-label="Copy as Markdown, for an issue"]');
      await page.waitForFunction(() => document.body.dataset['copied']?.startsWith('```'));
    }));

  test('pasted text becomes an entry with its stack', () =>
    withPanel(async (page) => {
      await page.locator('::-p-text(Paste a stack…)').click();
      await page.waitForSelector('dialog[open] textarea');
      await page.keyboard.type('nothing of the kind');
      await page.locator('dialog ::-p-text(Symbolize)').click();
      await page.waitForSelector('.paste-failure');
      await page.keyboard.press('Tab');
      await typeInto(
        page,
        'dialog textarea',
        'RuntimeError: unreachable\n  at x (wasm-function[3105]:0x2f4c1a)',
      );
      await page.locator('dialog ::-p-text(Symbolize)').click();
      await page.waitForFunction(() => document.querySelector('dialog') === null);
      expect(await texts(page, '.trap-title h1')).toEqual(['RuntimeError: unreachable']);
      expect((await texts(page, '[data-grid=stack] [data-column=location]')).at(-1)).toBe('grid.go:67');
      expect(await texts(page, '[data-tab=traps]')).toEqual(['Traps 3']);
    }));

  test('the filter finds by function and says when nothing matches', () =>
    withPanel(async (page) => {
      await typeInto(page, '[data-filter]', 'startIndexer');
      await page.waitForFunction(() => document.querySelectorAll('[data-grid=traps] .grid-row').length === 1);
      await typeInto(page, '[data-filter]', 'no such thing');
      await page.locator('::-p-text(No trap matches the filter.)').wait();
    }));

  test('a function leads to its package in Modules, and back again', () =>
    withPanel(async (page) => {
      await page.locator('.frame-bar button ::-p-text(example.com/life/grid.(*Grid).At)').click();
      await page.waitForSelector('.treemap-path');
      expect((await texts(page, '.treemap-path')).join('')).toContain('Program / example.com/life / grid');
      await page.click('[aria-label="Back (Alt+←)"]');
      await page.waitForSelector('[data-grid=stack]');
    }));
});

describe('Modules', () => {
  test('toolchain, module path, dependencies, settings and where it is from', () =>
    withPanel(async (page) => {
      await tab(page, 'modules');
      const overview = (await texts(page, '.field')).join('\n');
      for (const line of [
        'ToolchainGo go1.26.10',
        'Module pathexample.com/life v0.4.2-0.20261014093122-7c1d0e6b2f4a',
        'pclntab5,090 functions, 38,412 call sites, 94 % of call instructions exact',
        'Bytesnetwork log · proved to be the running module',
      ])
        expect(overview).toContain(line);
      expect(await texts(page, '.startup tr')).toEqual([
        'Fetch76 ms',
        'Compile128 ms',
        'Instantiate8.2 ms',
        'To first Go code13 ms',
        'Total151 ms',
      ]);
      await tab(page, 'dependencies');
      expect((await texts(page, '.grid-row.replaced')).join('')).toContain(
        'github.com/example/image v0.31.1-patched',
      );
      await tab(page, 'settings');
      expect((await texts(page, '[data-grid=settings] .grid-row')).join(' ')).toContain('-ldflags-s -w');
    }));

  test('the treemap zooms in and out; its table has the same packages', () =>
    withPanel(async (page) => {
      await tab(page, 'modules');
      await tab(page, 'size');
      await page.waitForSelector('.box');
      await page.locator('.box.open ::-p-text(Dependencies)').click();
      await page.waitForFunction(() =>
        document.querySelector('.treemap-path')?.textContent.includes('/ Dependencies'),
      );
      await page.locator('.treemap-path ::-p-text(All code)').click();
      await page.click('[aria-label="Code by Go package, as a table"]');
      expect((await texts(page, '[data-grid=packages] [data-column=name]'))[0]).toBe('runtime');
      await page.click('[aria-label="Sections of the wasm file"]');
      expect((await texts(page, '[data-grid=sections] .grid-row')).join('\n')).toContain(
        'Code0x56213.3 MB68 %',
      );
    }));

  test('a module that failed says why with section and offset; others stay', () =>
    withPanel(async (page) => {
      await tab(page, 'modules');
      await page.locator('[data-grid=modules] ::-p-text(broken.wasm)').click();
      await page.waitForSelector('.empty-error');
      expect((await texts(page, '.empty-error'))[0]).toContain('Code section at offset 0x5621');
      await page.locator('[data-grid=modules] ::-p-text(esbuild.wasm)').click();
      await page.waitForFunction(() => document.body.textContent.includes('pclntab at offset 0x9c1f20'));
      expect((await texts(page, '.field')).join('\n')).toContain('not proved to be the running module');
    }));

  test('an instance narrows both views', () =>
    withPanel(async (page) => {
      await page.select('[aria-label=Instance]', 'i2');
      expect(await texts(page, '[data-tab=traps]')).toEqual(['Traps 1']);
      await tab(page, 'modules');
      expect(await texts(page, '[data-grid=modules] [data-column=name]')).toEqual(['search.wasm']);
    }));
});

describe('Shell', () => {
  test('the site is asked for inside the click; a level that is refused says why', () =>
    withPanel(async (page) => {
      await page.click('[aria-label=Settings]');
      const inClick = await page.evaluate(() => {
        const button = [...document.querySelectorAll('button')].find((one) =>
          one.textContent.startsWith('Always hook'),
        );
        const session = window.goSession as unknown as { calls: { method: string }[] };
        button?.click();
        return session.calls.some(({ method }) => method === 'requestSite');
      });
      expect(inClick).toBe(true);
      await page.locator('::-p-text(Forget http://localhost:8080)').wait();
    }));

  test('settings reach the session', () =>
    withPanel(async (page) => {
      await page.click('[aria-label=Settings]');
      await page.locator('::-p-text(Keep what the Go runtime prints)').click();
      await page.locator('::-p-text(Add a root)').click();
      await typeInto(page, '[aria-label="Path prefix in the symbols"]', 'example.com/life/');
      // What the session changes meanwhile draws the settings anew; what is typed stays.
      await page.evaluate(() => window.goSession?.setSettings({ ignoreStandard: false }));
      await page.waitForFunction(() =>
        [...document.querySelectorAll('label')].some(
          ({ textContent, control }) =>
            textContent.startsWith('Leave the standard library out') &&
            control instanceof HTMLInputElement &&
            !control.checked,
        ),
      );
      await page.keyboard.press('Tab');
      const changes = (await clientCalls(page)).filter(({ method }) => method === 'setSettings');
      expect(changes.map(({ args }) => args[0])).toEqual([
        { captureText: false },
        { sourceRoots: [{ from: '', to: '' }] },
        { ignoreStandard: false },
        { sourceRoots: [{ from: 'example.com/life/', to: '' }] },
      ]);
    }));

  test('a tip shows after a rest of the pointer or the focus, and Escape hides it', () =>
    withPanel(async (page) => {
      await page.hover('[aria-label="Copy as Go traceback"]');
      await page.waitForSelector('[role=tooltip]');
      expect(await texts(page, '[role=tooltip]')).toEqual(['Copy as Go traceback']);
      // The source comes when it comes, and is scrolled to its line: elsewhere.
      await page.waitForSelector('.excerpt');
      await page.$eval('.excerpt', (box) => box.dispatchEvent(new Event('scroll')));
      expect(await texts(page, '[role=tooltip]')).toEqual(['Copy as Go traceback']);
      await page.keyboard.press('Escape');
      await page.waitForFunction(() => document.querySelector('[role=tooltip]') === null);
      // What moves under a resting pointer is no more than told of: a tip waits for the pointer to move.
      await page.$eval('[aria-label="Copy as Markdown, for an issue"]', (button) =>
        button.dispatchEvent(new MouseEvent('mouseover', { bubbles: true })),
      );
      await new Promise((resolve) => setTimeout(resolve, 1000));
      expect(await texts(page, '[role=tooltip]')).toEqual([]);
      await page.focus('[data-filter]');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.waitForSelector('[role=tooltip]');
      const inside = await page.$eval('[role=tooltip]', (box) => {
        const { left, top, right, bottom } = box.getBoundingClientRect();
        return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
      });
      expect(inside).toBe(true);
    }));

  test('a task can be cancelled', () =>
    withPanel(async (page) => {
      await page.locator('.task button').click();
      await page.waitForFunction(() => document.querySelector('.task') === null);
      expect(await clientCalls(page)).toContainEqual({ method: 'cancelTask', args: [1] });
    }));

  test('a dropped file goes to the session, and why it was refused is shown', () =>
    withPanel(async (page) => {
      await page.evaluate(() => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(8)], 'mine.wasm'));
        const shell = document.querySelector('.shell');
        for (const type of ['dragover', 'drop'])
          shell?.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
      });
      await page.waitForSelector('.infobar.error');
      expect(await clientCalls(page)).toContainEqual({ method: 'addModuleFile', args: ['mine.wasm', 8] });
      expect((await texts(page, '.infobar-text'))[0]).toContain('Reading mine.wasm failed');
    }));

  test('DevTools’ search box filters the view', () =>
    withPanel(async (page) => {
      await page.evaluate(() => window.goSearch?.('performSearch', 'out of bounds'));
      await page.waitForFunction(() => document.querySelectorAll('[data-grid=traps] .grid-row').length === 1);
      await page.evaluate(() => window.goSearch?.('cancelSearch'));
      await page.waitForFunction(() => document.querySelectorAll('[data-grid=traps] .grid-row').length === 2);
      await page.evaluate(() => window.goSearch?.('nextSearchResult'));
      await page.waitForFunction(() =>
        document.querySelector('.trap-title')?.textContent.includes('out of bounds'),
      );
    }));

  test('tab, column widths and filter are there again after a reload', () =>
    withPanel(async (page) => {
      await tab(page, 'modules');
      await typeInto(page, '[data-filter]', 'esbuild');
      const resizer = await page.$('[data-grid=modules] .grid-resizer');
      const at = await resizer?.boundingBox();
      if (at == null) throw new Error('no resizer');
      await page.mouse.move(at.x + 3, at.y + 5);
      await page.mouse.down();
      await page.mouse.move(at.x + 43, at.y + 5, { steps: 4 });
      await page.mouse.up();
      const width = await headingWidth(page);
      await page.reload();
      await page.waitForSelector('[data-grid=modules]');
      expect(await page.$eval('[data-filter]', (input) => (input as HTMLInputElement).value)).toBe('esbuild');
      expect(Math.abs((await headingWidth(page)) - width)).toBeLessThan(2);
    }));

  test('a recording that is not one is refused with a reason', async () => {
    server.add('other', { version: 7 });
    const panel = await openPanelPage(browser, server.url('other'));
    expect((await texts(panel.page, '.start-failure'))[0]).toContain('not a recording of version 1');
    await panel.close();
  });

  test('a session that the devtools page hands over later is taken', async () => {
    const panel = await openPanelPage(browser, server.url('life'));
    const plain = server.url('life').split('?')[0] ?? '';
    const recording = JSON.parse(JSON.stringify(recordedClient().state())) as unknown;
    await panel.page.goto(plain);
    expect(await panel.page.$('.shell')).toBeNull();
    await panel.page.evaluate((state) => {
      const session = {
        state: () => state,
        subscribe: () => () => undefined,
        sourceExcerpt: () => new Promise(() => 0),
      };
      Object.assign(window, { goSession: session, goTheme: 'dark' });
      window.dispatchEvent(new Event('gotheme'));
      window.dispatchEvent(new Event('gosession'));
    }, recording);
    await panel.page.waitForSelector('.shell');
    expect(await panel.page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark');
    await panel.close();
  });
});

const headingWidth = (page: Page): Promise<number> =>
  page.$eval('[data-grid=modules] [role=columnheader]', (cell) => cell.getBoundingClientRect().width);

test.each([
  ['light', 1200, 500],
  ['dark', 1200, 500],
  ['light', 420, 800],
  ['dark', 420, 800],
] as const)('pictures: %s, %i by %i', (theme, width, height) =>
  withPanel(
    async (page) => {
      const artifacts = fileURLToPath(new URL('../../artifacts/', import.meta.url));
      mkdirSync(artifacts, { recursive: true });
      const picture = async (name: string): Promise<void> => {
        await page.screenshot({ path: `${artifacts}panel-${name}-${theme}-${String(width)}.png` });
        // Nothing may be wider than the panel: a page in a frame would get a scroll bar.
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      };
      await page.waitForSelector('.excerpt-line.here');
      await picture('traps');
      await tab(page, 'modules');
      await picture('modules');
      await tab(page, 'size');
      await page.waitForSelector('.box');
      await picture('size');
      await page.click('[aria-label=Settings]');
      await picture('settings');
    },
    'life',
    { theme, width, height },
  ),
);
