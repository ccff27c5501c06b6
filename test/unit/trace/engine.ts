import * as Engine from '@paulirish/trace_engine/models/trace/trace.js';

/** The calls of a thread as DevTools' own trace engine sees them. */
export interface EngineThread {
  readonly pid: number;
  readonly tid: number;
  readonly calls: readonly { readonly name: string; readonly url: string; readonly self: number }[];
}

/** Parses a trace with the engine of DevTools' Performance panel. */
async function parse(text: string): Promise<Engine.ParsedTrace> {
  // The engine wants a class that only pages have.
  const page = globalThis as { DOMRect?: unknown };
  page.DOMRect ??= Object;
  const { traceEvents } = JSON.parse(text) as { traceEvents: readonly object[] };
  const model = Engine.TraceModel.Model.createWithAllHandlers();
  await model.parse(traceEvents);
  const parsed = model.parsedTrace();
  if (parsed === null) throw new Error('the engine found nothing');
  return parsed;
}

/** A track that is not a thread. */
export interface EngineTrack {
  readonly group: string;
  readonly name: string;
  /** Microseconds. */
  readonly entries: readonly { readonly name: string; readonly ts: number; readonly dur: number }[];
}

/** The tracks of a trace that an extension gave it, as the engine sees them. */
export async function tracksOfEngine(text: string): Promise<readonly EngineTrack[]> {
  const parsed = await parse(text);
  return parsed.data.ExtensionTraceData.extensionTrackData.flatMap(
    ({ name: group, isTrackGroup, entriesByTrack }) =>
      Object.entries(entriesByTrack).map(([name, entries]) => ({
        group: isTrackGroup ? group : '',
        name,
        entries: entries.map(({ name: title, ts, dur }) => ({ name: title, ts, dur })),
      })),
  );
}

/** Parses a trace with the engine of DevTools' Performance panel; self times in microseconds. */
export async function parseWithEngine(text: string): Promise<readonly EngineThread[]> {
  const parsed = await parse(text);
  const threads: EngineThread[] = [];
  const { processes, entryToNode } = parsed.data.Renderer;
  for (const [pid, { threads: ofProcess }] of processes) {
    for (const [tid, { entries }] of ofProcess) {
      const calls = entries
        .filter(({ callFrame }) => callFrame !== undefined)
        .map((entry) => ({
          name: entry.callFrame?.functionName ?? '',
          url: entry.callFrame?.url ?? '',
          self: entryToNode.get(entry)?.selfTime ?? 0,
        }));
      if (calls.length > 0) threads.push({ pid, tid, calls });
    }
  }
  return threads;
}
