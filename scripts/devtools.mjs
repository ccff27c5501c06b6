// @ts-check
// Drives real DevTools: a browser with the extension loaded, DevTools open on a page, the Go panel in front. Shared by the demo
// and the end-to-end tests.
import puppeteer from 'puppeteer-core';
import { automationArguments, findBrowser } from './browser.mjs';

/** @typedef {import('puppeteer-core').Browser} Browser */
/** @typedef {import('puppeteer-core').Page} Page */
/** @typedef {import('puppeteer-core').Frame} Frame */

/** How long something in the browser may take, in milliseconds. Generous: only failures use it up. */
const PATIENCE = 60_000;

/** DevTools' own module with its views and docking. Reached by text, so that no bundler takes the import for one of ours. */
const LEGACY_UI = `import('/bundled/ui/legacy/legacy.js')`;

/**
 * Size of a window that nobody looks at, in CSS pixels. It has to be the real size: the mouse does not reach what lies outside the
 * window, even when a larger viewport is emulated.
 */
const WINDOW = '1280,800';

/**
 * Starts a browser with a new, temporary profile and the unpacked extension loaded. (`enableExtensions` loads it through the
 * debugging pipe: Chrome 137 and later ignore --load-extension.)
 * @param {{ extension: string, headless: boolean, args?: string[], patience?: number }} options `extension`: absolute path of the built directory;
 *   `patience`: milliseconds after which a call of the browser that is not answered fails (puppeteer's own: three minutes)
 * @returns {Promise<Browser>}
 */
export async function launchBrowser({ extension, headless, args = [], patience }) {
  return puppeteer.launch({
    executablePath: await findBrowser(),
    headless,
    pipe: true,
    enableExtensions: [extension],
    defaultViewport: null,
    ...(patience === undefined ? {} : { protocolTimeout: patience }),
    args: [
      ...automationArguments(),
      ...(headless ? ['--disable-gpu', `--window-size=${WINDOW}`] : []),
      ...args,
    ],
  });
}

/**
 * What a DevTools front end and the frames in it have written to their consoles, for errors.
 * @type {WeakMap<Page, string[]>}
 */
const written = new WeakMap();

/**
 * Opens DevTools for a page and waits until DevTools answers the extension's devtools page.
 * @param {Page} page
 * @param {{ undock: boolean }} options `undock`: give DevTools a window of its own
 * @returns {Promise<Page>} the DevTools front end
 */
export async function openDevTools(page, { undock }) {
  const frontEnd = await page.openDevTools();
  /** @type {string[]} */
  const lines = [];
  written.set(frontEnd, lines);
  frontEnd.on('console', (message) => lines.push(`${message.type()}: ${message.text()}`));
  frontEnd.on('pageerror', (error) => lines.push(`uncaught: ${String(error)}`));
  // While DevTools moves to another window, what an extension says first can be lost, and it is never heard again: only then move.
  await answersExtension(frontEnd);
  if (undock) {
    await frontEnd.evaluate(
      `${LEGACY_UI}.then((ui) => ui.DockController.DockController.instance().setDockSide('undocked'))`,
    );
  }
  return frontEnd;
}

/**
 * Brings the Go panel to the front (its tab may be behind the » menu) and waits for its page.
 * @param {Page} frontEnd
 * @returns {Promise<Frame>} the panel's own page
 */
export async function showGoPanel(frontEnd) {
  const viewId = await until(
    frontEnd,
    'the extension adds its panel',
    async () =>
      /** @type {string | undefined} */ (
        await frontEnd.evaluate(
          `${LEGACY_UI}.then((ui) => [...ui.ViewManager.ViewManager.instance().views.keys()]
          .find((id) => id.startsWith('chrome-extension://') && id.endsWith('Go')))`,
        )
      ),
  );
  await showView(frontEnd, viewId);
  const panel = await frontEnd.waitForFrame((frame) => isExtensionPage(frame, 'panel.html'));
  await takesInput(frontEnd, panel);
  // The devtools page gives it to the panel when DevTools tells that the panel is shown.
  await until(
    frontEnd,
    'the panel has its session',
    async () => (await panel.evaluate('globalThis.goSession !== undefined')) || undefined,
  );
  return panel;
}

/**
 * Waits until DevTools has answered a request of the extension's devtools page.
 * @param {Page} frontEnd
 */
async function answersExtension(frontEnd) {
  await until(frontEnd, 'DevTools answers the extension', async () => {
    const devtools = frontEnd.frames().find((frame) => isExtensionPage(frame, 'devtools.html'));
    // A page that DevTools did not hear loads itself again: the evaluation then ends with its document.
    const answer = devtools?.evaluate(
      () =>
        new Promise((resolve) => {
          chrome.devtools.inspectedWindow.eval('0', () => resolve(true));
          setTimeout(resolve, 1000);
        }),
    );
    return (await answer?.catch(() => undefined)) === true ? true : undefined;
  });
}

/**
 * Waits until `read` gives something, and returns it. Rejects with what DevTools and the extension's pages in it have written.
 * @template Value
 * @param {Page} frontEnd
 * @param {string} what
 * @param {() => Promise<Value | undefined>} read
 * @returns {Promise<Value>}
 */
async function until(frontEnd, what, read) {
  const end = performance.now() + PATIENCE;
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    if (performance.now() > end) {
      const frames = frontEnd.frames().map((frame) => `frame: ${frame.url()}`);
      const lines = (written.get(frontEnd) ?? []).slice(-30);
      throw new Error(
        `waited ${PATIENCE / 1000} s in vain until ${what}\n${[...frames, ...lines].join('\n')}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * Waits until the mouse reaches a frame: what is clicked right after a frame appears is lost while the browser has not drawn it.
 * @param {Page} frontEnd
 * @param {Frame} panel
 */
async function takesInput(frontEnd, panel) {
  const seen = await panel.evaluateHandle(() => {
    const seen = { mouse: false };
    window.addEventListener('mousemove', () => (seen.mouse = true), { once: true, capture: true });
    return seen;
  });
  const end = performance.now() + PATIENCE;
  for (let nudge = 0; !(await seen.evaluate(({ mouse }) => mouse)); nudge = (nudge + 1) % 2) {
    if (performance.now() > end) throw new Error('the mouse does not reach the Go panel');
    const box = await (await panel.frameElement())?.boundingBox();
    if (box) await frontEnd.mouse.move(box.x + box.width / 2 + nudge, box.y + box.height / 2);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await frontEnd.mouse.move(0, 0);
}

/**
 * Brings a view of DevTools to the front: `console`, `sources`, `network`, ...
 * @param {Page} frontEnd
 * @param {string} viewId DevTools' own name of the view
 */
export async function showView(frontEnd, viewId) {
  await frontEnd.evaluate(
    `${LEGACY_UI}.then((ui) => ui.ViewManager.ViewManager.instance().showView(${JSON.stringify(viewId)}))`,
  );
}

/**
 * @param {Frame} frame
 * @param {string} name
 */
function isExtensionPage(frame, name) {
  const url = frame.url();
  return url.startsWith('chrome-extension://') && new URL(url).pathname === `/${name}`;
}
