// @ts-check
// The longest tasks of the panel's UI thread while a large flame graph is zoomed, moved and hovered over, in real DevTools; see bench-profiles.mjs.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchBrowser, openDevTools, showGoPanel } from './devtools.mjs';
import { longestTaskWhile } from './longest-task.mjs';
import { showPanelView } from './panel.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** How often the wheel is turned, or the mouse moved, one way. */
const TURNS = 12;

/**
 * Opens a profile in the panel of the built extension and works its flame graph.
 * @param {Uint8Array} profile a file
 * @param {number} boxes how many the flame graph has in the end
 * @returns {Promise<[what: string, milliseconds: number][]>} thread time
 */
export async function flameSmoothness(profile, boxes) {
  const browser = await launchBrowser({ extension: join(root, 'dist/extension'), headless: true });
  try {
    const page = await browser.newPage();
    await page.goto('data:text/html,<title>flame</title>');
    const frontEnd = await openDevTools(page, { undock: true });
    const panel = await showGoPanel(frontEnd);
    await showPanelView(panel, 'profiles');
    const dropped = await panel.evaluateHandle(
      (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0)),
      Buffer.from(profile).toString('base64'),
    );
    /** @type {[string, number][]} */
    const longest = [];
    const note = async (/** @type {string} */ what, /** @type {() => Promise<void>} */ body) => {
      longest.push([what, await longestTaskWhile(frontEnd, body)]);
    };
    await note('opening', async () => {
      await panel.evaluate((bytes) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([bytes], 'large.pb.gz'));
        for (const type of ['dragover', 'drop'])
          document
            .querySelector('.view')
            ?.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
      }, dropped);
      await panel.waitForSelector(`.flame[data-boxes="${boxes}"]`, { timeout: 120_000 });
    });
    const flame = await panel.waitForSelector('.flame');
    const frame = await flame?.boundingBox();
    if (frame === null || frame === undefined) throw new Error('no flame graph');
    const x = frame.x + frame.width / 2;
    const y = frame.y + frame.height / 2;
    const { mouse, keyboard } = frontEnd;
    await mouse.move(x, y);
    await note('zooming', async () => {
      await keyboard.down('Control');
      for (let turn = 0; turn < 2 * TURNS; turn++) await mouse.wheel({ deltaY: turn < TURNS ? -120 : 120 });
      await keyboard.up('Control');
    });
    await note('moving', async () => {
      for (let turn = 0; turn < 2 * TURNS; turn++)
        await mouse.wheel({ deltaX: turn % 2 === 0 ? 40 : -40, deltaY: turn < TURNS ? 60 : -60 });
    });
    await note('hovering', async () => {
      for (let turn = 0; turn < 2 * TURNS; turn++) await mouse.move(x - 200 + turn * 16, y - 60 + turn * 6);
    });
    return longest;
  } finally {
    await browser.close();
  }
}
