import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/base/format-error.ts';
import { funcIndex, moduleOffset } from '../../../src/base/units.ts';
import {
  bodyOf,
  customSection,
  functionAtOffset,
  NO_FUNCTION,
  readModule,
  tableFunctions,
} from '../../../src/wasm/module.ts';
import { readNameSection } from '../../../src/wasm/name-section.ts';
import { readProducers } from '../../../src/wasm/producers.ts';
import { fixture, fixtureBytes } from '../../support/fixtures.ts';
import { body, custom, dataAt, moduleOf, name, section, sleb, uleb, vector } from './encode.ts';

const TYPES = vector(1, [0x60, 1, 0x7f, 2, 0x7e, 0x7d]);
const CODE = vector(10, body(), body(0x01));
const DATA = vector(11, dataAt(16, [1, 2, 3]), dataAt(0x80000000, [4]));

describe('readModule', () => {
  it('reads every kind of section', () => {
    const bytes = moduleOf(
      TYPES,
      vector(
        2,
        [...name('env'), ...name('f'), 0, 0],
        [...name('env'), ...name('m'), 2, 1, 1, 2],
        [...name('env'), ...name('g'), 3, 0x7f, 1],
        [...name('env'), ...name('t'), 4, 0, 0],
      ),
      vector(3, [0], [0]),
      vector(4, [0x70, 0, 8]),
      vector(6, [0x7e, 1, 0x42, ...sleb(-5), 0x0b], [0x70, 0, 0xd2, 1, 0x0b]),
      vector(7, [...name('run'), 0, 1]),
      section(8, [1]),
      vector(9, [0, 0x41, 2, 0x0b, 2, 1, 2], [5, 0x70, 2, 0xd2, 0, 0x0b, 0xd0, 0x70, 0x0b]),
      section(12, [2]),
      CODE,
      DATA,
      custom('note', [7, 8]),
    );
    const module = readModule(bytes);
    expect(module.diagnostics).toEqual([]);
    expect(module.types).toEqual([{ params: [0x7f], results: [0x7e, 0x7d] }]);
    expect(module.imports.map((entry) => `${entry.kind} ${entry.module}.${entry.name}`)).toEqual([
      'function env.f',
      'memory env.m',
      'global env.g',
      'tag env.t',
    ]);
    expect(module.importedFunctionCount).toBe(1);
    expect(module.memories).toEqual([{ min: 1, max: 2, shared: false, is64: false }]);
    expect(module.globals.map((global) => global.init)).toEqual([
      { kind: 'i64', value: -5n },
      { kind: 'function', index: 1 },
    ]);
    expect(module.exports).toEqual([{ name: 'run', kind: 'function', index: 1 }]);
    expect(module.start).toBe(1);
    expect(module.dataCount).toBe(2);
    expect([...tableFunctions(module)]).toEqual([NO_FUNCTION, NO_FUNCTION, 1, 2]);
    expect([...(module.elements[1]?.functions ?? [])]).toEqual([0, NO_FUNCTION]);
    expect([...module.data.address]).toEqual([16, 0x80000000]);
    expect([...module.data.size]).toEqual([3, 1]);
    const note = customSection(module, 'note');
    expect(note && [...bytes.subarray(note.contentStart, note.contentEnd)]).toEqual([7, 8]);
    expect(module.sections.reduce((sum, entry) => sum + entry.size, 8)).toBe(bytes.length);
  });

  it('gives bodies from their locals to their end, and finds the function of an offset', () => {
    const bytes = moduleOf(CODE);
    const module = readModule(bytes);
    // 8 header, 2 section header, 1 count, 1 size: the first body.
    expect(module.codeStart).toBe(10);
    expect([...module.bodyStart]).toEqual([12, 15]);
    expect([...module.bodySize]).toEqual([2, 3]);
    expect(bodyOf(module, funcIndex(1))).toEqual({ start: 15, end: 18 });
    expect(bodyOf(module, funcIndex(2))).toBeUndefined();
    const at = (offset: number) => functionAtOffset(module, moduleOffset(offset));
    expect([11, 12, 13, 14, 15, 17, 18].map(at)).toEqual([undefined, 0, 0, undefined, 1, 1, undefined]);
  });

  it('refuses what is not a module', () => {
    expect(() => readModule(new TextEncoder().encode('<!doctype html>'))).toThrow(FormatError);
    expect(() => readModule(new Uint8Array())).toThrow('module header at offset 0x0');
  });

  it.each([
    ['a broken custom section before it', moduleOf([0, 2, 9, 0x61], CODE), 'custom section'],
    ['a Data section cut short', moduleOf(CODE, DATA).subarray(0, -3), 'Data section'],
    ['an unknown type', moduleOf(vector(1, [0x5f]), CODE), 'Type section'],
    ['an absurd count of data segments', moduleOf(CODE, section(11, uleb(0xffffffff))), 'Data section'],
    ['an unknown section', moduleOf([0x55, 1, 0], CODE), 'section header'],
    ['a second Code section', moduleOf(CODE, vector(10)), 'Code section'],
  ])('keeps the Code section with %s', (_what, bytes, blamed) => {
    const module = readModule(bytes);
    expect(module.functionCount).toBe(2);
    expect(module.diagnostics.map((error) => error.section)).toContain(blamed);
  });

  it('keeps the bodies and segments before the damage', () => {
    const cutCode = readModule(moduleOf(section(10, uleb(9), body(), body(0x01), uleb(50), [0]), DATA));
    expect(cutCode.functionCount).toBe(2);
    expect(cutCode.data.count).toBe(2);
    expect(cutCode.diagnostics.map((error) => error.message)).toEqual([
      'Code section at offset 0x13: expected 50 bytes of function body 2, 1 left',
    ]);
    const cutData = readModule(moduleOf(DATA).subarray(0, -1));
    expect([...cutData.data.address]).toEqual([16]);
  });

  it('does not allocate by a count that the file cannot hold', () => {
    const module = readModule(
      moduleOf(section(10, uleb(0xfffffff0), body()), section(11, uleb(0xfffffff0), dataAt(0, [1]))),
    );
    expect(module.bodyStart.buffer.byteLength).toBeLessThan(100);
    expect(module.data.address.buffer.byteLength).toBeLessThan(100);
    expect(module.functionCount).toBe(1);
    expect(module.data.count).toBe(1);
  });

  it('stops at a flood of empty sections', () => {
    const module = readModule(moduleOf(new Array<number>(60_000).fill(0)));
    expect(module.diagnostics.length).toBeLessThan(100);
  });
});

