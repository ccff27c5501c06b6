import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { moduleOffset } from '../../../src/base/units.ts';
import { chooseSymbols } from '../../../src/symbols/choose.ts';
import { inspectModule, reportOf } from '../../../src/symbols/inspect.ts';
import { Symbolizer } from '../../../src/symbols/symbolizer.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { fixture, fixtureBytes, fixtures } from '../../support/fixtures.ts';

const name = (text: string): number[] => [text.length, ...Buffer.from(text)];
const section = (id: number, content: readonly number[]): number[] => [id, content.length, ...content];

/** A module of two functions, `() -> ()`, each `nop; end`, with custom sections behind. */
function tinyModule(...custom: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 0, 0]),
    ...section(3, [2, 0, 0]),
    ...section(10, [2, 3, 0, 0x01, 0x0b, 3, 0, 0x01, 0x0b]),
    ...custom.flat(),
  ]);
}

const producers = (field: string, producer: string, version: string): number[] =>
  section(0, [...name('producers'), 1, ...name(field), 1, ...name(producer), ...name(version)]);
const functionNames = (...names: readonly string[]): number[] => {
  const map = [names.length, ...names.flatMap((text, i) => [i, ...name(text)])];
  return section(0, [...name('name'), 1, map.length, ...map]);
};

describe('the report of a Go module', () => {
  it.each([...fixtures(), ...fixtures({ optimized: '-Oz' })].map((f) => [f.name, f] as const))(
    '%s',
    (_name, f) => {
      const bytes = fixtureBytes(f);
      const report = inspectModule(bytes);
      expect(report).toMatchObject({
        toolchain: 'go',
        goVersion: `go${f.goVersion}`,
        byteLength: bytes.length,
        diagnostics: [],
      });
      expect(report.module).toMatchObject({
        path: `example.com/fixtures/${f.family}`,
        main: 'example.com/fixtures',
      });
      expect(report.settings).toContainEqual({ key: 'GOOS', value: f.goos });
      expect(report.producers).toContainEqual({ field: 'language', name: 'Go', version: `go${f.goVersion}` });
      expect(report.symbols.map(({ kind }) => kind)).toEqual(f.stripped ? ['pclntab'] : ['pclntab', 'names']);
      // The whole file is told, and each byte of function bodies belongs to a package.
      expect(report.sections.reduce((sum, { bytes: size }) => sum + size, 8)).toBe(bytes.length);
      const { bodySize } = readModule(bytes);
      expect(report.packages.reduce((sum, { bytes: size }) => sum + size, 0)).toBe(
        bodySize.reduce((a, b) => a + b, 0),
      );
      expect(report.packages.reduce((sum, { functions }) => sum + functions, 0)).toBe(report.functionCount);
      const paths = report.packages.map(({ path }) => path);
      expect(paths).toEqual(expect.arrayContaining(['main', 'runtime', '(no package)']));
      for (const { largest } of report.packages) {
        const sizes = largest.map(({ bytes: size }) => size);
        expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
      }
      if (f.optimized === null) {
        expect(report.notes).toEqual([]);
        expect(report.symbols[0]?.exactCalls).toBeGreaterThan(0.9);
      } else {
        expect(report.notes).toEqual([
          expect.stringMatching(/^wasm-opt: the code was rewritten after linking; [\d,]+ call PCs survived$/),
        ]);
      }
    },
  );

  it('tells dependencies and what replaces them', () => {
    const report = inspectModule(fixtureBytes(fixture({ family: 'stacks', goVersion: '1.27.3' })));
    expect(report.module.deps).toEqual([
      { path: 'example.com/shapes', version: 'v1.4.0', sum: null, replacedBy: './shapes (devel)' },
    ]);
  });

  it('before the index is built says how many functions there are, not yet how many calls', () => {
    const symbols = chooseSymbols(
      readModule(fixtureBytes(fixture({ family: 'exits', goVersion: '1.27.3' }))),
    );
    expect(reportOf(symbols).symbols).toEqual([{ kind: 'pclntab', summary: '1,470 functions' }]);
  });

  it('of esbuild-wasm', () => {
    const path = createRequire(import.meta.url).resolve('esbuild-wasm/esbuild.wasm');
    const report = inspectModule(readFileSync(path));
    expect(report).toMatchObject({
      toolchain: 'go',
      module: { path: 'github.com/evanw/esbuild/cmd/esbuild', main: 'github.com/evanw/esbuild' },
      diagnostics: [],
      notes: [],
    });
    expect(report.packages[0]?.path).toBe('github.com/evanw/esbuild/internal/js_parser');
  });
});

