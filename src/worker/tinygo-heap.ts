import { finish } from '../base/steps.ts';
import { address } from '../base/units.ts';
import type { Amount } from '../go/runtime/heap/diff.ts';
import { computeDominators, type Dominators } from '../go/runtime/heap/dominators.ts';
import type { HeapGraph } from '../go/runtime/heap/graph.ts';
import type { HeapTotals } from '../go/runtime/heap/totals.ts';
import { hex } from '../go/runtime/text.ts';
import type { Handlers } from '../protocol/endpoint.ts';
import type {
  HeapFacts,
  HeapObjectRow,
  HeapPath,
  HeapReference,
  HeapRequests,
  HeapValue,
} from '../protocol/heap.ts';
import { summarizeContent } from '../tinygo/heap-summary.ts';
import type { HeapContent } from '../tinygo/heap-content.ts';
import { compareFigures, type HeapFigures } from './heap-figures.ts';
import type { TinyGoSnapshot } from './tinygo-snapshot.ts';

const MAX_ROWS = 1000;
const CONSERVATIVE =
  'TinyGo notes no types, and its collector takes every word that looks like a pointer for one: who points to an object is as the collector sees it.';
const PRECISE =
  'TinyGo notes no types, but with -gc=precise which words of each object may be pointers: others are left out.';

interface Kept {
  readonly snapshot: TinyGoSnapshot;
  readonly content: HeapContent;
  readonly graph: HeapGraph;
  readonly dominators: Dominators;
  readonly figures: HeapFigures;
  /** The edge that leads to each object on a shortest path from a root, by the object it comes from; -1 for a root's own and those unreached. */
  readonly parent: Int32Array;
}

/** Answers requests about heaps of TinyGo programs, which it keeps. `open`: the snapshot of that key. */
export function tinyGoHeapHandlers(open: (snapshotKey: string) => TinyGoSnapshot): Handlers<HeapRequests> & {
  /** The objects of a snapshot go with it; its figures stay. */
  dropped: (snapshotKey: string) => void;
  hasFigures: (snapshotKey: string) => boolean;
} {
  const kept = new Map<string, Kept>();
  const figures = new Map<string, HeapFigures>();
  const get = (snapshotKey: string): Kept => {
    const found = kept.get(snapshotKey);
    if (found?.snapshot !== open(snapshotKey)) throw new Error('the heap of this snapshot has not been read');
    return found;
  };
  const need = (snapshotKey: string): HeapFigures => {
    const found = figures.get(snapshotKey);
    if (found === undefined) throw new Error('the heap of this snapshot has not been read');
    return found;
  };
  return {
    dropped: (snapshotKey) => {
      kept.delete(snapshotKey);
    },
    hasFigures: (snapshotKey) => figures.has(snapshotKey),

    'heap.read': ({ snapshotKey }) => {
      const snapshot = open(snapshotKey);
      let one = kept.get(snapshotKey);
      if (one?.snapshot !== snapshot) {
        one = readKept(snapshot);
        kept.set(snapshotKey, one);
        figures.set(snapshotKey, one.figures);
      }
      return { facts: one.figures.facts, dropped: [] };
    },

    'heap.objects': ({ snapshotKey, type, sort, from, count }) => {
      const one = get(snapshotKey);
      const objects = ordered(one, type, sort);
      const wanted = objects.slice(from, from + Math.min(count, MAX_ROWS));
      return { total: objects.length, rows: wanted.map((object) => rowOf(one, object)) };
    },

    'heap.object': ({ snapshotKey, address: at }) => {
      const one = get(snapshotKey);
      const object = objectAt(one, at);
      const { first, to } = one.content;
      const targets = [...new Set(to.subarray(first[object], first[object + 1]))];
      return {
        row: rowOf(one, object),
        retainers: retainersOf(one, object),
        roots: rootsOf(one, object),
        path: pathTo(one, object),
        targets: targets.slice(0, MAX_ROWS).map((target) => rowOf(one, target)),
      };
    },

    'heap.value': ({ snapshotKey, address: at, from, count }) => {
      const one = get(snapshotKey);
      return valueOf(one, objectAt(one, at), from, count);
    },

    'heap.keeps': ({ snapshotKey, type }) => {
      const one = get(snapshotKey);
      const [largest] = ordered(one, type, 'retained');
      return largest === undefined ? null : pathTo(one, largest);
    },

    'heap.diff': ({ snapshotKey, base }) => compareFigures(need(base), need(snapshotKey)),

    'heap.forget': ({ snapshotKey }) => {
      kept.delete(snapshotKey);
      figures.delete(snapshotKey);
      return null;
    },
  };
}

