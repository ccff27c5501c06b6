import { describe, expect, it } from 'vitest';
import type { ProfileFacts } from '../../../../panel/model/types.ts';
import { changeColor, changeOf, frameColor } from '../../../../panel/views/profiles/flame-colors.ts';
import { actionOf, viewActionOf } from '../../../../panel/views/profiles/flame-keys.ts';
import {
  expressionOf,
  isFiltered,
  isPrefs,
  NO_FILTERS,
  queryOf,
  START,
  withAlternative,
} from '../../../../panel/views/profiles/query.ts';
import {
  changeText,
  placeText,
  shareText,
  shortName,
  valueOf,
} from '../../../../panel/views/profiles/values.ts';

describe('values', () => {
  it('have units as pprof prints them, and counts have separators', () => {
    expect(valueOf(1_500_000_000, 'nanoseconds')).toBe('1.50s');
    expect(valueOf(337_640, 'bytes')).toBe('329.73kB');
    expect(valueOf(1_234_567, 'count')).toBe('1,234,567');
    expect(valueOf(-1200, 'count')).toBe('-1,200');
    expect(changeText(2048, 'bytes')).toBe('+2kB');
    expect(changeText(-2048, 'bytes')).toBe('-2kB');
  });

  it('have shares with one decimal; what is little is not called nothing', () => {
    expect(shareText(176, 1000)).toBe('17.6 %');
    expect(shareText(1, 1_000_000)).toBe('< 0.1 %');
    expect(shareText(0, 10)).toBe('0.0 %');
    expect(shareText(1, 0)).toBe('');
  });

  it('names lose the directories of their package only', () => {
    expect(shortName('net/http.(*conn).serve')).toBe('http.(*conn).serve');
    expect(shortName('main.Map[go.shape.int,example.com/a.T]')).toBe(
      'main.Map[go.shape.int,example.com/a.T]',
    );
    expect(shortName('example.com/a/b.f main.go:3')).toBe('b.f main.go:3');
  });
});

describe('places', () => {
  const place = (name: string, line: number): string =>
    placeText({ name, package: 'main', file: 'a/main.go', line });

  it('say of a function that its line is the declaration’s, and of a line nothing', () => {
    expect(place('main.f', 7)).toBe('declared at a/main.go:7');
    expect(place('main.f a/main.go:7', 7)).toBe('a/main.go:7');
    expect(place('main.f', 0)).toBe('a/main.go');
  });
});

describe('colours', () => {
  const frame = (name: string) => ({ name, package: 'main', file: '', line: 0 });
  const hue = (color: string): string => color.slice(0, color.indexOf(' '));

  it('are the same for a package every time', () => {
    expect(hue(frameColor(frame('main.a'), false))).toBe(hue(frameColor(frame('main.b'), true)));
  });

  it('say what grew and what shrank', () => {
    expect([changeOf(3, 1), changeOf(1, 1), changeOf(0, 5), changeOf(5, 0)].map((x) => Math.sign(x))).toEqual(
      [1, 0, -1, 1],
    );
    expect(hue(changeColor(1, false))).toBe('hsl(6');
    expect(hue(changeColor(-1, true))).toBe('hsl(214');
    expect(hue(changeColor(0, true))).toBe('hsl(220');
  });
});

describe('keys of the flame graph', () => {
  const press = (key: string, selected: boolean, inverted = false) =>
    actionOf({ key, ctrlKey: false, metaKey: false, altKey: false }, selected, inverted);

  it('are those of speedscope', () => {
    expect(['+', '=', '-', '0'].map((key) => press(key, false))).toEqual([
      { kind: 'zoom', in: true },
      { kind: 'zoom', in: true },
      { kind: 'zoom', in: false },
      { kind: 'reset' },
    ]);
    expect(press('ArrowLeft', false)).toEqual({ kind: 'pan', x: -1, y: 0 });
    expect(press('s', true)).toEqual({ kind: 'pan', x: 0, y: 1 });
    expect(press('ArrowDown', true)).toEqual({ kind: 'move', to: 'call' });
    expect(press('ArrowDown', true, true)).toEqual({ kind: 'move', to: 'caller' });
    expect(press('Enter', true)).toEqual({ kind: 'fit' });
  });

  it('with Ctrl or ⌘: search, open, save', () => {
    const held = (key: string, change: object = {}) =>
      viewActionOf({
        ...{ key, ctrlKey: true, metaKey: false, altKey: false, shiftKey: false },
        ...{ defaultPrevented: false, target: null, ...change },
      });
    expect(['f', 'F', 'o', 's'].map((key) => held(key)?.kind)).toEqual(['search', 'search', 'open', 'save']);
    expect(held('f', { ctrlKey: false, metaKey: true })).toEqual({ kind: 'search' });
    expect([held('c'), held('f', { shiftKey: true }), held('f', { altKey: true })]).toEqual([
      null,
      null,
      null,
    ]);
  });

  it('leave alone what is not theirs', () => {
    expect(press('Escape', false)).toBe(null);
    expect(actionOf({ key: 'a', ctrlKey: true, metaKey: false, altKey: false }, true, false)).toBe(null);
  });
});

describe('what is looked at', () => {
  const facts = {
    sampleTypes: [
      { type: 'alloc_space', unit: 'bytes', total: 1 },
      { type: 'inuse_space', unit: 'bytes', total: 1 },
    ],
    defaultSampleType: 1,
  } as unknown as ProfileFacts;

  it('is the sample type by name, else the one that the profile asks for', () => {
    expect(queryOf({ ...START, sampleType: 'alloc_space' }, facts, null).sampleType).toBe(0);
    expect(queryOf({ ...START, sampleType: 'cpu' }, facts, 'b')).toMatchObject({ sampleType: 1, base: 'b' });
  });

  it('an expression of a name matches that name alone', () => {
    const expression = expressionOf('main.(*T).f[...]');
    expect(expression).toBe('^main\\.\\(\\*T\\)\\.f\\[\\.\\.\\.\\]$');
    expect(new RegExp(expression).test('main.(*T).f[...]')).toBe(true);
    expect(withAlternative('a', 'b.c')).toBe('a|^b\\.c$');
  });

  it('is remembered only where it is whole', () => {
    expect(isPrefs(START)).toBe(true);
    expect(isPrefs({ ...START, granularity: 'bytes' })).toBe(false);
    expect(isPrefs({ ...START, filters: { focus: '' } })).toBe(false);
    expect(isFiltered(NO_FILTERS)).toBe(false);
    expect(isFiltered({ ...NO_FILTERS, tagFocus: 'a' })).toBe(true);
  });
});
