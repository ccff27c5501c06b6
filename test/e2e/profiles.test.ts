import type { Frame } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { clickOn, press, reloadWithHook, showPanelView } from '../../scripts/panel.mjs';
import goldens from '../../fixtures/profiles/goldens.json' with { type: 'json' };
import { profileFixture } from '../unit/profile/fixtures.ts';
import { bareRecording } from '../support/profiled-wasm.ts';
import { eventually, launch, type TestBrowser } from './support/harness.ts';
import { textsOf } from './support/seen.ts';

// The Profiles view in real DevTools: a profile that a real Go program wrote, and what go tool pprof says of it.

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

/** Drops a file onto the panel: of fixtures/profiles, or with these bytes. */
async function drop(panel: Frame, path: string, content = profileFixture(path)): Promise<void> {
  await panel.evaluate(
    (name, bytes) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([Uint8Array.from(bytes)], name));
      for (const type of ['dragover', 'drop'])
        document
          .querySelector('.view')
          ?.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    },
    path.replace(/.*\//, ''),
    [...content],
  );
}

const chosen = (panel: Frame): Promise<string | null> =>
  panel.$eval(
    '.captures',
    (list) => list.querySelector('[aria-selected=true] .capture-name')?.textContent ?? null,
  );

/** Names of the captures in the extension's own store, newest first. */
const keptNames = (panel: Frame): Promise<string[]> =>
  panel.evaluate(
    () =>
      new Promise<string[]>((resolve, reject) => {
        const request = indexedDB.open('captures');
        request.onerror = () => reject(request.error ?? new Error('no store'));
        request.onsuccess = () => {
          const database = request.result;
          const all = database.transaction('about').objectStore('about').getAll();
          all.onerror = () => reject(all.error ?? new Error('not read'));
          all.onsuccess = () => {
            database.close();
            const kept = all.result as { name: string; added: number }[];
            resolve(kept.sort((a, b) => b.added - a.added).map(({ name }) => name));
          };
        };
      }),
  );

const rows = (panel: Frame, grid: string, column: string): Promise<string[]> =>
  panel.$$eval(
    `[data-grid=${grid}] [data-column=${column}] .value-text, [data-grid=${grid}] [data-column=${column}] .code`,
    (cells) => cells.map((cell) => cell.textContent),
  );