describe('modules that Go did not make', () => {
  it('of TinyGo has names only, and says so', () => {
    const bytes = tinyModule(
      functionNames('main.main', 'runtime.run'),
      producers('processed-by', 'TinyGo', '0.33.0'),
    );
    const report = inspectModule(bytes);
    expect(report).toMatchObject({ toolchain: 'tinygo', goVersion: null, diagnostics: [] });
    expect(report.symbols).toEqual([{ kind: 'names', summary: 'names of 2 functions' }]);
    expect(report.notes).toEqual([
      'TinyGo 0.33.0: target wasm-unknown; no scheduler (no goroutines)',
      expect.stringMatching(
        /^No debug information: names of functions only\. Build with .* without -no-debug/,
      ),
    ]);
    expect(report.packages.map(({ path, functions }) => [path, functions])).toEqual([
      ['main', 1],
      ['runtime', 1],
    ]);
    const { sources } = chooseSymbols(readModule(bytes));
    expect(sources[0]?.functions().map(({ role }) => role)).toEqual(['user', 'runtime']);
  });

  it('of another compiler has the names of its name section', () => {
    const wasm = readModule(tinyModule(functionNames('add', 'malloc')));
    const { toolchain, sources, why } = chooseSymbols(wasm);
    expect([toolchain, why]).toEqual([
      'other',
      'No Go toolchain made this module. The name section names functions; files and lines are not known.',
    ]);
    const symbolizer = new Symbolizer(sources);
    const second = symbolizer.locate(moduleOffset(wasm.bodyStart[1] ?? 0));
    expect(second).toMatchObject({
      funcIndex: 1,
      role: 'user',
      confidence: { kind: 'unavailable' },
      frames: [{ function: 'malloc', file: '', line: 0, inlined: false }],
    });
    expect(symbolizer.functions().map((symbol) => symbol.name)).toEqual(['add', 'malloc']);
    expect(symbolizer.locate(moduleOffset(0))).toMatchObject({ funcIndex: undefined, frames: [] });
  });

  it('without any symbols is still reported', () => {
    const report = inspectModule(tinyModule());
    expect(report).toMatchObject({ toolchain: 'other', functionCount: 2, symbols: [] });
    expect(report.notes).toEqual([
      expect.stringMatching(
        /^No debug information: functions have no names either\. Build with debug information \(-g\), and keep /,
      ),
    ]);
    expect(report.packages).toMatchObject([
      {
        path: '(unknown)',
        functions: 2,
        largest: [{ name: 'wasm-function[0]' }, { name: 'wasm-function[1]' }],
      },
    ]);
  });

  it.each([
    ['clang', '19.1.7', /Compile and link with -g \(Emscripten: -g, or -gseparate-dwarf/],
    ['rustc', '1.80.0', /Build with `-C debuginfo=2` \(in Cargo\.toml: debug = true, strip = false\)/],
    ['emcc', '1', /Build with debug information \(-g\)/],
  ])('of %s: what to change in the build command', (compiler, version, advice) => {
    const { notes } = inspectModule(tinyModule(producers('processed-by', compiler, version)));
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(advice);
    expect(notes[0]).toContain('wasm-opt needs -g');
  });

  it('that say they are Go but have no readable pclntab are Go without symbols', () => {
    const bytes = tinyModule(producers('language', 'Go', 'go1.27.3'));
    expect(inspectModule(bytes)).toMatchObject({ toolchain: 'go', goVersion: 'go1.27.3', symbols: [] });
    expect(chooseSymbols(readModule(bytes)).why).toMatch(/^Go's own tables \(pclntab\) could not be read/);
  });
});

describe('damage', () => {
  const bytes = fixtureBytes(fixture({ family: 'exits', goVersion: '1.27.3' }));

  it('that is no module at all is one error', () => {
    expect(() => inspectModule(new Uint8Array(0))).toThrow('module header at offset 0x0');
    expect(() => inspectModule(Buffer.from('<!doctype html>'))).toThrow('module header at offset 0x0');
  });

  it('anywhere in a module never loses the report, and each part of it names section and place', () => {
    const flips = fc.array(
      fc.record({ at: fc.integer({ min: 8, max: bytes.length - 1 }), to: fc.integer({ min: 0, max: 255 }) }),
      { minLength: 1, maxLength: 40 },
    );
    const cut = fc.option(fc.integer({ min: 8, max: bytes.length }), { nil: bytes.length, freq: 3 });
    fc.assert(
      fc.property(flips, cut, (changes, end) => {
        const broken = bytes.slice(0, end);
        for (const { at, to } of changes) if (at < end) broken[at] = to;
        const report = inspectModule(broken);
        expect(report.byteLength).toBe(end);
        for (const line of report.diagnostics)
          expect(line).toMatch(/ at (?:offset|address) 0x[0-9a-f]+: |^and \d+ more$/);
      }),
      { numRuns: 25 },
    );
  });

  it('of the magic number of the pclntab is one error: where it should be', () => {
    const broken = bytes.slice();
    const header = Buffer.from(broken).indexOf(Buffer.from([0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8]));
    broken.fill(0x5a, header, header + 4);
    const report = inspectModule(broken);
    expect(report).toMatchObject({ toolchain: 'go', goVersion: 'go1.27.3', symbols: [] });
    expect(report.diagnostics).toEqual([
      expect.stringMatching(/^Data section at offset 0x[0-9a-f]+: expected the header of a pclntab/),
    ]);
  });

  it('in the tables of Go never throws out of a lookup', () => {
    const wasm = readModule(bytes);
    const { go } = chooseSymbols(wasm);
    if (go === undefined) throw new Error('no pclntab');
    // Data segments that hold the tables and moduledata.
    const { data } = wasm;
    const from = go.header.address;
    const to = go.moduleData.functions.end;
    const targets: number[] = [];
    for (let i = 0; i < data.count; i++) {
      const at = data.address[i] ?? 0;
      if (at + (data.size[i] ?? 0) > from && at < to) targets.push(i);
    }
    const change = fc.record({
      segment: fc.constantFrom(...targets),
      byte: fc.nat(),
      to: fc.integer({ min: 0, max: 255 }),
    });
    const places = fc.array(fc.integer({ min: 0, max: bytes.length }), { minLength: 30, maxLength: 30 });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 60 }), places, (changes, offsets) => {
        const broken = bytes.slice();
        for (const { segment, byte, to: value } of changes) {
          broken[(data.start[segment] ?? 0) + (byte % (data.size[segment] ?? 1))] = value;
        }
        const { sources } = chooseSymbols(readModule(broken));
        const symbolizer = new Symbolizer(sources);
        for (const offset of offsets) {
          const { confidence, frames } = symbolizer.locate(moduleOffset(offset));
          if (frames.length === 0) expect(confidence.kind).toBe('unavailable');
        }
        expect(symbolizer.functions().length).toBeLessThanOrEqual(wasm.functionCount);
        symbolizer.placesOf('example.com/fixtures/exits/main.go', 20);
      }),
      { numRuns: 25 },
    );
  });
});
