import { dropUninteresting } from '../profile/filter.ts';
import { totalOf } from '../profile/graph.ts';
import { gzip, isGzip } from '../profile/gzip.ts';
import { knownFrames, withKnownFrames } from '../profile/known-frames.ts';
import { defaultSampleIndex, type Profile } from '../profile/profile.ts';
import { isWasmFrame, type RecordedFrame, type RecordedThread } from '../profile/recording.ts';
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
import { syntheticAxisOf, traceTime } from '../trace/read-trace.ts';
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
    return captureOf(input.profile, input.format, () =>
      isGzip(bytes) ? Promise.resolve(bytes) : gzip(bytes),
    );
  }
  const { threads, json, trace } = input;
  const frames = threads.flatMap((thread) => thread.frames);
  const notes: string[] = [];
  const modules = modulesOf(frames, knownFrames(json), candidates, notes);
  const names = modules.map((module) => module.frames);
  const timeNanos = traceTime(json);
  const synthetic = syntheticAxisOf(json);
  const time = timeNanos === undefined ? {} : { timeNanos };
  const profile = recordingProfile(threads, { modules, ...time, synthetic });
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
      // What has a synthetic axis has no order of time.
      threads: (synthetic === undefined ? threads : []).map(({ name, tid }) =>
        name === '' ? `Thread ${String(tid)}` : name,
      ),
      durationMs: synthetic === undefined ? capture.facts.durationMs : null,
      kinds: synthetic === undefined ? capture.facts.kinds : [],
      lines: false,
      unnamed: unnamedOf(frames, modules),
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

/** How many functions of WebAssembly are of none of the modules. */
function unnamedOf(frames: readonly RecordedFrame[], modules: readonly RecordedModule[]): number {
  const unnamed = frames.filter(
    (frame) => isWasmFrame(frame) && modules.every((module) => module.frames.functionOf(frame) === undefined),
  );
  return new Set(unnamed.map(({ url, functionName, column }) => `${column} ${functionName} ${url}`)).size;
}

/** Modules that functions of the recording belong to: those that it names itself, then candidates; of several builds with the same functions the first. */
function modulesOf(
  frames: readonly RecordedFrame[],
  known: readonly RecordedModule[],
  candidates: readonly CandidateModule[],
  notes: string[],
): RecordedModule[] {
  const found = [...known];
  const seen = new Set(known.map(({ info }) => info.buildId));
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
    notes.push(...contradiction);
  }
  return found;
}

function factsOf(profile: Profile, format: ProfileFormat, notes: readonly string[]): ProfileFacts {
  const { samples, sampleTypes, strings, locations, comments, timeNanos, durationNanos } = profile;
  return {
    format,
    sampleTypes: sampleTypes.map(({ type, unit }, index) => ({ type, unit, total: totalOf(profile, index) })),
    defaultSampleType: Math.max(0, defaultSampleIndex(profile)),
    samples: samples.count,
    time: timeNanos === 0n ? null : Number(timeNanos / 1_000_000n),
    durationMs: durationNanos === 0n ? null : Number(durationNanos) / 1e6,
    threads: [],
    lines: locations.lineNumber.some((line) => line > 0),
    labels: labelKeys(samples.labels.key, strings),
    unnamed: 0,
    kinds: sharesOf(profile, KIND_LABEL),
    notes: [...comments.filter((comment) => !comment.startsWith('#')), ...cutNote(profile), ...notes],
  };
}

/** The keys of labels, each index of a string once, as they come. */
function labelKeys(keys: Uint32Array, strings: readonly string[]): string[] {
  const seen = new Uint8Array(strings.length);
  const found: string[] = [];
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at] ?? 0;
    if (seen[key] === 1) continue;
    seen[key] = 1;
    found.push(strings[key] ?? '');
  }
  return found;
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
