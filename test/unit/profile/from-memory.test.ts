import { describe, expect, it } from 'vitest';
import type { CliIo } from '../../../src/cli/io.ts';
import { run } from '../../../src/cli/main.ts';
import { openProfile } from '../../../src/profile/open-profile.ts';
import type { Profile } from '../../../src/profile/profile.ts';
import { stackOf } from '../../../src/profile/transform.ts';
import { goVersions } from '../../support/fixtures.ts';
import { profiledModule, profiledMoment } from '../../support/profiled-wasm.ts';

/** Samples in words, as they stand in the profile. Generic functions as tracebacks print them. */
function samplesOf({ samples, sampleTypes, locations, functions, strings }: Profile): string[] {
  const text = (index: number | undefined): string => strings[index ?? 0] ?? '';
  return Array.from({ length: samples.count }, (_, row) => {
    const stack = [...stackOf(samples, row)].map((location) => {
      const lines: string[] = [];
      for (let at = locations.lineStart[location] ?? 0; at < (locations.lineStart[location + 1] ?? 0); at++) {
        const row = locations.lineFunction[at] ?? 0;
        const name = text(functions.name[row]).replace(/\[.*\]/, '[...]');
        lines.push(
          `${name} ${text(functions.file[row])}:${locations.lineNumber[at]} (${functions.startLine[row]})`,
        );
      }
      return `${(locations.address[location] ?? 0n).toString(16)} ${lines.join(' + ')}`;
    });
    const values = [...samples.values.subarray(row * sampleTypes.length, (row + 1) * sampleTypes.length)];
    const labels: string[] = [];
    for (let at = samples.labelStart[row] ?? 0; at < (samples.labelStart[row + 1] ?? 0); at++) {
      const { key, text: value, number } = samples.labels;
      labels.push(`${text(key[at])}=${text(value[at]) || String(number[at])}`);
    }
    return [values.join(' '), labels.join(' '), ...stack].join('\n  ');
  });
}

describe.each(goVersions)('profiles out of the memory of a Go %s program', (version) => {
  const files = new Map<string, Uint8Array>();
  let moment: Awaited<ReturnType<typeof profiledMoment>> | undefined;

  async function fromMemory(type: string): Promise<{ ours: Profile; go: Profile; err: string }> {
    moment ??= await profiledMoment(version);
    files.set('memory', moment.memory);
    files.set('app.wasm', profiledModule(version));
    let written = new Uint8Array();
    let err = '';
    const io: CliIo = {
      readFile: (path) => Promise.resolve(files.get(path) ?? new Uint8Array()),
      writeFile: (_, bytes) => {
        written = new Uint8Array(bytes);
        return Promise.resolve();
      },
      readStdin: () => Promise.resolve(new Uint8Array()),
      stdout: () => undefined,
      stderr: (part) => (err += part),
    };
    const args = [
      'pprof',
      '--memory',
      'memory',
      '--module',
      'app.wasm',
      '--type',
      type,
      '--sp',
      String(moment.sp),
    ];
    expect(await run(args, io, '1'), err).toBe(0);
    const truth = moment.profiles.get(type);
    if (truth === undefined) throw new Error(`the program wrote no ${type} profile`);
    return { ours: await openProfile(written), go: await openProfile(truth), err };
  }

  it.each(['heap', 'allocs'])(
    '%s: sample by sample what runtime/pprof wrote at that moment',
    async (type) => {
      const { ours, go, err } = await fromMemory(type);
      expect(err).toBe('');
      expect(ours.period).toBe(go.period);
      expect(ours.sampleTypes).toEqual(go.sampleTypes);
      expect(ours.defaultSampleType).toBe(go.defaultSampleType);
      const samples = samplesOf(ours);
      expect(samples.length).toBeGreaterThan(5);
      // What runtime/pprof allocated itself when it wrote came after the memory was copied: buckets with no value.
      const counted = (all: string[]): string[] => all.filter((one) => !one.startsWith('0 0 0 0'));
      expect(counted(samples)).toEqual(counted(samplesOf(go)));
    },
  );

  it('goroutine: the same stacks and counts, but for the one that writes', async () => {
    const { ours, go } = await fromMemory('goroutine');
    const others = (all: string[]): string[] => all.filter((one) => !one.includes('main.heap ')).sort();
    expect(others(samplesOf(ours)).length).toBeGreaterThan(1);
    expect(others(samplesOf(ours))).toEqual(others(samplesOf(go)));
    expect(samplesOf(ours).some((one) => one.includes('who=ada'))).toBe(true);
  });
});
