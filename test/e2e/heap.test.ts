import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { press, reloadWithHook, showPanelView } from '../../scripts/panel.mjs';
import { takeLive } from './support/goroutines.ts';
import { eventually, launch, type TestBrowser } from './support/harness.ts';

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
  ['map', 'main.session', 'map[string]*main.session', '1', ['used by main.init, main.open', '[]*maps.table']],
  [
    'callbacks',
    'func main.subscribe.func1',
    'func main.subscribe.func1',
    '1,010',
    ['syscall/js.funcs', 'map[uint32]func(js.Value, []js.Value) interface {} entries'],
  ],
  ['blocked', 'main.session', 'main.session', '1,010', ['goroutine', 'main.']],
] as const)('%s: the view names what leaks and what keeps it', async (name, leaked, type, count, kept) => {
  const url = `${server.url}/?version=1.27.3&family=heap&case=${name}&auto=1`;
  await tested.inspect({ name: `heap ${name}`, url }, async ({ page, panel }) => {
    await reloadWithHook(page, panel);
    await eventually(
      'a program that has ended, and its module',
      () =>
        panel.evaluate(() => {
          const { instances, modules } = window.goSession?.state() ?? { instances: [], modules: [] };
          return [instances[0]?.state, modules[0]?.status];
        }),
      ([state, status]) => state !== undefined && state !== 'running' && status === 'ready',
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
    const totals = await panel.$eval('[aria-label=Totals]', (element) => element.textContent);
    expect(totals).toMatch(/In use\d\.\d MiB in [\d,]+ objects/);
  });
});
