import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { clickOn, reloadWithHook, showPanelView, trapTitles } from '../../scripts/panel.mjs';
import { fixture, fixtureBytes } from '../support/fixtures.ts';
import { DEATHS } from './main-job-cases.ts';
import { expectDeath } from './support/expect-death.ts';
import { eventually, launch, type TestBrowser } from './support/harness.ts';
import { seenTrap, textsOf } from './support/seen.ts';

// A module whose tables are damaged, which V8 runs all the same, beside one that is whole: each is told for itself.

const wholeModule = (): Uint8Array => fixtureBytes(fixture({ family: 'exits', goVersion: '1.27.3' }));

/**
 * The program that waits, with an absurd number of functions in the header of its pclntab (a word of 8 bytes after the 8 bytes shown
 * here, Go src/runtime/symtab.go, pcHeader). The runtime itself takes the number from moduledata, so the program runs.
 */
function damagedModule(): Uint8Array {
  const bytes = wholeModule().slice();
  const header = Buffer.from(bytes).indexOf(Buffer.from([0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8]));
  if (header < 0) throw new Error('no pclntab header');
  bytes[header + 14] = 0x7f;
  return bytes;
}

let fixtures: FixtureServer;
/** The fixtures' server with that one module replaced. */
let server: Server;
let origin: string;
let tested: TestBrowser;
beforeAll(async () => {
  [fixtures, tested] = await Promise.all([startServer(), launch('extension')]);
  const damaged = damagedModule();
  server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (path.startsWith('/modules/exits.')) {
      response.writeHead(200, { 'content-type': 'application/wasm' }).end(damaged);
      return;
    }
    void fetch(fixtures.url + path).then(async (from) => {
      response.writeHead(from.status, { 'content-type': from.headers.get('content-type') ?? '' });
      response.end(Buffer.from(await from.arrayBuffer()));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  origin = `http://127.0.0.1:${String(typeof address === 'object' ? (address?.port ?? 0) : 0)}`;
});
afterAll(async () => {
  await tested.close();
  server.close();
  await fixtures.close();
});

describe('extension', () => {
  test('the damaged module has one error with section and offset, the other one its trap in full', async () => {
    const death = DEATHS.find(({ fixture: { name } }) => name === 'index');
    if (death === undefined) throw new Error('no case');
    const url = `${origin}/two.html?family=panics&case=index&quiet=1`;
    await tested.inspect({ name: 'beside damaged', url }, async ({ page, panel, screenshot }) => {
      await reloadWithHook(page, panel);
      await page.locator('#crash').click();
      expectDeath(await seenTrap(panel), death);
      expect(await trapTitles(panel)).toHaveLength(1);

      await showPanelView(panel, 'modules');
      const row = '[data-grid=modules] .grid-row';
      await eventually(
        'both modules',
        () => textsOf(panel, `${row} [data-column=toolchain]`),
        (shown) => shown.length === 2 && shown.every((text) => text === 'go1.27.3'),
      );
      const errors = async (name: string): Promise<string[]> => {
        await clickOn(panel, `${row} ::-p-text(${name})`);
        await panel.waitForFunction(
          (wanted) =>
            document
              .querySelector('[data-grid=modules] [aria-selected=true]')
              ?.textContent.includes(wanted) && document.querySelector('.report-section') !== null,
          { polling: 100 },
          name,
        );
        const sections = await textsOf(panel, '.report-section');
        return sections.filter((text) => text.startsWith('Could not be read'));
      };
      expect(await errors('exits.')).toEqual([
        expect.stringMatching(
          /^Could not be read \(1\)pclntab at address 0x[0-9a-f]+: \d+ functions do not fit/,
        ) as string,
      ]);
      await screenshot('beside damaged');
      expect(await errors('panics.')).toEqual([]);
    });
  });

  test('a trap of the damaged module is worked out when the whole file is dropped in', async () => {
    const death = DEATHS.find(({ fixture: { family, name } }) => family === 'exits' && name === 'exit');
    if (death === undefined) throw new Error('no case');
    const url = `${origin}/?family=exits&case=exit&quiet=1`;
    await tested.inspect({ name: 'file dropped in', url }, async ({ page, panel }) => {
      await reloadWithHook(page, panel);
      await page.locator('#crash').click();
      const before = await seenTrap(panel);
      expect(before.frames.filter(({ language }) => language === 'go')).toEqual([]);
      // The module as it was before it was damaged: the same build.
      await panel.evaluate(
        async (from) => {
          const data = new DataTransfer();
          data.items.add(new File([await (await fetch(from)).arrayBuffer()], 'whole.wasm'));
          document
            .querySelector('.shell')
            ?.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
        },
        `data:application/wasm;base64,${Buffer.from(wholeModule()).toString('base64')}`,
      );
      const shown = await eventually(
        'the Go stack',
        () => seenTrap(panel),
        ({ frames }) => frames.some(({ language }) => language === 'go'),
      );
      expectDeath(shown, death);
      expect(await trapTitles(panel)).toEqual([expect.stringContaining('exit code 3')]);
    });
  });
});
