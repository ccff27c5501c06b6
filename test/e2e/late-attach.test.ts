import type { Frame, Page, WebWorker } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { clickOn, showPanelView } from '../../scripts/panel.mjs';
import { chooseGoroutine } from './support/goroutines.ts';
import { eventually, launch, type InspectOptions, type TestBrowser } from './support/harness.ts';
import { textsOf } from './support/seen.ts';

// Programs that run where DevTools was not yet: in the page, in a frame, in a worker. After "Attach to the page" the panel shows module,
// instance and memory, without a reload.

let server: FixtureServer;
let tested: TestBrowser;
beforeAll(async () => {
  [server, tested] = await Promise.all([startServer(), launch('extension')]);
});
afterAll(async () => {
  await tested.close();
  await server.close();
});

/** Starts a program that waits for ever, where this runs, once; what nothing refers to would be collected, as any object. */
const START = `globalThis.begun ??= (async () => {
  await import('/wasm_exec/1.27.3.js');
  const go = (globalThis.kept = new Go());
  go.argv = ['program', 'blocked'];
  const source = fetch('/modules/exits.1.27.3.js.stripped.wasm');
  const { instance } = await WebAssembly.instantiateStreaming(source, go.importObject);
  void go.run(instance);
})()`;

/** The page, or its frame or worker once it is there. */
const inner = async (page: Page, kind: 'page' | 'frame' | 'worker'): Promise<Frame | WebWorker> => {
  if (kind === 'page') return page.mainFrame();
  const found = await eventually(
    `the ${kind}`,
    () => Promise.resolve(kind === 'worker' ? page.workers()[0] : page.mainFrame().childFrames()[0]),
    (one) => one !== undefined,
  );
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
};

/**
 * The program runs. Once, in a busy hour, puppeteer's session with the worker ended while it was asked, before DevTools was there (why is not known): it is asked
 * by the next session then, or there is none, and this fails.
 */
const startIn = async (page: Page, kind: 'page' | 'frame' | 'worker'): Promise<void> => {
  await eventually(
    `the program in the ${kind}`,
    async () => {
      try {
        await (await inner(page, kind)).evaluate(START);
        return true;
      } catch (error) {
        if (error instanceof Error && error.name === 'TargetCloseError') return false;
        throw error;
      }
    },
    Boolean,
  );
};

/** The button moves when the module has been read, so that a click can miss: pressed until the panel says that it looked. */
const pressAttach = async (panel: Frame): Promise<void> => {
  for (let tries = 0; tries < 10; tries++) {
    await clickOn(panel, '::-p-text(Attach to the page)');
    for (let turns = 0; turns < 40; turns++) {
      const [status] = await textsOf(panel, '.status-bar');
      if (/debugger|Looking into/.test(status ?? '')) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error('the button "Attach to the page" does nothing');
};

describe('extension', () => {
  test.each([
    ['plain.html', 'page'],
    ['frame.html', 'frame'],
    ['worker.html', 'worker'],
    ['worker-module.html', 'worker'],
  ] as const)('%s, loaded before DevTools', async (name, realm) => {
    const options: InspectOptions = {
      name: `late ${name}`,
      url: `${server.url}/${name}`,
      devtools: 'after-load',
      beforeDevtools: (page) => startIn(page, realm),
    };
    await tested.inspect(options, async ({ panel, screenshot }) => {
      await showPanelView(panel, 'modules');
      await pressAttach(panel);
      await eventually(
        'the instance',
        () => textsOf(panel, '.instance'),
        ([text]) => text?.includes(realm) === true,
      );
      await eventually(
        'one module, read',
        () => textsOf(panel, '[data-grid=modules] .grid-row'),
        (rows) => rows.length === 1 && /go1\.27\.3.*(?:page|frame|worker)$/.test(rows[0] ?? ''),
      );
      await expect
        .poll(async () =>
          (await textsOf(panel, '.report-section')).filter((text) => text.startsWith('Instance')),
        )
        .toEqual([expect.stringMatching(/Memory[\d.,]+\s?[kM]i?B/)]);
      await screenshot(`late ${name}`);
      // Its goroutines, with the debugger long gone.
      await showPanelView(panel, 'goroutines');
      await panel.waitForSelector('[data-grid=goroutines] .grid-row:not(.pending)');
      await chooseGoroutine(panel, 'main.receiveNothing', 'chan receive');
      // Its stack is read before those of all, which the verdict needs.
      await expect.poll(() => textsOf(panel, '.verdict-text')).toHaveLength(1);
    });
  });

  test('one module of page and frame, compiled last by a frame that is gone: both instances are found', async () => {
    const options: InspectOptions = {
      name: 'late shared module',
      url: `${server.url}/frame.html`,
      devtools: 'after-load',
      beforeDevtools: async (page) => {
        await page.evaluate(START);
        await (await inner(page, 'frame')).evaluate(START);
        await page.evaluate(async (start) => {
          const frame = document.createElement('iframe');
          frame.src = '/plain.html';
          const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
          document.body.append(frame);
          await loaded;
          await (frame.contentWindow as unknown as { eval(text: string): Promise<void> }).eval(start);
          frame.remove();
        }, START);
      },
    };
    await tested.inspect(options, async ({ panel }) => {
      await showPanelView(panel, 'modules');
      await pressAttach(panel);
      await eventually(
        'an instance in each',
        () => panel.evaluate(() => window.goSession?.state().instances.map(({ realm }) => realm.kind) ?? []),
        (kinds) => kinds.toSorted().join() === 'frame,page',
      );
    });
  });
});
