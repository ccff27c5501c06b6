import { fileOfGoSourceUrl } from '../base/go-source-url.ts';
import { ProfileBuilder, type NewLabel } from './builder.ts';
import { isRoot } from './call-tree.ts';
import type { ProfiledModule } from './go-locations.ts';
import type { Profile } from './profile.ts';
import {
  GARBAGE_COLLECTOR,
  IDLE,
  isEngineGlue,
  isWasmFrame,
  PROGRAM,
  type RecordedFrame,
  type RecordedThread,
} from './recording.ts';
import type { GoFunction, ModuleFrames } from './wasm-frames.ts';

/** Label of stacks whose beginning V8 cannot see, and its value. */
export const CUT_LABEL = 'stack';
export const CUT_TEXT = 'begins at the last goroutine switch: its callers are not known';

/** Label that tells apart what the time went to. */
export const KIND_LABEL = 'kind';
export type SampleKind = 'Go' | 'Go GC' | 'WebAssembly' | 'JavaScript' | 'JavaScript GC' | 'browser';

/** A module that was recorded, and its functions. */
export interface RecordedModule {
  readonly frames: ModuleFrames;
  readonly info: ProfiledModule;
  /** Bytes of its file. */
  readonly size: number;
}

/** What the conversion of a recording adds to it. */
export interface RecordingOptions {
  /** A wasm frame that is of none of them stays as V8 names it. */
  readonly modules?: readonly RecordedModule[];
  /** When the recording began, nanoseconds since 1970 UTC. */
  readonly timeNanos?: bigint;
  /** Why the recording's axis is no time, where it was made of a profile. */
  readonly synthetic?: string | undefined;
}

/**
 * A CPU profile of a recording: sample types `samples` and `cpu` in nanoseconds as runtime/pprof has them, with the true time of every sample.
 * Idle time is left out, as Go does; a comment says how much. Of wasm functions the line is the declaration's: V8 records nothing
 * finer, and no inlined calls. What carries calls between Go and JavaScript, or from one resumed Go function to the next, is left out of stacks
 * unless it is what was running. The label `kind` tells Go, its garbage collector, JavaScript and the engine's own work apart; with several
 * threads each sample has a label `thread`.
 */
export function recordingProfile(
  threads: readonly RecordedThread[],
  options: RecordingOptions = {},
): Profile {
  const total = threads.reduce((sum, { durations }) => durations.reduce((a, b) => a + b, sum), 0);
  const intervals = threads.map(({ interval }) => interval).filter((interval) => interval > 0);
  const nanos = (micros: number): number => Math.round(micros * 1000);
  let idle = 0;
  for (const thread of threads) {
    for (const [index, node] of thread.samples.entries()) {
      if (isIdle(thread.frames[thread.nodeFrame[node] ?? 0])) idle += thread.durations[index] ?? 0;
    }
  }
  const comments = [
    ...(options.synthetic === undefined
      ? []
      : [`Made of a trace with a synthetic axis: ${options.synthetic}.`]),
    ...((options.modules ?? []).length === 0 ? [] : [DECLARATIONS, FOLDED]),
    `Idle: ${(idle / 1000).toFixed(1)} ms of ${(total / 1000).toFixed(1)} ms, not in the samples.`,
  ];
  const builder = new ProfileBuilder({
    sampleTypes: [
      { type: 'samples', unit: 'count' },
      { type: 'cpu', unit: 'nanoseconds' },
    ],
    periodType: { type: 'cpu', unit: 'nanoseconds' },
    period: BigInt(nanos(Math.min(...intervals, Number.MAX_SAFE_INTEGER / 1e6)) || 0),
    durationNanos: BigInt(nanos(longest(threads))),
    ...(options.timeNanos === undefined ? {} : { timeNanos: options.timeNanos }),
    comments,
  });
  const places = new Places(builder, options);
  for (const thread of threads) addThread(builder, places, thread, threads.length > 1);
  return builder.build();
}

const DECLARATIONS =
  'Lines of WebAssembly functions are those of their declarations; inlined calls are not shown apart.';
const FOLDED =
  'Folded: wasm_pc_f_loop, wrappers and the calls between JavaScript and WebAssembly stand in stacks only where they were running.';

function longest(threads: readonly RecordedThread[]): number {
  return threads.reduce(
    (most, { durations }) =>
      Math.max(
        most,
        durations.reduce((a, b) => a + b, 0),
      ),
    0,
  );
}

function isIdle(frame: RecordedFrame | undefined): boolean {
  return frame?.functionName === IDLE && frame.url === '';
}

function addThread(builder: ProfileBuilder, places: Places, thread: RecordedThread, labelled: boolean): void {
  const { frames, nodeFrame, nodeParent } = thread;
  const counts = new Uint32Array(nodeFrame.length);
  const times = new Float64Array(nodeFrame.length);
  for (const [index, node] of thread.samples.entries()) {
    counts[node] = (counts[node] ?? 0) + 1;
    times[node] = (times[node] ?? 0) + (thread.durations[index] ?? 0);
  }
  const place = frames.map((frame) => places.of(frame));
  const labelsOf = nodeLabels(
    thread,
    place.map(({ go }) => go),
    labelled,
  );
  // Rounded so that the sum is that of the whole recording.
  let exact = 0;
  let written = 0;
  for (let node = 0; node < nodeFrame.length; node++) {
    if (counts[node] === 0 || isIdle(frames[nodeFrame[node] ?? 0])) continue;
    const stack: number[] = [];
    for (let at = node; at >= 0; at = nodeParent[at] ?? -1) {
      const row = nodeFrame[at] ?? 0;
      const frame = frames[row];
      const found = place[row];
      if (frame === undefined || found === undefined || isRoot(frame)) continue;
      if (at === node || !isFolded(frame, found.go)) stack.push(found.location);
    }
    exact += (times[node] ?? 0) * 1000;
    const value = Math.round(exact) - written;
    written += value;
    builder.addSample(stack, [counts[node] ?? 0, value], labelsOf(node));
  }
}