describe('custom sections', () => {
  it('reads module and function names', () => {
    const functions = [0, 3].map((index) => [...uleb(index), ...name(`main.f${index}`)]).flat();
    const module = readModule(
      moduleOf(custom('name', section(0, name('demo')), section(1, [2], functions), section(9, [1, 2]))),
    );
    const names = readNameSection(module);
    expect(names?.moduleName).toBe('demo');
    expect(names?.functionCount).toBe(2);
    expect([0, 1, 3].map((index) => names?.functionName(funcIndex(index)))).toEqual([
      'main.f0',
      undefined,
      'main.f3',
    ]);
    expect(names?.diagnostics).toEqual([]);
  });

  it('keeps the names before the damage', () => {
    const module = readModule(moduleOf(custom('name', [1, 6, 5, 0, 1, 0x61, 1, 40])));
    const names = readNameSection(module);
    expect(names?.functionName(funcIndex(0))).toBe('a');
    expect(names?.diagnostics.map((error) => error.section)).toEqual(['custom section "name"']);
  });

  it('reads producers', () => {
    const fields = [2, ...name('language'), 1, ...name('Go'), ...name('go1.27.3')];
    const module = readModule(
      moduleOf(
        custom('producers', fields, [
          ...name('processed-by'),
          1,
          ...name('Go cmd/compile'),
          ...name('go1.27.3'),
        ]),
      ),
    );
    expect(readProducers(module)).toEqual([
      { field: 'language', name: 'Go', version: 'go1.27.3' },
      { field: 'processed-by', name: 'Go cmd/compile', version: 'go1.27.3' },
    ]);
    expect(readProducers(readModule(moduleOf()))).toEqual([]);
    expect(() => readProducers(readModule(moduleOf(custom('producers', [9]))))).toThrow(FormatError);
  });

  it('reads the names that Go writes', () => {
    const module = readModule(
      fixtureBytes(fixture({ family: 'stacks', goVersion: '1.27.3', stripped: false })),
    );
    const names = readNameSection(module);
    const all = Array.from({ length: module.functionCount }, (_, i) =>
      names?.functionName(funcIndex(module.importedFunctionCount + i)),
    );
    expect(all).toContain('main.main');
    expect(all).not.toContain(undefined);
    expect(readProducers(module)).toContainEqual({ field: 'language', name: 'Go', version: 'go1.27.3' });
  });
});

describe('esbuild.wasm', () => {
  const module = readModule(readFileSync('node_modules/esbuild-wasm/esbuild.wasm'));

  it('is read without a diagnostic', () => {
    expect(module.diagnostics).toEqual([]);
    expect(module.functionTypes.length).toBe(module.functionCount);
    expect(module.functionCount).toBeGreaterThan(5000);
    expect(module.data.count).toBeGreaterThan(90_000);
    expect(readNameSection(module)).toBeUndefined();
  });

  it('has every function in the table, at slot 0x1000 and up', () => {
    const slots = tableFunctions(module);
    expect(slots.length - 0x1000).toBe(module.functionCount);
    expect(slots[0x1000]).toBe(module.importedFunctionCount);
  });
});
