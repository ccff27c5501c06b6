import type { Frame, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { clickOn, press, showPanelView } from '../../scripts/panel.mjs';
import { programReady, takeLive } from './support/goroutines.ts';
import { eventually, launch, loadWithHook, type TestBrowser } from './support/harness.ts';

// The heap of a program in a page that has leaked: its types, and what keeps the objects.

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

/** What leaks, the type whose object is chosen, how many of it there are, and what is said to keep it. */
test.each([
  [
    'map',
    'main.session',
    'map[string]*main.session',
    '1',
    [
      'variable main.sessions at 0x',
      'used by main.init, main.open',
      '[]*maps.table',
      '*main.session {token: "',
    ],
  ],
  [
    'callbacks',
    'func main.subscribe.func1',
    'func main.subscribe.func1',
    '1,010',
    ['syscall/js.funcs', 'map[uint32]func(js.Value, []js.Value) interface {} entries'],
  ],
  ['blocked', 'main.session', 'main.session', '1,010', ['goroutine', 'main.', 'owner: *main.user nil']],
] as const)('%s: the view names what leaks and what keeps it', async (name, leaked, type, count, kept) => {
  const url = `${server.url}/?version=1.27.3&family=heap&case=${name}&auto=1`;
  const where = { name: `heap ${name}`, url: `${server.url}/plain.html` };
  await tested.inspect(where, async ({ page, panel }) => {
    await keepFirstHeap(page);
    await loadWithHook(page, panel, url);
    await eventually(
      'a program that has ended, and its module',
      () =>
        panel.evaluate(() => {
          const { instances, modules } = window.goSession?.state() ?? { instances: [], modules: [] };
          return [instances[0]?.state, modules[0]?.status];
        }),
      ([state, status]) => (state === 'exited' || state === 'trapped') && status === 'ready',
    );
    await takeLive(panel);
    await showPanelView(panel, 'heap');
    await press(panel, 'Read heap');
    await panel.waitForSelector('[aria-label=Totals]');
    /** Chooses the first row of which these are whole cells, once it is there. */
    const choose = async (grid: string, cells: readonly string[]): Promise<void> => {
      await panel.waitForFunction(
        (label, wanted) => {
          const rows = [...document.querySelectorAll(`[aria-label="${label}"] [role=row]`)];
          const row = rows.find((one) => {
            const texts = [...one.querySelectorAll('[role=gridcell]')].map((cell) => cell.textContent.trim());
            return wanted.every((text) => texts.includes(text));
          });
          row?.dispatchEvent(new MouseEvent('mousedown', { bubbles: true, cancelable: true }));
          return row !== undefined;
        },
        {},
        grid,
        cells,
      );
    };
    await choose('Types', [leaked, '1,010']);
    await choose('Types', [type, count]);
    // The list may still be that of the type before: it is pressed until what keeps the object is there.
    await eventually(
      'what keeps it',
      async () => {
        await choose('Objects', [type]);
        return panel.evaluate(() => document.querySelector('[aria-label=Object]')?.textContent ?? '');
      },
      (text) => kept.every((one) => text.includes(one)),
    );
    // Where the path begins is a link: to the variable in memory, or to the goroutine.
    expect(await panel.$eval('[aria-label=Object] ol li .link', (link) => link.textContent)).toMatch(
      name === 'blocked' ? /^goroutine \d+$/ : /^0x[0-9a-f]+$/,
    );
    if (name === 'map') await expectVariable(panel);
    const totals = await panel.$eval('[aria-label=Totals]', (element) => element.textContent);
    expect(totals).toMatch(/In use\d\.\d MiB in [\d,]+ objects/);

    // The same program before it leaked, from a file; then what has grown since.
    const before = await firstHeap(page);
    await panel.evaluate(async (packed) => {
      const session = window.goSession;
      if (session === undefined) throw new Error('no session');
      const bytes = Uint8Array.from(atob(packed), (char) => char.charCodeAt(0));
      const key = await session.goroutines.openDump(
        'before.gz',
        bytes.buffer,
        session.state().modules[0]?.key ?? null,
      );
      await session.heap.read(key);
      session.heap.rename(key, 'before it leaked');
    }, before);
    await openMode(panel, 'timeline');
    await eventually(
      'both snapshots',
      () => cellsOf(panel, 'Heap snapshots', 'name'),
      (names) => names.length === 2 && names[1] === 'before it leaked',
    );
    await openMode(panel, 'compare');
    const change = await eventually(
      'what has grown',
      () => rowOf(panel, 'Growth', leaked),
      (cells) => cells.length > 0,
    );
    expect(change.slice(1, 3)).toEqual(['1,010', '+1,000']);
    const growth = await panel.$eval('[aria-label="Growth in all"]', (element) => element.textContent);
    expect(growth).toMatch(name === 'blocked' ? /16 to 1,016 \(\+1,000\)/ : /Goroutines\d+ to \d+/);
    if (name !== 'blocked') return;
    await clickOn(panel, '[aria-label="Growth by"] [data-tab=stacks]');
    const stack = await eventually(
      'where they wait',
      () => rowOf(panel, 'Growth', 'main.block'),
      (cells) => cells.length > 0,
    );
    expect(stack.slice(1, 3)).toEqual(['1,010', '+1,000']);
  });
});

/** A package variable leads to its place by its name, and says there what it is. */
async function expectVariable(panel: Frame): Promise<void> {
  const link = await panel.$eval('[aria-label=Object] ol li .link', (one) => Number(one.textContent));
  await clickOn(panel, '[aria-label=Object] ol li .link');
  const shown = await eventually(
    'the variable at the cursor',
    () => panel.evaluate(() => document.querySelector('[aria-label="At the cursor"]')?.textContent ?? ''),
    (text) => text.includes('Variablemain.sessions'),
  );
  expect(shown).toContain('map[string]*main.session, 8 B');
  const found = await panel.evaluate(async () => {
    const snapshotKey = window.goSession?.state().snapshots[0]?.key ?? '';
    return window.goSession?.memory.find({ snapshotKey }, 'main.sessions');
  });
  expect(found).toContainEqual({
    address: link,
    text: 'main.sessions, whose place is concluded from source and code',
  });
  await showPanelView(panel, 'heap');
}

test('allocation profiling is explained, then switched on and off in the memory of the running program', async () => {
  const url = `${server.url}/?version=1.27.3&family=exits&case=blocked&auto=1`;
  await tested.inspect({ name: 'allocation profiling', url, hooked: true }, async ({ panel }) => {
    await programReady(panel);
    await showPanelView(panel, 'heap');
    const ready = (count: number) =>
      eventually(
        'heap snapshots',
        () =>
          panel.evaluate(
            () => window.goSession?.state().heaps.filter(({ status }) => status === 'ready').length ?? 0,
          ),
        (found) => found === count,
      );
    await press(panel, 'Take heap snapshot');
    await ready(1);
    await press(panel, 'Take heap snapshot');
    await ready(2);
    await openMode(panel, 'compare');
    await clickOn(panel, '[aria-label="Growth by"] [data-tab=allocations]');
    const rate = () =>
      panel.evaluate(() => {
        const session = window.goSession;
        return session?.allocations.state(session.state().instances[0]?.key ?? '');
      });
    const before = await rate();
    expect(before).toMatchObject({ available: true, rate: 0 });
    await press(panel, 'Switch on allocation profiling…');
    const group = await panel.waitForSelector('[aria-label="Switch on allocation profiling"]');
    const text = await group?.evaluate((element) => element.textContent);
    expect(text).toContain('writes to the memory of the running program');
    expect(text).toContain('Only what is allocated from then on is recorded');
    expect(await rate()).toEqual(before);
    await press(panel, 'Write it');
    await panel.waitForFunction(() => document.body.textContent.includes('was switched on at'));
    expect(await rate()).toMatchObject({ rate: 512 * 1024 });
    await press(panel, 'Switch off');
    await panel.waitForFunction(() => document.body.textContent.includes('keeps no memory profile'));
    expect(await rate()).toEqual(before);
  });
});

/** Has the page keep the memory of program `heap` as it is when it tells of it first. */
async function keepFirstHeap(page: Page): Promise<void> {
  await page.evaluateOnNewDocument(`{
    const instantiate = WebAssembly.instantiateStreaming;
    let memory;
    WebAssembly.instantiateStreaming = async (...given) => {
      const result = await instantiate.apply(WebAssembly, given);
      memory = result.instance.exports.mem;
      return result;
    };
    globalThis.fixtureHeap = () => (globalThis.firstHeap ??= new Uint8Array(memory.buffer).slice());
  }`);
}

/** That memory, packed with gzip, in base64. */
async function firstHeap(page: Page): Promise<string> {
  return (await page.evaluate(`(async () => {
    const stream = new Blob([firstHeap]).stream().pipeThrough(new CompressionStream('gzip'));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    let text = '';
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(text);
  })()`)) as string;
}

const openMode = (panel: Frame, mode: string): Promise<void> =>
  clickOn(panel, `[aria-label="Modes of the heap"] [data-tab=${mode}]`);

/** Texts of a column of a table. */
const cellsOf = (panel: Frame, grid: string, column: string): Promise<string[]> =>
  panel.$$eval(`[aria-label="${grid}"] .grid-row [data-column=${column}]`, (cells) =>
    cells.map((cell) => cell.textContent.trim()),
  );

/** Cells of the first row whose first one begins with a text; none where there is no such row. */
const rowOf = (panel: Frame, grid: string, text: string): Promise<string[]> =>
  panel.$$eval(
    `[aria-label="${grid}"] .grid-row`,
    (rows, wanted) => {
      const cells = rows.map((row) =>
        [...row.querySelectorAll('[role=gridcell]')].map((cell) => cell.textContent.trim()),
      );
      return cells.find(([first = '']) => first.startsWith(wanted)) ?? [];
    },
    text,
  );
