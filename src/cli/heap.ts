import { finish } from '../base/steps.ts';
import { address } from '../base/units.ts';
import { diffHeaps, grown, type Amount, type Growth, type HeapDiff } from '../go/runtime/heap/diff.ts';
import { UNREACHABLE } from '../go/runtime/heap/dominators.ts';
import { readHeap, type Heap } from '../go/runtime/heap/heap.ts';
import { readRetention, type Retention } from '../go/runtime/heap/retention.ts';
import { summarize } from '../go/runtime/heap/summary.ts';
import type { HeapSummary } from '../memory/heap-rows.ts';
import { readMemoryProfile, type MemoryProfile } from '../go/runtime/memory-profile.ts';
import { allocationAmounts } from '../profile/allocations.ts';
import { Moment } from '../go/runtime/moment.ts';
import { WholeMemory } from '../memory/whole-memory.ts';
import { growthPercent, heapText, type PathText } from './heap-text.ts';
import { InputError, UsageError, type CliIo } from './io.ts';
import { doubtsOf, readMemoryFile } from './memory-file.ts';
import { readModuleFile } from './module-file.ts';
import { openRuntime } from './open-runtime.ts';
import { tinyGoHeap } from './tinygo-heap.ts';
import { chooseSymbols } from '../symbols/choose.ts';
import { readModule } from '../wasm/module.ts';

export interface HeapOptions {
  readonly modulePath: string;
  readonly memoryPath: string;
  /** An earlier memory to compare with; null when not given. */
  readonly basePath: string | null;
  /** The module of that one, where it is another build; null for the same. */
  readonly baseModulePath: string | null;
  /** Percent, as typed; null when not given. */
  readonly failGrowth: string | null;
  readonly json: boolean;
}

/** The exit code when a threshold is exceeded. */
const EXCEEDED = 3;
/** Types that have grown most whose path to a root is shown. */
const SHOWN_PATHS = 3;
/** Steps of a path that are shown at each end. */
const SHOWN_STEPS = 6;

/** One memory, read. */
export interface ReadHeap {
  readonly heap: Heap;
  readonly retention: Retention;
  /** Of all objects in use. */
  readonly summary: HeapSummary;
  /** Of those that roots lead to: what a collection would leave. */
  readonly reachable: HeapSummary;
  readonly profile: MemoryProfile;
}

/** gowasm heap */
export async function heap(options: HeapOptions, io: CliIo): Promise<number> {
  const limit = options.failGrowth === null ? null : parsePercent(options.failGrowth);
  if (options.basePath === null && (limit !== null || options.baseModulePath !== null)) {
    throw new UsageError('--fail-growth and --base-module go with --base');
  }
  if (await isTinyGo(options.modulePath, io)) return tinyGoHeap(options, limit, io);
  const after = await open(options.modulePath, options.memoryPath, io);
  const before =
    options.basePath === null
      ? null
      : await open(options.baseModulePath ?? options.modulePath, options.basePath, io);
  const diff = before === null ? null : diffHeaps(before.reachable, after.reachable);
  const stacks = before === null ? [] : grown(allocationsOf(before), allocationsOf(after));
  const goroutines =
    before === null
      ? null
      : { before: before.heap.moment.goroutines.length, after: after.heap.moment.goroutines.length };
  const exceeded = diff !== null && limit !== null && growthPercent(diff) > limit;
  if (options.json) {
    const found = diff === null ? {} : { growth: { ...growthJson(diff, stacks), goroutines, exceeded } };
    io.stdout(`${JSON.stringify({ ...summaryJson(after), ...found }, null, 2)}\n`);
  } else {
    const paths = diff === null ? [] : pathsOf(after, diff);
    io.stdout(heapText(after, diff === null ? null : { diff, stacks, goroutines, paths }));
  }
  if (!exceeded) return 0;
  io.stderr(`gowasm: the heap has grown by ${growthPercent(diff).toFixed(1)} %, more than ${limit} %\n`);
  return EXCEEDED;
}

