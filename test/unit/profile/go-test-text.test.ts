import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/base/format-error.ts';
import { isGoTest, readGoTest } from '../../../src/profile/go-test-text.ts';
import type { Profile } from '../../../src/profile/profile.ts';
import { readProfile } from '../../../src/profile/read-profile.ts';
import { stackOf } from '../../../src/profile/transform.ts';
import { writeProfile } from '../../../src/profile/write-profile.ts';
import { openInput } from '../../../src/trace/open-input.ts';

/** Samples as `outermost;...;innermost tests milliseconds labels`. */
function samplesOf({ samples, locations, functions, strings }: Profile): string[] {
  const text = (index: number | undefined): string => strings[index ?? 0] ?? '';
  return Array.from({ length: samples.count }, (_, row) => {
    const stack = [...stackOf(samples, row)]
      .map((location) =>
        text(functions.name[locations.lineFunction[locations.lineStart[location] ?? 0] ?? 0]),
      )
      .reverse();
    const labels: string[] = [];
    for (let at = samples.labelStart[row] ?? 0; at < (samples.labelStart[row + 1] ?? 0); at++) {
      labels.push(
        `${text(samples.labels.key[at])}=${text(samples.labels.text[at]) || String(samples.labels.number[at])}`,
      );
    }
    const [tests = 0, nanos = 0] = samples.values.subarray(row * 2, row * 2 + 2);
    return `${stack.join(';')} ${tests} ${nanos / 1e6} ${labels.join(' ')}`;
  });
}

// go test -v ./... of two packages, go1.27.3.
const VERBOSE = `=== RUN   TestSort
=== RUN   TestSort/small
=== RUN   TestSort/large
--- PASS: TestSort (0.25s)
    --- PASS: TestSort/small (0.01s)
    --- FAIL: TestSort/large (0.20s)
=== RUN   TestNone
    sort_test.go:9: nothing to do
--- SKIP: TestNone (0.00s)
PASS
ok  \texample.com/a/sort\t0.512s
=== RUN   TestB
--- PASS: TestB (0.10s)
PASS
coverage: 50.0% of statements
ok  \texample.com/a/b\t0.300s\tcoverage: 50.0% of statements
?   \texample.com/a/none\t[no test files]
`;

const BENCHMARKS = `goos: linux
goarch: amd64
pkg: example.com/a/sort
cpu: Some CPU
BenchmarkSort-8   \t 1000000\t      1042 ns/op\t      16 B/op\t       1 allocs/op
BenchmarkSort/large-8         \t     100\t  20000.5 ns/op
PASS
ok  \texample.com/a/sort\t3.200s
`;

describe('what go test prints', () => {
  it('has packages, tests and subtests with what each takes itself', () => {
    expect(samplesOf(readGoTest(VERBOSE))).toEqual([
      'example.com/a/sort;example.com/a/sort.TestSort 1 40 result=PASS',
      'example.com/a/sort;example.com/a/sort.TestSort;example.com/a/sort.TestSort > small 1 10 result=PASS',
      'example.com/a/sort;example.com/a/sort.TestSort;example.com/a/sort.TestSort > large 1 200 result=FAIL',
      'example.com/a/sort;example.com/a/sort.TestNone 1 0 result=SKIP',
      'example.com/a/sort 0 262 result=PASS',
      'example.com/a/b;example.com/a/b.TestB 1 100 result=PASS',
      'example.com/a/b 0 200 result=PASS',
    ]);
  });

  it('has benchmarks with the time of all their runs, and their measures as labels', () => {
    expect(samplesOf(readGoTest(BENCHMARKS))).toEqual([
      'example.com/a/sort;example.com/a/sort.BenchmarkSort 1 1042 result=BENCH runs=1000000 ns/op=1042 B/op=16 allocs/op=1',
      'example.com/a/sort;example.com/a/sort.BenchmarkSort;example.com/a/sort.BenchmarkSort > large 1 2.00005 result=BENCH runs=100 ns/op=20001',
      'example.com/a/sort 0 2155.99995 result=PASS',
    ]);
  });

  it('as -json is the same', () => {
    const event = (value: object): string => JSON.stringify({ Time: '2026-01-01T00:00:00Z', ...value });
    const of = { Package: 'example.com/a/sort' };
    const lines = [
      event({ Action: 'start', ...of }),
      event({ Action: 'run', ...of, Test: 'TestSort' }),
      event({ Action: 'pass', ...of, Test: 'TestSort/small', Elapsed: 0.01 }),
      event({ Action: 'pass', ...of, Test: 'TestSort', Elapsed: 0.25 }),
      event({ Action: 'output', ...of, Test: 'BenchmarkSort', Output: 'BenchmarkSort-8   \t' }),
      event({ Action: 'output', ...of, Test: 'BenchmarkSort', Output: ' 1000000\t      1042 ns/op\n' }),
      event({ Action: 'pass', ...of, Elapsed: 2 }),
    ];
    expect(samplesOf(readGoTest(lines.join('\n')))).toEqual([
      'example.com/a/sort;example.com/a/sort.TestSort;example.com/a/sort.TestSort > small 1 10 result=PASS',
      'example.com/a/sort;example.com/a/sort.TestSort 1 240 result=PASS',
      'example.com/a/sort 0 708 result=PASS',
      'example.com/a/sort;example.com/a/sort.BenchmarkSort 1 1042 result=BENCH runs=1000000 ns/op=1042',
    ]);
    expect(isGoTest(lines[0] ?? '')).toBe(true);
  });

  it('is told from other files, and becomes pprof', async () => {
    for (const text of [VERBOSE, BENCHMARKS]) {
      const input = await openInput(new TextEncoder().encode(text));
      if (input.kind !== 'pprof') throw new Error('no profile');
      expect([input.format, input.profile.defaultSampleType]).toEqual(['go test output', 'time']);
      expect(samplesOf(readProfile(writeProfile(input.profile)))).toEqual(samplesOf(input.profile));
    }
  });

  it('without any time says what to do; a damaged event says where', () => {
    expect(() => readGoTest('=== RUN   TestA\nPASS\n')).toThrow(FormatError);
    expect(() => readGoTest('=== RUN   TestA\nPASS\n')).toThrow(/run go test -v or -json/);
    expect(() => readGoTest('{"Action":"pass","Elapsed":1}\n{"Act')).toThrow(
      /go test -json at offset 0x1e: expected an event/,
    );
  });
});
