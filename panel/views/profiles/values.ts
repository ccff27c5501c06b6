import { scale, valueText } from '../../../src/base/measurement.ts';
import { formatCount, formatDuration, formatShare, formatTime, plural } from '../../model/text.ts';
import type { CaptureState, ProfileFacts, ProfileFrame } from '../../model/types.ts';

/** A value with its unit, as pprof prints it; counts with separators. */
export function valueOf(value: number, unit: string): string {
  if (scale(1, unit, 'auto').unit === unit || unit === 'count') return formatSigned(value);
  return valueText(value, unit);
}

function formatSigned(value: number): string {
  const text = formatCount(Math.abs(Math.round(value)));
  return value < 0 ? `-${text}` : text;
}

/** A change: always with its sign. */
export function changeText(value: number, unit: string): string {
  return value > 0 ? `+${valueOf(value, unit)}` : valueOf(value, unit);
}

/** A share of everything: `12.5 %`, `< 0.1 %`. */
export function shareText(value: number, total: number): string {
  if (total === 0) return '';
  const share = (value / total) * 100;
  if (share !== 0 && Math.abs(share) < 0.05) return '< 0.1 %';
  return `${share.toFixed(1)} %`;
}

/** A name without the directories of its package: `http.(*conn).serve`. Generic arguments stay as they are. */
export function shortName(name: string): string {
  const end = name.search(/[[({ ]/);
  const plain = end < 0 ? name : name.slice(0, end);
  return name.slice(plain.lastIndexOf('/') + 1);
}

/** What a capture is, in a few words below its name. */
export function captureText({ origin, facts, added, status }: CaptureState): string {
  if (status === 'reading') return 'reading…';
  if (facts === null) return origin;
  const type = facts.sampleTypes[facts.defaultSampleType];
  return [
    ...(type === undefined ? [] : [`${type.type} ${valueOf(type.total, type.unit)}`]),
    origin === 'file' ? facts.format : origin,
    formatTime(facts.time ?? added).slice(0, 8),
  ].join(' · ');
}

/** One line on the whole profile. */
export function factsText(facts: ProfileFacts): string {
  return [
    facts.format,
    plural(facts.samples, 'sample'),
    ...(facts.durationMs === null ? [] : [`over ${formatDuration(facts.durationMs)}`]),
    ...facts.kinds.map(([kind, share]) => `${kind} ${formatShare(share)}`),
  ].join(' · ');
}

/** Place of a frame as pprof prints it, with what its line is: that of a function is its declaration's; '' unknown. */
export function placeText({ name, file, line }: ProfileFrame): string {
  if (file === '') return '';
  const place = `${file}:${String(line)}`;
  if (line <= 0) return file;
  return name.endsWith(place) ? place : `declared at ${place}`;
}
