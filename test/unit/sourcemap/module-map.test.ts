import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { SourceMapConsumer, type RawSourceMap } from 'source-map';
import { describe, expect, test } from 'vitest';
import { moduleOffset } from '../../../src/base/units.ts';
import { writeModuleMap } from '../../../src/sourcemap/write/module-map.ts';
import { chooseSymbols } from '../../../src/symbols/choose.ts';
import { Symbolizer } from '../../../src/symbols/symbolizer.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { setSourceMapUrl } from '../../../src/wasm/source-map-url.ts';
import { fixture, fixtureBytes } from '../../support/fixtures.ts';

// The map of a whole module, read by two other programs' readers: what they say of a column is what the symbolizer says of the offset.

const VERSIONS = ['1.19.8', '1.21.13', '1.27.3'] as const;

describe.each(VERSIONS)('Go %s', (goVersion) => {
  const bytes = fixtureBytes(fixture({ family: 'panics', goVersion, goos: 'js' }));
  const symbols = chooseSymbols(readModule(bytes));
  const symbolizer = new Symbolizer(symbols.sources);
  const textOf = (file: string): string | null => (file.endsWith('panics/main.go') ? 'package main\n' : null);
  const map = writeModuleMap(symbolizer, { file: 'panics.wasm', textOf });
  const json = new TextDecoder().decode(map.json);
  const raw = JSON.parse(json) as RawSourceMap & { ignoreList: number[] };

  test('each mapping and each call is what the symbolizer says, by both readers', () => {
    const calls = symbols.go?.callSites.all();
    if (calls === undefined) throw new Error('no calls');
    const offsets = new Set([...calls.offset, ...symbolizer.edges()]);
    const trace = new TraceMap(json);
    return SourceMapConsumer.with(raw, null, (consumer) => {
      let exact = 0;
      const wrong: unknown[] = [];
      for (const offset of offsets) {
        const { confidence, frames } = symbolizer.locate(moduleOffset(offset));
        const [inner] = frames;
        const known = confidence.kind === 'exact' && inner !== undefined && inner.line !== 0;
        const expected =
          known && !inner.file.startsWith('<')
            ? [inner.file, inner.line, inner.function]
            : [null, null, null];
        if (expected[0] !== null) exact++;
        const place = { line: 1, column: offset };
        for (const found of [consumer.originalPositionFor(place), originalPositionFor(trace, place)]) {
          const { source, line, name } = found;
          if ([source, line, name].some((value, i) => value !== expected[i])) {
            wrong.push({ offset, expected, found });
          }
        }
      }
      expect(wrong.slice(0, 3)).toEqual([]);
      expect(exact).toBeGreaterThan(5000);
    });
  });

  test('has the text of the files that are there, and leaves the standard library out of the way', () => {
    expect(map.texts).toBe(1);
    expect(raw.sourcesContent?.filter(Boolean)).toEqual(['package main\n']);
    const ignored = raw.ignoreList.map((i) => raw.sources[i]);
    expect(ignored).toContain('runtime/proc.go');
    expect(raw.sources.filter((source) => !ignored.includes(source))).toContain(
      'example.com/fixtures/panics/main.go',
    );
  });
});

test('a module says where its map is, once, and is otherwise as it was', () => {
  const bytes = fixtureBytes(fixture({ family: 'panics', goVersion: '1.27.3', goos: 'js' }));
  const long = `https://maps.test/${'a'.repeat(200)}.map`;
  const first = setSourceMapUrl(readModule(bytes), 'other.map');
  const second = readModule(setSourceMapUrl(readModule(first), long));
  expect(second.diagnostics).toEqual([]);
  expect(WebAssembly.validate(second.bytes as Uint8Array<ArrayBuffer>)).toBe(true);
  expect(Buffer.compare(second.bytes.subarray(0, bytes.length), bytes)).toBe(0);
  const found = WebAssembly.Module.customSections(
    new WebAssembly.Module(second.bytes as Uint8Array<ArrayBuffer>),
    'sourceMappingURL',
  );
  expect(found.map((section) => new TextDecoder().decode(section).slice(2))).toEqual([long]);
});
