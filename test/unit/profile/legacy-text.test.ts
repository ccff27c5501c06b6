import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import goldens from '../../../fixtures/profiles/goldens.json' with { type: 'json' };
import { FormatError } from '../../../src/base/format-error.ts';
import { isLegacyText, readLegacyText } from '../../../src/profile/legacy-text.ts';
import { valueText } from '../../../src/base/measurement.ts';
import type { Profile } from '../../../src/profile/profile.ts';
import { profileFixture } from './fixtures.ts';

const textOf = (path: string): string => new TextDecoder().decode(gunzipSync(profileFixture(path)));
const total = ({ samples, sampleTypes }: Profile, type: number): number =>
  Array.from(
    { length: samples.count },
    (_, row) => samples.values[row * sampleTypes.length + type] ?? 0,
  ).reduce((sum, value) => sum + value, 0);

describe('the text that runtime/pprof writes', () => {
  it.each(goldens.filter(({ args }) => args.some((arg) => arg.endsWith('.txt.gz'))))(
    'go tool pprof $args: the same total',
    ({ args, output }) => {
      const profile = readLegacyText(textOf(args.at(-1) ?? ''));
      const type = args.includes('-sample_index=alloc_space') ? 1 : 3;
      const [, shown] = /of (\S+) total/.exec(output) ?? [];
      expect(valueText(total(profile, type), 'bytes')).toBe(shown);
    },
  );

  it('has names from its comments', () => {
    const { strings, functions } = readLegacyText(textOf('go1.27.3/heap.txt.gz'));
    const names = [...functions.name].map((at) => strings[at]);
    expect(names).toContain('main.grow');
    expect(names).toContain('runtime/pprof.(*profileBuilder).emitLocation');
    expect(strings).toContain('example.com/profiled/main.go');
  });

  it('counted profiles too', () => {
    const profile = readLegacyText(
      'goroutine profile: total 3\n2 @ 0x10 0x20\n#\t0xf\tmain.f+0x3\ta.go:7\n\n1 @\n',
    );
    expect(profile.sampleTypes).toEqual([{ type: 'goroutine', unit: 'count' }]);
    expect([...profile.samples.values]).toEqual([2, 1]);
    expect([...profile.locations.address]).toEqual([0xfn, 0x1fn]);
    expect([...profile.locations.lineNumber]).toEqual([7]);
  });

  it('damage is told with its line and offset', () => {
    expect(isLegacyText('something else')).toBe(false);
    expect(() => readLegacyText('something else')).toThrow(FormatError);
    expect(() => readLegacyText('goroutine profile: total 3\nnonsense\n')).toThrow(
      'legacy profile at offset 0x1b: expected a sample in line 2',
    );
  });
});
