// gowasm goroutines of TinyGo modules: the same command and JSON as for standard Go.
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { CliIo } from '../../../src/cli/io.ts';
import { run } from '../../../src/cli/main.ts';
import { uncertaintyOf } from '../../../src/tinygo/tasks.ts';
import { llvmModule } from '../../support/llvm-fixtures.ts';
import { tinyGoMemory } from '../../support/tinygo.ts';

const files = new Map<string, Uint8Array>();

async function gowasm(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const io: CliIo = {
    readFile: (path) => {
      const bytes = files.get(path);
      return bytes === undefined ? Promise.reject(new Error('no such file')) : Promise.resolve(bytes);
    },
    readStdin: () => Promise.resolve(new Uint8Array(0)),
    writeFile: () => Promise.reject(new Error('nothing is written')),
    stdout: (part) => (out += part),
    stderr: (part) => (err += part),
  };
  return { code: await run(args, io, '1.2.3'), out, err };
}

it('prints the goroutines of a program that died in one of them', async () => {
  files.set('z.wasm', llvmModule('tinygo.wasm.z'));
  files.set('memory', gzipSync(await tinyGoMemory('tinygo.wasm.z', 'goroutine')));
  const { code, out, err } = await gowasm('goroutines', 'z.wasm', 'memory');
  expect(code).toBe(0);
  expect(out.split('\n').filter((line) => line.startsWith('goroutine '))).toEqual([
    'goroutine 1 [chan receive]:',
    'goroutine 2 [running]:',
  ]);
  expect(out).toMatch(/main\.inGoroutine\(.*\)\n\t\S+concurrent\.go:\d+\nmain\.concurrent\(/);
  expect(err).toContain('TinyGo gives goroutines no numbers');
  // The version that the layout was checked with.
  expect(err).not.toContain('as if it were');
  expect(err).toContain('goroutine 2: It runs: its stack is the one of WebAssembly itself');
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
