import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { clickOn, press, reloadWithHook, trapTitles } from '../../scripts/panel.mjs';
import { goSource } from '../support/fixtures.ts';
import { DEATHS } from './main-job-cases.ts';
import { expectDeath } from './support/expect-death.ts';
import { eventually, launch, type Inspected, type TestBrowser } from './support/harness.ts';
import { NEWEST } from './support/main-job.ts';
import { seenTrap, textsOf } from './support/seen.ts';
import {
  goUrl,
  hasFile,
  nextPause,
  openSidebar,
  removeBreakpoints,
  setBreakpoint,
  showSources,
  step,
} from './support/sources-panel.ts';

// The main job in the build without the debugger permission: the hook alone, in real DevTools.

let server: FixtureServer;
let tested: TestBrowser;
beforeAll(async () => {
  [server, tested] = await Promise.all([startServer(), launch('extension-minimal')]);
});
afterAll(async () => {
  await tested.close();
  await server.close();
});

const [INDEX, BREAKPOINT] = ['index', 'breakpoint'].map((name) => {
  const death = DEATHS.find(({ fixture }) => fixture.name === name);
  if (death === undefined) throw new Error(`there is no case ${name}`);
  return death;
});

/** Sets a switch of the settings; settings outlive the tab. */
async function set(panel: Inspected['panel'], title: string, on: boolean): Promise<void> {
  await press(panel, 'Settings');
  const label = `label.checkbox ::-p-text(${title})`;
  const isOn = async (): Promise<boolean | undefined> => {
    const box = await panel.waitForSelector(label);
    return box?.evaluate((text) => text.closest('label')?.querySelector('input')?.checked);
  };
  if ((await isOn()) !== on) await clickOn(panel, label);
  await expect.poll(isOn).toBe(on);
  await press(panel, 'Settings');
}

describe('extension-minimal', () => {
  test.each([INDEX, BREAKPOINT])('reload with the hook, crash: $fixture.name', async (death) => {
    if (death === undefined) throw new Error('no case');
    const { family, name } = death.fixture;
    const url = `${server.url}/?family=${family}&case=${name}&quiet=1`;
    await tested.inspect({ name: `minimal ${name}`, url }, async ({ page, panel }) => {
      // Without text: all of it comes from module and memory.
      await set(panel, 'Keep what the Go runtime prints', false);
      await reloadWithHook(page, panel);
      await page.locator('#crash').click();
      const shown = await seenTrap(panel);
      expectDeath(shown, death);
      expect(shown.printed).toBe(false);
      // The stack of the goroutine in memory is the first; JavaScript's is another.
      expect(shown.stack).toBe('Go stack');
      expect(shown.header).toMatch(/^goroutine \d+/);
      expect(await trapTitles(panel)).toHaveLength(1);
    });
  });

  test('a step that ends between goroutines says so in the editor and in the sidebar, and what to do', async () => {
    const url = `${server.url}/?family=stacks&version=${NEWEST}&case=all&quiet=1&auto=1`;
    await tested.inspect({ name: 'minimal step', url }, async ({ page, frontEnd, screenshot }) => {
      await showSources(frontEnd);
      const main = goUrl('stacks/main.go');
      await eventually(
        'the Go files in Sources',
        () => hasFile(frontEnd, main, '// Command stacks'),
        Boolean,
      );
      const line = goSource('stacks/main.go')
        .split('\n')
        .findIndex((text) => text === '\twarm(0)');
      await setBreakpoint(frontEnd, main, line + 1);
      void page.reload().catch(() => undefined);
      await eventually(
        'the breakpoint',
        () => nextPause(frontEnd),
        (pause) => pause !== null,
      );
      await step(frontEnd, 'stepOver');
      await eventually(
        'the text in the editor',
        () => frontEnd.$('>>> .tabbed-pane-header-tab.selected[aria-label$="between goroutines.txt"]'),
        (tab) => tab !== null,
      );
      const sidebar = await openSidebar(frontEnd);
      await sidebar.waitForSelector('[aria-label=Step] ::-p-text(This build cannot follow the goroutine)');
      await screenshot('step');
      await removeBreakpoints(frontEnd, { url: main, line: line + 1 });
      await step(frontEnd, 'resume');
    });
  });

  test('a CPU recording is not possible, and the reason says how to make one', async () => {
    await tested.inspect(
      { name: 'minimal recording', url: `${server.url}/plain.html` },
      async ({ panel }) => {
        const said = await panel.evaluate(async () => {
          const recorded = window.goSession?.recordCpu({ intervalMicros: 1000, goroutines: 'none' });
          return (await recorded?.then(() => 'recorded', String)) ?? 'no session';
        });
        expect(said).toMatch(/record in the Performance panel, save the trace there, and open it here/);
      },
    );
  });

  /** What the empty view says, and the names of its buttons. */
  const empty = async ({ panel }: Inspected): Promise<{ text: string; actions: string[] }> => ({
    text: (await textsOf(panel, '.empty, .infobar.info')).join('\n'),
    actions: await textsOf(panel, '.empty-actions button, .infobar.info button'),
  });

  test('of a page that died before: cannot attach, offers reload and paste, and the reload tells', async () => {
    const url = `${server.url}/?family=panics&case=index&auto=1`;
    const died = async (page: Inspected['page']): Promise<void> => {
      await page.waitForFunction("document.getElementById('status').textContent === 'ended'");
    };
    await tested.inspect(
      {
        name: 'minimal died before',
        url,
        devtools: 'after-load',
        beforeDevtools: died,
      },
      async (inspected) => {
        const { page, panel } = inspected;
        await clickOn(inspected.panel, '[data-tab="modules"]');
        await eventually(
          'the reason in Modules',
          () => empty(inspected),
          ({ actions }) => actions.includes('Reload with hook') && actions.includes('Paste a stack…'),
        );
        await clickOn(panel, '[data-tab="traps"]');
        const { text, actions } = await eventually(
          'the reason in Traps',
          () => empty(inspected),
          (shown) => shown.text.includes('not being watched'),
        );
        expect(text).toContain('This build of the extension cannot attach the debugger');
        expect(actions).toEqual(['Reload with hook', 'Paste a stack…']);

        await press(panel, 'Paste a stack…');
        await panel.waitForSelector('dialog[open] textarea');
        await inspected.frontEnd.keyboard.press('Escape');
        await panel.waitForFunction(() => document.querySelector('dialog') === null, { polling: 100 });

        await Promise.all([
          page.waitForNavigation({ waitUntil: 'load' }),
          clickOn(panel, '.empty-actions ::-p-text(Reload with hook)'),
        ]);
        if (INDEX === undefined) throw new Error('no case');
        expectDeath(await seenTrap(panel), INDEX);
      },
    );
  });

  test.each(['worker.html', 'worker-module.html'])('a worker, hooked where it is made: %s', async (name) => {
    if (INDEX === undefined) throw new Error('no case');
    const death = INDEX;
    await tested.inspect(
      { name: `minimal ${name}`, url: `${server.url}/${name}?family=panics&case=index&quiet=1` },
      async (inspected) => {
        const { page, panel } = inspected;
        await set(panel, 'Hook dedicated workers', true);
        await reloadWithHook(page, panel);
        await page.locator('#crash').click();
        const shown = await seenTrap(panel);
        expectDeath(shown, death);
        expect(shown.facts.join('\n')).toContain('worker');
        expect(await trapTitles(panel)).toHaveLength(1);
      },
    );
  });
});
