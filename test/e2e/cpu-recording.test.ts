import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Frame, Page } from 'puppeteer-core';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { press, showPanelView } from '../../scripts/panel.mjs';
import { applyFilters } from '../../src/profile/filter.ts';
import { callGraph } from '../../src/profile/graph.ts';
import { openProfile } from '../../src/profile/open-profile.ts';
import type { Profile } from '../../src/profile/profile.ts';
import { openInput } from '../../src/trace/open-input.ts';
import { traceOfInput } from '../../src/trace/trace-of-input.ts';
import { profiledModule } from '../support/profiled-wasm.ts';
import { profileFixture } from '../unit/profile/fixtures.ts';
import { eventually, launch, type TestBrowser } from './support/harness.ts';
import { textsOf } from './support/seen.ts';
import {
  chooseEntry,
  followToSource,
  loadIntoPerformancePanel,
  recordInPerformancePanel,
} from './support/performance-panel.ts';

// A CPU recording of a page with a Go program whose functions take known shares of the time, in the page and in a worker at once.

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

/** Some looks at goroutines, at five a second, also where the machine is busy. Milliseconds. */
const LOOKS_MS = 5000;

/** Starts to record in the Profiles view, and waits until it does. */
async function startRecording(panel: Frame): Promise<void> {
  await showPanelView(panel, 'profiles');
  await press(panel, 'Record CPU');
  await eventually(
    'the recording to begin',
    () => textsOf(panel, '.toolbar-text[role=status], .notice'),
    ([text]) => {
      if (text?.includes('failed') === true) throw new Error(text);
      return text?.startsWith('Recording ') === true;
    },
  );
}

interface Ended {
  readonly trace: string;
  readonly pprof: Uint8Array<ArrayBuffer>;
  readonly notes: readonly string[];
  /** Snapshots of them. */
  readonly goroutines: number;
}

/** Ends the recording, and saves the capture that it becomes: as a trace, and as pprof. */
async function stopRecording(panel: Frame): Promise<Ended> {
  // Those of an earlier test are kept in the browser.
  const newest = (): Promise<string | null> =>
    panel.evaluate(() => {
      const [capture] = window.goSession?.state().captures ?? [];
      return capture?.origin === 'CPU recording' && capture.status === 'ready' ? capture.key : null;
    });
  const earlier = await newest();
  await press(panel, 'Stop recording');
  const key = await eventually('the capture', newest, (found) => found !== null && found !== earlier);
  const { trace, pprof, notes, goroutines } = await panel.evaluate(async (wanted) => {
    const session = window.goSession;
    const capture = session?.state().captures.find((one) => one.key === wanted);
    if (session === undefined || capture === undefined) throw new Error('nothing was recorded');
    const { blob } = await session.profiles.save(capture.key, 'pprof');
    return {
      trace: await (await session.profiles.save(capture.key, 'trace')).blob.text(),
      pprof: [...new Uint8Array(await blob.arrayBuffer())],
      notes: capture.facts?.notes ?? [],
      goroutines: session.state().snapshots.filter(({ pinned, origin }) => pinned && origin === 'live')
        .length,
    };
  }, key);
  return { trace, pprof: Uint8Array.from(pprof), notes, goroutines };
}

/** What functions of the program take of all that it measures, in percent, of one thread. */
function sharesOf(profile: Profile, thread: string): Map<string, number> {
  const { profile: ofThread } = applyFilters(profile, { tagFocus: `thread=${thread}` });
  const nodes = callGraph(ofThread, { sampleType: 1, granularity: 'functions' });
  const cum = (name: string): number => nodes.find((node) => node.name === name)?.cum ?? 0;
  const names = ['main.five', 'main.three', 'main.one'];
  const all = names.reduce((sum, name) => sum + cum(name), 0);
  return new Map(names.map((name) => [name, (100 * cum(name)) / all]));
}

/** A recording of the program, with what it measured itself. */
interface RecordedHot extends Omit<Ended, 'pprof'> {
  readonly profile: Profile;
  /** Nanoseconds of five, three, one and switched: of the page, and of the worker. */
  readonly truths: readonly (readonly number[])[];
}

