import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { finish } from '../../../src/base/steps.ts';
import { VariableAccesses } from '../../../src/go/runtime/variable-accesses.ts';
import { PackageFile } from '../../../src/gosource/package-file.ts';
import { PackageVariables, type VariablePlace } from '../../../src/values/package-variables.ts';
import { fixtures, fixturesDirectory, goSource, type Fixture } from '../../support/fixtures.ts';
import { runtimeOf } from '../go/runtime/programs.ts';

// Where variables are, against the word of Go's own linker (fixtures/record-variables.mjs), which no module carries.

const LINKER = JSON.parse(
  readFileSync(join(fixturesDirectory, 'modules', 'variables.json'), 'utf8'),
) as Record<string, Record<string, readonly [address: number, size: number]>>;
const [OLDEST, NEWEST] = ['1.19.8', '1.27.3'];
const recorded = fixtures({}).filter(({ name }) => name in LINKER);

function finderOf(name: string): PackageVariables {
  const runtime = runtimeOf(fixtureNamed(name));
  return new PackageVariables(runtime, finish(VariableAccesses.read(runtime.program)));
}

const textOf = (symbol: string): string => goSource(symbol.replace('example.com/fixtures/', ''));

function sourcesOf({ family, name }: Fixture): Map<string, PackageFile> {
  const used = new Set(runtimeOf(fixtureNamed(name)).program.module.files.all().keys());
  const files = new Map<string, PackageFile>();
  for (const file of readdirSync(join(fixturesDirectory, 'programs', family))) {
    const symbol = `example.com/fixtures/${family}/${file}`;
    if (used.has(symbol)) files.set(symbol, new PackageFile(textOf(symbol)));
  }
  return files;
}

