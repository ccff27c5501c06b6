import { FormatError } from '../../base/format-error.ts';
import { address } from '../../base/units.ts';
import type { Memory } from '../../memory/memory.ts';
import type { GoRuntime } from './runtime.ts';

// What switches the memory profile of a running program on: runtime.MemProfileRate, which the allocator looks at for every object (Go
// src/runtime/malloc.go, mallocgc; mprof.go). A linker that sees nobody read the profile sets it to 0 (disableMemoryProfiling), with the code that
// samples in place. mcache.nextSample counts the bytes down to the next sample; with a rate of 0 it was made so large in 1.21 and 1.22
// that it would never come (malloc.go, nextSample), so that it has to be set as well.

export interface ProfilingSwitch {
  /** Address of runtime.MemProfileRate, and what it is: bytes between two samples on average; 0 for off. */
  readonly rateAt: number;
  readonly rate: number;
  /** Addresses of the processors' mcache.nextSample, 8 bytes each: 0 there has the next allocation sampled. */
  readonly nextSampleAt: readonly number[];
}

const MAX_PROCESSORS = 64;

/** Finds the switch; a sentence where it cannot be found for sure. Throws only NeedPages. */
export function findProfilingSwitch(runtime: GoRuntime, memory: Memory): ProfilingSwitch | string {
  const { memProfileRate, allp, mbuckets } = runtime.globals;
  for (const { address: at, confidence } of [memProfileRate, allp, mbuckets]) {
    if (at === undefined)
      return `a variable of the runtime was not found: ${confidence.kind === 'exact' ? '' : confidence.why}`;
  }
  const cache = runtime.types.structOffsets('runtime.p')?.get('mcache');
  const next = runtime.types.structOffsets('runtime.mcache')?.get('nextSample');
  if (cache === undefined || next === undefined) return 'the module does not describe runtime.mcache';
  try {
    const rateAt = memProfileRate.address ?? address(0);
    const rate = Number(BigInt.asIntN(64, memory.u64(rateAt)));
    if (rate < 0 || rate > 2 ** 40) return `what stands at its address, ${rate}, is no rate`;
    const list = allp.address ?? address(0);
    const count = memory.word(address(list + 8));
    if (count === 0 || count > MAX_PROCESSORS) return 'the program has not started yet';
    const nextSampleAt: number[] = [];
    for (let i = 0; i < count; i++) {
      const processor = memory.word(address(memory.word(list) + i * 8));
      const at = memory.word(address(processor + cache));
      if (at !== 0) nextSampleAt.push(at + next);
    }
    return { rateAt, rate, nextSampleAt };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return error.message;
  }
}
