import { Profile as Peer } from 'pprof-format';
import { readProfile } from '../../src/profile/read-profile.ts';
import { writeProfile } from '../../src/profile/write-profile.ts';
import { chartOfProfile } from '../../src/trace/synthetic.ts';
import { writeTrace } from '../../src/trace/write-trace.ts';
import { LARGE, madeProfile } from '../support/made-profile.ts';

/** Times in milliseconds, best of several. */
export interface ProfilesMeasured {
  readonly bytes: number;
  readonly samples: number;
  /** Bytes to tables, and the same by the package pprof-format, which Datadog's profiler uses. */
  readonly decode: number;
  readonly peerDecode: number;
  readonly write: number;
  readonly trace: number;
  readonly traceBytes: number;
  /** Bytes that the decoded profile holds, and that of the peer. */
  readonly memory: number;
  readonly peerMemory: number;
  /** Bytes that the trace's text holds when it is written. */
  readonly traceMemory: number;
}

const RUNS = 5;

/** Measures a profile of 12 MB and 100,000 samples, which is made here. */
export function measureProfiles(): ProfilesMeasured {
  const bytes = writeProfile(madeProfile(LARGE));
  const profile = readProfile(bytes);
  let traceBytes = 0;
  // In turn, so that both meet the same machine.
  let decode = Infinity;
  let peerDecode = Infinity;
  for (let run = 0; run < RUNS; run++) {
    decode = Math.min(
      decode,
      timeOf(() => readProfile(bytes)),
    );
    peerDecode = Math.min(
      peerDecode,
      timeOf(() => Peer.decode(bytes)),
    );
  }
  return {
    ...{ bytes: bytes.length, samples: profile.samples.count, decode, peerDecode },
    write: best(() => writeProfile(profile)),
    trace: best(() => (traceBytes = writeTrace([chartOfProfile(profile)]).length)),
    traceBytes,
    memory: heldBy(() => readProfile(bytes)),
    peerMemory: heldBy(() => Peer.decode(bytes)),
    traceMemory: heldBy(() => writeTrace([chartOfProfile(profile)])),
  };
}

function best(work: () => unknown): number {
  return Math.min(...Array.from({ length: RUNS }, () => timeOf(work)));
}

function timeOf(work: () => unknown): number {
  globalThis.gc?.();
  const start = performance.now();
  work();
  return performance.now() - start;
}

function heldBy(work: () => unknown): number {
  const before = used();
  const result = work();
  const held = used() - before;
  // Kept until here.
  if (result === undefined) throw new Error('nothing was made');
  return held;
}

function used(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
