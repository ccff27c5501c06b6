import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { reloadWithHook, trapTitles } from '../../scripts/panel.mjs';
import { casesOf, type FixtureFamily } from '../support/fixtures.ts';
import type { ExpectedDeath } from './main-job-cases.ts';
import { expectDeath } from './support/expect-death.ts';
import { launch, type TestBrowser } from './support/harness.ts';
import { seenTrap } from './support/seen.ts';

// GOOS=wasip1 in a page, with a small WASI of the page's own: a command, and a reactor whose exported functions the page calls.

let server: FixtureServer;
let tested: TestBrowser;
beforeAll(async () => {
  [server, tested] = await Promise.all([startServer(), launch('extension')]);
});
afterAll(async () => {
  await tested.close();
  await server.close();
});

function death(family: FixtureFamily, name: string, stack: readonly string[], more = {}): ExpectedDeath {
  const fixture = casesOf(family).find((one) => one.name === name);
  if (fixture === undefined) throw new Error(`there is no case ${family} ${name}`);
  const said = fixture.text ?? fixture.error ?? '';
  return { fixture, stack, title: said.replace(/\$$/, ''), line: fixture.line, ...more };
}

const DEATHS: readonly ExpectedDeath[] = [
  death('command', 'index', ['main.at', 'main.indexOutOfRange', 'main.outer', 'main.main']),
  death('command', 'goroutine', ['main.worker'], { createdBy: 'main.main' }),
  death('command', 'deadlock', ['main.main']),
  death('command', 'exit', ['main.main'], { title: '^exit code 3$' }),
  death('reactor', 'pick', ['main.at', 'main.find', 'main.pick']),
  death('reactor', 'trap', ['main.stop', 'main.trap']),
];

describe('extension', () => {
  test.each(DEATHS.map((one) => [`${one.fixture.family} ${one.fixture.name}`, one] as const))(
    '%s',
    async (name, expected) => {
      const { family, name: chosen } = expected.fixture;
      const url = `${server.url}/?family=${family}&case=${chosen}`;
      await tested.inspect({ name: `wasip1 ${name}`, url }, async ({ page, panel }) => {
        await reloadWithHook(page, panel);
        await page.locator('#crash').click();
        const shown = await seenTrap(panel);
        expectDeath(shown, expected);
        expect(shown.title).toMatch(new RegExp(expected.title));
        expect(await trapTitles(panel)).toHaveLength(1);
      });
    },
  );
});
