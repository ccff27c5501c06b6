import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/base/format-error.ts';
import { goPc, type FuncIndex } from '../../../src/base/units.ts';
import type { GoFunc } from '../../../src/go/func-table.ts';
import { readGoModule, type GoModule } from '../../../src/go/go-module.ts';
import { FuncFlag } from '../../../src/go/versions.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { readNameSection } from '../../../src/wasm/name-section.ts';
import { fixture, fixtureBytes, fixtures, goVersions } from '../../support/fixtures.ts';

function goOf(bytes: Uint8Array): GoModule {
  const go = readGoModule(readModule(bytes));
  if (go === undefined) throw new Error('not a Go module');
  return go;
}

/** The bytes with every occurrence of a text replaced by one of the same length. */
function withText(bytes: Uint8Array, from: string, to: string): Uint8Array {
  expect(to.length).toBe(from.length);
  const copy = Buffer.from(bytes);
  for (let at = copy.indexOf(from); at >= 0; at = copy.indexOf(from, at + 1)) copy.write(to, at, 'latin1');
  return copy;
}

const functionNamed = (go: GoModule, name: string): GoFunc => {
  const fn = go.functions.find(name);
  if (fn === undefined) throw new Error(`no function ${name}`);
  return fn;
};

const all = [...fixtures(), ...fixtures({ optimized: '-O2' }), ...fixtures({ optimized: '-Oz' })];

describe.each(all.map((f) => [f.name, f] as const))('%s', (_name, f) => {
  const go = goOf(fixtureBytes(f));

  it('says its version, and its tables have the form of that version', () => {
    expect(go.version).toEqual({
      text: `go${f.goVersion}`,
      minor: Number(f.goVersion.split('.')[1]),
      from: 'producers',
    });
    expect(go.layout.since).toBeLessThanOrEqual(go.version.minor ?? 0);
    expect(go.notes).toEqual([]);
  });

  it('knows main.main, and it starts where the source says', () => {
    const fn = functionNamed(go, 'main.main');
    const { file, line } = go.fileLine(fn, go.functions.entry(fn));
    expect(file).toBe(`example.com/fixtures/${f.family}/main.go`);
    if (f.goVersion !== '1.19.8') expect(go.functions.startLine(fn)).toBe(line);
    expect(go.frames(fn, go.functions.entry(fn))).toMatchObject([
      { name: 'main.main', file, line, inlined: false },
    ]);
  });

  it('gives each function its place in the table of the module', () => {
    const index = go.funcIndexOf(functionNamed(go, 'main.main'));
    expect(index).toBeDefined();
    expect(index && go.bodyOf(index)).toEqual({ fn: functionNamed(go, 'main.main'), by: 'table' });
    if (f.optimized === null) {
      expect(go.functions.count).toBe(go.wasm.functionCount);
      for (let i = 0; i < go.functions.count; i++) {
        expect(go.funcIndexOf(i as GoFunc)).toBe(go.wasm.importedFunctionCount + i);
      }
    }
  });

  it('knows the functions on which unwinding ends', () => {
    expect(go.functions.flags(functionNamed(go, 'runtime.goexit')) & FuncFlag.topFrame).not.toBe(0);
    expect(go.functions.flags(functionNamed(go, 'main.main')) & FuncFlag.topFrame).toBe(0);
  });

  it('reads names, lines, files, frame sizes and inlined calls at every PC of every function', () => {
    for (let i = 0; i < go.functions.count; i++) {
      const fn = i as GoFunc;
      const count = go.pcCount(fn);
      // The linker keeps the build's id among the functions.
      if (!go.functions.name(fn).endsWith('buildid')) expect(count).toBeGreaterThan(0);
      for (let block = 0; block < count; block += 7) {
        const pc = goPc(go.functions.entry(fn) + block);
        const frames = go.frames(fn, pc);
        expect(frames.at(-1)).toMatchObject({ inlined: false });
        for (const frame of frames) {
          expect(frame.name).not.toBe('');
          expect(frame.file).not.toBe('');
          expect(frame.line).toBeGreaterThan(0);
        }
      }
    }
  });
});

