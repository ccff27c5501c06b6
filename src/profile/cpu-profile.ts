import { FormatError } from '../base/format-error.ts';
import { asArray, asNumber, asObject, CallTreeReader } from './call-tree.ts';
import type { RecordedThread } from './recording.ts';

/** Whether parsed JSON looks like a .cpuprofile. */
export function isCpuProfile(json: unknown): boolean {
  const { nodes, samples } = asObject(json);
  return Array.isArray(nodes) && Array.isArray(samples);
}

/**
 * Reads V8's CPU profile (Chrome DevTools Protocol, Profiler.Profile): nodes with children, samples, deltas in microseconds. Throws a
 * FormatError that names the array and the place in it.
 */
export function readCpuProfile(json: unknown): RecordedThread {
  const profile = asObject(json);
  if (!isCpuProfile(json)) throw new FormatError('cpuprofile', 0, 'expected nodes and samples');
  const reader = new CallTreeReader('cpuprofile');
  reader.addNodes(asArray(profile['nodes']));
  reader.addSamples(asArray(profile['samples']), asArray(profile['timeDeltas']));
  const endTime = profile['endTime'];
  return reader.finish(
    { name: '', pid: 1, tid: 1 },
    asNumber(profile['startTime'], 0),
    typeof endTime === 'number' ? endTime : undefined,
  );
}
