import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { goSource } from '../support/fixtures.ts';
import { eventually, launch, type TestBrowser, reloadWithValues } from './support/harness.ts';
import {
  goOn,
  hasFile,
  nextPause,
  scopesOf,
  setBreakpoint,
  showSources,
  watched,
  type Scopes,
} from './support/sources-panel.ts';

// TinyGo in DevTools' own Sources panel: breakpoints on lines by the module's DWARF, and the values of its variables. What is expected stands nowhere but
// in the program: it prints, for each line at which it is stopped, the expressions and their values (fixtures/programs/tinygo/values).

const FOLDER = 'go:///opt/gowasm-fixtures/programs/tinygo/values';

let server: FixtureServer;
let tested: TestBrowser;
beforeAll(async () => {
  [server, tested] = await Promise.all([startServer(), launch('extension')]);
});
afterAll(async () => {
  await tested.close();
  await server.close();
});

/** Lines by the names that the program marks them with. */
const stops = new Map(
  goSource('tinygo/values/main.go')
    .split('\n')
    .flatMap((text, i): [string, number][] => {
      const name = /\/\/ stops: (\w+)$/.exec(text)?.[1];
      return name === undefined ? [] : [[name, i + 1]];
    }),
);

interface Stop {
  readonly stack: readonly string[];
  readonly scopes: Scopes;
  readonly values: Readonly<Record<string, string>>;
}

/** Values that are known must be these; of those that are not, `why` says something. */
const UNKNOWN = /wasm-opt|optimized out|a place for a part of it only|has got another value since|elements/;

test.each([
  { module: 'values.wasm.0', right: 36, next: [] },
  // Two of the lines were optimized away: their breakpoints go to the next lines that have code.
  { module: 'values.wasm.z', right: 30, next: [155, 162] },
])('$module: breakpoints, call stacks, values', async ({ module, right, next }) => {
  const url = `${server.url}/tinygo.html?module=${module}&case=chosen`;
  await tested.inspect({ name: `tinygo values ${module}`, url }, async (inspected) => {
    const { page, panel, frontEnd, output, screenshot } = inspected;
    await reloadWithValues({ page, panel });
    await showSources(frontEnd);
    await page.locator('#crash').click();
    const file = `${FOLDER}/main.go`;
    await eventually('the Go files in Sources', () => hasFile(frontEnd, file, '// Command values'), Boolean);
    await eventually(
      'the end of the first run',
      () => Promise.resolve(output.join('\n')),
      (text) => text.includes('all is said'),
    );
    const expected = output
      .join('\n')
      .split('\n')
      .flatMap((line) => {
        const [, where, expression, value] = /^(\w+) (.*) = (.*)$/.exec(line) ?? [];
        return where === undefined || expression === undefined || value === undefined
          ? []
          : [{ where, expression, value }];
      });
    expect(expected.length).toBeGreaterThan(45);
    for (const line of stops.values()) await setBreakpoint(frontEnd, file, line);
    const clicked = page.locator('#crash').click();
    const seen = new Map<string, Stop>();
    // The goroutine is the last of them.
    while (!seen.has('worker')) {
      const pause = await eventually(
        `a pause; seen: ${[...seen.keys()].join(', ')}`,
        () => nextPause(frontEnd),
        (at) => at !== null,
      );
      if (pause === null) throw new Error('no pause');
      const name = [...stops].find(([, line]) => line === pause.line)?.[0];
      if (name === undefined) expect(next, `a stop at ${pause.url}`).toContain(pause.line);
      if (name !== undefined && !seen.has(name)) {
        const values: Record<string, string> = {};
        for (const { where, expression } of expected)
          if (where === name) values[expression] = await watched(frontEnd, expression);
        const { stack } = pause;
        seen.set(name, { stack, scopes: await scopesOf(frontEnd), values });
        if (name === 'pointers') await screenshot(`tinygo-values-${module}`);
      }
      await goOn(frontEnd, pause);
    }
    await clicked;
    let known = 0;
    for (const { where, expression, value } of expected) {
      const got = seen.get(where)?.values[expression];
      if (got === undefined) continue;
      const plain = got.replace(/ \(not certain: .*\)$/s, '');
      if (UNKNOWN.test(plain)) continue;
      expect([where, expression, JSON.stringify(plain).replace(/^"(\\")?|(\\")?"$/g, '')]).toEqual([
        where,
        expression,
        JSON.stringify(value).replace(/^"(\\")?|(\\")?"$/g, ''),
      ]);
      known++;
    }
    expect(known).toBeGreaterThanOrEqual(right);
    const stack = seen.get('pointers')?.stack.map((name) => name.replace(/^\$/, ''));
    expect(stack?.slice(0, 2)).toEqual(['main.pointers', 'main.main']);
    const packages = seen.get('packages')?.scopes['Package'] ?? [];
    expect(packages.map(({ name }) => name)).toEqual(expect.arrayContaining(['main.counter', 'main.root']));
    expect(packages.find(({ name }) => name === 'main.root')?.text).toMatch(/^\*main\.tree \{name: "root"/);
  });
});
