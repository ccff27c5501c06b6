import { asArray, asNumber, asObject, asText, type Json } from '../profile/call-tree.ts';
import { wasmIndexOf, type RecordedFrame } from '../profile/recording.ts';
import type { ModuleFrames } from '../profile/wasm-frames.ts';
import { eventsOf } from './read-trace.ts';

/**
 * A Chrome trace in which the frames of a module have Go names: everything else stays as it was recorded. In a named frame `url` is the Go file
 * and `lineNumber` the line of the declaration (0-based, as V8 has it).
 */
export function symbolizeTrace(json: unknown, frames: ModuleFrames): unknown {
  const events = eventsOf(json).map((event) => symbolizeEvent(event, frames));
  return Array.isArray(json) ? events : { ...asObject(json), traceEvents: events };
}

function symbolizeEvent(value: unknown, frames: ModuleFrames): unknown {
  const event = asObject(value);
  if (event['name'] !== 'ProfileChunk') return value;
  const args = asObject(event['args']);
  const data = asObject(args['data']);
  const chunk = asObject(data['cpuProfile']);
  if (!Array.isArray(chunk['nodes'])) return value;
  const nodes = asArray(chunk['nodes']).map((one) => {
    const node = asObject(one);
    const callFrame = asObject(node['callFrame']);
    const go = frames.functionOf(recordedFrame(callFrame));
    if (go === undefined) return one;
    const named = {
      ...callFrame,
      functionName: go.name,
      url: go.file === '' ? asText(callFrame['url']) : go.file,
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
