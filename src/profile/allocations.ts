import type { Amount } from '../go/runtime/heap/diff.ts';
import { DEFAULT_MEM_PROFILE_RATE, type MemoryProfile } from '../go/runtime/memory-profile.ts';
import type { ProgramCode } from '../go/runtime/program.ts';
import { callersFrames, withoutAllocator } from './callers-frames.ts';
import { scaleHeapSample } from './heap-samples.ts';

/**
 * What is in use by the stack that allocated it, as pprof's inuse_objects and inuse_space estimate it of the samples. The name has a line for
 * each call, innermost first: function, file and line.
 */
export function allocationAmounts(
  program: ProgramCode,
  { records, rate = DEFAULT_MEM_PROFILE_RATE }: MemoryProfile,
): Amount[] {
  return records.flatMap((record): Amount[] => {
    const count = record.allocObjects - record.freeObjects;
    const size = record.allocBytes - record.freeBytes;
    if (count === 0 && size === 0) return [];
    const [objects, bytes] = scaleHeapSample(count, size, rate);
    const frames = callersFrames(program, withoutAllocator(program, record.stack));
    const lines = frames.filter((frame) => frame.function !== 'runtime.goexit');
    const name = lines.map((frame) => `${frame.function} ${frame.file}:${String(frame.line)}`).join('\n');
    return [{ name, objects, bytes }];
  });
}
