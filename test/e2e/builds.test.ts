import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtExtension, eventually, launch, type BuildName, type TestBrowser } from './support/harness.ts';

// What `npm run build` makes, as Chrome takes it.

const BUILDS: readonly BuildName[] = ['extension', 'extension-minimal'];
const root = dirname(dirname(builtExtension('extension')));

interface Manifest {
  name: string;
  version: string;
  permissions: string[];
  host_permissions?: string[];
  content_scripts?: unknown[];
}

const text = (build: BuildName, file: string): string =>
  readFileSync(join(builtExtension(build), file), 'utf8');
const manifest = (build: BuildName): Manifest => JSON.parse(text(build, 'manifest.json')) as Manifest;

describe.each(BUILDS)('%s', (build) => {
  let tested: TestBrowser;
  beforeAll(async () => {
    tested = await launch(build);
  });
  afterAll(() => tested.close());

  test('declares no host and no content script', () => {
    expect(manifest(build).host_permissions).toBeUndefined();
    expect(manifest(build).content_scripts).toBeUndefined();
  });

  test('pages have no inline script', () => {
    for (const page of ['devtools.html', 'panel.html']) {
      const scripts = [...text(build, page).matchAll(/<script\b([^>]*)>([^<]*)/g)];
      expect(scripts.length).toBeGreaterThan(0);
      expect(
        scripts.filter(([, attributes, body]) => !attributes?.includes('src=') || body?.trim() !== ''),
      ).toEqual([]);
    }
  });

  test('the hook is one classic script that needs nothing', () => {
    // Compiled as a script: an import or export statement, which only a module may have, is a SyntaxError.
    expect(() => new Script(text(build, 'hook.js'))).not.toThrow();
    expect(text(build, 'hook.js')).not.toMatch(/\bimport\(|\brequire\(|\bchrome\./);
  });

  test('carries no machine path', () => {
    const files = readdirSync(builtExtension(build), { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\.(js|html|css|json)$/.test(file),
    );
    expect(files.filter((file) => text(build, file).includes(root))).toEqual([]);
  });

  test('the README quotes the warnings that Chrome shows at installation', async () => {
    const page = await tested.browser.newPage();
    // Chrome lists it a moment after it was loaded.
    const id = await eventually(
      'the extension',
      async () => [...(await tested.browser.extensions()).keys()][0] ?? '',
      Boolean,
    );
    await page.goto(`chrome-extension://${id}/panel.html`);
    const warnings = await page.evaluate(
      (source) => chrome.management.getPermissionWarningsByManifest(source),
      text(build, 'manifest.json'),
    );
    expect(warnings.length).toBeGreaterThan(0);
    const readme = readFileSync(join(root, 'README.md'), 'utf8').replaceAll(/\s+/g, ' ');
    const [, section = ''] = readme.split(`**\`dist/${build}\`**`);
    const paragraph = section.split(/ - \*\*| Neither /)[0] ?? '';
    expect([...paragraph.matchAll(/"([^"]+)"/g)].map(([, quoted]) => quoted)).toEqual(warnings);
  });
});

test('the builds differ by the debugger permission alone', () => {
  const [full, minimal] = [manifest('extension'), manifest('extension-minimal')];
  expect(full.permissions).toContain('debugger');
  expect(minimal).toEqual({
    ...full,
    name: `${full.name} (minimal)`,
    permissions: full.permissions.filter((permission) => permission !== 'debugger'),
  });
  const files = (build: BuildName): string[] =>
    readdirSync(builtExtension(build), { recursive: true, encoding: 'utf8' }).sort();
  expect(files('extension-minimal')).toEqual(files('extension'));
});

test('the version of the manifest is the version of the package', () => {
  const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  expect(manifest('extension').version).toBe(packageJson.version);
});

test('the command line runs as a program', () => {
  const usage = execFileSync(join(root, 'dist/cli.js'), ['--help'], { encoding: 'utf8' });
  expect(usage).toMatch(/gowasm symbolize\s+MODULE/);
});
