import { address } from '../base/units.ts';
import type { Memory } from '../memory/memory.ts';
import { BLOCK, type TinyGoHeap } from './heap.ts';
import type { Task, TinyGoRuntime } from './tasks.ts';
import type { TaskWaits } from './waits.ts';

// What the objects of a TinyGo heap are, and who points to whom. TinyGo notes no types: a few kinds of its runtime's own are known by their shape,
// and with -gc=precise each object's layout says which of its words may be pointers (TinyGo src/runtime/gc_precise.go, 0.33).

/** A word outside of the heap that looks like a pointer into it. */
export interface HeapRoot {
  /** Address of the word. */
  readonly at: number;
  readonly object: number;
}

/** Objects by what they are. */
export interface ObjectKind {
  /** `runtime.channel`, `goroutine stack`; `unknown, 32 bytes`. */
  readonly name: string;
  /** False where nothing but its size and layout is known. */
  readonly known: boolean;
}

/**
 * Pointers are edges `to[first[o]]` up to `to[first[o + 1] - 1]` of object `o`, found at `offset` bytes from its address; with a conservative
 * collector every word that looks like one is taken for a pointer, as the collector itself does.
 */
export interface HeapContent {
  readonly kinds: readonly ObjectKind[];
  /** Index in `kinds` of each object. */
  readonly kind: Uint32Array;
  readonly first: Uint32Array;
  readonly to: Uint32Array;
  readonly offset: Uint32Array;
  readonly roots: readonly HeapRoot[];
  /** 1 for objects that a root leads to: what a collection would leave. */
  readonly reachable: Uint8Array;
}

/** Bits of a layout that stands in a word: its lowest bit is 1, five bits of size, 26 of pointers. */
const SIZE_BITS = 5;
/** Words of a layout that stands in memory. */
const MAX_LAYOUT = 1 << 16;

/** Which words of an object may be pointers, counted from its address; null for all of them. */
type Layout = { readonly words: number; readonly isPointer: (word: number) => boolean } | null;

/** Reads all objects: time and memory grow with the heap. */
export function readContent(
  runtime: TinyGoRuntime,
  memory: Memory,
  heap: TinyGoHeap,
  tasks: readonly Task[],
  waits: TaskWaits,
): HeapContent {
  const objectOf = new Int32Array(heap.blocks).fill(-1);
  for (let object = 0; object < heap.count; object++) {
    const block = heap.block[object] ?? 0;
    objectOf.fill(object, block, block + (heap.length[object] ?? 0));
  }
  const end = heap.start + heap.blocks * BLOCK;
  const find = (word: number): number =>
    word < heap.start || word >= end ? -1 : (objectOf[Math.floor((word - heap.start) / BLOCK)] ?? -1);
  const words = wordsOf(memory, heap.start, end);

  const first = new Uint32Array(heap.count + 1);
  const to: number[] = [];
  const offset: number[] = [];
  const names = new KindNames(tasks, waits);
  const kind = new Uint32Array(heap.count);
  for (let object = 0; object < heap.count; object++) {
    const at = heap.addressOf(object);
    const layout = heap.header === 0 ? null : layoutAt(memory, at - heap.header);
    first[object] = to.length;
    const from = (at - heap.start) / 4;
    for (let word = 0; word < heap.roomOf(object) / 4; word++) {
      if (layout?.isPointer(word % layout.words) === false) continue;
      const target = find(words[from + word] ?? 0);
      if (target < 0 || target === object) continue;
      to.push(target);
      offset.push(4 * word);
    }
    kind[object] = names.of(at, heap.roomOf(object), layout);
  }
  first[heap.count] = to.length;

  const roots: HeapRoot[] = [];
  const data = runtime.firstData - (runtime.firstData % 4);
  wordsOf(memory, data, heap.start).forEach((word, i) => {
    const object = find(word);
    if (object >= 0) roots.push({ at: data + 4 * i, object });
  });
  const edges = { first, to: Uint32Array.from(to), offset: Uint32Array.from(offset) };
  return { kinds: names.kinds, kind, ...edges, roots, reachable: reach(edges, roots, heap.count) };
}

/** Names of what objects are. */
class KindNames {
  readonly kinds: ObjectKind[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #known: ReadonlyMap<number, string>;

  constructor(tasks: readonly Task[], waits: TaskWaits) {
    const known = new Map<number, string>();
    for (const { address: at, stack } of tasks) {
      known.set(at, 'internal/task.Task');
      known.set(stack, 'goroutine stack');
    }
    for (const task of tasks) {
      for (const wait of waits.of(task)) {
        if (wait.kind === 'channel' && wait.address !== null) known.set(wait.address, 'runtime.channel');
      }
    }
    this.#known = known;
  }

  of(at: number, room: number, layout: Layout): number {
    const known = this.#known.get(at);
    const name = known ?? `unknown, ${room} bytes${layoutText(layout)}`;
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.kinds.push({ name, known: known !== undefined }) - 1;
      this.#numbers.set(name, number);
    }
    return number;
  }
}

/** `, no pointers`; `, pointers at 0, 8 of every 12`; '' where nothing is known. */
function layoutText(layout: Layout): string {
  if (layout === null || layout.words > 64) return '';
  const pointers = Array.from({ length: layout.words }, (_, word) => word).filter(layout.isPointer);
  if (pointers.length === 0) return ', no pointers';
  return `, pointers at ${pointers.map((word) => 4 * word).join(', ')} of every ${4 * layout.words}`;
}

function layoutAt(memory: Memory, at: number): Layout {
  const layout = memory.u32(address(at));
  if (layout === 0) return null;
  if ((layout & 1) !== 0) {
    const words = (layout >>> 1) & ((1 << SIZE_BITS) - 1);
    const bits = layout >>> (1 + SIZE_BITS);
    return words === 0 ? null : { words, isPointer: (word) => ((bits >>> word) & 1) === 1 };
  }
  if (layout + 4 > memory.size) return null;
  const words = memory.u32(address(layout));
  const length = Math.ceil(words / 8);
  if (words === 0 || words > MAX_LAYOUT || layout + 4 + length > memory.size) return null;
  const bits = memory.bytes(address(layout + 4), length);
  return { words, isPointer: (word) => (((bits[word >>> 3] ?? 0) >>> (word & 7)) & 1) === 1 };
}

function reach(
  { first, to }: Pick<HeapContent, 'first' | 'to'>,
  roots: readonly HeapRoot[],
  count: number,
): Uint8Array {
  const reachable = new Uint8Array(count);
  const open = roots.map(({ object }) => object);
  for (;;) {
    const object = open.pop();
    if (object === undefined) return reachable;
    if (reachable[object] === 1) continue;
    reachable[object] = 1;
    for (let edge = first[object] ?? 0; edge < (first[object + 1] ?? 0); edge++) {
      const target = to[edge] ?? 0;
      if (reachable[target] !== 1) open.push(target);
    }
  }
}

function wordsOf(memory: Memory, from: number, to: number): Uint32Array {
  const length = Math.max(0, to - from);
  return new Uint32Array(memory.bytes(address(from), length - (length % 4)).slice().buffer);
}
