import { FormatError } from '../../../base/format-error.ts';
import { address, type Address } from '../../../base/units.ts';
import type { Memory } from '../../../memory/memory.ts';
import type { HeapLayouts } from './heap-layouts.ts';
import type { HeapObjects } from './objects.ts';
import { PAGE_SIZE } from './spans.ts';
import type { TypeShapes } from './type-shapes.ts';

// Which words of an object are pointers, as the collector knows it (Go src/runtime/mbitmap.go). Up to 1.19 an arena has a byte for four words:
// the low half says which are pointers, the high half that more follow. 1.20 and 1.21: a bit a word. Since 1.22 spans of objects of up to 512
// bytes have a bit a word at their end; larger objects begin with the address of their type, and objects above 32 KiB have it in
// mspan.largeType.

const WORD = 8;
/** Since 1.22: objects up to this size have bits, larger ones a type. */
export const MAX_BITS_SIZE = 512;
/** Bytes of a part of a large object. */
const PART_SIZE = 1 << 20;
/** Bytes of a span's pointer bits: one for each word of its page. */
const SPAN_BITS = PAGE_SIZE / WORD / 8;

/** Reads the collector's own maps. Every member throws only NeedPages; where a map is damaged there are no pointers. */
export class PointerWords {
  readonly #memory: Memory;
  readonly #layouts: HeapLayouts;
  readonly #objects: HeapObjects;
  readonly #shapes: TypeShapes;
  /** Address of the array of *heapArena. */
  readonly #arenas: number;

  constructor(
    memory: Memory,
    layouts: HeapLayouts,
    mheap: Address,
    objects: HeapObjects,
    shapes: TypeShapes,
  ) {
    this.#memory = memory;
    this.#layouts = layouts;
    this.#objects = objects;
    this.#shapes = shapes;
    this.#arenas = layouts.pointers.kind === 'span' ? 0 : memory.word(address(mheap + layouts.mheap.arenas));
  }

  /** Bytes at the object's start that are the allocator's: its type. */
  headerSize(object: number): number {
    const size = this.#objects.sizeOf(object);
    const row = this.#objects.span[object] ?? 0;
    const large = (this.#objects.spans.spanClass[row] ?? 0) >>> 1 === 0;
    const typed = this.#layouts.pointers.kind === 'span' && size > MAX_BITS_SIZE && !large;
    return typed && this.#objects.hasPointers(object) ? WORD : 0;
  }

  /** Address of the type that the allocator noted for an object; 0 where it noted none. An array has the type of its elements. */
  typeOf(object: number): number {
    const { spans, span } = this.#objects;
    if (this.headerSize(object) > 0) return this.#word(this.#objects.address[object] ?? 0);
    return spans.largeType[span[object] ?? 0] ?? 0;
  }

  /** In how many parts the pointers of an object can be visited: small ones have one. */
  partsOf(object: number): number {
    // Up to 1.19 the map says at one place that nothing follows.
    return this.#layouts.pointers.kind === 'nibbles'
      ? 1
      : Math.ceil(this.#objects.sizeOf(object) / PART_SIZE);
  }

  /**
   * Calls `visit` with the address of every word of the object that the collector takes for a pointer; `part`: only in the part of that number of an
   * object that has several.
   */
  visit(object: number, visit: (at: number) => void, part?: number): void {
    const objects = this.#objects;
    if (!objects.hasPointers(object)) return;
    const first = objects.address[object] ?? 0;
    const size = objects.sizeOf(object);
    const last = Math.min(first + size, this.#memory.size);
    const start = part === undefined ? first : first + part * PART_SIZE;
    const end = part === undefined ? last : Math.min(last, start + PART_SIZE);
    const { pointers } = this.#layouts;
    try {
      if (pointers.kind === 'nibbles') this.#nibbles(start, end, visit);
      else if (pointers.kind === 'arena') this.#arenaBits(start, end, visit);
      else if (size <= MAX_BITS_SIZE) this.#spanBits(object, start, end, pointers.marks, visit);
      else this.#typed(this.typeOf(object), first + this.headerSize(object), last, start, end, visit);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }

  /** Values of a type from `start` to `end`; of the pointers those in [from, to). */
  #typed(
    type: number,
    start: number,
    end: number,
    from: number,
    to: number,
    visit: (at: number) => void,
  ): void {
    const shape = this.#shapes.shapeAt(type);
    if (shape === undefined || shape.pointers.length === 0 || shape.type.size < WORD) return;
    const { pointers } = shape;
    const { size } = shape.type;
    const before = Math.max(0, Math.floor((from - start) / size));
    for (let base = start + before * size; base + size <= end && base < to; base += size) {
      for (let i = 0; i < pointers.length; i++) {
        const at = base + (pointers[i] ?? 0);
        if (at >= from && at < to) visit(at);
      }
    }
  }

  #spanBits(object: number, start: number, end: number, marks: number, visit: (at: number) => void): void {
    const { spans, span } = this.#objects;
    const row = span[object] ?? 0;
    const first = spans.start[row] ?? 0;
    // The collector's marks stand behind the bits, but for objects of eight bytes.
    const behind = (spans.elemSize[row] ?? 0) > WORD ? marks : 0;
    const bits = first + (spans.pages[row] ?? 0) * PAGE_SIZE - behind - SPAN_BITS;
    const from = (start - first) / WORD;
    const words = (end - start) / WORD;
    for (let word = 0; word < words;) {
      const index = from + word;
      const shift = index & 31;
      const count = Math.min(32 - shift, words - word);
      const all = this.#memory.u32(address(bits + (index >>> 5) * 4)) >>> shift;
      this.#visitBits(all, count, start + word * WORD, visit);
      word += count;
    }
  }

  #arenaBits(start: number, end: number, visit: (at: number) => void): void {
    const { arenaBytes } = this.#layouts;
    for (let at = start; at < end;) {
      const index = (at % arenaBytes) / WORD;
      const shift = index & 31;
      const count = Math.min(32 - shift, (end - at) / WORD);
      const all = this.#memory.u32(address(this.#arena(at) + (index >>> 5) * 4)) >>> shift;
      this.#visitBits(all, count, at, visit);
      at += count * WORD;
    }
  }

  #nibbles(start: number, end: number, visit: (at: number) => void): void {
    const { arenaBytes } = this.#layouts;
    for (let at = start; at < end; at += WORD) {
      const index = (at % arenaBytes) / WORD;
      const byte = this.#memory.u8(address(this.#arena(at) + (index >>> 2))) >>> (index & 3);
      if ((byte & 0x10) === 0) return;
      if ((byte & 1) !== 0) visit(at);
    }
  }

  #visitBits(bits: number, count: number, at: number, visit: (at: number) => void): void {
    let rest = count === 32 ? bits : bits & ((1 << count) - 1);
    while (rest !== 0) {
      const bit = 31 - Math.clz32(rest & -rest);
      visit(at + bit * WORD);
      rest &= rest - 1;
    }
  }

  /** The heapArena of an address; its bits come first. */
  #arena(at: number): number {
    return this.#word(this.#arenas + Math.floor(at / this.#layouts.arenaBytes) * WORD);
  }

  #word(at: number): number {
    return this.#memory.word(address(at));
  }
}
