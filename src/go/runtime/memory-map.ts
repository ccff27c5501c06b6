import { FormatError } from '../../base/format-error.ts';
import { address } from '../../base/units.ts';
import { expectBytes, type Memory } from '../../memory/memory.ts';
import type { Region } from '../../memory/regions.ts';
import { readHeapLayouts, type HeapLayouts } from './heap/heap-layouts.ts';
import { PAGE_SIZE, readSpans, SpanState, type SpanTable } from './heap/spans.ts';
import type { GoRuntime } from './runtime.ts';

// What lies where in the memory of a Go program. The linker begins at 4096 + 8192 (Go src/cmd/link/internal/wasm/asm.go, wasmMinDataAddr): no
// variable lies in the first page, and wasm_exec.js writes arguments and environment into the next two. Constants, types and tables
// follow, then variables, up to `end` of the moduledata. All above is the runtime's: arenas (src/runtime/malloc.go), in which spans
// lie, and between them what the runtime keeps for itself.

const NIL_PAGE = 4096;
const MIN_DATA = NIL_PAGE + 8192;
const MAX_MEMORY = 2 ** 32;

/** The stack of a goroutine. */
export interface NamedStack {
  readonly id: number;
  readonly lo: number;
  readonly hi: number;
}

export interface GoMemoryMap {
  /** For `layRegions`: what a later one covers hides what the earlier ones say. */
  readonly layers: readonly (readonly Region[])[];
  /** Start of each arena of the heap, in rising order. */
  readonly arenas: readonly number[];
  readonly arenaBytes: number;
  readonly spans: SpanTable | null;
  /** Sentences: what is missing, and why. */
  readonly notes: readonly string[];
}

/** What lies where. Throws only NeedPages; of a damaged heap there is what can be read. */
export function mapGoMemory(runtime: GoRuntime, memory: Memory, stacks: readonly NamedStack[]): GoMemoryMap {
  const { end } = runtime.program.module.moduleData;
  const layers: Region[][] = [...linked(runtime)];
  const notes: string[] = [];
  const heap = readHeapParts(runtime, memory, notes);
  const { arenas, spans, arenaBytes } = heap;
  layers.push([
    {
      start: end,
      end: memory.size,
      kind: 'runtime',
      name: 'outside the arenas: kept by the runtime for itself',
    },
  ]);
  layers.push(
    arenas.map((start) => ({
      start: Math.max(start, end),
      end: start + arenaBytes,
      kind: 'free',
      name: `free in the arena at 0x${start.toString(16)}`,
    })),
  );
  if (spans !== null) layers.push(spanRegions(spans));
  layers.push(
    stacks.flatMap(({ id, lo, hi }): Region[] =>
      lo < hi && hi <= memory.size
        ? [{ start: lo, end: hi, kind: 'stack', name: `stack of goroutine ${id}` }]
        : [],
    ),
  );
  layers.push(systemStack(runtime, memory));
  return { layers, arenas, arenaBytes, spans, notes };
}

/** What the linker laid out. */
function linked(runtime: GoRuntime): Region[][] {
  const { moduleData, header } = runtime.program.module;
  const { noptrdata, data, bss, noptrbss, types, functions, end } = moduleData;
  return [
    [{ start: noptrdata.start, end, kind: 'bss', name: 'between variables, to align them' }],
    [
      { start: 0, end: NIL_PAGE, kind: 'nil', name: 'where nil points to: no variable lies here' },
      { start: NIL_PAGE, end: MIN_DATA, kind: 'arguments', name: 'arguments and environment' },
      { start: MIN_DATA, end: noptrdata.start, kind: 'rodata', name: 'constants' },
      { ...noptrdata, kind: 'data', name: 'variables without pointers, with a value at the start' },
      { ...data, kind: 'data', name: 'variables, with a value at the start' },
      { ...bss, kind: 'bss', name: 'variables, zero at the start' },
      { ...noptrbss, kind: 'bss', name: 'variables without pointers, zero at the start' },
    ],
    [
      { ...types, kind: 'types', name: 'type descriptors' },
      {
        start: header.address,
        end: functions.end,
        kind: 'pclntab',
        name: 'functions, files and lines (pclntab)',
      },
    ],
  ];
}

interface HeapParts {
  readonly arenas: readonly number[];
  readonly arenaBytes: number;
  readonly spans: SpanTable | null;
}

function readHeapParts(runtime: GoRuntime, memory: Memory, notes: string[]): HeapParts {
  const { mheap } = runtime.globals;
  const nothing: HeapParts = { arenas: [], arenaBytes: 1, spans: null };
  if (mheap.address === undefined) {
    const why = 'why' in mheap.confidence ? `: ${mheap.confidence.why}` : '';
    notes.push(`The heap is not known, runtime.mheap_ was not found${why}.`);
    return nothing;
  }
  let layouts: HeapLayouts;
  try {
    layouts = readHeapLayouts(runtime);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    notes.push(`The heap is not known: ${error.message}.`);
    return nothing;
  }
  // Both are announced before one of them asks for pages.
  const arenas = readArenas(memory, mheap.address, layouts);
  const { spans, notes: refused } = readSpans(memory, mheap.address, layouts);
  notes.push(...refused);
  return { arenas, spans, arenaBytes: layouts.arenaBytes };
}

/** Starts of the arenas that there are: mheap.arenas is an array of one pointer to an array of *heapArena, one for each part of 4 GiB. */
function readArenas(memory: Memory, mheap: number, { mheap: offsets, arenaBytes }: HeapLayouts): number[] {
  const count = MAX_MEMORY / arenaBytes;
  const arenas: number[] = [];
  try {
    const list = address(memory.word(address(mheap + offsets.arenas)));
    if (list === 0) return [];
    expectBytes(memory, list, count * 8);
    const bytes = memory.bytes(list, count * 8);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < count; i++) if (view.getUint32(i * 8, true) !== 0) arenas.push(i * arenaBytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  return arenas;
}

function spanRegions(spans: SpanTable): Region[] {
  const regions: Region[] = [];
  for (let i = 0; i < spans.count; i++) {
    const start = spans.start[i] ?? 0;
    const end = start + (spans.pages[i] ?? 0) * PAGE_SIZE;
    if (spans.state[i] !== SpanState.inUse) {
      regions.push({
        start,
        end,
        kind: 'runtime',
        name: 'span of the runtime: free stacks and work of the collector',
      });
      continue;
    }
    const noPointers = ((spans.spanClass[i] ?? 0) & 1) === 1 ? ', no pointers' : '';
    const size = spans.elemSize[i] ?? 0;
    const large = (spans.spanClass[i] ?? 0) >>> 1 === 0;
    regions.push({
      start,
      end,
      kind: 'heap',
      name: large ? `one object of ${size} B${noPointers}` : `objects of ${size} B${noPointers}`,
    });
  }
  return regions;
}

/** The stack on which the program starts and on which the scheduler runs: of runtime.g0. */
function systemStack(runtime: GoRuntime, memory: Memory): Region[] {
  const { g0 } = runtime.globals;
  if (g0.address === undefined) return [];
  const { g, stack } = runtime.layouts.layouts;
  try {
    const start = memory.word(address(g0.address + g.stack + stack.lo));
    const end = memory.word(address(g0.address + g.stack + stack.hi));
    if (start <= 0 || start >= end || end > memory.size) return [];
    return [{ start, end, kind: 'stack', name: 'stack of the runtime (g0)' }];
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return [];
  }
}
