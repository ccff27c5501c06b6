import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Frame, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { showGoPanel } from '../../scripts/devtools.mjs';
import { clickOn } from '../../scripts/panel.mjs';
import type { SourceExcerpt } from '../../src/session/client.ts';
import { goSource } from '../support/fixtures.ts';
import { eventually, launch, type TestBrowser } from './support/harness.ts';
import { NEWEST } from './support/main-job.ts';
import { textsOf } from './support/seen.ts';
import { goUrl, showSources } from './support/sources-panel.ts';

// Source text at file:// addresses: what a source root says, once Chrome lets the extension read files, and nothing else.

let server: FixtureServer;
let tested: TestBrowser;
let directory: string;
beforeAll(async () => {
  [server, tested] = await Promise.all([startServer(), launch('extension')]);
  directory = mkdtempSync(join(tmpdir(), 'go-wasm-devtools-'));
});
afterAll(async () => {
  await tested.close();
  await server.close();
  rmSync(directory, { recursive: true });
});

const FROM = 'example.com/fixtures/';
const MARK = '// This is the file of this machine.';

/** Gives the panel one source root. */
const setRoot = (panel: Frame, to: string): Promise<void> =>
  panel.evaluate(
    (from, at) => {
      window.goSession?.setSettings({ sourceRoots: [{ from, to: at }] });
    },
    FROM,
    to,
  );

const textOf = async (frontEnd: Page, file: string): Promise<string> =>
  String(
    await frontEnd.evaluate(
      `inTest.file(${JSON.stringify(file)})?.requestContentData().then((data) => data.text ?? '')`,
    ),
  );

test('a source root with file:// is read once the user allows it, and the settings say so', async () => {
  const sources = join(directory, 'my sources');
  mkdirSync(join(sources, 'traps'), { recursive: true });
  writeFileSync(join(sources, 'traps/main.go'), `${goSource('traps/main.go')}\n${MARK}\n`);
  const url = `${server.url}/?family=traps&version=${NEWEST}&case=none`;
  await tested.inspect({ name: 'file roots', url }, async ({ page, panel, frontEnd, screenshot }) => {
    await setRoot(panel, pathToFileURL(`${sources}/`).href);
    await showSources(frontEnd);
    await page.locator('#crash').click();
    const file = goUrl('traps/main.go');
    await eventually(
      'the text of the page’s server',
      () => textOf(frontEnd, file),
      (text) => text.startsWith('// Command traps'),
    );
    expect(await textOf(frontEnd, file)).not.toContain(MARK);

    await showGoPanel(frontEnd);
    await clickOn(panel, '[aria-label=Settings]');
    const notes = await eventually(
      'why it is not read',
      () => textsOf(panel, '.settings .note'),
      (all) => all.length > 0,
    );
    expect(notes).toEqual(['Not read: it takes your permission to read files of this machine. Allow it']);
    await screenshot('file-root-unread');
    await clickOn(panel, '.settings .note button');
    await eventually(
      'the text of this machine',
      () => textOf(frontEnd, file),
      (text) => text.startsWith('// Command traps') && text.includes(MARK),
    );
    await expect.poll(() => textsOf(panel, '.settings .note')).toEqual([]);
    await screenshot('file-root');

    // A file that is not there says where it was looked for, and none is read outside of the root.
    const excerpt = (name: string): Promise<SourceExcerpt | undefined> =>
      panel.evaluate((of) => {
        const session = window.goSession;
        return session?.sourceExcerpt(session.state().modules[0]?.key ?? null, of, 1, 1);
      }, `${FROM}${name}`);
    expect(await excerpt('traps/none.go')).toMatchObject({
      ok: false,
      why: `there is no ${FROM}traps/none.go where the source roots say`,
      tried: expect.arrayContaining([pathToFileURL(join(sources, 'traps/none.go')).href]) as string[],
    });
    writeFileSync(join(directory, 'outside.go'), 'package outside\n');
    expect(await excerpt('../outside.go')).toMatchObject({ ok: false });

    // Without the root it is read no more.
    await panel.evaluate(() => window.goSession?.setSettings({ sourceRoots: [] }));
    expect(await excerpt('traps/main.go')).toMatchObject({
      ok: true,
      url: expect.stringMatching(/^http:/) as string,
    });
  });
});
