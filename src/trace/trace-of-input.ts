import type { ModuleFrames } from '../profile/wasm-frames.ts';
import { chartOfRecording } from './chart-of-recording.ts';
import { goGcTrack } from './gc-track.ts';
import type { ProfileInput } from './open-input.ts';
import { symbolizeTrace, withExtras } from './symbolize-trace.ts';
import { chartOfProfile, type Chart } from './synthetic.ts';
import type { TraceExtras } from './tracks.ts';
import { writeTrace } from './write-trace.ts';

export interface TraceText {
  readonly text: string;
  /** Why the axis is no time; null when it is. */
  readonly synthetic: string | null;
}

/**
 * Any profile or recording as a Chrome trace. A Chrome trace keeps what it has, with Go names for frames of `modules`; a .cpuprofile and a
 * pprof profile become flame charts. Recordings get a track of Go's garbage collector where samples show it, and `extras`, which are on the
 * recording's clock. A Go file that has a URL in `sources` is named by it, so that frames link to its text.
 */
export function traceOfInput(
  input: ProfileInput,
  modules: readonly ModuleFrames[] = [],
  extras: TraceExtras = { tracks: [], counters: [] },
  sources: ReadonlyMap<string, string> = new Map(),
): TraceText {
  if (input.kind === 'pprof') {
    const chart = linked(chartOfProfile(input.profile), sources);
    return { text: writeTrace([chart]), synthetic: chart.synthetic };
  }
  const { threads, json, trace } = input;
  const gc = threads.flatMap((thread) => goGcTrack(thread, modules) ?? []);
  const all = { ...extras, tracks: [...gc, ...extras.tracks] };
  if (!trace) {
    const charts = threads.map((thread) => linked(chartOfRecording(thread, modules), sources));
    return { text: writeTrace(charts, all), synthetic: null };
  }
  const isPlain = modules.length === 0 && all.tracks.length === 0 && all.counters.length === 0;
  const named = isPlain ? json : withExtras(symbolizeTrace(json, modules, sources), all);
  return { text: `${JSON.stringify(named)}\n`, synthetic: null };
}

function linked(chart: Chart, sources: ReadonlyMap<string, string>): Chart {
  if (sources.size === 0) return chart;
  return {
    ...chart,
    frames: chart.frames.map((frame) => ({ ...frame, url: sources.get(frame.url) ?? frame.url })),
  };
}
