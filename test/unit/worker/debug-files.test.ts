import { expect, test } from 'vitest';
import { readModule } from '../../../src/wasm/module.ts';
import { moduleOffset } from '../../../src/base/units.ts';
import { analyzeModule } from '../../../src/worker/analyze-module.ts';
import type { AnalyzedModule } from '../../../src/worker/module-store.ts';
import { llvmGolden, llvmModule } from '../../support/llvm-fixtures.ts';
import { withoutSections } from '../../support/without-sections.ts';
import { custom, name } from '../wasm/encode.ts';

// Debug information in files of its own, as the worker adds it to a module that is read already.

const split = llvmModule('c.split5.wasm');
const whole = llvmModule('c.whole5.wasm');
const { start, answer, answers } = llvmGolden('c.split5.wasm').places;
/** In `clamp`, which is inlined into `area` and that into `sum`. */
const inClamp =
  start[start.findIndex((_, i) => /^clamp .*\|area .*\|sum /.test(answers[answer[i] ?? 0] ?? ''))];

const framesOf = (module: AnalyzedModule): string[] =>
  module.symbolizer
    .locate(moduleOffset(module.symbols.wasm.codeStart + (inClamp ?? 0)))
    .frames.map((frame) => frame.function);

const missing = (module: AnalyzedModule): string[] =>
  module.debugFiles().flatMap(({ name, from }) => (from === null ? [name] : []));

const bare = Uint8Array.of(
  ...withoutSections(whole, (section) => section.startsWith('.debug_')),
  ...custom('external_debug_info', name('app.debug.wasm')),
);

test('files of split DWARF, one after the other', () => {
  const module = analyzeModule(split, 'split');
  expect(module.debugFiles()).toEqual([
    { kind: 'dwo', name: 'shapes5.dwo', from: null },
    { kind: 'dwo', name: 'types5.dwo', from: null },
  ]);
  for (const _ of module.index());
  expect(framesOf(module)).toEqual(['sum']);
  expect(module.addDebugFile(llvmModule('shapes4.dwo'), 'a file')).toContain('another build');
  expect(module.addDebugFile(new Uint8Array(9), 'a file')).toContain('no WebAssembly module');
  expect(module.addDebugFile(whole, 'a file')).toContain('debug information of its own');
  expect(module.addDebugFile(llvmModule('shapes5.dwo'), 'here')).toBeNull();
  expect(missing(module)).toEqual(['types5.dwo']);
  expect(framesOf(module)).toEqual(['clamp', 'area', 'sum']);
  expect(module.addDebugFile(llvmModule('c.split5.dwp'), 'there')).toBeNull();
  expect(module.debugFiles().map(({ name, from }) => [name, from])).toEqual([
    ['shapes5.dwo', 'here'],
    ['types5.dwo', 'there'],
  ]);
  expect(module.addDebugFile(llvmModule('c.split5.dwp'), 'again')).toContain('no unit of the module');
  for (const _ of module.index());
  expect(module.report().diagnostics).toEqual([]);
});

test('the file that external_debug_info names: only of the same code', () => {
  const module = analyzeModule(bare, 'bare');
  expect(module.debugFiles()).toEqual([{ kind: 'external', name: 'app.debug.wasm', from: null }]);
  expect(module.report().notes.join()).toContain('which was not read: app.debug.wasm');
  expect(module.addDebugFile(llvmModule('c.dwarf5.o2'), 'a file')).toContain('its code is not');
  expect(module.addDebugFile(bare, 'a file')).toContain('no debug information in it');
  expect(module.addDebugFile(whole, 'http://app.test/app.debug.wasm')).toBeNull();
  expect(missing(module)).toEqual([]);
  expect(framesOf(module)).toEqual(['clamp', 'area', 'sum']);
  expect(module.report().notes).toEqual([]);
  expect(module.addDebugFile(whole, 'again')).toContain('was read from http://app.test/app.debug.wasm');
});

test('a file without code is used, and said not to be proved', () => {
  const { sections } = readModule(whole);
  const debug = sections.filter(({ name }) => name.startsWith('.debug_'));
  const only = Uint8Array.of(
    ...whole.subarray(0, 8),
    ...debug.flatMap(({ offset, size }) => [...whole.subarray(offset, offset + size)]),
  );
  const module = analyzeModule(bare, 'bare');
  expect(module.addDebugFile(only, 'debug only')).toBeNull();
  expect(module.debugFiles()[0]?.from).toBe('debug only, not proved to be of this build');
  expect(framesOf(module)).toEqual(['clamp', 'area', 'sum']);
});
