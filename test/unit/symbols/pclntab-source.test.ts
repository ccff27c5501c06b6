import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { moduleOffset, type FuncIndex } from '../../../src/base/units.ts';
import { buildIndex, chooseSymbols } from '../../../src/symbols/choose.ts';
import { functionAtOffset, NO_FUNCTION, readModule } from '../../../src/wasm/module.ts';
import { fixture, fixtureBytes, fixtures, goSource } from '../../support/fixtures.ts';
import { pclntabOf } from './support.ts';

const traps = pclntabOf(fixture({ family: 'traps', goVersion: '1.27.3' }));
const FILE = 'example.com/fixtures/traps/main.go';
const source = goSource('traps/main.go').split('\n');
const lineOf = (text: string): number => source.findIndex((line) => line.includes(text)) + 1;
const nameAt = (index: FuncIndex): string | undefined => traps.functionAt(index)?.name;

describe('a place', () => {
  it('outside the code says so, for any number', () => {
    const { codeStart, bytes } = traps.go.wasm;
    for (const offset of [-1, 0, codeStart, bytes.length, 2 ** 33, NaN, Infinity, 1.5]) {
      const location = traps.locate(moduleOffset(offset));
      expect(location).toMatchObject({ frames: [], funcIndex: undefined, pc: undefined });
      expect(location.confidence.kind).toBe('unavailable');
    }
  });

  it('in any byte of the code has the function that holds it, in every version', () => {
    for (const f of fixtures({ family: 'exits' })) {
      const symbols = pclntabOf(f);
      const { wasm } = symbols.go;
      const first = wasm.bodyStart[0] ?? 0;
      const last = (wasm.bodyStart.at(-1) ?? 0) + (wasm.bodySize.at(-1) ?? 0);
      fc.assert(
        fc.property(fc.integer({ min: first, max: last - 1 }), (offset) => {
          const location = symbols.locate(moduleOffset(offset));
          expect(location.funcIndex).toBe(functionAtOffset(wasm, moduleOffset(offset)));
          if (location.funcIndex === undefined) return;
          const name = symbols.functionAt(location.funcIndex)?.name;
          const [outermost] = location.frames.slice(-1);
          // A wrapper is left out when what it wraps was inlined into it.
          if (outermost?.inlined === false) expect(outermost.function).toBe(name);
          for (const frame of location.frames) {
            expect(frame.lineEnd ?? frame.line).toBeGreaterThanOrEqual(frame.line);
          }
        }),
        { numRuns: 300 },
      );
    }
  });

  it('between calls in inlined code names what was inlined, and its lines end before the next function', () => {
    const index = traps.functions().find(({ name }) => name === 'main.farPointer');
    if (index === undefined) throw new Error('main.farPointer is not there');
    const load = lineOf('func load');
    const far = lineOf('func farPointer');
    const end = load + source.slice(load - 1).findIndex((line) => line.startsWith('}'));
    const seen = new Set<string>();
    for (let at = 0; at < index.bodySize; at++) {
      const { frames } = traps.locate(moduleOffset(index.bodyStart + at));
      for (const frame of frames) {
        seen.add(frame.function);
        if (frame.function === 'main.load') {
          expect(frame.line).toBeGreaterThanOrEqual(load);
          expect(frame.lineEnd ?? frame.line).toBeLessThan(far);
          if (frame.likelyLine !== undefined) expect(frame.likelyLine).toBeLessThanOrEqual(end);
        } else {
          expect([far, far + 1]).toContain(frame.line);
          expect([far, far + 1]).toContain(frame.lineEnd ?? frame.line);
        }
      }
    }
    expect([...seen].sort()).toEqual(['main.farPointer', 'main.load']);
  });
});

