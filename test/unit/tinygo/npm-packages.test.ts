import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { chooseSymbols } from '../../../src/symbols/choose.ts';
import { inspectModule } from '../../../src/symbols/inspect.ts';
import { Symbolizer } from '../../../src/symbols/symbolizer.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { symbolizePastedText } from '../../../src/worker/pasted-text.ts';

// Modules that others built with newer TinyGo and ship on npm: no DWARF, names only. What is possible with them, and what is said of the rest.

const require = createRequire(import.meta.url);
const bytesOf = (path: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(require.resolve(path)));

const PACKAGES = [
  { path: '@wasm-fmt/gofmt/gofmt.wasm', version: '0.40.1', target: 'wasm-unknown', alloc: 'main.alloc' },
  { path: '@wasm-fmt/shfmt/shfmt.wasm', version: '0.40.1', target: 'wasm-unknown', alloc: 'main.Alloc' },
  { path: 'sh-syntax/main.wasm', version: '0.42.0', target: 'wasm', alloc: '' },
] as const;

describe.each(PACKAGES)('$path', ({ path, version, target }) => {
  const bytes = bytesOf(path);

  it('is recognised, and says what to change in the build command', () => {
    const report = inspectModule(bytes);
    expect(report).toMatchObject({ toolchain: 'tinygo', diagnostics: [] });
    expect(report.settings).toContainEqual(expect.objectContaining({ key: 'TinyGo', value: version }));
    expect(report.settings).toContainEqual(expect.objectContaining({ key: '-target', value: target }));
    expect(report.symbols.map(({ kind }) => kind)).toEqual(['names']);
    expect(report.notes.join('\n')).toMatch(
      /No debug information: names of functions only\. Build with `tinygo build` without -no-debug, and keep its custom sections/,
    );
    // Nearly all code is in a package by its names.
    const code = report.packages.reduce((sum, { bytes: size }) => sum + size, 0);
    const named = report.packages.filter(({ path: of }) => !of.startsWith('('));
    expect(named.reduce((sum, { bytes: size }) => sum + size, 0)).toBeGreaterThan(0.8 * code);
    expect(named.map(({ path: of }) => of)).toEqual(expect.arrayContaining(['runtime']));
  });
});

describe.each(PACKAGES.filter(({ alloc }) => alloc !== ''))('$path', ({ path, alloc }) => {
  const bytes = bytesOf(path);

  it('a trap has the names of functions, and no lines', () => {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {});
    let stack = '';
    try {
      // Before _initialize nothing can be called: TinyGo's wrapper of the export traps.
      (exports['alloc'] as (size: number) => number)(16);
    } catch (error) {
      stack = error instanceof Error ? (error.stack ?? '') : '';
    }
    const wasm = readModule(bytes);
    const symbolizer = new Symbolizer(chooseSymbols(wasm).sources);
    const report = symbolizePastedText(stack, null, [{ moduleKey: 'm', symbolizer, hash: 'h' }]);
    expect(report.moduleKey).toBe('m');
    expect(report.stacks[0]?.frames[0]).toMatchObject({
      function: `${alloc}#wasmexport`,
      file: '',
      line: 0,
      language: 'go',
      confidence: { kind: 'unavailable' },
    });
  });
});
