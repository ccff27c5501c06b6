import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Frame } from 'puppeteer-core';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { callGraph } from '../../src/profile/graph.ts';
import type { RecordedThread } from '../../src/profile/recording.ts';
import { recordingProfile } from '../../src/profile/recording-profile.ts';
import { framesOfModule } from '../../src/profile/wasm-frames.ts';
import type { CpuRecording } from '../../src/session/recording.ts';
import { chooseSymbols } from '../../src/symbols/choose.ts';
import { Symbolizer } from '../../src/symbols/symbolizer.ts';
import { openInput } from '../../src/trace/open-input.ts';
import { readModule } from '../../src/wasm/module.ts';
import { profiledModule } from '../support/profiled-wasm.ts';
import { eventually, launch, type TestBrowser } from './support/harness.ts';

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

const bytes = profiledModule('1.27.3');
const symbolizer = new Symbolizer(chooseSymbols(readModule(bytes)).sources);

declare global {
  interface Window {
    recorded?: Promise<CpuRecording>;
  }
}

/** Starts to record, and waits until it does. */
async function startRecording(panel: Frame): Promise<void> {
  await panel.evaluate(() => {
    const recorded = window.goSession?.recordCpu({ intervalMicros: 1000, goroutines: true });
    if (recorded === undefined) throw new Error('no session');
    window.recorded = recorded;
    recorded.catch(() => undefined);
  });
  await eventually(
    'the recording to begin',
    () => panel.evaluate(() => window.goSession?.state().recording ?? null),
    (state) => {
      if (state?.error != null) throw new Error(state.error);
      return state?.status === 'recording';
    },
  );
}

/** Ends the recording and takes it over. */
async function stopRecording(panel: Frame): Promise<{ text: string; notes: readonly string[] }> {
  return panel.evaluate(async () => {
    window.goSession?.stopRecording();
    const { json, notes } = (await window.recorded) ?? {};
    return { text: new TextDecoder().decode(json), notes: notes ?? [] };
  });
}

/** What functions of the program take, in percent of all that the program measures. */
function sharesOf(thread: RecordedThread): Map<string, number> {
  const frames = framesOfModule(symbolizer, thread.frames);
  expect(frames.notes).toEqual([]);
  const modules = [{ frames, info: { file: 'hot.wasm', buildId: 'abc' }, size: bytes.length }];
  const nodes = callGraph(recordingProfile([thread], { modules }), {
    sampleType: 1,
    granularity: 'functions',
  });
  const cum = (name: string): number => nodes.find((node) => node.name === name)?.cum ?? 0;
  const names = ['main.five', 'main.three', 'main.one'];
  const all = names.reduce((sum, name) => sum + cum(name), 0);
  return new Map(names.map((name) => [name, (100 * cum(name)) / all]));
}

test('shares of Go functions are those that the program measures, in the page and in a worker', async () => {
  await tested.inspect({ name: 'cpu recording', url: `${server.url}/profiled.html` }, async (inspected) => {
    const { page, panel } = inspected;
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
    const { text, notes } = await stopRecording(panel);
    expect(notes).toEqual([expect.stringMatching(/^No goroutines were read/)]);

    const input = await openInput(new TextEncoder().encode(text));
    if (input.kind !== 'recording') throw new Error('no recording');
    const named = (pattern: RegExp): RecordedThread => {
      const found = input.threads.find(({ name }) => pattern.test(name));
      if (found === undefined) throw new Error(`no thread ${String(pattern)}`);
      return found;
    };
    const threads = [named(/^CrRendererMain$/), named(/DedicatedWorker/)];
    for (const [index, thread] of threads.entries()) {
      const [five = 0, three = 0, one = 0, switched = 0] = truths[index] ?? [];
      const all = five + three + one + switched;
      const shares = sharesOf(thread);
      const truth = new Map([
        ['main.five', five],
        ['main.three', three],
        // What runs below `switched` stands under main.one alone: V8 does not know who called it.
        ['main.one', one + switched],
      ]);
      for (const [name, nanos] of truth) {
        const difference = Math.abs((shares.get(name) ?? 0) - (100 * nanos) / all);
        expect(difference, `${thread.name} ${name}`).toBeLessThan(5);
      }
    }
  });
});
