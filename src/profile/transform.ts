import { GrowingU32 } from './growing.ts';
import type { LabelTable, LocationTable, Profile, SampleTable } from './profile.ts';

/** The profile with only those lines of its locations for which `keep` is true; rows stay where they are. */
export function withLines(profile: Profile, keep: (location: number, line: number) => boolean): Profile {
  const { locations } = profile;
  const lineStart = new Uint32Array(locations.count + 1);
  const kept: number[] = [];
  for (let location = 0; location < locations.count; location++) {
    const end = locations.lineStart[location + 1] ?? 0;
    for (let line = locations.lineStart[location] ?? 0; line < end; line++) {
      if (keep(location, line)) kept.push(line);
    }
    lineStart[location + 1] = kept.length;
  }
  const { lineFunction, lineNumber, lineColumn } = locations;
  const changed: LocationTable = {
    ...locations,
    lineStart,
    lineFunction: Uint32Array.from(kept, (line) => lineFunction[line] ?? 0),
    lineNumber: Float64Array.from(kept, (line) => lineNumber[line] ?? 0),
    lineColumn: Float64Array.from(kept, (line) => lineColumn[line] ?? 0),
  };
  return { ...profile, locations: changed };
}

/**
 * The profile with the stacks that `change` gives: locations of a row, innermost first; undefined leaves the sample out. Values and
 * labels stay.
 */
export function withStacks(
  profile: Profile,
  change: (row: number, stack: Uint32Array) => Uint32Array | readonly number[] | undefined,
): Profile {
  const { samples, sampleTypes } = profile;
  const types = sampleTypes.length;
  const rows: number[] = [];
  const stack = new GrowingU32(samples.stack.length);
  const stackStart = new GrowingU32(samples.count + 1);
  stackStart.push(0);
  for (let row = 0; row < samples.count; row++) {
    const changed = change(row, stackOf(samples, row));
    if (changed === undefined) continue;
    for (const location of changed) stack.push(location);
    stackStart.push(stack.length);
    rows.push(row);
  }
  const values = new Float64Array(rows.length * types);
  const bigValues = new Map<number, bigint>();
  const labelRows: number[] = [];
  const labelStart = new Uint32Array(rows.length + 1);
  for (const [index, row] of rows.entries()) {
    for (let type = 0; type < types; type++) {
      values[index * types + type] = samples.values[row * types + type] ?? 0;
      const big = samples.bigValues.get(row * types + type);
      if (big !== undefined) bigValues.set(index * types + type, big);
    }
    const end = samples.labelStart[row + 1] ?? 0;
    for (let label = samples.labelStart[row] ?? 0; label < end; label++) labelRows.push(label);
    labelStart[index + 1] = labelRows.length;
  }
  const { labels } = samples;
  const pick = (column: Uint32Array): Uint32Array => Uint32Array.from(labelRows, (at) => column[at] ?? 0);
  const keptLabels: LabelTable = {
    key: pick(labels.key),
    text: pick(labels.text),
    unit: pick(labels.unit),
    number: BigInt64Array.from(labelRows, (at) => labels.number[at] ?? 0n),
  };
  return {
    ...profile,
    samples: {
      ...{ count: rows.length, stackStart: stackStart.done(), stack: stack.done() },
      ...{ values, bigValues, labelStart, labels: keptLabels },
    },
  };
}

/** The locations of one sample, innermost first: a view. */
export function stackOf(samples: SampleTable, row: number): Uint32Array {
  return samples.stack.subarray(samples.stackStart[row] ?? 0, samples.stackStart[row + 1] ?? 0);
}
