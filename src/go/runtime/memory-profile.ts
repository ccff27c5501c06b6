import { FormatError } from '../../base/format-error.ts';
import { address, goPc, type Address, type GoPc } from '../../base/units.ts';
import { expectBytes, type Memory } from '../../memory/memory.ts';
import type { GoRuntime } from './runtime.ts';

// The memory profile: runtime.mbuckets, a list of buckets, one a stack and size (Go src/runtime/mprof.go, 1.19 to 1.27).

/** runtime.MemProfileRate as long as the program does not set it. Bytes. */
export const DEFAULT_MEM_PROFILE_RATE = 512 * 1024;

/** A stack that allocated, and what was sampled of it. */
export interface MemoryRecord {
  /** Return PCs as runtime.MemProfileRecord.Stack has them, innermost first: of inlined calls too. */
  readonly stack: readonly GoPc[];
  readonly allocObjects: number;
  readonly allocBytes: number;
  readonly freeObjects: number;
  readonly freeBytes: number;
}

export interface MemoryProfile {
  /** In the order of runtime.MemProfile(p, true). */
  readonly records: readonly MemoryRecord[];
  /** runtime.MemProfileRate: bytes between two samples on average; undefined where it was not found. */
  readonly rate: number | undefined;
  /** Sentences: what could not be read and why, or why the profile is empty. */
  readonly notes: readonly string[];
}

/** Of runtime.bucket; the same in all versions: next, allnext, typ, hash, size, nstk; the stack follows, then the record. */
const ALLNEXT = 8;
const SIZE = 32;
const NSTK = 40;
const STACK = 48;
/** More buckets than a program has. */
const MAX_BUCKETS = 1 << 20;
/** runtime.maxProfStackDepth. */
const MAX_DEPTH = 1024;
/** Cycles that wait to be counted: memRecord.future. */
const FUTURES = 3;

/** Counts of one cycle. */
interface Cycle {
  readonly allocs: number;
  readonly frees: number;
  readonly allocBytes: number;
  readonly freeBytes: number;
}

interface Bucket {
  readonly stack: readonly GoPc[];
  /** What runtime.MemProfile counts, then the cycles that it does not count yet. */
  readonly cycles: readonly Cycle[];
}

/**
 * Reads the memory profile of a program as runtime.MemProfile(p, true) would give it at that moment: what was allocated and freed up to the last
 * complete collection; everything while there was none. Throws only NeedPages, whatever the memory holds.
 */
export function readMemoryProfile(runtime: GoRuntime, memory: Memory): MemoryProfile {
  const { mbuckets, mProfCycle, memProfileRate } = runtime.globals;
  const notes: string[] = [];
  if (mbuckets.address === undefined) {
    const why = mbuckets.confidence.kind === 'exact' ? '' : `: ${mbuckets.confidence.why}`;
    return {
      records: [],
      rate: undefined,
      notes: [`runtime.mbuckets, the memory profile, was not found${why}.`],
    };
  }
  const rate = memProfileRate.address === undefined ? undefined : memory.word(memProfileRate.address);
  const buckets: Bucket[] = [];
  try {
    const seen = new Set<number>();
    for (let at = memory.word(mbuckets.address); at !== 0; at = memory.word(address(at + ALLNEXT))) {
      if (seen.has(at) || seen.size >= MAX_BUCKETS) {
        throw new FormatError('runtime.mbuckets', at, 'expected a list that ends', true);
      }
      seen.add(at);
      buckets.push(readBucket(memory, address(at), runtime.program.minor));
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    notes.push(`The memory profile was read in part: ${error.message}.`);
  }
  if (buckets.length === 0 && notes.length === 0) {
    notes.push(
      'The memory profile is empty: Go keeps one only in programs that use it (runtime.MemProfile, runtime/pprof), or the program has not sampled an allocation yet.',
    );
  }
  const index =
    mProfCycle.address === undefined ? undefined : (memory.u32(mProfCycle.address) >>> 1) % FUTURES;
  // The cycle that runtime.MemProfile counts before it looks.
  const counted = (cycles: readonly Cycle[]): readonly Cycle[] =>
    cycles.filter((_, i) => i === 0 || i - 1 === index);
  const none = buckets.every(({ cycles }) =>
    counted(cycles).every(({ allocs, frees }) => allocs === 0 && frees === 0),
  );
  const records = buckets.map(({ stack, cycles }) => {
    const used = none ? cycles : counted(cycles);
    const sum = (of: (cycle: Cycle) => number): number => used.reduce((total, cycle) => total + of(cycle), 0);
    return {
      stack,
      allocObjects: sum(({ allocs }) => allocs),
      allocBytes: sum(({ allocBytes }) => allocBytes),
      freeObjects: sum(({ frees }) => frees),
      freeBytes: sum(({ freeBytes }) => freeBytes),
    };
  });
  return { records, rate, notes };
}

function readBucket(memory: Memory, at: Address, minor: number): Bucket {
  expectBytes(memory, at, STACK);
  const size = memory.word(address(at + SIZE));
  const depth = memory.word(address(at + NSTK));
  if (depth > MAX_DEPTH) throw new FormatError('runtime.bucket', at, `a stack of ${depth} is no stack`, true);
  const stack = Array.from({ length: depth }, (_, i) => goPc(memory.word(address(at + STACK + i * 8))));
  const record = at + STACK + depth * 8;
  // Since 1.27 only objects are counted; all of a bucket have one size.
  const hasBytes = minor < 27;
  const words = hasBytes ? 4 : 2;
  expectBytes(memory, address(record), (1 + FUTURES) * words * 8);
  const cycles = Array.from({ length: 1 + FUTURES }, (_, i): Cycle => {
    const word = (n: number): number => memory.word(address(record + (i * words + n) * 8));
    const allocs = word(0);
    const frees = word(1);
    return hasBytes
      ? { allocs, frees, allocBytes: word(2), freeBytes: word(3) }
      : { allocs, frees, allocBytes: allocs * size, freeBytes: frees * size };
  });
  return { stack, cycles };
}
