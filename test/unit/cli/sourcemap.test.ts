import { expect, test } from 'vitest';
import { moduleOffset } from '../../../src/base/units.ts';
import { writeModuleMap } from '../../../src/sourcemap/write/module-map.ts';
import { chooseSymbols } from '../../../src/symbols/choose.ts';
import { Symbolizer } from '../../../src/symbols/symbolizer.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { setSourceMapUrl } from '../../../src/wasm/source-map-url.ts';
import { fixture, fixtureBytes, goSource } from '../../support/fixtures.ts';
import { llvmModule } from '../../support/llvm-fixtures.ts';
import { withoutSections } from '../../support/without-sections.ts';
import { runCli, type CliRun } from '../../support/run-cli.ts';

// gowasm sourcemap: the map with text from a folder, or the module that names its map; what it refuses; and maps that other commands read.

const module = fixtureBytes(fixture({ family: 'panics', goVersion: '1.27.3', goos: 'js' }));
const main = goSource('panics/main.go');

const FILES: ReadonlyMap<string, Uint8Array> = new Map([
  ['app.wasm', module],
  ['src/panics/main.go', new TextEncoder().encode(main)],
]);

const gowasm = (...args: string[]): Promise<CliRun> => runCli(FILES, args);

test('writes the map, with the text of the files that the folder has', async () => {
  const { code, err, written } = await gowasm('sourcemap', 'app.wasm', '--sources', 'src', '-o', 'app.map');
  expect({ code, err }).toEqual({
    code: 0,
    err: expect.stringMatching(
      /^gowasm: \d+ mappings, \d+ sources, text of 1\ngowasm: not in src: .* and \d+ more; Go's are in GOROOT \(go env GOROOT\)\n$/,
    ) as string,
  });
  const map = JSON.parse(new TextDecoder().decode(written.get('app.map'))) as {
    file: string;
    sources: string[];
    sourcesContent: (string | null)[];
  };
  expect(map.file).toBe('app.wasm');
  expect(map.sourcesContent[map.sources.indexOf('example.com/fixtures/panics/main.go')]).toBe(main);
});

test('of TinyGo: text of the program and, out of a TINYGOROOT, of its runtime; what is missing says where it is', async () => {
  const panics = '// Package runtime, as TinyGo has it.\n';
  const files = new Map<string, Uint8Array>([
    ['z.wasm', llvmModule('tinygo.wasm.z')],
    ['programs/tinygo/main.go', new TextEncoder().encode(goSource('tinygo/main.go'))],
    ['tinygoroot/src/runtime/panic.go', new TextEncoder().encode(panics)],
  ]);
  const mapOf = async (folder: string): Promise<{ err: string; texts: (name: string) => unknown }> => {
    const { err, written } = await runCli(files, ['sourcemap', 'z.wasm', '--sources', folder, '-o', 'z.map']);
    const map = JSON.parse(new TextDecoder().decode(written.get('z.map'))) as {
      sources: string[];
      sourcesContent: (string | null)[];
    };
    return { err, texts: (name) => map.sourcesContent[map.sources.findIndex((file) => file.endsWith(name))] };
  };
  const program = await mapOf('programs/tinygo');
  expect(program.texts('programs/tinygo/main.go')).toBe(goSource('tinygo/main.go'));
  expect(program.err).toMatch(
    /not in programs\/tinygo: .* more; TinyGo's own are in TINYGOROOT \(tinygo env TINYGOROOT\), Go's are in GOROOT/,
  );
  expect((await mapOf('tinygoroot')).texts('tinygo/src/runtime/panic.go')).toBe(panics);
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

test.each([
  ['app.wasm.map', 'app.wasm.map'],
  ['https://example.com/maps/app.wasm.map?v=1', 'app.wasm.map'],
])('a module that has nothing but its map is symbolized by it: %s', async (url, path) => {
  const whole = llvmModule('tinygo.wasm.z');
  const bare = readModule(withoutSections(whole, (name) => name.startsWith('.debug_')));
  const told = new Symbolizer(chooseSymbols(readModule(whole)).sources);
  const { json } = writeModuleMap(told, { file: 'app.wasm' });
  const offset = told.edges().find((at) => {
    const { confidence, frames } = told.locate(at);
    return confidence.kind === 'exact' && frames[0]?.file.endsWith('/tinygo/main.go');
  });
  const [frame] = told.locate(offset ?? moduleOffset(0)).frames;
  const files = new Map<string, Uint8Array>([['app.wasm', setSourceMapUrl(bare, url)]]);
  const place = `${frame?.file ?? ''}:${String(frame?.line)}`;

  expect((await runCli(files, ['symbolize', 'app.wasm', String(offset)])).out).not.toContain(place);
  expect((await runCli(files, ['inspect', 'app.wasm'])).out).toContain(
    `The module names a source map, which was not read: ${path} (there is no such file)`,
  );
  files.set(path, new TextEncoder().encode('{"version":3}'));
  expect((await runCli(files, ['inspect', 'app.wasm'])).out).toContain(`${path} (source map at offset 0x0`);
  files.set(path, json);
  expect((await runCli(files, ['symbolize', 'app.wasm', String(offset)])).out).toContain(place);
  expect((await runCli(files, ['inspect', 'app.wasm'])).out).toContain(`source map: ${path}`);
});
