import fc from '../../../support/fast-check.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { address } from '../../../../src/base/units.ts';
import { readChannelLayouts, tableChannelLayouts } from '../../../../src/go/runtime/channel-layouts.ts';
import { StackReader } from '../../../../src/go/runtime/goroutine-stack.ts';
import { deadlockVerdict, type DeadlockVerdict } from '../../../../src/go/runtime/deadlock.ts';
import { readLabels } from '../../../../src/go/runtime/labels.ts';
import { Moment } from '../../../../src/go/runtime/moment.ts';
import { groupStacks } from '../../../../src/go/runtime/stack-groups.ts';
import { waitObject } from '../../../../src/go/runtime/wait-object.ts';
import { listGoroutines } from '../../../../src/go/runtime/goroutines.ts';
import type { GoRuntime } from '../../../../src/go/runtime/runtime.ts';
import { TypeReader } from '../../../../src/go/runtime/types.ts';
import { readWaits } from '../../../../src/go/runtime/waits.ts';
import { PageStore } from '../../../../src/memory/page-store.ts';
import { withPages } from '../../../../src/memory/with-pages.ts';
import { WholeMemory } from '../../../../src/memory/whole-memory.ts';
import type { Memory } from '../../../../src/memory/memory.ts';
import { fixture, fixtures } from '../../../support/fixtures.ts';
import { runGo } from '../../../support/run-go.ts';
import { runtimeOf } from './programs.ts';

// Whatever stands in the memory, the reading of all goroutines ends, within limits, with what is valid and a reason for the rest.

interface Everything {
  readonly goroutines: ReturnType<typeof listGoroutines>['goroutines'];
  readonly stacks: ReturnType<StackReader['read']>[];
  readonly waits: ReturnType<typeof readWaits>[];
  readonly verdict: DeadlockVerdict;
  readonly objects: number;
  readonly labels: number;
  readonly groups: number;
  readonly notes: readonly string[];
}

function readAll(runtime: GoRuntime, memory: Memory, sp: number | null): Everything {
  const { goroutines, notes } = listGoroutines(runtime, memory);
  const reader = new StackReader(runtime, memory, { sp: sp === null ? null : address(sp) });
  const moment = new Moment(runtime, memory, { sp: sp === null ? null : address(sp) });
  const verdict = deadlockVerdict(moment, { ended: false });
  return {
    goroutines,
    stacks: goroutines.map((one) => reader.read(one)),
    waits: goroutines.map((one) => readWaits(runtime, memory, one)),
    verdict,
    objects: verdict.edges.filter(({ on }) => waitObject(moment, { ...on, kind: 'channel' })).length,
    labels: goroutines.flatMap((one) => readLabels(runtime, memory, one)).length,
    groups: groupStacks(moment).groups.length,
    notes,
  };
}

