import { applyFilters, dropUninteresting, type Filters } from '../../../src/profile/filter.ts';
import { totalOf, type Granularity } from '../../../src/profile/graph.ts';
import { diffProfiles, mergeProfiles } from '../../../src/profile/merge.ts';
import { openProfile } from '../../../src/profile/open-profile.ts';
import { defaultSampleIndex, type Profile } from '../../../src/profile/profile.ts';
import { peekReport, topReport, treeReport, type ReportOptions } from '../../../src/profile/report.ts';
import { profileFixture } from './fixtures.ts';

const GRANULARITIES = ['functions', 'filefunctions', 'files', 'lines', 'addresses'] as const;
const FILTERS: Readonly<Record<string, keyof Filters>> = {
  focus: 'focus',
  ignore: 'ignore',
  hide: 'hide',
  show: 'show',
  show_from: 'showFrom',
  tagfocus: 'tagFocus',
  tagignore: 'tagIgnore',
};

/** Prints what `go tool pprof` prints for the same arguments; the last ones are files of fixtures/profiles. */
export async function asPprof(args: readonly string[]): Promise<string> {
  const flags = new Map(
    args
      .filter((arg) => arg.startsWith('-'))
      .map((arg): [string, string] => {
        const [name = '', ...value] = arg.slice(1).split('=');
        return [name, value.join('=')];
      }),
  );
  const words = args.filter((arg) => !arg.startsWith('-'));
  const symbol = flags.has('peek') ? words.shift() : undefined;
  const read = async (path: string): Promise<Profile> =>
    dropUninteresting(await openProfile(profileFixture(path)));
  let profile = mergeProfiles(await Promise.all(words.map(read)));
  const base = flags.get('diff_base') ?? flags.get('base');
  if (base !== undefined) {
    profile = diffProfiles(profile, mergeProfiles([await read(base)]), flags.has('diff_base'));
  }
  const index = flags.get('sample_index');
  const sampleType =
    index === undefined
      ? defaultSampleIndex(profile)
      : profile.sampleTypes.findIndex(({ type }) => type === index);
  const total = totalOf(profile, sampleType);
  const filters: Partial<Record<keyof Filters, string>> = {};
  const active: string[] = [];
  for (const [name, key] of Object.entries(FILTERS)) {
    const value = flags.get(name);
    if (value === undefined) continue;
    filters[key] = value;
    active.push(`${name}=${value}`);
  }
  const granularity: Granularity = GRANULARITIES.find((one) => flags.has(one)) ?? 'functions';
  const number = (name: string): number | undefined => {
    const value = flags.get(name);
    return value === undefined ? undefined : Number(value);
  };
  const nodeCount = number('nodecount');
  const nodeFraction = number('nodefraction');
  const options: ReportOptions = {
    ...{ sampleType, granularity, total, filters: active },
    ...{ noInlines: flags.has('noinlines'), byCum: flags.has('cum') },
    ...(nodeCount === undefined ? {} : { nodeCount }),
    ...(nodeFraction === undefined ? {} : { nodeFraction }),
  };
  const { profile: filtered } = applyFilters(profile, filters);
  if (symbol !== undefined) return peekReport(filtered, symbol, options);
  return flags.has('tree') ? treeReport(filtered, options) : topReport(filtered, options);
}
