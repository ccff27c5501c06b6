import { gzipSync } from 'node:zlib';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clickOn } from '../../scripts/panel.mjs';
import { ARTIFACTS } from './support/harness.ts';
import { launchPlainBrowser, openPanelPage, texts } from '../support/panel-browser.ts';
import { profilesSessionScript, servePanel } from '../support/panel-page.ts';
import type { PanelServer } from '../support/panel-page.ts';
import { typeInto } from '../support/type-into.ts';

// The Profiles view as a plain page: a recorded session whose profiles are read by the worker's own code.

let browser: Browser;
let server: PanelServer;
let directory: string;
beforeAll(async () => {
  mkdirSync(ARTIFACTS, { recursive: true });
  directory = mkdtempSync(join(tmpdir(), 'go-profiles-'));
  [browser, server] = await Promise.all([launchPlainBrowser(), servePanel(), profilesSessionScript()]);
});
afterAll(async () => {
  await browser.close();
  await server.close();
  rmSync(directory, { recursive: true });
});

async function withProfiles(
  body: (page: Page) => Promise<void>,
  theme: 'light' | 'dark' = 'light',
): Promise<void> {
  const before = await profilesSessionScript();
  const panel = await openPanelPage(browser, server.url('life'), { width: 1280, height: 800, theme, before });
  try {
    await showTab(panel.page, 'profiles');
    await body(panel.page);
    expect(panel.errors).toEqual([]);
  } finally {
    await panel.close();
  }
}

const fixture = (path: string): string =>
  fileURLToPath(new URL(`../../fixtures/profiles/${path}`, import.meta.url));

async function choose(page: Page, path: string): Promise<void> {
  const [chooser] = await Promise.all([
    page.waitForFileChooser(),
    page.locator('.profiles button ::-p-text(Open profile…)').click(),
  ]);
  await chooser.accept([path]);
}

/** Opens a file and waits until it is shown, and no longer the one before: the newest is the first in the list. */
async function open(page: Page, path: string): Promise<void> {
  const before = await page.$$eval('.capture', (all) => all.length);
  await choose(page, path);
  await page.waitForFunction(
    (count) =>
      document.querySelectorAll('.capture').length === count + 1 &&
      document.querySelector('.capture:first-child[aria-selected=true]') !== null &&
      document.querySelector('.profile-total') !== null,
    {},
    before,
  );
}

/** Brings a view to the front, wherever its tab is by the time that the mouse is there. */
const showTab = (page: Page, tab: string): Promise<void> => clickOn(page.mainFrame(), `[data-tab=${tab}]`);

/** Waits until an element's text is this. */
const shows = (page: Page, selector: string, text: string): Promise<unknown> =>
  page.waitForFunction(
    (where, wanted) => document.querySelector(where)?.textContent.includes(wanted) === true,
    {},
    selector,
    text,
  );

const cells = (page: Page, grid: string, column: string): Promise<string[]> =>
  texts(page, `[data-grid=${grid}] [data-column=${column}] .${column === 'name' ? 'code' : 'value-text'}`);

/** Clicks a box of the flame graph: by its row, and how far to the right, 0..1. */
async function clickBox(page: Page, row: number, share: number, count = 1): Promise<void> {
  // Before it is painted it does not know how wide it is.
  await page.waitForFunction(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('.flame canvas');
    return (
      canvas !== null && canvas.width === Math.round(canvas.getBoundingClientRect().width * devicePixelRatio)
    );
  });
  const box = await (await page.waitForSelector('.flame'))?.boundingBox();
  if (box == null) throw new Error('there is no flame graph');
  await page.mouse.click(box.x + box.width * share, box.y + row * 18 + 9, { count });
}

/** Drags in an element, from one share of its width to another. */
async function drag(page: Page, selector: string, from: number, to: number): Promise<void> {
  const box = await (await page.waitForSelector(selector))?.boundingBox();
  if (box == null) throw new Error(`there is no ${selector}`);
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * from, y);
  await page.mouse.down();
  await page.mouse.move(box.x + (box.width * (from + to)) / 2, y);
  await page.mouse.move(box.x + box.width * to - 1, y);
  await page.mouse.up();
}

