// @ts-check
// The longest task of the UI thread when the Go panel opens and is used, by Chrome's own trace: time of the thread, not of the clock, so
// that what else runs on the machine does not count. Part of `npm run bench`; uses what `npm run build` has built.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchBrowser, openDevTools, showGoPanel } from './devtools.mjs';
import { reloadWithHook, showPanelView } from './panel.mjs';

/** @typedef {import('puppeteer-core').Page} Page */
/** @typedef {import('puppeteer-core').Frame} Frame */
/** @typedef {{ name: string, ph: string, pid: number, tid: number, ts: number, dur?: number, tdur?: number, args: { name?: string, data?: { url?: string, frames?: { url: string, processId?: number }[] } } }} TraceEvent */

const root = fileURLToPath(new URL('..', import.meta.url));
const esbuild = join(createRequire(import.meta.url).resolve('esbuild-wasm/package.json'), '..');

/** Milliseconds that one task of the UI thread may take. */
const BUDGET = 50;
const RUNS = 3;
const TRAPS = 10_000;

/** Runs esbuild, 14 MB, which prints its version and ends. */
const ESBUILD_PAGE = `<!doctype html><link rel="icon" href="data:,"><title>esbuild</title><script src="/wasm_exec.js"></script><script>
  const go = new Go();
  go.argv = ['esbuild', '--version'];
  globalThis.ended = WebAssembly.instantiateStreaming(fetch('/esbuild.wasm'), go.importObject)
    .then(({ instance }) => go.run(instance));
</script>`;

/** @type {Record<string, [type: string, body: () => string | Buffer]>} */
const FILES = {
  '/': ['text/html', () => ESBUILD_PAGE],
  '/wasm_exec.js': ['text/javascript', () => readFileSync(join(esbuild, 'wasm_exec.js'))],
  '/esbuild.wasm': ['application/wasm', () => readFileSync(join(esbuild, 'esbuild.wasm'))],
};

const server = createServer((request, response) => {
  const [type, body] = FILES[request.url ?? ''] ?? ['text/plain', () => ''];
  response.writeHead(200, { 'content-type': type }).end(body());
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
const address = server.address();
const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;

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
    await measure(frontEnd, 'the panel opens on esbuild, 14 MB', async () => {
      panel = await showGoPanel(frontEnd);
      await panel.waitForSelector('[data-grid=modules] .grid-row ::-p-text(go1.)');
      // The index of the whole module is built meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 2000));
    });
    if (panel === undefined) throw new Error('no panel');
    const shown = panel;
    await measure(frontEnd, 'reload with the hook, 14 MB', async () => {
      await reloadWithHook(page, shown);
      await page.evaluate('ended');
      await shown.waitForSelector('[data-grid=modules] .grid-row ::-p-text(go1.)');
      await new Promise((resolve) => setTimeout(resolve, 2000));
    });
    await shown.evaluate(manyTraps, TRAPS);
    await measure(frontEnd, `${TRAPS} traps come into view`, async () => {
      await showPanelView(shown, 'traps');
      await shown.waitForSelector('[data-grid=traps] .grid-row');
    });
    await measure(frontEnd, `the first letter of a filter over ${TRAPS} traps`, async () => {
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
 * Notes the longest task of the extension's UI thread while `body` runs.
 * @param {Page} frontEnd
 * @param {string} what
 * @param {() => Promise<void>} body
 */
async function measure(frontEnd, what, body) {
  await frontEnd.tracing.start({
    categories: ['toplevel', 'disabled-by-default-devtools.timeline', 'devtools.timeline'],
  });
  await body();
  const trace = await frontEnd.tracing.stop();
  if (trace === undefined) throw new Error('no trace');
  /** @type {{ traceEvents: TraceEvent[] }} */
  const { traceEvents } = JSON.parse(new TextDecoder().decode(trace));
  const times = longest.get(what) ?? [];
  longest.set(what, [...times, longestTask(traceEvents)]);
}

/**
 * @param {readonly TraceEvent[]} events
 * @returns {number} milliseconds of thread time
 */
function longestTask(events) {
  const threads = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const extension = new Set(
    events
      .filter(({ args }) => JSON.stringify(args).includes('"chrome-extension://'))
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = events.filter(
    ({ name, ph, pid, tid }) =>
      ph === 'X' &&
      name.endsWith('RunTask') &&
      threads.has(`${pid} ${tid}`) &&
      extension.has(`${pid} ${tid}`),
  );
  if (tasks.length === 0) throw new Error('no task of the extension in the trace');
  return Math.max(...tasks.map(({ tdur, dur }) => (tdur ?? dur ?? 0) / 1000));
}
