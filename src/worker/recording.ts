import type { Handlers } from '../protocol/endpoint.ts';
import type { RecordingRequests } from '../protocol/recording.ts';
import { appendEvents } from '../trace/append-events.ts';
import { goroutineTracks } from '../trace/goroutine-tracks.ts';
import { extraEvents, type Counter, type Track, type TrackEntry } from '../trace/tracks.ts';
import type { AskForMemory } from './analysis.ts';
import { sampleGoroutines } from './goroutines-sample.ts';
import type { ModuleStore } from './module-store.ts';

/** Samples goroutines while the CPU is recorded, and completes recordings with what the session saw meanwhile. */
export const recordingHandlers = (
  store: Pick<ModuleStore, 'get'>,
  ask: AskForMemory,
): Handlers<RecordingRequests> => ({
  'recording.sample': ({ moduleKey, target, byteLength }) =>
    sampleGoroutines(store.get(moduleKey), { target, byteLength }, ask),
  'recording.complete': completeRecording,
});

/** Adds tracks of goroutines and linear memory to a trace. */
export function completeRecording({
  json,
  clock,
  programs,
}: RecordingRequests['recording.complete']['params']): RecordingRequests['recording.complete']['result'] {
  const { startMicros, startTime, pid, tid } = clock;
  const micros = (time: number): number => startMicros + Math.max(0, time - startTime) * 1000;
  const notes: string[] = [];
  const tracks: Track[] = [];
  const counters: Counter[] = [];
  for (const { label, moments, memory, holdMs } of programs) {
    const of = programs.length > 1 ? ` of ${label}` : '';
    const drawn = goroutineTracks(
      moments.map(({ time, goroutines }) => ({ at: micros(time), goroutines })),
      { group: `Goroutines${of}`, hold: holdMs * 1000 },
    );
    tracks.push(...drawn.tracks);
    notes.push(...drawn.notes);
    if (memory.length === 0) continue;
    const values = memory.map(({ time, bytes }) => [micros(time), bytes] as const);
    counters.push({ name: `Linear memory${of}`, unit: 'bytes', values });
    const end = micros(startTime + clock.durationMs);
    const entries = values.map(([at, bytes], index): TrackEntry => ({
      name: `${(bytes / (1 << 20)).toFixed(1)} MiB`,
      start: at,
      end: values[index + 1]?.[0] ?? Math.max(at, end),
      color: 'tertiary-light',
      properties: [['Bytes', String(bytes)]],
    }));
    tracks.push({ group: 'Go', name: `Linear memory${of}`, entries });
  }
  const all = appendEvents(new Uint8Array(json), extraEvents({ tracks, counters }, { pid, tid }));
  return { json: all.buffer, notes };
}
