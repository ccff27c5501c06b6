import { SourceMapGenerator } from 'source-map';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../../src/base/format-error.ts';
import { moduleOffset } from '../../../src/base/units.ts';
import { readModuleSourceMap } from '../../../src/sourcemap/read/source-map.ts';
import { writeModuleMap } from '../../../src/sourcemap/write/module-map.ts';
import { chooseSymbols, needsSourceMap, withSourceMap } from '../../../src/symbols/choose.ts';
import type { Frame } from '../../../src/symbols/symbol-source.ts';
import { Symbolizer } from '../../../src/symbols/symbolizer.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { setSourceMapUrl, sourceMapUrl } from '../../../src/wasm/source-map-url.ts';
import { llvmModule } from '../../support/llvm-fixtures.ts';
import { withoutSections } from '../../support/without-sections.ts';

// A module whose debug information was taken out and that names a map instead: what the map says of its code is what the debug
// information said.

/** Sources of a map are URLs, without a `./` at their head. */
const asUrl = (file: string): string => file.replace(/^(?:\.\/)+/, '');

describe.each(['tinygo.wasm.z', 'c.dwarf5.o2'])('%s', (name) => {
  const whole = llvmModule(name);
  const told = new Symbolizer(chooseSymbols(readModule(whole)).sources);
  const { json } = writeModuleMap(told, { file: 'app.wasm' });

  async function mapped(bytes: Uint8Array) {
    const symbols = chooseSymbols(readModule(setSourceMapUrl(readModule(bytes), 'app.wasm.map')));
    expect(symbols.sourceMapUrl).toBe('app.wasm.map');
    expect(needsSourceMap(symbols)).toBe(true);
    return withSourceMap(symbols, await readModuleSourceMap(new TextDecoder().decode(json)));
  }

  test('functions, inlined calls, files and lines of each place are those of the debug information', async () => {
    const stripped = withoutSections(whole, (section) => section.startsWith('.debug_'));
    const symbols = await mapped(stripped);
    expect(symbols.sources.map(({ kind }) => kind)).toEqual(['sourcemap', 'names']);
    expect(symbols.why).toContain('source map');
    const read = new Symbolizer(symbols.sources);
    let exact = 0;
    const wrong: unknown[] = [];
    for (const offset of told.edges()) {
      const expected = told.locate(offset);
      const [inner] = expected.frames;
      const found = read.locate(offset);
      if (expected.confidence.kind !== 'exact' || inner === undefined || inner.line === 0) continue;
      exact++;
      const text = (frames: readonly Frame[]): string =>
        frames
          .map((one) => `${one.function} ${asUrl(one.file)}:${String(one.line)} ${String(one.inlined)}`)
          .join('|');
      const same =
        text(found.frames) === text(expected.frames) &&
        found.funcIndex === expected.funcIndex &&
        found.funcIndex !== undefined;
      if (!same) wrong.push({ offset, expected, found });
    }
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(exact).toBeGreaterThan(name.startsWith('c.') ? 20 : 1000);
    const files = told.files().map(asUrl);
    expect(read.files().length).toBeGreaterThan(0);
    for (const file of read.files()) expect(files).toContain(file);
  });

  test('a line leads to its code', async () => {
    const symbols = await mapped(withoutSections(whole, (section) => section.startsWith('.debug_')));
    const read = new Symbolizer(symbols.sources);
    for (const offset of told.edges().slice(0, 500)) {
      const [frame] = read.locate(offset).frames;
      if (frame === undefined || frame.file === '') continue;
      const places = read.placesOf(frame.file, frame.line).map((place) => read.locate(place.moduleOffset));
      expect(places.length).toBeGreaterThan(0);
      for (const place of places)
        expect(place.frames[0]).toMatchObject({ file: frame.file, line: frame.line });
    }
    expect(read.placesOf('nothing.go', 1)).toEqual([]);
  });

  test('without names of functions those of the map serve, and else the number', async () => {
    const isNaming = (section: string): boolean => section.startsWith('.debug_') || section === 'name';
    const symbols = await mapped(withoutSections(whole, isNaming));
    const read = new Symbolizer(symbols.sources);
    const names = new Set(told.edges().map((offset) => read.locate(offset).frames[0]?.function));
    expect(names.size).toBeGreaterThan(3);
    expect(symbols.why).toContain('names functions and inlined calls');
    expect(symbols.sources.map((source) => source.quality().summary).join()).toContain(
      'inlined calls by its scopes',
    );
    const unnamed = new SourceMapGenerator();
    const [first] = told.edges().filter((offset) => told.locate(offset).frames[0]?.line !== 0);
    if (first === undefined) throw new Error('no place');
    unnamed.addMapping({
      source: 'a.go',
      generated: { line: 1, column: first },
      original: { line: 7, column: 0 },
    });
    const numbered = withSourceMap(symbols, await readModuleSourceMap(unnamed.toString()));
    expect(numbered.why).toContain('no names of functions');
    const { frames, funcIndex } = new Symbolizer(numbered.sources).locate(first);
    expect(frames).toEqual([
      { function: `wasm-function[${String(funcIndex)}]`, file: 'a.go', line: 7, inlined: false },
    ]);
  });
});

