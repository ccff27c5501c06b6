import { expect, test } from 'vitest';
import type { CliIo } from '../../../src/cli/io.ts';
import { run } from '../../../src/cli/main.ts';
import { fixture, fixtureBytes, goSource } from '../../support/fixtures.ts';

// gowasm sourcemap: the map with text from a folder, or the module that names its map; and what it refuses.

const module = fixtureBytes(fixture({ family: 'panics', goVersion: '1.27.3', goos: 'js' }));
const main = goSource('panics/main.go');

async function gowasm(...args: string[]) {
  const ran = { code: 0, err: '', written: new Map<string | null, Uint8Array>() };
  const files = new Map([
    ['app.wasm', module],
    ['src/panics/main.go', new TextEncoder().encode(main)],
  ]);
  const io: CliIo = {
    readFile: (path) => {
      const bytes = files.get(path);
      return bytes === undefined ? Promise.reject(new Error(`no ${path}`)) : Promise.resolve(bytes);
    },
    readStdin: () => Promise.reject(new Error('nothing is read')),
    writeFile: (path, bytes) => Promise.resolve(void ran.written.set(path, bytes)),
    stdout: () => undefined,
    stderr: (text) => (ran.err += text),
  };
  ran.code = await run(args, io, '1.2.3');
  return ran;
}

test('writes the map, with the text of the files that the folder has', async () => {
  const { code, err, written } = await gowasm('sourcemap', 'app.wasm', '--sources', 'src', '-o', 'app.map');
  expect({ code, err }).toEqual({
    code: 0,
    err: expect.stringMatching(/^gowasm: \d+ mappings, \d+ sources, text of 1\n$/) as string,
  });
  const map = JSON.parse(new TextDecoder().decode(written.get('app.map'))) as {
    file: string;
    sources: string[];
    sourcesContent: (string | null)[];
  };
  expect(map.file).toBe('app.wasm');
  expect(map.sourcesContent[map.sources.indexOf('example.com/fixtures/panics/main.go')]).toBe(main);
});

test('--embed writes the module that names its map', async () => {
  const { code, written } = await gowasm('sourcemap', 'app.wasm', '--embed', 'app.map', '-o', 'new.wasm');
  expect(code).toBe(0);
  const bytes = written.get('new.wasm') ?? new Uint8Array();
  expect(Buffer.compare(bytes.subarray(0, module.length), module)).toBe(0);
  expect(new TextDecoder().decode(bytes.subarray(module.length))).toMatch(/sourceMappingURL.app\.map$/s);
});

test.each([
  [['sourcemap'], /needs a MODULE/],
  [['sourcemap', 'app.wasm', 'more'], /one MODULE/],
  [['sourcemap', 'app.wasm', '--json'], /takes no --json/],
  [['sourcemap', 'app.wasm', '--embed', 'u', '--sources', 'src'], /not with --embed/],
  [['inspect', 'app.wasm', '--embed', 'u'], /takes no --sources and --embed/],
])('refuses %j', async (args, why) => {
  const { code, err } = await gowasm(...args);
  expect(code).toBe(2);
  expect(err).toMatch(why);
});
