import { scale } from '../base/measurement.ts';
import type { Profile, SampleTable } from './profile.ts';
import { compileRegexp } from './regexp.ts';

/** A filter of samples by their labels. */
export interface TagFilter {
  matches(samples: SampleTable, row: number): boolean;
  /** What pprof says of how it understood the text. */
  readonly note: string | undefined;
}

const RANGE = /([+-]?\d+)([A-Za-z]+)?/g;

/**
 * Compiles a value of pprof's tagfocus or tagignore (github.com/google/pprof/internal/driver/driver_focus.go, compileTagFilter):
 * undefined for an empty one. Throws a RegexpError.
 */
export function compileTagFilter(name: string, value: string, profile: Profile): TagFilter | undefined {
  if (value === '') return undefined;
  const { strings } = profile;
  const equals = value.indexOf('=');
  const wanted = equals < 0 ? undefined : value.slice(0, equals);
  const text = equals < 0 ? value : value.slice(equals + 1);
  const inRange = compileRange(text);
  if (inRange !== undefined) {
    const units = labelUnits(profile);
    return {
      note: `${name}:Interpreted '${text}' as range, not regexp`,
      matches: (samples, row) =>
        someLabel(samples, row, (at) => {
          const { labels } = samples;
          const key = strings[labels.key[at] ?? 0] ?? '';
          if ((labels.text[at] ?? 0) !== 0 || (wanted !== undefined && key !== wanted)) return false;
          return inRange(Number(labels.number[at] ?? 0n), units.get(key) ?? '');
        }),
    };
  }
  const expressions = text.split(',').map((source) => compileRegexp(source));
  const textOf = (samples: SampleTable, at: number): string | undefined => {
    const { labels } = samples;
    if ((labels.text[at] ?? 0) === 0) return undefined;
    const key = strings[labels.key[at] ?? 0] ?? '';
    const label = strings[labels.text[at] ?? 0] ?? '';
    if (wanted === undefined) return `${key}:${label}`;
    return key === wanted ? label : undefined;
  };
  const some = (samples: SampleTable, row: number, test: (label: string) => boolean): boolean =>
    someLabel(samples, row, (at) => {
      const label = textOf(samples, at);
      return label !== undefined && test(label);
    });
  return {
    note: undefined,
    matches:
      wanted === undefined
        ? (samples, row) =>
            expressions.every((expression) => some(samples, row, (label) => expression.matches(label)))
        : (samples, row) =>
            some(samples, row, (label) => expressions.some((expression) => expression.matches(label))),
  };
}

function someLabel(samples: SampleTable, row: number, test: (label: number) => boolean): boolean {
  const end = samples.labelStart[row + 1] ?? 0;
  for (let label = samples.labelStart[row] ?? 0; label < end; label++) if (test(label)) return true;
  return false;
}

/** `32kb`, `:64kb`, `4mb:`, `12kb:64mb`; undefined when the text is no range. */
function compileRange(text: string): ((value: number, unit: string) => boolean) | undefined {
  const [first, second] = [...text.matchAll(RANGE)];
  if (first === undefined) return undefined;
  const from = scale(Number(first[1]), first[2] ?? '', first[2] ?? '');
  const inUnit = (test: (value: number) => boolean) => (value: number, unit: string) => {
    const scaled = scale(value, unit, from.unit);
    return scaled.unit === from.unit && test(scaled.value);
  };
  if (second === undefined) {
    if (text === first[0]) return inUnit((value) => value === from.value);
    if (text === `${first[0]}:`) return inUnit((value) => value >= from.value);
    return text === `:${first[0]}` ? inUnit((value) => value <= from.value) : undefined;
  }
  if (text !== `${first[0]}:${second[0]}`) return undefined;
  const to = scale(Number(second[1]), second[2] ?? '', from.unit);
  return to.unit === from.unit ? inUnit((value) => value >= from.value && value <= to.value) : undefined;
}

/** The unit of each numeric label: the first that is given, otherwise pprof's guess by its name (profile.NumLabelUnits). */
function labelUnits({ samples, strings }: Profile): ReadonlyMap<string, string> {
  const units = new Map<string, string>();
  const { labels } = samples;
  for (const [at, text] of labels.text.entries()) {
    if (text !== 0) continue;
    const key = strings[labels.key[at] ?? 0] ?? '';
    const unit = strings[labels.unit[at] ?? 0] ?? '';
    if ((units.get(key) ?? '') === '') units.set(key, unit);
  }
  for (const [key, unit] of units) {
    if (unit === '') units.set(key, key === 'alignment' || key === 'request' ? 'bytes' : key);
  }
  return units;
}