test('code behind the last mapping of a function is not that of the function before it', async () => {
  const wasm = readModule(llvmModule('tinygo.wasm.z'));
  const symbols = chooseSymbols(wasm);
  const [first, second] = new Symbolizer(symbols.sources).functions();
  if (first === undefined || second === undefined) throw new Error('no functions');
  const generator = new SourceMapGenerator();
  const at = { line: 1, column: first.bodyStart };
  generator.addMapping({ source: 'a.go', generated: at, original: { line: 7, column: 0 } });
  const { sources } = withSourceMap(symbols, await readModuleSourceMap(generator.toString()));
  const source = sources.find(({ kind }) => kind === 'sourcemap');
  const last = moduleOffset(first.bodyStart + first.bodySize - 1);
  expect(source?.locate(last)).toMatchObject({ confidence: { kind: 'exact' }, frames: [{ line: 7 }] });
  expect(source?.locate(second.bodyStart).confidence).toMatchObject({ kind: 'unavailable' });
});

test('damaged scopes cost the map nothing else', async () => {
  const symbols = chooseSymbols(readModule(llvmModule('c.dwarf5.o2')));
  const map = { version: 3, sources: ['a.go'], names: [], mappings: 'gBAEA', scopes: 'C!' };
  const read = await readModuleSourceMap(JSON.stringify(map));
  expect([...read.start]).toEqual([16]);
  expect(read.scopes).toBeUndefined();
  const { diagnostics } = withSourceMap(symbols, read);
  expect(diagnostics.map(String).join()).toContain(
    'source map scopes at offset 0x1: the end of a scope that has not begun',
  );
});

test('a module that says more itself needs no map', () => {
  const symbols = chooseSymbols(
    readModule(setSourceMapUrl(readModule(llvmModule('tinygo.wasm.z')), 'x.map')),
  );
  expect(symbols.sourceMapUrl).toBe('x.map');
  expect(needsSourceMap(symbols)).toBe(false);
  expect(sourceMapUrl(readModule(llvmModule('tinygo.wasm.z')))).toBeUndefined();
});

test.each([
  ['', 'JSON'],
  ['[]', 'JSON object'],
  ['{"version":4,"sources":[],"mappings":""}', 'version'],
  ['{"version":3,"sources":[]}', 'mappings'],
  ['{"version":3,"sources":["a"],"mappings":"AAAA;!!"}', 'base 64'],
  ['{"version":3,"sources":["a"],"mappings":"AAgggggggggggggC"}', ''],
  ['{"version":3,"sources":["a"],"mappings":"AEAA"}', ''],
  ['{"version":3,"sources":7,"mappings":"AAAA"}', ''],
])('what is no source map is refused: %s', async (text, why) => {
  const error = await readModuleSourceMap(text).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FormatError);
  expect(String(error)).toContain('source map at offset 0x0');
  expect(String(error)).toContain(why);
});

test('an index map, text of sources, and the line against script inclusion', async () => {
  const map = {
    version: 3,
    sources: ['a.go', 'b.go'],
    sourcesContent: ['package a\n', null],
    names: [],
    mappings: 'gBAEA,IC',
  };
  const one = await readModuleSourceMap(`)]}'\n${JSON.stringify({ ...map, mappings: 'gBAEA,ICAA,A' })}`);
  expect([...one.start]).toEqual([16, 20, 20]);
  expect(one.sources).toEqual(['a.go', 'b.go']);
  expect(one.contents).toEqual(['package a\n', null]);
  const index = {
    version: 3,
    sections: [{ offset: { line: 0, column: 100 }, map: { ...map, mappings: 'gBAEA' } }],
  };
  const read = await readModuleSourceMap(JSON.stringify(index));
  expect([...read.start]).toEqual([116]);
  expect([...read.line]).toEqual([3]);
});