function fixtureNamed(name: string): Fixture {
  const found = recorded.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no fixture ${name}`);
  return found;
}

interface Comparison {
  readonly right: readonly string[];
  readonly wrong: readonly string[];
  /** Of those that were not found. */
  readonly reasons: readonly string[];
}

function compare(name: string, files = sourcesOf(fixtureNamed(name))): Comparison {
  const found = finderOf(name).find(files);
  const right: string[] = [];
  const wrong: string[] = [];
  const reasons: string[] = [];
  for (const [symbol, [address, size]] of Object.entries(LINKER[name] ?? {})) {
    if (!symbol.startsWith('main.')) continue;
    const variable = symbol.slice('main.'.length);
    const place: VariablePlace = found.get(variable) ?? { why: `${variable} is not declared` };
    if (!('address' in place)) reasons.push(place.why);
    else if (place.address === address && place.type.size === size) right.push(variable);
    else wrong.push(`${variable} is at ${String(address)}, found at ${String(place.address)}`);
  }
  return { right, wrong, reasons };
}

/** A file's text without its variables, and that of a file beside it which declares them: the lines stay. */
function apart(text: string): readonly [code: string, variables: string] {
  const lines = text.split('\n');
  const of = lines.map(() => false);
  for (let i = 0; i < lines.length; i++) {
    if (!(lines[i] ?? '').startsWith('var ')) continue;
    const end = /[({]$/.test(lines[i] ?? '')
      ? lines.findIndex((line, k) => k > i && /^[)}](?:\(\))?$/.test(line))
      : i;
    if (/\bfunc\b.*\{$/.test(lines.slice(i, end + 1).join('\n'))) continue;
    of.fill(true, i, end + 1);
  }
  const imports = /^import (?:\([^)]*\)|.*)$/m.exec(text)?.[0] ?? '';
  const variables = lines.filter((_, i) => of[i] === true).join('\n');
  return [
    lines.map((line, i) => (of[i] === true ? '' : line)).join('\n'),
    `package main\n\n${imports}\n\n${variables}\n`,
  ];
}

describe('package variables of stripped modules, by source and code', () => {
  test('the linker of every Go version was asked', () => {
    expect(new Set(recorded.map(({ goVersion }) => goVersion)).size).toBe(8);
  });

  test.each(recorded.map(({ name }) => name))('%s: none is wrong', (name) => {
    expect(compare(name).wrong).toEqual([]);
  });

  test('most are found', () => {
    const all = recorded.map(({ name }) => compare(name));
    const found = all.reduce((sum, one) => sum + one.right.length, 0);
    const of = all.reduce((sum, one) => sum + one.right.length + one.reasons.length, 0);
    console.log(`package variables: ${String(found)} of ${String(of)} found, 0 wrong`);
    expect({ found, of }).toEqual({ found: 152, of: 192 });
  });

  test.each([OLDEST, NEWEST])('Go %s: as many are found in files that hold no code', (version) => {
    for (const { name } of recorded.filter((one) => one.goVersion === version)) {
      const files = new Map<string, PackageFile>();
      for (const file of sourcesOf(fixtureNamed(name)).keys()) {
        const [code, variables] = apart(textOf(file));
        files.set(file, new PackageFile(code));
        files.set(file.replace(/\.go$/, '_variables.go'), new PackageFile(variables));
      }
      const left = [...files].flatMap(([file, one]) => (file.includes('_variables') ? [] : one.variables));
      expect(left.map((one) => one.name).filter((one) => !/^(?:table|onInit)$/.test(one))).toEqual([]);
      expect(compare(name, files), name).toEqual(compare(name));
    }
  });

  test('the function that gives variables their first values is none that the source calls init', () => {
    for (const name of ['values.1.19.8.js.stripped', 'values.1.27.3.js.stripped']) {
      const files = sourcesOf(fixtureNamed(name));
      const [file = ''] = files.keys();
      files.set(file, new PackageFile(`${textOf(file)}\nfunc init() { counter++ }\n`));
      expect(compare(name, files)).toEqual(compare(name));
    }
  });

  test('what a package that this one imports uses is none of its variables', () => {
    const name = 'values.1.27.3.js.stripped';
    const args = new Map([['os/proc.go', new PackageFile('package os\n\nvar Args []string\n')]]);
    const [file = ''] = sourcesOf(fixtureNamed(name)).keys();
    const others = new Map([[file, textOf(file)]]);
    expect(finderOf(name).find(args, others).get('Args')).toHaveProperty('address');
    // If os imported those whose code uses the place, they could not use it.
    const importing = new PackageFile('package os\n\nimport "main"\n\nvar Args []string\n');
    expect(
      finderOf(name)
        .find(new Map([['os/proc.go', importing]]), others)
        .get('Args'),
    ).toHaveProperty('why');
  });

  test('a variable that two files declare is in one of them, and nobody says in which', () => {
    const name = 'values.1.27.3.js.stripped';
    for (const other of ['var counter = 42', 'func counter() {}', 'const counter = 1', 'type counter int']) {
      const files = sourcesOf(fixtureNamed(name));
      const [file = ''] = files.keys();
      files.set(file.replace('main.go', 'other.go'), new PackageFile(`package main\n\n${other}\n`));
      expect(finderOf(name).find(files).get('counter')).toMatchObject({
        why: expect.stringContaining('main.go and in other.go') as string,
      });
    }
  });

  // The text of package os is not here: these lines declare what its file does, and main says where it is used.
  test.each(
    recorded.filter(({ family }) => /^(values|heap|goroutines)$/.test(family)).map(({ name }) => name),
  )('%s: a variable of another package, by the package that uses it', (name) => {
    const os = new Map([['os/proc.go', new PackageFile('package os\n\nvar Args []string\n')]]);
    const { family } = fixtureNamed(name);
    const others = new Map([...sourcesOf(fixtureNamed(name)).keys()].map((file) => [file, textOf(file)]));
    const [address] = LINKER[name]?.['os.Args'] ?? [];
    expect(finderOf(name).find(os, others).get('Args'), family).toMatchObject({ address });
    expect(finderOf(name).find(os).get('Args')).toHaveProperty('why');
  });

  test.each([OLDEST, NEWEST])('Go %s: with a file of the package missing none is wrong', (version) => {
    for (const { name } of recorded.filter((one) => one.goVersion === version)) {
      const all = sourcesOf(fixtureNamed(name));
      for (const left of all.keys()) {
        const files = new Map([...all].filter(([file]) => file !== left));
        expect(compare(name, files).wrong, `${name} without ${left}`).toEqual([]);
      }
    }
  });

  test('with the source of another version none is at a place of another type', () => {
    const { name } = fixtureNamed('values.1.27.3.js.stripped');
    const [file = ''] = sourcesOf(fixtureNamed(name)).keys();
    const changed = goSource('values/main.go').replace(/^\tcounter {2}= 41$/m, '\tcounter = "text"');
    const found = finderOf(name).find(new Map([[file, new PackageFile(changed)]]));
    expect(found.get('counter')).toHaveProperty('why');
  });

  test('source with more variables and functions than a package has', () => {
    const name = 'values.1.27.3.js.stripped';
    const [file = ''] = sourcesOf(fixtureNamed(name)).keys();
    const many = Array.from(
      { length: 20_000 },
      (_, i) => `var v${String(i)} int\nfunc main() { v${String(i)}++ }`,
    );
    const found = finderOf(name).find(
      new Map([[file, new PackageFile(`package main\n${many.join('\n')}\n`)]]),
    );
    expect(found.size).toBe(3000);
    expect([...found.values()].filter((one) => 'address' in one)).toEqual([]);
  });

  test('no source, and one that is no Go', () => {
    const finder = finderOf('values.1.27.3.js.stripped');
    expect(finder.find(new Map()).size).toBe(0);
    const text = 'var (\nvar a, = [}\nfunc ( {{{ x := "';
    expect(
      [...finder.find(new Map([['a.go', new PackageFile(text)]])).values()].every((one) => 'why' in one),
    ).toBe(true);
  });
});
