import { dropUninteresting } from '../profile/filter.ts';
import { totalOf } from '../profile/graph.ts';
import { gunzip, gzip, isGzip } from '../profile/gzip.ts';
import { knownFrames, withKnownFrames } from '../profile/known-frames.ts';
import { defaultSampleIndex, type Profile } from '../profile/profile.ts';
import type { RecordedThread } from '../profile/recording.ts';
import {
  CUT_LABEL,
  KIND_LABEL,
  recordingProfile,
  type RecordedModule,
} from '../profile/recording-profile.ts';
import { framesOfModule } from '../profile/wasm-frames.ts';
import type { ProfileFacts, ProfileFormat } from '../protocol/profiles.ts';
import { chartOfRecording } from '../trace/chart-of-recording.ts';
import { openInput } from '../trace/open-input.ts';
import { traceTime } from '../trace/read-trace.ts';
import type { Chart } from '../trace/synthetic.ts';
import type { AnalyzedModule } from './module-store.ts';

/** A recording of V8, before it became a profile. */
export interface CaptureRecording {
  readonly threads: readonly RecordedThread[];
  /** One a thread. */
  readonly charts: readonly Chart[];
  readonly modules: readonly RecordedModule[];
  readonly json: unknown;
  readonly trace: boolean;
}

/** An opened profile. */
export interface Capture {
  /** As it was read or made: what is saved. */
  readonly profile: Profile;
  /** Without what it asks to leave out: what is looked at. */
  readonly shown: Profile;
  readonly recording: CaptureRecording | null;
  readonly facts: ProfileFacts;
  /** A file that `openCapture` reads again without any module. */
  kept(): Promise<Uint8Array<ArrayBuffer>>;
}

/** A module that a recording may be of. */
export interface CandidateModule {
  readonly name: string;
  readonly module: AnalyzedModule;
}

/** Reads a file with a profile of any kind. Rejects with a FormatError that names field and offset. */
export async function openCapture(
  bytes: Uint8Array<ArrayBuffer>,
  candidates: readonly CandidateModule[],
): Promise<Capture> {
  const input = await openInput(bytes);
  if (input.kind === 'pprof') {
    const format = (await isText(bytes)) ? 'legacy text' : 'pprof';
    return captureOf(input.profile, format, () => (isGzip(bytes) ? Promise.resolve(bytes) : gzip(bytes)));
  }
  const { threads, json, trace } = input;
  const frames = threads.flatMap((thread) => thread.frames);
  const known = knownFrames(json);
  const notes: string[] = [];
  const modules = known.length > 0 ? known : modulesOf(frames, candidates, notes);
  const names = modules.map((module) => module.frames);
  const timeNanos = traceTime(json);
  const profile = recordingProfile(threads, { modules, ...(timeNanos === undefined ? {} : { timeNanos }) });
  const capture = captureOf(profile, trace ? 'Chrome trace' : '.cpuprofile', () =>
    gzip(new TextEncoder().encode(JSON.stringify(withKnownFrames(json, frames, modules)))),
  );
  return {
    ...capture,
    recording: {
      ...{ threads, modules, json, trace },
      charts: threads.map((thread) => chartOfRecording(thread, names)),
    },
    facts: {
      ...capture.facts,
      samples: threads.reduce((sum, { samples }) => sum + samples.length, 0),
      threads: threads.map(({ name, tid }) => (name === '' ? `Thread ${String(tid)}` : name)),
      lines: false,
      notes: [...capture.facts.notes, ...notes],
    },
  };
}

/** A capture of a profile that was made here. */
export function captureOf(
  profile: Profile,
  format: ProfileFormat,
  kept: () => Promise<Uint8Array<ArrayBuffer>>,
  notes: readonly string[] = [],
): Capture {
  const shown = dropUninteresting(profile);
  return { profile, shown, recording: null, kept, facts: factsOf(shown, format, notes) };
}

/** Bytes of a file that are looked at to tell a text. */
const START = 512;

async function isText(bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const raw = isGzip(bytes) ? await gunzip(bytes) : bytes;
  return /^\w+ profile:/.test(new TextDecoder().decode(raw.subarray(0, START)));
}

/** Modules that functions of the recording belong to; of several builds with the same functions the first. */
function modulesOf(
  frames: Parameters<typeof framesOfModule>[1],
  candidates: readonly CandidateModule[],
  notes: string[],
): RecordedModule[] {
  const found: RecordedModule[] = [];
  const seen = new Set<string>();
  let contradiction: readonly string[] = [];
  for (const { name, module } of candidates) {
    if (seen.has(module.hash)) continue;
    seen.add(module.hash);
    const names = framesOfModule(module.symbolizer, frames);
    const some = frames.some(
      (frame) =>
        names.functionOf(frame) !== undefined &&
        found.every((other) => other.frames.functionOf(frame) === undefined),
    );
    if (!some) {
      contradiction = names.notes;
      continue;
    }
    const { byteLength } = module.report();
    found.push({ frames: names, info: { file: name, buildId: module.hash }, size: byteLength });
  }
  if (found.length === 0 && contradiction.length > 0) {
    notes.push(
      `Functions of WebAssembly have no Go names. ${contradiction.join(' ')} Open the module first, then the recording.`,
    );
  }
  return found;
}

function factsOf(profile: Profile, format: ProfileFormat, notes: readonly string[]): ProfileFacts {
  const { samples, sampleTypes, strings, locations, comments, timeNanos, durationNanos } = profile;
  const keys = new Set(samples.labels.key);
  return {
    format,
    sampleTypes: sampleTypes.map(({ type, unit }, index) => ({ type, unit, total: totalOf(profile, index) })),
    defaultSampleType: Math.max(0, defaultSampleIndex(profile)),
    samples: samples.count,
    time: timeNanos === 0n ? null : Number(timeNanos / 1_000_000n),
    durationMs: durationNanos === 0n ? null : Number(durationNanos) / 1e6,
    threads: [],
    lines: locations.lineNumber.some((line) => line > 0),
    labels: Array.from(keys, (key) => strings[key] ?? ''),
    kinds: sharesOf(profile, KIND_LABEL),
    notes: [...comments.filter((comment) => !comment.startsWith('#')), ...cutNote(profile), ...notes],
  };
}

function cutNote(profile: Profile): string[] {
  const [cut] = sharesOf(profile, CUT_LABEL);
  if (cut === undefined) return [];
  const share = (cut[1] * 100).toFixed(1);
  return [
    `${share} % of the time is in stacks that begin at the last goroutine switch, where V8 cannot see who called (label ${CUT_LABEL}).`,
  ];
}

/** Shares of the values of a text label, of the last sample type; largest first. */
function sharesOf(profile: Profile, wanted: string): [string, number][] {
  const { samples, sampleTypes, strings } = profile;
  const { labels, labelStart, values, count } = samples;
  const key = strings.indexOf(wanted);
  const types = sampleTypes.length;
  const sums = new Map<number, number>();
  let total = 0;
  if (key < 0) return [];
  for (let row = 0; row < count; row++) {
    const value = Math.abs(values[row * types + types - 1] ?? 0);
    total += value;
    for (let at = labelStart[row] ?? 0; at < (labelStart[row + 1] ?? 0); at++) {
      const text = labels.text[at] ?? 0;
      if (labels.key[at] === key && text !== 0) sums.set(text, (sums.get(text) ?? 0) + value);
    }
  }
  return [...sums]
    .map(([text, value]): [string, number] => [strings[text] ?? '', total === 0 ? 0 : value / total])
    .sort((a, b) => b[1] - a[1]);
}
