// @ts-check
// From a profile of 12 MB and 100,000 samples to the first frame of its flame graph, in Chromium: by this extension's code, and by speedscope's importer (npm
// package speedscope, as its own page prints the time: decoding and call tree, without its flame graph). Then how smooth that flame graph is in the panel. Part of `npm run bench`; uses what `npm run build` has built.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';
import { build } from 'vite';
import { automationArguments, findBrowser } from './browser.mjs';
import { flameSmoothness } from './flame-smoothness.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const outDir = join(root, 'artifacts/bench');
const speedscope = join(createRequire(import.meta.url).resolve('speedscope/package.json'), '../dist/release');
const RUNS = 5;

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
      input: { 'flame-in-page': join(root, 'test/bench/flame-in-page.ts') },
      output: { format: 'iife', entryFileNames: '[name].js', codeSplitting: false },
    },
  },
});
const ours = readFileSync(join(outDir, 'flame-in-page.js'), 'utf8');

/** The profile as gzip; made by the page. @type {Buffer | undefined} */
let profile;
const server = createServer((request, response) => {
  const name = basename(new URL(request.url ?? '/', 'http://localhost').pathname);
  const type = name.endsWith('.js') ? 'text/javascript' : name.endsWith('.css') ? 'text/css' : 'text/html';
  try {
    const body =
      name === 'profile.pb.gz'
        ? profile
        : name === 'ours'
          ? '<!doctype html><title>ours</title>'
          : readFileSync(join(speedscope, name || 'index.html'));
    response.writeHead(200, { 'content-type': type }).end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
const address = server.address();
const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;

const browser = await puppeteer.launch({
  executablePath: await findBrowser(),
  headless: true,
  pipe: true,
  args: automationArguments(),
  protocolTimeout: 300_000,
});
/** @type {number[]} */
const own = [];
/** @type {number[]} */
const peer = [];
let boxes = 0;
/** @type {Record<string, number>} */
let steps = {};
try {
  for (let run = 0; run < RUNS; run++) {
    // A new page each time: nothing is compiled or cached.
    const page = await browser.newPage();
    await page.goto(`${url}ours`);
    await page.evaluate(ours);
    // In base64.
    profile ??= Buffer.from(/** @type {string} */ (await page.evaluate('makeProfile()')), 'base64');
    const shown = /** @type {{ ms: number, boxes: number, steps: Record<string, number> }} */ (
      await page.evaluate(`showFlame(${JSON.stringify(`${url}profile.pb.gz`)})`)
    );
    if (own.every((ms) => shown.ms < ms)) steps = shown.steps;
    own.push(shown.ms);
    boxes = shown.boxes;
    await page.close();

    const other = await browser.newPage();
    const imported = new Promise((resolve) => {
      other.on('console', (message) => {
        const ms = /^import: ([\d.]+) ?(ms|s)/.exec(message.text());
        if (ms) resolve(Number(ms[1]) * (ms[2] === 's' ? 1000 : 1));
      });
    });
    await other.goto(`${url}#profileURL=${encodeURIComponent(`${url}profile.pb.gz`)}`);
    peer.push(/** @type {number} */ (await imported));
    await other.close();
  }
} finally {
  await browser.close();
  server.close();
}
if (profile === undefined) throw new Error('no profile');
const smoothness = await flameSmoothness(profile, boxes);
const best = Math.min(...own);
const bestPeer = Math.min(...peer);
console.log(
  [
    `profile to first flame frame, in Chromium, best of ${RUNS} new pages (${boxes} boxes):`,
    `  this extension         ${best.toFixed(0).padStart(6)} ms  ${Object.entries(steps)
      .map(([step, ms]) => `${step} ${ms}`)
      .join(', ')}`,
    `  speedscope's importer  ${bestPeer.toFixed(0).padStart(6)} ms  ${(bestPeer / best).toFixed(1)} x as long (goal 10)`,
    `  in the panel           ${smoothness.map(([what, ms]) => `${what} ${ms.toFixed(0)}`).join(', ')} ms: the longest tasks of its UI thread (goal 50)`,
  ].join('\n'),
);
