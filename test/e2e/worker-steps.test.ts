import type { Frame, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { BETWEEN_GOROUTINES_URL } from '../../src/base/between-goroutines.ts';
import { goSource } from '../support/fixtures.ts';
import {
  eventually,
  launch,
  loadWithHook,
  type Inspected,
  type TestBrowser,
  programsEnded,
  reloadWithValues,
} from './support/harness.ts';
import { NEWEST, OLDEST } from './support/main-job.ts';
import {
  evaluateIn,
  goUrl,
  hasFile,
  innermost,
  isOfPlugin,
  nextPause,
  removeBreakpoints,
  setBreakpoint,
  showSources,
  step,
} from './support/sources-panel.ts';

// Steps in a worker and in a frame of another site, of whose stops DevTools does not tell extensions: where V8 leaves the frames they go on to the next line of their
// goroutine.

let server: FixtureServer;
let tested: TestBrowser;
beforeAll(async () => {
  [server, tested] = await Promise.all([startServer(), launch('extension')]);
});
afterAll(async () => {
  await tested.close();
  await server.close();
});

/** 1-based; the line with this text, without its indentation. */
const lineOf = (file: string, text: string): number =>
  goSource(`stacks/${file}`)
    .split('\n')
    .findIndex((line) => line.trim() === text) + 1;

/** What the devtools page does, counted from now on: how often it attaches the debugger, and asks the page. */
async function countWork(frontEnd: Page): Promise<() => Promise<{ attached: number; asked: number }>> {
  const frame = frontEnd
    .frames()
    .find((one) => one.url().startsWith('chrome-extension://') && one.url().includes('/devtools.html'));
  if (frame === undefined) throw new Error('the extension has no devtools page');
  const counter = await frame.evaluateHandle(() => {
    const count = { attached: 0, asked: 0 };
    const { debugger: debuggerApi } = chrome;
    const { inspectedWindow } = chrome.devtools;
    debuggerApi.attach = new Proxy(debuggerApi.attach, {
      apply(target, self, args): unknown {
        count.attached++;
        return Reflect.apply(target, self, args);
      },
    });
    inspectedWindow.eval = new Proxy(inspectedWindow.eval, {
      apply(target, self, args): unknown {
        count.asked++;
        return Reflect.apply(target, self, args);
      },
    });
    return count;
  });
  return () => counter.evaluate((count) => ({ ...count }));
}

/** A page with a worker whose program has run once, so that its module is known, and DevTools has the last of its maps. */
async function openWorker({ page, panel, frontEnd }: Inspected, version: string): Promise<void> {
  await loadWithHook(page, panel, workerUrl(version));
  await showSources(frontEnd);
  await page.evaluate("void document.querySelector('#crash').click()");
  await lastMap(panel, frontEnd);
}

/** The same of a page with a frame of another site, which has a process of its own. */
async function openFrame({ page, panel, frontEnd }: Inspected, version: string): Promise<void> {
  const url = `${server.url.replace('127.0.0.1', 'localhost')}/${queryOf(version)}`;
  await page.evaluateOnNewDocument((src) => {
    if (window.top !== window) return;
    addEventListener('DOMContentLoaded', () => {
      document.body.append(Object.assign(document.createElement('iframe'), { src }));
    });
  }, url);
  await loadWithHook(page, panel, `${server.url}/plain.html`);
  await showSources(frontEnd);
  // It is there once the scripts are loaded.
  const run = "typeof run === 'function' && !void setTimeout(() => run(wanted))";
  await eventually('the frame', () => evaluateIn(frontEnd, 'frame', run), Boolean);
  await lastMap(panel, frontEnd);
}

/** Waits for the map with all texts. */
async function lastMap(panel: Frame, frontEnd: Page): Promise<void> {
  await eventually(
    'the map of the module',
    () =>
      panel.evaluate(() => {
        const maps = window.goSession?.state().sourceMaps ?? [];
        const own = maps.flatMap(({ files }) => files).filter(({ file }) => file.includes('/fixtures/'));
        return `${maps.map(({ status }) => status).join()} ${String(own.every(({ hasText }) => hasText))}`;
      }),
    (seen) => seen === 'attached true',
  );
  for (const [file, text] of [
    ['main.go', '// Command stacks'],
    ['switches.go', 'package main'],
  ] as const) {
    const has = (): Promise<boolean> => hasFile(frontEnd, goUrl(`stacks/${file}`), text);
    await eventually(`the text of ${file} in Sources`, has, Boolean);
  }
}

/** The same where DevTools has the files from the language plugin. */
async function openWorkerWithValues({ page, panel, frontEnd }: Inspected, version: string): Promise<void> {
  await page.evaluate((url) => {
    history.replaceState(null, '', url);
  }, workerUrl(version));
  await reloadWithValues({ page, panel });
  await showSources(frontEnd);
  await page.evaluate("void document.querySelector('#crash').click()");
  const isThere = (): Promise<boolean> => isOfPlugin(frontEnd, goUrl('stacks/main.go'));
  await eventually('the files of the plugin', isThere, Boolean);
  await eventually(
    'the module in the extension',
    () =>
      panel.evaluate(() =>
        window.goSession
          ?.state()
          .modules.map(({ status }) => status)
          .join(),
      ),
    (statuses) => statuses === 'ready',
  );
  await programsEnded(panel);
}

const queryOf = (version: string): string => `?family=stacks&version=${version}&case=all&quiet=1`;
const workerUrl = (version: string): string => `${server.url}/worker.html${queryOf(version)}`;

/** What the extension says of a step. */
const said = (panel: Frame): Promise<string> =>
  panel.evaluate(() => window.goSession?.state().step?.text ?? '');

/** Puts the cursor into a line (1-based) of a file that DevTools lists, as DevTools does at a stop. */
const show = (frontEnd: Page, url: string, line: number): Promise<unknown> =>
  frontEnd.evaluate(`import('/bundled/panels/sources/sources.js').then(({ SourcesPanel }) => {
    const place = { lineNumber: ${String(line - 1)}, columnNumber: 0 };
    SourcesPanel.SourcesPanel.instance().sourcesView().showSourceLocation(inTest.file('${url}'), place, undefined, true);
  })`);

/** A step of DevTools, and where it ends: with reason `other` where the extension went on with it. */
interface Expected {
  readonly how: 'stepOver' | 'stepOut';
  readonly to: string;
}

interface Walk {
  readonly file: string;
  readonly line: number;
  readonly steps: readonly Expected[];
}

const walks: readonly Walk[] = [
  {
    file: 'main.go',
    line: lineOf('main.go', 'warm(0)'),
    steps: [
      {
        how: 'stepOver',
        to: `main.main main.go:${String(lineOf('main.go', 'for _, group := range groups {'))} other`,
      },
    ],
  },
  {
    file: 'switches.go',
    line: lineOf('switches.go', 'go goroutineFresh(done)') + 1,
    steps: [
      {
        how: 'stepOver',
        to: `main.goroutines switches.go:${String(lineOf('switches.go', 'go goroutineCold(done)'))} other`,
      },
    ],
  },
  {
    // V8 has lost the callers: the last step ends in the loop that calls what is next.
    file: 'switches.go',
    line: lineOf('switches.go', 'time.AfterFunc(time.Millisecond, func() {') + 4,
    steps: [
      { how: 'stepOut', to: `main.whileSwitched main.go:${String(lineOf('main.go', 'f()'))} step` },
      {
        how: 'stepOut',
        to: `main.switches switches.go:${String(lineOf('switches.go', 'whileSwitched(callbacks)') + 1)} step`,
      },
      { how: 'stepOut', to: `main.main main.go:${String(lineOf('main.go', 'group()'))} other` },
    ],
  },
];

/** The walks whose steps end as they do in the page. */
const BLOCKING = walks.slice(0, 2);

/** Takes the steps. `attachedFor`: looks how often the debugger was attached, given the number of steps that the extension went on with. */
async function walkAll(
  { panel, frontEnd }: Inspected,
  kind: 'worker' | 'frame',
  attachedFor: (followed: number) => Promise<void>,
  stopped: (walk: Walk) => Promise<void>,
  taken = walks,
): Promise<void> {
  for (const { file, line } of taken) await setBreakpoint(frontEnd, goUrl(`stacks/${file}`), line);
  await evaluateIn(frontEnd, kind, 'void setTimeout(() => start(readQuery(location.search)))');
  let followed = 0;
  for (const walk of taken) {
    const { file, line, steps } = walk;
    const pause = await eventually(
      `a pause at ${file}:${String(line)}`,
      () => nextPause(frontEnd),
      (at) => at !== null,
    );
    expect(pause).toMatchObject({ url: goUrl(`stacks/${file}`), line });
    if (pause !== null) await removeBreakpoints(frontEnd, pause);
    await attachedFor(followed);
    for (const { how, to } of steps) {
      await step(frontEnd, how);
      await eventually(
        `${how} to ${to}`,
        async () => `${await innermost(frontEnd)} ${await said(panel)}`,
        (seen) => seen === `${to} `,
      );
      if (to.endsWith(' other')) followed++;
      await attachedFor(followed);
    }
    await stopped(walk);
    await step(frontEnd, 'resume');
  }
}

/** The debugger is attached for the steps alone that the extension goes on with. */
const forThoseAlone =
  (work: () => Promise<{ readonly attached: number }>) =>
  async (followed: number): Promise<void> => {
    expect((await work()).attached).toBe(followed);
  };

test.each([OLDEST, NEWEST])(
  'Go %s: steps in a worker go on where they block and move the stack; the debugger is attached for those alone',
  async (version) => {
    const name = `worker steps ${version}`;
    await tested.inspect({ name, url: `${server.url}/plain.html` }, async (inspected) => {
      const { frontEnd, screenshot } = inspected;
      await openWorker(inspected, version);
      const work = await countWork(frontEnd);
      // Whoever looks at files while the worker runs has no debugger attached.
      await show(frontEnd, goUrl('stacks/main.go'), 40);
      await show(frontEnd, BETWEEN_GOROUTINES_URL, 1);
      await eventually('some more polls', work, ({ asked }) => asked > 20);
      await walkAll(inspected, 'worker', forThoseAlone(work), () => screenshot(`worker-step-${version}`));
    });
  },
);

test('steps in a worker go on with lines of the language plugin, too', async () => {
  const name = 'worker steps with values';
  await tested.inspect({ name, url: `${server.url}/plain.html` }, async (inspected) => {
    await openWorkerWithValues(inspected, NEWEST);
    const work = await countWork(inspected.frontEnd);
    await walkAll(inspected, 'worker', forThoseAlone(work), () => Promise.resolve());
  });
});

test('steps in a frame of another site go on, too', async () => {
  await tested.inspect({ name: 'frame steps', url: `${server.url}/plain.html` }, async (inspected) => {
    await openFrame(inspected, NEWEST);
    const attached = (): Promise<void> => Promise.resolve();
    await walkAll(inspected, 'frame', attached, () => inspected.screenshot('frame-step'), BLOCKING);
  });
});
