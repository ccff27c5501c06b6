import type { Frame, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { reloadWithHook } from '../../scripts/panel.mjs';
import { lineOf } from './support/goroutines.ts';
import { eventually, launch, type TestBrowser, reloadWithValues } from './support/harness.ts';
import { NEWEST, OLDEST } from './support/main-job.ts';
import { textsOf } from './support/seen.ts';
import {
  breakableLines,
  delayEditor,
  delayMaps,
  goOn,
  goUrl,
  hasFile,
  innermost,
  isListed,
  isOfPlugin,
  loseFirstPlace,
  nextPause,
  openSidebar,
  pauseOnUncaught,
  removeBreakpoints,
  resumeAll,
  runByButton,
  setBreakpoint,
  shownFrames,
  shownSource,
  showSources,
  step,
  stopIsKnown,
  toggleRecording,
  type Pause,
} from './support/sources-panel.ts';

// When and where the source map is attached: to scripts without a URL, to early code, in workers and frames, to another build at the same URL, after a
// Performance recording, while the program is stopped.

/** How often early code is tried with each delay: `EARLY_REPEATS=20` for the figure that counts. */
const REPEATS = Number(process.env['EARLY_REPEATS'] ?? 2);

let server: FixtureServer;
let tested: TestBrowser;
beforeAll(async () => {
  [server, tested] = await Promise.all([startServer(), launch('extension')]);
});
afterAll(async () => {
  await tested.close();
  await server.close();
});

/** What the Modules view says of a module's map; of each module that there is. */
const maps = (panel: Frame): Promise<string[]> =>
  panel.evaluate(() =>
    (window.goSession?.state().sourceMaps ?? []).map(({ status, error }) => `${status} ${error ?? ''}`),
  );

/** Waits until the only module has its map. */
const mapped = (panel: Frame): Promise<string[]> =>
  eventually(
    'one map, attached',
    () => maps(panel),
    (all) => all.join() === 'attached ',
  );

const listed = (frontEnd: Page, file: string): Promise<boolean> =>
  eventually(`${file} in Sources`, () => hasFile(frontEnd, goUrl(file), '//'), Boolean);

async function pauseOf(frontEnd: Page): Promise<Pause> {
  const pause = await eventually(
    'a pause in Go',
    () => nextPause(frontEnd),
    (at) => at !== null,
  );
  if (pause === null) throw new Error('no pause');
  return pause;
}

const placeOf = ({ url, line }: Pause): string => `${url}:${String(line)}`;

describe.each([OLDEST, NEWEST] as const)('Go %s', (version) => {
  test('breakpoints in init and on the first line of main hit after a reload, however late the map comes', async () => {
    const url = `${server.url}/?family=stacks&version=${version}&case=all&quiet=1&auto=1`;
    await tested.inspect({ name: `early ${version}`, url }, async ({ page, frontEnd, screenshot }) => {
      await showSources(frontEnd);
      const file = 'stacks/main.go';
      await listed(frontEnd, file);
      const early = ['js.Global().Get("fixtureCapture")', 'debug.SetGCPercent(-1)'].map((text) =>
        lineOf(file, text),
      );
      for (const line of early) await setBreakpoint(frontEnd, goUrl(file), line);
      const hits = new Map<number, number>();
      for (const late of [0, 1500]) {
        await delayMaps(frontEnd, late);
        for (let turn = 0; turn < REPEATS; turn++) {
          const reloaded = page.reload().catch(() => undefined);
          for (const line of early) {
            const pause = await pauseOf(frontEnd);
            expect(placeOf(pause)).toBe(`${goUrl(file)}:${String(line)}`);
            if (turn === 0 && line === early[0]) await screenshot(`early-${version}-${String(late)}`);
            // They would outlive the tab.
            if (late > 0 && turn === REPEATS - 1) await removeBreakpoints(frontEnd, pause);
            await step(frontEnd, 'resume');
          }
          await reloaded;
          hits.set(late, turn + 1);
        }
      }
      console.log(`Go ${version}, early code: hit ${JSON.stringify([...hits])} of ${String(REPEATS)} times`);
      await delayMaps(frontEnd, 0);
    });
  });
});

test('modules whose script has no URL have a map: compiled from bytes, and with Go values', async () => {
  const url = `${server.url}/?family=exits&version=${NEWEST}&case=blocked&auto=1&load=bytes`;
  await tested.inspect({ name: 'no url', url }, async ({ page, panel, frontEnd }) => {
    await showSources(frontEnd);
    await listed(frontEnd, 'exits/main.go');
    await page.goto(`${server.url}/?family=traps&version=${OLDEST}&case=none`);
    await reloadWithValues({ page, panel });
    await page.locator('#crash').click();
    await listed(frontEnd, 'traps/main.go');
    await mapped(panel);
    // A module of C has debug information of its own: its files come from the language plugin too.
    await page.evaluate(async () => {
      const response = await fetch('/llvm/c.dwarf5.o0.wasm');
      Object.assign(globalThis, { ofC: await WebAssembly.compile(await response.arrayBuffer()) });
    });
    const file = 'go:///llvm/shapes.c';
    await eventually('the file of C', () => isOfPlugin(frontEnd, file), Boolean);
    expect(await breakableLines(frontEnd, file)).toContain(16);
  });
});

const TRAP = 'go:///runtime/asm_wasm.s';

test.each([
  ['goes to the trap at once', () => Promise.resolve()],
  ['goes to the trap late', (frontEnd: Page) => delayEditor(frontEnd, TRAP, 2500)],
  ['loses its line', (frontEnd: Page) => loseFirstPlace(frontEnd, goUrl('traps/main.go'))],
])('runtime.Breakpoint() stops at its caller; DevTools %s', async (what, prepare) => {
  const url = `${server.url}/?family=traps&version=${NEWEST}&case=breakpoint`;
  await tested.inspect({ name: 'attach again', url }, async ({ page, panel, frontEnd, screenshot }) => {
    await showSources(frontEnd);
    await prepare(frontEnd);
    await pauseOnUncaught(frontEnd, true);
    // The program stops before anything is known of its module.
    void page.goto(`${url}&auto=1`).catch(() => undefined);
    const line = lineOf('traps/main.go', 'runtime.Breakpoint()');
    const stack = await eventually(
      'the Go caller at the top of the stack',
      () => shownFrames(frontEnd),
      ([first]) => first?.name === 'main.stop',
    );
    // Then it is the caller that has to take the place of the trap.
    if (what.endsWith('late'))
      await eventually(
        'the trap in the editor',
        () => shownSource(frontEnd),
        (at) => at?.url === TRAP,
      );
    expect(stack[0]?.place).toBe(`main.go:${String(line)}`);
    await eventually(
      'the line of the Go caller in the editor',
      () => shownSource(frontEnd),
      (at) => at?.url === goUrl('traps/main.go') && at.line === line,
    );
    await expect
      .poll(() => panel.evaluate(() => window.goSession?.state().breakpointCall))
      .toEqual({ function: 'main.stop', file: 'example.com/fixtures/traps/main.go', line });
    await screenshot('runtime-breakpoint');
    await pauseOnUncaught(frontEnd, false);
    await resumeAll(frontEnd);
  });
});

test('a module whose URL does not end in .wasm has its files', async () => {
  const url = `${server.url}/?family=traps&version=${NEWEST}&case=breakpoint`;
  await tested.inspect({ name: 'another path', url }, async ({ page, panel, frontEnd }) => {
    await showSources(frontEnd);
    await pauseOnUncaught(frontEnd, false);
    await page.setRequestInterception(true);
    page.on('request', (request) => {
      const path = new URL(request.url()).pathname;
      if (path.startsWith('/modules/')) {
        void request.respond({ status: 302, headers: { location: `${server.url}/builds/42?for=all` } });
      } else if (path === '/builds/42') {
        void fetch(`${server.url}/modules/traps.${NEWEST}.js.stripped.wasm`)
          .then((response) => response.arrayBuffer())
          .then((body) => request.respond({ contentType: 'application/wasm', body: Buffer.from(body) }));
      } else void request.continue();
    });
    await page.locator('#crash').click();
    await listed(frontEnd, 'traps/main.go');
    await mapped(panel);
    const told = await panel.evaluate(() =>
      (window.goSession?.state().modules ?? []).map((module) => [module.origin, module.url]),
    );
    expect(told).toEqual([['resource', `${server.url}/builds/42?for=all`]]);
  });
});

test('a build that comes later is mapped anew; a recording leaves the map', async () => {
  const url = `${server.url}/?family=traps&version=${NEWEST}&case=breakpoint`;
  await tested.inspect({ name: 'another build', url }, async ({ page, panel, frontEnd }) => {
    await showSources(frontEnd);
    // It is kept for all pages of the browser: a test that failed may have left it on.
    await pauseOnUncaught(frontEnd, false);
    await page.locator('#crash').click();
    await listed(frontEnd, 'traps/main.go');
    // The server has another build, and the page loads it without and with a navigation.
    let build = 'exits';
    await page.setRequestInterception(true);
    page.on('request', (request) => {
      if (!request.url().includes('/modules/traps.')) {
        void request.continue();
        return;
      }
      void fetch(`${server.url}/modules/${build}.${NEWEST}.js.stripped.wasm`)
        .then((response) => response.arrayBuffer())
        .then((body) => request.respond({ contentType: 'application/wasm', body: Buffer.from(body) }));
    });
    await page.locator('#crash').click();
    await listed(frontEnd, 'exits/main.go');
    // The code of the build before is still there, and has its own lines; the panel has one module.
    await mapped(panel);
    // Nothing refers to a program that has ended: its script can be collected, and DevTools is told of none when it asks anew after a recording.
    await page.evaluateOnNewDocument(() => {
      const { instantiateStreaming } = WebAssembly;
      WebAssembly.instantiateStreaming = async (...given) => {
        const made = await instantiateStreaming(...given);
        Object.assign(globalThis, { kept: made });
        return made;
      };
    });
    build = 'panics';
    await page.goto(url.replace('case=breakpoint', 'case=index&auto=1'));
    await listed(frontEnd, 'panics/main.go');
    await expect.poll(() => isListed(frontEnd, goUrl('exits/main.go'))).toBe(false);
    await mapped(panel);

    await toggleRecording(frontEnd);
    await toggleRecording(frontEnd);
    await showSources(frontEnd);
    await listed(frontEnd, 'panics/main.go');
    const call = lineOf('panics/main.go', 'dispatch(name)');
    await setBreakpoint(frontEnd, goUrl('panics/main.go'), call);
    await runByButton(page);
    const pause = await pauseOf(frontEnd);
    expect(placeOf(pause)).toBe(`${goUrl('panics/main.go')}:${String(call)}`);
    await goOn(frontEnd, pause);
  });
});

test('workers and frames have maps of their own: breakpoints hit there, and steps go on', async () => {
  await tested.inspect({ name: 'threads', url: `${server.url}/plain.html` }, async (inspected) => {
    const { page, panel, frontEnd, screenshot } = inspected;
    await reloadWithHook(page, panel);
    await showSources(frontEnd);
    await page.evaluate(
      (frame, worker) => {
        const element = document.createElement('iframe');
        element.src = `/index.html${frame}`;
        document.body.append(element);
        Object.assign(globalThis, { worker: new Worker(`/pages/worker.js${worker}`) });
      },
      `?family=stacks&version=${NEWEST}&case=all&auto=1&quiet=1`,
      `?family=exits&version=${OLDEST}&case=blocked&auto=1&quiet=1`,
    );
    await listed(frontEnd, 'stacks/main.go');
    await listed(frontEnd, 'exits/main.go');

    // In a worker DevTools steps by itself.
    const line = lineOf('exits/main.go', 'outer(receiveNothing)');
    await setBreakpoint(frontEnd, goUrl('exits/main.go'), line);
    const again = page.workers().at(-1)?.evaluate('void start(readQuery(location.search))');
    const pause = await pauseOf(frontEnd);
    expect(placeOf(pause)).toBe(`${goUrl('exits/main.go')}:${String(line)}`);
    expect(pause.stack.slice(0, 2)).toEqual(['main.dispatch', 'main.main']);
    await step(frontEnd, 'stepInto');
    await stepsTo(frontEnd, `main.outer main.go:${String(lineOf('exits/main.go', 'func outer('))} step`);
    await goOn(frontEnd, pause);
    await again;

    // In a frame of the site a step over a call that moves the stack ends at the next line.
    const call = lineOf('stacks/main.go', 'warm(0)');
    await setBreakpoint(frontEnd, goUrl('stacks/main.go'), call);
    const [frame] = page.mainFrame().childFrames();
    void frame?.evaluate('run(wanted)').catch(() => undefined);
    const inFrame = await pauseOf(frontEnd);
    expect(placeOf(inFrame)).toBe(`${goUrl('stacks/main.go')}:${String(call)}`);
    await removeBreakpoints(frontEnd, inFrame);
    await stopIsKnown(frontEnd, panel);
    await step(frontEnd, 'stepOver');
    const next = lineOf('stacks/main.go', 'for _, group := range groups {');
    await stepsTo(frontEnd, `main.main main.go:${String(next)} other`);
    await screenshot('threads');
    await resumeAll(frontEnd);
    // What becomes of steps there is said where the user looks.
    const sidebar = await openSidebar(frontEnd);
    await expect
      .poll(async () => (await textsOf(sidebar, '[aria-label="Programs elsewhere"]')).join('\n'))
      .toMatch(
        /^This page runs Go in workers too\..* A step over a call that blocks.* It goes on to the line .*, as in the page\. The/,
      );
  });
});

const stepsTo = (frontEnd: Page, place: string): Promise<string> =>
  eventually(
    `a step to ${place}`,
    () => innermost(frontEnd),
    (seen) => seen === place,
  );
