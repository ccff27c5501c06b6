import { expect, test } from 'vitest';
import type { DeathEvidence, DeathReport } from '../../../src/protocol/requests.ts';
import { createAnalysis } from '../../../src/worker/analysis.ts';
import { casesOf, fixture, fixtureBytes, type Fixture } from '../../support/fixtures.ts';
import { runGo, type GoRun } from '../../support/run-go.ts';

// What the panel shows of a death, for each way to die, on the oldest and the newest Go: with the text that Go printed, and again
// without it, so that message, function, file and line come from module and memory alone.

const context = { signal: new AbortController().signal, progress: () => undefined };

let memory: Uint8Array = new Uint8Array();
const analysis = createAnalysis({
  read: (_target, ranges) =>
    Promise.resolve(ranges.map(({ address, length }) => memory.slice(address, address + length))),
  gather: () => Promise.reject(new Error('deaths need no list')),
});

async function analyze(module: Fixture, run: GoRun, withText: boolean): Promise<DeathReport> {
  // The same bytes again come out of the cache.
  await analysis['module.load'](
    { moduleKey: module.name, bytes: fixtureBytes(module).slice().buffer },
    context,
  );
  memory = run.death?.memory ?? new Uint8Array();
  const evidence: DeathEvidence = {
    moduleKey: module.name,
    memory: run.death === null ? null : { target: 'trap t', byteLength: memory.length },
    sp: run.death?.sp ?? null,
    exitCode: run.death?.at === 'exit' ? run.exitCode : null,
    error: run.death?.at === 'trap' ? run.error : null,
    exitStack: run.death?.at === 'exit' ? run.death.stack : null,
    text: withText ? run.stderr : '',
  };
  return analysis['death.analyze'](evidence, context);
}

const families = ['panics', 'traps', 'exits'] as const;
const versions = ['1.19.8', '1.27.3'] as const;

for (const version of versions) {
  for (const family of families) {
    for (const { name, ends, file, line, function: fn } of casesOf(family)) {
      if (ends === 'blocked' || fn === null) continue;
      test(`${version} ${family} ${name}: function, file and line, with and without Go's text`, async () => {
        const module = fixture({ family, goVersion: version, stripped: true });
        const run = await runGo(module, { args: [name] });
        for (const withText of [true, false]) {
          const report = await analyze(module, run, withText);
          // Where Go's own stack ran out the function's entry stands above the call that the source marks.
          const [first, second] = report.stack?.frames.filter((frame) => frame.file === file) ?? [];
          const dies = name === 'gostack' ? second : first;
          expect(dies, withText ? 'with text' : 'without text').toMatchObject({ function: fn });
          expect(line).toBeGreaterThanOrEqual(dies?.line ?? 0);
          expect(line).toBeLessThanOrEqual(dies?.lineEnd ?? dies?.line ?? 0);
          expect(report.stack?.source).toBe('memory');
        }
      });
    }
  }
}
