import { describe, expect, it } from 'vitest';
import { readModule } from '../../../src/wasm/module.ts';
import { llvmGolden, llvmModule } from '../../support/llvm-fixtures.ts';
import { withoutSections } from '../../support/without-sections.ts';
import { runCli, type CliRun } from '../../support/run-cli.ts';

// Debug information in files of its own, which gowasm looks for beside the module.

const gowasm = (files: Readonly<Record<string, Uint8Array>>, ...args: string[]): Promise<CliRun> =>
  runCli(new Map(Object.entries(files)), args);

const split = llvmModule('c.split5.wasm');
const { codeStart } = readModule(split);
const { start, answer, answers } = llvmGolden('c.split5.wasm').places;
/** In `clamp`, which is inlined into `area` and that into `sum`. */
const inClamp = start.findIndex((_, i) => /^clamp .*\|area .*\|sum /.test(answers[answer[i] ?? 0] ?? ''));
const place = String(codeStart + (start[inClamp] ?? 0));

/** Names of the frames at that place. */
async function frames(files: Readonly<Record<string, Uint8Array>>): Promise<unknown> {
  const { out } = await gowasm(files, 'symbolize', 'dir/app.wasm', '--json', place);
  const [entry] = JSON.parse(out) as { frames: { function: string; line: number }[] }[];
  return entry?.frames.map((frame) => frame.function);
}

describe('split DWARF', () => {
  const dwo = { 'dir/shapes5.dwo': llvmModule('shapes5.dwo'), 'dir/types5.dwo': llvmModule('types5.dwo') };

  it('inlined calls come from the .dwo files beside the module, or from a .dwp', async () => {
    const whole = await frames({ 'dir/app.wasm': llvmModule('c.whole5.wasm') });
    expect(whole).toEqual(['clamp', 'area', 'sum']);
    expect(await frames({ 'dir/app.wasm': split, ...dwo })).toEqual(whole);
    const dwp = llvmModule('c.split5.dwp');
    expect(await frames({ 'dir/app.wasm': split, 'dir/app.wasm.dwp': dwp })).toEqual(whole);
    expect(await frames({ 'dir/app.wasm': split, 'dir/app.dwp': dwp })).toEqual(whole);
  });

  it('without them the function is named, and inspect says which files are missing', async () => {
    expect(await frames({ 'dir/app.wasm': split })).toEqual(['sum']);
    const { out } = await gowasm({ 'dir/app.wasm': split }, 'inspect', 'dir/app.wasm');
    expect(out).toContain('no file of this build beside the module for shapes5.dwo, types5.dwo');
    const some = { 'dir/app.wasm': split, 'dir/types5.dwo': dwo['dir/types5.dwo'] };
    const partly = await gowasm(some, 'inspect', 'dir/app.wasm');
    expect(partly.out).toContain('split DWARF: read for 1 of 2 units');
    expect(partly.out).toContain('beside the module for shapes5.dwo;');
  });
});

describe('external_debug_info', () => {
  const whole = llvmModule('c.whole5.wasm');
  const url = new TextEncoder().encode('https://example.com/build/app.debug.wasm');
  const name = new TextEncoder().encode('external_debug_info');
  const section = Uint8Array.of(0, 2 + name.length + url.length, name.length, ...name, url.length, ...url);
  const bare = Uint8Array.of(...withoutSections(whole, (one) => one.startsWith('.debug_')), ...section);

  it('is read from the file of that name beside the module', async () => {
    const files = { 'dir/app.wasm': bare, 'dir/app.debug.wasm': whole };
    expect(await frames(files)).toEqual(['clamp', 'area', 'sum']);
    const { out } = await gowasm(files, 'inspect', 'dir/app.wasm');
    expect(out).toContain('debug information: dir/app.debug.wasm');
  });

  it('is told to be missing', async () => {
    const { out } = await gowasm({ 'dir/app.wasm': bare }, 'inspect', 'dir/app.wasm');
    expect(out).toContain('which was not read: dir/app.debug.wasm (there is no such file)');
  });
});
