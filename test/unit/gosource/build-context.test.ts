import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { constraintsHold, expressionHolds } from '../../../src/gosource/build-constraint.ts';
import { fileFits, nameFits, tagHolds, type BuildContext } from '../../../src/gosource/build-context.ts';
import { fixturesDirectory } from '../../support/fixtures.ts';

// Which files a build takes, against the word of `go list` (fixtures/record-constraints.mjs).

interface Recorded {
  readonly files: Readonly<Record<string, string>>;
  readonly builds: readonly {
    readonly goVersion: string;
    readonly goos: 'js' | 'wasip1';
    readonly tags: string;
    readonly taken: readonly string[];
  }[];
}

const { files, builds } = JSON.parse(
  readFileSync(join(fixturesDirectory, 'programs', 'constraints.json'), 'utf8'),
) as Recorded;
const JS: BuildContext = { goos: 'js', minor: 27, isExact: true, tags: new Set(), cgo: false };

test.each(builds)('Go $goVersion for $goos with tags "$tags" takes these files', (build) => {
  const { goVersion, goos, tags, taken } = build;
  const context: BuildContext = {
    ...{ goos, minor: Number(goVersion.split('.')[1]), isExact: true, cgo: false },
    tags: new Set(tags.split(',')),
  };
  const found = Object.entries(files).filter(([name, text]) => fileFits(name, text, context) === true);
  expect(found.map(([name]) => name).sort()).toEqual([...taken].sort());
  // And of none it is left open.
  const open = Object.entries(files).filter(([name, text]) => fileFits(name, text, context) === undefined);
  expect(open).toEqual([]);
});

test('what a module without build info leaves open', () => {
  const context: BuildContext = { ...JS, tags: null, cgo: null };
  expect(tagHolds('special', context)).toBeUndefined();
  expect(tagHolds('linux', context)).toBe(false);
  expect(tagHolds('js', context)).toBe(true);
  expect(fileFits('a.go', '//go:build special\n\npackage p\n', context)).toBeUndefined();
  expect(fileFits('a.go', '//go:build special && linux\n\npackage p\n', context)).toBe(false);
  expect(fileFits('a.go', '//go:build !special || js\n\npackage p\n', context)).toBe(true);
  expect(fileFits('a.go', 'package p\n\nimport "C"\n', context)).toBeUndefined();
});

test('what the toolchain sets of itself is left open, and so are later versions of one that is not known', () => {
  const open = ['goexperiment.swissmap', 'wasm.satconv', 'boringcrypto', 'fips140v1.0'];
  expect(open.map((tag) => tagHolds(tag, JS))).toEqual(open.map(() => undefined));
  expect(tagHolds('go1.28', JS)).toBe(false);
  expect(tagHolds('go1.28', { ...JS, isExact: false })).toBeUndefined();
  expect(tagHolds('go1.27', { ...JS, isExact: false })).toBe(true);
});

test('lines that Go refuses are left open', () => {
  const holds = (tag: string): boolean => tag === 'js';
  for (const text of [
    '',
    'js wasm',
    'js &&',
    '|| js',
    '!!js',
    '(js',
    'js)',
    'js & js',
    'a-b',
    '()',
    'js # no',
  ])
    expect(expressionHolds(text, holds), text).toBeUndefined();
  expect(constraintsHold('//go:build js\n//go:build js\n\npackage p\n', holds)).toBeUndefined();
  expect(expressionHolds(`${'('.repeat(100_000)}js`, holds)).toBeUndefined();
  expect(expressionHolds(Array(100_000).fill('js').join(' && '), holds)).toBeUndefined();
});

test('names of tests and of other kinds of files', () => {
  const names = ['a_test.go', 'a_js_test.go', 'a.s', 'a.go.txt', 'go', ''];
  expect(names.map((name) => nameFits(name, JS))).toEqual(names.map(() => false));
});

test('Go 1.20 knows no wasip1: the name of a file with it says nothing (Go 1.21 Release Notes, "WebAssembly System Interface")', () => {
  expect(nameFits('a_wasip1.go', { ...JS, minor: 20 })).toBe(true);
  expect(nameFits('a_wasip1.go', { ...JS, minor: 21 })).toBe(false);
});
