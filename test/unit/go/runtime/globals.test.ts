import { beforeAll, describe, expect, test } from 'vitest';
import { address } from '../../../../src/base/units.ts';
import { listGoroutines } from '../../../../src/go/runtime/goroutines.ts';
import { loadConstants } from '../../../../src/go/runtime/runtime.ts';
import { PageStore } from '../../../../src/memory/page-store.ts';
import { WholeMemory } from '../../../../src/memory/whole-memory.ts';
import { fixtures, type Fixture } from '../../../support/fixtures.ts';
import { findGlobals } from '../../../../src/go/runtime/globals.ts';
import { readString } from '../../../../src/go/runtime/print.ts';
import { runCase, runtimeOf } from './programs.ts';

/** What each family does for a moment and then dies of. */
const CASES = {
  stacks: 'all',
  panics: 'index',
  traps: 'breakpoint',
  exits: 'exit',
  goroutines: 'exit',
  heap: 'known',
  references: '',
  values: 'all',
  command: 'index',
  reactor: '',
};
const modules = [
  ...fixtures({ family: 'stacks' }),
  ...fixtures({ family: 'command' }),
  ...fixtures({ family: 'panics' }),
  ...(['-O2', '-Oz'] as const).flatMap((optimized) => fixtures({ optimized })),
];

describe.each(modules.map((one): [string, Fixture] => [one.name, one]))('%s', (_, fixture) => {
  let bytes = new Uint8Array(0);
  beforeAll(async () => {
    bytes = (await runCase(fixture, CASES[fixture.family])).death.memory;
  });

  test('finds every variable, and the running program confirms them', () => {
    const runtime = runtimeOf(fixture);
    const { globals, layouts } = runtime;
    for (const [name, { confidence }] of Object.entries(globals)) {
      const absent = fixture.goos !== 'js' && (name === 'events' || name === 'jsFuncs');
      expect(confidence.kind, name).toBe(absent ? 'unavailable' : 'exact');
    }
    const at = (name: keyof typeof globals): number => globals[name].address ?? 0;
    const memory = new WholeMemory(bytes);
    const { g, m } = layouts.layouts;
    expect(memory.word(address(at('m0') + m.g0))).toBe(at('g0'));
    expect(memory.word(address(at('g0') + g.m))).toBe(at('m0'));
    expect(memory.word(address(at('allm')))).toBe(at('m0'));
    const goroutines = listGoroutines(runtime, memory).goroutines;
    expect(goroutines.map((one) => one.id)).toContain(1);
    expect(new Set(goroutines.map((one) => one.id)).size).toBe(goroutines.length);
    expect(goroutines.filter((one) => one.status === 2).length).toBe(1);
    // Element 0 is waitReasonZero, whose text is empty; goroutines that block in Go have words.
    const { image } = runtime.program.module;
    expect(readString(image, address(at('waitReasonStrings')))).toBe('');
    expect(readString(image, address(at('waitReasonStrings') + 16))).toBe('GC assist marking');
  });

  test('the constants of the module are what the program has in memory at its end', () => {
    const runtime = runtimeOf(fixture);
    const { rodata, noptrdata } = runtime.program.module.moduleData;
    const store = new PageStore(bytes.length);
    loadConstants(runtime, store);
    const from = Math.ceil(rodata / 4096) * 4096;
    const to = Math.floor(noptrdata.start / 4096) * 4096;
    expect(store.loadedBytes).toBe(to - from);
    const same = Buffer.compare(store.bytes(address(from), to - from), bytes.subarray(from, to));
    expect(same).toBe(0);
  });
});

test('what cannot be found is unavailable, with the reason', () => {
  const [fixture] = fixtures({ family: 'panics' });
  if (fixture === undefined) throw new Error('no module');
  const runtime = runtimeOf(fixture);
  const { wasm, moduleData } = runtime.program.module;
  const { layouts } = runtime.layouts;
  const variables = { start: moduleData.noptrdata.start, end: moduleData.end };
  const nameless = findGlobals(wasm, { functionNamed: () => undefined, variables, layouts });
  expect(nameless.m0).toEqual({
    address: undefined,
    confidence: { kind: 'unavailable', why: 'the module has no function runtime.rt0_go' },
  });
  const other = runtime.program.functionNamed('runtime.gopanic')?.funcIndex;
  const wrong = findGlobals(wasm, { functionNamed: () => other, variables, layouts });
  expect(wrong.g0.confidence).toEqual({
    kind: 'unavailable',
    why: 'the code of runtime.rt0_go does not show it',
  });
});
