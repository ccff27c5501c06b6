// @ts-check
// The source map that the extension attaches to esbuild, 14 MB: how long from the module until a breakpoint can be set on a Go line, the longest task of
// the UI meanwhile; and what the map costs the program, whose speed is measured with and without it, in turns. Part of `npm run
// bench`; uses what `npm run build` has built.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchBrowser, openDevTools, showGoPanel, showView } from './devtools.mjs';
import { serveEsbuild } from './esbuild-server.mjs';
import { longestTaskWhile } from './longest-task.mjs';

/** @typedef {import('puppeteer-core').Frame} Frame */
/** @typedef {import('puppeteer-core').Page} Page */

const root = fileURLToPath(new URL('..', import.meta.url));

/** Milliseconds: from the module's symbols to the first breakpoint that can be set, and for one task of the UI thread. */
const BUDGET = { breakpoint: 1500, task: 50 };
/** Rounds of each kind, and how often a file is transformed in each. */
const ROUNDS = 6;
const TRANSFORMS = 8;
/** By so much the ratio may differ from 1: what rounds of the same kind differ by here. */
const NOISE = 0.05;

/** esbuild in the page itself; `work` gives the milliseconds that some transforms of its own source take. */
const PAGE = `<script type="module">
  import { initialize, transform } from '/browser.js';
  const code = await (await fetch('/browser.js')).text();
  await initialize({ wasmModule: await WebAssembly.compileStreaming(fetch('/esbuild.wasm')), worker: false });
  globalThis.work = async (count) => {
    const start = performance.now();
    for (let i = 0; i < count; i++) await transform(code, { minify: true });
    return performance.now() - start;
  };
</script>`;

const server = await serveEsbuild({ page: PAGE, scripts: { '/browser.js': 'esm/browser.js' } });
const { url } = server;

const browser = await launchBrowser({ extension: join(root, 'dist/extension'), headless: true });
try {
  const page = await browser.newPage();
  const frontEnd = await openDevTools(page, { undock: true });
  await page.goto('about:blank');
  const panel = await showGoPanel(frontEnd);
  await showView(frontEnd, 'sources');
  await panel.evaluate(noteTimes);
  await frontEnd.evaluate(`(${watchBreakpoint})()`);
  const longest = await longestTaskWhile(frontEnd, async () => {
    await page.goto(url);
    await frontEnd.evaluate('breakpointUsable');
  });
  const usable = /** @type {number} */ (await frontEnd.evaluate('breakpointUsable'));
  const times = /** @type {Times} */ (await panel.evaluate('mapTimes'));
  row('esbuild, 14 MB: symbols read', times.ready - times.seen);
  row('  its map built and attached', times.attached - times.ready);
  row('  a breakpoint on a Go line usable', usable - times.ready, BUDGET.breakpoint);
  row('  from the first sign of the module', usable - times.seen);
  row('  longest task of the UI meanwhile', longest, BUDGET.task);

  /** @type {{ on: number[], off: number[] }} */
  const spent = { on: [], off: [] };
  await page.waitForFunction('globalThis.work !== undefined');
  await page.evaluate(`work(${TRANSFORMS})`);
  for (let round = 0; round < ROUNDS; round++) {
    // In turns, so that what else the machine does falls on both.
    /** @type {readonly ('on' | 'off')[]} */
    const turns = round % 2 === 0 ? ['on', 'off'] : ['off', 'on'];
    for (const which of turns) {
      await setMap(panel, which === 'on');
      // What attaching itself costs DevTools and the extension is over then.
      await page.evaluate(`work(${TRANSFORMS})`);
      spent[which].push(/** @type {number} */ (await page.evaluate(`work(${TRANSFORMS})`)));
    }
  }
  const [on, off] = [Math.min(...spent.on), Math.min(...spent.off)];
  const ratio = on / off;
  const spread = (/** @type {number[]} */ all) => (Math.max(...all) / Math.min(...all) - 1) * 100;
  const kept = ratio <= 1 + NOISE;
  console.log(
    `${TRANSFORMS} transforms, best of ${ROUNDS}: ${on.toFixed(0)} ms with the map, ${off.toFixed(0)} ms without; ratio ${ratio.toFixed(3)} ` +
      `(rounds differ by ${spread(spent.on).toFixed(0)} % and ${spread(spent.off).toFixed(0)} %)  budget 1.00 + ${NOISE}: ${kept ? 'kept' : 'EXCEEDED'}`,
  );
  if (!kept) process.exitCode = 1;
} finally {
  await browser.close();
  server.close();
}

/**
 * @param {string} what
 * @param {number} ms
 * @param {number} [budget]
 */
function row(what, ms, budget) {
  const verdict = budget === undefined ? '' : `  budget ${budget} ms: ${ms <= budget ? 'kept' : 'EXCEEDED'}`;
  if (budget !== undefined && ms > budget) process.exitCode = 1;
  console.log(`${what.padEnd(44)}${`${ms.toFixed(0)} ms`.padStart(9)}${verdict}`);
}

/**
 * Attaches maps, or takes them away, and waits until that is done.
 * @param {Frame} panel
 * @param {boolean} wanted
 */
async function setMap(panel, wanted) {
  await panel.evaluate((attachMaps) => window.goSession?.setSettings({ attachMaps }), wanted);
  await panel.waitForFunction(
    (attachMaps) => {
      const maps = window.goSession?.state().sourceMaps ?? [];
      return attachMaps ? maps.some(({ status }) => status === 'attached') : maps.length === 0;
    },
    // The panel is behind the Sources panel: nothing of it is drawn.
    { polling: 50 },
    wanted,
  );
}

/** @typedef {{ seen: number, ready: number, attached: number }} Times milliseconds since the epoch */

/** Has `mapTimes` resolve once the map of a module is attached. */
function noteTimes() {
  const session = window.goSession;
  if (session === undefined) throw new Error('no session');
  const now = () => performance.timeOrigin + performance.now();
  let [seen, ready] = [0, 0];
  Object.assign(window, {
    mapTimes: new Promise((resolve) => {
      session.subscribe(() => {
        const [module] = session.state().modules;
        if (module === undefined) return;
        seen ||= now();
        if (module.status === 'ready') ready ||= now();
        const [map] = session.state().sourceMaps ?? [];
        if (map?.status === 'attached') resolve({ seen, ready, attached: now() });
      });
    }),
  });
}

/** In DevTools' front end: `breakpointUsable` resolves when a line of esbuild's own code has a place in the module. Milliseconds since the epoch. */
async function watchBreakpoint() {
  const at = (/** @type {string} */ path) => import(`/bundled/${path}`);
  const [{ Workspace }, { DebuggerWorkspaceBinding }] = await Promise.all([
    at('models/workspace/workspace.js'),
    at('models/bindings/bindings.js'),
  ]);
  const workspace = Workspace.WorkspaceImpl.instance();
  const binding = DebuggerWorkspaceBinding.DebuggerWorkspaceBinding.instance();
  const look = async () => {
    for (;;) {
      const file = workspace
        .uiSourceCodes()
        .find((/** @type {{ url(): string }} */ one) => one.url().endsWith('/cmd/esbuild/main.go'));
      const lines = file && (await binding.getMappedLines(file));
      const [line] = lines ?? [];
      if (line !== undefined) {
        const places = await binding.uiLocationToRawLocations(file, line, 0);
        if (places.length > 0) return performance.timeOrigin + performance.now();
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  Object.assign(globalThis, { breakpointUsable: look() });
}
