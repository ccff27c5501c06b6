// Every command of gowasm on every kind of module with DWARF: TinyGo's targets and levels of optimization, C, C++ and Rust. It works, and what it says is
// what llvm-symbolizer and the sources say; or it says why it cannot and what would help.
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { readProfile } from '../../../src/profile/read-profile.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { goSource } from '../../support/fixtures.ts';
import { llvmGolden, llvmModule } from '../../support/llvm-fixtures.ts';
import { runCli, type CliRun } from '../../support/run-cli.ts';
import { tinyGoStates } from '../../support/tinygo.ts';

/** What a command is to say where it cannot work; undefined where it works. */
interface Kind {
  readonly name: string;
  readonly toolchain: string;
  /** Files beside the module. */
  readonly beside?: readonly string[];
  /** The case at the end of which memory is taken. */
  readonly ends?: string;
  readonly goroutines?: RegExp;
  readonly heap?: RegExp;
  /** No debug information: lines cannot be known. */
  readonly lines?: RegExp;
}

const NO_STACKS =
  /TinyGo notes no stack of an allocation, so there is no (?:heap|allocs) profile of it: gowasm heap/;
const NOT_GO = /not a module of standard Go or of TinyGo: how other programs keep their memory is not known/;
const NO_DWARF = /it has no DWARF, .*: build it without -no-debug/;
const NO_SCHEDULER =
  /it was built without goroutines .* and with -gc=leaking, .*: build it with -scheduler=asyncify -gc=conservative/;

const tinygo = (name: string, ends = 'deadlock'): Kind => ({ name, toolchain: 'TinyGo', ends });
const unknown = (name: string): Kind => ({
  ...{ name, toolchain: 'TinyGo', goroutines: NO_SCHEDULER, heap: NO_SCHEDULER },
});
const other = (name: string, ...beside: string[]): Kind => ({
  ...{ name, toolchain: 'not Go', beside, goroutines: NOT_GO, heap: NOT_GO },
});

const KINDS: readonly Kind[] = [
  ...['z', '1', '0'].map((level) => tinygo(`tinygo.wasm.${level}`)),
  ...['z', '0'].map((level) => tinygo(`tinygo.wasip1.${level}`)),
  ...['z', '0'].map((level) => unknown(`tinygo.unknown.${level}`)),
  {
    ...{ name: 'tinygo.wasm.z.nodebug', toolchain: 'TinyGo', goroutines: NO_DWARF, heap: NO_DWARF },
    lines: /there is nothing to map\. No debug information: .*without -no-debug/,
  },
  ...['c.dwarf2.o1', 'c.dwarf4.o0', 'c.dwarf5.o2', 'cpp.dwarf5.o1'].map((name) => other(name)),
  other('c.split4.wasm', 'shapes4.dwo', 'types4.dwo'),
  other('c.split5.wasm', 'm.wasm.dwp'),
  other('rust.o2.wasm'),
];

