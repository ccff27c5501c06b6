// @ts-check
// `npm run demo`: the main job, from the sources to a symbolized trap. With a display it opens the browser and waits for you;
// with --headless, or without a display, it presses the buttons itself, prints the trap and takes a picture of the panel.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startServer } from '../fixtures/serve.mjs';
import { hasDisplay } from './browser.mjs';
import { build } from './bundle.mjs';
import { launchBrowser, openDevTools, showGoPanel } from './devtools.mjs';
import { reloadWithHook, showPanelView, shownTrap, trapText } from './panel.mjs';

const PATIENCE = 60_000;
const headless = process.argv.includes('--headless') || !hasDisplay();
const picture = /** @type {const} */ ('artifacts/demo.png');

try {
  await demo();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function demo() {
  console.log('Building the extension');
  const { extension } = await build();
  const server = await startServer();
  const browser = await launchBrowser({
    extension,
    headless,
    args: headless ? [] : ['--window-size=1500,950'],
  });
  try {
    const [page = await browser.newPage()] = await browser.pages();
    const frontEnd = await openDevTools(page, { undock: headless });
    await page.goto(server.url);
    const panel = await showGoPanel(frontEnd);
    await reloadWithHook(page, panel);
    if (!headless) {
      console.log(`${server.url} is open, with the Go panel beside it. Press "crash" in the page.`);
      console.log('Close the browser to end the demo.');
      await new Promise((resolve) => browser.once('disconnected', resolve));
      return;
    }
    console.log(`Pressing "crash" in ${server.url}`);
    await showPanelView(panel, 'traps');
    await page.locator('#crash').click();
    const trap = await waitForTrap(panel);
    mkdirSync(new URL('../artifacts', import.meta.url), { recursive: true });
    await frontEnd.mouse.move(0, 0);
    await frontEnd.screenshot({ path: fileURLToPath(new URL(`../${picture}`, import.meta.url)) });
    console.log(`\n${trapText(trap)}\n\nThe panel: ${picture}`);
  } finally {
    await browser.close();
    await server.close();
  }
}

/** @param {import('puppeteer-core').Frame} panel */
async function waitForTrap(panel) {
  const end = performance.now() + PATIENCE;
  for (;;) {
    const trap = await shownTrap(panel);
    if (trap !== null) return trap;
    if (performance.now() > end) throw new Error('The panel shows no trap. npm test says more.');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