test('flame graph: boxes are chosen, zoomed, searched and left with the keys of speedscope', () =>
  withProfiles(async (page) => {
    await open(page, fixture('go1.27.3/cpu.pb.gz'));
    await page.waitForSelector('.flame[data-boxes="138"]');
    await clickBox(page, 2, 0.3);
    await shows(page, '.flame-status', 'main.work');
    expect(await page.$eval('.flame-status', (line) => line.textContent)).toContain('990ms (97.1 %)');
    // Down to the widest call, up to the caller again.
    await page.keyboard.press('ArrowDown');
    await shows(page, '.flame-status', 'runtime/pprof.Do');
    await page.keyboard.press('ArrowRight');
    await shows(page, '.flame-status', 'main.recurse');
    await page.keyboard.press('Enter');
    // It fills the width now: what was left of it is out of sight, so that its left half is the same function.
    await clickBox(page, 3, 0.05);
    await shows(page, '.flame-status', 'main.recurse');
    await page.keyboard.press('0');
    await clickBox(page, 3, 0.05);
    await shows(page, '.flame-status', 'runtime/pprof.Do');
    await page.keyboard.press('Escape');
    await shows(page, '.flame-status', '138 boxes');
    // main.recurse calls itself: once in a stack it is one box.
    await page.keyboard.press('r');
    await page.waitForSelector('.flame:not([data-boxes="138"])');
    expect(Number(await page.$eval('.flame', (flame) => flame.getAttribute('data-boxes')))).toBeLessThan(138);
    await page.keyboard.press('r');
    await page.waitForSelector('.flame[data-boxes="138"]');
    // A part of the picture in little, and of the graph with Shift: the part is shown from edge to edge.
    const windowWidth = (): Promise<number> =>
      page.$eval('.flame-minimap .flame-window', (part) => part.getBoundingClientRect().width);
    const whole = await windowWidth();
    await drag(page, '.flame-minimap', 0.1, 0.3);
    await expect.poll(async () => Math.abs((await windowWidth()) / whole - 0.2)).toBeLessThan(0.02);
    await page.keyboard.down('Shift');
    await drag(page, '.flame', 0.5, 1);
    await page.keyboard.up('Shift');
    await expect.poll(async () => Math.abs((await windowWidth()) / whole - 0.1)).toBeLessThan(0.02);
    await drag(page, '.flame-minimap', 0.25, 0.75);
    await expect.poll(async () => Math.abs((await windowWidth()) / whole - 0.1)).toBeLessThan(0.02);
    const minimap = await (await page.waitForSelector('.flame-minimap'))?.boundingBox();
    await page.mouse.click((minimap?.x ?? 0) + 5, (minimap?.y ?? 0) + 5, { count: 2 });
    await expect.poll(windowWidth).toBe(whole);
    await page.focus('.flame');
    await page.keyboard.down('Control');
    await page.keyboard.press('f');
    await page.keyboard.up('Control');
    await page.keyboard.type('sha256');
    await shows(page, '.flame-found', '4 functions match');
    await page.keyboard.press('Enter');
    await shows(page, '.flame-selected', 'crypto/sha256.Sum256');
    await page.screenshot({ path: `${ARTIFACTS}/panel-profiles-flame.png` });
    // A double click on what fills the width already leads on.
    await page.focus('.flame');
    await page.keyboard.press('2');
    await page.keyboard.press('3');
    await page.waitForSelector('[data-tab=sandwich][aria-selected=true]');
    await page.waitForSelector('.flame[aria-label=Callers]');
    expect(await page.$eval('.flame[aria-label=Callers]', (flame) => flame.getAttribute('data-rows'))).toBe(
      '7',
    );
  }));

test('tables, trees, callers and calls, lines, filters, comparison: the numbers of pprof', () =>
  withProfiles(async (page) => {
    await open(page, fixture('go1.27.3/cpu.pb.gz'));
    await showTab(page, 'top');
    await shows(page, '[data-grid=profile-top] .grid-row', 'blockSHANI');
    await page.locator('[data-grid=profile-top] ::-p-text(main.recurse)').click();
    await shows(page, '.frame-head-values', 'flat 150ms (14.7 %) · cum 170ms (16.7 %)');
    expect(await texts(page, '[aria-label=Callers] .edge-name')).toEqual(['main.work']);
    expect(await texts(page, '[aria-label=Calls] .edge-name')).toEqual(['runtime.asyncPreempt']);
    await page.waitForSelector('.cost-table tr[data-line="68"]');
    expect(await texts(page, '.cost-table tr[data-line="68"] td')).toEqual(['90ms', '110ms', '68', '']);
    await page.screenshot({ path: `${ARTIFACTS}/panel-profiles-top.png` });

    // Focus, as pprof has it: shares stay those of everything.
    await page.locator('.frame-actions ::-p-text(Focus)').click();
    await shows(page, '.profile-total', '170ms of 1.02s');
    expect(await page.$eval('input[aria-label=focus]', (field) => field.value)).toBe('^main\\.recurse$');
    await page.locator('button[aria-label="Remove all filters"]').click();
    await shows(page, '.profile-total', '1.02s of 1.02s');
    await clickOn(page.mainFrame(), '[aria-label=Filters]');
    await typeInto(page, 'input[aria-label=ignore]', '(');
    await shows(page, '.profiles .infobar.error', 'missing closing )');
    await typeInto(page, 'input[aria-label=ignore]', 'nothing at all');
    await shows(page, '.profiles .infobar', 'Ignore expression matched no samples');
    await page.locator('button[aria-label="Remove all filters"]').click();
    await page.select('[aria-label=Granularity]', 'packages');
    await shows(page, '[data-grid=profile-top]', 'internal/runtime/maps');
    await page.select('[aria-label=Granularity]', 'functions');

    // The tree of calls opens row by row, both ways.
    await showTab(page, 'calls');
    await shows(page, '[data-grid=profile-calls-down] .grid-row', 'runtime.main');
    await page.focus('[data-grid=profile-calls-down]');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(() =>
      document.querySelector('[data-grid=profile-calls-down]')?.textContent.includes('main.main'),
    );
    expect((await cells(page, 'profile-calls-down', 'cum')).slice(0, 2)).toEqual(['990ms', '990ms']);
    await showTab(page, 'callers');
    await shows(page, '[data-grid=profile-calls-up] .grid-row', 'blockSHANI');
    expect((await cells(page, 'profile-calls-up', 'cum'))[0]).toBe('180ms');

    // Two heaps: pprof -diff_base says the same.
    await open(page, fixture('go1.24.13/heap.pb.gz'));
    await open(page, fixture('go1.27.3/heap.pb.gz'));
    const base = await page.$eval(
      '[aria-label="Compare with"]',
      (list) => [...(list as HTMLSelectElement).options].at(-1)?.value ?? '',
    );
    await page.select('[aria-label="Compare with"]', base);
    await showTab(page, 'top');
    await shows(page, '[data-grid=profile-top] .grid-row', 'mallocgc');
    await shows(page, '[data-grid=profile-top]', 'Flat change');
    await showTab(page, 'flame');
    await shows(page, '.flame-status', 'the larger of both');
    await shows(page, '.flame-status', 'grew shrank');
    await shows(page, '.profile-total', 'base 339.02kB → 337.64kB (-');
    await page.screenshot({ path: `${ARTIFACTS}/panel-profiles-comparison.png` });
    await page.select('[aria-label="Sample type"]', 'alloc_objects');
    await page.waitForFunction(() =>
      /^base [\d,]+ → [\d,]+ /.test(document.querySelector('.profile-total')?.textContent ?? ''),
    );
    expect(await page.$eval('[aria-label="Compare with"]', (list) => (list as HTMLSelectElement).value)).toBe(
      base,
    );
    // A profile that has nothing in common with the base is shown by itself.
    await clickOn(page.mainFrame(), '.capture:last-child');
    await shows(page, '.profile-total', '1.02s of 1.02s shown');
    await page.waitForSelector('.flame-pane:not([aria-busy=true]) .flame');
    expect(await page.$('.infobar.error')).toBe(null);
  }, 'dark'));

