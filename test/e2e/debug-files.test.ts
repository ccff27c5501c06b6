import type { Frame, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { reloadWithHook, showPanelView } from '../../scripts/panel.mjs';
import { readModule } from '../../src/wasm/module.ts';
import { llvmGolden, llvmModule } from '../support/llvm-fixtures.ts';
import { withoutSections } from '../support/without-sections.ts';
import { custom, name } from '../unit/wasm/encode.ts';
import { eventually, launch, type TestBrowser } from './support/harness.ts';

// Debug information that is in files of its own: what the page's own server has is read without a question, what is missing is named with the reason, and a
// file that is dropped in fills the gap.

let server: FixtureServer;
let tested: TestBrowser;
beforeAll(async () => {
  [server, tested] = await Promise.all([startServer(), launch('extension')]);
});
afterAll(async () => {
  await tested.close();
  await server.close();
});

const split = llvmModule('c.split5.wasm');
const whole = llvmModule('c.whole5.wasm');
const external = (url: string): Uint8Array =>
  Uint8Array.of(
    ...withoutSections(whole, (section) => section.startsWith('.debug_')),
    ...custom('external_debug_info', name(url)),
  );

/** A place in `clamp`, which is inlined into `area` and that into `sum`: a line of a stack. */
function stackIn(module: Uint8Array, golden: string): string {
  const { start, answer, answers } = llvmGolden(golden).places;
  const index = start.findIndex((_, i) => /^clamp .*\|area .*\|sum /.test(answers[answer[i] ?? 0] ?? ''));
  const at = readModule(module).codeStart + (start[index] ?? 0);
  return `    at sum (${server.url}/modules/other.wasm:wasm-function[1]:0x${at.toString(16)})`;
}

/** The functions of a pasted stack, innermost first. */
const framesOf = (panel: Frame, text: string): Promise<string[]> =>
  panel.evaluate(async (pasted) => {
    const found = await window.goSession?.symbolizeText(null, pasted);
    return found?.stacks[0]?.frames.map((frame) => frame.function) ?? [];
  }, text);

/** What the Modules view says of the files. */
const filesShown = (panel: Frame): Promise<string[]> =>
  panel.$$eval('.report .field', (fields) =>
    fields
      .map((field) => field.textContent)
      .filter((text) => text.startsWith('split DWARF') || text.startsWith('debug file')),
  );

const buttons = (panel: Frame): Promise<string[]> =>
  panel.$$eval('.debug-files button', (all) => all.map((button) => button.textContent));

/** Drops a file on the panel. */
const drop = (panel: Frame, fileName: string, bytes: Uint8Array): Promise<void> =>
  panel.evaluate(
    (title, content) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(content)], title));
      document
        .querySelector('.shell')
        ?.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    },
    fileName,
    [...bytes],
  );

test('split DWARF and external debug information', async () => {
  const files = new Map<string, Uint8Array>();
  const asked: string[] = [];
  const serve = async (page: Page): Promise<void> => {
    await page.setRequestInterception(true);
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (!pathname.startsWith('/modules/')) {
        void request.continue();
        return;
      }
      asked.push(pathname);
      const bytes = files.get(pathname);
      void request.respond(
        bytes === undefined
          ? { status: 404 }
          : {
              contentType: 'application/wasm',
              body: Buffer.from(bytes),
              headers: { 'cache-control': 'no-store' },
            },
      );
    });
  };
  await tested.inspect({ name: 'debug files', url: 'about:blank' }, async ({ page, panel, screenshot }) => {
    await serve(page);
    files.set('/modules/other.wasm', split);
    files.set('/modules/shapes5.dwo', llvmModule('shapes5.dwo'));
    await page.goto(`${server.url}/other.html`);
    await reloadWithHook(page, panel);
    await showPanelView(panel, 'modules');
    const partly = await eventually(
      'one file read, one missing',
      () => filesShown(panel),
      (shown) => shown.length === 2 && shown.every((text) => /read from|HTTP/.test(text)),
    );
    expect(partly).toEqual([
      'split DWARFtypes5.dwo · missing: not fetched: HTTP 404',
      `split DWARFshapes5.dwo · read from ${server.url}/modules/shapes5.dwo`,
    ]);
    const inClamp = stackIn(split, 'c.split5.wasm');
    expect(await framesOf(panel, inClamp)).toEqual(['clamp', 'area', 'sum']);
    await expect
      .poll(() => buttons(panel))
      .toEqual(['Choose files…', `Fetch from ${server.url}`, 'Fetch a .dwp']);
    await screenshot('debug-files');
    await drop(panel, 'types5.dwo', llvmModule('types5.dwo'));
    const all = await eventually(
      'the file that was dropped in',
      () => filesShown(panel),
      (shown) => shown.length === 2 && shown.every((text) => text.includes('read from')),
    );
    expect(all).toContain('split DWARFtypes5.dwo · read from types5.dwo, a file of this computer');
    await expect.poll(() => buttons(panel)).toEqual([]);

    // A file beside the module, and one of another server, which is not asked without a click.
    files.set('/modules/other.wasm', external('other.debug.wasm'));
    files.set('/modules/other.debug.wasm', whole);
    await page.reload({ waitUntil: 'load' });
    await eventually(
      'the file beside the module',
      () => filesShown(panel),
      ([shown]) => shown === `debug fileother.debug.wasm · read from ${server.url}/modules/other.debug.wasm`,
    );
    expect(await framesOf(panel, stackIn(external('other.debug.wasm'), 'c.split5.wasm'))).toEqual([
      'clamp',
      'area',
      'sum',
    ]);
    const elsewhere = server.url.replace('127.0.0.1', 'localhost');
    files.set('/modules/other.wasm', external(`${elsewhere}/modules/elsewhere.wasm`));
    files.set('/modules/elsewhere.wasm', whole);
    await page.reload({ waitUntil: 'load' });
    await eventually(
      'the file of another server',
      () => buttons(panel),
      (shown) => shown.includes(`Fetch from ${elsewhere}`),
    );
    expect(await filesShown(panel)).toEqual([`debug file${elsewhere}/modules/elsewhere.wasm · missing`]);
    expect(asked).not.toContain('/modules/elsewhere.wasm');
  });
});