async function isTinyGo(path: string, io: CliIo): Promise<boolean> {
  return chooseSymbols(readModule(await readModuleFile(path, io))).tinygo !== undefined;
}

async function open(modulePath: string, memoryPath: string, io: CliIo): Promise<ReadHeap> {
  const module = await readModuleFile(modulePath, io);
  const runtime = openRuntime(modulePath, module);
  const file = await readMemoryFile(memoryPath, io);
  for (const doubt of doubtsOf(file, module)) io.stderr(`gowasm: ${memoryPath}: ${doubt}\n`);
  const memory = new WholeMemory(file.bytes);
  const sp = file.header?.sp == null ? null : address(file.header.sp);
  const read = finish(readHeap(new Moment(runtime, memory, { sp })));
  for (const note of read.notes) io.stderr(`gowasm: ${memoryPath}: ${note}\n`);
  if (read.spans.count === 0) {
    throw new InputError(`${memoryPath}: no heap of ${modulePath} is in this memory`);
  }
  const retention = finish(readRetention(read));
  const { dominator } = retention.dominators;
  return {
    heap: read,
    retention,
    summary: finish(summarize(read)),
    reachable: finish(summarize(read, (object) => dominator[object] !== UNREACHABLE)),
    profile: readMemoryProfile(runtime, memory),
  };
}

function allocationsOf({ heap: { moment }, profile }: ReadHeap): Amount[] {
  return allocationAmounts(moment.runtime.program, profile);
}

/** Reads the PERCENT of `--fail-growth`; throws a UsageError for what is none. */
function parsePercent(text: string): number {
  const value = /^\d+(\.\d+)?%?$/.test(text) ? parseFloat(text) : Number.NaN;
  if (!Number.isFinite(value)) throw new UsageError(`${JSON.stringify(text)} is no PERCENT`);
  return value;
}

function summaryJson({ heap: read, summary, reachable }: ReadHeap): object {
  return {
    inUseBytes: read.totals.heapAlloc,
    objects: summary.objects,
    reachableBytes: reachable.bytes,
    reachableObjects: reachable.objects,
    spans: summary.spans,
    totals: read.totals,
    classes: summary.classes,
    types: summary.types.map(({ confidence, ...row }) => ({ ...row, confidence: confidence.kind })),
    goroutines: read.moment.goroutines.length,
  };
}

function growthJson(diff: HeapDiff, stacks: readonly Growth[]): object {
  return {
    ...diff,
    percent: growthPercent(diff),
    stacks: stacks.map(({ name, ...row }) => ({ stack: name.split('\n'), ...row })),
  };
}

/** What keeps objects of each of the types that have grown most: of some of them, the path that most have. */
function pathsOf({ heap: read, retention }: ReadHeap, diff: HeapDiff): PathText[] {
  const larger = diff.types.filter(
    ({ name, bytesAfter, bytesBefore }) => bytesAfter > bytesBefore && name !== 'unknown',
  );
  return larger.slice(0, SHOWN_PATHS).flatMap(({ name }): PathText[] => {
    const common = retention.commonPath(objectsOf(read, name));
    if (common === undefined) return [];
    const { types } = read;
    const steps = common.steps.map(
      (step) => `${types.types.name(types.type[step.object] ?? 0)}${step.field}`,
    );
    const left = steps.length - 2 * SHOWN_STEPS;
    const shown =
      left <= 0 ? steps : [...steps.slice(0, SHOWN_STEPS), `... ${left} more`, ...steps.slice(-SHOWN_STEPS)];
    return [{ name, root: common.root, steps: shown }];
  });
}

function objectsOf({ types, objects }: Heap, name: string): number[] {
  const found: number[] = [];
  for (let object = 0; object < objects.count; object++) {
    if (types.types.name(types.type[object] ?? 0) === name) found.push(object);
  }
  return found;
}
