import type { Chart, ChartFrame } from './synthetic.ts';
import { extraEvents, type TraceExtras } from './tracks.ts';

/** Samples of one ProfileChunk event. */
const CHUNK = 10_000;
const PID = 1;
/** V8 has no longer texts than 512 MiB. */
const MAX_TEXT = 480_000_000;

/**
 * Writes flame charts as a Chrome trace (Trace Event Format) that the Performance panel and Perfetto load: a process, and a thread with a V8
 * CPU profile for each chart. Times are microseconds from 1, where the first chart begins; those of `extras` are on the charts' clock. What is synthetic
 * stands on the thread and in `metadata`.
 */
export function writeTrace(
  charts: readonly Chart[],
  extras: TraceExtras = { tracks: [], counters: [] },
): string {
  const lines: string[] = [];
  let length = 0;
  const add = (line: string): number => {
    length += line.length;
    if (length > MAX_TEXT) {
      throw new RangeError(
        'as a trace the profile would be larger than 480 MB: leave stacks out with a filter',
      );
    }
    return lines.push(line);
  };
  const event = (value: object): number => add(JSON.stringify(value));
  const start = Math.min(...charts.map(({ startTime }) => startTime));
  // DevTools leaves out processes without a URL; it shows this one beside the main track.
  const url = `profile:${(charts[0]?.title ?? '').replaceAll(/[^\w.]+/g, '-').replace(/-$/, '')}`;
  const frame = { frame: 'F0', name: '', url, processId: PID };
  event({
    ...common('TracingStartedInBrowser', 'I', 1, 0),
    s: 't',
    args: { data: { frameTreeNodeId: 1, persistentIds: true, frames: [frame] } },
  });
  event({ ...common('process_name', 'M', 1, 0), args: { name: 'Renderer' } });
  const notes: string[] = [];
  for (const [index, chart] of charts.entries()) {
    const tid = index + 1;
    if (chart.synthetic !== null) notes.push(`${chart.title}: ${chart.synthetic}`);
    const name = index === 0 ? 'CrRendererMain' : 'DedicatedWorker thread';
    event({ ...common('thread_name', 'M', tid, 0), args: { name } });
    writeChart(add, chart, tid, chart.startTime - start);
  }
  for (const value of extraEvents(movedBy(extras, 1 - start), { pid: PID, tid: 1 })) event(value);
  const metadata = {
    source: 'Go WebAssembly DevTools',
    dataOrigin: 'CPUProfile',
    ...(notes.length === 0 ? {} : { syntheticAxis: notes.join('; ') }),
  };
  return `{"metadata":${JSON.stringify(metadata)},\n"traceEvents":[\n${lines.join(',\n')}\n]}\n`;
}

function movedBy({ tracks, counters }: TraceExtras, by: number): TraceExtras {
  return {
    tracks: tracks.map((track) => ({
      ...track,
      entries: track.entries.map((entry) => ({ ...entry, start: entry.start + by, end: entry.end + by })),
    })),
    counters: counters.map((counter) => ({
      ...counter,
      values: counter.values.map(([at, value]) => [at + by, value] as const),
    })),
  };
}

function common(name: string, ph: string, tid: number, ts: number): object {
  return {
    name,
    ph,
    pid: PID,
    tid,
    ts,
    cat: ph === 'M' ? '__metadata' : 'disabled-by-default-devtools.timeline',
  };
}

/** `add` takes the JSON of one event after the other. */
function writeChart(add: (line: string) => number, chart: Chart, tid: number, offset: number): void {
  const event = (value: object): number => add(JSON.stringify(value));
  const { frames, nodeFrame, nodeParent, samples, durations } = chart;
  // Whole microseconds, rounded so that errors do not add up: of each sample its place is exact to half of one.
  const ends = new Float64Array(samples.length);
  let exact = 0;
  for (const [index, duration] of durations.entries()) ends[index] = Math.round((exact += duration));
  const from = Math.round(offset) + 1;
  const end = from + (ends.at(-1) ?? 0);
  // The panel wants a task on the thread, and marks those over 50 ms as too long, which this says nothing of: a short one before the first sample,
  // and an event at the end, up to which the panel draws.
  event({ ...common('RunTask', 'X', tid, from - 1), dur: 1, args: {} });
  event({ ...common('ProfileEnd', 'I', tid, end), s: 't', args: {} });
  const id = `0x${tid.toString(16)}`;
  const profile = { cat: 'disabled-by-default-v8.cpu_profiler', pid: PID, tid, ts: from, id };
  event({ ...profile, name: 'Profile', ph: 'P', args: { data: { startTime: from } } });
  if (chart.synthetic !== null) {
    const name = `synthetic axis: ${chart.synthetic}`;
    const entries = [{ name, start: from, end, color: 'error', tooltip: name } as const];
    const tracks = [{ group: '', name: 'Synthetic axis', entries }];
    for (const value of extraEvents({ tracks, counters: [] }, { pid: PID, tid })) event(value);
  }
  // The text is put together of what is the same in many events and nodes: JSON of objects for each takes several times as long.
  const open = JSON.stringify({ ...profile, name: 'ProfileChunk', ph: 'P' }).slice(0, -1);
  const chunk = (cpuProfile: string, rest: string): number =>
    add(`${open},"args":{"data":{"cpuProfile":{${cpuProfile}},"timeDeltas":${rest}}}}`);
  const callFrames = frames.map((one) => JSON.stringify(callFrame(one)));
  const nameless = JSON.stringify(callFrame(NAMELESS));
  const root = JSON.stringify({ id: 1, callFrame: callFrame({ name: '(root)', url: '', line: 0 }) });
  let nodes: string[] = [root];
  for (let node = 0; node < nodeFrame.length; node++) {
    const frame = callFrames[nodeFrame[node] ?? 0] ?? nameless;
    nodes.push(`{"id":${node + 2},"parent":${(nodeParent[node] ?? -1) + 2},"callFrame":${frame}}`);
    if (nodes.length < CHUNK) continue;
    // As V8 does: what a chunk names is in it or in one before.
    chunk(`"nodes":[${nodes.join(',')}],"samples":[]`, '[]');
    nodes = [];
  }
  // A sample stands until the next one; one of the root ends the last.
  const ids = [...Array.from(samples, (node) => node + 2), 1];
  const deltas = [0, ...Array.from(ends, (at, index) => at - (ends[index - 1] ?? 0))];
  for (let at = 0; at < ids.length; at += CHUNK) {
    const named = at === 0 ? `"nodes":[${nodes.join(',')}],` : '';
    const last = at + CHUNK >= ids.length;
    const rest = `[${deltas.slice(at, at + CHUNK).join(',')}]${last ? `,"endTime":${end}` : ''}`;
    chunk(`${named}"samples":[${ids.slice(at, at + CHUNK).join(',')}]`, rest);
  }
}

const NAMELESS: ChartFrame = { name: '', url: '', line: 0 };

function callFrame({ name: functionName, url, line, column }: ChartFrame): object {
  return {
    functionName,
    scriptId: 0,
    url,
    lineNumber: line - 1,
    columnNumber: column ?? (line > 0 ? 0 : -1),
    codeType: 'JS',
  };
}