test('a recording in order of time; files that are none say what they are; a profile is renamed and deleted', () =>
  withProfiles(async (page) => {
    const frame = (functionName: string): object => ({
      callFrame: {
        functionName,
        scriptId: '1',
        url: functionName === '(idle)' ? '' : 'http://x/app.js',
        lineNumber: 4,
        columnNumber: 0,
      },
    });
    const nodes = [
      {
        id: 1,
        callFrame: { functionName: '(root)', scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 },
        children: [2, 4],
      },
      { id: 2, ...frame('outer'), children: [3] },
      { id: 3, ...frame('inner') },
      { id: 4, ...frame('(idle)') },
    ];
    const recording = {
      nodes,
      startTime: 0,
      endTime: 5000,
      samples: [2, 3, 4, 3, 3],
      timeDeltas: [0, 1000, 1000, 1000, 1000],
    };
    const path = join(directory, 'app.cpuprofile');
    writeFileSync(path, JSON.stringify(recording));
    await open(page, path);
    await page.waitForSelector('[data-tab=time][aria-selected=true]');
    // outer from 0 to 2 ms and from 3 to 5, inner below it; the gap is idle.
    await page.waitForSelector('.flame[data-boxes="4"][data-rows="2"]');
    await clickBox(page, 1, 0.9);
    await shows(page, '.flame-status', 'inner · 2ms (40.0 %)');
    await showTab(page, 'flame');
    await page.waitForSelector('.flame[data-boxes="2"]');
    await clickBox(page, 1, 0.2);
    await shows(page, '.flame-status', 'inner · 3ms');
    expect(await texts(page, '[aria-label="Save profile as"] option')).toEqual([
      'Save as…',
      'pprof (go tool pprof)',
      'Chrome trace (Performance panel, Perfetto)',
      '.cpuprofile',
    ]);

    const execution = join(directory, 'trace.out');
    writeFileSync(execution, gzipSync(Buffer.from('go 1.23 trace\0\0\0\x01')));
    await choose(page, execution);
    await shows(page, '.infobar[role=alert]', 'a Go execution trace (runtime/trace), which is not supported');
    await page.locator('.infobar [aria-label=Close]').click();
    const cut = join(directory, 'cut.pb.gz');
    writeFileSync(cut, gzipSync(Buffer.from([0x0a, 0x05, 0x08])));
    await choose(page, cut);
    await shows(page, '.infobar[role=alert]', 'Opening cut.pb.gz failed: ');
    expect(await page.$eval('.infobar[role=alert]', (bar) => bar.textContent)).toMatch(/at offset 0x/);
    expect(await texts(page, '.capture-name')).toEqual(['app.cpuprofile']);

    await page.focus('.captures-list');
    await page.keyboard.press('F2');
    await page.waitForSelector('.capture-field');
    await page.keyboard.type('before');
    await page.keyboard.press('Enter');
    await shows(page, '.capture-name', 'before');
    await page.focus('.captures-list');
    await page.keyboard.press('Delete');
    await shows(page, '.profiles .empty-title', 'No profiles');
  }));
