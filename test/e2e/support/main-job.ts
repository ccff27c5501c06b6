import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../../fixtures/serve.mjs';
import { press, reloadWithHook, showPanelView, shownTrap, trapTitles } from '../../../scripts/panel.mjs';
import type { ShownTrap } from '../../../scripts/panel.mjs';
import type { FixtureCase, GoVersion } from '../../support/fixtures.ts';
import { DEATHS, SILENT } from '../main-job-cases.ts';
import { expectDeath, framesOfPanel, framesOfText } from './expect-death.ts';
import { eventually, launch, type Inspected, type TestBrowser } from './harness.ts';
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

/** Lets the program die and returns what the panel then shows. */
async function die({ page, panel }: Inspected): Promise<ShownTrap> {
  await reloadWithHook(page, panel);
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

/** Chooses whether the panel keeps what Go prints; settings outlive the tab. */
async function keepText({ panel }: Inspected, keep: boolean): Promise<void> {
  await press(panel, 'Settings');
  const box = await panel.waitForSelector('label.checkbox ::-p-text(Keep what the Go runtime prints)');
  const isKept = await box?.evaluate((text) => text.closest('label')?.querySelector('input')?.checked);
  if (isKept !== keep) await box?.click();
  await press(panel, 'Settings');
}

/** Every case with modules of one Go version, as a test each. */
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

  test.each(DEATHS.map((death) => [`${death.fixture.family} ${death.fixture.name}`, death] as const))(
    '%s',
    async (name, death) => {
      const { fixture } = death;
      await tested.inspect(
        { name: `${version} ${name}`, url: pageFor(server, version, fixture, false) },
        async (inspected) => {
          await keepText(inspected, true);
          const loud = await die(inspected);
          await inspected.screenshot(`${version} ${name}`);
          expectDeath(loud, death);
          expect(loud.title).toMatch(new RegExp(death.title));
          expect(loud.printed).toBe(fixture.text !== null);
          expect(await trapTitles(inspected.panel)).toHaveLength(1);
          const printed = framesOfText(inspected.output);
          if (fixture.ends === 'panic') {
            expect(printed).toHaveLength(death.stack.length);
            expect(framesOfPanel(loud)).toEqual(printed);
          }

          await keepText(inspected, false);
          await inspected.page.goto(pageFor(server, version, fixture, true));
          const quiet = await die(inspected);
          await inspected.screenshot(`${version} ${name} quiet`);
          expectDeath(quiet, death);
          expect(quiet.title).toMatch(new RegExp(death.title));
          expect(quiet.printed).toBe(false);
          expect(await trapTitles(inspected.panel)).toHaveLength(1);
          if (fixture.ends === 'panic') expect(framesOfPanel(quiet)).toEqual(printed);
        },
      );
    },
  );

  test.each(SILENT.map((fixture) => [fixture.name, fixture] as const))(
    '%s: nothing is claimed',
    async (name, fixture) => {
      const [death] = DEATHS;
      if (death === undefined) throw new Error('no cases');
      await tested.inspect(
        { name: `${version} ${name}`, url: pageFor(server, version, fixture, false) },
        async (inspected) => {
          const { page, panel } = inspected;
          await reloadWithHook(page, panel);
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
        },
      );
    },
  );
}

/** That the check of a death fails where nothing is symbolized, as a test for some ways to die. */
export function withoutSymbolization(version: GoVersion): void {
  let server: FixtureServer;
  let tested: TestBrowser;
  let directory: string;
  beforeAll(async () => {
    server = await startServer();
    directory = await withoutSymbols();
    tested = await launch('extension', directory);
  });
  afterAll(async () => {
    await tested.close();
    await server.close();
    await rm(directory, { recursive: true });
  });

  test.each(
    DEATHS.filter(({ fixture }) => ['index', 'breakpoint', 'deadlock'].includes(fixture.name)).map(
      (death) => [death.fixture.name, death] as const,
    ),
  )('%s is not shown as it was, and the check says so', async (name, death) => {
    await tested.inspect(
      { name: `stubbed ${name}`, url: pageFor(server, version, death.fixture, true) },
      async (inspected) => {
        const shown = await die(inspected);
        expect(() => {
          expectDeath(shown, death);
        }).toThrow();
      },
    );
  });
}
