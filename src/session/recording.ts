import { CancelledError } from '../protocol/endpoint.ts';
import type { GoroutineQuery } from '../protocol/goroutines.ts';
import type { RecordedProgram } from '../protocol/recording.ts';
import type { Analysis } from './session.ts';
import type { Toolchain } from '../symbols/module-report.ts';
import { GoroutineSampler, HOLD_MS, samplingNotes, type SampledProgram } from './goroutine-sampler.ts';
import type { CpuRecorder, RecordedTrace, SamplingInterval } from './cpu-recorder.ts';
import type { InstanceState, SessionState } from './state.ts';
import type { TaskList } from './tasks.ts';

/** What the user chose. */
export interface RecordingChoice {
  readonly intervalMicros: SamplingInterval;
  /** Of every Go program whose memory can be reached: goroutines with their stacks `before and after`; `all along` their states too, several times a second. */
  readonly goroutines: 'none' | 'before and after' | 'all along';
}

/** The recording that is under way, or how the last one ended. */
export interface RecordingState {
  readonly status: 'idle' | 'starting' | 'recording' | 'reading';
  /** While it runs: milliseconds since the epoch. */
  readonly since: number | null;
  /** While it runs: how full the browser's buffer is, 0..1. */
  readonly bufferFull: number;
  /** While it is read: bytes. */
  readonly bytesRead: number;
  /** The task to cancel, of `SessionState.tasks`. */
  readonly taskId: number | null;
  /** Why the last one failed; null where it did not. */
  readonly error: string | null;
}

export const NO_RECORDING: RecordingState = {
  status: 'idle',
  since: null,
  bufferFull: 0,
  bytesRead: 0,
  taskId: null,
  error: null,
};

/** A recording that has become a capture. */
export interface RecordedCpu {
  /** Of `SessionState.captures`. */
  readonly captureKey: string;
  /** Keys of the goroutine snapshots that were taken before it began and after its end. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** A finished recording. */
export interface CpuRecording extends RecordedTrace {
  /** As it was recorded, with tracks of goroutines and linear memory. Frames have the engine's names. */
  readonly json: ArrayBuffer;
  /** For the list of captures. */
  readonly name: string;
  readonly intervalMicros: SamplingInterval;
  /** Keys of the goroutine snapshots that were taken before it began and after its end. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Goroutines are not waited for longer than this: a program that does not give the page a turn cannot be read. */
const TURN_MS = 3000;
/** Nor than this once their memory is copied: it is read beside all else that the machine has to do. */
const READING_MS = 30_000;
/** Nor are modules: the recording can be opened again once they are there. */
const MODULES_MS = 10_000;

export interface RecordingParts {
  readonly recorder: CpuRecorder;
  readonly tasks: TaskList;
  readonly state: () => SessionState;
  readonly analysis: Analysis;
  /** Takes a snapshot of a running program and keeps it over the next one. `copied`: the page has given a turn, and its memory is copied. */
  readonly takeSnapshot: (instanceKey: string, copied: () => void) => Promise<string>;
  readonly subscribe: (listener: () => void) => () => void;
  readonly changed: (state: RecordingState) => void;
}

/** Records CPU samples of the page, one recording at a time, with the goroutines as they were before and after. */
export class CpuRecordings {
  readonly #parts: RecordingParts;
  #state = NO_RECORDING;
  #stop: AbortController | null = null;

  constructor(parts: RecordingParts) {
    this.#parts = parts;
  }

  /** Ends the recording that is under way; what `record` gave resolves then. */
  stop(): void {
    this.#stop?.abort();
  }

