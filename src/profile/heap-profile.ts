import {
  DEFAULT_MEM_PROFILE_RATE,
  type MemoryProfile,
  type MemoryRecord,
} from '../go/runtime/memory-profile.ts';
import type { ProgramCode } from '../go/runtime/program.ts';
import { ProfileBuilder } from './builder.ts';
import { callersFrames, withoutAllocator } from './callers-frames.ts';
import { GoLocations, type ProfiledModule } from './go-locations.ts';
import { scaleHeapSample } from './heap-samples.ts';
import type { Profile } from './profile.ts';

/**
 * A heap or allocs profile as pprof.WriteHeapProfile and pprof.Lookup("allocs") write it (Go src/runtime/pprof/protomem.go, 1.27): they
 * differ only in the sample type that is shown first. Functions have the names that tracebacks print: `main.Map[...]`. `timeNanos`: when
 * the memory was read, in nanoseconds since 1970 UTC; 0 unknown.
 */
export function heapProfile(
  program: ProgramCode,
  { records, rate = DEFAULT_MEM_PROFILE_RATE }: MemoryProfile,
  options: { readonly type: 'heap' | 'allocs'; readonly module: ProfiledModule; readonly timeNanos: bigint },
): Profile {
  const builder = new ProfileBuilder({
    sampleTypes: [
      { type: 'alloc_objects', unit: 'count' },
      { type: 'alloc_space', unit: 'bytes' },
      { type: 'inuse_objects', unit: 'count' },
      { type: 'inuse_space', unit: 'bytes' },
    ],
    defaultSampleType: options.type === 'allocs' ? 'alloc_space' : '',
    periodType: { type: 'space', unit: 'bytes' },
    period: BigInt(rate),
    timeNanos: options.timeNanos,
  });
  const locations = new GoLocations(builder, options.module);
  for (const record of records) {
    const { allocObjects, allocBytes } = record;
    const values = [
      ...scaleHeapSample(allocObjects, allocBytes, rate),
      ...scaleHeapSample(allocObjects - record.freeObjects, allocBytes - record.freeBytes, rate),
    ];
    const blockSize = allocObjects > 0 ? Math.trunc(allocBytes / allocObjects) : 0;
    const labels = blockSize === 0 ? [] : [{ key: 'bytes', number: BigInt(blockSize) }];
    builder.addSample(stackOf(program, record, locations), values, labels);
  }
  return builder.build();
}

/** The stack as pprof shows it: without the allocator's frames, with them when there is no other. */
function stackOf(program: ProgramCode, { stack }: MemoryRecord, locations: GoLocations): number[] {
  const shown = locations.ofStack(callersFrames(program, withoutAllocator(program, stack)));
  return shown.length > 0 ? shown : locations.ofStack(callersFrames(program, stack));
}