describe('roles', () => {
  it.each([
    ['main.main', 'user'],
    ['runtime.gopanic', 'runtime'],
    ['runtime.goexit', 'runtime'],
    ['wasm_pc_f_loop', 'glue'],
    ['wasm_export_run', 'glue'],
    ['wasm_export_resume', 'glue'],
    ['memeqbody', 'glue'],
    ['syscall/js.valueCall', 'glue'],
    ['syscall/js.Value.Call', 'user'],
  ])('%s is %s', (name, role) => {
    expect(traps.functions().find((symbol) => symbol.name === name)?.role).toBe(role);
  });

  it('wrappers that the compiler made are marked, those that end in a jump too', () => {
    const stacks = pclntabOf(fixture({ family: 'stacks', goVersion: '1.27.3', stripped: true }));
    const roles = new Map(stacks.functions().map(({ name, role }) => [name, role]));
    expect(roles.get('main.(*base).speak')).toBe('wrapper');
    expect(roles.get('main.(*bird).move')).toBe('wrapper');
    expect(roles.get('main.(*point).String')).toBe('wrapper');
    expect(roles.get('main.point.String')).toBe('user');
    expect(roles.get('reflect.callReflect')).toBe('runtime');
  });
});

describe('the code of a line', () => {
  it('is its calls first, then code between calls', () => {
    const line = lineOf('return f(n) + 1');
    const places = traps.placesOf(FILE, line);
    const kinds = places.map(({ confidence }) => confidence.kind);
    expect(kinds).toEqual([...kinds].sort());
    expect(new Set(kinds)).toEqual(new Set(['exact', 'range']));
    expect(new Set(places.map(({ funcIndex }) => nameAt(funcIndex)))).toEqual(new Set(['main.middle']));
    const call = places[0];
    expect(call && traps.locate(call.moduleOffset).frames).toMatchObject([{ function: 'main.middle', line }]);
  });

  it('is in each function into which it was inlined', () => {
    const places = traps.placesOf(FILE, lineOf('runtime.Breakpoint() // dies: breakpoint'));
    expect(places.map(({ funcIndex }) => nameAt(funcIndex))).toEqual(['main.breakpoint']);
  });

  it('is empty for a line without code, and for a file that is not there', () => {
    expect(traps.placesOf(FILE, 1)).toEqual([]);
    expect(traps.placesOf('elsewhere.go', 1)).toEqual([]);
  });

  it('leads back to the line, for every call of package main', () => {
    for (let line = 1; line <= source.length; line++) {
      for (const place of traps.placesOf(FILE, line)) {
        if (place.confidence.kind !== 'exact') continue;
        const [innermost] = traps.locate(place.moduleOffset).frames;
        expect([innermost?.file, innermost?.line]).toEqual([FILE, line]);
      }
    }
  });
});

describe('functions and files', () => {
  it('has each function once, in code order, with the place of its declaration', () => {
    const functions = traps.functions();
    const starts = functions.map(({ bodyStart }) => bodyStart);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(functions.find(({ name }) => name === 'main.middle')).toMatchObject({
      file: FILE,
      startLine: lineOf('func middle('),
      role: 'user',
    });
  });

  it('has the line of a declaration up to 1.19 too, where it is not recorded', () => {
    const old = pclntabOf(fixture({ family: 'traps', goVersion: '1.19.8' }));
    expect(old.functions().find(({ name }) => name === 'main.middle')?.startLine).toBe(
      lineOf('func middle('),
    );
  });

  it('lists the files, sorted', () => {
    expect(traps.files()).toContain(FILE);
    expect(traps.files()).toEqual([...traps.files()].sort());
  });
});

