import fc from '../../support/fast-check.ts';
import { expect, test } from 'vitest';
import { FormatError } from '../../../src/base/format-error.ts';
import { moduleOffset } from '../../../src/base/units.ts';
import { readScopesOfMap } from '../../../src/sourcemap/read/map-scopes.ts';
import { readScopes } from '../../../src/sourcemap/read/scopes.ts';
import { writeMapOfLines } from '../../../src/sourcemap/write/map-of-lines.ts';
import { chooseSymbols } from '../../../src/symbols/choose.ts';
import { ScopeFrames } from '../../../src/symbols/scope-frames.ts';
import { Symbolizer } from '../../../src/symbols/symbolizer.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { fixture, fixtureBytes } from '../../support/fixtures.ts';

// The scopes of a map, read as ECMA-426 says: functions of inlined frames, and where each is called from, are those of the symbolizer.

test.each(['1.19.8', '1.27.3'] as const)('Go %s: names and call sites of inlined frames', (goVersion) => {
  const symbols = chooseSymbols(
    readModule(fixtureBytes(fixture({ family: 'panics', goVersion, goos: 'js' }))),
  );
  const symbolizer = new Symbolizer(symbols.sources);
  const steps = symbolizer.codeLines();
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  const { json } = writeMapOfLines(step.value, { lines: 'stepping' });
  const map = JSON.parse(new TextDecoder().decode(json)) as {
    scopes: string;
    names: string[];
    sources: string[];
  };
  const sites = symbols.go?.callSites.all();
  if (sites === undefined) throw new Error('no calls');

  const scopes = readScopesOfMap(map, map.sources);
  if (scopes === undefined) throw new Error('no scopes');
  const frames = new ScopeFrames(scopes);
  const wrong: unknown[] = [];
  let compared = 0;
  for (let site = 0; site < sites.count; site++) {
    const offset = sites.offset[site] ?? 0;
    const { confidence, frames: told } = symbolizer.locate(moduleOffset(offset));
    const [inner] = told;
    if (confidence.kind !== 'exact' || inner === undefined) continue;
    if (told.some(({ file }) => file === '' || file.startsWith('<'))) continue;
    compared++;
    const found = frames.at(offset, inner.file, inner.line, '');
    // Of a function that stands only in others, here in a wrapper without frames, the map has the function alone.
    const expected = told.map(({ function: name, file, line }, i) => ({
      ...{ function: name, file, line, inlined: i < told.length - 1 },
    }));
    if (JSON.stringify(found) !== JSON.stringify(expected)) wrong.push({ expected, found });
  }
  expect(wrong.slice(0, 3)).toEqual([]);
  expect(compared).toBeGreaterThan(3000);
  // Each function is where its file says.
  expect([...scopes.source].filter((source) => source >= 0).length).toBeGreaterThan(1000);
});

/** Numbers as VLQ, one item; `s` before a signed one. */
const item = (...values: readonly (number | string)[]): string =>
  values
    .map((value) => {
      const number = Number(typeof value === 'string' ? value.slice(1) : value);
      let rest = typeof value === 'string' ? (number < 0 ? -number * 2 + 1 : number * 2) : number;
      let text = '';
      do {
        const digit = rest % 32;
        rest = Math.floor(rest / 32);
        text +=
          'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'[digit + (rest > 0 ? 32 : 0)] ??
          '';
      } while (rest > 0);
      return text;
    })
    .join('');

/** `outer` (a function at line 5) with a block in it, and `inner` (at line 21), which is inlined at 110 and called in line 8. */
const ITEMS = [
  ...[
    item(1, 0, 0, 0),
    item(1, 5, 4, 0, 's0'),
    item(1, 0, 1, 2),
    item(2, 1, 0),
    item(2, 1, 0),
    item(1, 5, 13, 0, 's1'),
  ],
  ...[item(3, 's0'), item(2, 2, 0), item(2, 0, 0), ''],
  ...[
    item(4, 6, 100, 's1'),
    item(6, 1),
    item(4, 2, 10, 's2'),
    item(8, 0, 7, 3),
    item(5, 10),
    item(9, 1, 2),
    item(5, 30),
  ],
];

test('blocks, bindings, empty sources and items of later editions', () => {
  const raw = {
    version: 3,
    sources: ['a.go', 'b.go'],
    names: ['outer', 'inner'],
    mappings: '',
    scopes: ITEMS.join(','),
  };
  const scopes = readScopesOfMap(raw, raw.sources);
  expect(scopes && [...scopes.start, ...scopes.end]).toEqual([100, 110, 150, 120]);
  expect(scopes && [...scopes.line]).toEqual([5, 21]);
  const frames = scopes && new ScopeFrames(scopes);
  expect(frames?.at(115, 'a.go', 21, 'f')).toEqual([
    { function: 'inner', file: 'a.go', line: 21, inlined: true },
    { function: 'outer', file: 'a.go', line: 8, inlined: false },
  ]);
  expect(frames?.at(120, 'a.go', 9, 'f')).toEqual([
    { function: 'outer', file: 'a.go', line: 9, inlined: false },
  ]);
  expect(frames?.at(150, 'a.go', 9, 'f')).toEqual([]);
  expect(frames?.at(99, 'a.go', 9, 'f')).toEqual([]);
  expect(readScopesOfMap({ version: 3, sources: [], names: [] }, [])).toBeUndefined();
});

test('of the sections of an index map, each from its column on', () => {
  const map = {
    version: 3,
    sources: ['a.go'],
    names: ['outer', 'inner'],
    mappings: '',
    scopes: ITEMS.join(','),
  };
  const sections = [0, 1000].map((column) => ({ offset: { line: 0, column }, map }));
  const later = { offset: { line: 1, column: 0 }, map };
  const scopes = readScopesOfMap({ version: 3, sections: [...sections, later] }, [
    'x/a.go',
    'y/a.go',
    'z/a.go',
  ]);
  const frames = scopes && new ScopeFrames(scopes);
  expect(frames?.at(1115, 'y/a.go', 21, 'f')).toEqual([
    { function: 'inner', file: 'y/a.go', line: 21, inlined: true },
    { function: 'outer', file: 'y/a.go', line: 8, inlined: false },
  ]);
  expect(scopes?.count).toBe(4);
});

test.each([
  ['!', 'base 64'],
  [item(1), 'base 64'],
  ['/////////A', '32 bits'],
  [item(2, 0, 0), 'not begun'],
  [item(5, 1), 'not begun'],
  [item(8, 0, 0, 0), 'outside'],
  [item(1, 0, 0, 0), 'expected the ends'],
  [item(4, 0, 0), 'expected the ends'],
  [item(1, 1, 0, 0, 's7'), 'no entry 7'],
  [item(4, 2, 0, 's3'), 'no entry 3'],
])('what is no scopes field is refused: %s', (text, why) => {
  const read = (): unknown => readScopes(text, 1, 1);
  expect(read).toThrow(FormatError);
  expect(read).toThrow(why);
});

test('any text is read to its end or refused', () => {
  const text = fc.string({ unit: fc.constantFrom(...Array.from('ABCDEFGHIJKLMg+/,,,')), maxLength: 200 });
  fc.assert(
    fc.property(text, (scopes) => {
      try {
        const read = readScopes(scopes, 3, 5);
        expect(read.count).toBeLessThanOrEqual(scopes.length);
        expect([...read.name].every((name) => name >= -1 && name < 5)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }),
  );
});
