// @ts-check
// The longest task of the UI thread when the Go panel opens and is used, by Chrome's own trace: time of the thread, not of the clock, so
// that what else runs on the machine does not count. Part of `npm run bench`; uses what `npm run build` has built.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchBrowser, openDevTools, showGoPanel } from './devtools.mjs';
import { serveEsbuild } from './esbuild-server.mjs';
import { longestTaskWhile } from './longest-task.mjs';
import { reloadWithHook, showPanelView } from './panel.mjs';

/** @typedef {import('puppeteer-core').Frame} Frame */

const root = fileURLToPath(new URL('..', import.meta.url));

/** Milliseconds that one task of the UI thread may take. */
const BUDGET = 50;
const RUNS = 3;
const TRAPS = 10_000;

/** Runs esbuild, 14 MB, which prints its version and ends. */
const ESBUILD_PAGE = `<script src="/wasm_exec.js"></script><script>
  const go = new Go();
  go.argv = ['esbuild', '--version'];
  globalThis.ended = WebAssembly.instantiateStreaming(fetch('/esbuild.wasm'), go.importObject)
    .then(({ instance }) => go.run(instance));
</script>`;

const server = await serveEsbuild({ page: ESBUILD_PAGE, scripts: { '/wasm_exec.js': 'wasm_exec.js' } });
const { url } = server;

/** @type {Map<string, number[]>} */
const longest = new Map();
for (let run = 0; run < RUNS; run++) {
  const browser = await launchBrowser({ extension: join(root, 'dist/extension'), headless: true });
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await page.evaluate('ended');
    const frontEnd = await openDevTools(page, { undock: true });
    /** @type {Frame | undefined} */
    let panel;
    await note(frontEnd, 'the panel opens on esbuild, 14 MB', async () => {
      panel = await showGoPanel(frontEnd);
      await panel.waitForSelector('[data-grid=modules] .grid-row ::-p-text(go1.)');
      // The index of the whole module is built meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 2000));
    });
    if (panel === undefined) throw new Error('no panel');
    const shown = panel;
    await note(frontEnd, 'reload with the hook, 14 MB', async () => {
      await reloadWithHook(page, shown);
      await page.evaluate('ended');
      await shown.waitForSelector('[data-grid=modules] .grid-row ::-p-text(go1.)');
      await new Promise((resolve) => setTimeout(resolve, 2000));
    });
    await shown.evaluate(manyTraps, TRAPS);
    await note(frontEnd, `${TRAPS} traps come into view`, async () => {
      await showPanelView(shown, 'traps');
      await shown.waitForSelector('[data-grid=traps] .grid-row');
    });
    await note(frontEnd, `the first letter of a filter over ${TRAPS} traps`, async () => {
      await shown.focus('.filter-box input');
      await frontEnd.keyboard.type('9');
      await shown.waitForSelector('[data-grid=traps] .grid-row ::-p-text(number 9)');
    });
  } finally {
    await browser.close();
  }
}
server.close();

let exceeded = false;
for (const [what, times] of longest) {
  const best = Math.min(...times);
  if (best > BUDGET) exceeded = true;
  console.log(
    `${what.padEnd(50)} longest task ${best.toFixed(0).padStart(4)} ms  budget ${BUDGET} ms: ${best <= BUDGET ? 'kept' : 'EXCEEDED'}`,
  );
}
if (exceeded) process.exitCode = 1;

/**
 * Puts so many traps, each with a stack, into the session's state, as the panel would get them from the page.
 * @param {number} count
 */
function manyTraps(count) {
  const session = window.goSession;
  if (session === undefined) throw new Error('no session');
  const frames = Array.from({ length: 40 }, (_, depth) => ({
    function: `example.com/app/internal/pkg${depth}.(*Server).handle${depth}`,
    file: `example.com/app/internal/pkg${depth}/server.go`,
    line: depth + 1,
    lineEnd: null,
    inlined: false,
    language: 'go',
    args: '(...)',
    pcOffset: depth,
    moduleOffset: 1000 + depth,
    raw: null,
    confidence: { kind: 'exact' },
    fold: null,
  }));
  const realm = { id: 'page', kind: 'page', url: location.href };
  const traps = Array.from({ length: count }, (_, index) => ({
    key: `made:${index}`,
    instanceKey: null,
    moduleKey: null,
    realm,
    time: 1_700_000_000_000 + index,
    kind: 'panic',
    title: `panic: number ${index}`,
    surfaced: ['exit code 2'],
    text: `panic: number ${index}\n\ngoroutine 1 [running]:\n`,
    goroutine: { id: 1, state: 'running' },
    snapshotKey: null,
    stack: { source: 'memory', note: '', header: 'goroutine 1 [running]:', frames, createdBy: null },
    otherStacks: [],
    status: 'ready',
    notes: [],
  }));
  const state = session.state();
  const withTraps = /** @type {typeof state} */ ({ ...state, traps });
  session.state = () => withTraps;
  // The panel asks for the state at the next change; a setting that stays as it is is one.
  session.setSettings({});
}

/**
 * @param {import('puppeteer-core').Page} frontEnd
 * @param {string} what
 * @param {() => Promise<void>} body
 */
async function note(frontEnd, what, body) {
  longest.set(what, [...(longest.get(what) ?? []), await longestTaskWhile(frontEnd, body)]);
}
