import type { SamplePlan } from '../protocol/references.ts';
import type { PagePort } from './page-port.ts';
import type { PageSample } from './page-references.ts';
import type { Analysis } from './session.ts';
import type { SessionState } from './state.ts';

/** What is sampled, in the order of its columns. */
export const SERIES = [
  'memory',
  'heapInUse',
  'goroutines',
  'collections',
  'references',
  'functions',
] as const;
export type SeriesName = (typeof SERIES)[number];

/** Samples of one program, oldest first. NaN: it could not be read. */
export interface SampledSeries {
  /** Milliseconds since the epoch. */
  readonly time: Float64Array;
  /** How long the page waited, milliseconds. */
  readonly pauseMs: Float64Array;
  readonly values: Readonly<Record<SeriesName, Float64Array>>;
  /** How many samples were taken; older ones than are here have made room. */
  readonly taken: number;
  /** What all samples, the dropped ones too, kept the page waiting, milliseconds: together, and the longest. */
  readonly totalPauseMs: number;
  readonly longestPauseMs: number;
  /** Sentences: what is missing and why. */
  readonly missing: readonly string[];
}

export interface SamplesClient {
  /** Samples every running program until the returned function is called: as long as the panel is shown. */
  watch(): () => void;
  /** Calls back after each sample, until the returned function is called. */
  subscribe(listener: () => void): () => void;
  /** Null where a program has not been sampled. */
  of(instanceKey: string): SampledSeries | null;
}

/** Samples that are kept of a program: an hour at one a second. */
const CAPACITY = 3600;
/** Programs that are sampled at a time. */
const MAX_PROGRAMS = 8;
/** A sample that keeps the page waiting is followed by so many times as long without one: it costs 1 % at most. */
const REST = 99;
/** How often it is looked whether there is something to sample, milliseconds. */
const IDLE_MS = 1000;

/** The last `CAPACITY` samples of a program, in columns that are written round and round. */
export class SampleRing {
  readonly #columns: readonly Float64Array[];
  readonly missing: readonly string[];
  #taken = 0;
  #total = 0;
  #longest = 0;
  #ordered: SampledSeries | null = null;
  readonly #capacity: number;

  constructor(missing: readonly string[], capacity: number = CAPACITY) {
    this.missing = missing;
    this.#capacity = capacity;
    this.#columns = Array.from({ length: SERIES.length + 2 }, () => new Float64Array(capacity));
  }

  add(sample: PageSample, values: Readonly<Record<SeriesName, number | null>>): void {
    const at = this.#taken % this.#capacity;
    const row = [sample.time, sample.pauseMs, ...SERIES.map((name) => values[name] ?? NaN)];
    row.forEach((value, i) => {
      const column = this.#columns[i];
      if (column !== undefined) column[at] = value;
    });
    this.#taken++;
    this.#total += sample.pauseMs;
    this.#longest = Math.max(this.#longest, sample.pauseMs);
    this.#ordered = null;
  }

  get lastPauseMs(): number {
    return this.#columns[1]?.[(this.#taken - 1) % this.#capacity] ?? 0;
  }

