import { FormatError } from '../../../base/format-error.ts';
import { finish, type Steps } from '../../../base/steps.ts';
import { address, type Address } from '../../../base/units.ts';
import { expectBytes, type Memory } from '../../../memory/memory.ts';
import type { HeapLayouts, SpanLayout } from './heap-layouts.ts';

// Spans: runs of pages of 8 KiB that hold objects of one size, or a stack (Go src/runtime/mheap.go, mspan).

export const PAGE_SIZE = 8192;
/** Of mspan.state: mSpanInUse holds objects, mSpanManual stacks and what else the runtime manages itself. */
export const SpanState = { dead: 0, inUse: 1, manual: 2 } as const;

/** Size classes of small objects in bytes, by number; 0 is for objects above 32 KiB (Go sizeclasses.go, the same from 1.19 to 1.27). */
export const SIZE_CLASSES: readonly number[] = [
  0, 8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416,
  448, 480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200,
  3456, 4096, 4864, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384,
  18432, 19072, 20480, 21760, 24576, 27264, 28672, 32768,
];

/** Spans in rising order of their addresses, none overlapping another; a column each. */
export interface SpanTable {
  readonly count: number;
  readonly start: Uint32Array;
  /** Pages of 8 KiB. */
  readonly pages: Uint32Array;
  /** Bytes of an object's place; 0 for a span that is not in use. */
  readonly elemSize: Uint32Array;
  /** Places for objects. */
  readonly elements: Uint32Array;
  /** Objects, as the allocator counts them. */
  readonly allocated: Uint32Array;
  /** Twice the size class, and 1 when its objects have no pointers (spanClass). */
  readonly spanClass: Uint8Array;
  readonly state: Uint8Array;
  /** Places below it are taken. */
  readonly freeIndex: Uint32Array;
  /** Addresses of the bits of what was alive after the last and in this collection. */
  readonly allocBits: Uint32Array;
  readonly markBits: Uint32Array;
  readonly sweepGeneration: Uint32Array;
  /** Address of the first special record, 0 for none. */
  readonly specials: Uint32Array;
  /** Address of the type of a large object, 0 for none. */
  readonly largeType: Uint32Array;
}

export interface SpanList {
  readonly spans: SpanTable;
  /** Sentences: what could not be read. */
  readonly notes: readonly string[];
}

/** As many pages of 8 KiB as 4 GiB have; a program has no more spans. */
const MAX_SPANS = 1 << 19;
/** Of notes; then they are counted. */
const MAX_NOTES = 5;
const SPAN_SIZE = 168;
/** Spans between two steps. */
const STEP = 0xfff;

/** Reads mheap_.allspans. What is no span is left out, with a note. Throws only NeedPages. */
export const readSpans = (memory: Memory, mheap: Address, layouts: HeapLayouts): SpanList =>
  finish(spanSteps(memory, mheap, layouts));

/** The same in steps. */
export function* spanSteps(memory: Memory, mheap: Address, layouts: HeapLayouts): Steps<SpanList> {
  const notes: string[] = [];
  let refused = 0;
  const refuse = (why: string): void => {
    if (refused++ < MAX_NOTES) notes.push(why);
  };
  let list: number;
  let count: number;
  try {
    list = memory.word(address(mheap + layouts.mheap.allspans));
    count = memory.word(address(mheap + layouts.mheap.allspans + 8));
    if (count > MAX_SPANS) throw new FormatError('mheap_.allspans', mheap, `${count} spans`, true);
    memory.bytes(address(list), count * 8);
    expectBytes(memory, address(list), count * 8);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { spans: emptySpans(0), notes: [`The spans of the heap cannot be read: ${error.message}.`] };
  }
  for (let i = 0; i < count; i++) expectBytes(memory, address(memory.word(address(list + i * 8))), SPAN_SIZE);
  const found = emptySpans(count);
  let used = 0;
  for (let i = 0; i < count; i++) {
    if ((i & STEP) === 0) yield (i / count) * 0.9;
    try {
      if (readSpan(memory, memory.word(address(list + i * 8)), layouts.mspan, found, used)) used++;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      refuse(`A span was left out: ${error.message}.`);
    }
  }
  yield 0.9;
  const order = Uint32Array.from({ length: used }, (_, i) => i).sort(
    (a, b) => (found.start[a] ?? 0) - (found.start[b] ?? 0),
  );
  let end = 0;
  const kept = order.filter((i) => {
    const start = found.start[i] ?? 0;
    if (start < end) {
      refuse(`A span was left out: the one at 0x${start.toString(16)} overlaps the one before.`);
      return false;
    }
    end = start + (found.pages[i] ?? 0) * PAGE_SIZE;
    return true;
  });
  yield 0.95;
  if (refused > MAX_NOTES) notes.push(`${refused - MAX_NOTES} more spans were left out.`);
  return { spans: pick(found, kept), notes };
}