  /** Records until `stop`. Rejects with CancelledError when the task is cancelled, else with the reason, which is in `RecordingState.error` too. */
  async record(choice: RecordingChoice): Promise<CpuRecording> {
    if (this.#stop !== null) throw new Error('a recording is under way');
    const stop = (this.#stop = new AbortController());
    try {
      return await this.#parts.tasks.run('Recording CPU', (task) => {
        this.#set({ ...NO_RECORDING, status: 'starting', taskId: task.id });
        return this.#record(choice, stop.signal, task.signal);
      });
    } catch (error) {
      const cancelled = error instanceof CancelledError;
      this.#set({ ...NO_RECORDING, error: cancelled ? null : errorText(error) });
      throw error;
    } finally {
      this.#stop = null;
      if (this.#state.error === null) this.#set(NO_RECORDING);
    }
  }

  async #record(choice: RecordingChoice, stop: AbortSignal, cancel: AbortSignal): Promise<CpuRecording> {
    const { intervalMicros } = choice;
    const notes: string[] = [];
    const reads = choice.goroutines !== 'none';
    const before = reads ? await this.#goroutines(notes) : [];
    if (isAborted(cancel)) throw new CancelledError();
    const memory = new MemorySizes(this.#parts);
    let sampler: GoroutineSampler | null = null;
    let trace: RecordedTrace;
    try {
      trace = await this.#parts.recorder.record(
        { intervalMicros },
        {
          ...{ stop, cancel },
          started: () => {
            if (choice.goroutines === 'all along') {
              const [sampled, listless] = this.#running();
              sampler = new GoroutineSampler(this.#parts.analysis, sampled);
              notes.push(...listless.map(({ label }) => `${label}: ${WHY_LISTLESS}`));
            }
            this.#set({ ...this.#state, status: 'recording', since: Date.now() });
          },
          bufferFull: (bufferFull) => {
            this.#set({ ...this.#state, bufferFull });
          },
          reading: (bytesRead) => {
            this.#set({ ...this.#state, status: 'reading', bytesRead });
          },
        },
      );
    } catch (error) {
      memory.close();
      endOf(sampler);
      throw isAborted(cancel) ? new CancelledError() : error;
    }
    memory.close();
    const sampled = endOf(sampler);
    const after = reads ? await this.#goroutines(notes) : [];
    const { clock, wasmUrls } = trace;
    notes.push(...samplingNotes(sampled, clock.durationMs));
    await this.#modulesRead(wasmUrls);
    const programs = await this.#programs([...before, ...after], sampled, memory);
    const complete = await this.#parts.analysis.request(
      'recording.complete',
      { json: trace.json, clock, programs },
      { transfer: [trace.json] },
    );
    const when = new Date(clock.startTime).toTimeString().slice(0, 8);
    return {
      ...{ json: complete.json, clock, wasmUrls, intervalMicros, before, after },
      name: `cpu ${when}`,
      notes: [...trace.notes, ...new Set([...notes, ...complete.notes])],
    };
  }

