import { beforeEach, expect, test } from 'vitest';
import { buildFacts } from '../../../src/worker/build-context.ts';
import { LanguagePackages } from '../../../src/worker/language-packages.ts';
import type { Frame } from '../../../src/symbols/symbol-source.ts';
import { fixtures, goSource } from '../../support/fixtures.ts';
import { runtimeOf } from '../go/runtime/programs.ts';

// Package variables in files that hold no code, which the module does not name: found where a folder lists the directory.

const MAIN = 'example.com/fixtures/values/main.go';
const DECLARED = /^var \(\n[^)]*?^\)$/m;
const [values] = fixtures({ family: 'values', goVersion: '1.27.3' });
if (values === undefined) throw new Error('no fixture');
const runtime = runtimeOf(values);
const source = goSource('values/main.go');
/** Without its variables; the lines stay. */
const code = source.replace(DECLARED, (text) => text.replace(/[^\n]/g, ''));
const variables = `package main\n\n${DECLARED.exec(source)?.[0] ?? ''}\n`;
const frame: Frame = {
  ...{ function: 'main.main', file: MAIN, line: 1, column: 0, inlined: false, isRuntime: false },
};

let texts: Map<string, string>;
let packages: LanguagePackages;
beforeEach(async () => {
  texts = new Map([[MAIN, code]]);
  packages = new LanguagePackages(() => runtime, [...runtime.program.module.files.all().keys()], texts);
  await packages.prepared();
});

/** As the session does it with a folder that has these files. */
function list(files: Readonly<Record<string, string>>, main = code): readonly string[] {
  const names = ['main.go', ...Object.keys(files)];
  const wanted = packages.begin({ file: MAIN, text: main, names });
  const found = new Map(wanted.map((name) => [name, files[name] ?? '']));
  packages.take({ file: MAIN, text: main, texts: found, wanted });
  return wanted;
}

test('what the module says of how it was built', () => {
  const facts = fixtures({ goVersion: '1.27.3' })
    .filter(({ stripped }) => stripped)
    .filter(({ family }) => /^(?:values|command)$/.test(family))
    .map((one) => [one.family, buildFacts(runtimeOf(one).program)]);
  const context = { minor: 27, isExact: true, tags: new Set(['']), cgo: false };
  expect(Object.fromEntries(facts)).toEqual({
    values: { context: { goos: 'js', ...context }, isOfNamedFiles: false },
    command: { context: { goos: 'wasip1', ...context }, isOfNamedFiles: false },
  });
});

test('variables of a file without code are found once the directory was listed', () => {
  expect(packages.find('counter', frame)).toBeUndefined();
  expect(packages.whyUnknown('counter', frame)).toBe(
    'the files of package main that hold code declare none, and one without code is found only in a folder that you grant (Go panel, Settings, Source text)',
  );
  expect(packages.unlisted(frame, null)).toEqual([MAIN]);
  const wanted = list({
    'variables.go': variables,
    'variables_linux.go': variables,
    'variables_test.go': variables,
    'ignored.go': `//go:build ignore\n\n${variables}`,
    'other.go': variables.replace('package main', 'package other'),
  });
  expect(wanted).toEqual(['variables.go', 'ignored.go', 'other.go']);
  expect(packages.unlisted(frame, null)).toEqual([]);
  expect(packages.find('counter', frame)).toHaveProperty('address');
  expect(packages.find('main.title', frame)).toHaveProperty('address');
  expect(packages.list(frame).map(({ name }) => name)).toContain('main.counter');
  expect(packages.find('nowhere', frame)).toBeUndefined();
  expect(packages.whyUnknown('nowhere', frame)).toBe('package main declares none');
});

test('a file of which it is not known whether it was built says nothing', () => {
  list({ 'variables.go': `//go:build goexperiment.some\n\n${variables}` });
  expect(packages.find('counter', frame)).toBeUndefined();
  expect(packages.whyUnknown('counter', frame)).toBe(
    'the files of package main that are here declare none, and it is not known whether variables.go was built',
  );
});

test('a directory of other source is not taken', () => {
  list({ 'variables.go': variables }, `${code}// changed\n`);
  expect(packages.find('counter', frame)).toBeUndefined();
  expect(packages.whyUnknown('counter', frame)).toContain('another text of main.go');
  expect(packages.unlisted(frame, null)).toEqual([]);
});

test('a directory without a file that holds code is not that of the package', () => {
  expect(packages.begin({ file: MAIN, text: code, names: ['variables.go'] })).toEqual([]);
  expect(packages.whyUnknown('counter', frame)).toContain('the folder has no main.go');
});

test('a file that was built, and would not have been, is of something else', () => {
  const other = `//go:build !js\n\n${code}`;
  texts.set(MAIN, other);
  list({ 'variables.go': variables }, other);
  expect(packages.find('counter', frame)).toBeUndefined();
  expect(packages.whyUnknown('counter', frame)).toContain('main.go is another than that of the program');
});

test('files that could not be read are told', () => {
  const wanted = packages.begin({ file: MAIN, text: code, names: ['main.go', 'variables.go'] });
  packages.take({ file: MAIN, text: code, texts: new Map(), wanted });
  expect(packages.whyUnknown('counter', frame)).toContain('variables.go could not be read');
});

test('packages that an expression names are listed too, those of the standard library by their own names', () => {
  expect(packages.unlisted(frame, 'os.Args[0] + x.y')).toEqual([MAIN, 'os/error.go']);
  const args = 'package os\n\nvar Args []string\n';
  expect(packages.find('os.Args', frame)).toBeUndefined();
  expect(packages.whyUnknown('os.Args', frame)).toContain(
    'the files of package os that are here declare none, and the text of ',
  );
  const names = [...runtime.program.module.files.all().keys()].flatMap((file) =>
    file.startsWith('os/') && !file.slice(3).includes('/') ? [file.slice(3)] : [],
  );
  const wanted = packages.begin({ file: 'os/error.go', text: 'package os\n', names });
  expect(wanted).toEqual(names);
  packages.take({ file: 'os/error.go', text: 'package os\n', texts: new Map([['proc.go', args]]), wanted });
  expect(packages.find('os.Args', frame)).toHaveProperty('address');
});
