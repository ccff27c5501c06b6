/** Colours that the Performance panel has for tracks of an extension (DevTools performance extensibility API). */
export type TrackColor =
  | 'primary'
  | 'primary-light'
  | 'primary-dark'
  | 'secondary'
  | 'secondary-light'
  | 'tertiary'
  | 'tertiary-light'
  | 'error';

export interface TrackEntry {
  readonly name: string;
  /** Microseconds on the trace's clock. */
  readonly start: number;
  readonly end: number;
  readonly color: TrackColor;
  /** Name and text, for the details of the entry. */
  readonly properties?: readonly (readonly [string, string])[];
  readonly tooltip?: string;
}

/** A row of its own below the threads. */
export interface Track {
  /** Tracks with the same group stand together; empty for none. */
  readonly group: string;
  readonly name: string;
  readonly entries: readonly TrackEntry[];
}

/** A number over time: a graph in Perfetto. */
export interface Counter {
  readonly name: string;
  /** What is counted, e.g. `bytes`. */
  readonly unit: string;
  /** Microseconds and the value from then on, in order of time. */
  readonly values: readonly (readonly [number, number])[];
}

/** What a trace shows beside its threads. */
export interface TraceExtras {
  readonly tracks: readonly Track[];
  readonly counters: readonly Counter[];
}

/** The thread that events of tracks stand on. */
export interface EventPlace {
  readonly pid: number;
  readonly tid: number;
}

/**
 * Events of the tracks and counters: pairs of asynchronous user timings with `devtools` in their detail, which the Performance panel draws as
 * tracks and Perfetto as slices; and counter events (Trace Event Format, `C`). The panel draws them only in a trace with
 * `TracingStartedInBrowser`.
 */
export function* extraEvents(
  { tracks, counters }: TraceExtras,
  { pid, tid }: EventPlace,
): Generator<object, void> {
  let id = 0;
  for (const { group, name: track, entries } of tracks) {
    for (const { name, start, end, color, properties = [], tooltip } of entries) {
      const devtools = {
        ...{ dataType: 'track-entry', track, color, properties },
        ...(group === '' ? {} : { trackGroup: group }),
        ...(tooltip === undefined ? {} : { tooltipText: tooltip }),
      };
      const common = { cat: 'blink.user_timing', name, pid, tid, id2: { local: `0x${(++id).toString(16)}` } };
      const from = Math.round(start);
      const args = { startTime: from / 1000, detail: JSON.stringify({ devtools }) };
      yield { ...common, ph: 'b', ts: from, args };
      yield { ...common, ph: 'e', ts: Math.max(from + 1, Math.round(end)), args: {} };
    }
  }
  for (const { name, unit, values } of counters) {
    for (const [at, value] of values) {
      const common = { cat: 'disabled-by-default-devtools.timeline', ph: 'C', pid, tid };
      yield { ...common, name, ts: Math.round(at), args: { [unit]: value } };
    }
  }
}
