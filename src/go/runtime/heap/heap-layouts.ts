import { FormatError } from '../../../base/format-error.ts';
import type { GoRuntime } from '../runtime.ts';

// Structs of the allocator: Go src/runtime/mheap.go (mheap, mspan, heapArena, special), mstats.go (mstats, heapStatsDelta), mgcpacer.go
// (gcControllerState), mcache.go (mcache). mspan, mcache and the like are described in every module, and their offsets come from there. Nothing
// describes the others: their offsets below were computed by go/types (`SizesFor("gc", "wasm")`) from the sources of 1.19.8, 1.20.14,
// 1.21.13, 1.22.12, 1.23.12, 1.24.13, 1.25.11, 1.26.10 and 1.27.3 (GOOS=js GOARCH=wasm).

/** Offsets in bytes. */
export interface HeapLayouts {
  readonly mheap: {
    /** Slice of *mspan. */
    readonly allspans: number;
    readonly sweepgen: number;
    /** Array of one pointer to an array of *heapArena. */
    readonly arenas: number;
    readonly spanInUse: number;
    readonly cacheInUse: number;
  };
  readonly mspan: SpanLayout;
  readonly mcache: { readonly tinyAllocs: number };
  /** Where p.mcache stands in runtime.p. */
  readonly processorCache: number;
  readonly stats: StatsLayout;
  readonly controller: ControllerLayout;
  /** How the collector knows pointers. */
  readonly pointers: PointerMaps;
  /** Bytes of an arena. */
  readonly arenaBytes: number;
}

export interface SpanLayout {
  readonly startAddr: number;
  readonly npages: number;
  readonly freeindex: number;
  readonly nelems: number;
  readonly allocBits: number;
  readonly gcmarkBits: number;
  readonly sweepgen: number;
  readonly allocCount: number;
  readonly spanclass: number;
  readonly state: number;
  readonly elemsize: number;
  readonly specials: number;
  /** Undefined before 1.22. */
  readonly largeType: number | undefined;
  /** Bytes of freeindex and nelems: 8 up to 1.21, then 2. */
  readonly countBytes: 2 | 8;
}

/** Of mstats; `delta` of heapStatsDelta, of which mstats begins with three. */
export interface StatsLayout {
  readonly deltaSize: number;
  readonly delta: {
    readonly released: number;
    readonly inHeap: number;
    readonly inStacks: number;
    readonly inWorkBufs: number;
    readonly inPointerBits: number | undefined;
    readonly tinyAllocCount: number;
    readonly largeFree: number;
    readonly largeFreeCount: number;
    readonly smallFreeCount: number;
  };
  readonly stacksSys: number;
  readonly mspanSys: number;
  readonly mcacheSys: number;
  readonly buckHashSys: number;
  readonly gcMiscSys: number;
  readonly otherSys: number;
  readonly lastGc: number;
  readonly pauseTotal: number;
  readonly pauses: number;
  readonly numGc: number;
  readonly numForcedGc: number;
}

export interface ControllerLayout {
  readonly memoryLimit: number;
  readonly heapGoal: number;
  readonly sweepDistance: number;
  readonly triggered: number;
  readonly heapInUse: number;
  readonly heapReleased: number;
  readonly heapFree: number;
}

/**
 * Where the bits are that say which words of an object are pointers. `nibbles`: in the arena, a byte for four words, the low half for
 * pointers (1.19). `arena`: in the arena, a bit a word (1.20, 1.21). `span`: at the end of a span whose objects take up to 512 bytes; larger
 * objects begin with their type (since 1.22).
 */
export type PointerMaps =
  | { readonly kind: 'nibbles' }
  | { readonly kind: 'arena' }
  | {
      readonly kind: 'span';
      /** Bytes of mark bits that stand behind the bits, in spans of objects of 16 bytes and more: those of the collector Green Tea. */
      readonly marks: number;
    };

/** spanInlineMarkBits. */
const MARKS = 128;
const ARENA_4M = 4 << 20;
const ARENA_512K = 512 << 10;

type MheapRow = readonly [sweepgen: number, allspans: number, arenas: number, spans: number, caches: number];
const MHEAP: Readonly<Record<number, MheapRow>> = {
  19: [296, 304, 384, 26720, 26792],
  20: [264, 272, 352, 26680, 26752],
  21: [304, 312, 392, 26728, 26800],
  22: [304, 312, 456, 26792, 26864],
  23: [304, 312, 456, 26792, 26864],
  24: [304, 312, 456, 26792, 26864],
  25: [304, 312, 456, 26816, 26888],
  26: [304, 312, 456, 26816, 26960],
  27: [304, 312, 456, 26816, 26960],
};

/** heapMinimum, consMark and the like before these have changed in size; from heapInUse on all is the same. */
const CONTROLLER: Readonly<
  Record<number, readonly [heapGoal: number, triggered: number, heapInUse: number]>
