import type { Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { unquoted } from '../../src/base/go-quoted.ts';
import { goSource } from '../support/fixtures.ts';
import { eventually, launch, type TestBrowser, reloadWithValues } from './support/harness.ts';
import { NEWEST, OLDEST } from './support/main-job.ts';
import {
  goOn,
  goUrl,
  hasFile,
  nextPause,
  setBreakpoint,
  showSources,
  watched,
} from './support/sources-panel.ts';

// Values of every kind of type in DevTools itself, of a stripped program that prints what they are (fixtures/programs/values).

const FILE = 'values/main.go';

let server: FixtureServer;
let tested: TestBrowser;
beforeAll(async () => {
  [server, tested] = await Promise.all([startServer(), launch('extension')]);
});
afterAll(async () => {
  await tested.close();
  await server.close();
});

/** What the program has printed of itself: texts by function and expression. */
function printed(output: readonly string[]): Map<string, Map<string, string>> {
  const all = new Map<string, Map<string, string>>();
  for (const line of output) {
    const [head, name = '', expression = '', ...text] = line.split('\t');
    if (head !== 'value' || name === '') continue;
    all.set(name, (all.get(name) ?? new Map<string, string>()).set(expression, text.join('\t')));
  }
  return all;
}

/** DevTools has strings without quotes and escapes; addresses are of the moment. */
const withoutAddresses = (text: string): string => text.replace(/0x[0-9a-f]*/g, '0x');
const plain = (text: string): string => withoutAddresses(unquoted(text) ?? text);
/** Sentences that a value of no known place, or of one that is not certain, is shown with. */
const SAID = {
  unavailable: 'writes no names or places',
  concluded: ' (not certain: its place is concluded from the code that uses it)',
  uncertain: '(not certain: the function assigns to it; this is what it was called with)',
};

test.each([OLDEST, NEWEST])('Go %s: the values that the program prints', async (version) => {
  const url = `${server.url}/?version=${version}&family=values&case=all`;
  const stops = goSource(FILE)
    .split('\n')
    .flatMap((line, i) => (line.endsWith('// stops') ? [i + 1] : []));
  await tested.inspect({ name: `printed ${version}`, url }, async (inspected) => {
    const { page, panel, frontEnd, output, screenshot } = inspected;
    await reloadWithValues({ page, panel });
    await showSources(frontEnd);
    await page.evaluate('run(wanted)');
    // The page gives no text while it is stopped.
    await eventually('the text', () => hasFile(frontEnd, goUrl(FILE), '// Command values'), Boolean);
    await closeFile(frontEnd);
    for (const line of stops) await setBreakpoint(frontEnd, goUrl(FILE), line);
    // It ends after all the stops, which is longer than the browser may take for an answer.
    await page.evaluate('void (globalThis.ran = run(wanted))');
    const counts = { right: 0, concluded: 0, unavailable: 0, uncertain: 0 };
    const wrong: string[] = [];
    for (const line of stops) {
      const pause = await eventually(
        `a stop in line ${String(line)}`,
        () => nextPause(frontEnd),
        (at) => at !== null,
      );
      if (pause === null) return;
      expect(pause.line).toBe(line);
      const name = pause.stack[0] ?? '';
      for (const [expression, text] of printed(output).get(name) ?? []) {
        const shown = await watched(frontEnd, expression);
        if (plain(shown) === plain(text)) counts.right++;
        else if (withoutAddresses(shown) === `${withoutAddresses(text)}${SAID.concluded}`) counts.concluded++;
        else if (shown.includes(SAID.unavailable)) counts.unavailable++;
        else if (shown.endsWith(SAID.uncertain)) counts.uncertain++;
        else wrong.push(`${name}: ${expression} is ${text}, DevTools shows ${shown}`);
      }
      if (name === 'main.pointers') {
        expect(await hovered(frontEnd, 'none')).toBe('*main.user nil');
        const pointer = await watched(frontEnd, '&none');
        await inspectMemory(frontEnd, 'none');
        await expect
          .poll(async () => `(**main.user)(0x${Number(await inspectedAddress(frontEnd)).toString(16)})`)
          .toBe(pointer);
        await screenshot(`printed-${version}`);
      }
      if (name === 'main.assigned') expect(await hovered(frontEnd, 'local')).toContain(SAID.unavailable);
      await goOn(frontEnd, pause);
    }
    await page.evaluate('ran');
    console.log(
      `Go ${version}, values that the program prints: ${JSON.stringify(counts)}, wrong: ${String(wrong.length)}`,
    );
    expect(wrong).toEqual([]);
    expect(counts).toEqual({ right: 141, concluded: 9, unavailable: 1, uncertain: 4 });
  });
});

/** Moves the mouse away until nothing is shown over a name any more. */
async function leave(frontEnd: Page): Promise<void> {
  let moves = 0;
  await eventually(
    'the end of what is shown over a name',
    async () => {
      // One that came after the mouse had left the editor goes when the mouse leaves it again.
      const editor = await (await frontEnd.$('>>> .cm-scroller'))?.boundingBox();
      if (editor != null && moves % 4 === 3)
        await frontEnd.mouse.move(editor.x + editor.width - 25, editor.y + editor.height - 25);
      await frontEnd.mouse.move(moves++ % 20, 0);
      return (await frontEnd.$('>>> .object-popover-title')) === null;
    },
    Boolean,
  );
}

/** What DevTools shows over a name in the line at which the program is stopped. */
async function hovered(frontEnd: Page, name: string): Promise<string> {
  await leave(frontEnd);
  return eventually(
    `the value over ${name}`,
    async () => {
      const [token] = await frontEnd.$$(`>>> .cm-executionToken .token-variable ::-p-text(${name})`);
      if (token === undefined) return '';
      // The editor may be drawing the line anew.
      await token.hover().catch(() => undefined);
      const shown = await frontEnd
        .waitForSelector('>>> .object-popover-title', { timeout: 3000 })
        .catch(() => null);
      const text = (await shown?.evaluate((element) => element.textContent).catch(() => '')) ?? '';
      await leave(frontEnd);
      return text;
    },
    (text) => text !== '',
  );
}

/**
 * Closes the tab of the file, which DevTools has opened again before the file had a text: in a tab that has failed to load once it knows no names. The next
 * pause opens it.
 */
async function closeFile(frontEnd: Page): Promise<void> {
  await frontEnd.evaluate(`import('/bundled/panels/sources/sources.js').then(({ SourcesPanel }) =>
    SourcesPanel.SourcesPanel.instance().sourcesView().editorContainer.closeFile(inTest.file('${goUrl(FILE)}')))`);
}

/** Opens the Memory inspector at a variable of the Scope pane, which follows the pause. */
async function inspectMemory(frontEnd: Page, name: string): Promise<void> {
  await eventually(
    `the memory of ${name} in the Scope pane`,
    async () => {
      for (const row of await frontEnd.$$('>>> .name-and-value')) {
        const text = await row.evaluate((element) => element.textContent).catch(() => '');
        if (!text.startsWith(`${name}:`)) continue;
        const icon = await row.$('devtools-icon[name=memory]');
        // Not with the mouse: the pane is drawn in parts, and moves.
        const isPressed = await icon
          ?.evaluate((element) => {
            element.dispatchEvent(new MouseEvent('click', { bubbles: true, composed: true }));
            return true;
          })
          .catch(() => false);
        if (isPressed === true) return true;
      }
      return false;
    },
    Boolean,
  );
}

/** The address that the Memory inspector shows; '' while it shows none. */
async function inspectedAddress(frontEnd: Page): Promise<string> {
  const input = await frontEnd.$('>>> .address-input');
  return (await input?.evaluate((element) => (element as HTMLInputElement).value)) ?? '';
}
