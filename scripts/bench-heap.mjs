// @ts-check
// Reading the heap of a running page in the panel: how long it takes, how fast the memory comes over, and the longest task of the panel's
// UI thread meanwhile. Part of `npm run bench`; uses what `npm run build` has built. Megabytes of heaps may be given as arguments.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer } from '../fixtures/serve.mjs';
import { launchBrowser, openDevTools, showGoPanel } from './devtools.mjs';
import { longestTaskWhile } from './longest-task.mjs';
import { press, reloadWithHook, showPanelView } from './panel.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const GO = '1.27.3';
const given = process.argv.slice(2).map(Number);
const MEGABYTES = given.length > 0 ? given : [64, 256];
/** Milliseconds of one task. */
const BUDGET = 50;

const server = await startServer();
const browser = await launchBrowser({ extension: join(root, 'dist/extension'), headless: true });
try {
  for (const megabytes of MEGABYTES) {
    const page = await browser.newPage();
    const frontEnd = await openDevTools(page, { undock: true });
    await page.goto(`${server.url}/plain.html`);
    const panel = await showGoPanel(frontEnd);
    await reloadWithHook(page, panel);
    await page.addScriptTag({ url: `/wasm_exec/${GO}.js` });
    // Program `heap`, case big, ends when its heap is made.
    await page.evaluate(`{
      const go = new Go();
      go.argv = ['heap', 'big', '${megabytes}'];
      WebAssembly.instantiateStreaming(fetch('/modules/heap.${GO}.js.stripped.wasm'), go.importObject)
        .then(({ instance }) => go.run(instance));
    }`);
    await panel.waitForFunction(() => window.goSession?.state().instances[0]?.state === 'exited', {
      timeout: 120_000,
    });
    await showPanelView(panel, 'heap');
    await panel.evaluate(watchReading);
    const longest = await longestTaskWhile(frontEnd, async () => {
      await press(panel, 'Take heap snapshot');
      await panel.waitForSelector('[aria-label=Totals]', { timeout: 300_000 });
      await panel.click('[data-tab=objects]');
      await panel.waitForSelector('[data-grid=heap-objects] .grid-row', { timeout: 60_000 });
    });
    const { bytes, transfer, all } = /** @type {{ bytes: number, transfer: number, all: number }} */ (
      await panel.evaluate('heapRead')
    );
    const verdict = longest <= BUDGET ? 'kept' : 'EXCEEDED';
    console.log(
      `heap of ${megabytes} MB in the panel: ${(bytes / 1e6).toFixed(0)} MB of memory came over in ${(transfer / 1000).toFixed(1)} s, ${(bytes / 1000 / transfer).toFixed(0)} MB/s; all read after ${(all / 1000).toFixed(1)} s; longest task of the UI thread ${longest.toFixed(0)} ms  budget ${BUDGET} ms: ${verdict}`,
    );
    if (longest > BUDGET) process.exitCode = 1;
    await page.close();
  }
} finally {
  await browser.close();
  await server.close();
}

/** Has `heapRead` resolve with the time that the next heap takes to be read, and its memory to come over, by the progress of the task. */
function watchReading() {
  const session = window.goSession;
  if (session === undefined) throw new Error('no session');
  Object.assign(window, {
    heapRead: new Promise((resolve) => {
      let from = 0;
      let transfer = 0;
      const stop = session.subscribe(() => {
        const { heaps, tasks } = session.state();
        const [heap] = heaps;
        if (heap === undefined) return;
        const now = performance.now();
        if (from === 0) from = now;
        // The first half of the progress is that of the memory.
        const far = tasks.find(({ id }) => id === heap.taskId)?.progress ?? 0;
        if (far >= 0.5 && transfer === 0) transfer = now - from;
        if (heap.facts === null) return;
        stop();
        resolve({ bytes: heap.facts.totals.memoryBytes, transfer, all: now - from });
      });
    }),
  });
}
