import { readHeapLayouts } from '../go/runtime/heap/heap-layouts.ts';
import { readJsFuncs } from '../go/runtime/js-funcs.ts';
import type { GlobalName } from '../go/runtime/globals.ts';
import type { GoRuntime } from '../go/runtime/runtime.ts';
import { FormatError } from '../base/format-error.ts';
import type { Handlers } from '../protocol/endpoint.ts';
import type { JsFunction, JsFuncTable, ReferenceRequests, SamplePlan } from '../protocol/references.ts';
import type { AskForMemory } from './analysis.ts';
import { FarSnapshotMemory } from './goroutines-memory.ts';
import type { AnalyzedModule, ModuleStore } from './module-store.ts';

/** A sample counts no more goroutines than this: counting ten thousand takes a page about a tenth of a millisecond. */
const MAX_GOROUTINES = 100_000;
/** _Gdead, Go src/runtime/runtime2.go. */
const DEAD = 6;

/** Answers requests about js.Func and samples. */
export function referenceHandlers(store: ModuleStore, ask: AskForMemory): Handlers<ReferenceRequests> {
  return {
    'references.funcs': async ({ moduleKey, target, byteLength }) => {
      const { runtime } = store.get(moduleKey);
      if (!('value' in runtime)) {
        const missing = `The Go functions behind js.Func are not known: ${runtime.why}.`;
        return { id: new Uint32Array(), function: new Uint32Array(), functions: [], missing };
      }
      const memory = new FarSnapshotMemory(runtime.value, byteLength, false, (ranges) =>
        ask.read(target, ranges),
      );
      return tableOf(await memory.walk((bytes) => readJsFuncs(runtime.value, bytes)));
    },
    'sample.plan': ({ moduleKey }) => planOf(store.get(moduleKey)),
  };
}

function tableOf({ funcs, missing }: ReturnType<typeof readJsFuncs>): JsFuncTable {
  const functions: JsFunction[] = [];
  const numbers = new Map<string, number>();
  const sorted = [...funcs].sort((a, b) => a.id - b.id);
  const column = sorted.map(({ function: name, file, line }) => {
    const key = `${name} ${file}:${line}`;
    const number = numbers.get(key) ?? functions.length;
    if (!numbers.has(key)) {
      numbers.set(key, number);
      functions.push({ name, file, line });
    }
    return number;
  });
  return {
    id: Uint32Array.from(sorted, ({ id }) => id),
    function: Uint32Array.from(column),
    functions,
    missing,
  };
}

function planOf({ runtime }: AnalyzedModule): SamplePlan {
  if (!('value' in runtime)) {
    const why = `Heap, goroutines and collections are not sampled: ${runtime.why}.`;
    return { request: { words: [], goroutines: null }, words: [], missing: [why] };
  }
  const { globals, layouts } = runtime.value;
  const words: { name: SamplePlan['words'][number]; at: number; through: number | null }[] = [];
  const missing: string[] = [];
  const add = (
    name: SamplePlan['words'][number],
    what: string,
    global: GlobalName,
    offset: () => { readonly add: number; readonly through: number | null },
  ): void => {
    const { address, confidence } = globals[global];
    if (address === undefined) {
      missing.push(`${what} not sampled: ${confidence.kind === 'exact' ? '' : confidence.why}.`);
      return;
    }
    const { add: distance, through } = offset();
    words.push({ name, at: address + distance, through });
  };
  const heap = heapLayoutsOf(runtime.value);
  if (typeof heap === 'string') missing.push(`Heap and collections are not sampled: ${heap}.`);
  else {
    add('heapInUse', 'The heap in use is', 'gcController', () => ({
      add: heap.controller.heapInUse,
      through: null,
    }));
    add('collections', 'Collections are', 'memstats', () => ({ add: heap.stats.numGc, through: null }));
  }
  if (runtime.value.program.functionNamed('syscall/js.handleEvent') !== undefined) {
    add('functions', 'Functions of js.FuncOf are', 'jsFuncs', () => ({ add: 0, through: 0 }));
  }
  const list = globals.allgs.address;
  if (list === undefined) missing.push('Goroutines are not sampled: their list was not found.');
  return {
    request: {
      words: words.map(({ at, through }) => ({ at, through })),
      goroutines:
        list === undefined
          ? null
          : { list, limit: MAX_GOROUTINES, status: layouts.layouts.g.atomicstatus, dead: DEAD },
    },
    words: words.map(({ name }) => name),
    missing,
  };
}

/** The layouts, or why there are none. */
function heapLayoutsOf(runtime: GoRuntime): ReturnType<typeof readHeapLayouts> | string {
  try {
    return readHeapLayouts(runtime);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return error.message;
  }
}
