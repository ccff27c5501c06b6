// How long it takes to read a heap, to find what keeps what in it, and to compare two, and how much memory that takes. Program `heap` makes
// the heaps: records that refer to each other, a map, byte slices.
import type { Steps } from '../../src/base/steps.ts';
import { address } from '../../src/base/units.ts';
import { readGoModule } from '../../src/go/go-module.ts';
import { diffHeaps } from '../../src/go/runtime/heap/diff.ts';
import { computeDominators } from '../../src/go/runtime/heap/dominators.ts';
import { readGraph } from '../../src/go/runtime/heap/graph.ts';
import { readHeap } from '../../src/go/runtime/heap/heap.ts';
import { summarize } from '../../src/go/runtime/heap/summary.ts';
import { Moment } from '../../src/go/runtime/moment.ts';
import { readRuntime } from '../../src/go/runtime/runtime.ts';
import { WholeMemory } from '../../src/memory/whole-memory.ts';
import { readModule } from '../../src/wasm/module.ts';
import { fixture, fixtureBytes } from '../support/fixtures.ts';
import { runGo } from '../support/run-go.ts';

/** Times in milliseconds, memory in bytes. */
export interface HeapMeasured {
  /** Bytes of linear memory, and in use in the heap. */
  readonly memory: number;
  readonly inUse: number;
  readonly objects: number;
  readonly pointers: number;
  /** Spans, objects, roots, types. */
  readonly walk: number;
  readonly graph: number;
  readonly dominators: number;
  /** Both summaries and their comparison. */
  readonly diff: number;
  /** The longest step: until a cancel is seen. */
  readonly longest: number;
  /** What is held at the end, beside linear memory. */
  readonly held: number;
}

const RUNS = 3;

/** Makes a heap of so many megabytes in a program of its own, and measures. */
export async function measureHeap(megabytes: number): Promise<HeapMeasured> {
  const module = fixture({ family: 'heap', goVersion: '1.27.3' });
  const { heaps } = await runGo(module, { args: ['big', String(megabytes)] });
  const [made] = heaps;
  const goModule = readGoModule(readModule(fixtureBytes(module)));
  if (made === undefined || goModule === undefined) throw new Error('the program made no heap');
  const runtime = readRuntime(goModule);
  const memory = new WholeMemory(made.memory);
  const runs = Array.from({ length: RUNS }, () => measureOnce(memory, made.sp, runtime));
  return runs.reduce((best, run) => (total(run) < total(best) ? run : best));
}

const total = ({ walk, graph, dominators, diff }: HeapMeasured): number => walk + graph + dominators + diff;

function measureOnce(memory: WholeMemory, sp: number, runtime: ReturnType<typeof readRuntime>): HeapMeasured {
  const before = process.memoryUsage();
  let longest = 0;
  const timed = <Result>(steps: Steps<Result>): Result => {
    for (;;) {
      const start = performance.now();
      const { done, value } = steps.next();
      longest = Math.max(longest, performance.now() - start);
      if (done === true) return value;
    }
  };
  const from = performance.now();
  const heap = timed(readHeap(new Moment(runtime, memory, { sp: address(sp) })));
  const walked = performance.now();
  const graph = timed(readGraph(memory, heap.objects, heap.pointers));
  const linked = performance.now();
  const sizeOf = (object: number): number => heap.objects.sizeOf(object);
  const { reachable } = timed(computeDominators(graph, heap.roots.object, sizeOf));
  const dominated = performance.now();
  diffHeaps(timed(summarize(heap, (object) => object % 2 === 0)), timed(summarize(heap)));
  const compared = performance.now();
  const after = process.memoryUsage();
  if (reachable < heap.objects.count * 0.99) throw new Error('objects of the heap are not reached');
  return {
    memory: memory.size,
    inUse: heap.totals.heapAlloc,
    objects: heap.objects.count,
    pointers: graph.to.length,
    walk: walked - from,
    graph: linked - walked,
    dominators: dominated - linked,
    diff: compared - dominated,
    longest,
    held: after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed,
  };
}
