import { address, type Address } from '../base/units.ts';
import { UNREACHABLE } from '../go/runtime/heap/dominators.ts';
import { readHeap } from '../go/runtime/heap/heap.ts';
import { readRetention } from '../go/runtime/heap/retention.ts';
import { summarize } from '../go/runtime/heap/summary.ts';
import { Moment } from '../go/runtime/moment.ts';
import type { GoRuntime } from '../go/runtime/runtime.ts';
import { WholeMemory } from '../memory/whole-memory.ts';
import { CancelledError, type Handlers, type RequestContext } from '../protocol/endpoint.ts';
import type { HeapFacts, HeapRequests } from '../protocol/heap.ts';
import { compareFigures, figuresOf, type HeapFigures } from './heap-figures.ts';
import { detailOf, keepsOf, ordered, rowOf, type OpenHeap } from './heap-objects.ts';
import { valueOf } from './heap-values.ts';
import { inSlices, partOf } from './slices.ts';
import type { SnapshotBytes } from './snapshot-bytes.ts';

/** The memory of a snapshot, as far as its heap is concerned. */
export interface HeapSource {
  readonly runtime: GoRuntime;
  readonly sp: Address | null;
  /** Bytes of the memory. */
  readonly size: number;
  /** False where the program runs on while it is read. */
  readonly consistent: boolean;
  readonly bytes: SnapshotBytes;
}

interface Kept extends OpenHeap {
  /** What it was read from: another one under the same key is another snapshot. */
  readonly of: HeapSource;
  /** Bytes that it holds, the memory included. */
  readonly held: number;
  /** Objects by what was asked for last, in order. */
  order: { readonly of: string; readonly objects: Uint32Array } | null;
}

/** Bytes that are read at a time: turning them into text keeps the page's thread for some 10 ms a MiB. */
const STEP = 3 << 20;
/** Reads that are under way at a time: the page makes ready what comes next while what came is taken. */
const READS = 3;
const MAX_ROWS = 1000;
/** Of all snapshots whose objects are kept, in bytes; the newest is kept whatever it takes. The panel says this number. */
const MAX_HELD = 1.5 * 2 ** 30;

/** Answers requests about heaps, which it keeps. `open`: the snapshot of that key, the same object each time; it throws where there is none. */
export function heapHandlers(
  open: (snapshotKey: string) => HeapSource,
  maxHeld = MAX_HELD,
): Handlers<HeapRequests> & {
  /** The objects of a snapshot go with it; its figures stay. */
  dropped: (snapshotKey: string) => void;
} {
  /** In the order in which they were read. */
  const kept = new Map<string, Kept>();
  const figures = new Map<string, HeapFigures>();
  const get = (snapshotKey: string): Kept => {
    const found = kept.get(snapshotKey);
    if (found === undefined && figures.has(snapshotKey))
      throw new Error('only the figures of this snapshot are kept: its objects were dropped');
    if (found?.of !== open(snapshotKey)) throw new Error('the heap of this snapshot has not been read');
    return found;
  };
  const figuresFor = (snapshotKey: string): HeapFigures => {
    const found = figures.get(snapshotKey);
    if (found === undefined) throw new Error('the heap of this snapshot has not been read');
    return found;
  };
  /** Drops the oldest until the others fit; the keys of those that went. */
  const makeRoom = (newest: string): string[] => {
    let held = 0;
    for (const one of kept.values()) held += one.held;
    const gone: string[] = [];
    for (const [key, one] of kept) {
      if (held <= maxHeld) break;
      if (key === newest) continue;
      held -= one.held;
      kept.delete(key);
      gone.push(key);
    }
    return gone;
  };
  return {
    dropped: (snapshotKey) => {
      kept.delete(snapshotKey);
    },

    'heap.read': async ({ snapshotKey }, context) => {
      const source = open(snapshotKey);
      const known = figures.get(snapshotKey);
      if (known !== undefined && kept.get(snapshotKey)?.of === source)
        return { facts: known.facts, dropped: [] };
      const memory = await wholeMemory(source, partOf(context, 0, 0.5));
      const { one, found } = await readAll(source, memory, partOf(context, 0.5, 1));
      if (open(snapshotKey) !== source) throw new CancelledError();
      source.bytes.hold(memory);
      kept.delete(snapshotKey);
      kept.set(snapshotKey, one);
      figures.set(snapshotKey, found);
      return { facts: found.facts, dropped: makeRoom(snapshotKey) };
    },

    'heap.objects': ({ snapshotKey, type, sort, from, count }) => {
      const one = get(snapshotKey);
      const of = JSON.stringify([type, sort]);
      if (one.order?.of !== of) one.order = { of, objects: ordered(one, type, sort) };
      const { objects } = one.order;
      const wanted = objects.subarray(from, from + Math.min(count, MAX_ROWS));
      return { total: objects.length, rows: Array.from(wanted, (object) => rowOf(one, object)) };
    },

    'heap.object': ({ snapshotKey, address: at }) => {
      const one = get(snapshotKey);
      return detailOf(one, objectAt(one, at));
    },

    'heap.value': ({ snapshotKey, address: at, path, from, count }) => {
      const one = get(snapshotKey);
      return valueOf(one, objectAt(one, at), path, from, count);
    },

    'heap.keeps': ({ snapshotKey, type }) => keepsOf(get(snapshotKey), type),

    'heap.diff': ({ snapshotKey, base }) => compareFigures(figuresFor(base), figuresFor(snapshotKey)),

    'heap.forget': ({ snapshotKey }) => {
      kept.delete(snapshotKey);
      figures.delete(snapshotKey);
      return null;
    },
  };
}

