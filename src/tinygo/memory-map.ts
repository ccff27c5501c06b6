import { FormatError } from '../base/format-error.ts';
import { address } from '../base/units.ts';
import type { Dwarf } from '../dwarf/dwarf.ts';
import type { Memory } from '../memory/memory.ts';
import type { Region } from '../memory/regions.ts';
import type { WasmModule } from '../wasm/module.ts';
import { TinyGoGlobals } from './globals.ts';
import { BLOCK, TinyGoHeap } from './heap.ts';
import { runtimeFiles } from './runtime-files.ts';
import { readTasks, TinyGoRuntime } from './tasks.ts';

// What lies where in the memory of a TinyGo program. wasm-ld puts the C stack first (TinyGo passes --stack-first), from where it grows down to
// 0; data follows, then variables that are zero, then the heap up to the end (TinyGo src/runtime/gc_blocks.go, 0.33).

export interface TinyGoMemoryMap {
  /** For `layRegions`. */
  readonly layers: readonly (readonly Region[])[];
  /** Sentences: what is missing, and why. */
  readonly notes: readonly string[];
}

const ZERO = 'variables, zero at the start';
/** Where asyncifysp is in internal/task.Task. */
const ASYNCIFY_SP = 28;

/** Regions of the data segments of a module, whatever made it. */
export function mapSegments({ data }: WasmModule): Region[] {
  const regions: Region[] = [];
  for (let i = 0; i < data.count; i++) {
    const start = data.address[i] ?? NaN;
    const size = data.size[i] ?? 0;
    if (Number.isNaN(start) || size === 0 || data.memory[i] !== 0) continue;
    regions.push({ start, end: start + size, kind: 'data', name: `data segment ${i}` });
  }
  return regions;
}

/** What lies where. `dwarf` undefined: the module has none. Throws only NeedPages. */
export function mapTinyGoMemory(wasm: WasmModule, dwarf: Dwarf | undefined, memory: Memory): TinyGoMemoryMap {
  const segments = mapSegments(wasm);
  const layers: Region[][] = [];
  const notes: string[] = [];
  const firstData = Math.min(memory.size, ...segments.map(({ start }) => start));
  const lastData = Math.max(0, ...segments.map(({ end }) => end));
  const stack = wasm.globals[0]?.init;
  // The stack pointer, which LLVM makes the first global.
  if (stack?.kind === 'i32' && address(stack.value) <= firstData) {
    layers.push([
      { start: 0, end: address(stack.value), kind: 'stack', name: 'stack of the program (C stack)' },
    ]);
  }
  // Zeros are not in the segments.
  layers.push([{ start: firstData, end: lastData, kind: 'bss', name: ZERO }], segments);
  try {
    if (dwarf === undefined) {
      throw new FormatError('module', 0, 'it has no DWARF: build it without -no-debug');
    }
    const heap = new TinyGoHeap(memory, new TinyGoGlobals(dwarf), runtimeFiles(dwarf).has('gc_precise.go'));
    layers.push([
      { start: lastData, end: heap.start, kind: 'bss', name: ZERO },
      { start: heap.start, end: heap.metadata, kind: 'free', name: 'free blocks' },
      { start: heap.metadata, end: memory.size, kind: 'runtime', name: 'the collector’s two bits a block' },
    ]);
    layers.push(Array.from({ length: heap.count }, (_, object) => placeOf(heap, object)));
    layers.push(goroutineStacks(wasm, dwarf, memory, heap));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    notes.push(`The heap is not known: ${error.message}.`);
  }
  return { layers, notes };
}

/** The blocks of an object. */
function placeOf(heap: TinyGoHeap, object: number): Region {
  const start = heap.start + (heap.block[object] ?? 0) * BLOCK;
  const size = heap.sizeOf(object);
  return { start, end: start + size, kind: 'heap', name: `object of ${size} B` };
}

function goroutineStacks(wasm: WasmModule, dwarf: Dwarf, memory: Memory, heap: TinyGoHeap): Region[] {
  try {
    return readTasks(new TinyGoRuntime(wasm, dwarf), memory).flatMap((task): Region[] => {
      const stack = heap.find(memory.u32(address(task.address + ASYNCIFY_SP)));
      if (stack < 0) return [];
      const name = `stack of the goroutine at 0x${task.address.toString(16)}`;
      return [{ ...placeOf(heap, stack), kind: 'stack', name }];
    });
  } catch (error) {
    // Without goroutines there are none to be named.
    if (!(error instanceof FormatError)) throw error;
    return [];
  }
}
