// The heaps of program `heap`: its memory at three moments, and what Go itself said then.
import { address } from '../../../../../src/base/units.ts';
import type { GoRuntime } from '../../../../../src/go/runtime/runtime.ts';
import { WholeMemory } from '../../../../../src/memory/whole-memory.ts';
import { fixtures, type Fixture } from '../../../../support/fixtures.ts';
import { runGo } from '../../../../support/run-go.ts';
import { runtimeOf } from '../programs.ts';

export const heapFixtures = fixtures({ family: 'heap' }).map((one): [string, Fixture] => [
  one.goVersion,
  one,
]);

/** Where runtime.MemStats has what; it is the same in every version. */
const STATS = {
  totalAlloc: 8,
  sys: 16,
  mallocs: 32,
  frees: 40,
  heapAlloc: 48,
  heapSys: 56,
  heapIdle: 64,
  heapInuse: 72,
  heapReleased: 80,
  heapObjects: 88,
  stackInuse: 96,
  mspanInuse: 112,
  mcacheInuse: 128,
  buckHashSys: 144,
  gcSys: 152,
  otherSys: 160,
  nextGC: 168,
  lastGC: 176,
  pauseTotalNs: 184,
} as const;
const PAUSES = 192;
const NUM_GC = 4288;

export type StatName = keyof typeof STATS;

/** An object whose type the program knows. */
export interface KnownObject {
  readonly address: number;
  /** Bytes; 0 where the program does not know. */
  readonly size: number;
  /** As package reflect prints it; see fixtures/programs/heap/main.go. */
  readonly type: string;
}

export interface KnownHeap {
  /** `collected`: right after a collection. `garbage`: with what is dead. `collecting`: at some moment between collections, perhaps in one. */
  readonly name: string;
  readonly runtime: GoRuntime;
  readonly memory: WholeMemory;
  readonly sp: number;
  readonly stats: Readonly<Record<StatName | 'numGC' | 'numForcedGC', number>>;
  /** Newest first. */
  readonly pauses: readonly number[];
  readonly objects: readonly KnownObject[];
}

/** Runs a case of program `heap`. */
export async function heapsOf(fixture: Fixture, ...args: string[]): Promise<KnownHeap[]> {
  const run = await runGo(fixture, { args });
  return run.heaps.map(({ name, memory: bytes, sp, stats, objects }) => {
    const memory = new WholeMemory(bytes);
    const word = (offset: number): number => memory.word(address(stats + offset));
    const numGC = memory.u32(address(stats + NUM_GC));
    return {
      name,
      runtime: runtimeOf(fixture),
      memory,
      sp,
      stats: {
        ...(Object.fromEntries(Object.entries(STATS).map(([key, at]) => [key, word(at)])) as Record<
          StatName,
          number
        >),
        numGC,
        numForcedGC: memory.u32(address(stats + NUM_GC + 4)),
      },
      pauses: Array.from({ length: Math.min(numGC, 256) }, (_, i) =>
        word(PAUSES + ((numGC - 1 - i) % 256) * 8),
      ),
      objects: objects
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const [at = '', size = '', ...type] = line.split(' ');
          return { address: parseInt(at, 16), size: parseInt(size, 16), type: type.join(' ') };
        }),
    };
  });
}
