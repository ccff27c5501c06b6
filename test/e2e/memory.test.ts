import type { Frame, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { clickOn, press, reloadWithHook, showPanelView } from '../../scripts/panel.mjs';
import { typeInto } from '../support/type-into.ts';
import { programReady } from './support/goroutines.ts';
import { eventually, launch, type TestBrowser } from './support/harness.ts';

// Linear memory in real DevTools: what is shown is what the page itself reads; search, pointers, changes, bookmarks; above 2 GiB.

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

/** Has the page keep its instance where the test can read its memory. */
async function keepInstance(page: Page): Promise<void> {
  await page.evaluateOnNewDocument(() => {
    const instantiate = WebAssembly.instantiateStreaming.bind(WebAssembly);
    WebAssembly.instantiateStreaming = async (...args) => {
      const result = await instantiate(...args);
      Object.assign(globalThis, {
        kept: result.instance.exports['mem'] ?? result.instance.exports['memory'],
      });
      return result;
    };
  });
}

/** Bytes as the page itself reads them. */
const pageBytes = (page: Page, at: number, length: number): Promise<number[]> =>
  page.evaluate(
    (from, count) => {
      const { kept } = globalThis as unknown as { kept: WebAssembly.Memory };
      return [...new Uint8Array(kept.buffer, from, count)];
    },
    at,
    length,
  );

/** A row of the memory as the panel shows it, once it is there and read. */
const shownRow = (panel: Frame, at: number): Promise<{ hex: string; text: string }> =>
  eventually(
    `the row of 0x${at.toString(16)}`,
    () =>
      panel.evaluate((start) => {
        const row = document.querySelector(`#hex-row-${String(start - (start % 16))}`);
        const hex = row?.querySelector('[data-part=hex]')?.textContent ?? '·';
        return { hex, text: row?.querySelector('[data-part=text]')?.textContent ?? '' };
      }, at),
    ({ hex }) => !hex.includes('·'),
  );

/** The same row out of the page's own memory. */
async function pageRow(page: Page, at: number): Promise<{ hex: string; text: string }> {
  const bytes = await pageBytes(page, at - (at % 16), 16);
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0'));
  return {
    hex: `${hex.slice(0, 8).join(' ')}  ${hex.slice(8).join(' ')}`,
    text: bytes.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join(''),
  };
}

/** Types something into a field and presses Enter. */
async function enter(panel: Frame, field: string, text: string): Promise<void> {
  await typeInto(panel, `[aria-label="${field}"]`, text);
  await panel.page().keyboard.press('Enter');
}

/** Chooses what a list of choices offers, once it offers it. */
async function chooseOption(panel: Frame, label: string, value: string): Promise<void> {
  await panel.waitForSelector(`[aria-label="${label}"] option[value="${value}"]`);
  await panel.select(`[aria-label="${label}"]`, value);
}

/** What the pane at the cursor says, once that is at an address; null: wherever it is. */
const atCursor = (panel: Frame, at: number | null): Promise<string> =>
  eventually(
    at === null ? 'the cursor' : `the cursor at 0x${at.toString(16)}`,
    () => panel.evaluate(() => document.querySelector('[aria-label="At the cursor"]')?.textContent ?? ''),
    (text) => (at === null ? text !== '' : text.startsWith(`Address0x${at.toString(16)} `)),
  );

const tab = (panel: Frame, id: string): Promise<void> => clickOn(panel, `[data-tab="${id}"]`);

/** The rows of a table that are in view, as text; once there are any. */
const rowsOf = (panel: Frame, label: string): Promise<string[]> =>
  eventually(
    `rows of ${label}`,
    () =>
      panel.$$eval(`[aria-label="${label}"] [role=row]:has([role=gridcell])`, (rows) =>
        rows.map((row) =>
          [...row.querySelectorAll('[role=gridcell]')].map((cell) => cell.textContent.trim()).join(' | '),
        ),
      ),
    (rows) => rows.length > 0,
  );

/** Chooses the row of a table with this address. */
const chooseRow = (panel: Frame, label: string, address: number): Promise<unknown> =>
  panel.waitForFunction(
    (name, text) => {
      const cells = [...document.querySelectorAll(`[aria-label="${name}"] [role=gridcell]`)];
      const cell = cells.find((one) => one.textContent.trim() === text);
      cell?.dispatchEvent(new MouseEvent('mousedown', { bubbles: true, cancelable: true }));
      return cell !== undefined;
    },
    {},
    label,
    `0x${address.toString(16)}`,
  );

/** The only program, by the name that the session has for it. */
const programOf = (panel: Frame): Promise<string | null> =>
  panel.evaluate(() => window.goSession?.state().instances[0]?.key ?? null);

/** Writes one byte into the program's memory, from the page. */
const write = (page: Page, at: number, value: number): Promise<void> =>
  page.evaluate(
    (address, byte) => {
      const { kept } = globalThis as unknown as { kept: WebAssembly.Memory };
      new Uint8Array(kept.buffer)[address] = byte;
    },
    at,
    value,
  );

/** Whether the row of an address has bytes that are marked so. */
const marked = (panel: Frame, at: number, mark: string): Promise<unknown> =>
  panel.waitForSelector(`#hex-row-${String(at - (at % 16))} .hex-mark.${mark}`);

/** Where nothing of the program is: behind its arguments, below its data. */
const SPARE = 0x2f00;

test('Go: rows, regions, search, pointers, values, live changes, differences, bookmarks', async () => {
  const url = `${server.url}/?version=1.27.3&family=goroutines&case=idle&auto=1`;
  await tested.inspect({ name: 'memory', url }, async ({ page, panel, screenshot }) => {
    await keepInstance(page);
    await reloadWithHook(page, panel);
    await programReady(panel);
    await showPanelView(panel, 'memory');

    await tab(panel, 'regions');
    const kinds = (await rowsOf(panel, 'Kinds of memory')).map((row) => row.split(' | ')[0]);
    for (const kind of [
      'Constants',
      'Types',
      'Pclntab',
      'Data',
      'BSS',
      'Stacks',
      'Heap',
      'Free',
      'Runtime',
    ]) {
      expect(kinds).toContain(kind);
    }
    expect((await panel.$$('.region-part')).length).toBeGreaterThan(5);
    // The heap's arenas, each with how much of it is in use.
    const inArenas = kinds.indexOf('Arenas');
    expect(inArenas).toBeGreaterThan(0);
    await clickOn(panel, '[aria-label="Kinds of memory"] [role=row]:has([role=gridcell]) ::-p-text(Arenas)');
    await eventually(
      'the arenas',
      () => rowsOf(panel, 'Regions'),
      (rows) => rows.every((row) => /^0x[0-9a-f]+ \| [\d.]+ [kM]B \| arena, [\d.]+ % in use$/.test(row)),
    );
    await screenshot('memory-regions');

    // A string of the runtime, which the page reads too.
    const wanted = 'GC assist marking';
    await tab(panel, 'search');
    await enter(panel, 'Search for', wanted);
    const [match = ''] = await rowsOf(panel, 'Places found');
    const at = Number(match.split(' | ')[0]);
    expect(Buffer.from(await pageBytes(page, at, wanted.length)).toString()).toBe(wanted);
    await chooseRow(panel, 'Places found', at);
    expect(await shownRow(panel, at)).toEqual(await pageRow(page, at));
    await press(panel, 'Pointers here');
    await eventually(
      'pointers to the string',
      () => panel.$eval('[aria-label="Search for"]', (input) => (input as HTMLInputElement).value),
      (value) => value === `0x${at.toString(16)}`,
    );
    const pointers = await eventually(
      'what points to the string',
      () => rowsOf(panel, 'Places found'),
      (rows) => rows.every((row) => !row.startsWith(`0x${at.toString(16)} `)),
    );
    const pointer = Number(pointers[0]?.split(' | ')[0]);
    const word = Buffer.from(await pageBytes(page, pointer, 8));
    expect(word.readBigUInt64LE()).toBe(BigInt(at));
    await chooseRow(panel, 'Places found', pointer);
    await screenshot('memory-search');

    // Its header is a string by Go's layout; the pointer leads there, and Back leads back.
    await tab(panel, 'inspect');
    expect(await atCursor(panel, pointer)).toContain(`"${wanted}", 17 B at 0x${at.toString(16)}`);
    await panel.focus('.hex');
    await panel.page().keyboard.press('Enter');
    expect(await atCursor(panel, at)).toContain(wanted);
    await press(panel, 'Back (Alt+←)');
    await atCursor(panel, pointer);
    await press(panel, 'Forward (Alt+→)');
    await atCursor(panel, at);

    // A goroutine's stack, and a value by its type.
    await enter(panel, 'Go to', 'goroutine 1');
    await eventually(
      'its stack',
      () => atCursor(panel, null),
      (text) => text.includes('stack of goroutine 1'),
    );
    await enter(panel, 'Go to', 'runtime.m0');
    await eventually(
      'runtime.m0',
      () => atCursor(panel, null),
      (text) => text.includes('Part ofruntime.m0'),
    );
    await enter(panel, 'Type of the value', 'runtime.m');
    await eventually(
      'a value of type runtime.m',
      () => panel.evaluate(() => document.querySelector('[aria-label=Value]')?.textContent ?? ''),
      (text) => text.includes('runtime.m {') && text.includes('curg'),
    );
    await screenshot('memory-inspect');

    // What changes while it is looked at.
    await enter(panel, 'Go to', `0x${SPARE.toString(16)}`);
    await atCursor(panel, SPARE);
    await shownRow(panel, SPARE);
    await write(page, SPARE + 5, 0xab);
    await marked(panel, SPARE, 'changed');
    expect((await shownRow(panel, SPARE)).hex).toContain('ab');

    // Two moments: what was written between them, and nothing else around it.
    const live = await panel.$eval(
      '[aria-label="Memory that is shown"]',
      (select) => (select as HTMLSelectElement).value,
    );
    await press(panel, 'New snapshot');
    const snapshot = await eventually(
      'a snapshot',
      () =>
        panel.evaluate(
          () => window.goSession?.state().snapshots.find(({ status }) => status === 'ready')?.key ?? null,
        ),
      (key) => key !== null,
    );
    await write(page, SPARE + 0x21, 0xcd);
    await tab(panel, 'changes');
    await chooseOption(panel, 'Compare with', `snapshot ${snapshot ?? ''}`);
    await eventually(
      'the bytes that were written',
      () => rowsOf(panel, 'Changed ranges'),
      (rows) => rows.includes(`0x${(SPARE + 0x21).toString(16)} | 1 B | arguments and environment`),
    );
    await marked(panel, SPARE + 0x21, 'differs');
    await screenshot('memory-changes');
    await panel.evaluate(() => {
      window.goTheme = 'dark';
      window.dispatchEvent(new Event('gotheme'));
    });
    await screenshot('memory-dark');
    // The snapshot itself is as it was.
    await chooseOption(panel, 'Memory that is shown', `snapshot ${snapshot ?? ''}`);
    await eventually(
      'the row as it was',
      () => shownRow(panel, SPARE + 0x21),
      ({ hex }) => !hex.includes('cd'),
    );
    await chooseOption(panel, 'Memory that is shown', live);

    // A mark outlives the page, and is there for the next run of the same module.
    await press(panel, 'Bookmark');
    await tab(panel, 'bookmarks');
    expect(await rowsOf(panel, 'Bookmarks')).toEqual([`0x${SPARE.toString(16)} | arguments and environment`]);
    const before = await programOf(panel);
    await reloadWithHook(page, panel);
    // The program of the page before is there until the panel has heard of the new one; what is typed then would go with it.
    await eventually(
      'the program of the new page',
      () => programOf(panel),
      (program) => program !== null && program !== before,
    );
    await programReady(panel);
    expect(await rowsOf(panel, 'Bookmarks')).toEqual([`0x${SPARE.toString(16)} | arguments and environment`]);
    expect(await panel.evaluate(() => localStorage.getItem('settings'))).toContain(
      `"address":${String(SPARE)}`,
    );
    await enter(panel, 'Go to', '0x1000');
    await shownRow(panel, 0x1000);
    await chooseRow(panel, 'Bookmarks', SPARE);
    await tab(panel, 'inspect');
    await atCursor(panel, SPARE);
  });
});

test('TinyGo: rows and regions', async () => {
  const url = `${server.url}/tinygo.html?module=tinygo.wasm.0&case=fine`;
  await tested.inspect({ name: 'memory tinygo', url }, async ({ page, panel, screenshot }) => {
    await keepInstance(page);
    await reloadWithHook(page, panel);
    await page.locator('#crash').click();
    await showPanelView(panel, 'memory');
    await tab(panel, 'regions');
    const kinds = (await rowsOf(panel, 'Kinds of memory')).map((row) => row.split(' | ')[0]);
    for (const kind of ['Stacks', 'Data', 'BSS', 'Heap', 'Free', 'Runtime']) expect(kinds).toContain(kind);
    await tab(panel, 'search');
    await enter(panel, 'Search for', 'panic: ');
    const [match = ''] = await rowsOf(panel, 'Places found');
    const at = Number(match.split(' | ')[0]);
    await chooseRow(panel, 'Places found', at);
    expect(await shownRow(panel, at)).toEqual(await pageRow(page, at));
    await screenshot('memory-tinygo');
    // A copy is compared with, as a snapshot is of standard Go.
    await press(panel, 'New snapshot');
    await tab(panel, 'changes');
    const copy = await eventually(
      'a copy',
      () =>
        panel.$$eval(
          '[aria-label="Compare with"] option',
          ([, first]) => first?.getAttribute('value') ?? null,
        ),
      (value) => value !== null,
    );
    await write(page, at + 1, 0x21);
    await chooseOption(panel, 'Compare with', copy ?? '');
    await eventually(
      'the byte that was written',
      () => rowsOf(panel, 'Changed ranges'),
      (rows) => rows.includes(`0x${(at + 1).toString(16)} | 1 B | data segment 0`),
    );
  });
});

test('a memory of 4 GiB is read in place, above 2 GiB and up to its last byte', async () => {
  await tested.inspect(
    { name: 'memory large', url: `${server.url}/plain.html` },
    async ({ page, panel, screenshot }) => {
      await reloadWithHook(page, panel);
      const last = await page.evaluate(async () => {
        // (module (memory (export "memory") 65536) (data (i32.const 0x80000010) "above two GiB"))
        const text = new TextEncoder().encode('above two GiB');
        const memory = [5, 5, 1, 0, 0x80, 0x80, 4];
        const exported = [7, 10, 1, 6, ...new TextEncoder().encode('memory'), 2, 0];
        const data = [1, 0, 0x41, 0x90, 0x80, 0x80, 0x80, 0x78, 0x0b, text.length, ...text];
        const bytes = Uint8Array.of(
          0,
          0x61,
          0x73,
          0x6d,
          1,
          0,
          0,
          0,
          ...memory,
          ...exported,
          11,
          data.length,
          ...data,
        );
        const { instance } = await WebAssembly.instantiate(bytes);
        const kept = instance.exports['memory'] as WebAssembly.Memory;
        Object.assign(globalThis, { kept });
        const end = kept.buffer.byteLength - 1;
        new Uint8Array(kept.buffer)[end] = 0x7e;
        new DataView(kept.buffer).setUint32(0x90000000, 0x80000010, true);
        return end;
      });
      expect(last).toBe(2 ** 32 - 1);
      await showPanelView(panel, 'memory');
      await enter(panel, 'Go to', '0x80000010');
      expect(await atCursor(panel, 0x80000010)).toContain('above two GiB');
      expect(await shownRow(panel, 0x80000010)).toEqual(await pageRow(page, 0x80000010));
      await enter(panel, 'Go to', '0x90000000');
      expect(await atCursor(panel, 0x90000000)).toContain('Pointer0x80000010');
      await panel.focus('.hex');
      await panel.page().keyboard.press('Enter');
      await atCursor(panel, 0x80000010);
      await panel.page().keyboard.down('Control');
      await panel.page().keyboard.press('End');
      await panel.page().keyboard.up('Control');
      expect(await atCursor(panel, last)).toContain('uint8126');
      expect((await shownRow(panel, last)).text).toMatch(/~$/);
      await screenshot('memory-large');
      // 4 GiB take a while: the search is cancelled.
      await tab(panel, 'search');
      await enter(panel, 'Search for', 'no such text');
      await press(panel, 'Cancel');
      await eventually(
        'the search to end',
        () => panel.$eval('.memory-line', (line) => line.textContent),
        (text) => text.includes('cancelled'),
      );
    },
  );
});
