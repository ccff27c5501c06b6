import type { Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { reloadWithHook } from '../../scripts/panel.mjs';
import { casesOf, goSource } from '../support/fixtures.ts';
import { eventually, launch, type TestBrowser } from './support/harness.ts';
import { seenTrap, textsOf } from './support/seen.ts';

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

async function shownSource(frontEnd: Page): Promise<Shown | null> {
  const url = await frontEnd.evaluate(
    `import('/bundled/panels/sources/sources.js').then((sources) =>
      sources.SourcesPanel.SourcesPanel.instance().sourcesView().currentUISourceCode()?.url() ?? null)`,
  );
  const tab = await frontEnd.$('>>> .tabbed-pane-header-tab.selected[aria-label$="main.go"]');
  const line = await frontEnd.$('>>> .cm-highlightedLine');
  if (typeof url !== 'string' || tab === null || line === null) return null;
  const number = await line.evaluate((element) => {
    const editor = element.closest('.cm-editor');
    const gutter = editor?.querySelectorAll('.cm-lineNumbers .cm-gutterElement') ?? [];
    const { top, bottom } = element.getBoundingClientRect();
    const middle = (top + bottom) / 2;
    const beside = [...gutter].find((entry) => {
      const box = entry.getBoundingClientRect();
      return box.top <= middle && middle < box.bottom && entry.textContent !== '';
    });
    return Number(beside?.textContent ?? 0);
  });
  return {
    url,
    tab: await tab.evaluate((element) => element.textContent),
    line: number,
    text: await line.evaluate((element) => element.textContent),
  };
}

describe('extension', () => {
  test('file:line of a frame opens the Go file in Sources at that line', async () => {
    const dies = casesOf('panics').find(({ name }) => name === 'index');
    if (dies === undefined) throw new Error('no case');
    const url = `${server.url}/?family=panics&case=index&quiet=1`;
    await tested.inspect({ name: 'sources', url }, async ({ page, panel, frontEnd, screenshot }) => {
      await reloadWithHook(page, panel);
      await page.locator('#crash').click();
      const { frames } = await seenTrap(panel);
      expect(frames[0]).toMatchObject({ function: 'main.at', file: dies.file, line: dies.line });
      await panel.locator(`[data-grid=stack] a ::-p-text(main.go:${String(dies.line)})`).click();
      const source = await eventually(
        'the Go file in Sources',
        () => shownSource(frontEnd),
        (shown) => shown !== null && shown.line > 0,
      );
      await screenshot('sources');
      expect(source).toEqual({
        url: `${server.url}/src/panics/main.go`,
        tab: expect.stringContaining('main.go') as string,
        line: dies.line,
        text: goSource('panics/main.go').split('\n')[dies.line - 1],
      });
    });
  });

  test('a frame of the standard library says which path is missing', async () => {
    const url = `${server.url}/?family=panics&case=index&quiet=1`;
    await tested.inspect({ name: 'missing source', url }, async ({ page, panel }) => {
      await reloadWithHook(page, panel);
      await page.locator('#crash').click();
      await seenTrap(panel);
      await panel.locator('[data-grid=stack] .grid-row.fold .grid-twisty').click();
      await panel.locator('[data-grid=stack] a ::-p-text(panic.go:)').click();
      await panel.waitForSelector('.missing-source');
      const [missing] = await textsOf(panel, '.missing-source');
      expect(missing).toMatch(/Sources has no runtime\/panic\.go:\d+/);
      expect(missing).toMatch(/runtime\/panic\.go is of Go's standard library|has no runtime\/panic\.go/);
    });
  });
});