> = {
  19: [104, 120, 304],
  20: [48, 64, 248],
};
const CONTROLLER_1_21: readonly [number, number, number] = [72, 88, 272];

/** Read from runtime.mspan and runtime.mcache where a module does not describe them. */
function spanTable(minor: number): ReadonlyMap<string, number> {
  const shift = minor === 21 ? 8 : 0;
  const late = minor >= 22;
  return new Map([
    ['startAddr', 24],
    ['npages', 32],
    ['freeindex', 48],
    ['nelems', late ? 50 : 56],
    ['allocBits', late ? 64 : 72],
    ['gcmarkBits', late ? 72 : 80],
    ['sweepgen', 88 + shift],
    ['allocCount', 96 + shift],
    ['spanclass', 98 + shift],
    ['state', 99 + shift],
    ['elemsize', 104 + shift],
    ['specials', 128 + shift],
    ...(late ? ([['largeType', 152]] as const) : []),
  ]);
}

/** The newest version that the tables know; newer ones are read as if they were this. */
const NEWEST = 27;
const OLDEST = 19;

/** The layouts of this program. Throws a FormatError for a version that is older than the tables. */
export function readHeapLayouts({ types, program }: GoRuntime): HeapLayouts {
  const minor = Math.min(program.minor, NEWEST);
  const row = MHEAP[minor];
  if (row === undefined || minor < OLDEST) {
    throw new FormatError(
      'heap',
      0,
      `the heap of Go 1.${program.minor} is not known, from 1.${OLDEST} on it is`,
    );
  }
  const [sweepgen, allspans, arenas, spanInUse, cacheInUse] = row;
  const span = types.structOffsets('runtime.mspan') ?? spanTable(minor);
  const table = spanTable(minor);
  const of = (name: string): number => span.get(name) ?? table.get(name) ?? 0;
  const cache = types.structOffsets('runtime.mcache')?.get('tinyAllocs') ?? (minor < 24 ? 32 : 40);
  return {
    mheap: { allspans, sweepgen, arenas, spanInUse, cacheInUse },
    mspan: {
      startAddr: of('startAddr'),
      npages: of('npages'),
      freeindex: of('freeindex'),
      nelems: of('nelems'),
      allocBits: of('allocBits'),
      gcmarkBits: of('gcmarkBits'),
      sweepgen: of('sweepgen'),
      allocCount: of('allocCount'),
      spanclass: of('spanclass'),
      state: of('state'),
      elemsize: of('elemsize'),
      specials: of('specials'),
      largeType: minor >= 22 ? of('largeType') : undefined,
      countBytes: minor >= 22 ? 2 : 8,
    },
    mcache: { tinyAllocs: cache },
    processorCache: types.structOffsets('runtime.p')?.get('mcache') ?? (minor < 23 ? 64 : 56),
    stats: statsLayout(minor),
    controller: controllerLayout(minor),
    pointers: pointerMaps(minor, program.module.version.text ?? ''),
    arenaBytes: minor < 26 ? ARENA_4M : ARENA_512K,
  };
}

function statsLayout(minor: number): StatsLayout {
  // inPtrScalarBits, a word in each of the three deltas, is gone since 1.25.
  const gone = minor >= 25 ? 8 : 0;
  const behind = 3 * gone;
  return {
    deltaSize: 1176 - gone,
    delta: {
      released: 8,
      inHeap: 16,
      inStacks: 24,
      inWorkBufs: 32,
      inPointerBits: gone === 0 ? 40 : undefined,
      tinyAllocCount: 48 - gone,
      largeFree: 616 - gone,
      largeFreeCount: 624 - gone,
      smallFreeCount: 632 - gone,
    },
    stacksSys: 3544 - behind,
    mspanSys: 3552 - behind,
    mcacheSys: 3560 - behind,
    buckHashSys: 3568 - behind,
    gcMiscSys: 3576 - behind,
    otherSys: 3584 - behind,
    lastGc: 3592 - behind,
    pauseTotal: 3600 - behind,
    pauses: 3608 - behind,
    numGc: 7704 - behind,
    numForcedGc: 7708 - behind,
  };
}

function controllerLayout(minor: number): ControllerLayout {
  const [heapGoal, triggered, heapInUse] = CONTROLLER[minor] ?? CONTROLLER_1_21;
  return {
    memoryLimit: 8,
    heapGoal,
    sweepDistance: heapGoal + 8,
    triggered,
    heapInUse,
    heapReleased: heapInUse + 8,
    heapFree: heapInUse + 16,
  };
}

function pointerMaps(minor: number, version: string): PointerMaps {
  if (minor < 20) return { kind: 'nibbles' };
  if (minor < 22) return { kind: 'arena' };
  const greenTea = minor >= 26 ? !version.includes('nogreenteagc') : version.includes('greenteagc');
  return { kind: 'span', marks: greenTea ? MARKS : 0 };
}
