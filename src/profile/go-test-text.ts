import { FormatError } from '../base/format-error.ts';
import { ProfileBuilder, type NewLabel } from './builder.ts';
import type { Profile } from './profile.ts';

// What go test prints: as text (Go src/testing/testing.go and benchmark.go, src/cmd/go/internal/test), and with -json one event a line (Go
// src/cmd/internal/test2json). It says how long tests took, not which code ran.

/** `    --- PASS: TestA/sub (0.01s)` */
const RESULT = /^ *--- (PASS|FAIL|SKIP): (\S+) \((\d+(?:\.\d+)?)s\)$/;
/** `ok  	example.com/a	0.012s`, `FAIL	example.com/a	1.2s`; what was cached has no time. */
const PACKAGE = /^(ok|FAIL) {0,2}\t(\S+)\t(?:(\d+(?:\.\d+)?)s|\(cached\))(?:\t.*)?$/;
/** `BenchmarkSort-8   	 1000000	      1042 ns/op	  16 B/op	  1 allocs/op` */
const BENCHMARK = /^(Benchmark\S*?)(?:-\d+)?\s+(\d+)\s+(\d+(?:\.\d+)?) ns\/op(.*)$/;
/** A further measure of a benchmark. */
const MEASURE = /(\d+(?:\.\d+)?) (\S+)/g;
/** The directive that names the package of the benchmarks that follow. */
const PKG = /^pkg: (\S+)$/;

/** More than a run has. */
const MAX_TESTS = 1 << 20;
const UNNAMED = '(package not named)';