describe.each(['1.21.13', '1.27.3'] as const)('Go %s', (goVersion) => {
  let runtime: GoRuntime;
  let memory: Uint8Array;
  let sp: number;
  let good: Everything;

  beforeAll(async () => {
    const module = fixture({ family: 'goroutines', goVersion });
    runtime = runtimeOf(module);
    const idle = (await runGo(module, { args: ['idle'] })).snapshots[1];
    if (idle === undefined) throw new Error('the program told nothing');
    ({ memory, sp } = idle);
    good = readAll(runtime, new WholeMemory(memory), sp);
  });

  function expectSound(read: Everything): void {
    expect(read.goroutines.length).toBeLessThan(10_000);
    for (const { frames, complete, notes } of read.stacks) {
      expect(frames.length).toBeLessThan(5000);
      if (!complete) expect(notes.length).toBeGreaterThan(0);
    }
    for (const { waits } of read.waits) expect(waits.length).toBeLessThan(10_000);
    expect(read.verdict.edges.length).toBeLessThan(10_000);
    expect(read.labels).toBeLessThan(10_000);
    expect(read.groups).toBeLessThanOrEqual(read.goroutines.length);
  }

  test('undamaged, everything is whole', () => {
    expectSound(good);
    expect(good.goroutines.length).toBeGreaterThan(100);
    expect(good.notes).toEqual([]);
    expect(good.stacks.every((stack) => stack.complete)).toBe(true);
    expect(good.waits.flatMap((one) => one.notes)).toEqual([]);
  });

  test('words of descriptors, lists and stacks overwritten', () => {
    const { g } = runtime.layouts.layouts;
    const { allgs } = runtime.globals;
    const list = allgs.address ?? 0;
    const words = [list, list + 8];
    for (const one of good.goroutines.slice(0, 40)) {
      const fields = [
        g.stack,
        g.stack + 8,
        g.sched,
        g.sched + 8,
        g.atomicstatus,
        g.waiting,
        g.startpc,
        g.gopc,
      ];
      words.push(...fields.map((offset) => one.address + offset), one.stack.hi - 16, one.stack.hi - 64);
    }
    const { semtable, allp, jsFuncs, events } = runtime.globals;
    for (const { address: at } of [semtable, allp, jsFuncs, events]) words.push(at ?? 0, (at ?? 0) + 8);
    for (const { waits } of good.waits) {
      for (const { sudog, channel } of waits) {
        for (let offset = 0; offset < 96; offset += 8) words.push(sudog + offset);
        if (channel !== null)
          for (let offset = 0; offset < 96; offset += 8) words.push(channel.address + offset);
      }
    }
    const at = fc.constantFrom(...words);
    const value = fc.oneof(
      at.map((word) => BigInt(word)),
      fc.constantFrom(...good.waits.flatMap((one) => one.waits.map((wait) => BigInt(wait.sudog)))),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.bigInt({ min: 0n, max: 1n << 21n }),
      fc.constant(0n),
    );
    const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
    fc.assert(
      fc.property(fc.array(fc.tuple(at, value), { minLength: 1, maxLength: 20 }), (writes) => {
        const before = writes.map(([place]) => view.getBigUint64(place, true));
        writes.forEach(([place, word]) => view.setBigUint64(place, word, true));
        try {
          expectSound(readAll(runtime, new WholeMemory(memory), sp));
        } finally {
          for (let i = writes.length - 1; i >= 0; i--)
            view.setBigUint64(writes[i]?.[0] ?? 0, before[i] ?? 0n, true);
        }
      }),
      { numRuns: 15 },
    );
    expect(readAll(runtime, new WholeMemory(memory), sp)).toEqual(good);
  }, 60_000);

  test('a list of what it waits on that bites its tail ends, and says so', () => {
    const index = good.waits.findIndex((one) => one.waits.length > 1);
    const goroutine = good.goroutines[index];
    const last = good.waits[index]?.waits.at(-1);
    const waitlink = runtime.channels?.sudog.waitlink ?? 0;
    if (goroutine === undefined || last === undefined) throw new Error('no goroutine is in a select');
    const copy = memory.slice();
    const link = new DataView(copy.buffer);
    link.setBigUint64(last.sudog + waitlink, BigInt(goroutine.waiting), true);
    const read = readWaits(runtime, new WholeMemory(copy), goroutine);
    expect(read.waits.length).toBe(good.waits[index]?.waits.length);
    expect(read.notes).toEqual(['The list of what the goroutine waits on does not end.']);
  });

  test('a memory cut short says what is missing', () => {
    fc.assert(
      fc.property(fc.nat(memory.length), (length) => {
        expectSound(readAll(runtime, new WholeMemory(memory.subarray(0, length)), sp));
      }),
      { numRuns: 20 },
    );
    const none = listGoroutines(runtime, new WholeMemory(memory.subarray(0, 4096)));
    expect(none.goroutines).toEqual([]);
    expect(none.notes[0]).toMatch(/^runtime\.allgs, the list of goroutines, cannot be read: /);
  });

  test('a list with absurdly many entries is refused, one of impossible entries given up', () => {
    const copy = memory.slice();
    const view = new DataView(copy.buffer);
    const list = runtime.globals.allgs.address ?? 0;
    view.setBigUint64(list + 8, 1n << 40n, true);
    expect(listGoroutines(runtime, new WholeMemory(copy)).notes[0]).toContain('it is damaged');
    view.setBigUint64(list, BigInt(runtime.program.module.moduleData.rodata), true);
    view.setBigUint64(list + 8, 20_000n, true);
    const { goroutines, notes } = listGoroutines(runtime, new WholeMemory(copy));
    expect(goroutines.length).toBeLessThan(20_000);
    expect(notes.length).toBeGreaterThan(0);
    expect(notes.length).toBeLessThan(10);
  });

  test('read page by page it is the same, in few rounds', async () => {
    const fetch = async (ranges: readonly { address: number; length: number }[]): Promise<Uint8Array[]> =>
      Promise.resolve(ranges.map((range) => memory.slice(range.address, range.address + range.length)));
    const store = new PageStore(memory.length);
    const listed = await withPages(store, fetch, (pages) => listGoroutines(runtime, pages));
    expect(listed.result.goroutines).toEqual(good.goroutines);
    expect(listed.cost.rounds).toBeLessThanOrEqual(4);
  });
});

test.each(fixtures({ stripped: true }).map((one) => [one.name, one] as const))(
  '%s: channels are described, and the table agrees',
  (_, module) => {
    const runtime = runtimeOf(module);
    const { image, moduleData } = runtime.program.module;
    const { start } = moduleData.types;
    const { minor } = runtime.program;
    const none = new TypeReader(image, { start, end: start });
    expect(runtime.types.structOffsets('runtime.sudog')).toBeDefined();
    expect(runtime.channels).toMatchObject(tableChannelLayouts(minor) ?? {});
    expect(readChannelLayouts(none, minor)).toEqual(tableChannelLayouts(minor));
    expect(readChannelLayouts(none, 99)).toBeUndefined();
  },
);
