// The committed Go modules under fixtures/, by what they are. fixtures/README.md tells how they were built.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';

/** The directory fixtures/ of the checkout. */
export const fixturesDirectory = join(import.meta.dirname, '..', '..', 'fixtures');

/** Every Go version with committed modules, oldest first. */
export const goVersions = [
  '1.19.8',
  '1.21.13',
  '1.22.12',
  '1.23.12',
  '1.24.13',
  '1.25.11',
  '1.26.10',
  '1.27.3',
] as const;
export type GoVersion = (typeof goVersions)[number];

export type FixtureFamily =
  | 'stacks'
  | 'panics'
  | 'traps'
  | 'exits'
  | 'goroutines'
  | 'heap'
  | 'references'
  | 'values'
  | 'command'
  | 'reactor';

/** One committed module, as fixtures/modules/manifest.json describes it. */
export interface Fixture {
  /** `panics.1.27.3.js.stripped`; optimized ones end in `-o2` or `-oz`. */
  readonly name: string;
  readonly family: FixtureFamily;
  readonly goVersion: GoVersion;
  readonly goos: 'js' | 'wasip1';
  /** Built with `-ldflags="-s -w"`: without a name section. */
  readonly stripped: boolean;
  /** The level of Binaryen's wasm-opt that it went through, or null. */
  readonly optimized: '-O2' | '-Oz' | null;
  /** The command that made it, run in fixtures/programs. */
  readonly command: string;
  /** Length of the module in bytes, and the hash of its bytes in hex. */
  readonly size: number;
  readonly sha256: string;
  /** Where it is: a brotli stream under fixtures/modules that holds several modules, and the first byte in its content. */
  readonly pack: string;
  readonly offset: number;
}

/** What a fixture has to be, for `fixtures` and `fixture`; what is left out may be anything. */
export type FixtureFilter = Partial<
  Pick<Fixture, 'name' | 'family' | 'goVersion' | 'goos' | 'stripped' | 'optimized'>
>;

let manifest: readonly Fixture[] | undefined;
const packs = new Map<string, Uint8Array>();

/** Every committed module that fits, oldest Go first. Modules changed by wasm-opt are left out unless `optimized` is given. */
export function fixtures(filter: FixtureFilter = {}): readonly Fixture[] {
  manifest ??= JSON.parse(
    readFileSync(join(fixturesDirectory, 'modules', 'manifest.json'), 'utf8'),
  ) as Fixture[];
  const wanted: FixtureFilter = filter.name === undefined ? { optimized: null, ...filter } : filter;
  return manifest.filter((f) =>
    (Object.keys(wanted) as (keyof FixtureFilter)[]).every((key) => f[key] === wanted[key]),
  );
}

/** The one committed module that fits; when both forms are there and `stripped` is not given, the stripped one. */
export function fixture(filter: FixtureFilter): Fixture {
  const all = fixtures(filter);
  const found = filter.stripped === undefined ? (all.find((f) => f.stripped) ?? all[0]) : all[0];
  if (!found)
    throw new Error(
      `no committed fixture fits ${JSON.stringify(filter)}; fixtures/README.md tells how to build more`,
    );
  return found;
}

/** The bytes of a module: a view of its own buffer, so that it can be transferred. Unpacking a pack happens once a process. */
export function fixtureBytes(of: Fixture): Uint8Array<ArrayBuffer> {
  let content = packs.get(of.pack);
  if (!content) {
    content = brotliDecompressSync(readFileSync(join(fixturesDirectory, 'modules', of.pack)));
    packs.set(of.pack, content);
  }
  return new Uint8Array(content.subarray(of.offset, of.offset + of.size));
}

/** The text of the wasm_exec.js that belongs to a Go version. */
export function wasmExec(goVersion: GoVersion): string {
  return readFileSync(join(fixturesDirectory, 'wasm_exec', `${goVersion}.js`), 'utf8');
}

/** The text of a Go file under fixtures/programs, e.g. `panics/main.go`. */
export function goSource(path: string): string {
  return readFileSync(join(fixturesDirectory, 'programs', path), 'utf8');
}

/** A case of a family: how the program is made to end, and what is promised about its end. */
export interface FixtureCase {
  readonly family: FixtureFamily;
  readonly name: string;
  /**
   * How it ends: `panic` and `fatal` print text and exit (a reactor prints it and traps); `exit` exits without text from Go; `trap` is a JavaScript error out of
   * the module; `blocked` goes silent.
   */
  readonly ends: 'panic' | 'fatal' | 'exit' | 'trap' | 'blocked';
  /** Exit code through the exit import, or null where the program does not exit. */
  readonly exitCode: number | null;
  /** First line on file descriptor 2, as a regular expression; null where there is none. */
  readonly text: string | null;
  /** What the JavaScript error is, as a regular expression over `name: message`; null where there is none. */
  readonly error: string | null;
  /** Innermost function of the program's own code at its end; null where there is none. */
  readonly function: string | null;
  /** The file as a `-trimpath` build names it, and the line in it, 1-based; empty and 0 where there is none. */
  readonly file: string;
  readonly line: number;
}

interface CaseRecord {
  readonly name: string;
  readonly ends: FixtureCase['ends'];
  readonly exitCode?: number;
  readonly text?: string;
  readonly error?: string;
  readonly function?: string;
}

/** The cases of a family, from fixtures/programs/cases.json; lines come from the comments `dies: NAME, NAME` of the source. */
export function casesOf(family: FixtureFamily): readonly FixtureCase[] {
  const all = JSON.parse(goSource('cases.json')) as Partial<Record<FixtureFamily, readonly CaseRecord[]>>;
  const lines = goSource(`${family}/main.go`).split('\n');
  return (all[family] ?? []).map((record) => {
    const at = lines.findIndex((line) =>
      /\/\/ dies: (.*)$/.exec(line)?.[1]?.split(', ').includes(record.name),
    );
    return {
      family,
      name: record.name,
      ends: record.ends,
      exitCode: record.exitCode ?? null,
      text: record.text ?? null,
      error: record.error ?? null,
      function: record.function ?? null,
      file: at < 0 ? '' : `example.com/fixtures/${family}/main.go`,
      line: at + 1,
    };
  });
}