/** Records the program in the page and in a worker at once. */
async function recordHot(page: Page, panel: Frame): Promise<RecordedHot> {
  await startRecording(panel);
  await page.locator('#worker').click();
  await page.locator('#page').click();
  const truthOf = (where: string): Promise<number[]> =>
    eventually(
      `what the program in the ${where} measured`,
      () => page.$eval(`#truth-${where}`, (output) => output.textContent.split(' ').map(Number)),
      (nanos) => nanos.length === 4,
    );
  const truths = [await truthOf('page'), await truthOf('worker')];
  const { pprof, ...ended } = await stopRecording(panel);
  return { ...ended, truths, profile: await openProfile(pprof) };
}

/** The function whose recorded share is farthest from what the program measured, and how far, in points. */
function farthest({ profile, truths }: RecordedHot): { readonly name: string; readonly points: number } {
  const all = ['CrRendererMain', 'DedicatedWorker'].flatMap((thread, index) => {
    const [five = 0, three = 0, one = 0, switched = 0] = truths[index] ?? [];
    const shares = sharesOf(profile, thread);
    // What runs below `switched` stands under main.one alone: V8 does not know who called it.
    return Object.entries({ 'main.five': five, 'main.three': three, 'main.one': one + switched }).map(
      ([name, nanos]) => {
        const truth = (100 * nanos) / (five + three + one + switched);
        return { name: `${thread} ${name}`, points: Math.abs((shares.get(name) ?? 0) - truth) };
      },
    );
  });
  return all.reduce((worst, one) => (one.points > worst.points ? one : worst));
}

test('shares of Go functions are those that the program measures, in the page and in a worker; the Performance panel shows them', async () => {
  await tested.inspect({ name: 'cpu recording', url: `${server.url}/profiled.html` }, async (inspected) => {
    const { page, panel, frontEnd, screenshot } = inspected;
    let recorded = await recordHot(page, panel);
    // V8's sampler is a thread too: where other processes leave it no turn, samples are few and far between.
    for (let again = 0; again < 3 && farthest(recorded).points >= 5; again++) {
      await page.reload();
      recorded = await recordHot(page, panel);
    }
    const { truths, trace, profile, notes } = recorded;
    expect(farthest(recorded).points, farthest(recorded).name).toBeLessThan(5);
    expect(notes.join('\n')).toMatch(/^No goroutines were read/m);

    await eventually(
      'the recording in the view',
      () => textsOf(panel, '.profiles'),
      ([text]) => text?.includes('main.spin') === true || text?.includes('Time order') === true,
    );
    await screenshot('cpu recording');

    const { functions, mappings, strings } = profile;
    const three = [...functions.name].findIndex((name) => strings[name] === 'main.three');
    expect(strings[functions.file[three] ?? 0]).toBe('example.com/wasm/main.go');
    expect(functions.startLine[three]).toBeGreaterThan(1);
    const buildId = createHash('sha256').update(profiledModule('1.27.3')).digest('hex');
    expect(mappings).toMatchObject([{ buildId, hasLineNumbers: false, hasInlineFrames: false }]);
    expect(Math.abs(Number(profile.timeNanos) / 1e6 - Date.now())).toBeLessThan(600_000);

    const main = `Main — ${server.url}/profiled.html`;
    const shown = await loadIntoPerformancePanel(frontEnd, trace, main);
    await screenshot('performance recorded');
    expect(shown.tracks.filter((track) => /^Worker.* — /.test(track))).toHaveLength(1);
    // In the page and in the worker, as the panel adds it up.
    const nanosOf = (at: number): number => truths.reduce((sum, truth) => sum + (truth[at] ?? 0), 0);
    for (const [name, nanos] of [
      ['main.five', nanosOf(0)],
      ['main.three', nanosOf(1)],
    ] as const) {
      const ms = shown.entries
        .filter(({ title }) => title === name)
        .reduce((sum, entry) => sum + entry.ms, 0);
      expect(Math.abs(ms / (nanos / 1e6) - 1), `${name} in the panel`).toBeLessThan(0.1);
    }
    expect(shown.entries.filter(({ title }) => title.startsWith('wasm-function['))).toEqual([]);
    const declared = functions.startLine[three] ?? 0;
    expect(await followToSource(frontEnd, 'main.three', `main.go:${declared}:1`)).toEqual({
      url: 'go:///example.com/wasm/main.go',
      line: declared,
    });
    await screenshot('performance to source');

    const heap = await openInput(new Uint8Array(gunzipSync(profileFixture('go1.27.3/heap.pb.gz'))));
    const { text: heapText, synthetic } = traceOfInput(heap);
    const laidOut = await loadIntoPerformancePanel(
      frontEnd,
      heapText,
      'Main — profile:inuse_space-synthetic-axis',
    );
    await screenshot('performance heap');
    const titles = laidOut.entries.map(({ title }) => title);
    expect(titles).toEqual(expect.arrayContaining(['main.grow', `synthetic axis: ${String(synthetic)}`]));
  });
});

