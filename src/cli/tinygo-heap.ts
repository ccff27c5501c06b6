import { diffHeaps, type HeapDiff } from '../go/runtime/heap/diff.ts';
import { WholeMemory } from '../memory/whole-memory.ts';
import { readContent } from '../tinygo/heap-content.ts';
import type { HeapSummary } from '../memory/heap-rows.ts';
import { summarizeContent } from '../tinygo/heap-summary.ts';
import { TinyGoHeap, type HeapTotals } from '../tinygo/heap.ts';
import { readTasks } from '../tinygo/tasks.ts';
import { TaskWaits } from '../tinygo/waits.ts';
import type { HeapOptions } from './heap.ts';
import { bytesText, countText, growthLines, growthPercent, table } from './heap-text.ts';
import type { CliIo } from './io.ts';
import { doubtsOf, readMemoryFile } from './memory-file.ts';
import { openTold } from './open-module.ts';
import { attempt, openTinyGo } from './open-tinygo.ts';

interface ReadHeap {
  readonly totals: HeapTotals;
  readonly largestFree: number;
  readonly memoryBytes: number;
  readonly goroutines: number;
  /** Of all objects in use. */
  readonly summary: HeapSummary;
  /** Of those that something outside of the heap leads to. */
  readonly reachable: HeapSummary;
}

/** The exit code when a threshold is exceeded. */
const EXCEEDED = 3;
const ROWS = 20;
const NO_TYPES =
  'TinyGo notes no types of objects: they are told apart by size, and by what its runtime is known to make.';

/** gowasm heap, of a module of TinyGo. `limit`: percent by which it may have grown; null for any. */
export async function tinyGoHeap(options: HeapOptions, limit: number | null, io: CliIo): Promise<number> {
  const after = await open(options.modulePath, options.memoryPath, io);
  const before =
    options.basePath === null
      ? null
      : await open(options.baseModulePath ?? options.modulePath, options.basePath, io);
  const diff = before === null ? null : diffHeaps(before.reachable, after.reachable);
  const goroutines = before === null ? null : { before: before.goroutines, after: after.goroutines };
  const exceeded = diff !== null && limit !== null && growthPercent(diff) > limit;
  if (options.json) {
    const growth =
      diff === null
        ? {}
        : { growth: { ...diff, percent: growthPercent(diff), stacks: [], goroutines, exceeded } };
    io.stdout(`${JSON.stringify({ ...toJson(after), ...growth }, null, 2)}\n`);
  } else {
    io.stderr(`gowasm: ${NO_TYPES}\n`);
    io.stdout(textOf(after, diff, goroutines));
  }
  if (!exceeded) return 0;
  io.stderr(`gowasm: the heap has grown by ${growthPercent(diff).toFixed(1)} %, more than ${limit} %\n`);
  return EXCEEDED;
}

async function open(modulePath: string, memoryPath: string, io: CliIo): Promise<ReadHeap> {
  const { symbols } = await openTold(modulePath, io);
  const runtime = openTinyGo(modulePath, symbols);
  const file = await readMemoryFile(memoryPath, io);
  for (const doubt of doubtsOf(file, symbols.wasm.bytes)) io.stderr(`gowasm: ${memoryPath}: ${doubt}\n`);
  const memory = new WholeMemory(file.bytes);
  return attempt(memoryPath, () => {
    const heap = new TinyGoHeap(memory, runtime.globals, runtime.precise);
    const tasks = readTasks(runtime, memory);
    const waits = new TaskWaits(runtime, memory, heap, tasks);
    const content = readContent(runtime, memory, heap, tasks, waits);
    return {
      ...{ totals: heap.totals(), largestFree: heap.largestFree, memoryBytes: memory.size },
      goroutines: tasks.length,
      summary: summarizeContent(heap, content, () => true),
      reachable: summarizeContent(heap, content, (object) => content.reachable[object] === 1),
    };
  });
}

function textOf(
  { totals, largestFree, memoryBytes, goroutines, summary, reachable }: ReadHeap,
  diff: HeapDiff | null,
  grownBy: { readonly before: number; readonly after: number } | null,
): string {
  const counter = (value: bigint | null): string => (value === null ? 'not known' : countText(Number(value)));
  const lines = [
    `in use      ${bytesText(totals.inUseBytes)} in ${countText(totals.objects)} objects`,
    `reachable   ${bytesText(reachable.bytes)} in ${countText(reachable.objects)} objects; the rest is garbage`,
    `free        ${bytesText(totals.freeBytes)} of ${bytesText(totals.heapBytes)}, the largest stretch ${bytesText(largestFree)}`,
    `allocated   ${counter(totals.mallocs)} objects, freed ${counter(totals.frees)}`,
    `goroutines  ${countText(goroutines)}; their stacks are objects of the heap`,
    `memory      ${bytesText(memoryBytes)}`,
    '',
    ...table(
      ['size', 'objects', 'bytes'],
      summary.classes.map((row) => [String(row.size), countText(row.objects), bytesText(row.bytes)]),
    ),
    '',
    ...table(
      ['kind', 'objects', 'bytes'],
      summary.types.slice(0, ROWS).map((row) => [row.name, countText(row.objects), bytesText(row.bytes)]),
    ),
  ];
  if (diff !== null) lines.push('', ...growthLines({ diff, stacks: [], goroutines: grownBy, paths: [] }));
  return `${lines.join('\n')}\n`;
}

function toJson({ totals, largestFree, memoryBytes, goroutines, summary, reachable }: ReadHeap): object {
  const number = (value: bigint | null): number | null => (value === null ? null : Number(value));
  return {
    inUseBytes: totals.inUseBytes,
    objects: summary.objects,
    reachableBytes: reachable.bytes,
    reachableObjects: reachable.objects,
    spans: 0,
    totals: {
      ...{ heapAlloc: totals.inUseBytes, heapObjects: totals.objects, heapInuse: totals.inUseBytes },
      ...{ heapIdle: totals.freeBytes, heapSys: totals.heapBytes, largestFree, memoryBytes },
      ...{ totalAlloc: number(totals.totalAlloc), mallocs: number(totals.mallocs) },
      frees: number(totals.frees),
    },
    classes: summary.classes.map(({ size, objects, bytes }) => ({ size, objects, bytes })),
    types: summary.types.map(({ confidence, ...row }) => ({ ...row, confidence: confidence.kind })),
    goroutines,
  };
}
