import { FormatError } from '../../../base/format-error.ts';
import type { Steps } from '../../../base/steps.ts';
import { address, type Address } from '../../../base/units.ts';
import { expectBytes, type Memory } from '../../../memory/memory.ts';
import { PAGE_SIZE, SpanState, type SpanTable } from './spans.ts';

// Objects of a span: a place is taken when it lies below freeindex, or when its bit in allocBits says that it outlived the last collection
// (Go src/runtime/mheap.go, mspan; mbitmap.go, isFree; the same from 1.19 to 1.27).

/** Bits of a word of a bitmap. */
const BITS = 32;
/** Spans between two steps. */
const STEP = 0x3ff;

interface Columns {
  readonly spans: SpanTable;
  readonly address: Uint32Array;
  readonly span: Uint32Array;
  readonly notes: readonly string[];
  readonly spanOfPage: Uint32Array;
  readonly firstWord: Uint32Array;
  readonly taken: Uint32Array;
  readonly rank: Uint32Array;
}

/**
 * All objects of a heap, in rising order of their addresses. An object is named by its number, 0 to `count` - 1. What takes memory besides
 * `address` and `span` is a quarter of a byte for each place and four bytes for each page.
 */
export class HeapObjects {
  readonly spans: SpanTable;
  readonly count: number;
  /** Where each object begins. */
  readonly address: Uint32Array;
  /** Its span: the row in `spans`. */
  readonly span: Uint32Array;
  /** Sentences: what contradicts itself. */
  readonly notes: readonly string[];
  /** For each page of the memory its span's row + 1, 0 for none. */
  readonly #spanOfPage: Uint32Array;
  /** For each span the first of its words in `#taken` and `#rank`. */
  readonly #firstWord: Uint32Array;
  readonly #taken: Uint32Array;
  /** Objects before each word. */
  readonly #rank: Uint32Array;

  private constructor(columns: Columns) {
    this.spans = columns.spans;
    this.count = columns.address.length;
    this.address = columns.address;
    this.span = columns.span;
    this.notes = columns.notes;
    this.#spanOfPage = columns.spanOfPage;
    this.#firstWord = columns.firstWord;
    this.#taken = columns.taken;
    this.#rank = columns.rank;
  }

  /** Throws only NeedPages. */
  static *read(memory: Memory, spans: SpanTable): Steps<HeapObjects> {
    const notes: string[] = [];
    const firstWord = new Uint32Array(spans.count);
    let words = 0;
    for (let row = 0; row < spans.count; row++) {
      firstWord[row] = words;
      if (spans.state[row] !== SpanState.inUse) continue;
      const places = spans.elements[row] ?? 0;
      words += Math.ceil(places / BITS);
      expectBytes(memory, address(spans.allocBits[row] ?? 0), Math.ceil(places / 8));
    }
    const taken = new Uint32Array(words);
    const rank = new Uint32Array(words);
    let differing = 0;
    let count = 0;
    for (let row = 0; row < spans.count; row++) {
      if ((row & STEP) === 0) yield (row / spans.count) * 0.4;
      if (spans.state[row] !== SpanState.inUse) continue;
      const first = firstWord[row] ?? 0;
      const readable = readTaken(memory, spans, row, taken, first);
      const before = count;
      for (let i = first; i < first + Math.ceil((spans.elements[row] ?? 0) / BITS); i++) {
        rank[i] = count;
        count += popCount(taken[i] ?? 0);
      }
      if (!readable || count - before !== spans.allocated[row]) differing++;
    }
    if (differing > 0) {
      notes.push(
        `In ${differing} of ${spans.count} spans the objects are not as many as the allocator counts: they are damaged, or the memory was read while the program ran.`,
      );
    }
    const addresses = new Uint32Array(count);
    const spanOf = new Uint32Array(count);
    const spanOfPage = new Uint32Array(Math.ceil(memory.size / PAGE_SIZE));
    let object = 0;
    for (let row = 0; row < spans.count; row++) {
      if ((row & STEP) === 0) yield 0.4 + (row / spans.count) * 0.6;
      const start = spans.start[row] ?? 0;
      const page = start / PAGE_SIZE;
      if (spans.state[row] !== SpanState.inUse) continue;
      spanOfPage.fill(row + 1, page, page + (spans.pages[row] ?? 0));
      const size = spans.elemSize[row] ?? 0;
      const first = firstWord[row] ?? 0;
      for (let i = 0; i < (spans.elements[row] ?? 0); i++) {
        if ((((taken[first + (i >>> 5)] ?? 0) >>> (i & 31)) & 1) === 0) continue;
        addresses[object] = start + i * size;
        spanOf[object++] = row;
      }
    }
    return new HeapObjects({
      ...{ spans, address: addresses, span: spanOf, notes },
      ...{ spanOfPage, firstWord, taken, rank },
    });
  }

  /** The object that holds the byte at `at`; -1 where there is none. */
  find(at: number): number {
    const row = this.spanAt(at);
    if (row < 0) return -1;
    const { spans } = this;
    const place = Math.floor((at - (spans.start[row] ?? 0)) / (spans.elemSize[row] ?? 1));
    if (place >= (spans.elements[row] ?? 0)) return -1;
    const word = (this.#firstWord[row] ?? 0) + (place >>> 5);
    const bits = this.#taken[word] ?? 0;
    const bit = place & 31;
    if (((bits >>> bit) & 1) === 0) return -1;
    return (this.#rank[word] ?? 0) + popCount(bits & ((1 << bit) - 1));
  }

  /** The row of the span in use that holds `at`; -1 where there is none. */
  spanAt(at: number): number {
    return (this.#spanOfPage[Math.floor(at / PAGE_SIZE)] ?? 0) - 1;
  }

  /** Bytes of the object's place, the allocator's header included. */
  sizeOf(object: number): number {
    return this.spans.elemSize[this.span[object] ?? 0] ?? 0;
  }

  /** Whether the collector looks for pointers in it. */
  hasPointers(object: number): boolean {
    return ((this.spans.spanClass[this.span[object] ?? 0] ?? 1) & 1) === 0;
  }

  addressOf(object: number): Address {
    return address(this.address[object] ?? 0);
  }
}

/** Sets the bits of the places that are taken; false where the span's own bits cannot be read: then those below freeindex are. */
function readTaken(
  memory: Memory,
  spans: SpanTable,
  row: number,
  taken: Uint32Array,
  first: number,
): boolean {
  const places = spans.elements[row] ?? 0;
  const below = spans.freeIndex[row] ?? 0;
  for (let i = 0; i < below; i += BITS) {
    const rest = below - i;
    taken[first + (i >>> 5)] = rest >= BITS ? 0xffffffff : 2 ** rest - 1;
  }
  if (below >= places) return true;
  try {
    const bits = memory.bytes(address(spans.allocBits[row] ?? 0), Math.ceil(places / 8));
    for (let i = below >>> 3; i < bits.length; i++) {
      // What is behind the last place is no object.
      const known = places - i * 8;
      const byte = (bits[i] ?? 0) & (known >= 8 ? 0xff : 2 ** known - 1);
      const word = first + (i >>> 2);
      taken[word] = (taken[word] ?? 0) | (byte << ((i & 3) * 8));
    }
    return true;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return false;
  }
}

/** Bits that are set in 32. */
export function popCount(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return (((n + (n >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