  /** Waits until the modules of the recording are read, which DevTools may just have begun to see: a busy page is not heard. */
  async #modulesRead(wasmUrls: readonly string[]): Promise<void> {
    const { state, subscribe } = this.#parts;
    const isRead = (): boolean => {
      const settled = new Set(
        state()
          .modules.filter(({ status }) => status !== 'loading')
          .map(({ url }) => url),
      );
      const read = wasmUrls.every((url) => settled.has(url) || url.startsWith('wasm://'));
      return read && state().modules.every(({ status }) => status !== 'loading');
    };
    if (isRead()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, MODULES_MS);
      const unsubscribe = subscribe(() => {
        if (isRead()) done();
      });
      function done(): void {
        clearTimeout(timer);
        unsubscribe();
        resolve();
      }
    });
  }

  /** What was seen of each program: its goroutines in these snapshots, and the sizes of its memory. */
  async #programs(
    snapshotKeys: readonly string[],
    sampled: readonly SampledProgram[],
    memory: MemorySizes,
  ): Promise<RecordedProgram[]> {
    const { instances, snapshots } = this.#parts.state();
    const programs: RecordedProgram[] = [];
    for (const { key: instanceKey, label } of instances) {
      const { samples = [] } = sampled.find((one) => one.instanceKey === instanceKey) ?? {};
      const moments = samples.map(({ time, goroutines }): RecordedProgram['moments'][number] => ({
        ...{ time, goroutines },
      }));
      for (const { key: snapshotKey, instanceKey: of, time } of snapshots) {
        if (of !== instanceKey || !snapshotKeys.includes(snapshotKey) || time === null) continue;
        const { rows } = await this.#parts.analysis.request('snapshot.rows', { ...FIRST_ROWS, snapshotKey });
        const goroutines = rows.flatMap((row) => {
          if (row.kind !== 'goroutine') return [];
          const { id, label, state, waitsOn, file, line, function: name } = row;
          const called = label === undefined ? {} : { label };
          return [{ id, ...called, state, waitsOn, function: name, place: `${file}:${line}` }];
        });
        moments.push({ time, goroutines });
      }
      const sizes = memory.of(instanceKey);
      if (moments.length > 0 || sizes.length > 0) {
        const holdMs = samples.length === 0 ? 0 : HOLD_MS;
        programs.push({ label, moments, holdMs, memory: sizes });
      }
    }
    return programs;
  }

  /** Programs that run: of Go, and of TinyGo. */
  #running(): [go: InstanceState[], tinygo: InstanceState[]] {
    const { instances, modules } = this.#parts.state();
    const of = (toolchain: Toolchain): InstanceState[] =>
      instances.filter(
        ({ state, moduleKey }) =>
          state === 'running' &&
          modules.find(({ key }) => key === moduleKey)?.report?.toolchain === toolchain,
      );
    return [of('go'), of('tinygo')];
  }

  /** Snapshots of all Go programs that run. What cannot be read is noted. */
  async #goroutines(notes: string[]): Promise<string[]> {
    const running = this.#running().flat();
    if (running.length === 0) {
      notes.push(
        'No goroutines were read: no running Go program is known with its memory. Reload with the hook, or attach to the page.',
      );
    }
    const keys: string[] = [];
    for (const { key, label } of running) {
      try {
        keys.push(await inTime((copied) => this.#parts.takeSnapshot(key, copied)));
      } catch (error) {
        notes.push(`The goroutines of ${label} could not be read: ${errorText(error)}.`);
      }
    }
    return keys;
  }

  #set(state: RecordingState): void {
    this.#state = state;
    this.#parts.changed(state);
  }
}

const WHY_LISTLESS =
  'TinyGo keeps no list of its goroutines; finding them reads the whole heap, which is too much while it runs. They were read before and after the recording.';

/** Goroutines of the program's own, by id, as many as a trace has tracks. */
const FIRST_ROWS: { readonly query: GoroutineQuery; readonly from: number; readonly count: number } = {
  query: {
    ...{ filter: '', with: [], without: ['system'], groupBy: 'none', base: null, changes: [], open: [] },
    sort: { by: 'id', descending: false },
  },
  from: 0,
  count: 200,
};

/** Sizes of linear memories as they change, as far as the session hears of it. */
class MemorySizes {
  readonly #sizes = new Map<string, { time: number; bytes: number }[]>();
  readonly #unsubscribe: () => void;

  constructor({ state, subscribe }: RecordingParts) {
    const look = (): void => {
      for (const { key, memoryBytes: bytes } of state().instances) {
        if (bytes === null) continue;
        const sizes = this.#sizes.get(key) ?? [];
        this.#sizes.set(key, sizes);
        if (sizes.at(-1)?.bytes !== bytes) sizes.push({ time: Date.now(), bytes });
      }
    };
    look();
    this.#unsubscribe = subscribe(look);
  }

  close(): void {
    this.#unsubscribe();
  }

  of(instanceKey: string): readonly { time: number; bytes: number }[] {
    return this.#sizes.get(instanceKey) ?? [];
  }
}

const endOf = (sampler: GoroutineSampler | null): readonly SampledProgram[] => sampler?.end() ?? [];

/** A call, so that a later question is not taken for answered. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

/** A snapshot, unless the page takes too long to give a turn, or the reading after it. */
function inTime<T>(take: (copied: () => void) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const limit = (ms: number, what: string): ReturnType<typeof setTimeout> =>
      setTimeout(() => {
        reject(new Error(`${what} within ${ms / 1000} s`));
      }, ms);
    let timer = limit(TURN_MS, 'the program did not give the page a turn');
    const copied = (): void => {
      clearTimeout(timer);
      timer = limit(READING_MS, 'they were not read');
    };
    take(copied)
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer);
      });
  });
}

const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));