/**
 * What labels the samples of a thread's nodes get: what their time went to, with `labelled` the thread, and whether the stack is cut off. `gos`: the
 * functions of its frames.
 */
export function nodeLabels(
  thread: RecordedThread,
  gos: readonly (GoFunction | undefined)[],
  labelled: boolean,
): (node: number) => NewLabel[] {
  const { frames, nodeFrame, nodeParent } = thread;
  const name = `${thread.name} ${thread.pid}/${thread.tid}`.trim();
  return (node) => {
    const stack: (GoFunction | undefined)[] = [];
    let cut = false;
    let inner: GoFunction | undefined;
    for (let at = node; at >= 0; at = nodeParent[at] ?? -1) {
      const row = nodeFrame[at] ?? 0;
      const frame = frames[row];
      if (frame === undefined || isRoot(frame)) continue;
      const go = gos[row];
      if (go?.name === LOOP && inner !== undefined && !ROOTS.has(inner.name)) cut = true;
      inner = go;
      stack.push(go);
    }
    const labels: NewLabel[] = [{ key: KIND_LABEL, text: kindOf(frames[nodeFrame[node] ?? 0], stack) }];
    if (labelled) labels.push({ key: 'thread', text: name });
    if (cut) labels.push({ key: CUT_LABEL, text: CUT_TEXT });
    return labels;
  };
}

/** The function that calls resumed Go functions, one after the other (Go src/cmd/internal/obj/wasm, src/runtime/rt0_js_wasm.s). */
const LOOP = 'wasm_pc_f_loop';
/** What it calls when nothing is missing below. */
const ROOTS = new Set([
  'runtime.rt0_go',
  '_rt0_wasm_js',
  '_rt0_wasm_wasip1',
  'runtime.main',
  'runtime.mstart',
  'runtime.mcall',
]);

/** Whether a frame only carries a call from one place to the next. */
export function isFolded(frame: RecordedFrame, go: GoFunction | undefined): boolean {
  return go === undefined ? isEngineGlue(frame) : go.role === 'glue' || go.role === 'wrapper';
}

/** Where Go's garbage collector works: on its own goroutines, or in the allocation of another (Go src/runtime/mgc.go, mgcmark.go, mgcsweep.go). */
const GO_GC =
  /^runtime\.(?:gcBgMarkWorker|gcAssistAlloc|gcStart|gcMarkTermination|bgsweep|bgscavenge|deductSweepCredit)\b/;

/** Whether a function is Go's garbage collector, for whatever it calls. */
export const isGoGc = ({ name }: GoFunction): boolean => GO_GC.test(name);

/** What the time of a sample went to. `gos`: its frames' functions, innermost first. */
function kindOf(innermost: RecordedFrame | undefined, gos: readonly (GoFunction | undefined)[]): SampleKind {
  if (innermost?.url === '' && innermost.functionName === GARBAGE_COLLECTOR) return 'JavaScript GC';
  if (innermost?.url === '' && innermost.functionName === PROGRAM) return 'browser';
  if (gos[0] === undefined)
    return innermost !== undefined && isWasmFrame(innermost) ? 'WebAssembly' : 'JavaScript';
  return gos.some((go) => go !== undefined && isGoGc(go)) ? 'Go GC' : 'Go';
}

/** Locations of recorded frames. */
class Places {
  readonly #builder: ProfileBuilder;
  readonly #modules: readonly (RecordedModule & { readonly start: number; readonly mapping: number })[];
  readonly #known = new Map<string, { location: number; go: GoFunction | undefined }>();

  constructor(builder: ProfileBuilder, options: RecordingOptions) {
    this.#builder = builder;
    // Modules stand one after the other in the profile's address space, each from a boundary of 64 KiB.
    let start = 0;
    this.#modules = (options.modules ?? []).map((module) => {
      const memoryStart = BigInt(start);
      const mapping = builder.addMapping({
        ...{ memoryStart, memoryLimit: memoryStart + BigInt(module.size), fileOffset: 0n },
        ...{ file: module.info.file, buildId: module.info.buildId },
        ...{ hasFunctions: true, hasFilenames: true, hasLineNumbers: false, hasInlineFrames: false },
      });
      const placed = { ...module, start, mapping };
      start += Math.ceil((module.size + 1) / 0x10000) * 0x10000;
      return placed;
    });
  }

  of(frame: RecordedFrame): { location: number; go: GoFunction | undefined } {
    const key = JSON.stringify([frame.functionName, frame.url, frame.scriptId, frame.line, frame.column]);
    let known = this.#known.get(key);
    if (known === undefined) this.#known.set(key, (known = this.#make(frame)));
    return known;
  }

  #make(frame: RecordedFrame): { location: number; go: GoFunction | undefined } {
    for (const { frames, start, mapping } of this.#modules) {
      const go = frames.functionOf(frame);
      if (go === undefined) continue;
      const { name, file, startLine, offset } = go;
      const line = { function: this.#builder.addFunction({ name, file, startLine }), line: startLine };
      return { location: this.#builder.addLocation([line], BigInt(start + offset), mapping), go };
    }
    const name = frame.functionName === '' ? '(anonymous)' : frame.functionName;
    const line = {
      function: this.#builder.addFunction({
        name,
        file: fileOfGoSourceUrl(frame.url),
        startLine: frame.line,
      }),
      line: frame.line,
      column: frame.column < 0 || frame.url === '' ? 0 : frame.column + 1,
    };
    return { location: this.#builder.addLocation([line]), go: undefined };
  }
}