const BEGINNINGS: readonly RegExp[] = [
  /^(?:goos: |goarch: |pkg: |=== RUN|\s*--- (?:PASS|FAIL|SKIP): |PASS$|(?:ok|FAIL) {0,2}\t|\?\s+\S+\s+\[no test files\])/m,
  /^Benchmark\w*(?:\/\S+)?(?:-\d+)?\s+\d+\s/m,
  /^\{"(?:Time|ImportPath|Action)":.*"Action":"|^\{"Action":"/,
];

/** Whether a file begins as the output of go test. */
export function isGoTest(start: string): boolean {
  return BEGINNINGS.some((beginning) => beginning.test(start));
}

interface Ended {
  readonly package: string;
  /** Names from the outermost test to this one; empty for the package itself. */
  readonly path: readonly string[];
  readonly result: string;
  readonly nanos: number;
  readonly labels: readonly NewLabel[];
}

/**
 * A profile of the times of tests and benchmarks: packages call tests, tests their subtests. Sample types are `tests` (count) and `time` (nanoseconds). What a
 * test takes itself is its time without that of its subtests, at least 0: parallel ones take longer together. Throws a FormatError where no time is in
 * the text.
 */
export function readGoTest(text: string): Profile {
  const ended = /^\s*\{/.test(text) ? ofEvents(text) : ofText(text, UNNAMED);
  if (ended.length === 0) {
    throw new FormatError(
      'go test',
      0,
      'the text that go test prints, without the times of tests: run go test -v or -json; for what the code does, run go test -bench . -cpuprofile cpu.pb.gz (or -memprofile, -blockprofile, -mutexprofile) and open the file that it writes',
    );
  }
  return profileOf(ended);
}

/** Reads lines; those of tests are of the package whose line follows. `known`: the package of what no line names. */
function ofText(text: string, known: string): Ended[] {
  const ended: Ended[] = [];
  let since = 0;
  let named = known;
  for (const line of text.split('\n')) {
    const plain = line.replace(/\r$/, '');
    named = PKG.exec(plain)?.[1] ?? named;
    const one = ofLine(plain, named);
    if (one === undefined) continue;
    if (ended.length >= MAX_TESTS) throw new FormatError('go test', 0, `more than ${MAX_TESTS} tests`);
    if (one.path.length === 0) {
      for (let at = since; at < ended.length; at++) {
        const test = ended[at];
        if (test !== undefined) ended[at] = { ...test, package: one.package };
      }
      since = ended.length + 1;
      named = known;
    }
    ended.push(one);
  }
  return ended;
}

function ofLine(line: string, named: string): Ended | undefined {
  const result = RESULT.exec(line);
  if (result !== null) {
    const [, word = '', name = '', seconds = ''] = result;
    return { package: named, path: name.split('/'), result: word, nanos: Number(seconds) * 1e9, labels: [] };
  }
  const of = PACKAGE.exec(line);
  if (of?.[3] !== undefined) {
    const word = of[1] === 'ok' ? 'PASS' : 'FAIL';
    return { package: of[2] ?? '', path: [], result: word, nanos: Number(of[3]) * 1e9, labels: [] };
  }
  const benchmark = BENCHMARK.exec(line);
  if (benchmark === null) return undefined;
  const [, name = '', runs = '', perRun = '', rest = ''] = benchmark;
  const labels: NewLabel[] = [
    { key: 'runs', number: BigInt(runs.slice(0, 18)), unit: 'count' },
    { key: 'ns/op', number: BigInt(Math.round(Number(perRun))), unit: 'nanoseconds' },
  ];
  for (const [, value = '', unit = ''] of rest.matchAll(MEASURE)) {
    const number = BigInt(Math.round(Math.min(Number(value), Number.MAX_SAFE_INTEGER)));
    labels.push({ key: unit, number, unit: unit === 'B/op' ? 'bytes' : 'count' });
  }
  const nanos = Number(runs) * Number(perRun);
  return { package: named, path: name.split('/'), result: 'BENCH', nanos, labels };
}

/** Events of -json, one a line; what they print has the benchmarks. */
function ofEvents(text: string): Ended[] {
  const ended: Ended[] = [];
  const printed = new Map<string, string[]>();
  let offset = 0;
  for (const line of text.split('\n')) {
    const at = offset;
    offset += line.length + 1;
    if (line.trim() === '') continue;
    const event = eventOf(line, at);
    const of = typeof event['Package'] === 'string' ? event['Package'] : UNNAMED;
    const { Action: action, Test: test, Elapsed: elapsed, Output: output } = event;
    if (action === 'output' && typeof output === 'string') {
      const pieces = printed.get(of) ?? [];
      printed.set(of, pieces);
      pieces.push(output);
    }
    if (typeof elapsed !== 'number' || !Number.isFinite(elapsed) || elapsed < 0) continue;
    if (action !== 'pass' && action !== 'fail' && action !== 'skip') continue;
    if (ended.length >= MAX_TESTS) throw new FormatError('go test -json', at, `more than ${MAX_TESTS} tests`);
    const path = typeof test === 'string' && test !== '' ? test.split('/') : [];
    // A benchmark is an event of its own, without the time of its loop.
    if (path[0]?.startsWith('Benchmark') === true) continue;
    ended.push({ package: of, path, result: action.toUpperCase(), nanos: elapsed * 1e9, labels: [] });
  }
  for (const [of, pieces] of printed) {
    const benchmarks = ofText(pieces.join(''), of).filter(({ result }) => result === 'BENCH');
    ended.push(...benchmarks.map((one) => ({ ...one, package: of })));
  }
  return ended;
}

function eventOf(line: string, at: number): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new FormatError('go test -json', at, 'expected an event as JSON on each line');
}

function profileOf(ended: readonly Ended[]): Profile {
  const builder = new ProfileBuilder({
    sampleTypes: [
      { type: 'tests', unit: 'count' },
      { type: 'time', unit: 'nanoseconds' },
    ],
    defaultSampleType: 'time',
    comments: [
      'Times of tests as go test printed them, not of code: go test -cpuprofile cpu.pb.gz writes a profile of that.',
    ],
  });
  const keyOf = (of: string, path: readonly string[]): string => [of, ...path].join('\0');
  /** What the tests below one take. */
  const below = new Map<string, number>();
  for (const { package: of, path, nanos, result } of ended) {
    if (path.length === 0) continue;
    // A benchmark's loop has no other in it.
    const caller = keyOf(of, result === 'BENCH' ? [] : path.slice(0, -1));
    below.set(caller, (below.get(caller) ?? 0) + nanos);
  }
  const locations = new Map<string, number>();
  const locationOf = (of: string, path: readonly string[]): number => {
    const key = keyOf(of, path);
    let location = locations.get(key);
    if (location === undefined) {
      // No slash behind the package's path: what stands before the first dot there is the package.
      const name = path.length === 0 ? of : `${of}.${path.join(' > ')}`;
      location = builder.addLocation([{ function: builder.addFunction({ name, file: '' }), line: 0 }]);
      locations.set(key, location);
    }
    return location;
  };
  for (const { package: of, path, result, nanos, labels } of ended) {
    const self = Math.max(0, Math.round(nanos - (below.get(keyOf(of, path)) ?? 0)));
    const stack = Array.from({ length: path.length + 1 }, (_, outer) =>
      locationOf(of, path.slice(0, path.length - outer)),
    );
    const said = [{ key: 'result', text: result }, ...labels];
    builder.addSample(stack, [path.length === 0 ? 0 : 1, self], said);
  }
  return builder.build();
}
