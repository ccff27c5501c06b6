import type { ProfilingSwitch } from '../go/runtime/profiling-switch.ts';

export interface ProfilingRequests {
  /** Where the memory profile of a running program is switched; why not, in words, where that cannot be said for sure. Writes nothing. */
  'profiling.find': {
    params: { moduleKey: string; target: string; byteLength: number };
    result: ProfilingSwitch | string;
  };
}
