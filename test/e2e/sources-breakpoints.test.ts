import { readFileSync } from 'node:fs';
import type { Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { showView } from '../../scripts/devtools.mjs';
import { clickOn } from '../../scripts/panel.mjs';
import { goSource, type GoVersion } from '../support/fixtures.ts';
import {
  consoleMessages,
  eventually,
  launch,
  type TestBrowser,
  programsEnded,
  reloadWithValues,
} from './support/harness.ts';
import { NEWEST, OLDEST } from './support/main-job.ts';
import {
  breakableLines,
  goOn,
  goUrl,
  hasFile,
  innermost,
  isOfPlugin,
  nextPause,
  removeBreakpoints,
  setBreakpoint,
  showSources,
  step,
  stopIsKnown,
} from './support/sources-panel.ts';

// Breakpoints on lines of stripped modules, without hook or reload, in DevTools' own Sources panel. Which lines, and which functions are then on
// the stack, stands in fixtures/programs/stacks/breakpoints.json.

interface Case {
  readonly file: string;
  /** The line, without its indentation; it stands once in the file. */
  readonly text: string;
  readonly kind: string;
  /** Functions of the program on the stack, innermost first. */
  readonly stack: readonly string[];
  /** The same with the oldest Go, where the compiler named or inlined otherwise. */
  readonly oldest?: readonly string[];
}

const cases = JSON.parse(
  readFileSync(new URL('../../fixtures/programs/stacks/breakpoints.json', import.meta.url), 'utf8'),
) as readonly Case[];

function lineOf(file: string, text: string): number {
  const lines = goSource(`stacks/${file}`).split('\n');
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

describe.each([OLDEST, NEWEST] as const)('Go %s', (version: GoVersion) => {
  test('stops at each of the lines, with the functions of Go on the stack; they hold after a reload', async () => {
    const url = `${server.url}/?family=stacks&version=${version}&case=all&quiet=1&auto=1`;
    await tested.inspect({ name: `breakpoints ${version}`, url }, async (inspected) => {
      const { page, frontEnd, screenshot } = inspected;
      await showSources(frontEnd);
      const main = goUrl('stacks/main.go');
      await eventually(
        'the Go files in Sources',
        () => hasFile(frontEnd, main, '// Command stacks'),
        Boolean,
      );
      const wanted = new Map<string, Case>();
      for (const one of cases) {
        const line = lineOf(one.file, one.text);
        wanted.set(`${goUrl(`stacks/${one.file}`)}:${String(line)}`, one);
        await setBreakpoint(frontEnd, goUrl(`stacks/${one.file}`), line);
      }
      expect(wanted.size).toBeGreaterThanOrEqual(40);
      const lines = await breakableLines(frontEnd, main);
      expect(lines).toContain(lineOf('main.go', 'debug.SetGCPercent(-1)'));
      expect(lines).not.toContain(lineOf('main.go', 'package main'));
      // The program starts again with the page; DevTools hits what it knows, whether or not the map is there already.
      void page.reload().catch(() => undefined);
      const seen = new Map<string, readonly string[]>();
      while (seen.size < wanted.size) {
        const pause = await eventually(
          `a pause; not yet at ${[...wanted.keys()].filter((key) => !seen.has(key)).join(', ')}`,
          () => nextPause(frontEnd),
          (at) => at !== null,
        );
        if (pause === null) throw new Error('no pause');
        const key = `${pause.url}:${String(pause.line)}`;
        expect([...wanted.keys()]).toContain(key);
        const own = pause.stack.filter((name) => /^main\.|^\$/.test(name));
        if (!seen.has(key)) seen.set(key, own);
        if (seen.size === 12) await screenshot(`breakpoints-${version}`);
        await goOn(frontEnd, pause);
      }
      const expected = [...wanted].map(([key, { stack, oldest }]) => [
        key,
        version === OLDEST ? (oldest ?? stack) : stack,
      ]);
      expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(expected));
    });
  });
});

test('the Console shows functions and lines of Go: traced, logged and uncaught; a link opens the file', async () => {
  await tested.inspect({ name: 'console', url: 'about:blank' }, async ({ page, frontEnd, screenshot }) => {
    await page.evaluateOnNewDocument(() => {
      let calls = 0;
      const fixtureCapture = (): void => {
        if (calls++ > 0) return;
        console.trace('traced');
        console.error('logged', new Error('of the log'));
        void Promise.reject(new Error('of nobody'));
      };
      Object.assign(globalThis, { fixtureCapture, fixtureReport: () => undefined });
    });
    await page.goto(`${server.url}/?family=stacks&version=${NEWEST}&case=all&quiet=1&auto=1`);
    await showView(frontEnd, 'console');
    const places = [
      ['main.probe', 'main.go', lineOf('main.go', 'n, _ := runtime.Stack(buffer, false), capture.Invoke()')],
      ['main.inlineOnce', 'inlining.go', lineOf('inlining.go', 'func inlineOnce(name string) int {') + 1],
      ['main.inlining', 'inlining.go', lineOf('inlining.go', 'sum := inlineOnce("once")')],
    ] as const;
    for (const what of ['traced', 'of the log', 'of nobody']) {
      await eventually(
        `functions and lines of Go under "${what}"`,
        async () => {
          await unfold(frontEnd, what);
          return (await consoleMessages(frontEnd)).find((text) => text.includes(what)) ?? '';
        },
        (text) =>
          places.every(([name, file, line]) =>
            new RegExp(`${name.replace('.', '\\.')}\\W+${file}:${String(line)}\\b`).test(text),
          ),
      );
    }
    await screenshot('console');
    const [, , line] = places[2];
    await clickOn(
      frontEnd.mainFrame(),
      `>>> .console-message-wrapper .devtools-link ::-p-text(inlining.go:${String(line)})`,
    );
    await eventually(
      'inlining.go in Sources',
      () => frontEnd.$('>>> .tabbed-pane-header-tab.selected[aria-label$="inlining.go"]'),
      (tab) => tab !== null,
    );
  });
});

/** Steps from a line on, each with where it ends. */
interface Walk {
  readonly what: string;
  readonly file: string;
  /** The line at which it begins, or so many lines above that. */
  readonly at: string;
  readonly below?: number;
  readonly steps: readonly {
    readonly how: 'stepOver' | 'stepInto' | 'stepOut';
    readonly function: string;
    /** In another file than the one where it began. */
    readonly in?: string;
    readonly to: string;
    readonly below?: number;
    /** The goroutine is switched, or its stack moved, on the way: DevTools itself does not get there. */
    readonly switch?: true;
  }[];
}

const walks = JSON.parse(
  readFileSync(new URL('../../fixtures/programs/stacks/steps.json', import.meta.url), 'utf8'),
) as readonly Walk[];

test.each([
  { version: OLDEST, lines: 'the source map' },
  { version: NEWEST, lines: 'the source map' },
  { version: OLDEST, lines: 'the language plugin' },
  { version: NEWEST, lines: 'the language plugin' },
] as const)(
  'Go $version, lines of $lines: steps over calls, into them and out again, where they block and move the stack too',
  async ({ version, lines }) => {
    const url = `${server.url}/?family=stacks&version=${version}&case=all&quiet=1&auto=1`;
    const name = `steps ${version} ${lines}`;
    await tested.inspect({ name, url }, async ({ page, panel, frontEnd, screenshot }) => {
      await showSources(frontEnd);
      const hasPlugin = lines === 'the language plugin';
      if (hasPlugin) {
        await reloadWithValues({ page, panel });
        await eventually(
          'the files of the plugin',
          () => isOfPlugin(frontEnd, goUrl('stacks/main.go')),
          Boolean,
        );
        await programsEnded(panel);
      }
      await eventually(
        'the Go files in Sources',
        () => hasFile(frontEnd, goUrl('stacks/main.go'), '// Command stacks'),
        Boolean,
      );
      for (const { file, at, below = 0 } of walks)
        await setBreakpoint(frontEnd, goUrl(`stacks/${file}`), lineOf(file, at) + below);
      void (hasPlugin ? page.evaluate('run(wanted)') : page.reload()).catch(() => undefined);
      for (const { what, file, at, below = 0, steps } of walks) {
        const label = (base: string, line: number): string => `${base}:${String(line)}`;
        const begin = label(file, lineOf(file, at) + below);
        const pause = await eventually(
          `a pause at ${begin}`,
          () => nextPause(frontEnd),
          (one) => one !== null,
        );
        expect(`${what}: ${pause?.url.split('/').at(-1) ?? ''}:${String(pause?.line)}`).toBe(
          `${what}: ${begin}`,
        );
        if (pause !== null) await removeBreakpoints(frontEnd, pause);
        await stopIsKnown(frontEnd, panel);
        for (const {
          how,
          function: functionName,
          in: other = file,
          to,
          below: more = 0,
          switch: switches,
        } of steps) {
          // What a step came to by itself is of another reason than what a breakpoint stopped.
          const reason = switches === true ? 'other' : 'step';
          const expected = `${functionName} ${label(other, lineOf(other, to) + more)} ${reason}`;
          await step(frontEnd, how);
          await eventually(
            `${what}: ${how} to ${expected}`,
            async () => {
              const seen = await innermost(frontEnd);
              if (seen === expected) return seen;
              const said = await panel.evaluate(() => window.goSession?.state().step?.text ?? 'nothing');
              return `${seen}; the extension says: ${said}`;
            },
            (seen) => seen === expected,
          );
          // Until the extension has detached, its breakpoints hold.
          await eventually(
            `the end of ${how}`,
            () => panel.evaluate(() => window.goSession?.state().step?.text ?? ''),
            (text) => text === '',
          );
          await stopIsKnown(frontEnd, panel);
        }
        if (what.includes('blocks')) await screenshot(`steps-${version}${hasPlugin ? '-values' : ''}`);
        await step(frontEnd, 'resume');
      }
    });
  },
);

/** Opens the stack of a message in the Console, where it is folded. */
async function unfold(frontEnd: Page, what: string): Promise<void> {
  for (const message of await frontEnd.$$('>>> .console-message-wrapper')) {
    const isIt = await message.evaluate((element, text) => element.textContent.includes(text), what);
    const toggle = isIt ? await message.$('>>> [aria-expanded=false]') : null;
    await toggle?.evaluate((element) => {
      if (element instanceof HTMLElement) element.click();
    });
  }
}
