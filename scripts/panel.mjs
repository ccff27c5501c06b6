// @ts-check
// Reads and works the Go panel as a person does: by what it shows. Shared by the demo and the end-to-end tests.

/** @typedef {import('puppeteer-core').Frame} Frame */

/**
 * A row of the stack as the panel shows it.
 * @typedef {{
 *   function: string, args: string, file: string, line: number, lineEnd: number,
 *   inlined: boolean, language: 'go' | 'javascript' | 'wasm', confidence: string, raw: string,
 * }} ShownFrame `file`: whole path, '' and line 0 where unknown. `lineEnd`: equal to `line` unless a range is shown
 */

/**
 * The chosen trap as the panel shows it. `stack`: the name of the stack that is shown. `frames`: its rows
 * that are in view and not folded, innermost first. `source`: the lines of Go marked in the excerpt, none where there is no text.
 * `printed`: whether it shows what Go printed.
 * @typedef {{
 *   title: string, facts: string[], notes: string[], stack: string, header: string,
 *   frames: ShownFrame[], folded: string[], createdBy: string, source: string[], printed: boolean,
 * }} ShownTrap
 */

/** How long something to click may take to be there and to be hit, in milliseconds. Generous: only failures use it up. */
const PATIENCE = 60_000;

/**
 * Clicks an element of the panel with the mouse, and looks that it was hit: what appears or goes above it meanwhile moves it away from under
 * the mouse, and it is then clicked where it is now.
 * @param {Frame} panel
 * @param {string} selector
 */
export async function clickOn(panel, selector) {
  const end = performance.now() + PATIENCE;
  for (;;) {
    const left = Math.max(1, end - performance.now());
    const element = await panel.locator(selector).setTimeout(left).waitHandle();
    const seen = await element
      .evaluateHandle((node) => {
        const seen = { hit: false };
        // A row is chosen, and perhaps drawn anew, as the mouse goes down; anything else needs the whole click on it.
        const what = node.closest('button, a, label, input, select') === null ? 'pointerdown' : 'click';
        node.addEventListener(what, () => (seen.hit = true), { capture: true });
        return seen;
      })
      .catch(() => null);
    // It may be gone by now, or lie outside for a moment: the next round sees.
    await element.click().catch(() => undefined);
    // A frame that went with the click was hit.
    if (seen !== null && (await seen.evaluate(({ hit }) => hit).catch(() => true))) return;
    if (performance.now() > end) throw new Error(`the mouse does not hit ${selector}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * Presses a button of the panel by its accessible name.
 * @param {Frame} panel
 * @param {string} name
 */
export async function press(panel, name) {
  await clickOn(panel, `::-p-aria([name="${name}"][role="button"])`);
}

/**
 * Presses the panel's own button that reloads the page with the hook, and waits until the page has loaded again.
 * @param {import('puppeteer-core').Page} page
 * @param {Frame} panel
 */
export async function reloadWithHook(page, panel) {
  await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), press(panel, 'Reload with hook')]);
}

/**
 * Brings a view of the panel to the front by its tab. Tabs move when an instance appears beside them, so that a click can miss.
 * @param {Frame} panel
 * @param {'modules' | 'traps' | 'goroutines' | 'memory' | 'heap' | 'profiles'} view
 */
export async function showPanelView(panel, view) {
  for (let tries = 0; tries < 10; tries++) {
    await clickOn(panel, `[data-tab="${view}"]`);
    if ((await panel.$(`[data-tab="${view}"][aria-selected=true]`)) !== null) return;
    await panel.page().keyboard.press('Escape');
  }
  throw new Error(`the view ${view} does not come to the front`);
}

/**
 * Titles of the traps in the list, as sorted there.
 * @param {Frame} panel
 * @returns {Promise<string[]>}
 */
export async function trapTitles(panel) {
  return panel.$$eval('[data-grid=traps] .grid-row [data-column=title]', (cells) =>
    cells.map((cell) => cell.textContent),
  );
}

/**
 * The chosen trap; null while there is none, or its stack is being worked out, or the source is being looked for.
 * @param {Frame} panel
 * @returns {Promise<ShownTrap | null>}
 */
export async function shownTrap(panel) {
  return panel.evaluate(() => {
    const box = document.querySelector('.pane.trap');
    if (box === null || box.querySelector('[role=status]') !== null) return null;
    if (/^Looking for /.test(box.querySelector('.frame-detail .grid-empty')?.textContent ?? '')) return null;
    /** @param {ParentNode} from @param {string} selector */
    const text = (from, selector) => from.querySelector(selector)?.textContent ?? '';
    /** @param {string} selector */
    const all = (selector) => [...box.querySelectorAll(selector)];
    const rows = all('[data-grid=stack] .grid-row');
    return {
      title: text(box, '.trap-title'),
      facts: all('.trap-facts > *').map((fact) => fact.textContent),
      notes: all('.message-line').map((note) => note.textContent),
      stack: text(box, '[role=tab][aria-selected=true]'),
      header: text(box, '.stack-note .code'),
      frames: rows
        .filter((row) => row.querySelector('.frame-name') !== null)
        .map((row) => {
          const name = row.querySelector('.frame-name');
          const link = row.querySelector('[data-column=location] a');
          // The first line of the tip is the whole path with the line or the range.
          const place = (link?.getAttribute('data-tip') ?? '').split('\n')[0] ?? '';
          const [, file = '', line = '0', lineEnd = line] = /^(.*?)(?::(\d+)(?:-(\d+))?)?$/.exec(place) ?? [];
          const languages = /** @type {const} */ (['go', 'javascript', 'wasm']);
          const confidences = ['exact', 'range', 'inferred', 'unavailable'];
          return {
            function: name?.firstChild?.textContent ?? '',
            args: name === null ? '' : text(name, '.subtle'),
            file,
            line: Number(line),
            lineEnd: Number(lineEnd),
            inlined: row.querySelector('.badge') !== null,
            language: languages.find((language) => name?.classList.contains(language)) ?? 'wasm',
            confidence: confidences.find((kind) => link?.classList.contains(kind)) ?? 'unavailable',
            raw: text(row, '[data-column=raw]'),
          };
        }),
      folded: all('[data-grid=stack] .grid-row.fold').map((row) => row.textContent),
      createdBy: text(box, '.created-by .code'),
      printed: box.querySelector('.go-text') !== null,
      source: all('.excerpt-line.here .excerpt-text').map((line) => line.textContent),
    };
  });
}

/**
 * A trap as lines for a terminal, in the form of a Go traceback.
 * @param {ShownTrap} trap
 */
export function trapText(trap) {
  const frames = trap.frames.map((frame) => {
    const range = frame.lineEnd > frame.line ? `-${frame.lineEnd}` : '';
    const place = frame.file === '' ? 'unknown place' : `${frame.file}:${frame.line}${range}`;
    return `${frame.function}${frame.args}\n\t${place}${frame.inlined ? ' (inlined)' : ''}`;
  });
  const creator = trap.createdBy === '' ? [] : [`created by ${trap.createdBy}`];
  const header = trap.header === '' ? [] : [`${trap.header}:`];
  return [trap.title, '', ...header, ...frames, ...creator].join('\n');
}