type Column = Exclude<keyof SpanTable, 'count'>;

function emptySpans(count: number): SpanTable {
  return {
    count,
    start: new Uint32Array(count),
    pages: new Uint32Array(count),
    elemSize: new Uint32Array(count),
    elements: new Uint32Array(count),
    allocated: new Uint32Array(count),
    spanClass: new Uint8Array(count),
    state: new Uint8Array(count),
    freeIndex: new Uint32Array(count),
    allocBits: new Uint32Array(count),
    markBits: new Uint32Array(count),
    sweepGeneration: new Uint32Array(count),
    specials: new Uint32Array(count),
    largeType: new Uint32Array(count),
  };
}

function pick(from: SpanTable, indexes: Uint32Array): SpanTable {
  const to = emptySpans(indexes.length);
  for (const column of Object.keys(to) as (keyof SpanTable)[]) {
    if (column === 'count') continue;
    indexes.forEach((index, i) => {
      to[column satisfies Column][i] = from[column][index] ?? 0;
    });
  }
  return to;
}

/** Reads one span into row `i`; false for one that is dead. Throws a FormatError for what contradicts itself. */
function readSpan(memory: Memory, at: number, layout: SpanLayout, to: SpanTable, i: number): boolean {
  const word = (offset: number): number => memory.word(address(at + offset));
  const state = memory.u8(address(at + layout.state));
  if (state === SpanState.dead) return false;
  const fail = (expected: string): never => {
    throw new FormatError('runtime.mspan', at, expected, true);
  };
  if (state > SpanState.manual) fail(`a state of ${state}`);
  const start = word(layout.startAddr);
  const pages = word(layout.npages);
  const bytes = pages * PAGE_SIZE;
  if (start === 0 || start % PAGE_SIZE !== 0 || pages === 0 || start + bytes > memory.size) {
    fail(`${pages} pages at 0x${start.toString(16)}`);
  }
  to.start[i] = start;
  to.pages[i] = pages;
  to.state[i] = state;
  to.spanClass[i] = memory.u8(address(at + layout.spanclass));
  if (state === SpanState.manual) return true;
  const counted = (offset: number): number =>
    layout.countBytes === 2 ? memory.u16(address(at + offset)) : word(offset);
  const elements = counted(layout.nelems);
  const elemSize = word(layout.elemsize);
  const allocated = memory.u16(address(at + layout.allocCount));
  const freeIndex = counted(layout.freeindex);
  if (elemSize === 0 || elements === 0 || elements * elemSize > bytes) {
    fail(`${elements} objects of ${elemSize} bytes in ${bytes}`);
  }
  if (allocated > elements || freeIndex > elements) {
    fail(`${allocated} of ${elements} objects, the next at ${freeIndex}`);
  }
  const sizeClass = (to.spanClass[i] ?? 0) >>> 1;
  if (sizeClass !== 0 && SIZE_CLASSES[sizeClass] !== elemSize)
    fail(`class ${sizeClass} with ${elemSize} bytes`);
  to.elements[i] = elements;
  to.elemSize[i] = elemSize;
  to.allocated[i] = allocated;
  to.freeIndex[i] = freeIndex;
  to.allocBits[i] = word(layout.allocBits);
  to.markBits[i] = word(layout.gcmarkBits);
  to.sweepGeneration[i] = memory.u32(address(at + layout.sweepgen));
  to.specials[i] = word(layout.specials);
  if (layout.largeType !== undefined && sizeClass === 0) to.largeType[i] = word(layout.largeType);
  return true;
}
