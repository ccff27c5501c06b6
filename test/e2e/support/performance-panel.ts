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

/** Through DevTools' own module: the flame chart is a picture. */
const shown = async (frontEnd: Page): Promise<ShownTrace> =>
  (await frontEnd.evaluate(`import('/bundled/panels/timeline/timeline.js').then(({ TimelinePanel }) => {
    const provider = TimelinePanel.TimelinePanel.instance().getFlameChart().getMainDataProvider();
    const data = provider.timelineData();
    return {
      tracks: data.groups.map(({ name }) => name),
      entries: Array.from(data.entryTotalTimes, (ms, index) => ({ title: provider.entryTitle(index) ?? '', ms })),
    };
  })`)) as ShownTrace;
