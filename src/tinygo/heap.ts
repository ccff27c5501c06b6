import { FormatError } from '../base/format-error.ts';
import { address, type Address } from '../base/units.ts';
import type { Memory } from '../memory/memory.ts';
import type { TinyGoGlobal, TinyGoGlobals } from './globals.ts';

/** Bytes of a block (TinyGo src/runtime/gc_blocks.go, 0.33: bytesPerBlock). */
export const BLOCK = 16;

/** What the two bits of a block say (blockState). 1 is the head of an object, 3 a head that a collection that is under way has reached. */
const STATE = { free: 0, tail: 2 } as const;

/** An object of the heap: blocks that were allocated together. */
export interface HeapObject {
  readonly address: Address;
  /** Bytes, a multiple of a block: what it was asked for is not noted. */
  readonly size: number;
}

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
 * two bits for each. Throws a FormatError where memory holds no such heap.
 */
export class TinyGoHeap {
  readonly start: Address;
  readonly metadata: Address;
  readonly blocks: number;
  readonly #memory: Memory;
  readonly #globals: TinyGoGlobals;
  #objects: readonly HeapObject[] | undefined;

  constructor(memory: Memory, globals: TinyGoGlobals) {
    const metadataAt = globals.addressOf('runtime.metadataStart');
    const endAt = globals.addressOf('runtime.endBlock');
    if (metadataAt === undefined || endAt === undefined) {
      throw new FormatError('memory', 0, 'the module does not say where the heap is', true);
    }
    this.#memory = memory;
    this.#globals = globals;
    this.metadata = address(memory.u32(metadataAt));
    this.blocks = memory.u32(endAt);
    const start = this.metadata - this.blocks * BLOCK;
    // The heap begins at a multiple of a block; between its last block and the metadata there may be a part of one.
    this.start = address(start - (start % BLOCK));
    const metadataEnd = this.metadata + Math.ceil(this.blocks / 4);
    if (start <= 0 || this.blocks === 0 || metadataEnd > memory.size) {
      throw new FormatError('memory', this.metadata, `no heap of ${this.blocks} blocks ends here`, true);
    }
  }

  /** All objects, in rising order of address. Read once. */
  objects(): readonly HeapObject[] {
    this.#objects ??= this.#readObjects();
    return this.#objects;
  }

  /** The object that an address points into; undefined outside the heap and in a free block. */
  objectAt(at: number): HeapObject | undefined {
    const objects = this.objects();
    let low = 0;
    let high = objects.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((objects[middle]?.address ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    const object = objects[low - 1];
    return object !== undefined && at < object.address + object.size ? object : undefined;
  }

  /** What is in use, and the runtime's own counters. */
  totals(): HeapTotals {
    let objects = 0;
    let inUseBytes = 0;
    for (const { size } of this.objects()) {
      objects++;
      inUseBytes += size;
    }
    const counter = (name: TinyGoGlobal): bigint | null => {
      const at = this.#globals.addressOf(name);
      return at === undefined ? null : this.#memory.u64(at);
    };
    return {
      objects,
      inUseBytes,
      freeBytes: this.blocks * BLOCK - inUseBytes,
      heapBytes: this.blocks * BLOCK,
      totalAlloc: counter('runtime.gcTotalAlloc'),
      mallocs: counter('runtime.gcMallocs'),
      frees: counter('runtime.gcFrees'),
    };
  }

  #readObjects(): HeapObject[] {
    const bits = this.#memory.bytes(this.metadata, Math.ceil(this.blocks / 4));
    const objects: HeapObject[] = [];
    let head = -1;
    for (let block = 0; block <= this.blocks; block++) {
      const state = block === this.blocks ? STATE.free : ((bits[block >>> 2] ?? 0) >>> ((block & 3) * 2)) & 3;
      if (state === STATE.tail) continue;
      if (head >= 0) {
        objects.push({ address: address(this.start + head * BLOCK), size: (block - head) * BLOCK });
      }
      head = state === STATE.free ? -1 : block;
    }
    return objects;
  }
}
