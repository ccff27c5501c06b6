import * as Engine from '@paulirish/trace_engine/models/trace/trace.js';

/** The calls of a thread as DevTools' own trace engine sees them. */
export interface EngineThread {
  readonly pid: number;
  readonly tid: number;
  readonly calls: readonly { readonly name: string; readonly url: string; readonly self: number }[];
}

/** Parses a trace with the engine of DevTools' Performance panel; self times in microseconds. */
export async function parseWithEngine(text: string): Promise<readonly EngineThread[]> {
  // The engine wants a class that only pages have.
  const page = globalThis as { DOMRect?: unknown };
  page.DOMRect ??= Object;
  const { traceEvents } = JSON.parse(text) as { traceEvents: readonly object[] };
  const model = Engine.TraceModel.Model.createWithAllHandlers();
  await model.parse(traceEvents);
  const parsed = model.parsedTrace();
  if (parsed === null) throw new Error('the engine found nothing');
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
