// gowasm goroutines of TinyGo modules: the same command and JSON as for standard Go.
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { uncertaintyOf } from '../../../src/tinygo/tasks.ts';
import { llvmModule } from '../../support/llvm-fixtures.ts';
import { tinyGoMemory, tinyGoStates } from '../../support/tinygo.ts';
import { runCli, type CliRun } from '../../support/run-cli.ts';

const files = new Map<string, Uint8Array>();

const gowasm = (...args: string[]): Promise<CliRun> => runCli(files, args);

it('prints the goroutines of a program that died in one of them', async () => {
  files.set('z.wasm', llvmModule('tinygo.wasm.z'));
  files.set('memory', gzipSync(await tinyGoMemory('tinygo.wasm.z', 'goroutine')));
  const { code, out, err } = await gowasm('goroutines', 'z.wasm', 'memory');
  expect(code).toBe(0);
  expect(out.split('\n').filter((line) => line.startsWith('goroutine '))).toEqual([
    expect.stringMatching(/^goroutine 0x[0-9a-f]+ \[chan receive\]:$/),
    expect.stringMatching(/^goroutine 0x[0-9a-f]+ \[running\]:$/),
  ]);
  expect(out).toMatch(/main\.inGoroutine\(.*\)\n\t\S+concurrent\.go:\d+\nmain\.concurrent\(/);
  expect(err).toContain('TinyGo gives goroutines no numbers');
  // The version that the layout was checked with.
  expect(err).not.toContain('as if it were');
  expect(err).toMatch(/goroutine 0x[0-9a-f]+: It runs: its stack is the one of WebAssembly itself/);
});

it('says in JSON what is known and what is not', async () => {
  files.set('0.wasm', llvmModule('tinygo.wasm.0'));
  files.set('memory', await tinyGoMemory('tinygo.wasm.0', 'deadlock'));
  const { code, out } = await gowasm('goroutines', '0.wasm', 'memory', '--json');
  expect(code).toBe(0);
  const [one, ...others] = JSON.parse(out) as {
    state: string;
    waitReason: string | null;
    complete: boolean;
    frames: { function: string; confidence: string }[];
  }[];
  expect(others).toEqual([]);
  expect([one?.state, one?.waitReason, one?.complete]).toEqual(['chan receive', 'chan receive', true]);
  const own = one?.frames.filter((frame) => frame.function.startsWith('main.')) ?? [];
  expect(own.map((frame) => [frame.function, frame.confidence])).toEqual([
    ['main.waitForever', 'inferred'],
    ...['concurrent', 'middle', 'outer', 'main'].map((name) => [`main.${name}`, 'exact']),
  ]);
});

it.each([
  ['tinygo.wasm.z.nodebug', /without -no-debug/],
  ['tinygo.unknown.z', /-scheduler=asyncify/],
])('of %s says what to change in the build', async (name, advice) => {
  files.set('m.wasm', llvmModule(name));
  files.set('memory', new Uint8Array(1 << 16));
  const { code, err } = await gowasm('goroutines', 'm.wasm', 'memory');
  expect(code).toBe(1);
  expect(err).toMatch(advice);
});

it('of another version says that the records may be others', () => {
  expect(uncertaintyOf('0.33.0')).toBeNull();
  expect(uncertaintyOf('0.36.0')).toMatch(/TinyGo 0\.36\.0: .* as if it were 0\.33/);
  expect(uncertaintyOf(null)).toMatch(/not known: /);
});

it('variables out of its own debug information: in the text when asked for, in the JSON always', async () => {
  const { memory } = await tinyGoStates('held.wasip1.0', 'held');
  const files = new Map([
    ['held.wasm', llvmModule('held.wasip1.0')],
    ['held.mem', memory],
  ]);
  const shown = await runCli(files, ['goroutines', 'held.wasm', 'held.mem', '--variables']);
  expect(shown.code).toBe(0);
  // The innermost call of a function that calls itself, and its caller.
  expect(shown.out).toMatch(
    /^main\.deep\(.*\n\t.*main\.go:\d+\n\t\tn int = 0\t\(.*\n[^]*^\t\tn int = 1\t\(/m,
  );
  expect(shown.out).toMatch(/^\t\t\S+ \S+ = …\t\(.+\)$/m);
  const plain = await runCli(files, ['goroutines', 'held.wasm', 'held.mem']);
  expect(plain.out).toBe(shown.out.replaceAll(/^\t\t.*\n/gm, ''));
  const { out } = await runCli(files, ['goroutines', 'held.wasm', 'held.mem', '--json']);
  const goroutines = JSON.parse(out) as { frames: { function: string; arguments: { name: string }[] }[] }[];
  const deep = goroutines.flatMap(({ frames }) => frames.filter((frame) => frame.function === 'main.deep'));
  expect(deep.length).toBeGreaterThan(2);
  for (const { arguments: found } of deep) expect(found.map(({ name }) => name)).toContain('n');
});
