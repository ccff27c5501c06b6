import { FormatError } from '../../../base/format-error.ts';
import { address, type Address } from '../../../base/units.ts';
import type { Memory } from '../../../memory/memory.ts';
import type { RuntimeGlobals } from '../globals.ts';
import type { HeapLayouts } from './heap-layouts.ts';
import { PAGE_SIZE, SIZE_CLASSES, SpanState, type SpanTable } from './spans.ts';

// What runtime.ReadMemStats would say at this moment: Go src/runtime/mstats.go, readmemstats_m, and mgcpacer.go, heapGoalInternal. It empties
// the processors' caches first; here the spans are counted, which comes to the same.

/** Fields as in runtime.MemStats, in bytes, objects or nanoseconds. Null where memory does not tell, with a note. */
export interface HeapTotals {
  /** Of objects in use, those included that are dead and not yet swept. */
  readonly heapAlloc: number;
  readonly heapObjects: number;
  /** Of spans in use. */
  readonly heapInuse: number;
  readonly heapIdle: number | null;
  readonly heapReleased: number | null;
  readonly heapSys: number | null;
  readonly stackInuse: number | null;
  readonly sys: number | null;
  readonly totalAlloc: number | null;
  readonly mallocs: number | null;
  readonly frees: number | null;
  readonly mspanInuse: number | null;
  readonly mcacheInuse: number | null;
  readonly gcSys: number | null;
  readonly otherSys: number | null;
  readonly buckHashSys: number | null;
  readonly nextGC: number | null;
  readonly numGC: number | null;
  readonly numForcedGC: number | null;
  /** Nanoseconds since 1970; 0 before the first. */
  readonly lastGC: number | null;
  readonly pauseTotalNs: number | null;
  /** The last pauses, newest first, up to 256, in nanoseconds. */
  readonly pauses: readonly number[];
  /** Bytes of linear memory. */
  readonly memoryBytes: number;
}

const NO_LIMIT = 2 ** 63 - 1;
/** A goal beyond all memory: collection is off. */
const NO_GOAL = 2 ** 62;
/** triggered while no collection has been. */
const NEVER = 2 ** 64 - 1;
const MIN_RUNWAY = 64 << 10;
const PAUSES = 256;
const MAX_PROCESSORS = 1024;

/** Reads the totals. `notes` get what is missing and why. Throws only NeedPages. */
export function readTotals(
  memory: Memory,
  globals: RuntimeGlobals,
  layouts: HeapLayouts,
  spans: SpanTable,
  notes: string[],
): HeapTotals {
  const counted = countSpans(spans);
  const unknown = { ...NOTHING, pauses: [], memoryBytes: memory.size };
  const part = <Part>(
    name: 'mheap' | 'gcController' | 'memstats',
    read: (at: Address) => Part,
  ): Partial<Part> => {
    const { address: at, confidence } = globals[name];
    try {
      if (at !== undefined) return read(at);
      notes.push(
        `What runtime.${name} counts is missing: ${confidence.kind === 'exact' ? '' : confidence.why}.`,
      );
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      notes.push(`What runtime.${name} counts is missing: ${error.message}.`);
    }
    return {};
  };
  const word = (at: number): number => memory.word(address(at));
  const controller = part('gcController', (at) => {
    const { heapInUse, heapReleased, heapFree } = layouts.controller;
    const idle = word(at + heapFree) + word(at + heapReleased);
    return {
      heapReleased: word(at + heapReleased),
      heapIdle: idle,
      heapSys: word(at + heapInUse) + idle,
      nextGC: nextGc(memory, at, layouts, notes),
    };
  });
  const heap = part('mheap', (at) => ({
    mspanInuse: word(at + layouts.mheap.spanInUse),
    mcacheInuse: word(at + layouts.mheap.cacheInUse),
  }));
  const stats = part('memstats', (at) => ({
    ...readDeltas(memory, at, layouts, counted, controller.heapSys, tinyAllocs(memory, globals, layouts)),
    ...readCollections(memory, at, layouts),
  }));
  return { ...unknown, ...counted, ...controller, ...heap, ...stats };
}

const NOTHING = {
  ...{ heapIdle: null, heapReleased: null, heapSys: null, stackInuse: null, sys: null, totalAlloc: null },
  ...{ mallocs: null, frees: null, mspanInuse: null, mcacheInuse: null, gcSys: null, otherSys: null },
  ...{ buckHashSys: null, nextGC: null, numGC: null, numForcedGC: null, lastGC: null, pauseTotalNs: null },
};

