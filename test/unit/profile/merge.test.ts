import { describe, expect, it } from 'vitest';
import { ProfileBuilder } from '../../../src/profile/builder.ts';
import { applyFilters, dropUninteresting } from '../../../src/profile/filter.ts';
import { diffProfiles, mergeProfiles, MergeError } from '../../../src/profile/merge.ts';
import type { Profile } from '../../../src/profile/profile.ts';
import { stackOf } from '../../../src/profile/transform.ts';

/** A profile of stacks, outermost first, of one value each. */
function made(type: string, unit: string, stacks: readonly [string, number][], drop = ''): Profile {
  const builder = new ProfileBuilder({ sampleTypes: [{ type, unit }], dropFrames: drop, keepFrames: 'kept' });
  const locations = new Map<string, number>();
  for (const [stack, value] of stacks) {
    const rows = stack.split('>').map((name) => {
      let row = locations.get(name);
      if (row === undefined) {
        const lines = name
          .split('+')
          .map((part) => ({ function: builder.addFunction({ name: part, file: '' }), line: 1 }));
        row = builder.addLocation(lines.reverse());
        locations.set(name, row);
      }
      return row;
    });
    builder.addSample(rows.reverse(), [value]);
  }
  return builder.build();
}

/** The stacks of a profile as `made` takes them. */
function stacks(profile: Profile): [string, number][] {
  const { samples, locations, functions, strings } = profile;
  return Array.from({ length: samples.count }, (_, row) => {
    const names = [...stackOf(samples, row)].map((location) => {
      const lines = [
        ...locations.lineFunction.subarray(locations.lineStart[location], locations.lineStart[location + 1]),
      ];
      return lines
        .map((at) => strings[functions.name[at] ?? 0] ?? '')
        .reverse()
        .join('+');
    });
    return [names.reverse().join('>'), samples.values[row] ?? 0];
  });
}

describe('merging', () => {
  it('adds up what is the same, in the finest unit', () => {
    const merged = mergeProfiles([
      made('cpu', 'milliseconds', [
        ['main>f', 2],
        ['main>g', 1],
      ]),
      made('cpu', 'nanoseconds', [
        ['main>f', 500],
        ['main', 0],
      ]),
    ]);
    expect(merged.sampleTypes).toEqual([{ type: 'cpu', unit: 'nanoseconds' }]);
    expect(stacks(merged)).toEqual([
      ['main>f', 2_000_500],
      ['main>g', 1_000_000],
    ]);
  });

  it('a diff with itself is empty', () => {
    const profile = made('cpu', 'ns', [['main>f', 2]]);
    expect(stacks(diffProfiles(profile, profile, false))).toEqual([['main>f', 0]]);
  });

  it('what has nothing in common is refused', () => {
    const cpu = made('cpu', 'nanoseconds', []);
    expect(() => mergeProfiles([cpu, made('space', 'bytes', [])])).toThrow(MergeError);
    expect(() => mergeProfiles([cpu, made('cpu', 'bytes', [])])).toThrow(
      'incompatible types: cpu/nanoseconds and cpu/bytes',
    );
    expect(() => mergeProfiles([])).toThrow(MergeError);
  });
});

describe('filters', () => {
  const profile = made('cpu', 'ns', [
    ['main>a+b>c', 1],
    ['main>c', 2],
    ['other', 4],
  ]);

  it.each([
    [{ focus: 'b' }, [['main>a+b>c', 1]]],
    [
      { hide: '^a$' },
      [
        ['main>b>c', 1],
        ['main>c', 2],
        ['other', 4],
      ],
    ],
    [
      { show: '^[bc]$' },
      [
        ['b>c', 1],
        ['c', 2],
      ],
    ],
    [{ showFrom: '^b$' }, [['b>c', 1]]],
    [{ showFrom: '^a$' }, [['a+b>c', 1]]],
    [{ ignore: 'main' }, [['other', 4]]],
  ])('%j', (filters, expected) => {
    expect(stacks(applyFilters(profile, filters).profile)).toEqual(expected);
  });

  it('say what matched nothing', () => {
    expect(applyFilters(profile, { focus: 'nothing', tagFocus: '3mb' }).warnings).toEqual([
      'Focus expression matched no samples',
      "tagfocus:Interpreted '3mb' as range, not regexp",
      'TagFocus expression matched no samples',
    ]);
  });

  it('frames that the profile asks to drop go with what they called, but not the first of a stack', () => {
    const dropping = made(
      'cpu',
      'ns',
      [
        ['main>drop1>x', 1],
        ['drop2>main', 2],
        ['main>kept>x', 4],
      ],
      'drop.|kept',
    );
    expect(stacks(dropUninteresting(dropping))).toEqual([
      ['main', 1],
      ['drop2>main', 2],
      ['main>kept>x', 4],
    ]);
  });
});
