import { asArray, asNumber, asObject, asText, type Json } from '../profile/call-tree.ts';
import { wasmIndexOf, type RecordedFrame } from '../profile/recording.ts';
import type { GoFunction, ModuleFrames } from '../profile/wasm-frames.ts';
import { eventsOf } from './read-trace.ts';
import { extraEvents, type EventPlace, type TraceExtras } from './tracks.ts';

/**
 * A Chrome trace in which the frames of modules have Go names: everything else stays as it was recorded. In a named frame `url` is the Go file
 * (its URL, where `sources` has one) and `lineNumber` the line of the declaration (0-based, as V8 has it).
 */
export function symbolizeTrace(
  json: unknown,
  modules: readonly ModuleFrames[],
  sources: ReadonlyMap<string, string> = new Map(),
): unknown {
  const events = eventsOf(json).map((event) => symbolizeEvent(event, modules, sources));
  return Array.isArray(json) ? events : { ...asObject(json), traceEvents: events };
}

/** A Chrome trace with tracks and counters beside what it has; those of `extras` are on its clock. */
export function withExtras(json: unknown, extras: TraceExtras): unknown {
  const events = eventsOf(json);
  const added = [...events, ...extraEvents(extras, mainThread(events))];
  return Array.isArray(json) ? added : { ...asObject(json), traceEvents: added };
}

/** The page's main thread: of the process that the trace's frames name, else any. */
function mainThread(events: readonly unknown[]): EventPlace {
  let page: number | undefined;
  const threads: EventPlace[] = [];
  for (const value of events) {
    const { name, pid, tid, args } = asObject(value);
    if (name === 'TracingStartedInBrowser') {
      const [frame] = asArray(asObject(asObject(args)['data'])['frames']);
      page ??= asNumber(asObject(frame)['processId'], Number.NaN);
    } else if (name === 'thread_name' && asObject(args)['name'] === 'CrRendererMain')
      threads.push({ pid: asNumber(pid, 0), tid: asNumber(tid, 0) });
  }
  return threads.find(({ pid }) => pid === page) ?? threads[0] ?? { pid: page ?? 1, tid: 1 };
}

function symbolizeEvent(
  value: unknown,
  modules: readonly ModuleFrames[],
  sources: ReadonlyMap<string, string>,
): unknown {
  const event = asObject(value);
  if (event['name'] !== 'ProfileChunk') return value;
  const args = asObject(event['args']);
  const data = asObject(args['data']);
  const chunk = asObject(data['cpuProfile']);
  if (!Array.isArray(chunk['nodes'])) return value;
  const nodes = asArray(chunk['nodes']).map((one) => {
    const node = asObject(one);
    const callFrame = asObject(node['callFrame']);
    const recorded = recordedFrame(callFrame);
    let go: GoFunction | undefined;
    for (const module of modules) go ??= module.functionOf(recorded);
    if (go === undefined) return one;
    const named = {
      ...callFrame,
      // A reader would look for the place in that script, or in another that has the number now, instead of in the file.
      scriptId: 0,
      functionName: go.name,
      url: go.file === '' ? asText(callFrame['url']) : (sources.get(go.file) ?? go.file),
      lineNumber: go.startLine - 1,
      columnNumber: 0,
    };
    return { ...node, callFrame: named };
  });
  return { ...event, args: { ...args, data: { ...data, cpuProfile: { ...chunk, nodes } } } };
}

function recordedFrame(callFrame: Json): RecordedFrame {
  const functionName = asText(callFrame['functionName']);
  const id = callFrame['scriptId'];
  return {
    functionName,
    url: asText(callFrame['url']),
    scriptId: typeof id === 'number' ? String(id) : asText(id),
    line: asNumber(callFrame['lineNumber'], -1) + 1,
    column: asNumber(callFrame['columnNumber'], -1),
    wasmIndex: wasmIndexOf(functionName),
  };
}
