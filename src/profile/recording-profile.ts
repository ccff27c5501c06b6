import { ProfileBuilder, type NewLabel } from './builder.ts';
import { isRoot } from './call-tree.ts';
import type { ProfiledModule } from './go-locations.ts';
import type { Profile } from './profile.ts';
import { IDLE, type RecordedFrame, type RecordedThread } from './recording.ts';
import type { GoFunction, ModuleFrames } from './wasm-frames.ts';

/** Label of stacks whose beginning V8 cannot see, and its value. */
export const CUT_LABEL = 'stack';
export const CUT_TEXT = 'begins at the last goroutine switch: its callers are not known';

/** What the conversion of a recording adds to it. */
export interface RecordingOptions {
  /** The module and its functions; undefined leaves wasm frames as V8 names them. */
  readonly module?: { readonly frames: ModuleFrames; readonly info: ProfiledModule; readonly size: number };
}

/**
 * A CPU profile of a recording: sample types `samples` and `cpu` in nanoseconds as runtime/pprof has them, with the true time of every sample.
 * Idle time is left out, as Go does; a comment says how much. Of wasm functions the line is the declaration's: V8 records nothing
 * finer, and no inlined calls. With several threads each sample has a label `thread`.
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
    ...(options.module === undefined
      ? []
      : [
          'Lines of WebAssembly functions are those of their declarations; inlined calls are not shown apart.',
        ]),
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
    comments,
  });
  const places = new Places(builder, options);
  for (const thread of threads) addThread(builder, places, thread, threads.length > 1);
  return builder.build();
}

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
  // Rounded so that the sum is that of the whole recording.
  let exact = 0;
  let written = 0;
  for (let node = 0; node < nodeFrame.length; node++) {
    if (counts[node] === 0 || isIdle(frames[nodeFrame[node] ?? 0])) continue;
    const stack: number[] = [];
    let cut = false;
    let inner: GoFunction | undefined;
    for (let at = node; at >= 0; at = nodeParent[at] ?? -1) {
      const row = nodeFrame[at] ?? 0;
      const frame = frames[row];
      const found = place[row];
      if (frame === undefined || found === undefined || isRoot(frame)) continue;
      stack.push(found.location);
      if (found.go?.name === LOOP && inner !== undefined && !ROOTS.has(inner.name)) cut = true;
      inner = found.go;
    }
    const labels: NewLabel[] = [];
    if (labelled) labels.push({ key: 'thread', text: `${thread.name} ${thread.pid}/${thread.tid}`.trim() });
    if (cut) labels.push({ key: CUT_LABEL, text: CUT_TEXT });
    exact += (times[node] ?? 0) * 1000;
    const value = Math.round(exact) - written;
    written += value;
    builder.addSample(stack, [counts[node] ?? 0, value], labels);
  }
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

/** Locations of recorded frames. */
class Places {
  readonly #builder: ProfileBuilder;
  readonly #options: RecordingOptions;
  readonly #mapping: number;
  readonly #known = new Map<string, { location: number; go: GoFunction | undefined }>();

  constructor(builder: ProfileBuilder, options: RecordingOptions) {
    this.#builder = builder;
    this.#options = options;
    const { module } = options;
    this.#mapping =
      module === undefined
        ? -1
        : builder.addMapping({
            ...{ memoryStart: 0n, memoryLimit: BigInt(module.size), fileOffset: 0n },
            ...{ file: module.info.file, buildId: module.info.buildId },
            ...{ hasFunctions: true, hasFilenames: true, hasLineNumbers: false, hasInlineFrames: false },
          });
  }

  of(frame: RecordedFrame): { location: number; go: GoFunction | undefined } {
    const key = JSON.stringify([frame.functionName, frame.url, frame.scriptId, frame.line, frame.column]);
    let known = this.#known.get(key);
    if (known === undefined) this.#known.set(key, (known = this.#make(frame)));
    return known;
  }

  #make(frame: RecordedFrame): { location: number; go: GoFunction | undefined } {
    const go = this.#options.module?.frames.functionOf(frame);
    if (go !== undefined) {
      const { name, file, startLine, offset } = go;
      const line = { function: this.#builder.addFunction({ name, file, startLine }), line: startLine };
      return { location: this.#builder.addLocation([line], BigInt(offset), this.#mapping), go };
    }
    const name = frame.functionName === '' ? '(anonymous)' : frame.functionName;
    const line = {
      function: this.#builder.addFunction({ name, file: frame.url, startLine: frame.line }),
      line: frame.line,
      column: frame.column < 0 || frame.url === '' ? 0 : frame.column + 1,
    };
    return { location: this.#builder.addLocation([line]), go };
  }
}