test('goroutines before, during and after, and linear memory, are tracks of the recording', async () => {
  const url = `${server.url}/?version=1.27.3&family=goroutines&case=idle&auto=1`;
  await tested.inspect(
    { name: 'recorded goroutines', url, hooked: true },
    async ({ panel, frontEnd, screenshot }) => {
      await eventually(
        'a running program that is known',
        () =>
          panel.evaluate(() => {
            const { instances = [], modules = [] } = window.goSession?.state() ?? {};
            return [instances[0]?.state, modules[0]?.report?.toolchain];
          }),
        ([state, toolchain]) => state === 'running' && toolchain === 'go',
      );
      await startRecording(panel);
      await eventually(
        'how full the buffer is',
        () => panel.evaluate(() => window.goSession?.state().recording?.bufferFull ?? 0),
        (full) => full > 0,
      );
      // The first look may come later than that; nothing outside tells of it.
      await new Promise((resolve) => setTimeout(resolve, LOOKS_MS));
      const { trace, notes, goroutines } = await stopRecording(panel);
      expect(goroutines).toBe(2);
      expect(notes.join('\n')).not.toMatch(/o goroutines were read|could not be read/);
      // Looked at while it ran, at little cost.
      const [, looks, share] =
        /were looked at (\d+) times, .* took [\d.]+ ms \(([\d.]+) %\)\.$/m.exec(notes.join('\n')) ?? [];
      expect(Number(looks)).toBeGreaterThan(0);
      expect(Number(share)).toBeLessThan(10);
      const shown = await loadIntoPerformancePanel(frontEnd, trace, 'Goroutines');
      await screenshot('performance goroutines');
      expect(shown.tracks).toEqual(expect.arrayContaining(['Go', 'Goroutines']));
      expect(shown.tracks.filter((name) => /^goroutine \d+ main\.receive$/.test(name))).not.toEqual([]);
      const titles = shown.entries.map(({ title }) => title);
      expect(titles).toContain('chan receive');
      expect(titles.filter((title) => /^\d+\.\d MiB$/.test(title))).not.toEqual([]);
    },
  );
});

test('a recording of the Performance panel itself has Go functions, which lead to their lines', async () => {
  const url = `${server.url}/profiled.html`;
  const source = readFileSync(new URL('../../fixtures/profiles/wasm/main.go', import.meta.url), 'utf8');
  const line = source.split('\n').findIndex((text) => text.startsWith('func five(')) + 1;
  await tested.inspect({ name: 'performance panel', url }, async ({ page, frontEnd, screenshot }) => {
    await recordInPerformancePanel(frontEnd, async () => {
      await page.locator('#page').click();
      await page.waitForFunction(() => document.querySelector('#truth-page')?.textContent !== '');
    });
    // DevTools drops all source maps when it has recorded; they are attached again.
    await eventually('main.five in the recording', () => chooseEntry(frontEnd, 'main.five'), Boolean);
    const link = `>>> .devtools-link ::-p-text(main.go:${String(line)}:)`;
    await eventually(
      'the link to its line',
      async () => {
        const found = await frontEnd.$(link);
        if (found !== null) return found;
        // DevTools draws what it knows when an entry is chosen: one that was before the map came is chosen again.
        await chooseEntry(frontEnd, 'main.timed');
        await chooseEntry(frontEnd, 'main.five');
        return null;
      },
      (found) => found !== null,
    );
    await screenshot('performance panel');
    // The pane is drawn anew when the map comes: a link may be gone before it is clicked.
    await eventually(
      'main.go in Sources',
      async () => {
        const [found] = await frontEnd.$$(link);
        await found?.evaluate((element) => {
          if (element instanceof HTMLElement) element.click();
        });
        return frontEnd.$('>>> .tabbed-pane-header-tab.selected[aria-label$="main.go"]');
      },
      (tab) => tab !== null,
    );
  });
});
