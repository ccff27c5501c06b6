import { describe, expect, test } from 'vitest';
import {
  baseName,
  clip,
  clipBlock,
  formatBytes,
  formatDuration,
  formatMemory,
  formatShare,
  matches,
  plural,
  tip,
  visible,
} from '../../../panel/model/text.ts';

describe('text that is shown', () => {
  test('marks that reorder or hide text are written out', () => {
    expect(visible('main.go\u202eog.niam')).toBe('main.go\\u{202e}og.niam');
    expect(visible('a\u0000b\u200bc\u2066d')).toBe('a\\u{0}b\\u{200b}c\\u{2066}d');
  });

  test('letters of right-to-left scripts, tabs and line breaks stay', () => {
    expect(visible('שלום\tعالم\n')).toBe('שלום\tعالم\n');
  });

  test('a long name is cut and says so; line breaks become spaces', () => {
    const shown = clip('x'.repeat(1_000_000), 40);
    expect(shown).toBe(`${'x'.repeat(40)}…`);
    expect(clip('a\n\n   b')).toBe('a b');
  });

  test('a tip is cut and absent without a text', () => {
    expect(tip('x'.repeat(1_000_000))).toHaveLength(2001);
    expect(tip('why')).toBe('why');
    expect([tip(''), tip(null), tip(undefined)]).toEqual([undefined, undefined, undefined]);
  });

  test('a block says how much it leaves out', () => {
    expect(clipBlock('abcdef', 4)).toEqual({ text: 'abcd', hidden: 2 });
    expect(clipBlock('abc', 4)).toEqual({ text: 'abc', hidden: 0 });
  });
});

test('sizes, durations and shares', () => {
  expect([formatBytes(999), formatBytes(188_321), formatBytes(14_021_133)]).toEqual([
    '999 B',
    '188.3 kB',
    '14.0 MB',
  ]);
  expect([formatMemory(65_536), formatMemory(19_333_120)]).toEqual(['64 KiB', '18.4 MiB']);
  expect([formatDuration(0.42), formatDuration(127.7), formatDuration(2310)]).toEqual([
    '0.4 ms',
    '128 ms',
    '2.31 s',
  ]);
  expect([formatShare(0.9999), formatShare(0.0412), formatShare(1), formatShare(0)]).toEqual([
    '99 %',
    '4.1 %',
    '100 %',
    '0.0 %',
  ]);
  expect([plural(1, 'frame'), plural(1200, 'frame')]).toEqual(['1 frame', '1,200 frames']);
});

test('the last element of paths and URLs', () => {
  expect(baseName('example.com/app/main.go')).toBe('main.go');
  expect(baseName('C:\\work\\main.go')).toBe('main.go');
  expect(baseName('http://localhost/app.wasm?v=2')).toBe('app.wasm');
  expect(baseName('')).toBe('');
});

test('a filter wants every word, in any case, in any of the texts', () => {
  expect(matches('grid PANIC', 'panic: index', 'example.com/grid.go')).toBe(true);
  expect(matches('grid trap', 'panic: index', 'example.com/grid.go', null)).toBe(false);
  expect(matches('  ', null)).toBe(true);
});