/** Lines of function declarations by file and name, of TinyGo's and C's programs. */
function declarations(): Map<string, number> {
  const found = new Map<string, number>();
  const add = (file: string, pattern: RegExp, name: (parts: RegExpExecArray) => string): void =>
    goSource(file)
      .split('\n')
      .forEach((line, i) => {
        const parts = pattern.exec(line);
        if (parts !== null) found.set(`${file} ${name(parts)}`, i + 1);
      });
  for (const file of ['main', 'concurrent', 'chosen_js', 'chosen_wasip1', 'chosen_unknown'])
    add(`tinygo/${file}.go`, /^func (?:\(\w* ?(\*?)(\w+)\) )?(\w+)\(/, ([, star = '', type, name = '']) =>
      type === undefined ? `main.${name}` : `(${star}main.${type}).${name}`,
    );
  for (const file of ['shapes', 'types'])
    add(`llvm/${file}.c`, /^(?![ /]).*?\b(\w+)\([^()]*\) \{/, ([, name = '']) => name);
  return found;
}

const declared = declarations();

/** A .cpuprofile in which each function of the module ran once, under the bare names that V8 gives where a module has no names. */
function recordingOf(name: string): Uint8Array {
  const { importedFunctionCount, functionCount, bodyStart } = readModule(llvmModule(name));
  const frame = (functionName: string, url: string, columnNumber: number): object => ({
    ...{ functionName, url, columnNumber, scriptId: '7', lineNumber: 0 },
  });
  const children = Array.from({ length: functionCount }, (_, i) => i + 2);
  const nodes = [
    { id: 1, callFrame: frame('(root)', '', -1), children },
    ...children.map((id, i) => ({
      id,
      callFrame: frame(`wasm-function[${importedFunctionCount + i}]`, 'http://x/m.wasm', bodyStart[i] ?? 0),
    })),
  ];
  const time = { startTime: 0, endTime: 1000 * functionCount, timeDeltas: children.map(() => 1000) };
  return new TextEncoder().encode(JSON.stringify({ nodes, samples: children, ...time }));
}

describe.each(KINDS.map((kind) => [kind.name, kind] as const))('%s', (name, kind) => {
  const files = new Map<string, Uint8Array>();
  const bytes = llvmModule(name);
  const wasm = readModule(bytes);
  const gowasm = (...args: string[]): Promise<CliRun> => runCli(files, args);

  beforeAll(async () => {
    files.set('m.wasm', bytes);
    for (const file of kind.beside ?? [])
      files.set(file, llvmModule(file === 'm.wasm.dwp' ? name.replace('.wasm', '.dwp') : file));
    const { memory } =
      kind.ends === undefined ? { memory: new Uint8Array(1 << 16) } : await tinyGoStates(name, kind.ends);
    files.set('memory', memory);
    files.set('hot.cpuprofile', recordingOf(name));
  });

  it('inspect says what it is', async () => {
    const { code, out } = await gowasm('inspect', 'm.wasm');
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^toolchain +${kind.toolchain}$`, 'm'));
    expect(out).toMatch(kind.lines === undefined ? /^ {2}dwarf +DWARF [245], \d+ unit/m : /^ {2}names /m);
  });

  it('symbolize says what llvm-symbolizer says', async () => {
    if (kind.lines !== undefined) {
      const { out } = await gowasm('symbolize', 'm.wasm', String((wasm.bodyStart[20] ?? 0) + 4));
      expect(out).toMatch(/unavailable: .*\n +\S+/);
      return;
    }
    const { start, answer, answers } = llvmGolden(name).places;
    // Places with inlined calls, each in the first byte after a change.
    const known = start
      .map((address, i) => ({ address, said: (answers[answer[i] ?? 0] ?? '').split('|') }))
      .filter(({ said }) => said.length > 1 || /\/(?:tinygo|llvm)\//.test(said[0] ?? ''))
      .filter(({ said }) => said.every((frame) => /^[^?].*:[1-9]\d*:\d+$/.test(frame)));
    expect(known.length).toBeGreaterThan(10);
    const step = Math.ceil(known.length / 300);
    const chosen = known.filter((_, i) => i % step === 0);
    const offsets = chosen.map(({ address }) => String(wasm.codeStart + address));
    const { code, out } = await gowasm('symbolize', 'm.wasm', '--json', ...offsets);
    expect(code).toBe(0);
    const places = JSON.parse(out) as {
      confidence: string;
      frames: { function: string; file: string; line: number }[];
    }[];
    let exact = 0;
    let same = 0;
    places.forEach(({ confidence, frames }, i) => {
      if (confidence !== 'exact') return;
      exact++;
      const theirs = chosen[i]?.said.map((frame) => /\S+(?=:\d+$)/.exec(frame)?.[0]) ?? [];
      const ours = frames.map(({ file, line }) => `${file}:${line}`);
      expect(ours[0]).toBe(theirs[0]);
      if (ours.join() === theirs.join()) same++;
    });
    expect(exact / places.length).toBeGreaterThan(0.5);
    // Where wasm-opt lost how far inlined calls go, llvm-symbolizer takes them to go further than they can.
    expect(same / exact).toBeGreaterThan(/^tinygo\.\w+\.[z1]/.test(name) ? 0.9 : 0.999);
  });

  it('sourcemap writes a map, and --embed a module that names it', async () => {
    const { code, err, written } = await gowasm('sourcemap', 'm.wasm', '-o', 'out.map');
    if (kind.lines === undefined) {
      expect([code, err]).toEqual([0, expect.stringMatching(/^gowasm: \d+ mappings, \d+ sources?$/m)]);
      const { sources } = JSON.parse(new TextDecoder().decode(written.get('out.map'))) as {
        sources: string[];
      };
      expect(sources.join('\n')).toMatch(/tinygo\/main\.go|\.\/llvm\/\w+\.c|shapes\.rs/);
    } else expect([code, err]).toEqual([1, expect.stringMatching(kind.lines)]);
    const made = await gowasm(
      'sourcemap',
      'm.wasm',
      '--embed',
      'https://example.com/m.map',
      '-o',
      'new.wasm',
    );
    expect(made.code).toBe(0);
    const again = new Uint8Array(made.written.get('new.wasm') ?? []);
    const module = new WebAssembly.Module(again);
    const [section] = WebAssembly.Module.customSections(module, 'sourceMappingURL');
    expect(new TextDecoder().decode(section)).toBe('\x19https://example.com/m.map');
    // Its code stands where it stood.
    expect(readModule(again).bodyStart).toEqual(wasm.bodyStart);
  });

  it.each(['.cpuprofile', 'trace'])(
    'pprof names the functions of a %s with files and lines',
    async (what) => {
      const input = what === 'trace' ? 'hot.trace' : 'hot.cpuprofile';
      if (what === 'trace') {
        const bare = await gowasm('trace', 'hot.cpuprofile', '-o', 'bare');
        files.set(input, bare.written.get('bare') ?? new Uint8Array());
        expect(new TextDecoder().decode(files.get(input))).toContain('wasm-function[');
      }
      const { code, written, err } = await gowasm('pprof', input, '--module', 'm.wasm', '-o', 'out.pb.gz');
      expect(code).toBe(0);
      expect(err).not.toContain('another build');
      const { functions, strings } = readProfile(gunzipSync(written.get('out.pb.gz') ?? new Uint8Array()));
      const text = (column: Uint32Array, i: number): string => strings[column[i] ?? 0] ?? '';
      let known = 0;
      for (let i = 0; i < functions.count; i++) {
        const [function_, file] = [text(functions.name, i), text(functions.file, i)];
        expect(function_).not.toMatch(/^wasm-function/);
        const line = declared.get(`${/(?:tinygo|llvm)\/\w+\.\w+$/.exec(file)?.[0] ?? ''} ${function_}`);
        if (line === undefined) continue;
        expect([function_, functions.startLine[i]]).toEqual([function_, line]);
        known++;
      }
      const own = name.startsWith('tinygo') ? 10 : 2;
      if (kind.lines === undefined && /^(?:tinygo|c\.)/.test(name)) expect(known).toBeGreaterThanOrEqual(own);
    },
  );

  it('trace names functions', async () => {
    const { code, written } = await gowasm('trace', 'hot.cpuprofile', '--module', 'm.wasm', '-o', 'out');
    expect(code).toBe(0);
    const text = new TextDecoder().decode(written.get('out'));
    expect(text).not.toMatch(/"wasm-function\[/);
    expect(text).toContain(`"functionName":"${name.startsWith('tinygo') ? 'main.' : ''}`);
  });

  it('goroutines and heap are read, or it is said why not', async () => {
    for (const [command, why] of [
      ['goroutines', kind.goroutines],
      ['heap', kind.heap],
    ] as const) {
      const { code, out, err } = await gowasm(command, 'm.wasm', 'memory', '--json');
      if (why === undefined) {
        expect({ code, said: JSON.stringify(JSON.parse(out)) }).toEqual({
          code: 0,
          said: expect.stringMatching(
            command === 'heap' ? /"inUseBytes":[1-9]/ : /main\.waitForever/,
          ) as string,
        });
      } else expect([command, code, err]).toEqual([command, 1, expect.stringMatching(why)]);
    }
  });

  it('profiles out of memory: goroutines, and why there is none of the heap', async () => {
    const pprof = (type: string): Promise<CliRun> =>
      gowasm('pprof', '--memory', 'memory', '--module', 'm.wasm', '--type', type, '-o', 'out.pb.gz');
    for (const type of ['heap', 'allocs']) {
      const { code, err } = await pprof(type);
      const why = kind.toolchain === 'TinyGo' ? NO_STACKS : NOT_GO;
      expect([code, err]).toEqual([1, expect.stringMatching(why)]);
    }
    const { code, err, written } = await pprof('goroutine');
    if (kind.goroutines !== undefined) {
      expect([code, err]).toEqual([1, expect.stringMatching(kind.goroutines)]);
      return;
    }
    expect(code).toBe(0);
    const profile = readProfile(gunzipSync(written.get('out.pb.gz') ?? new Uint8Array()));
    expect(profile.samples.count).toBeGreaterThan(0);
    expect(profile.strings).toContain('main.waitForever');
  });
});