describe('names', () => {
  it.each(fixtures({ family: 'stacks', stripped: false }).map((f) => [f.name, f] as const))(
    '%s: are those of the name section',
    (_name, f) => {
      const go = goOf(fixtureBytes(f));
      const names = readNameSection(go.wasm);
      // The name section has `_` for what may not stand in a name there; up to 1.20 the pclntab has no type arguments.
      const asThere = (name: string) => name.split('[...]').map((part) => part.replace(/[^\w.]/g, '_'));
      for (let i = 0; i < go.functions.count; i++) {
        const there = names?.functionName((go.wasm.importedFunctionCount + i) as FuncIndex) ?? '';
        const [head = '', tail] = asThere(go.functions.name(i as GoFunc));
        if (tail === undefined) expect(there).toBe(head);
        else expect([there.startsWith(head), there.endsWith(tail)]).toEqual([true, true]);
      }
    },
  );
});

describe('version', () => {
  it.each(goVersions)('of Go %s is found in the data when the producers section is gone', (goVersion) => {
    const f = fixture({ family: 'stacks', goVersion, stripped: true });
    const go = goOf(withText(fixtureBytes(f), '\tproducers', '\tproducerx'));
    expect(go.version).toMatchObject({ text: `go${goVersion}`, from: 'data' });
  });

  it.each(goVersions)('of Go %s is not needed: the tables say which form they have', (goVersion) => {
    const bytes = fixtureBytes(fixture({ family: 'stacks', goVersion, stripped: true }));
    const go = goOf(bytes);
    const minor = goVersion.split('.')[1] ?? '';
    const future = goOf(withText(bytes, `go1.${minor}.`, 'go1.99.'));
    expect(future.version.minor).toBe(99);
    expect({ ...future.layout, since: 0, typeArguments: '' }).toEqual({
      ...go.layout,
      since: 0,
      typeArguments: '',
    });
    expect(future.moduleData).toEqual(go.moduleData);
    expect(future.notes).toEqual([expect.stringContaining('is newer than this tool')]);
    const unknown = goOf(withText(withText(bytes, `go1.${minor}.`, 'ho1.99.'), '\tproducers', '\tproducerx'));
    expect(unknown.version.text).toBeNull();
    expect(unknown.moduleData).toEqual(go.moduleData);
    expect(unknown.notes).toEqual([expect.stringContaining('does not say its Go version')]);
  });
});

describe('damage', () => {
  const f = fixture({ family: 'exits', goVersion: '1.27.3', stripped: true });
  const bytes = fixtureBytes(f);
  const go = goOf(bytes);

  /** The module with bytes of its data changed; `at` is an address. */
  function withData(at: number, change: (view: DataView) => void): Uint8Array {
    const copy = bytes.slice();
    const { data } = go.wasm;
    for (let i = 0; i < data.count; i++) {
      const from = data.address[i] ?? 0;
      const size = data.size[i] ?? 0;
      if (at < from || at + 8 > from + size) continue;
      change(new DataView(copy.buffer, copy.byteOffset + (data.start[i] ?? 0) + at - from, 8));
      return copy;
    }
    throw new Error(`no segment holds 0x${at.toString(16)}`);
  }

  it('a module without pclntab is no Go module', () => {
    const none = withData(go.header.address, (view) => view.setUint32(0, 0xfffffffa, true));
    expect(readGoModule(readModule(none))).toBeUndefined();
  });

  it('a table outside the data names the pclntab and the address', () => {
    const broken = withData(go.header.address + 56, (view) => view.setUint32(0, 0x7fffffff, true));
    expect(() => readGoModule(readModule(broken))).toThrow(
      `pclntab at address 0x${(go.header.address + 56).toString(16)}: the table of PC values lies outside the data`,
    );
  });

  it('an absurd count of functions names the pclntab and the address', () => {
    const broken = withData(go.header.address + 8, (view) => view.setUint32(0, 0x10000000, true));
    expect(() => readGoModule(readModule(broken))).toThrow('268435456 functions do not fit the data');
  });

  it('a pclntab to which nothing refers says so', () => {
    const broken = withData(go.moduleData.address, (view) => view.setUint32(0, 0x1234, true));
    expect(() => readGoModule(readModule(broken))).toThrow('no moduledata refers to this pclntab');
  });

  it('a broken function does not lose the others', () => {
    const main = functionNamed(go, 'main.main');
    const entryInFunctab = go.header.functions + main * 8 + 4;
    const broken = goOf(
      withData(entryInFunctab & ~7, (view) => view.setUint32(entryInFunctab & 4, 0x7ffffff0, true)),
    );
    expect(() => broken.functions.name(main)).toThrow(FormatError);
    expect(broken.functions.name((main - 1) as GoFunc)).toBe(go.functions.name((main - 1) as GoFunc));
  });
});
