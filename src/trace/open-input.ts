import { FormatError } from '../base/format-error.ts';
import { asObject, parseJson } from '../profile/call-tree.ts';
import { isCpuProfile, readCpuProfile } from '../profile/cpu-profile.ts';
import { isGoTest, readGoTest } from '../profile/go-test-text.ts';
import { gunzip, isGzip } from '../profile/gzip.ts';
import { isLegacyText, readLegacyText } from '../profile/legacy-text.ts';
import type { Profile } from '../profile/profile.ts';
import { readProfile } from '../profile/read-profile.ts';
import type { RecordedThread } from '../profile/recording.ts';
import { isTrace, readTrace } from './read-trace.ts';

/** A file with a profile, by what it holds. */
export type ProfileInput =
  | {
      readonly kind: 'pprof';
      readonly profile: Profile;
      /** What the file was. */
      readonly format: 'pprof' | 'legacy text' | 'go test output';
    }
  | {
      readonly kind: 'recording';
      readonly threads: readonly RecordedThread[];
      readonly json: unknown;
      readonly trace: boolean;
    };

/** Texts that are no profiles, by how they begin, and what to do instead. */
const OTHER_TEXTS: readonly (readonly [RegExp, string])[] = [
  [
    /^goroutine \d+ (?:gp=\S+ )?.*\[/,
    'a traceback of goroutines (debug=2), which is no profile: take it without debug=2, or paste it under Traps',
  ],
  [
    /^--- (?:contention|mutex):/,
    'a contention profile as text (debug=1), which names no functions: take it without debug=1',
  ],
  [
    /^\s*<(?:!doctype|html|pre)/i,
    'a page (HTML), which is no profile: the URL is that of a list of profiles, or of a sign-in',
  ],
  [/^mode: (?:set|count|atomic)\n/, 'a coverage profile, which has no samples: open it with go tool cover'],
];

/** What a text is that is no profile; null when it is not known. */
function whatElse(start: string): string | null {
  return OTHER_TEXTS.find(([pattern]) => pattern.test(start))?.[1] ?? null;
}

/** Execution traces of package runtime/trace begin so, with Go's version: `go 1.26 trace` (Go src/internal/trace). */
const EXECUTION_TRACE = /^go 1\.\d+ trace\0/;

/**
 * Reads a file of any supported kind, told by its content: pprof (gzip or raw), the text of debug=1, what go test prints, a .cpuprofile, a Chrome trace. Rejects with a
 * FormatError: for a Go execution trace one that says what to use instead.
 */
export async function openInput(bytes: Uint8Array): Promise<ProfileInput> {
  const raw = isGzip(bytes) ? await gunzip(bytes) : bytes;
  const start = new TextDecoder().decode(raw.subarray(0, 200));
  if (EXECUTION_TRACE.test(start)) {
    throw new FormatError(
      'file',
      0,
      'a Go execution trace (runtime/trace), which is not supported: open it with go tool trace, or take a CPU profile or a Chrome trace',
    );
  }
  if (isLegacyText(start)) {
    return { kind: 'pprof', profile: readLegacyText(new TextDecoder().decode(raw)), format: 'legacy text' };
  }
  if (isGoTest(start)) {
    return { kind: 'pprof', profile: readGoTest(new TextDecoder().decode(raw)), format: 'go test output' };
  }
  if (/^\s*[[{]/.test(start) && raw[0] !== 0x0a) {
    const json = parseJson(raw, 'JSON');
    if (isCpuProfile(json)) return { kind: 'recording', threads: [readCpuProfile(json)], json, trace: false };
    if (isTrace(json)) return { kind: 'recording', threads: readTrace(json), json, trace: true };
    const keys = Object.keys(asObject(json)).slice(0, 5).join(', ');
    throw new FormatError(
      'JSON',
      0,
      `expected a .cpuprofile or a Chrome trace, found ${keys === '' ? 'neither' : keys}`,
    );
  }
  const other = whatElse(start);
  if (other !== null) throw new FormatError('file', 0, other);
  return { kind: 'pprof', profile: readProfile(raw), format: 'pprof' };
}
