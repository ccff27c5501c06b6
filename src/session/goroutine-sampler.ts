import type { GoroutineSample } from '../protocol/recording.ts';
import type { Analysis } from './session.ts';
import type { InstanceState } from './state.ts';

/** Between two looks at a program, milliseconds. */
const INTERVAL_MS = 200;
/** A look that keeps the page waiting is followed by so many times as long without one: it costs 2 % at most. */
const REST = 49;
/** After so many failures in a row a program is not asked again. */
const MAX_FAILURES = 3;
/** More is no picture any more, and a long recording has room. */
const MAX_SAMPLES = 3000;

/** What was seen of one program. */
export interface SampledProgram {
  readonly instanceKey: string;
  readonly label: string;
  readonly samples: readonly GoroutineSample[];
  /** Why it was asked no more; null where it was to the end. */
  readonly failed: string | null;
}

interface Watched {
  readonly instance: InstanceState;
  readonly samples: GoroutineSample[];
  failed: string | null;
}

/**
 * Looks at the states of goroutines while a recording runs, again and again. Each look is a task of the page in which the goroutines' descriptors are
 * copied out; a page that is busy is looked at when it has a turn.
 */
export class GoroutineSampler {
  readonly #analysis: Analysis;
  readonly #ended = new AbortController();
  readonly #programs: Watched[];

  constructor(analysis: Analysis, instances: readonly InstanceState[]) {
    this.#analysis = analysis;
    this.#programs = instances.map((instance) => ({ instance, samples: [], failed: null }));
    for (const program of this.#programs) void this.#watch(program);
  }

  async #watch(program: Watched): Promise<void> {
    const { signal } = this.#ended;
    const { key, moduleKey, memoryBytes } = program.instance;
    const params = { moduleKey, target: `instance ${key}`, byteLength: memoryBytes ?? 0 };
    let failures = 0;
    while (program.samples.length < MAX_SAMPLES) {
      await pause(Math.max(INTERVAL_MS, (program.samples.at(-1)?.pauseMs ?? 0) * REST), signal);
      if (signal.aborted) return;
      try {
        const sample = await this.#analysis.request('recording.sample', params);
        // What comes late is of a time that is not recorded any more.
        if (isAborted(signal)) return;
        program.samples.push(sample);
        failures = 0;
      } catch (error) {
        if (++failures < MAX_FAILURES) continue;
        program.failed = error instanceof Error ? error.message : String(error);
        return;
      }
    }
  }

  /** Ends it, and gives what was seen. */
  end(): readonly SampledProgram[] {
    this.#ended.abort();
    return this.#programs.map(({ instance: { key, label }, samples, failed }) => ({
      ...{ instanceKey: key, label, samples, failed },
    }));
  }
}

/** One sentence for each program: how often it was looked at, and what that cost. `durationMs`: of the recording. */
export function samplingNotes(programs: readonly SampledProgram[], durationMs: number): string[] {
  return programs.map(({ label, samples, failed }) => {
    const cost = samples.reduce((sum, { pauseMs }) => sum + pauseMs, 0);
    const share = durationMs === 0 ? 0 : (100 * cost) / durationMs;
    const why = failed === null ? '' : ` Then they could not be read: ${failed}.`;
    return (
      `States of goroutines of ${label} were looked at ${samples.length} times, between tasks of its thread, when no Go code runs: what ran is in the ` +
      `flame chart. It took ${cost.toFixed(1)} ms (${share.toFixed(2)} %).${why}`
    );
  });
}

/** A call, so that a later question is not taken for answered. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}

/** Up to so much later a sampled state is drawn on, milliseconds. */
export const HOLD_MS = 5 * INTERVAL_MS;
