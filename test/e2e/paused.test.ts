import type { Frame, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { clickOn, reloadWithHook } from '../../scripts/panel.mjs';
import type { GoroutineQuery } from '../../src/protocol/goroutines.ts';
import { lineOf, programReady } from './support/goroutines.ts';
import { eventually, launch, type TestBrowser } from './support/harness.ts';
import { textsOf } from './support/seen.ts';
import {
  evaluateIn,
  goUrl,
  openSidebar,
  pauseOnUncaught,
  removeBreakpoints,
  resumeAll,
  runByButton,
  setBreakpoint,
  shownSource,
  showSources,
} from './support/sources-panel.ts';

// DevTools has paused a stripped program: the sidebar of Sources shows the goroutines and stacks that Go itself prints of that moment.

let server: FixtureServer;
let tested: TestBrowser;
beforeAll(async () => {
  [server, tested] = await Promise.all([startServer(), launch('extension')]);
});
afterAll(async () => {
  await tested.close();
  await server.close();
});

/** A goroutine of a traceback: its header, and function and place of each frame. */
interface Traceback {
  readonly header: string;
  readonly frames: readonly string[];
}

/** Goroutines of a text as runtime.Stack prints it, by id. */
function tracebacks(text: string): Map<number, Traceback> {
  const found = new Map<number, Traceback>();
  for (const block of text.split('\n\n')) {
    const [header = '', ...lines] = block.trim().split('\n');
    const id = /^goroutine (\d+) /.exec(header)?.[1];
    if (id === undefined) continue;
    const frames = lines.flatMap((line, i) => {
      const name = /^(created by .*|\S.*)\(.*\)$|^(created by .*)$/.exec(line);
      const place = /^\t(\S+:\d+)/.exec(lines[i + 1] ?? '')?.[1];
      // Go leaves out creators that are of the runtime.
      if (line.startsWith('created by runtime.')) return [];
      return name === null || place === undefined ? [] : [`${name[1] ?? name[2] ?? ''} ${place}`];
    });
    found.set(Number(id), { header, frames });
  }
  return found;
}

const evaluateInPage = (panel: Frame, expression: string): Promise<unknown> =>
  panel.evaluate(
    (text) =>
      new Promise((resolve) => {
        chrome.devtools.inspectedWindow.eval(text, {}, (...answer: unknown[]) => resolve(answer[0]));
      }),
    expression,
  );

const ALL_ROWS: GoroutineQuery = {
  ...{ filter: '', with: [], without: [], groupBy: 'none', base: null, changes: [], open: [] },
  sort: { by: 'id', descending: false },
};

/** The goroutines of the stop that the sidebar shows, as the session prints them. */
const stoppedText = (panel: Frame): Promise<string> =>
  panel.evaluate(async (query) => {
    const session = window.goSession;
    const snapshotKey = session?.state().stop?.snapshotKey;
    if (session === undefined || snapshotKey == null) throw new Error('no snapshot of the stop');
    return session.goroutines.asText(snapshotKey, query);
  }, ALL_ROWS);

/** Expects the goroutines that Go printed (`goText`, by runtime.Stack inside the call that stopped) in `ours`. */
function expectSameGoroutines(ours: string, goText: string): void {
  const expected = tracebacks(goText);
  const seen = tracebacks(ours);
  expect(expected.size).toBeGreaterThan(20);
  let frames = 0;
  for (const [id, traceback] of expected) {
    const of = seen.get(id);
    frames += traceback.frames.length;
    if (id !== 1) {
      // Go leaves out the middle of deep stacks.
      const inner = traceback.frames.length > 40 ? 40 : traceback.frames.length;
      expect(of?.header).toBe(traceback.header);
      expect(of?.frames.slice(0, inner)).toEqual(traceback.frames.slice(0, inner));
      if (inner === traceback.frames.length) expect(of?.frames.length).toBe(inner);
      continue;
    }
    // Between runtime.Stack and the page main has gone on by a line, and deeper.
    const below = (one: Traceback | undefined): readonly string[] =>
      one?.frames.slice(one.frames.findIndex((frame) => frame.startsWith('main.main '))) ?? [];
    expect(below(of).length).toBeGreaterThan(0);
    expect(below(of)).toEqual(below(traceback));
  }
  expect(frames).toBeGreaterThan(60);
}

test.each(['1.19.8', '1.27.3'] as const)(
  'Go %s: the sidebar has the goroutines of a paused program as Go prints them',
  async (version) => {
    const url = `${server.url}/?version=${version}&family=goroutines&case=exit`;
    await tested.inspect({ name: `paused ${version}`, url }, async (inspected) => {
      const { page, panel, frontEnd, screenshot } = inspected;
      await page.evaluateOnNewDocument(() => {
        Object.assign(globalThis, {
          fixtureGoroutines: (_: string, text: string) => {
            Object.assign(globalThis, { goText: text });
            // eslint-disable-next-line no-debugger
            debugger;
          },
        });
      });
      await reloadWithHook(page, panel);
      const sidebar = await openSidebar(frontEnd);
      await expect
        .poll(() => textsOf(sidebar, '.side-message'))
        .toEqual(['This page has loaded no WebAssembly.']);
      await runByButton(page);
      await sidebar.waitForSelector('[aria-label=Frames] .side-row');
      await sidebar.waitForSelector('[aria-label=Goroutines] .side-row');
      await screenshot(`sidebar-${version}`);

      const goText = String(await evaluateInPage(panel, 'goText'));
      expectSameGoroutines(await stoppedText(panel), goText);
      const names = await textsOf(sidebar, '[aria-label=Frames] .name');
      expect(names.slice(-3)).toEqual(['main.main', 'runtime.main', 'runtime.goexit']);
      expect(names).toContain('main.tell');

      // Another goroutine, and the arguments of one of its frames.
      await clickOn(sidebar, '[aria-label=Goroutines] .side-row ::-p-text(main.receive)');
      await sidebar.waitForSelector('.side-bar .side-button ::-p-text(Current)');
      await clickOn(sidebar, '[aria-label=Frames] .side-row ::-p-text(main.receive)');
      // The file is there before its line is.
      const line = lineOf('goroutines/block.go', 'm := <-c');
      await eventually(
        'the line of the frame in Sources',
        () => shownSource(frontEnd),
        (at) => at?.url === goUrl('goroutines/block.go') && at.line === line,
      );
      await screenshot(`sidebar-other-${version}`);
      await frontEnd.evaluate(
        `import('/bundled/core/sdk/sdk.js').then((sdk) => sdk.TargetManager.TargetManager.instance()
          .models(sdk.DebuggerModel.DebuggerModel).forEach((model) => { if (model.isPaused()) model.resume(); }))`,
      );
      await eventually(
        'the end of the pause',
        () => textsOf(sidebar, '.side-message'),
        ([shown]) => shown !== undefined && shown !== 'Reading…',
      );
    });
  },
);

const isPausedAnywhere = (frontEnd: Page): Promise<unknown> =>
  frontEnd.evaluate('inTest.models().some((model) => model.isPaused())');

test.each([
  ['1.19.8', 'worker'],
  ['1.27.3', 'worker'],
  ['1.27.3', 'frame'],
] as const)(
  'Go %s: a %s that is stopped is looked for, and has the goroutines that Go prints',
  async (version, kind) => {
    const query = `?version=${version}&family=goroutines&case=exit`;
    const url = `${server.url}/${kind === 'worker' ? 'worker' : 'plain'}.html${query}`;
    await tested.inspect({ name: `paused ${kind} ${version}`, url }, async (inspected) => {
      const { page, panel, frontEnd, screenshot } = inspected;
      if (kind === 'frame') {
        // Of another site than the page, and so in another process.
        const src = `${server.url.replace('127.0.0.1', 'localhost')}/${query}`;
        await page.evaluateOnNewDocument((src) => {
          if (window.top !== window) return;
          addEventListener('DOMContentLoaded', () => {
            document.body.append(Object.assign(document.createElement('iframe'), { src }));
          });
        }, src);
      }
      await reloadWithHook(page, panel);
      await showSources(frontEnd);
      const sidebar = await openSidebar(frontEnd);
      // `start` is there once the scripts are loaded: the click is heard then.
      const prepare = `typeof start === 'function' && !!(globalThis.fixtureGoroutines = (_, text) => {
        globalThis.goText = text;
        debugger;
        globalThis.wentOn = true;
      })`;
      await eventually(
        `the ${kind}`,
        () => evaluateIn(frontEnd, kind, prepare),
        (ready) => ready === true,
      );
      // Nothing waits for the click: it would come back when the program runs again.
      const click = "void setTimeout(() => document.querySelector('#crash').click())";
      await (kind === 'worker' ? page.evaluate(click) : evaluateIn(frontEnd, kind, click));
      await eventually(
        `the stop of the ${kind}`,
        () => isPausedAnywhere(frontEnd),
        (paused) => paused === true,
      );
      expect(await panel.evaluate(() => window.goSession?.state().stop ?? null)).toBeNull();
      await clickOn(sidebar, '.side-button ::-p-text(Look for a stop there)');
      await sidebar.waitForSelector('[aria-label="Stopped thread"]');
      await sidebar.waitForSelector('[aria-label=Frames] .side-row');
      await sidebar.waitForSelector('[aria-label=Goroutines] .side-row');
      await screenshot(`sidebar-${kind}-${version}`);
      const goText = String(await evaluateIn(frontEnd, kind, 'goText'));
      expectSameGoroutines(await stoppedText(panel), goText);
      const names = await textsOf(sidebar, '[aria-label=Frames] .name');
      expect(names.slice(-3)).toEqual(['main.main', 'runtime.main', 'runtime.goexit']);
      expect(names).toContain('main.tell');

      // A look resumes nothing, and what it left does not hold the worker up.
      expect(await isPausedAnywhere(frontEnd)).toBe(true);
      await resumeAll(frontEnd);
      await eventually(
        `the ${kind} to go on`,
        () => evaluateIn(frontEnd, kind, 'globalThis.wentOn === true'),
        (gone) => gone === true,
      );
      await clickOn(sidebar, '.side-button ::-p-text(Look again)');
      await eventually(
        'that nothing is stopped',
        () => textsOf(sidebar, '[aria-label="Stopped thread"] [role=status]'),
        ([text]) => text?.startsWith('No worker, and no frame of another site, is stopped in Go') === true,
      );
      await clickOn(sidebar, '.side-button ::-p-text(Close)');
      await sidebar.waitForSelector('[aria-label="Programs elsewhere"]');
    });
  },
);

describe('DevTools opened on a running program', () => {
  test('the sidebar says that it was loaded before; its stack after a look into the page, a frame opens its line', async () => {
    const options = {
      name: 'paused late',
      url: `${server.url}/?version=1.27.3&family=references&case=&quiet=1&auto=1`,
      devtools: 'after-load',
      beforeDevtools: async (page: Page) => {
        await page.waitForFunction('typeof fixtureGrow === "function"');
      },
    } as const;
    await tested.inspect(options, async ({ page, frontEnd, screenshot }) => {
      await showSources(frontEnd);
      const sidebar = await openSidebar(frontEnd);
      const first = (text: string): Promise<unknown> =>
        eventually(
          text,
          () => textsOf(sidebar, '.side-message'),
          ([shown]) => shown?.startsWith(text) === true,
        );
      await first('This program was loaded before its memory could be seen.');
      const file = 'references/main.go';
      const line = lineOf(file, 'node := document.Call("createElement", "div")');
      await setBreakpoint(frontEnd, goUrl(file), line);
      await page.evaluate('void setTimeout(fixtureGrow, 0, 1)');
      await first('The memory of this program cannot be reached.');
      await clickOn(sidebar, '.side-button ::-p-text(Look into the running page)');
      await screenshot('sidebar-late');
      // It begins when the page goes on; from then on its programs are known.
      await resumeAll(frontEnd);
      await first('Not paused in Go.');
      await programReady(sidebar);
      await page.evaluate('void setTimeout(fixtureGrow, 0, 1)');
      await sidebar.waitForSelector('[aria-label=Frames] .side-row');
      const names = await textsOf(sidebar, '[aria-label=Frames] .name');
      expect(names.slice(0, 2)).toEqual(['main.show', 'main.grow']);
      await clickOn(sidebar, '[aria-label=Frames] .side-row ::-p-text(main.grow)');
      const caller = lineOf(file, 'show(i)');
      await eventually(
        'the line of the caller in Sources',
        () => shownSource(frontEnd),
        (at) => at?.url === goUrl(file) && at.line === caller,
      );
      await removeBreakpoints(frontEnd, { url: goUrl(file), line });
      await resumeAll(frontEnd);
      await first('Not paused in Go.');
    });
  });

  test('the sidebar says who called runtime.Breakpoint()', async () => {
    const options = {
      name: 'breakpoint late',
      url: `${server.url}/?version=1.27.3&family=traps&case=callback&quiet=1`,
      devtools: 'after-load',
      beforeDevtools: async (page: Page) => {
        // The function that the program gives to setTimeout is called when the test wants.
        await page.evaluate(`{
          const { setTimeout } = globalThis;
          globalThis.setTimeout = (call, ...more) => {
            if (more[0] !== 1) return setTimeout(call, ...more);
            globalThis.setTimeout = setTimeout;
            globalThis.fixtureCall = call;
          };
          void run(wanted);
        }`);
        await page.waitForFunction('typeof fixtureCall === "function"');
      },
    } as const;
    await tested.inspect(options, async ({ page, frontEnd, screenshot }) => {
      await showSources(frontEnd);
      const sidebar = await openSidebar(frontEnd);
      await pauseOnUncaught(frontEnd, true);
      // A page that is stopped gives no bytes, and DevTools was not open when they came.
      await eventually(
        'the module',
        () => sidebar.evaluate(() => window.goSession?.state().modules.map(({ status }) => status) ?? []),
        ([status]) => status === 'ready',
      );
      await page.evaluate('void setTimeout(fixtureCall)');
      const line = lineOf('traps/main.go', 'dies: callback');
      const text =
        `Stopped at runtime.Breakpoint(), called by main.onClick.func1 at main.go:${String(line)}. ` +
        'It is a trap of WebAssembly: resuming ends the program.';
      await eventually(
        'the call of runtime.Breakpoint()',
        () => textsOf(sidebar, '.side-message'),
        (shown) => shown.includes(text),
      );
      await eventually(
        'its line in Sources',
        () => shownSource(frontEnd),
        (at) => at?.url === goUrl('traps/main.go') && at.line === line,
      );
      await screenshot('sidebar-breakpoint');
      await pauseOnUncaught(frontEnd, false);
      await resumeAll(frontEnd);
    });
  });
});
