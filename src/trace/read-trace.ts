import { FormatError } from '../base/format-error.ts';
import { asArray, asNumber, asObject, asText, CallTreeReader, type Json } from '../profile/call-tree.ts';
import type { RecordedThread } from '../profile/recording.ts';

/** Whether parsed JSON looks like a Chrome trace. */
export function isTrace(json: unknown): boolean {
  const [first] = eventsOf(json);
  return typeof asObject(first)['ph'] === 'string';
}

/** When a trace was recorded, nanoseconds since 1970 UTC, as DevTools notes it (`metadata.startTime`); undefined where it does not say. */
export function traceTime(json: unknown): bigint | undefined {
  const { startTime } = asObject(asObject(json)['metadata']);
  const time = typeof startTime === 'string' ? Date.parse(startTime) : Number.NaN;
  return Number.isNaN(time) || time < 0 ? undefined : BigInt(time) * 1_000_000n;
}

/**
 * Why the axis of a trace that was made of a profile is no time, as `writeTrace` says it: in its metadata, or where another program wrote them
 * anew, as an entry of the thread. Undefined for a trace that was recorded.
 */
export function syntheticAxisOf(json: unknown): string | undefined {
  const { syntheticAxis } = asObject(asObject(json)['metadata']);
  if (typeof syntheticAxis === 'string') return syntheticAxis;
  const begin = 'synthetic axis: ';
  for (const event of eventsOf(json)) {
    const name = asText(asObject(event)['name']);
    if (name.startsWith(begin)) return name.slice(begin.length);
  }
  return undefined;
}

/** The events of a trace: an array, or an object that has one (Trace Event Format). */
export function eventsOf(json: unknown): readonly unknown[] {
  return Array.isArray(json) ? (json as readonly unknown[]) : asArray(asObject(json)['traceEvents']);
}

/**
 * Reads the CPU profiles in a Chrome trace: events `Profile` and `ProfileChunk` of V8 (category disabled-by-default-v8.cpu_profiler), one
 * thread each, the one with the most samples first. Throws a FormatError when there is none, which says how to record one.
 */
export function readTrace(json: unknown): RecordedThread[] {
  const events = eventsOf(json);
  const threadNames = new Map<string, string>();
  const profiles = new Map<
    string,
    { reader: CallTreeReader; pid: number; tid: number; start: number; end: number | undefined }
  >();
  const ofProfile = (event: Json): string => `${String(event['pid'])} ${asText(event['id'])}`;
  for (const value of events) {
    const event = asObject(value);
    const args = asObject(event['args']);
    const pid = asNumber(event['pid'], 0);
    const tid = asNumber(event['tid'], 0);
    if (event['ph'] === 'M' && event['name'] === 'thread_name')
      threadNames.set(`${pid} ${tid}`, asText(args['name']));
    else if (event['name'] === 'Profile') {
      const start = asNumber(asObject(args['data'])['startTime'], asNumber(event['ts'], 0));
      profiles.set(ofProfile(event), {
        reader: new CallTreeReader('trace ProfileChunk'),
        pid,
        tid,
        start,
        end: undefined,
      });
    }
  }
  for (const value of events) {
    const event = asObject(value);
    if (event['name'] !== 'ProfileChunk') continue;
    const profile = profiles.get(ofProfile(event));
    if (profile === undefined) continue;
    const data = asObject(asObject(event['args'])['data']);
    const chunk = asObject(data['cpuProfile']);
    profile.reader.addNodes(asArray(chunk['nodes']));
    const deltas = asArray(data['timeDeltas']);
    profile.reader.addSamples(
      asArray(chunk['samples']),
      deltas.length > 0 ? deltas : asArray(chunk['timeDeltas']),
    );
    const end = data['endTime'] ?? chunk['endTime'];
    if (typeof end === 'number') profile.end = end;
  }
  if (profiles.size === 0) {
    throw new FormatError(
      'trace',
      0,
      'it has no CPU profile: record with the category disabled-by-default-v8.cpu_profiler, or in the Performance panel',
    );
  }
  return [...profiles.values()]
    .map(({ reader, pid, tid, start, end }) => {
      const name = threadNames.get(`${pid} ${tid}`) ?? '';
      return reader.finish({ name, pid, tid }, start, end);
    })
    .sort((a, b) => b.samples.length - a.samples.length);
}