describe('esbuild-wasm, which nobody here built', () => {
  const path = createRequire(import.meta.url).resolve('esbuild-wasm/esbuild.wasm');
  const symbols = chooseSymbols(readModule(readFileSync(path)));
  const esbuild = symbols.pclntab;
  if (esbuild === undefined) throw new Error('esbuild.wasm has no pclntab');

  it('is indexed in short steps that tell how far they are', () => {
    let last = 0;
    let steps = 0;
    for (const { done, total } of buildIndex(symbols)) {
      expect(done).toBeGreaterThan(last);
      expect(done).toBeLessThanOrEqual(total);
      last = done;
      steps++;
    }
    expect(steps).toBeGreaterThan(100);
    expect(esbuild.lines.calls?.exact).toBeGreaterThan(60_000);
    expect(esbuild.lines.diagnostics).toEqual([]);
    expect(esbuild.quality().exactCalls).toBeGreaterThan(0.88);
  });

  it('has file and line for each call that pushes a return PC', () => {
    const sites = esbuild.go.callSites.all();
    for (let i = 0; i < sites.count; i += 97) {
      const location = esbuild.locate(moduleOffset(sites.offset[i] ?? 0));
      if (sites.pcFunction[i] === 0) continue;
      expect(location.confidence).toEqual({ kind: 'exact' });
      for (const { file, line } of location.frames) expect([file === '', line > 0]).toEqual([false, true]);
    }
  });

  it('is known by its functions and files', () => {
    const names = new Set(esbuild.functions().map(({ name }) => name));
    expect(names).toContain('main.main');
    expect(names).toContain('github.com/evanw/esbuild/internal/js_parser.(*parser).visitExprInOut');
    expect(esbuild.files()).toContain('github.com/evanw/esbuild/internal/js_parser/js_parser.go');
  });
});

describe('a module that wasm-opt rewrote', () => {
  const symbols = fixtures({ family: 'panics', optimized: '-Oz' }).map(pclntabOf);

  it('is resolved through table and call PCs, and says what it does not know', () => {
    expect(symbols.length).toBeGreaterThan(0);
    for (const one of symbols) {
      const { go } = one;
      expect(go.wasm.functionCount).not.toBe(go.functions.count);
      const main = go.functions.find('main.main');
      const index = main === undefined ? undefined : go.funcIndexOf(main);
      expect(index === undefined ? undefined : one.functionAt(index)?.name).toBe('main.main');
      const kinds = new Map<string, number>();
      const sites = go.callSites.all();
      for (let i = 0; i < sites.count; i++) {
        const location = one.locate(moduleOffset(sites.offset[i] ?? 0));
        kinds.set(location.confidence.kind, (kinds.get(location.confidence.kind) ?? 0) + 1);
        if (location.confidence.kind === 'exact' && sites.callee[i] !== NO_FUNCTION) {
          expect(location.frames.length).toBeGreaterThan(0);
        }
        if (location.confidence.kind !== 'exact') expect(location.confidence.why).not.toBe('');
      }
      expect(kinds.get('exact')).toBeGreaterThan(sites.count * 0.7);
    }
  });
});

describe('a damaged table', () => {
  it('costs its own function only', () => {
    const bytes = fixtureBytes(fixture({ family: 'traps', goVersion: '1.27.3' }));
    const { go } = traps;
    const fn = go.functions.find('main.middle');
    if (fn === undefined) throw new Error('main.middle is not there');
    const at = go.moduleData.pcTable.start + go.functions.pcTable(fn, 'pcln');
    const { data } = go.wasm;
    const segment = data.address.findIndex((from, i) => at >= from && at < from + (data.size[i] ?? 0));
    const broken = bytes.slice();
    broken.fill(
      0xff,
      (data.start[segment] ?? 0) + at - (data.address[segment] ?? 0),
      (data.start[segment] ?? 0) + at - (data.address[segment] ?? 0) + 8,
    );
    const symbols = chooseSymbols(readModule(broken));
    const steps = buildIndex(symbols);
    while (steps.next().done !== true);
    const damaged = symbols.pclntab;
    const index = go.funcIndexOf(fn);
    const sites = index === undefined ? undefined : go.callSites.ofFunction(index);
    const location = damaged?.locate(moduleOffset(sites?.offset[0] ?? 0));
    expect(location?.confidence).toMatchObject({
      kind: 'unavailable',
      why: expect.stringMatching(/^pc-value table at address 0x/) as string,
    });
    expect(location?.funcIndex).toBe(index);
    expect(damaged?.lines.diagnostics.length).toBeGreaterThan(0);
    expect(damaged?.placesOf(FILE, lineOf('middle(f, zero)')).length).toBeGreaterThan(0);
  });
});
