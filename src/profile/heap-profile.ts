import { goPc, type GoPc } from '../base/units.ts';
import type { MemoryProfile, MemoryRecord } from '../go/runtime/memory-profile.ts';
import type { ProgramCode } from '../go/runtime/program.ts';
import { ProfileBuilder } from './builder.ts';
import { GoLocations, type GoStackFrame, type ProfiledModule } from './go-locations.ts';
import { scaleHeapSample } from './heap-samples.ts';
import type { Profile } from './profile.ts';

/** runtime.MemProfileRate as long as the program does not set it. Bytes. */
const DEFAULT_RATE = 512 * 1024;

/**
 * A heap or allocs profile as pprof.WriteHeapProfile and pprof.Lookup("allocs") write it (Go src/runtime/pprof/protomem.go, 1.27): they
 * differ only in the sample type that is shown first. Functions have the names that tracebacks print: `main.Map[...]`. `timeNanos`: when
 * the memory was read, in nanoseconds since 1970 UTC; 0 unknown.
 */
export function heapProfile(
  program: ProgramCode,
  { records, rate = DEFAULT_RATE }: MemoryProfile,
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

/** The stack without the runtime's frames above the first of the program's; with them when there is no other. */
function stackOf(program: ProgramCode, { stack }: MemoryRecord, locations: GoLocations): number[] {
  const prefixes = program.minor >= 24 ? ['runtime.', 'internal/runtime/'] : ['runtime.'];
  const first = stack.findIndex((pc) => {
    const name = program.functionAt(pc)?.framesAt(pc)[0]?.name ?? '';
    return !prefixes.some((prefix) => name.startsWith(prefix));
  });
  const shown = locations.ofStack(framesOf(program, first < 0 ? stack : stack.slice(first)));
  return shown.length > 0 ? shown : locations.ofStack(framesOf(program, stack));
}

/**
 * Frames of the PCs that runtime.Callers gives: one PC a frame, inlined calls with PCs of their own inside the function that holds them; of the last
 * PC all frames, in case that the stack was cut there (runtime_expandFinalInlineFrame).
 */
function framesOf(program: ProgramCode, pcs: readonly GoPc[]): GoStackFrame[] {
  const frames: GoStackFrame[] = [];
  /** Of the inlined frames that were met since the last function: the PC of the innermost. */
  let inner: GoPc | undefined;
  for (const [index, pc] of pcs.entries()) {
    const code = program.functionAt(pc);
    const all = code?.framesAt(goPc(Math.max(0, pc - 1))) ?? [];
    const used = index === pcs.length - 1 ? all : all.slice(0, 1);
    if (used.length === 0) {
      frames.push({ function: `0x${pc.toString(16)}`, file: '', line: 0, inlined: false, pc });
      continue;
    }
    for (const { name, file, line, startLine, inlined } of used) {
      frames.push({ function: name, file, line, startLine, inlined, pc: inner ?? pc });
      inner = inlined ? (inner ?? pc) : undefined;
    }
  }
  return frames;
}