/** The object that holds the byte at an address; throws where there is none. */
function objectAt({ heap }: OpenHeap, at: number): number {
  const object = heap.objects.find(at);
  if (object < 0) throw new Error(`no object of the heap is at 0x${at.toString(16)}`);
  return object;
}

/** Fetches all of a memory, unless it is here. */
async function wholeMemory(
  { size, bytes }: HeapSource,
  { signal, progress }: RequestContext,
): Promise<Uint8Array> {
  if (bytes.whole !== null) return bytes.whole;
  const memory = new Uint8Array(size);
  let next = 0;
  let read = 0;
  const readOn = async (): Promise<void> => {
    while (next < size) {
      if (signal.aborted) throw new CancelledError();
      const from = next;
      const length = Math.min(STEP, size - from);
      next += length;
      const [part] = await bytes.read([{ address: address(from), length }]);
      if (part?.length !== length) throw new Error('the page gave fewer bytes than were asked for');
      memory.set(part, from);
      read += length;
      progress(read / size);
    }
  };
  const stop = (error: unknown): never => {
    next = size;
    throw error;
  };
  await Promise.all(Array.from({ length: READS }, () => readOn().catch(stop)));
  return memory;
}

/** Reads the heap and counts it, in slices. */
async function readAll(
  source: HeapSource,
  memory: Uint8Array,
  context: RequestContext,
): Promise<{ one: Kept; found: HeapFigures }> {
  const { runtime, sp, consistent } = source;
  const moment = new Moment(runtime, new WholeMemory(memory), { sp });
  const heap = await inSlices(readHeap(moment), partOf(context, 0, 0.5));
  const retention = await inSlices(readRetention(heap), partOf(context, 0.5, 0.9));
  const { dominator } = retention.dominators;
  const isReachable = (object: number): boolean => dominator[object] !== UNREACHABLE;
  const reachable = await inSlices(summarize(heap, isReachable), partOf(context, 0.9, 0.95));
  const summary = await inSlices(summarize(heap), partOf(context, 0.95, 1));
  const notes = consistent
    ? heap.notes
    : ['The program ran on while its memory was read: objects may contradict each other.', ...heap.notes];
  const facts: HeapFacts = {
    totals: heap.totals,
    summary,
    reachable: { objects: reachable.objects, bytes: reachable.bytes },
    goroutines: moment.goroutines.length,
    notes,
  };
  const held = memory.length + heldBy({ heap, retention });
  return {
    one: { of: source, heap, retention, held, order: null },
    found: figuresOf(moment, facts, reachable),
  };
}

/** Bytes of the columns of a heap: objects have 9 of where and what they are, 16 of what points where and 12 of what keeps them; pointers 8. */
const heldBy = ({ heap, retention }: OpenHeap): number =>
  heap.objects.count * (9 + 16 + 12) + retention.graph.to.length * 8;
