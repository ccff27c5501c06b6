import { FormatError } from '../base/format-error.ts';
import { address, type Address } from '../base/units.ts';
import type { Memory } from '../memory/memory.ts';
import type { TinyGoGlobal, TinyGoGlobals } from './globals.ts';

/** Bytes of a block (TinyGo src/runtime/gc_blocks.go, 0.33: bytesPerBlock). */
export const BLOCK = 16;

/** What the two bits of a block say (blockState). 1 is the head of an object, 3 a head that a collection that is under way has reached. */
const STATE = { free: 0, tail: 2 } as const;

/** Bytes before an object in which the precise collector notes its layout (gc_precise.go: a word, aligned to 16). */
const LAYOUT_BYTES = 16;

/** What the runtime counts, as runtime.MemStats has it; null where the module does not say where the counters are. */
export interface HeapTotals {
  readonly objects: number;
  /** HeapInuse, HeapIdle, HeapSys. */
  readonly inUseBytes: number;
  readonly freeBytes: number;
  readonly heapBytes: number;
  readonly totalAlloc: bigint | null;
  readonly mallocs: bigint | null;
  readonly frees: bigint | null;
}

/**
 * The heap of a TinyGo program that collects in blocks (TinyGo src/runtime/gc_blocks.go, 0.33): blocks of 16 bytes from `start` on, behind them
 * two bits for each. Objects are numbers, in rising order of address. The constructor throws a FormatError where memory holds no such heap.
 */
export class TinyGoHeap {
  readonly start: Address;
  readonly metadata: Address;
  readonly blocks: number;
  /** Bytes at the head of each object that are the collector's: the layout of the precise one. */
  readonly header: number;
  /** First block of each object, and how many it has. */
  readonly block: Uint32Array;
  readonly length: Uint32Array;
  /** The longest stretch of free blocks, bytes. */
  readonly largestFree: number;
  readonly #memory: Memory;
  readonly #globals: TinyGoGlobals;

  constructor(memory: Memory, globals: TinyGoGlobals, precise: boolean) {
    const metadataAt = globals.addressOf('runtime.metadataStart');
    const endAt = globals.addressOf('runtime.endBlock');
    if (metadataAt === undefined || endAt === undefined) {
      throw new FormatError('memory', 0, 'the module does not say where the heap is', true);
    }
    this.#memory = memory;
    this.#globals = globals;
    this.header = precise ? LAYOUT_BYTES : 0;
    this.metadata = address(memory.u32(metadataAt));
    this.blocks = memory.u32(endAt);
    const start = this.metadata - this.blocks * BLOCK;
    // The heap begins at a multiple of a block; between its last block and the metadata there may be a part of one.
    this.start = address(start - (start % BLOCK));
    const metadataEnd = this.metadata + Math.ceil(this.blocks / 4);
    if (start <= 0 || this.blocks === 0 || metadataEnd > memory.size) {
      throw new FormatError('memory', this.metadata, `no heap of ${this.blocks} blocks ends here`, true);
    }
    const { heads, lengths, largestFree } = readBlocks(
      memory.bytes(this.metadata, Math.ceil(this.blocks / 4)),
      this.blocks,
    );
    this.block = heads;
    this.length = lengths;
    this.largestFree = largestFree * BLOCK;
  }

  get count(): number {
    return this.block.length;
  }

  /** What a pointer to the object is. */
  addressOf(object: number): Address {
    return address(this.start + (this.block[object] ?? 0) * BLOCK + this.header);
  }

  /** Bytes of its blocks, those of the collector included. What it was asked for is not noted. */
  sizeOf(object: number): number {
    return (this.length[object] ?? 0) * BLOCK;
  }

  /** Bytes from its address to the end of its blocks. */
  roomOf(object: number): number {
    return this.sizeOf(object) - this.header;
  }

  /** The object in whose blocks an address is; -1 outside the heap and in a free block. */
  find(at: number): number {
    const block = Math.floor((at - this.start) / BLOCK);
    if (block < 0 || block >= this.blocks) return -1;
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.block[middle] ?? 0) <= block) low = middle + 1;
      else high = middle;
    }
    const object = low - 1;
    return object >= 0 && block < (this.block[object] ?? 0) + (this.length[object] ?? 0) ? object : -1;
  }

  /** What is in use, and the runtime's own counters. */
  totals(): HeapTotals {
    let used = 0;
    for (const length of this.length) used += length;
    const counter = (name: TinyGoGlobal): bigint | null => {
      const at = this.#globals.addressOf(name);
      return at === undefined ? null : this.#memory.u64(at);
    };
    return {
      objects: this.count,
      inUseBytes: used * BLOCK,
      freeBytes: (this.blocks - used) * BLOCK,
      heapBytes: this.blocks * BLOCK,
      totalAlloc: counter('runtime.gcTotalAlloc'),
      mallocs: counter('runtime.gcMallocs'),
      frees: counter('runtime.gcFrees'),
    };
  }
}

/** `bits`: two of each block, four blocks a byte, the lowest bits first. */
function readBlocks(
  bits: Uint8Array,
  blocks: number,
): { readonly heads: Uint32Array; readonly lengths: Uint32Array; readonly largestFree: number } {
  const heads: number[] = [];
  const lengths: number[] = [];
  let head = -1;
  let free = 0;
  let largestFree = 0;
  for (let block = 0; block <= blocks; block++) {
    const state = block === blocks ? STATE.free : ((bits[block >>> 2] ?? 0) >>> ((block & 3) * 2)) & 3;
    if (state === STATE.tail && head >= 0) continue;
    if (head >= 0) {
      heads.push(head);
      lengths.push(block - head);
    }
    head = state === STATE.free || state === STATE.tail ? -1 : block;
    free = state === STATE.free && block < blocks ? free + 1 : 0;
    if (free > largestFree) largestFree = free;
  }
  return { heads: Uint32Array.from(heads), lengths: Uint32Array.from(lengths), largestFree };
}