function readKept(snapshot: TinyGoSnapshot): Kept {
  const { heap } = snapshot;
  const content = snapshot.content();
  const graph = graphOf(content, heap.count);
  const roots = Uint32Array.from(new Set(content.roots.map(({ object }) => object)));
  const dominators = finish(computeDominators(graph, roots, (object) => heap.sizeOf(object)));
  const summary = summarizeContent(heap, content, () => true);
  const reachable = summarizeContent(heap, content, (object) => content.reachable[object] === 1);
  const facts: HeapFacts = {
    totals: totalsOf(snapshot),
    summary,
    reachable: { objects: reachable.objects, bytes: reachable.bytes },
    goroutines: snapshot.items().length,
    notes: [
      ...(snapshot.memory.consistent
        ? []
        : ['The program ran on while its memory was read: objects may contradict each other.']),
      snapshot.program.runtime.precise ? PRECISE : CONSERVATIVE,
      `The largest free stretch has ${heap.largestFree.toLocaleString('en-US')} bytes. Stacks of goroutines are objects of the heap.`,
    ],
  };
  const figures: HeapFigures = {
    facts,
    reachable,
    allocations: { amounts: [], notes: ['TinyGo keeps no memory profile.'] },
    goroutines: goroutinesOf(snapshot),
  };
  return { snapshot, content, graph, dominators, figures, parent: parentsOf(content, heap.count) };
}

function totalsOf(snapshot: TinyGoSnapshot): HeapTotals {
  const { heap } = snapshot;
  const totals = heap.totals();
  const number = (value: bigint | null): number | null => (value === null ? null : Number(value));
  return {
    ...{ heapAlloc: totals.inUseBytes, heapObjects: totals.objects, heapInuse: totals.inUseBytes },
    ...{ heapIdle: totals.freeBytes, heapReleased: 0, heapSys: totals.heapBytes },
    stackInuse: snapshot.stacks().reduce((sum, { lo, hi }) => sum + hi - lo, 0),
    ...{ sys: null, totalAlloc: number(totals.totalAlloc), mallocs: number(totals.mallocs) },
    ...{ frees: number(totals.frees), mspanInuse: null, mcacheInuse: null },
    gcSys: Math.ceil(heap.blocks / 4),
    ...{ otherSys: null, buckHashSys: null, nextGC: null, numGC: null, numForcedGC: null },
    ...{ lastGC: null, pauseTotalNs: null, pauses: [], memoryBytes: snapshot.memory.size },
  };
}

function goroutinesOf(snapshot: TinyGoSnapshot): HeapFigures['goroutines'] {
  const rows = snapshot.items();
  const bytes = new Map(snapshot.stacks().map(({ id, lo, hi }) => [id, hi - lo]));
  const amount = (name: string, id: number): Amount => ({ name, objects: 1, bytes: bytes.get(id) ?? 0 });
  return {
    count: rows.length,
    byFunction: rows.map(({ row, id }) => amount(row.startFunction, id)),
    byStack: rows.map(({ stack, id }) => amount(stack?.text ?? '?', id)),
  };
}

function graphOf({ first, to }: HeapContent, count: number): HeapGraph {
  const backFirst = new Uint32Array(count + 1);
  for (const target of to) backFirst[target + 1] = (backFirst[target + 1] ?? 0) + 1;
  for (let i = 0; i < count; i++) backFirst[i + 1] = (backFirst[i + 1] ?? 0) + (backFirst[i] ?? 0);
  const next = backFirst.slice();
  const from = new Uint32Array(to.length);
  for (let object = 0; object < count; object++) {
    for (let edge = first[object] ?? 0; edge < (first[object + 1] ?? 0); edge++) {
      const target = to[edge] ?? 0;
      const at = next[target] ?? 0;
      from[at] = object;
      next[target] = at + 1;
    }
  }
  return { count, first, to, backFirst, from };
}

