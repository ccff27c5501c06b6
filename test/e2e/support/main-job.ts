import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../../fixtures/serve.mjs';
import { clickOn, press, showPanelView, shownTrap, trapTitles } from '../../../scripts/panel.mjs';
import type { ShownTrap } from '../../../scripts/panel.mjs';
import type { FixtureCase, GoVersion } from '../../support/fixtures.ts';
import { DEATHS, SILENT } from '../main-job-cases.ts';
import { expectDeath, framesOfPanel, framesOfText, type TextFrame } from './expect-death.ts';
import {
  eventually,
  launch,
  loadWithHook,
  type Inspected,
  type InspectedTab,
  type TestBrowser,
} from './harness.ts';
import { withoutSymbols } from './without-symbols.ts';

// The main job: a Go program dies in a page, and the Go panel of real DevTools shows function, file and line. Each death is seen twice:
// with Go's text, and with the text discarded by the page and not captured by the panel, so that all of it comes from module and memory.

export const OLDEST: GoVersion = '1.19.8';
export const NEWEST: GoVersion = '1.27.3';

/** The page that runs a case. `quiet`: it discards what Go writes. */
const pageFor = (
  server: FixtureServer,
  version: GoVersion,
  { family, name }: FixtureCase,
  quiet: boolean,
): string => `${server.url}/?version=${version}&family=${family}&case=${name}${quiet ? '&quiet=1' : ''}`;

/** Loads a page with the hook, and waits until the panel has nothing left of the page before. */
async function load({ page, panel }: Inspected, url: string): Promise<void> {
  await loadWithHook(page, panel, url);
  await eventually(
    'a panel without traps',
    () => panel.evaluate(() => window.goSession?.state().traps.length),
    (traps) => traps === 0,
  );
}

/** Lets the program of a page die and returns what the panel then shows. */
async function die(inspected: Inspected, url: string): Promise<ShownTrap> {
  const { page, panel } = inspected;
  await load(inspected, url);
  await showPanelView(panel, 'traps');
  await page.locator('#crash').click();
  const shown = await eventually(
    'a trap in the panel',
    () => shownTrap(panel),
    (trap) => trap !== null,
  );
  if (shown === null) throw new Error('no trap');
  return shown;
}

/** Whether DevTools gets a source map of each module, which takes it longer than all the rest: with the newest Go's text alone. */
async function attachMaps({ panel }: Inspected, attachMaps: boolean): Promise<void> {
  await panel.evaluate((change) => window.goSession?.setSettings(change), { attachMaps });
}

/** Chooses whether the panel keeps what Go prints; settings outlive the tab. */
async function keepText({ panel }: Inspected, keep: boolean): Promise<void> {
  await press(panel, 'Settings');
  const label = 'label.checkbox ::-p-text(Keep what the Go runtime prints)';
  const box = await panel.waitForSelector(label);
  const isKept = await box?.evaluate((text) => text.closest('label')?.querySelector('input')?.checked);
  if (isKept !== keep) await clickOn(panel, label);
  await eventually(
    'the setting',
    () => panel.evaluate(() => window.goSession?.state().settings.captureText),
    (kept) => kept === keep,
  );
  await press(panel, 'Settings');
}

/** Every case with modules of one Go version, as two tests each: with Go's text and without. The tests of a kind share a tab. */
export function mainJob(version: GoVersion): void {
  let server: FixtureServer;
  let tested: TestBrowser;
  beforeAll(async () => {
    server = await startServer();
    tested = await launch('extension');
  });
  afterAll(async () => {
    await tested.close();
    await server.close();
  });

  /** The program's own frames as Go printed them, by the name of the case. */
  const printed = new Map<string, readonly TextFrame[]>();

  describe.each([
    ['with its text', false],
    ['without its text', true],
  ] as const)('%s', (kind, quiet) => {
    let tab: InspectedTab;
    beforeAll(async () => {
      tab = await tested.open({ name: `${version} ${kind}`, url: server.url });
      await tab.use(`${version} ${kind}`, async (inspected) => {
        await keepText(inspected, !quiet);
        await attachMaps(inspected, !quiet && version === NEWEST);
      });
    });
    afterAll(() => tab.close());

    test.each(DEATHS.map((death) => [`${death.fixture.family} ${death.fixture.name}`, death] as const))(
      '%s',
      async (name, death) => {
        const { fixture } = death;
        const picture = `${version} ${name}${quiet ? ' quiet' : ''}`;
        await tab.use(picture, async (inspected) => {
          const { panel, output } = inspected;
          const before = output.length;
          const shown = await die(inspected, pageFor(server, version, fixture, quiet));
          if (!quiet) await inspected.screenshot(picture);
          expectDeath(shown, death);
          expect(shown.title).toMatch(new RegExp(death.title));
          expect(shown.printed).toBe(!quiet && fixture.text !== null);
          expect(await trapTitles(panel)).toHaveLength(1);
          if (fixture.ends !== 'panic') return;
          if (!quiet) {
            // The page's own console is another way than the panel's: it may be the slower one.
            const frames = await eventually(
              'the stack that Go printed',
              () => Promise.resolve(framesOfText(output.slice(before))),
              ({ length }) => length >= death.stack.length,
            );
            printed.set(name, frames);
            expect(frames).toHaveLength(death.stack.length);
          }
          expect(framesOfPanel(shown)).toEqual(printed.get(name));
        });
      },
    );
  });

  describe('nothing is claimed', () => {
    let tab: InspectedTab;
    beforeAll(async () => {
      tab = await tested.open({ name: `${version} nothing`, url: server.url });
    });
    afterAll(() => tab.close());

    test.each(SILENT.map((fixture) => [fixture.name, fixture] as const))('%s', async (name, fixture) => {
      const [death] = DEATHS;
      if (death === undefined) throw new Error('no cases');
      await tab.use(`${version} ${name}`, async (inspected) => {
        const { page, panel } = inspected;
        await load(inspected, pageFor(server, version, fixture, false));
        // The form is filled after the page has loaded: what is chosen before is lost.
        await page.waitForSelector('#family option[value=panics]');
        await page.locator('#crash').click();
        // A death after it is seen, and is the only one: what is silent stays silent.
        await page.locator('#family').fill('panics');
        await page.locator('#case').fill(death.fixture.name);
        await page.locator('#crash').click();
        await showPanelView(panel, 'traps');
        await eventually(
          'a trap in the panel',
          () => shownTrap(panel),
          (trap) => trap !== null,
        );
        expect(await trapTitles(panel)).toHaveLength(1);
      });
    });
  });
}

/** That the check of a death fails where nothing is symbolized, as a test for some ways to die. */
export function withoutSymbolization(version: GoVersion): void {
  let server: FixtureServer;
  let tested: TestBrowser;
  let directory: string;
  let tab: InspectedTab;
  beforeAll(async () => {
    server = await startServer();
    directory = await withoutSymbols();
    tested = await launch('extension', directory);
    tab = await tested.open({ name: `${version} stubbed`, url: server.url });
  });
  afterAll(async () => {
    await tab.close();
    await tested.close();
    await server.close();
    await rm(directory, { recursive: true });
  });

  test.each(
    DEATHS.filter(({ fixture }) => ['index', 'breakpoint', 'deadlock'].includes(fixture.name)).map(
      (death) => [death.fixture.name, death] as const,
    ),
  )('%s is not shown as it was, and the check says so', async (name, death) => {
    await tab.use(`stubbed ${name}`, async (inspected) => {
      const shown = await die(inspected, pageFor(server, version, death.fixture, true));
      expect(() => {
        expectDeath(shown, death);
      }).toThrow();
    });
  });
}
