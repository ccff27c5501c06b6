import { readFileSync } from 'node:fs';
import type { Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { goSource } from '../support/fixtures.ts';
import { lineOf as lineWith } from './support/goroutines.ts';
import { eventually, launch, type TestBrowser, programsEnded, reloadWithValues } from './support/harness.ts';
import {
  askForBreakpoint,
  goOn,
  goUrl,
  hasFile,
  nextPause,
  removeBreakpoints,
  runByButton,
  setBreakpoint,
  showSources,
  step,
  type Pause,
} from './support/sources-panel.ts';

// Values of Go in DevTools itself, of a stripped program, through the language plugin: names and places in the Call Stack, arguments in the Scope pane and
// what they are made of, watch expressions.

/** A line of a fixture: what DevTools shows when it has stopped there. */
interface Case {
  readonly file: string;
  /** The line, without the space around it; it is the only one. */
  readonly text: string;
  readonly function: string;
  readonly arguments: Readonly<Record<string, string>>;
  readonly parts?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly watch: Readonly<Record<string, string>>;
}

const CASES = JSON.parse(
  readFileSync(new URL('../../fixtures/programs/goroutines/values.json', import.meta.url), 'utf8'),
) as readonly Case[];

function lineOf({ file, text }: Case): number {
  const lines = goSource(file).split('\n');
  const found = lines.flatMap((line, i) => (line.trim() === text ? [i + 1] : []));
  if (found.length !== 1) throw new Error(`${file} has "${text}" ${String(found.length)} times`);
  return found[0] ?? 0;
}

let server: FixtureServer;
let tested: TestBrowser;
beforeAll(async () => {
  [server, tested] = await Promise.all([startServer(), launch('extension')]);
});
afterAll(async () => {
  await tested.close();
  await server.close();
});

/** Runs a function of text over DevTools' own model of the debugger. */
const inDebugger = <Result>(frontEnd: Page, body: string): Promise<Result> =>
  frontEnd.evaluate(`import('/bundled/core/sdk/sdk.js').then(async (sdk) => {
    const target = sdk.TargetManager.TargetManager.instance().primaryPageTarget();
    const model = target.model(sdk.DebuggerModel.DebuggerModel);
    const bindings = await import('/bundled/models/bindings/bindings.js');
    const { pluginManager } = bindings.DebuggerWorkspaceBinding.DebuggerWorkspaceBinding.instance();
    ${body}
  })`) as Promise<Result>;

interface Shown {
  readonly text: string;
  readonly memory: boolean;
  readonly parts: Readonly<Record<string, string>>;
}

/** Scopes of the innermost frame: their variables as DevTools has them. */
const scopes = (frontEnd: Page): Promise<Record<string, Record<string, Shown>>> =>
  inDebugger(
    frontEnd,
    `const [frame] = model.debuggerPausedDetails().callFrames;
    const chain = await pluginManager.resolveScopeChain(frame);
    const textOf = (value) => value?.description ?? String(value?.value);
    const partsOf = async (value) => {
      const { properties } = value?.hasChildren ? await value.getAllProperties(false, false) : {};
      return Object.fromEntries((properties ?? []).map((one) => [one.name, textOf(one.value)]));
    };
    const found = {};
    for (const scope of chain ?? []) {
      const { properties } = await scope.object().getAllProperties(false, false);
      const variables = (found[scope.typeName()] = {});
      for (const { name, value } of properties ?? []) variables[name] =
        { text: textOf(value), memory: value?.linearMemoryAddress !== undefined, parts: await partsOf(value) };
    }
    return found;`,
  );

const watch = (frontEnd: Page, expression: string): Promise<string> =>
  inDebugger(
    frontEnd,
    `const [frame] = model.debuggerPausedDetails().callFrames;
    const result = await frame.evaluate({ expression: ${JSON.stringify(expression)}, objectGroup: 'test', silent: true });
    return 'error' in result ? result.error : result.exceptionDetails
      ? 'Uncaught ' + (result.exceptionDetails.exception?.description ?? result.exceptionDetails.text)
      : result.object.description ?? String(result.object.value);`,
  );

/** Texts of elements of DevTools. */
async function textsIn(frontEnd: Page, selector: string): Promise<string[]> {
  const shown = await frontEnd.$$(`>>> ${selector}`);
  return Promise.all(shown.map((one) => one.evaluate((element) => element.textContent).catch(() => '')));
}

async function expectCase(frontEnd: Page, one: Case, pause: Pause): Promise<void> {
  expect(pause.stack[0]).toBe(one.function);
  expect(pause.stack[1]).toMatch(/^main\.channels\.(?:func|gowrap)\d+$/);
  // Neither the banner of the Call Stack pane nor a mark at a row: every frame has its function.
  expect(pause.stack.filter((name) => /^\$?func\d+$/.test(name))).toEqual([]);
  expect(await textsIn(frontEnd, '.call-frame-item .call-frame-warning-icon')).toEqual([]);
  const { Arguments: found = {}, ...others } = await scopes(frontEnd);
  const texts = Object.fromEntries(Object.entries(found).map(([name, { text }]) => [name, text]));
  expect(texts).toEqual(one.arguments);
  const without = Object.entries(found).flatMap(([name, { memory }]) => (memory ? [] : [name]));
  expect(without).toEqual([]);
  for (const [name, parts] of Object.entries(one.parts ?? {})) expect(found[name]?.parts).toEqual(parts);
  expect(Object.values(others['Local'] ?? {})[0]?.text).toContain("Go's linker writes no names");
  const watched: Record<string, string> = {};
  for (const expression of Object.keys(one.watch)) watched[expression] = await watch(frontEnd, expression);
  const expected = Object.entries(one.watch).map(([expression, text]) => [
    expression,
    text.startsWith('Uncaught') ? (expect.stringContaining(text.slice('Uncaught '.length)) as string) : text,
  ]);
  expect(watched).toEqual(Object.fromEntries(expected));
}

test.each(['1.19.8', '1.27.3'] as const)('Go %s: arguments, watch expressions, parts', async (version) => {
  const file = goUrl('goroutines/block.go');
  const url = `${server.url}/?version=${version}&family=goroutines&case=exit`;
  await tested.inspect({ name: `values ${version}`, url }, async ({ page, panel, frontEnd, screenshot }) => {
    const reload = (): Promise<void> => reloadWithValues({ page, panel });
    await reload();
    await showSources(frontEnd);
    await page.locator('#crash').click();
    // The page gives no text while it is stopped.
    await eventually(
      'the text of the file',
      () => hasFile(frontEnd, file, 'package main'),
      (ok) => ok,
    );
    await programsEnded(panel);
    const left = new Map(CASES.map((one) => [lineOf(one), one]));
    for (const line of left.keys()) await setBreakpoint(frontEnd, file, line);
    await runByButton(page);
    while (left.size > 0) {
      const pause = await eventually(
        `a stop at one of the lines ${[...left.keys()].join()}`,
        () => nextPause(frontEnd),
        (found) => found !== null,
      );
      if (pause === null) return;
      const one = left.get(pause.line);
      if (one === undefined) throw new Error(`stopped at ${pause.url}:${String(pause.line)}`);
      left.delete(pause.line);
      await expectCase(frontEnd, one, pause);
      if (one.function === 'main.receive') {
        await eventually(
          'arguments in the Scope pane',
          () => textsIn(frontEnd, '.name-and-value'),
          (rows) => rows.includes('name: "a"') && rows.includes('n: 1'),
        );
        await screenshot(`values-${version}`);
      }
      await goOn(frontEnd, pause);
    }
    if (version !== '1.27.3') return;

    // Once more, and then without values: files stay, from the source map.
    const shown = async (): Promise<[boolean, boolean]> => [
      await inDebugger<boolean>(
        frontEnd,
        'return [...model.scripts()].some((one) => one.isWasm() && pluginManager.hasPluginForScript(one));',
      ),
      await hasFile(frontEnd, file, 'package main'),
    ];
    await reload();
    await page.locator('#crash').click();
    await eventually('files of the plugin after a second reload', shown, ([plugin, text]) => plugin && text);
    await panel.evaluate(async () => {
      await window.goSession?.stopValues?.();
    });
    await eventually('files of the source map', shown, ([plugin, text]) => !plugin && text);
    expect(await panel.evaluate(() => window.goSession?.state().values)).toBe(false);
  });
});

/** How often early code is tried, each time in a new window of DevTools: `EARLY_REPEATS=20` for the figure that counts. */
const REPEATS = Number(process.env['EARLY_REPEATS'] ?? 1);

test.each(['1.19.8', '1.27.3'] as const)(
  'Go %s: breakpoints in init and on the first line of main hit in the first run with values',
  async (version) => {
    const file = 'stacks/main.go';
    const lines = ['js.Global().Get("fixtureCapture")', 'debug.SetGCPercent(-1)'].map((text) =>
      lineWith(file, text),
    );
    let hits = 0;
    const query = `?family=stacks&version=${version}&case=all&quiet=1&auto=1`;
    const places = [`/${query}`, `/${query}&load=bytes`, `/worker.html${query}`];
    for (const place of Array.from({ length: REPEATS }, () => places).flat()) {
      const url = `${server.url}${place}`;
      await tested.inspect(
        { name: `early values ${version}`, url },
        async ({ panel, frontEnd, screenshot }) => {
          await showSources(frontEnd);
          await eventually(`${file} in Sources`, () => hasFile(frontEnd, goUrl(file), '//'), Boolean);
          for (const line of lines) await askForBreakpoint(frontEnd, goUrl(file), line);
          await panel.evaluate(() => window.goSession?.reloadWithValues?.());
          for (const line of lines) {
            const pause = await eventually(
              `a stop at line ${String(line)}`,
              () => nextPause(frontEnd),
              (found) => found !== null,
            );
            expect(`${String(pause?.url)}:${String(pause?.line)}`).toBe(`${goUrl(file)}:${String(line)}`);
            if (line === lines[0]) await screenshot(`early-values-${version}`);
            // They would outlive the tab.
            if (pause !== null) await removeBreakpoints(frontEnd, pause);
            await step(frontEnd, 'resume');
          }
          hits++;
        },
      );
    }
    const tries = places.length * REPEATS;
    console.log(`Go ${version}, early code with values: hit ${String(hits)} of ${String(tries)} times`);
  },
  180_000 * REPEATS,
);
