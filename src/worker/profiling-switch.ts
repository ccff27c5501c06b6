import { findProfilingSwitch, type ProfilingSwitch } from '../go/runtime/profiling-switch.ts';
import type { Handlers } from '../protocol/endpoint.ts';
import type { ProfilingRequests } from '../protocol/profiling.ts';
import type { AskForMemory } from './analysis.ts';
import { FarSnapshotMemory } from './goroutines-memory.ts';
import { runtimeOf } from './goroutines-open.ts';
import type { ModuleStore } from './module-store.ts';

/** Answers where a running program's memory profile is switched. */
export function profilingHandlers(store: ModuleStore, ask: AskForMemory): Handlers<ProfilingRequests> {
  return {
    'profiling.find': async ({ moduleKey, target, byteLength }): Promise<ProfilingSwitch | string> => {
      const runtime = runtimeOf(store.get(moduleKey));
      const memory = new FarSnapshotMemory(runtime, byteLength, false, (ranges) => ask.read(target, ranges));
      return memory.walk((read) => findProfilingSwitch(runtime, read));
    },
  };
}
