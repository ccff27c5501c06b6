import type { Page } from 'puppeteer-core';
import { SourceMapGenerator } from 'source-map';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { clickOn, reloadWithHook } from '../../scripts/panel.mjs';
import { casesOf, goSource } from '../support/fixtures.ts';
import { eventually, launch, type TestBrowser } from './support/harness.ts';
import { seenTrap } from './support/seen.ts';
import { shownSource } from './support/sources-panel.ts';

// From a frame to its source: the real Sources panel at that line, or the path that is missing.

let server: FixtureServer;
let tested: TestBrowser;
beforeAll(async () => {
  [server, tested] = await Promise.all([startServer(), launch('extension')]);
});
afterAll(async () => {
  await tested.close();
  await server.close();
});

/** What the Sources panel shows: the URL of the chosen file, the title of its tab, the line of the cursor (1-based) and its text. */
interface Shown {
  readonly url: string;
  readonly tab: string;
  readonly line: number;
  readonly text: string;
}

async function shown(frontEnd: Page): Promise<Shown | null> {
  const at = await shownSource(frontEnd);
  const tab = await frontEnd.$('>>> .tabbed-pane-header-tab.selected[aria-label$="main.go"]');
  return at === null || tab === null
    ? null
    : { ...at, tab: await tab.evaluate((element) => element.textContent) };
}

/** A map of a script each line of which comes from the line that is 100,000 behind it. */
function farMap(script: string): string {
  const generator = new SourceMapGenerator();
  script.split('\n').forEach((_, i) => {
    const generated = { line: i + 1, column: 0 };
    generator.addMapping({ source: 'far.ts', generated, original: { line: i + 100_001, column: 0 } });
  });
  return generator.toString();
}

/** The whole text of a file that DevTools lists. */
const sourceContent = (frontEnd: Page, url: string): Promise<unknown> =>
  frontEnd.evaluate(
    `import('/bundled/models/workspace/workspace.js').then(({ Workspace }) =>
      Workspace.WorkspaceImpl.instance().uiSourceCodeForURL(${JSON.stringify(url)}).requestContentData())
      .then((data) => data.text)`,
  );

describe('extension', () => {
  test("the page's JavaScript has the places that its own source map says", async () => {
    const script = await (await fetch(`${server.url}/pages/fixture.js`)).text();
    const line = script.split('\n').findIndex((text) => text.includes('the import failed'));
    await tested.inspect({ name: 'script map', url: 'about:blank' }, async (inspected) => {
      const { page, panel } = inspected;
      await page.setRequestInterception(true);
      page.on('request', (request) => {
        const answer = (contentType: string, body: string): void =>
          void request.respond({ contentType, body });
        const { pathname } = new URL(request.url());
        if (pathname.endsWith('/fixture.js'))
          answer('text/javascript', `${script}\n//# sourceMappingURL=maps/fixture.js.map`);
        else if (pathname.endsWith('/maps/fixture.js.map')) answer('application/json', farMap(script));
        else void request.continue();
      });
      await page.goto(`${server.url}/?family=traps&case=import`);
      await reloadWithHook(page, panel);
      await page.locator('#crash').click();
      await seenTrap(panel);
      await clickOn(panel, '[role=tab] ::-p-text(JavaScript)');
      const thrower = async () =>
        (await seenTrap(panel)).frames.find(({ function: name }) => name.includes('throwFromImport'));
      const frame = await eventually(
        'the place in far.ts',
        thrower,
        (found) => found?.file.includes('far.ts') === true,
      );
      expect(frame).toMatchObject({ file: `${server.url}/pages/maps/far.ts`, line: line + 100_001 });
      await inspected.screenshot('script map');
    });
  });

  test('file:line of a frame opens the Go file in Sources at that line', async () => {
    const dies = casesOf('panics').find(({ name }) => name === 'index');
    if (dies === undefined) throw new Error('no case');
    const url = `${server.url}/?family=panics&case=index&quiet=1`;
    await tested.inspect({ name: 'sources', url }, async ({ page, panel, frontEnd, screenshot }) => {
      await reloadWithHook(page, panel);
      await page.locator('#crash').click();
      const { frames } = await seenTrap(panel);
      expect(frames[0]).toMatchObject({ function: 'main.at', file: dies.file, line: dies.line });
      await clickOn(panel, `[data-grid=stack] a ::-p-text(main.go:${String(dies.line)})`);
      // The file may be there before its line is, and before its own text.
      await expect
        .poll(() => shown(frontEnd))
        .toEqual({
          url: 'go:///example.com/fixtures/panics/main.go',
          tab: expect.stringContaining('main.go') as string,
          line: dies.line,
          text: goSource('panics/main.go').split('\n')[dies.line - 1],
        });
      await screenshot('sources');
    });
  });

  test('a frame of the standard library opens what is known of the file, and says which path is missing', async () => {
    const url = `${server.url}/?family=panics&case=index&quiet=1`;
    await tested.inspect({ name: 'missing source', url }, async ({ page, panel, frontEnd, screenshot }) => {
      await reloadWithHook(page, panel);
      await page.locator('#crash').click();
      await seenTrap(panel);
      await clickOn(panel, '[data-grid=stack] .grid-row.fold .grid-twisty');
      await clickOn(panel, '[data-grid=stack] a ::-p-text(panic.go:)');
      await eventually(
        'the file in Sources',
        () => frontEnd.$('>>> .tabbed-pane-header-tab.selected[aria-label$="panic.go"]'),
        (tab) => tab !== null,
      );
      await screenshot('missing-source');
      await expect
        .poll(() => sourceContent(frontEnd, 'go:///runtime/panic.go'))
        .toMatch(
          /^\/\/ The source text of runtime\/panic\.go is not here\.\n.*\n\/\/ .*the GOROOT of go1\.27\.3 \(go env GOROOT\)/,
        );
    });
  });
});
