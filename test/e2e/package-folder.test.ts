import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { goSource } from '../support/fixtures.ts';
import { eventually, launch, type TestBrowser, reloadWithValues } from './support/harness.ts';
import {
  goOn,
  goUrl,
  hasFile,
  nextPause,
  scopesOf,
  setBreakpoint,
  showSources,
  watched,
  type Pause,
} from './support/sources-panel.ts';

// Package variables that a file without code declares: the module does not name it, and the page's server cannot list it. A folder that a
// person granted can: here one of the extension's own, which the browser gives the same kind of handle for.

const FILE = 'values/main.go';
const DECLARED = /^var \(\n[^)]*?^\)$/m;
const source = goSource(FILE);
const [declared = ''] = DECLARED.exec(source) ?? [];
/** The program's text without its variables; the lines stay. */
const CODE = source.replace(declared, declared.replace(/[^\n]/g, ''));
const FOLDER = {
  'main.go': CODE,
  'variables.go': `package main\n\n${declared}\n`,
  'variables_linux.go': 'package main\n\nvar counter, title string\n',
  'tool.go': '//go:build ignore\n\npackage main\n\nvar counter string\n',
  'variables_test.go': 'package main\n\nvar title int\n',
};
const CONCLUDED = ' (not certain: its place is concluded from the code that uses it)';

let server: FixtureServer;
let tested: TestBrowser;
beforeAll(async () => {
  [server, tested] = await Promise.all([startServer(), launch('extension')]);
});
afterAll(async () => {
  await tested.close();
  await server.close();
});

test('variables of a file without code, by a granted folder', async () => {
  const url = `${server.url}/?version=1.27.3&family=values&case=all`;
  await tested.inspect({ name: 'folder', url }, async ({ page, panel, frontEnd }) => {
    const stopIn = async (name: string): Promise<Pause> => {
      const from = source.split('\n').findIndex((line) => line.startsWith(`func ${name}(`));
      const line = source.split('\n').findIndex((text, i) => i > from && text.endsWith('// stops')) + 1;
      await eventually('the text', () => hasFile(frontEnd, goUrl(FILE), '// Command values'), Boolean);
      await setBreakpoint(frontEnd, goUrl(FILE), line);
      await page.evaluate('void (globalThis.ran = run(wanted))');
      const pause = await eventually(
        `a stop in ${name}`,
        () => nextPause(frontEnd),
        (at) => at?.line === line,
      );
      if (pause === null) throw new Error('no stop');
      return pause;
    };
    const reload = (): Promise<void> => reloadWithValues({ page, panel });

    await reload();
    await showSources(frontEnd);
    await page.evaluate('run(wanted)');
    let pause = await stopIn('globals');
    // The server's text declares them where it has code.
    expect(await watched(frontEnd, 'counter')).toBe(`43${CONCLUDED}`);
    expect(await watched(frontEnd, 'nowhere')).toContain(
      'the files of package main that hold code declare none, and one without code is found only in a folder that you grant',
    );
    await goOn(frontEnd, pause);
    await page.evaluate('ran');

    await panel.evaluate(async (files) => {
      const root = await (
        await navigator.storage.getDirectory()
      ).getDirectoryHandle('fixtures', { create: true });
      const directory = await root.getDirectoryHandle('values', { create: true });
      for (const [name, text] of Object.entries(files)) {
        const writable = await (await directory.getFileHandle(name, { create: true })).createWritable();
        await writable.write(text);
        await writable.close();
      }
      await window.goSession?.folders?.add(root);
    }, FOLDER);
    await reload();
    await page.evaluate('run(wanted)');
    pause = await stopIn('globals');
    expect(await watched(frontEnd, 'counter')).toBe(`43${CONCLUDED}`);
    expect(await watched(frontEnd, 'title')).toBe(`"the title"${CONCLUDED}`);
    expect(await watched(frontEnd, 'origin.Y + len(registry)')).toBe(`9${CONCLUDED}`);
    expect(await watched(frontEnd, 'first.name')).toContain('Gopher');
    expect(await watched(frontEnd, 'nowhere')).toContain('package main declares none');
    const scopes = Object.values(await scopesOf(frontEnd)).flat();
    expect(scopes.find(({ name }) => name === 'main.counter')?.text).toBe(`43${CONCLUDED}`);
    await goOn(frontEnd, pause);
    await page.evaluate('ran');
  });
});
