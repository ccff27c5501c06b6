// @ts-check
// How the sources become dist/extension, dist/extension-minimal and dist/cli.js; scripts/build.mjs is the command.
import { readFileSync } from 'node:fs';
import { chmod, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as viteBuild } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const entry = (/** @type {string} */ name) => join(root, 'src/entry', name);

/** The oldest Chrome whose `chrome.debugger` has flat sessions (workers); manifest.json's minimum_chrome_version says the same. */
const BROWSER_TARGET = 'chrome125';
const NODE_TARGET = 'node20';

/**
 * Moves built HTML pages to the top of the output directory, so that their URLs inside the extension are stable
 * (`devtools.html`, `panel.html`) wherever their sources are.
 * @returns {import('vite').Plugin}
 */
function htmlAtTop() {
  return {
    name: 'html-at-top',
    enforce: 'post',
    generateBundle(_options, bundle) {
      for (const output of Object.values(bundle)) {
        if (output.fileName.endsWith('.html')) output.fileName = basename(output.fileName);
      }
    },
  };
}

/**
 * Package source-map asks for Node's module `url` where there is no global URL; there is one everywhere that this runs.
 * @returns {import('vite').Plugin}
 */
function globalUrl() {
  return {
    name: 'global-url',
    enforce: 'pre',
    resolveId: (id) => (id === 'url' ? '\0global-url' : null),
    load: (id) => (id === '\0global-url' ? 'export const URL = globalThis.URL;' : null),
  };
}

/**
 * Package source-map reads its decoder from a file beside it, which a bundle has not; its variant for browsers is given the decoder.
 * @returns {import('vite').Plugin}
 */
function givenDecoder() {
  return {
    name: 'given-decoder',
    enforce: 'pre',
    resolveId: (id, importer) =>
      /[/\\]read-wasm$/.test(id) && importer !== undefined
        ? join(dirname(importer), 'read-wasm-browser.js')
        : null,
  };
}

/**
 * What every build shares.
 * @returns {import('vite').InlineConfig}
 */
function common() {
  return {
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    envDir: false,
  };
}

/**
 * Pages, worker and service worker: ES modules that share chunks. The names of the entries are stable because the manifest and
 * `chrome.runtime.getURL` name them.
 * @param {string} outDir
 */
function buildPages(outDir) {
  return viteBuild({
    ...common(),
    plugins: [htmlAtTop(), globalUrl()],
    worker: { format: 'es' },
    build: {
      outDir,
      emptyOutDir: false,
      target: BROWSER_TARGET,
      minify: false,
      modulePreload: false,
      rolldownOptions: {
        input: {
          devtools: entry('devtools.html'),
          panel: join(root, 'panel/panel.html'),
          sidebar: join(root, 'panel/sidebar.html'),
          worker: entry('worker.ts'),
          'service-worker': entry('service-worker.ts'),
        },
        output: {
          entryFileNames: '[name].js',
          chunkFileNames: 'chunks/[name]-[hash].js',
          assetFileNames: 'assets/[name]-[hash][extname]',
        },
      },
    },
  });
}

/**
 * The hook: one classic script without imports, because it runs in the page's own world, injected as text.
 * @param {string} outDir
 */
function buildHook(outDir) {
  return viteBuild({
    ...common(),
    build: {
      outDir,
      emptyOutDir: false,
      target: BROWSER_TARGET,
      minify: false,
      rolldownOptions: {
        input: { hook: entry('hook.ts') },
        output: { format: 'iife', entryFileNames: '[name].js', codeSplitting: false },
      },
    },
  });
}

/**
 * Bundles one TypeScript program for Node into a single ES module.
 * @param {{ input: string, outDir: string, name: string, banner?: string }} options `input` absolute; the file is `outDir/name.js`
 */
export async function bundleForNode({ input, outDir, name, banner = '' }) {
  await viteBuild({
    ...common(),
    plugins: [givenDecoder()],
    assetsInclude: ['**/mappings.wasm'],
    ssr: { noExternal: true },
    build: {
      ssr: true,
      outDir,
      emptyOutDir: false,
      target: NODE_TARGET,
      minify: false,
      rolldownOptions: {
        input: { [name]: input },
        output: { format: 'es', entryFileNames: '[name].js', codeSplitting: false, banner },
      },
    },
  });
}

async function buildCli(/** @type {string} */ outDir) {
  await bundleForNode({ input: entry('cli.ts'), outDir, name: 'cli', banner: '#!/usr/bin/env node' });
  await chmod(join(outDir, 'cli.js'), 0o755);
}

/** @typedef {{ name: string, permissions: string[], [key: string]: unknown }} Manifest */

/**
 * The manifest of the build that does without the debugger: the same but for that permission and the name.
 * @param {Manifest} manifest
 * @returns {Manifest}
 */
export function minimalManifest(manifest) {
  return {
    ...manifest,
    name: `${manifest.name} (minimal)`,
    permissions: manifest.permissions.filter((permission) => permission !== 'debugger'),
  };
}

/**
 * Builds everything into `dist` of the checkout.
 * @returns {Promise<{ extension: string, minimal: string, cli: string }>} absolute paths
 */
export async function build() {
  const dist = join(root, 'dist');
  const extension = join(dist, 'extension');
  const minimal = join(dist, 'extension-minimal');
  await rm(dist, { recursive: true, force: true });
  await mkdir(extension, { recursive: true });

  const manifest = /** @type {Manifest} */ (JSON.parse(readFileSync(join(root, 'manifest.json'), 'utf8')));
  await Promise.all([
    buildPages(extension),
    buildHook(extension),
    buildCli(dist),
    cp(join(root, 'icons'), join(extension, 'icons'), { recursive: true }),
  ]);
  await cp(extension, minimal, { recursive: true });
  const write = (/** @type {string} */ dir, /** @type {Manifest} */ value) =>
    writeFile(join(dir, 'manifest.json'), `${JSON.stringify(value, null, 2)}\n`);
  await Promise.all([write(extension, manifest), write(minimal, minimalManifest(manifest))]);
  return { extension, minimal, cli: join(dist, 'cli.js') };
}
