import { FormatError } from '../base/format-error.ts';
import { ROOT, wasmIndexOf, type RecordedFrame, type RecordedThread } from './recording.ts';

/** More nodes or samples than a recording has. */
const MAX_NODES = 1 << 24;

/** What JSON may hold. */
export type Json = Readonly<Record<string, unknown>>;

/** A value as an object; empty when it is none. */
export function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** A value as an array; empty when it is none. */
export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** A value as a finite number; `otherwise` when it is none. */
export function asNumber(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise;
}

/** A value as a text; empty when it is none. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Parses JSON; throws a FormatError that names `what` and the place of a mistake. */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const at = /position (\d+)/.exec(message)?.[1];
    throw new FormatError(what, at === undefined ? bytes.length : Number(at), 'expected JSON');
  }
}

/**
 * Collects the nodes and samples of one thread from a .cpuprofile or the chunks of a trace, in the form in which V8 writes them. In
 * errors, offsets are places in the array that is named.
 */
export class CallTreeReader {
  readonly #what: string;
  readonly #rows = new Map<number, number>();
  readonly #frames: RecordedFrame[] = [];
  readonly #frameRows = new Map<string, number>();
  readonly #nodeFrame: number[] = [];
  /** Ids. */
  readonly #nodeParent: (number | undefined)[] = [];
  readonly #samples: number[] = [];
  readonly #deltas: number[] = [];

  /** `what`: how the input is called in errors. */
  constructor(what: string) {
    this.#what = what;
  }

  get sampleCount(): number {
    return this.#samples.length;
  }