  /** The same object until the next sample. */
  series(): SampledSeries {
    if (this.#ordered !== null) return this.#ordered;
    const kept = Math.min(this.#taken, this.#capacity);
    const first = this.#taken > this.#capacity ? this.#taken % this.#capacity : 0;
    const ordered = this.#columns.map((column) => {
      const copy = new Float64Array(kept);
      copy.set(column.subarray(first, Math.min(kept, this.#capacity)));
      copy.set(column.subarray(0, first), kept - first);
      return copy;
    });
    const [time = new Float64Array(), pauseMs = new Float64Array(), ...values] = ordered;
    this.#ordered = {
      ...{ time, pauseMs, taken: this.#taken, totalPauseMs: this.#total, longestPauseMs: this.#longest },
      values: Object.fromEntries(
        SERIES.map((name, i) => [name, values[i] ?? new Float64Array()]),
      ) as unknown as SampledSeries['values'],
      missing: this.missing,
    };
    return this.#ordered;
  }
}

/** Samples programs while somebody watches. */
export class Samples implements SamplesClient {
  readonly #page: PagePort;
  readonly #analysis: Analysis;
  readonly #state: () => SessionState;
  readonly #listeners = new Set<() => void>();
  readonly #rings = new Map<string, SampleRing>();
  readonly #plans = new Map<string, Promise<SamplePlan>>();
  #watchers = 0;
  /** When the last round began, and until when there is none. */
  #last = -Infinity;
  #restUntil = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(page: PagePort, analysis: Analysis, state: () => SessionState) {
    this.#page = page;
    this.#analysis = analysis;
    this.#state = state;
  }

  watch(): () => void {
    let watching = true;
    if (this.#watchers++ === 0) this.#again(0);
    return () => {
      if (!watching) return;
      watching = false;
      if (--this.#watchers === 0) clearTimeout(this.#timer);
    };
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  of(instanceKey: string): SampledSeries | null {
    return this.#rings.get(instanceKey)?.series() ?? null;
  }

  /** The page is gone, and with it the programs. */
  navigated(): void {
    this.#rings.clear();
    this.#plans.clear();
    this.#tell();
  }

  #again(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#watchers === 0) return;
    this.#timer = setTimeout(() => {
      const interval = this.#state().settings.sampleMs;
      const now = performance.now();
      const left = Math.max(this.#last + interval, this.#restUntil) - now;
      if (interval === 0 || left > 0) {
        // The interval may be another one meanwhile.
        this.#again(interval === 0 ? IDLE_MS : Math.min(IDLE_MS, left));
        return;
      }
      this.#last = now;
      void this.#round().then((restMs) => {
        this.#restUntil = performance.now() + restMs;
        this.#again(0);
      });
    }, ms);
  }

  /** One sample of each program. Resolves to the shortest rest that keeps the cost down, in milliseconds. */
  async #round(): Promise<number> {
    let pause = 0;
    const { instances, modules } = this.#state();
    for (const { key, moduleKey, state } of instances.slice(0, MAX_PROGRAMS)) {
      const module = modules.find((one) => one.key === moduleKey);
      if (state !== 'running' || module?.status !== 'ready') continue;
      try {
        pause += await this.#sample(key, moduleKey);
      } catch {
        // A program that has gone, or a page that navigates: the next round sees what there is then.
      }
      if (this.#watchers === 0) return 0;
    }
    this.#tell();
    return pause * REST;
  }

  async #sample(instanceKey: string, moduleKey: string): Promise<number> {
    let asked = this.#plans.get(moduleKey);
    if (asked === undefined) {
      asked = this.#analysis.request('sample.plan', { moduleKey });
      this.#plans.set(moduleKey, asked);
      asked.catch(() => this.#plans.delete(moduleKey));
    }
    const plan = await asked;
    const sample = await this.#page.sample(instanceKey, plan.request);
    if (!this.#state().instances.some(({ key }) => key === instanceKey)) return 0;
    let ring = this.#rings.get(instanceKey);
    if (ring === undefined) {
      ring = new SampleRing(plan.missing);
      this.#rings.set(instanceKey, ring);
    }
    ring.add(sample, valuesOf(sample, plan));
    return sample.pauseMs;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function valuesOf(sample: PageSample, plan: SamplePlan): Record<SeriesName, number | null> {
  const word = (name: SamplePlan['words'][number]): number | null => {
    const at = plan.words.indexOf(name);
    return at < 0 ? null : (sample.words[at] ?? null);
  };
  const collections = word('collections');
  return {
    memory: sample.bytes,
    heapInUse: word('heapInUse'),
    goroutines: sample.goroutines,
    // The word has those that were forced in its upper half.
    collections: collections === null ? null : collections % 2 ** 32,
    references: sample.references,
    functions: word('functions'),
  };
}

/** The samples as CSV: a line each, empty where a value is not known. */
export function samplesAsCsv(series: SampledSeries): string {
  const lines = [['time', ...SERIES, 'pauseMs'].join(',')];
  for (let i = 0; i < series.time.length; i++) {
    const values = SERIES.map((name) => numberText(series.values[name][i]));
    lines.push(
      [new Date(series.time[i] ?? 0).toISOString(), ...values, numberText(series.pauseMs[i])].join(','),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** The samples as JSON: `{program, missing, samples: [{time, memory, ...}]}`, null where a value is not known. */
export function samplesAsJson(program: string, series: SampledSeries): string {
  const samples = Array.from(series.time, (time, i) => ({
    time: new Date(time).toISOString(),
    ...Object.fromEntries(SERIES.map((name) => [name, orNull(series.values[name][i])])),
    pauseMs: orNull(series.pauseMs[i]),
  }));
  return `${JSON.stringify({ program, missing: series.missing, samples }, null, 1)}\n`;
}

const orNull = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : value;
const numberText = (value: number | undefined): string => {
  const known = orNull(value);
  return known === null ? '' : String(known);
};