test('a profile of a Go program has the functions and values of go tool pprof; heap and goroutines come out of memory; captures outlive the page', async () => {
  await tested.inspect(
    { name: 'profiles', url: `${server.url}/?version=1.27.3&family=panics&case=index` },
    async (inspected) => {
      const { page, panel, screenshot } = inspected;
      await showPanelView(panel, 'profiles');
      await panel.waitForSelector('.profiles .empty-title');
      await drop(panel, 'go1.27.3/cpu.pb.gz');
      await eventually(
        'the profile',
        () => panel.$('.flame'),
        (flame) => flame !== null,
      );
      expect(await chosen(panel)).toBe('cpu.pb.gz');
      await screenshot('profiles flame graph');

      // The table: what `go tool pprof -top` printed of the same file.
      await clickOn(panel, '[data-tab=top]');
      const names = await eventually(
        'the table of functions',
        () => rows(panel, 'profile-top', 'name'),
        (shown) => shown.length > 5,
      );
      const golden = goldens.find(({ args }) => args.join(' ') === '-top go1.27.3/cpu.pb.gz')?.output ?? '';
      const printed = [...golden.matchAll(/^ *(\S+)s +\S+% +\S+% +(\S+)s +\S+% {2}(\S+)/gm)].slice(0, 5);
      expect(names.slice(0, 5)).toEqual(printed.map(([, , , name]) => name));
      const millis = (text: string | undefined): string => `${Math.round(Number(text) * 1000)}ms`;
      expect((await rows(panel, 'profile-top', 'flat')).slice(0, 5)).toEqual(
        printed.map(([, flat]) => millis(flat)),
      );
      expect((await rows(panel, 'profile-top', 'cum')).slice(0, 5)).toEqual(
        printed.map(([, , cum]) => millis(cum)),
      );
      expect(golden).toContain('Total samples = 1.02s');
      expect(await panel.$eval('.profile-total', (text) => text.textContent)).toBe('1.02s of 1.02s shown');

      // A file that is no profile: one clear error, and what was open stays.
      await drop(panel, 'program/go.mod');
      const alert = await panel.waitForSelector('.infobar[role=alert]');
      expect(await alert?.evaluate((bar) => bar.textContent)).toMatch(
        /Opening go.mod failed: .* at offset 0x/,
      );
      expect(await chosen(panel)).toBe('cpu.pb.gz');

      // Out of the memory of the program of the page.
      await reloadWithHook(page, panel);
      await page.locator('#crash').click();
      await eventually(
        'the program',
        () => panel.evaluate(() => window.goSession?.state().instances.length ?? 0),
        (count) => count > 0,
      );
      await showPanelView(panel, 'profiles');
      await eventually(
        'the button for heaps',
        () =>
          panel.$eval(
            '.profiles [role=toolbar]',
            (bar) => [...bar.querySelectorAll('button')].find((b) => b.textContent === 'Heap')?.disabled,
          ),
        (disabled) => disabled === false,
      );
      await press(panel, 'Goroutines');
      await eventually(
        'the goroutine profile',
        () => chosen(panel),
        (name) => name?.startsWith('goroutine ') === true,
      );
      await clickOn(panel, '[data-tab=top]');
      await eventually(
        'the goroutines of the page',
        () => rows(panel, 'profile-top', 'name'),
        (shown) => shown.includes('main.main'),
      );
      // The lines of a function, with their text from the page's server.
      await clickOn(panel, '[data-grid=profile-top] ::-p-text(main.indexOutOfRange)');
      const line = await panel.waitForSelector('.cost-table tr.costly .cost-text:not(:empty)');
      expect(await line?.evaluate((text) => text.textContent)).toMatch(/at\(/);
      await screenshot('profiles goroutines');
      await press(panel, 'Allocs');
      await eventually(
        'the profile of allocations',
        async () => [
          await chosen(panel),
          await panel.$$eval('select[aria-label="Sample type"]', (all) => all.map((one) => one.value).join()),
        ],
        ([name, type]) => name?.startsWith('allocs ') === true && type === 'alloc_space',
      );
      await press(panel, 'Heap');
      await eventually(
        'the heap profile',
        () => chosen(panel),
        (name) => name?.startsWith('heap ') === true,
      );
      // The profile of a program that uses no runtime/pprof is empty, and says why.
      await eventually(
        'why it is empty',
        () => panel.$$eval('.profiles .infobar', (bars) => bars.map((bar) => bar.textContent).join()),
        (text) => text.includes('memory profile'),
      );
      await press(panel, 'Rename profile');
      await panel.waitForSelector('.capture-field');
      await panel.page().keyboard.type('before the fix');
      await panel.page().keyboard.press('Enter');
      await eventually(
        'the new name',
        () => chosen(panel),
        (name) => name === 'before the fix',
      );
      // What is on the way to the store when the window goes is lost.
      await eventually(
        'all of it in the store',
        () => keptNames(panel),
        (names) => names.length === 4 && names[0] === 'before the fix',
      );
    },
  );

  // Another DevTools window has them too: they are kept, and read when they are looked at.
  await tested.inspect(
    { name: 'profiles again', url: `${server.url}/plain.html` },
    async ({ page, panel, screenshot }) => {
      await showPanelView(panel, 'profiles');
      await eventually(
        'what was kept',
        () => chosen(panel),
        (name) => name === 'before the fix',
      );
      const names = await panel.$$eval('.capture-name', (all) => all.map((name) => name.textContent));
      expect(names).toHaveLength(4);
      expect(names[3]).toBe('cpu.pb.gz');
      await clickOn(panel, '.capture:nth-child(4)');
      await clickOn(panel, '[data-tab=top]');
      await eventually(
        'its functions',
        () => rows(panel, 'profile-top', 'name'),
        (shown) => shown.includes('main.recurse'),
      );
      await screenshot('profiles kept');
      await press(panel, 'Delete profile');
      await eventually(
        'that it is gone',
        () => panel.$$eval('.capture', (all) => all.length),
        (count) => count === 3,
      );

      // Recorded by somebody else, with bare names: they are Go's once the module is known.
      await drop(panel, 'bare.cpuprofile', bareRecording('1.27.3', 'main.three'));
      await eventually(
        'that a module is missing',
        () => textsOf(panel, '.profiles .infobar'),
        (texts) => texts.join().includes('1 function of WebAssembly has no Go name'),
      );
      await page.goto(`${server.url}/profiled.html`);
      await page.locator('#page').click();
      await eventually(
        'the names',
        () => rows(panel, 'profile-top', 'name'),
        (shown) => shown.includes('main.three'),
      );
      expect((await textsOf(panel, '.profiles .infobar')).join()).not.toContain('no Go name');
    },
  );
});
