import { isGoGc } from '../profile/recording-profile.ts';
import type { RecordedThread } from '../profile/recording.ts';
import type { ModuleFrames } from '../profile/wasm-frames.ts';
import type { Track, TrackEntry } from './tracks.ts';

/** Samples of the garbage collector that are no further apart are one entry. Microseconds. */
const GAP = 2000;

/**
 * When Go's garbage collector worked in a recorded thread, as far as samples show it: on its own goroutines, or in the allocations of others. Undefined
 * where no sample does. V8's own collections are in the flame chart, as V8 records them.
 */
export function goGcTrack(thread: RecordedThread, modules: readonly ModuleFrames[]): Track | undefined {
  const { frames, nodeFrame, nodeParent, samples, durations, startTime } = thread;
  const collects = frames.map((frame) =>
    modules.some((module) => {
      const go = module.functionOf(frame);
      return go !== undefined && isGoGc(go);
    }),
  );
  // A caller comes before what it calls.
  const inGc = new Uint8Array(nodeFrame.length);
  for (const [node, row] of nodeFrame.entries()) {
    const parent = nodeParent[node] ?? -1;
    inGc[node] = collects[row] === true || (parent >= 0 && inGc[parent] === 1) ? 1 : 0;
  }
  const entries: TrackEntry[] = [];
  let at = startTime;
  let open: { start: number; end: number; spent: number } | undefined;
  const close = (): void => {
    if (open === undefined) return;
    const { start, end, spent } = open;
    const properties = [['In the collector', `${(spent / 1000).toFixed(1)} ms, by samples`]] as const;
    entries.push({ name: 'Go GC', start, end, color: 'tertiary', properties });
    open = undefined;
  };
  for (const [index, node] of samples.entries()) {
    const duration = durations[index] ?? 0;
    if (inGc[node] === 1) {
      if (open !== undefined && at - open.end > GAP) close();
      open ??= { start: at, end: at, spent: 0 };
      open.end = at + duration;
      open.spent += duration;
    }
    at += duration;
  }
  close();
  if (entries.length === 0) return undefined;
  return { group: 'Go', name: thread.name === '' ? 'GC' : `GC (${thread.name} ${thread.tid})`, entries };
}