function countSpans(spans: SpanTable): { heapAlloc: number; heapObjects: number; heapInuse: number } {
  let heapAlloc = 0;
  let heapObjects = 0;
  let heapInuse = 0;
  for (let i = 0; i < spans.count; i++) {
    if (spans.state[i] !== SpanState.inUse) continue;
    const objects = spans.allocated[i] ?? 0;
    heapObjects += objects;
    heapAlloc += objects * (spans.elemSize[i] ?? 0);
    heapInuse += (spans.pages[i] ?? 0) * PAGE_SIZE;
  }
  return { heapAlloc, heapObjects, heapInuse };
}

function nextGc(memory: Memory, at: number, layouts: HeapLayouts, notes: string[]): number | null {
  const { memoryLimit, heapGoal, sweepDistance, triggered } = layouts.controller;
  const word = (offset: number): number => memory.word(address(at + offset));
  if (word(memoryLimit) < NO_LIMIT) {
    notes.push(
      'The next collection is not known: the program has set a memory limit, which decides it as well.',
    );
    return null;
  }
  const goal = Math.max(word(heapGoal), word(sweepDistance));
  if (goal >= NO_GOAL) {
    notes.push('There will be no next collection: the program has switched collection off.');
    return null;
  }
  const last = word(triggered);
  return last >= NEVER ? goal : Math.max(goal, last + MIN_RUNWAY);
}

/** Tiny objects that the processors' caches have counted and heapStats has not. */
function tinyAllocs(memory: Memory, { allp }: RuntimeGlobals, layouts: HeapLayouts): number {
  if (allp.address === undefined) return 0;
  const processors = memory.word(allp.address);
  const count = Math.min(memory.word(address(allp.address + 8)), MAX_PROCESSORS);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const processor = memory.word(address(processors + i * 8));
    const cache = memory.word(address(processor + layouts.processorCache));
    if (cache !== 0) sum += memory.word(address(cache + layouts.mcache.tinyAllocs));
  }
  return sum;
}

/** memstats.heapStats: three sets of changes, which add up. */
function readDeltas(
  memory: Memory,
  at: number,
  { stats }: HeapLayouts,
  counted: ReturnType<typeof countSpans>,
  heapSys: number | undefined,
  tiny: number,
): Partial<HeapTotals> {
  const { delta } = stats;
  // Each set may be negative: sums are of signed words, and wrap.
  const sum = (offset: number): number => {
    let total = 0n;
    for (let set = 0; set < 3; set++) total += memory.u64(address(at + set * stats.deltaSize + offset));
    return Number(BigInt.asIntN(64, total));
  };
  let frees = sum(delta.largeFreeCount) + sum(delta.tinyAllocCount) + tiny;
  let freed = sum(delta.largeFree);
  SIZE_CLASSES.forEach((size, i) => {
    const count = sum(delta.smallFreeCount + i * 8);
    frees += count;
    freed += count * size;
  });
  const word = (offset: number): number => memory.word(address(at + offset));
  const stackInuse = sum(delta.inStacks);
  const pointerBits = delta.inPointerBits === undefined ? 0 : sum(delta.inPointerBits);
  const workBufs = sum(delta.inWorkBufs) + pointerBits;
  const gcMiscSys = word(stats.gcMiscSys);
  const otherSys = word(stats.otherSys);
  const buckHashSys = word(stats.buckHashSys);
  const rest = word(stats.stacksSys) + word(stats.mspanSys) + word(stats.mcacheSys);
  return {
    stackInuse,
    ...(heapSys === undefined
      ? {}
      : { sys: heapSys + rest + buckHashSys + gcMiscSys + otherSys + stackInuse + workBufs }),
    gcSys: gcMiscSys + workBufs,
    otherSys,
    buckHashSys,
    frees,
    mallocs: frees + counted.heapObjects,
    totalAlloc: freed + counted.heapAlloc,
  };
}

function readCollections(memory: Memory, at: number, { stats }: HeapLayouts): Partial<HeapTotals> {
  const numGC = memory.u32(address(at + stats.numGc));
  const pauses = Array.from({ length: Math.min(numGC, PAUSES) }, (_, i) =>
    memory.word(address(at + stats.pauses + ((numGC - 1 - i) % PAUSES) * 8)),
  );
  return {
    numGC,
    numForcedGC: memory.u32(address(at + stats.numForcedGc)),
    lastGC: memory.word(address(at + stats.lastGc)),
    pauseTotalNs: memory.word(address(at + stats.pauseTotal)),
    pauses,
  };
}
