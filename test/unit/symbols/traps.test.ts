// Where programs died, against the lines that their sources mark: traps between calls, and panics, whose frames all stand at calls.
import { describe, expect, it } from 'vitest';
import { moduleOffset } from '../../../src/base/units.ts';
import type { Location } from '../../../src/symbols/symbol-source.ts';
import { casesOf, fixtures, type FixtureCase, type FixtureFamily } from '../../support/fixtures.ts';
import { runGo } from '../../support/run-go.ts';
import { offsetsOf, pclntabOf } from './support.ts';

/** Cases whose JavaScript stack lacks the function that died: its goroutine was resumed after a switch, or its stack was moved. */
const RESUMED = new Set(['goroutine', 'callback', 'nested', 'late', 'gostack', 'repanic']);

/** The place of the function that died, in the JavaScript stack of the death. */
function placeOf(locations: readonly Location[], expected: FixtureCase) {
  for (const location of locations) {
    const level = location.frames.findIndex((frame) => frame.function === expected.function);
    const frame = location.frames[level];
    if (frame !== undefined) return { frame, innermost: level === 0, confidence: location.confidence };
  }
  return undefined;
}

async function locations(f: Parameters<typeof pclntabOf>[0], name: string): Promise<Location[]> {
  const run = await runGo(f, { args: [name], stackTraceLimit: 200 });
  const source = pclntabOf(f);
  const stack = run.error?.stack ?? run.death?.stack ?? '';
  return offsetsOf(stack).map((offset) => source.locate(moduleOffset(offset)));
}

const families: readonly FixtureFamily[] = ['panics', 'traps'];
const deaths = families.flatMap((family) =>
  fixtures({ family }).flatMap((f) =>
    casesOf(family)
      .filter((c) => c.function !== null && c.line > 0 && !RESUMED.has(c.name))
      .map((c) => [f.name, c.name, f, c] as const),
  ),
);

describe('the function that died, its file and its line', () => {
  it.each(deaths)('%s %s', async (_fixture, _case, f, c) => {
    const place = placeOf(await locations(f, c.name), c);
    expect(place).toBeDefined();
    if (place === undefined) return;
    expect(place.frame.file).toBe(c.file);
    if (place.confidence.kind === 'exact') {
      expect([place.frame.line, place.frame.lineEnd]).toEqual([c.line, undefined]);
    } else {
      // Only what trapped itself stands between calls: the load, and the check of the engine's stack at a function's start.
      expect(['range', 'inferred']).toContain(place.confidence.kind);
      expect(place.innermost).toBe(true);
      expect(['farpointer', 'overflow']).toContain(c.name);
      expect(place.frame.line).toBeLessThanOrEqual(c.line);
      expect(place.frame.lineEnd ?? place.frame.line).toBeGreaterThanOrEqual(c.line);
    }
  });
});

describe('a trap in inlined code whose PC is certain', () => {
  it.each(
    fixtures({ family: 'traps' })
      .filter((f) => f.goVersion !== '1.19.8')
      .map((f) => [f.name, f] as const),
  )('%s: what was inlined is known, and the likely line', async (_name, f) => {
    const expected = casesOf('traps').find((c) => c.name === 'farpointer');
    const [first] = await locations(f, 'farpointer');
    expect(first?.frames).toMatchObject([
      { function: 'main.load', file: expected?.file, likelyLine: expected?.line, inlined: true },
      { function: 'main.farPointer', inlined: false },
    ]);
    expect(first?.alternatives).toBeUndefined();
    expect(first?.confidence).toMatchObject({
      kind: 'range',
      why: expect.stringContaining(`most likely it is line ${String(expected?.line)}`) as string,
    });
  });

  it('on Go 1.19, where the PC is not certain, the function around it is told beside it', async () => {
    const [f] = fixtures({ family: 'traps' }).filter(({ goVersion }) => goVersion === '1.19.8');
    if (f === undefined) throw new Error('no fixture');
    const [first] = await locations(f, 'farpointer');
    expect(first?.frames[0]).toMatchObject({ function: 'main.load', inlined: true });
    expect(first?.alternatives).toMatchObject([[{ function: 'main.farPointer', inlined: false }]]);
    expect(first?.confidence).toMatchObject({
      kind: 'inferred',
      why: expect.stringContaining('it may also be in main.farPointer main.go:') as string,
    });
  });
});
