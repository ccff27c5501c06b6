import { describe, expect, test } from 'vitest';
import { address } from '../../../../src/base/units.ts';
import { writeWords } from '../../../../src/browser/hook/write-words.ts';
import { readMemoryProfile } from '../../../../src/go/runtime/memory-profile.ts';
import { findProfilingSwitch } from '../../../../src/go/runtime/profiling-switch.ts';
import { grown } from '../../../../src/go/runtime/heap/diff.ts';
import { WholeMemory } from '../../../../src/memory/whole-memory.ts';
import { allocationAmounts } from '../../../../src/profile/allocations.ts';
import { runGo } from '../../../support/run-go.ts';
import { heapFixtures } from './heap/heaps.ts';
import { runtimeOf } from './programs.ts';

// Allocation profiling of a program that is linked without it, switched on while it runs.

const OPENED = 1000;

describe.each(heapFixtures)('Go %s', (_, fixture) => {
  const runtime = runtimeOf(fixture);

  /** Runs the map that grows, with the profile switched on after the first ten; what was in use by stack before and after. */
  async function profiled(rate: number) {
    let switched = 0;
    const { heaps, exitCode } = await runGo(fixture, {
      args: ['map'],
      onHeap: ({ memory }) => {
        if (switched++ > 0) return;
        const bytes = new Uint8Array(memory.buffer);
        const found = findProfilingSwitch(runtime, new WholeMemory(bytes));
        if (typeof found === 'string') throw new Error(found);
        expect(found.rate).toBe(0);
        expect(found.nextSampleAt).toHaveLength(1);
        writeWords(bytes, [
          { address: found.rateAt, was: 0, value: rate },
          ...found.nextSampleAt.map((at) => ({ address: at, was: null, value: 0 })),
        ]);
      },
    });
    expect(exitCode).toBe(0);
    const [before = [], after = []] = heaps.map(({ memory }) => {
      const profile = readMemoryProfile(runtime, new WholeMemory(memory));
      return allocationAmounts(runtime.program, profile);
    });
    expect(before).toEqual([]);
    return { rows: grown(before, after), after };
  }

  test('with every allocation sampled, growth by stack is what the program allocated since', async () => {
    const { rows, after } = await profiled(1);
    const opened = after.filter(({ name }) => /^main\.open \S+big\.go:\d+\nmain\.leak /.test(name));
    // Bodies of 400 bytes, users of 96 and sessions of 48: in the places that they have. While memory is being collected Go 1.27 takes another way
    // through its allocator, which counts as another stack; and the map may have an object or two of such a size.
    for (const size of [416, 96, 48]) {
      const ofSize = opened.filter(({ objects, bytes }) => bytes === objects * size);
      const count = ofSize.reduce((total, { objects }) => total + objects, 0);
      expect(count, `objects of ${String(size)} bytes`).toBeGreaterThanOrEqual(OPENED);
      expect(count, `objects of ${String(size)} bytes`).toBeLessThan(OPENED + 5);
    }
    // All of them stand in one line of the source: one stack.
    const sum = opened.reduce((total, { bytes }) => total + bytes, 0);
    expect(rows[0]).toMatchObject({ bytesBefore: 0, bytesAfter: sum });
  });

  test('with some sampled, the most is where the most was allocated', async () => {
    const { rows } = await profiled(2048);
    expect(rows[0]?.name).toMatch(/^main\.open /);
    expect(rows[0]?.bytesAfter).toBeGreaterThan(OPENED * 300);
    expect(rows[0]?.bytesAfter).toBeLessThan(OPENED * 1200);
  });
});

test('where the switch is not sure to be found nothing is said of it but why', () => {
  const [, fixture] = heapFixtures.at(-1) ?? [];
  if (fixture === undefined) throw new Error('no fixture');
  const runtime = runtimeOf(fixture);
  expect(findProfilingSwitch(runtime, new WholeMemory(new Uint8Array(1 << 22)))).toBe(
    'the program has not started yet',
  );
  expect(findProfilingSwitch(runtime, new WholeMemory(new Uint8Array(65536)))).toMatch(/leave the memory/);
  const odd = new Uint8Array(1 << 22).fill(0xff);
  expect(findProfilingSwitch(runtime, new WholeMemory(odd))).toMatch(/is no rate/);
  const { memProfileRate } = runtime.globals;
  const globals = {
    ...runtime.globals,
    memProfileRate: { address: undefined, confidence: { kind: 'unavailable', why: 'it is gone' } as const },
  };
  expect(findProfilingSwitch({ ...runtime, globals }, new WholeMemory(odd))).toMatch(/it is gone/);
  expect(memProfileRate.address).toBeGreaterThan(address(0));
});

test('words are written all or none', () => {
  const bytes = new Uint8Array(64);
  const word = (at: number): bigint => new DataView(bytes.buffer).getBigUint64(at, true);
  writeWords(bytes, [{ address: 8, was: 0, value: 2 ** 52 + 3 }]);
  expect(word(8)).toBe(2n ** 52n + 3n);
  for (const bad of [
    { address: 16, was: 1, value: 5 },
    { address: 60, was: null, value: 5 },
    { address: 12, was: null, value: 5 },
    { address: -8, was: null, value: 5 },
  ]) {
    expect(() => writeWords(bytes, [{ address: 24, was: null, value: 9 }, bad])).toThrow('word');
    expect(word(24)).toBe(0n);
  }
});
