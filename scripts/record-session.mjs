// @ts-check
// `npm run record`: runs the demo page's programs in a real browser with the built extension and writes what the session said as
// test/support/recordings/recorded.json, for the quick tests of the panel as a plain page.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { startServer } from '../fixtures/serve.mjs';
import { build } from './bundle.mjs';
import { launchBrowser, openDevTools, showGoPanel } from './devtools.mjs';
import { reloadWithHook } from './panel.mjs';

const file = fileURLToPath(new URL('../test/support/recordings/recorded.json', import.meta.url));
/** A server's port differs from run to run; the recording names one that nobody has to have free. */
const PORT = 8080;

const { extension } = await build();
const server = await startServer();
const browser = await launchBrowser({ extension, headless: true });
try {
  const [page = await browser.newPage()] = await browser.pages();
  const frontEnd = await openDevTools(page, { undock: true });
  await page.goto(`${server.url}/two.html`);
  const panel = await showGoPanel(frontEnd);
  await reloadWithHook(page, panel);
  await page.locator('#crash').click();
  await panel.waitForFunction(
    () => {
      const state = window.goSession?.state();
      return (
        state?.traps[0]?.status === 'ready' &&
        state.tasks.length === 0 &&
        state.modules.every((m) => m.status === 'ready')
      );
    },
    { timeout: 60_000 },
  );
  const recording = await panel.evaluate(async () => {
    const session = window.goSession;
    if (session === undefined) throw new Error('the panel has no session');
    const { instances } = session.state();
    const running = instances.find((instance) => instance.state === 'running');
    if (running === undefined) throw new Error('no program is left running');
    await session.goroutines.take({ instanceKey: running.key });
    // Stacks follow the list.
    while (session.state().snapshots.some(({ stacksRead, taskId }) => stacksRead < 1 || taskId !== null)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const state = session.state();
    /** @type {{ file: string, line: number, excerpt: object }[]} */
    const excerpts = [];
    /** @param {string | null} moduleKey @param {readonly { file: string, line: number, fold: string | null }[]} frames */
    const addExcerpts = async (moduleKey, frames) => {
      for (const { file, line, fold } of frames) {
        if (fold !== null || excerpts.some((one) => one.file === file && one.line === line)) continue;
        // As many lines as the panel asks for.
        excerpts.push({ file, line, excerpt: await session.sourceExcerpt(moduleKey, file, line, 8) });
      }
    };
    const texts = /** @type {Record<string, { traceback: string, markdown: string }>} */ ({});
    for (const trap of state.traps) {
      texts[trap.key] = {
        traceback: session.trapAsText(trap.key, 'traceback'),
        markdown: session.trapAsText(trap.key, 'markdown'),
      };
      await addExcerpts(trap.moduleKey, trap.stack?.frames ?? []);
    }
    const all = { filter: '', with: [], without: [], base: null, changes: [], open: [] };
    const query = /** @type {const} */ ({ ...all, groupBy: 'none', sort: { by: 'id', descending: false } });
    const recorded = [];
    for (const { key: snapshotKey, moduleKey } of state.snapshots) {
      const { rows } = await session.goroutines.rows(snapshotKey, query, 0, 1000);
      const goroutines = [];
      /** @type {import('../src/protocol/goroutines.ts').WaitObject[]} */
      const waitObjects = [];
      for (const row of rows) {
        if (row.kind !== 'goroutine') continue;
        const detail = await session.goroutines.detail(snapshotKey, row.key);
        await addExcerpts(moduleKey, detail.stack.frames);
        const typed = await session.goroutines.arguments(snapshotKey, row.key);
        goroutines.push({ row, detail, arguments: typed });
        for (const { address } of detail.waits) {
          if (address === null || waitObjects.some((one) => one.address === address)) continue;
          waitObjects.push(await session.goroutines.waitObject(snapshotKey, address));
        }
      }
      const traceback = await session.goroutines.asText(snapshotKey, query);
      recorded.push({ snapshotKey, goroutines, waitObjects, traceback });
    }
    return { version: 1, state, excerpts, pasted: [], texts, goroutines: recorded };
  });
  const text = JSON.stringify(recording).replaceAll(`:${new URL(server.url).port}`, `:${PORT}`);
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), parser: 'json' }));
  console.log(`wrote ${file}`);
} finally {
  await browser.close();
  await server.close();
}
