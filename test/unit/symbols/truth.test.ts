// Symbolized frames against Go's own text of the same moment: program `stacks` takes runtime.Stack and a JavaScript stack at one place.
import { afterAll, describe, expect, it } from 'vitest';
import { moduleOffset } from '../../../src/base/units.ts';
import type { PclntabSource } from '../../../src/symbols/pclntab-source.ts';
import type { Location } from '../../../src/symbols/symbol-source.ts';
import { type Fixture, fixture, fixtures } from '../../support/fixtures.ts';
import { runGo, type StackPair } from '../../support/run-go.ts';
import { goFrames, offsetsOf, pclntabOf } from './support.ts';

/** Why Go's text does not have a frame that V8 has; undefined when there is no reason. */
function whyHidden({ go }: PclntabSource, { role, funcIndex, frames }: Location): string | undefined {
  const name = frames.at(-1)?.function ?? '';
  if (role === 'glue')
    return 'entry and import glue: below the first Go frame, or between Go and wasm_exec.js';
  const fn = funcIndex === undefined ? undefined : go.bodyOf(funcIndex)?.fn;
  // Go src/cmd/internal/objabi/funcid.go marks runtime.deferreturn, reflect.callReflect and the like too.
  if (fn !== undefined && go.functions.funcId(fn) === go.funcIds.wrapper)
    return 'marked as a wrapper (funcID), which Go leaves out';
  if (role === 'wrapper') return 'a wrapper that ends in a jump to the method: for Go it has no frame';
  // Go src/runtime/traceback.go, showfuncinfo.
  if (/^runtime\.(?:[^A-Z]|\()/.test(name))
    return 'unexported function of package runtime, which Go leaves out';
  // The JavaScript stack is taken inside of it, Go's text right after it.
  return name === 'syscall/js.Value.Invoke' ? 'the call that took the stack' : undefined;
}

/** What Go prints of a place, a line a level. `probe` made both stacks in two calls on one line: their PCs differ. */
function asText(location: Location): string[] {
  return location.frames.map((frame) => {
    const name = frame.function === 'runtime.gopanic' ? 'panic' : frame.function;
    const pc = !frame.inlined && name !== 'main.probe' ? ` +0x${(location.pcOffset ?? 0).toString(16)}` : '';
    return `${name} ${frame.file}:${frame.line}${pc}`;
  });
}

interface Compared {
  readonly matched: readonly { readonly place: string; readonly function: string }[];
  readonly hidden: ReadonlyMap<string, string>;
}

/** Compares both stacks of a pair, frame by frame in order; throws where they differ. */
function compare(pair: StackPair, source: PclntabSource): Compared {
  const go = goFrames(pair.go).map((frame) => frame.replace(/^(main\.probe .*) \+0x[0-9a-f]+$/, '$1'));
  const matched: { place: string; function: string }[] = [];
  const hidden = new Map<string, string>();
  let next = 0;
  for (const offset of offsetsOf(pair.js)) {
    const location = source.locate(moduleOffset(offset));
    const text = asText(location);
    if (go.slice(next, next + text.length).join('\n') === text.join('\n')) {
      next += text.length;
      expect(location.confidence).toEqual({ kind: 'exact' });
      matched.push({ place: text.join(' <- '), function: location.frames.at(-1)?.function ?? '' });
      continue;
    }
    const why = whyHidden(source, location);
    if (why === undefined) {
      throw new Error(
        `${pair.name}: V8 has\n${text.join('\n')}\nwhere Go has\n${go.slice(next, next + 3).join('\n')}`,
      );
    }
    hidden.set(location.frames.at(-1)?.function ?? `offset ${offset}`, why);
  }
  // Where the stack was switched V8 has lost the frames below.
  if (!pair.switched && next !== go.length)
    throw new Error(`${pair.name}: V8 has no frame for ${go[next] ?? ''}`);
  return { matched, hidden };
}

const places = new Map<string, Set<string>>();
const allHidden = new Map<string, Set<string>>();

/** Runs a fixture and compares all its pairs. */
async function compareAll(f: Fixture): Promise<Compared['matched']> {
  const source = pclntabOf(f);
  const { pairs } = await runGo(f);
  const results = pairs.map((pair) => compare(pair, source));
  for (const { hidden } of results) {
    for (const [name, why] of hidden) allHidden.set(why, (allHidden.get(why) ?? new Set()).add(name));
  }
  return results.flatMap(({ matched }) => matched);
}

afterAll(() => {
  for (const [why, names] of allHidden) {
    console.log(`frames that V8 has and Go's text has not, ${why}:\n  ${[...names].sort().join('\n  ')}`);
  }
});

describe('every frame that V8 reports is the frame that runtime.Stack prints', () => {
  const stacks = fixtures({ family: 'stacks' });

  it.each(stacks.map((f) => [f.name, f] as const))('%s', async (_name, f) => {
    for (const { place, function: name } of await compareAll(f)) {
      places.set(name, (places.get(name) ?? new Set()).add(`${f.goVersion} ${place}`));
    }
  });

  it('at 1,000 different places and more, 50 of one function at most', () => {
    const counted = [...places.values()].map((set) => Math.min(set.size, 50));
    const total = counted.reduce((sum, n) => sum + n, 0);
    console.log(`${total} different places of ${places.size} functions, at most 50 of each`);
    expect(total).toBeGreaterThanOrEqual(1000);
    expect(places.size).toBeGreaterThanOrEqual(100);
  });
});

describe('stripping changes nothing', () => {
  const unstripped = fixtures({ family: 'stacks', stripped: false });

  it.each(unstripped.map((f) => [f.name, f] as const))('%s', (_name, f) => {
    const source = pclntabOf(f);
    const twin = pclntabOf(fixture({ family: 'stacks', goVersion: f.goVersion, stripped: true }));
    const sites = source.go.callSites.all();
    const twins = twin.go.callSites.all();
    expect(twins.count).toBe(sites.count);
    const at = (one: PclntabSource, offset: number | undefined) => {
      const { moduleOffset: _, ...place } = one.locate(moduleOffset(offset ?? 0));
      return JSON.stringify(place);
    };
    for (let i = 0; i < sites.count; i += 3) {
      const place = at(source, sites.offset[i]);
      if (at(twin, twins.offset[i]) !== place)
        throw new Error(`call ${i}: ${at(twin, twins.offset[i])}, not ${place}`);
    }
  });
});

describe('after wasm-opt', () => {
  const optimized = [
    ...fixtures({ family: 'stacks', optimized: '-O2' }),
    ...fixtures({ family: 'stacks', optimized: '-Oz' }),
  ];

  it.each(optimized.map((f) => [f.name, f] as const))(
    '%s: the frames with a call PC are as before, the rest is labelled',
    async (_name, f) => {
      const source = pclntabOf(f);
      expect(source.go.callSites.rewritten).toBe(true);
      const { pairs } = await runGo(f);
      let exact = 0;
      let labelled = 0;
      for (const pair of pairs) {
        const go = goFrames(pair.go);
        let next = 0;
        for (const offset of offsetsOf(pair.js)) {
          const location = source.locate(moduleOffset(offset));
          const text = asText(location);
          const at = go.indexOf(text.at(-1) ?? '', next);
          if (location.confidence.kind !== 'exact') {
            labelled++;
            expect(['range', 'inferred', 'unavailable']).toContain(location.confidence.kind);
          } else if (at >= 0) {
            exact++;
            expect(go.slice(at - text.length + 1, at + 1)).toEqual(text);
            next = at + 1;
          } else {
            const [last = ''] = text.slice(-1);
            expect(whyHidden(source, location) ?? (last.startsWith('main.probe ') ? 'probe' : last)).not.toBe(
              last,
            );
          }
        }
      }
      expect(exact).toBeGreaterThan(2000);
      console.log(`${f.name}: ${exact} frames exact, ${labelled} labelled`);
    },
  );
});
