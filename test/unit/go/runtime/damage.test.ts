import fc from '../../../support/fast-check.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { address, type Address } from '../../../../src/base/units.ts';
import { readDeath, type Death } from '../../../../src/go/runtime/death.ts';
import type { GoRuntime } from '../../../../src/go/runtime/runtime.ts';
import { PageStore } from '../../../../src/memory/page-store.ts';
import { withPages } from '../../../../src/memory/with-pages.ts';
import { WholeMemory } from '../../../../src/memory/whole-memory.ts';
import { fixture } from '../../../support/fixtures.ts';
import { runCase, runtimeOf, type Ended } from './programs.ts';

// A memory that is not what it should be: whatever stands there, the reading ends, within limits, with what is valid and a reason.

const deaths = [
  { family: 'panics', name: 'deferred', goVersion: '1.27.3' },
  { family: 'exits', name: 'deadlock', goVersion: '1.27.3' },
  { family: 'traps', name: 'breakpoint', goVersion: '1.19.8' },
] as const;

describe.each(deaths)('$family $name, Go $goVersion', ({ family, name, goVersion }) => {
  let runtime: GoRuntime;
  let run: Ended;
  let good: Death;

  beforeAll(async () => {
    const module = fixture({ family, goVersion, stripped: true });
    runtime = runtimeOf(module);
    run = await runCase(module, name);
    good = readDeath(runtime, new WholeMemory(run.death.memory), { sp: run.sp });
  });

  function read(bytes: Uint8Array, sp: Address | null): Death {
    return readDeath(runtime, new WholeMemory(bytes), { sp });
  }

  /** What holds for every answer. */
  function expectSound(death: Death): void {
    expect(death.frames.length).toBeLessThan(5000);
    let above = 0;
    for (const frame of death.frames) {
      expect(frame.function).not.toBe('');
      expect(frame.fp).toBeGreaterThanOrEqual(above);
      above = frame.fp;
    }
    if (!death.complete && death.goroutine !== null) expect(death.notes.length).toBeGreaterThan(0);
    expect(() => structuredClone(death)).not.toThrow();
  }

  /** Where the walk reads: variables of the runtime, the goroutine, both stacks, panics. */
  function placesOfInterest(): number[] {
    const { globals, layouts } = runtime;
    const goroutine = good.goroutine?.address ?? 0;
    const m0 = globals.m0.address ?? 0;
    const { g, m } = layouts.layouts;
    const words = [m0 + m.g0, m0 + m.curg, globals.g0.address ?? 0, (globals.g0.address ?? 0) + 8];
    words.push(
      ...[g.stack, g.stack + 8, g.sched, g.sched + 8, g.atomicstatus, g._panic].map((o) => goroutine + o),
    );
    words.push(...[g.syscallsp, g.syscallpc, g.gopc, g.startpc, g.waitreason, g.m].map((o) => goroutine + o));
    for (const frame of [...good.systemFrames, ...good.frames])
      words.push(frame.fp - 8, frame.fp, frame.sp, frame.fp + 8);
    words.push(globals.allgs.address ?? 0, (globals.allgs.address ?? 0) + 8);
    return words.filter((at) => at > 0 && at + 8 <= run.death.memory.length);
  }

  test('undamaged it is whole', () => {
    expect(good.complete).toBe(true);
    expectSound(good);
  });

  test('words of the runtime’s structs and of the stacks overwritten', () => {
    const memory = run.death.memory;
    const at = fc.constantFrom(...placesOfInterest());
    const other = at.map((place) => BigInt(place));
    const small = fc.bigInt({ min: 0n, max: 4096n });
    const any = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    const pc = fc.bigInt({ min: 0x10000000n, max: 0x16000000n });
    const value = fc.oneof(other, small, any, pc, fc.constant(0n), fc.constant(2n ** 63n));
    const damage = fc.array(fc.tuple(at, value), { minLength: 1, maxLength: 6 });
    const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
    fc.assert(
      fc.property(damage, (writes) => {
        const before = writes.map(([place]) => view.getBigUint64(place, true));
        writes.forEach(([place, word]) => view.setBigUint64(place, word, true));
        try {
          expectSound(read(memory, run.sp));
        } finally {
          for (let i = writes.length - 1; i >= 0; i--)
            view.setBigUint64(writes[i]?.[0] ?? 0, before[i] ?? 0n, true);
        }
      }),
      { numRuns: 400 },
    );
    expect(read(memory, run.sp)).toEqual(good);
  });

  test('a stack pointer that points anywhere', () => {
    const memory = run.death.memory;
    const anywhere = fc.oneof(fc.nat(memory.length + 100_000), fc.nat(0xffffffff), fc.constant(0));
    fc.assert(
      fc.property(anywhere, (sp) => {
        expectSound(read(memory, address(sp)));
      }),
      { numRuns: 200 },
    );
  });

  test('a memory cut short', () => {
    fc.assert(
      fc.property(fc.nat(run.death.memory.length), (length) => {
        expectSound(read(run.death.memory.subarray(0, length), run.sp));
      }),
      { numRuns: 100 },
    );
  });

  test('a memory of random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 4096 }), fc.nat(3_000_000), (pattern, sp) => {
        const bytes = new Uint8Array(3_000_000);
        for (let at = 0; at + pattern.length <= bytes.length; at += pattern.length) bytes.set(pattern, at);
        expectSound(read(bytes, address(sp)));
      }),
      { numRuns: 30 },
    );
  });

  test('read page by page it is the same, in few rounds', async () => {
    const { memory } = run.death;
    const fetch = async (ranges: readonly { address: number; length: number }[]): Promise<Uint8Array[]> =>
      Promise.resolve(ranges.map((range) => memory.slice(range.address, range.address + range.length)));
    const store = new PageStore(memory.length);
    const { result, cost } = await withPages(store, fetch, (pages) =>
      readDeath(runtime, pages, { sp: run.sp }),
    );
    expect(result).toEqual(good);
    expect(cost.rounds).toBeLessThanOrEqual(8);
    expect(cost.bytes).toBeLessThan(256 << 10);
  });
});