/** Breadth first from the roots. */
function parentsOf({ first, to, roots }: HeapContent, count: number): Int32Array {
  const parent = new Int32Array(count).fill(-1);
  const seen = new Uint8Array(count);
  const queue: number[] = [];
  for (const { object } of roots) {
    if (seen[object] === 1) continue;
    seen[object] = 1;
    queue.push(object);
  }
  for (let next = 0; next < queue.length; next++) {
    const object = queue[next] ?? 0;
    for (let edge = first[object] ?? 0; edge < (first[object + 1] ?? 0); edge++) {
      const target = to[edge] ?? 0;
      if (seen[target] === 1) continue;
      seen[target] = 1;
      parent[target] = object;
      queue.push(target);
    }
  }
  return parent;
}

function objectAt({ snapshot }: Kept, at: number): number {
  const object = snapshot.heap.find(at);
  if (object < 0) throw new Error(`no object of the heap is at ${hex(at)}`);
  return object;
}

function ordered(one: Kept, type: string | null, sort: 'bytes' | 'retained'): number[] {
  const { content, dominators, snapshot } = one;
  const wanted = type === null ? -1 : content.kinds.findIndex(({ name }) => name === type);
  const weight = (object: number): number =>
    sort === 'bytes' ? snapshot.heap.sizeOf(object) : (dominators.retained[object] ?? 0);
  const found: number[] = [];
  for (let object = 0; object < snapshot.heap.count; object++) {
    if (type === null || content.kind[object] === wanted) found.push(object);
  }
  return found.sort((a, b) => weight(b) - weight(a) || a - b);
}

function rowOf({ snapshot, content, dominators }: Kept, object: number): HeapObjectRow {
  const kind = content.kinds[content.kind[object] ?? 0];
  return {
    address: snapshot.heap.addressOf(object),
    type: kind?.name ?? '',
    confidence: kind?.known === true ? 'inferred' : 'unavailable',
    bytes: snapshot.heap.sizeOf(object),
    retained: dominators.retained[object] ?? 0,
  };
}

/** The pointer from one object to another, as a word of the first. */
function reference(one: Kept, from: number, target: number): HeapReference {
  const { first, to, offset } = one.content;
  let edge = first[from] ?? 0;
  while (edge < (first[from + 1] ?? 0) && to[edge] !== target) edge++;
  return { from: rowOf(one, from), field: `+${offset[edge] ?? 0}` };
}

function retainersOf(one: Kept, object: number): HeapReference[] {
  const { backFirst, from } = one.graph;
  const owners = [...new Set(from.subarray(backFirst[object], backFirst[object + 1]))];
  return owners.slice(0, MAX_ROWS).map((owner) => reference(one, owner, object));
}

type Root = HeapPath['root'];

function rootsOf({ content, snapshot }: Kept, object: number): Root[] {
  return content.roots
    .filter((root) => root.object === object)
    .slice(0, MAX_ROWS)
    .map(({ at }) => ({ kind: 'variable', at, name: snapshot.variableAt(at), users: [] }));
}

function pathTo(one: Kept, object: number): HeapPath | null {
  if (one.content.reachable[object] !== 1) return null;
  const steps: HeapReference[] = [];
  let target = object;
  for (let owner = one.parent[target] ?? -1; owner >= 0; owner = one.parent[target] ?? -1) {
    steps.unshift(reference(one, owner, target));
    target = owner;
  }
  const [root] = rootsOf(one, target);
  return root === undefined ? null : { root, steps };
}

/** The words of an object. */
function valueOf(one: Kept, object: number, from: number, count: number): HeapValue {
  const { heap } = one.snapshot;
  const at = heap.addressOf(object);
  const total = heap.roomOf(object) / 4;
  const rows = Array.from({ length: Math.max(0, Math.min(count, 100, total - from)) }, (_, i) => {
    const word = one.snapshot.whole.u32(address(at + 4 * (from + i)));
    const target = heap.find(word);
    return {
      ...{ name: `+${4 * (from + i)}`, type: 'word', parts: 0 },
      text: word > 9 ? `${hex(word)} (${word})` : String(word),
      target: target < 0 ? null : heap.addressOf(target),
    };
  });
  return { text: `${total} words`, total, rows };
}
