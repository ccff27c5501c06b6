import { address } from '../base/units.ts';
import type { GoroutineSample } from '../protocol/recording.ts';
import type { AskForMemory } from './analysis.ts';
import { openMemory, ownOf, runtimeOf } from './goroutines-open.ts';
import { GoroutineSnapshot } from './goroutines-snapshot.ts';
import type { AnalyzedModule } from './module-store.ts';

/** Goroutines of one sample; a trace has fewer tracks. */
const MAX_SAMPLED = 500;

/**
 * The states of a running program's goroutines in one task of its page. Only the list is read, no stacks. Rejects where the list cannot be had in
 * one task.
 */
export async function sampleGoroutines(
  module: AnalyzedModule,
  { target, byteLength }: { readonly target: string; readonly byteLength: number },
  ask: AskForMemory,
): Promise<GoroutineSample> {
  const runtime = runtimeOf(module);
  const { memory, moment, reading, gathered } = await openMemory(
    runtime,
    { moduleKey: '', kind: 'running', target, moment: { byteLength, sp: null, time: 0, pauseMs: null } },
    ask,
  );
  if (!gathered) throw new Error(reading.notes.join(' '));
  const sp = moment.sp === null ? null : address(moment.sp);
  const snapshot = await GoroutineSnapshot.read(
    runtime,
    memory,
    { sp, now: null, ended: false },
    ownOf(module),
  );
  const goroutines = snapshot.entries
    .filter(({ goroutine }) => !goroutine.system)
    .slice(0, MAX_SAMPLED)
    .map(({ goroutine: { id, startFunction }, state }) => ({
      ...{ id, state, function: startFunction, place: '', waitsOn: '' },
    }));
  return { time: moment.time, pauseMs: reading.pauseMs ?? 0, goroutines };
}
