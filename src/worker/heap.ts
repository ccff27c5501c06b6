import { address, type Address } from '../base/units.ts';
import { diffHeaps } from '../go/runtime/heap/diff.ts';
import { UNREACHABLE } from '../go/runtime/heap/dominators.ts';
import { readHeap, type Heap } from '../go/runtime/heap/heap.ts';
import { Rank } from '../go/runtime/heap/infer.ts';
import { UNKNOWN } from '../go/runtime/heap/object-types.ts';
import { Retention, type Reference } from '../go/runtime/heap/retention.ts';
import { summarize, type HeapSummary } from '../go/runtime/heap/summary.ts';
import { Moment } from '../go/runtime/moment.ts';
import type { GoRuntime } from '../go/runtime/runtime.ts';
import { WholeMemory } from '../memory/whole-memory.ts';
import { CancelledError, type Handlers } from '../protocol/endpoint.ts';
import type { HeapFacts, HeapObjectRow, HeapReference, HeapRequests } from '../protocol/heap.ts';
import { nextTask } from './next-task.ts';

/** The memory of a snapshot, as far as its heap is concerned. */
export interface HeapSource {
  readonly runtime: GoRuntime;
  readonly sp: Address | null;
  /** Bytes of the memory. */
  readonly size: number;
  /** False where the program runs on while it is read. */
  readonly consistent: boolean;
  readonly bytes: (from: number, length: number) => Promise<Uint8Array>;
}

interface Kept {
  /** What it was read from: another one under the same key is another snapshot. */
  readonly of: HeapSource;
  readonly heap: Heap;
  readonly retention: Retention;
  readonly reachable: HeapSummary;
  readonly facts: HeapFacts;
  /** Objects by what was asked for last, in order. */
  order: { readonly of: string; readonly objects: Uint32Array } | null;
}

/** Bytes that are read at a time. */
const STEP = 8 << 20;
/** Of progress: reading the memory. The rest is the heap's. */
const READING = 0.5;
const MAX_ROWS = 1000;

/** Answers requests about heaps, which it keeps. `open`: the snapshot of that key, the same object each time; it throws where there is none. */
export function heapHandlers(open: (snapshotKey: string) => HeapSource): Handlers<HeapRequests> & {
  forget: (snapshotKey: string) => void;
} {
  const kept = new Map<string, Kept>();
  const get = (snapshotKey: string): Kept => {
    const found = kept.get(snapshotKey);
    if (found?.of !== open(snapshotKey)) throw new Error('the heap of this snapshot has not been read');
    return found;
  };
  return {
    forget: (snapshotKey) => {
      kept.delete(snapshotKey);
    },

    'heap.read': async ({ snapshotKey }, { signal, progress }) => {
      const source = open(snapshotKey);
      const known = kept.get(snapshotKey);
      if (known?.of === source) return known.facts;
      const memory = await readAll(source, signal, progress);
      const heap = readHeap(new Moment(source.runtime, new WholeMemory(memory), { sp: source.sp }));
      await nextTask();
      if (signal.aborted) throw new CancelledError();
      progress((1 + READING) / 2);
      const retention = new Retention(heap);
      const { dominator } = retention.dominators;
      const reachable = summarize(heap, (object) => dominator[object] !== UNREACHABLE);
      const notes = source.consistent
        ? heap.notes
        : ['The program ran on while its memory was read: objects may contradict each other.', ...heap.notes];
      const facts: HeapFacts = {
        totals: heap.totals,
        summary: summarize(heap),
        reachable: { objects: reachable.objects, bytes: reachable.bytes },
        goroutines: heap.moment.goroutines.length,
        notes,
      };
      kept.set(snapshotKey, { of: source, heap, retention, reachable, facts, order: null });
      return facts;
    },

    'heap.objects': ({ snapshotKey, type, sort, from, count }) => {
      const one = get(snapshotKey);
      const objects = ordered(one, type, sort);
      const wanted = objects.subarray(from, from + Math.min(count, MAX_ROWS));
      return { total: objects.length, rows: Array.from(wanted, (object) => rowOf(one, object)) };
    },

    'heap.object': ({ snapshotKey, address: at }) => {
      const one = get(snapshotKey);
      const { heap, retention } = one;
      const object = heap.objects.find(at);
      if (object < 0) throw new Error(`no object of the heap is at 0x${at.toString(16)}`);
      const reference = (step: Reference): HeapReference => ({
        from: rowOf(one, step.object),
        field: step.field,
      });
      const path = retention.pathToRoot(object);
      const { first, to } = retention.graph;
      const targets = new Set(to.subarray(first[object], first[object + 1]));
      return {
        row: rowOf(one, object),
        retainers: retention.retainers(object, MAX_ROWS).map(reference),
        roots: retention.rootsOf(object),
        path: path === undefined ? null : { root: path.root, steps: path.steps.map(reference) },
        targets: [...targets].slice(0, MAX_ROWS).map((target) => rowOf(one, target)),
      };
    },

    'heap.diff': ({ snapshotKey, base }) => diffHeaps(get(base).reachable, get(snapshotKey).reachable),
  };
}

async function readAll(
  { size, bytes }: HeapSource,
  signal: AbortSignal,
  progress: (fraction: number) => void,
): Promise<Uint8Array> {
  const memory = new Uint8Array(size);
  for (let from = 0; from < size; from += STEP) {
    if (signal.aborted) throw new CancelledError();
    memory.set(await bytes(from, Math.min(STEP, size - from)), from);
    progress((from / size) * READING);
  }
  return memory;
}

function ordered(one: Kept, type: string | null, sort: 'bytes' | 'retained'): Uint32Array {
  const of = JSON.stringify([type, sort]);
  if (one.order?.of === of) return one.order.objects;
  const { objects, types } = one.heap;
  const wanted = new Uint8Array(types.types.count);
  for (let i = 0; i < wanted.length; i++) wanted[i] = type === null || types.types.name(i) === type ? 1 : 0;
  const found: number[] = [];
  for (let object = 0; object < objects.count; object++) {
    if (wanted[types.type[object] ?? UNKNOWN] === 1) found.push(object);
  }
  const { retained } = one.retention.dominators;
  const weight = (object: number): number =>
    sort === 'bytes' ? objects.sizeOf(object) : (retained[object] ?? 0);
  const sorted = Uint32Array.from(found).sort((a, b) => weight(b) - weight(a) || a - b);
  one.order = { of, objects: sorted };
  return sorted;
}

function rowOf({ heap, retention }: Kept, object: number): HeapObjectRow {
  const { types, objects } = heap;
  const type = types.type[object] ?? UNKNOWN;
  const known = types.rank[object] === Rank.exact ? 'exact' : 'inferred';
  return {
    address: address(objects.addressOf(object)),
    type: types.types.name(type),
    confidence: type === UNKNOWN ? 'unavailable' : known,
    bytes: objects.sizeOf(object),
    retained: retention.dominators.retained[object] ?? 0,
  };
}
