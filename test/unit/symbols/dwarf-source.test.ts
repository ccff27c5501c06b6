import { describe, expect, it } from 'vitest';
import { moduleOffset } from '../../../src/base/units.ts';
import { chooseSymbols } from '../../../src/symbols/choose.ts';
import { inspectModule } from '../../../src/symbols/inspect.ts';
import { Symbolizer } from '../../../src/symbols/symbolizer.ts';
import { writeModuleMap } from '../../../src/sourcemap/write/module-map.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { goSource } from '../../support/fixtures.ts';
import { llvmFixtures, llvmModule } from '../../support/llvm-fixtures.ts';

const PROGRAM = '/opt/gowasm-fixtures/programs/tinygo/main.go';

/** 1-based line of the program that begins with `text`. */
const lineOf = (text: string): number =>
  goSource('tinygo/main.go')
    .split('\n')
    .findIndex((line) => line.startsWith(text)) + 1;

function symbolsOf(name: string) {
  const symbols = chooseSymbols(readModule(llvmModule(name)));
  return { symbols, symbolizer: new Symbolizer(symbols.sources) };
}

describe('TinyGo', () => {
  const modules = llvmFixtures.filter(({ name }) => name.startsWith('tinygo') && !name.endsWith('nodebug'));

  it.each(modules.map(({ name }) => name))('%s: its functions, files and lines', (name) => {
    const { symbols, symbolizer } = symbolsOf(name);
    expect(symbols.toolchain).toBe('tinygo');
    expect(symbols.tinygo?.version).toBe('0.33.0');
    expect(symbols.sources.map(({ kind }) => kind)).toEqual(['dwarf', 'names']);
    const at = symbolizer.functions().find((fn) => fn.name === 'main.at');
    expect(at).toMatchObject({ file: PROGRAM, startLine: lineOf('func at('), role: 'user' });
    expect(symbolizer.files()).toContain(PROGRAM);
    // Every function that DWARF names is the one that the name section names at that index.
    const names = symbols.sources.find(({ kind }) => kind === 'names');
    let named = 0;
    for (const fn of symbols.dwarf?.functions() ?? []) {
      const other = names?.functionAt(fn.funcIndex)?.name;
      // The name section has the linker's names: of C, of exports, and of what one package gives to another (go:linkname).
      if (other === undefined || /^\w+$/.test(other) || !/^\(?\*?main\./.test(fn.name)) continue;
      expect(fn.name).toBe(other);
      named++;
    }
    expect(named).toBeGreaterThan(8);
  });

  // In the others the compiler left nothing of the line but a trap.
  const withLine = modules.filter(({ name }) => !/\.trap$|unknown\.z$/.test(name));
  it.each(withLine.map(({ name }) => name))('%s: lines lead to code, and that code to the line', (name) => {
    const { symbolizer } = symbolsOf(name);
    const line = lineOf('	return list[i] // dies: index');
    const places = symbolizer.placesOf(PROGRAM, line);
    expect(places.length).toBeGreaterThan(0);
    for (const { moduleOffset: offset, confidence } of places) {
      const [frame] = symbolizer.locate(offset).frames;
      expect(frame).toMatchObject({ file: PROGRAM });
      if (confidence.kind === 'exact') expect(frame).toMatchObject({ function: 'main.at', line });
    }
    const { json } = writeModuleMap(symbolizer, { file: 'main.wasm' });
    const map = JSON.parse(new TextDecoder().decode(json)) as { sources: string[]; names: string[] };
    expect(map.sources).toContain(PROGRAM);
    expect(map.names).toContain('main.at');
  });

  it('says what it knows of the build', () => {
    const report = inspectModule(llvmModule('tinygo.wasm.z'));
    expect(report.toolchain).toBe('tinygo');
    expect(report.notes).toEqual([
      'TinyGo 0.33.0: target wasm; goroutines by asyncify; memory is collected in blocks',
      'wasm-opt: 27 % of the places of variables are lost, and in 24 of 75 functions locals have other numbers than the debug information says: variables are shown only where the code proves them',
    ]);
    expect(report.symbols.map(({ kind }) => kind)).toEqual(['dwarf', 'names']);
    expect(report.symbols[0]?.summary).toMatch(/^DWARF 4, \d+ units, [\d,]+ rows of code with a line$/);
    expect(report.packages.find(({ path }) => path === 'main')?.functions).toBeGreaterThan(15);
    expect(report.diagnostics).toEqual([]);
    expect(inspectModule(llvmModule('tinygo.unknown.z')).notes[0]).toBe(
      'TinyGo 0.33.0: target wasm-unknown; no scheduler (no goroutines); memory is never freed (gc=leaking)',
    );
    expect(inspectModule(llvmModule('tinygo.wasip1.z')).notes[0]).toBe(
      'TinyGo 0.33.0: target wasip1; goroutines by asyncify; memory is collected in blocks',
    );
  });

  it('without debug information: names, and what to change', () => {
    const { symbols, symbolizer } = symbolsOf('tinygo.wasm.z.nodebug');
    expect(symbols.sources.map(({ kind }) => kind)).toEqual(['names']);
    expect(symbols.why).toMatch(/without -no-debug/);
    const report = inspectModule(llvmModule('tinygo.wasm.z.nodebug'));
    expect(report.notes[1]).toMatch(/^No debug information: names of functions only\. .*without -no-debug/);
    const at = symbolizer.functions().find((fn) => fn.name === 'main.at');
    expect(symbolizer.locate(moduleOffset((at?.bodyStart ?? 0) + 8))).toMatchObject({
      role: 'user',
      confidence: { kind: 'unavailable' },
      frames: [{ function: 'main.at', file: '', line: 0 }],
    });
  });
});

describe('other compilers', () => {
  it('C: inlined calls', () => {
    const { symbols, symbolizer } = symbolsOf('c.dwarf5.o2');
    expect(symbols.toolchain).toBe('other');
    expect(symbols.why).toMatch(/^Debug information/);
    const [place] = symbolizer.placesOf('./llvm/shapes.c', 5);
    const { frames, confidence } = symbolizer.locate(place?.moduleOffset ?? moduleOffset(0));
    expect(confidence).toEqual({ kind: 'exact' });
    expect(frames.map(({ function: name, inlined }) => [name, inlined])).toEqual([
      ['clamp', true],
      ['area', true],
      ['sum', false],
    ]);
  });

  it('C++: names with their namespaces', () => {
    const { symbolizer } = symbolsOf('cpp.dwarf5.o1');
    const names = symbolizer.functions().map(({ name }) => name);
    expect(names).toContain('geometry::Point::dot');
    expect(names).toContain('geometry::largest<int>');
    expect(names).toContain('measure');
  });

  it('code that a tool changed without its debug information is not misnamed', () => {
    // The first function is taken out of the code, and everything after it moves; the DWARF stays.
    const wasm = readModule(llvmModule('c.dwarf5.o0'));
    const shift = 24;
    const moved = {
      ...wasm,
      codeStart: wasm.codeStart - shift,
    };
    const { sources } = chooseSymbols(moved);
    const symbolizer = new Symbolizer(sources);
    const truth = new Symbolizer(chooseSymbols(wasm).sources);
    let refused = 0;
    for (const fn of truth.functions()) {
      const location = symbolizer.locate(moduleOffset(fn.bodyStart + fn.bodySize - 2));
      if (location.frames.some(({ file }) => file !== '')) {
        expect(location.frames.at(-1)?.function).toBe(fn.name);
      } else refused++;
    }
    expect(refused).toBeGreaterThan(0);
  });
});
