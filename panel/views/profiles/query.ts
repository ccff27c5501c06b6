import type { CaptureState, ProfileFacts, ProfileFilters, ProfileQuery } from '../../model/types.ts';

export const GRANULARITIES = ['functions', 'lines', 'files', 'packages'] as const;

/** The filters, in the order in which they are shown: pprof's name, and what it does. */
export const FILTERS: readonly (readonly [key: keyof ProfileFilters, name: string, what: string])[] = [
  ['focus', 'focus', 'Only stacks with a frame whose function or file matches.'],
  ['ignore', 'ignore', 'No stacks with a frame that matches.'],
  ['hide', 'hide', 'Frames that match are left out of stacks.'],
  ['show', 'show', 'Frames that do not match are left out of stacks.'],
  [
    'showFrom',
    'show_from',
    'Frames that called the outermost one that matches are left out; stacks without one too.',
  ],
  [
    'tagFocus',
    'tagfocus',
    'Only samples with a label that matches: key=expression, or a range such as bytes=1kb:2kb.',
  ],
  ['tagIgnore', 'tagignore', 'No samples with such a label.'],
];

export const NO_FILTERS: ProfileFilters = {
  ...{ focus: '', ignore: '', hide: '', show: '', showFrom: '', tagFocus: '', tagIgnore: '' },
};

/** How profiles are looked at; it is remembered, and good for every capture. */
export interface ProfilePrefs {
  readonly granularity: ProfileQuery['granularity'];
  /** By name, as captures of one kind have the same; '' for the one that the profile asks for. */
  readonly sampleType: string;
  readonly filters: ProfileFilters;
  readonly filtersShown: boolean;
  /** Flame graphs have a function that calls itself once. */
  readonly collapse: boolean;
}

export const START: ProfilePrefs = {
  granularity: 'functions',
  sampleType: '',
  filters: NO_FILTERS,
  filtersShown: false,
  collapse: false,
};

export function isPrefs(value: unknown): value is ProfilePrefs {
  if (typeof value !== 'object' || value === null) return false;
  const { granularity, sampleType, filters, filtersShown, collapse } = value as Record<string, unknown>;
  if (!GRANULARITIES.some((one) => one === granularity)) return false;
  if (typeof sampleType !== 'string' || typeof filtersShown !== 'boolean') return false;
  if (typeof collapse !== 'boolean') return false;
  if (typeof filters !== 'object' || filters === null) return false;
  const texts = filters as Record<string, unknown>;
  return FILTERS.every(([key]) => typeof texts[key] === 'string');
}

/** Index of the sample type that is wanted, or that the profile asks for. */
export function sampleTypeOf({ sampleTypes, defaultSampleType }: ProfileFacts, wanted: string): number {
  const found = sampleTypes.findIndex(({ type }) => type === wanted);
  return found < 0 ? defaultSampleType : found;
}

export function queryOf(prefs: ProfilePrefs, facts: ProfileFacts, base: string | null): ProfileQuery {
  const { granularity, filters } = prefs;
  return { ...filters, granularity, sampleType: sampleTypeOf(facts, prefs.sampleType), base };
}

/** Whether any filter is set. */
export const isFiltered = (filters: ProfileFilters): boolean => FILTERS.some(([key]) => filters[key] !== '');

/** An expression that a name, and nothing else, matches. */
export function expressionOf(name: string): string {
  return `^${name.replaceAll(/[\\^$.|?*+()[\]{}]/g, '\\$&')}$`;
}

/** One more alternative of a filter. */
export function withAlternative(filter: string, name: string): string {
  return filter === '' ? expressionOf(name) : `${filter}|${expressionOf(name)}`;
}

/** Captures that one can be compared with: those that have its sample type. */
export function basesOf(
  captures: readonly CaptureState[],
  shown: CaptureState,
  type: string,
): CaptureState[] {
  return captures.filter(
    ({ key, facts }) => key !== shown.key && facts?.sampleTypes.some((one) => one.type === type) === true,
  );
}