  /** Nodes with `id`, `callFrame`, and either `children` (ids) or `parent` (an id). */
  addNodes(nodes: readonly unknown[]): void {
    const parents = new Map<number, number>();
    for (const [index, value] of nodes.entries()) {
      const node = asObject(value);
      const id = asNumber(node['id'], Number.NaN);
      const what = `${this.#what} nodes`;
      if (Number.isNaN(id)) throw new FormatError(what, index, 'expected a node with an id');
      if (this.#rows.has(id)) throw new FormatError(what, index, `id ${id} is already that of another node`);
      if (this.#rows.size >= MAX_NODES) throw new FormatError(what, index, `more than ${MAX_NODES} nodes`);
      this.#rows.set(id, this.#nodeFrame.length);
      this.#nodeFrame.push(this.#frame(asObject(node['callFrame'])));
      const { parent } = node;
      this.#nodeParent.push(typeof parent === 'number' ? parent : undefined);
      for (const child of asArray(node['children'])) {
        if (typeof child !== 'number') throw new FormatError(what, index, 'expected ids as children');
        if (parents.has(child)) throw new FormatError(what, index, `node ${child} is called by two nodes`);
        parents.set(child, id);
      }
    }
    for (const [child, parent] of parents) {
      const row = this.#rows.get(child);
      if (row === undefined)
        throw new FormatError(`${this.#what} nodes`, 0, `there is no node with id ${child}`);
      this.#nodeParent[row] = parent;
    }
  }

  #frame(callFrame: Json): number {
    const functionName = asText(callFrame['functionName']);
    const url = asText(callFrame['url']);
    const id = callFrame['scriptId'];
    const scriptId = typeof id === 'number' ? String(id) : asText(id);
    const line = asNumber(callFrame['lineNumber'], -1) + 1;
    const column = asNumber(callFrame['columnNumber'], -1);
    const key = JSON.stringify([functionName, url, scriptId, line, column]);
    let row = this.#frameRows.get(key);
    if (row === undefined) {
      row = this.#frames.length;
      this.#frames.push({ functionName, url, scriptId, line, column, wasmIndex: wasmIndexOf(functionName) });
      this.#frameRows.set(key, row);
    }
    return row;
  }

  /** `samples`: ids of nodes; `deltas`: microseconds since the sample before. */
  addSamples(samples: readonly unknown[], deltas: readonly unknown[]): void {
    if (samples.length !== deltas.length) {
      throw new FormatError(
        `${this.#what} timeDeltas`,
        deltas.length,
        `expected ${samples.length}, one for each of the samples`,
      );
    }
    if (this.#samples.length + samples.length > MAX_NODES) {
      throw new FormatError(`${this.#what} samples`, 0, `more than ${MAX_NODES} samples`);
    }
    for (const [index, value] of samples.entries()) {
      this.#samples.push(asNumber(value, Number.NaN));
      const delta = asNumber(deltas[index], Number.NaN);
      if (Number.isNaN(delta)) throw new FormatError(`${this.#what} timeDeltas`, index, 'expected a number');
      this.#deltas.push(delta);
    }
  }

  /** `startTime` and `endTime` in microseconds; without an end the last sample stands for as long as the one before it. */
  finish(
    thread: { readonly name: string; readonly pid: number; readonly tid: number },
    startTime: number,
    endTime: number | undefined,
  ): RecordedThread {
    const { order, parent } = this.#ordered();
    const newRow = new Int32Array(order.length);
    for (const [row, old] of order.entries()) newRow[old] = row;
    const samples = Uint32Array.from(this.#samples, (id, index) => {
      const row = this.#rows.get(id);
      if (row === undefined)
        throw new FormatError(`${this.#what} samples`, index, `there is no node with id ${id}`);
      return newRow[row] ?? 0;
    });
    const { times, permutation } = this.#times(startTime);
    const durations = new Float64Array(samples.length);
    for (let i = 0; i + 1 < durations.length; i++) durations[i] = (times[i + 1] ?? 0) - (times[i] ?? 0);
    const last = durations.length - 1;
    const sorted = durations.slice(0, Math.max(0, last)).sort();
    const interval = sorted[sorted.length >> 1] ?? 0;
    if (last >= 0)
      durations[last] = endTime === undefined ? interval : Math.max(0, endTime - (times[last] ?? 0));
    return {
      ...thread,
      frames: this.#frames,
      nodeFrame: Uint32Array.from(order, (old) => this.#nodeFrame[old] ?? 0),
      nodeParent: Int32Array.from(order, (old) => {
        const from = parent[old] ?? -1;
        return from < 0 ? -1 : (newRow[from] ?? 0);
      }),
      samples: permutation === undefined ? samples : Uint32Array.from(permutation, (at) => samples[at] ?? 0),
      durations,
      startTime: times[0] ?? startTime,
      interval,
    };
  }

  /** When each sample was taken. V8 sometimes writes them out of order, with negative deltas. */
  #times(startTime: number): { times: Float64Array; permutation: Uint32Array | undefined } {
    const times = new Float64Array(this.#deltas.length);
    let time = startTime;
    let ordered = true;
    for (const [index, delta] of this.#deltas.entries()) {
      time += delta;
      times[index] = time;
      if (delta < 0) ordered = false;
    }
    if (ordered) return { times, permutation: undefined };
    const permutation = Uint32Array.from(times.keys()).sort(
      (a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b,
    );
    return { times: times.slice().sort(), permutation };
  }

  /** Old rows with every caller before what it calls, and the row of each one's caller. */
  #ordered(): { order: number[]; parent: Int32Array } {
    const count = this.#nodeFrame.length;
    const parent = new Int32Array(count).fill(-1);
    for (const [row, id] of this.#nodeParent.entries()) {
      if (id === undefined) continue;
      const found = this.#rows.get(id);
      if (found === undefined)
        throw new FormatError(`${this.#what} nodes`, row, `there is no node with id ${id}`);
      parent[row] = found;
    }
    const order: number[] = [];
    /** 1: on the way up from the node that is looked at, 2: in `order`. */
    const state = new Uint8Array(count);
    const path: number[] = [];
    for (let start = 0; start < count; start++) {
      for (let row = start; row >= 0 && state[row] !== 2; row = parent[row] ?? -1) {
        if (state[row] === 1) throw new FormatError(`${this.#what} nodes`, row, 'a node is its own caller');
        state[row] = 1;
        path.push(row);
      }
      for (let row = path.pop(); row !== undefined; row = path.pop()) {
        state[row] = 2;
        order.push(row);
      }
    }
    return { order, parent };
  }
}

/** Whether a frame is the root that V8 puts above everything. */
export function isRoot({ functionName, url }: RecordedFrame): boolean {
  return functionName === ROOT && url === '';
}
