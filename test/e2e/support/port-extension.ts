import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { minimalManifest, type Manifest } from '../../../scripts/bundle.mjs';
import type { BuildName } from './harness.ts';

/** How the manifest differs from the real one, for what a test cannot click: Chrome's own permission dialog. */
export interface ManifestChange {
  readonly permissions?: readonly string[];
  readonly host_permissions?: readonly string[];
}

const root = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * An extension whose devtools page makes nothing but a page port, and offers it to tests as `globalThis.tested` (port-devtools.ts). Hook,
 * service worker and manifest are the real ones, so tests of src/browser need no other room. Returns its directory.
 */
export async function portExtension(name: BuildName, change: ManifestChange = {}): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'go-wasm-devtools-'));
  await bundle(directory, 'port-devtools', join(root, 'test/e2e/support/port-devtools.ts'));
  await bundle(directory, 'hook', join(root, 'src/entry/hook.ts'));
  await bundle(directory, 'service-worker', join(root, 'src/entry/service-worker.ts'));
  cpSync(join(root, 'icons'), join(directory, 'icons'), { recursive: true });
  writeFileSync(join(directory, 'devtools.html'), '<!doctype html><script src="port-devtools.js"></script>');
  const real = JSON.parse(readFileSync(join(root, 'manifest.json'), 'utf8')) as Manifest;
  const manifest = name === 'extension' ? real : minimalManifest(real);
  const permissions = [...manifest.permissions, ...(change.permissions ?? [])];
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify({ ...manifest, ...change, permissions }));
  return directory;
}

/** One classic script, as scripts/bundle.mjs builds the hook. */
export async function bundle(outDir: string, name: string, input: string): Promise<void> {
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    build: {
      outDir,
      emptyOutDir: false,
      target: 'chrome125',
      minify: false,
      rolldownOptions: {
        input: { [name]: input },
        output: { format: 'iife', entryFileNames: '[name].js', codeSplitting: false },
      },
    },
  });
}
