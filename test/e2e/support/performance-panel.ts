import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'puppeteer-core';
import { showView } from '../../../scripts/devtools.mjs';
import { eventually } from './harness.ts';

/** What the Performance panel shows of a trace. */
export interface ShownTrace {
  /** Names of its tracks, groups before what they hold. */
  readonly tracks: readonly string[];
  /** Titles of the entries of all tracks, and their durations in milliseconds. */
  readonly entries: readonly { readonly title: string; readonly ms: number }[];
}

/**
 * Loads a trace into the Performance panel of DevTools, as a user does, and reads what its flame chart has once there is a track with this
 * name.
 */
export async function loadIntoPerformancePanel(
  frontEnd: Page,
  text: string,
  track: string | RegExp,
): Promise<ShownTrace> {
  await showView(frontEnd, 'timeline');
  const directory = await mkdtemp(join(tmpdir(), 'go-wasm-devtools-'));
  const file = join(directory, 'trace.json');
  await writeFile(file, text);
  const input = await frontEnd.waitForSelector('>>> input[type=file][accept*=cpuprofile]');
  await (input as unknown as { uploadFile(path: string): Promise<void> }).uploadFile(file);
  const named = (name: string): boolean => (typeof track === 'string' ? name === track : track.test(name));
  const trace = await eventually(
    `the track ${String(track)} in the Performance panel`,
    () => shown(frontEnd),
    ({ tracks, entries }) => entries.length > 0 && tracks.some(named),
  );
  await rm(directory, { recursive: true });
  return trace;
}

/** Through DevTools' own module: the flame chart is a picture. Nothing as long as there is none. */
const shown = async (frontEnd: Page): Promise<ShownTrace> =>
  (await frontEnd.evaluate(`import('/bundled/panels/timeline/timeline.js').then(({ TimelinePanel }) => {
    const provider = TimelinePanel.TimelinePanel.instance().getFlameChart()?.getMainDataProvider();
    const data = provider?.timelineData();
    return !data ? { tracks: [], entries: [] } : {
      tracks: data.groups.map(({ name }) => name),
      entries: Array.from(data.entryTotalTimes, (ms, index) => ({ title: provider.entryTitle(index) ?? '', ms })),
    };
  })`)) as ShownTrace;

/**
 * Chooses the longest entry of this title in the flame chart, then clicks the link to its source below. Resolves with what Sources
 * shows then: the file, and the line (1-based) of the cursor.
 */
export async function followToSource(
  frontEnd: Page,
  title: string,
  link: string,
): Promise<{ readonly url: string; readonly line: number }> {
  // What is drawn of an entry may be narrower than the mouse, or behind what the panel explains of itself. Chosen once: the chart moves to it.
  await eventually(`an entry ${title}`, () => chooseEntry(frontEnd, title), Boolean);
  await eventually(
    `the link ${link} of ${title}`,
    () => linkTexts(frontEnd),
    (texts) => texts.includes(link),
  );
  return eventually(
    'the source in the Sources panel',
    async () => {
      const shown = (await frontEnd.evaluate(SHOWN_SOURCE)) as { url: string; line: number };
      // The pane may be drawn anew between being read and being clicked.
      if (shown.url === '') await clickLink(frontEnd, link);
      return shown;
    },
    ({ url, line }) => url !== '' && line > 1,
  );
}

/** The file that Sources shows, '' for none, and the line of the cursor. */
const SHOWN_SOURCE = `import('/bundled/panels/sources/sources.js').then(({ SourcesPanel }) => {
  const view = SourcesPanel.SourcesPanel.instance().sourcesView();
  const state = view.currentSourceFrame()?.textEditor?.state;
  return {
    url: view.currentUISourceCode()?.url() ?? '',
    line: state === undefined ? 0 : state.doc.lineAt(state.selection.main.head).number,
  };
})`;

const linkTexts = (frontEnd: Page): Promise<(string | null)[]> =>
  frontEnd.$$eval('>>> .devtools-link', (links) => links.map((link) => link.textContent));

/** Clicks the link with this text, if it is there. */
const clickLink = (frontEnd: Page, text: string): Promise<void> =>
  frontEnd.$$eval(
    '>>> .devtools-link',
    (links, wanted) => {
      const link = links.find((one) => one.textContent === wanted);
      if (link instanceof HTMLElement) link.click();
    },
    text,
  );

/** Records in the Performance panel, as a user does, while `body` runs. */
export async function recordInPerformancePanel(frontEnd: Page, body: () => Promise<void>): Promise<void> {
  await showView(frontEnd, 'timeline');
  await frontEnd.locator('>>> [aria-label="Record"]').click();
  await frontEnd.waitForSelector('>>> [aria-label="Stop"]');
  await eventually(
    'the recording to begin',
    () => frontEnd.$$eval('>>> .timeline-status-dialog', (dialogs) => dialogs.map((one) => one.textContent)),
    (texts) => texts.some((text) => text.includes('Tracing')),
  );
  await body();
  await frontEnd.locator('>>> [aria-label="Stop"]').click();
}

/** Chooses the longest entry of the flame chart with this title; false while there is none. */
export async function chooseEntry(frontEnd: Page, title: string): Promise<boolean> {
  const isChosen = await frontEnd.evaluate(
    `import('/bundled/panels/timeline/timeline.js').then(({ TimelinePanel }) => {
      const chart = TimelinePanel.TimelinePanel.instance().getFlameChart();
      const provider = chart?.getMainDataProvider();
      const times = Array.from(provider?.timelineData()?.entryTotalTimes ?? []);
      let longest = -1;
      times.forEach((ms, i) => {
        if ((longest < 0 || ms > times[longest]) && provider.entryTitle(i) === ${JSON.stringify(title)}) longest = i;
      });
      if (longest >= 0) chart.setSelectionAndReveal(provider.createSelection(longest));
      return longest >= 0;
    })`,
  );
  return isChosen === true;
}
