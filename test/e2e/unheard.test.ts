import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { builtExtension, launch, type TestBrowser } from './support/harness.ts';

// DevTools can lose the message by which a devtools page introduces itself. There is a Go panel all the same.

/** What a devtools page that is not heard sees: nothing answers. In its first document only. */
const UNHEARD = `if (location.hash === '') chrome.devtools.panels.create = () => undefined;\n`;

let server: FixtureServer;
let tested: TestBrowser;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'extension-unheard-'));
  await cp(builtExtension('extension'), directory, { recursive: true });
  const script = join(directory, 'devtools.js');
  await writeFile(join(directory, 'unheard.js'), UNHEARD);
  await writeFile(script, `import './unheard.js';\n${await readFile(script, 'utf8')}`);
  [server, tested] = await Promise.all([startServer(), launch('extension', directory)]);
});
afterAll(async () => {
  await tested.close();
  await server.close();
  await rm(directory, { recursive: true });
});

test('a devtools page that is not heard introduces itself again', async () => {
  await tested.inspect({ name: 'unheard', url: `${server.url}/plain.html` }, async ({ frontEnd, panel }) => {
    await panel.waitForSelector('.shell');
    const devtools = frontEnd.frames().map((frame) => new URL(frame.url()));
    // How often depends on how soon DevTools answers.
    expect(devtools.filter(({ pathname }) => pathname === '/devtools.html').map(({ hash }) => hash)).toEqual([
      expect.stringMatching(/^#[1-5]$/),
    ]);
  });
});
