import { ProfileField } from './fields.ts';
import { ProtoWriter } from './proto-writer.ts';
import type { Mapping, Profile, ValueType } from './profile.ts';

/**
 * Writes a profile as profile.proto, not packed; field by field in the order and form of pprof's own writer
 * (github.com/google/pprof/profile/encode.go), with ids that count from 1.
 */
export function writeProfile(profile: Profile): Uint8Array<ArrayBuffer> {
  const out = new ProtoWriter();
  const strings = new Strings(profile.strings);
  const valueType = (field: number, { type, unit }: ValueType): void =>
    out.message(field, () => {
      out.optional(1, strings.index(type));
      out.optional(2, strings.index(unit));
    });
  for (const type of profile.sampleTypes) valueType(ProfileField.sampleType, type);
  writeSamples(out, profile);
  for (const [index, mapping] of profile.mappings.entries()) writeMapping(out, strings, mapping, index + 1);
  writeLocations(out, profile);
  writeFunctions(out, profile);
  // All that may add a string comes before the table.
  const dropFrames = strings.index(profile.dropFrames);
  const keepFrames = strings.index(profile.keepFrames);
  const { periodType } = profile;
  const period = periodType && { type: strings.index(periodType.type), unit: strings.index(periodType.unit) };
  const comments = profile.comments.map((comment) => strings.index(comment));
  const defaultSampleType = strings.index(profile.defaultSampleType);
  const docUrl = strings.index(profile.docUrl);
  for (const text of strings.all) out.text(ProfileField.string, text);
  out.optional(ProfileField.dropFrames, dropFrames);
  out.optional(ProfileField.keepFrames, keepFrames);
  out.optionalBig(ProfileField.timeNanos, profile.timeNanos);
  out.optionalBig(ProfileField.durationNanos, profile.durationNanos);
  if (period !== undefined && (period.type !== 0 || period.unit !== 0)) {
    out.message(ProfileField.periodType, () => {
      out.optional(1, period.type);
      out.optional(2, period.unit);
    });
  }
  out.optionalBig(ProfileField.period, profile.period);
  out.numbers(ProfileField.comment, comments.length, (i) => out.varint(comments[i] ?? 0));
  out.number(ProfileField.defaultSampleType, defaultSampleType);
  out.optional(ProfileField.docUrl, docUrl);
  return out.done();
}

/** The string table: the profile's own, and after it what the small tables name and the table lacks. */
class Strings {
  readonly all: string[];
  readonly #indexes = new Map<string, number>();

  constructor(strings: readonly string[]) {
    this.all = strings.length === 0 ? [''] : [...strings];
    for (const [index, text] of this.all.entries()) {
      if (!this.#indexes.has(text)) this.#indexes.set(text, index);
    }
  }

  index(text: string): number {
    let index = this.#indexes.get(text);
    if (index === undefined) {
      index = this.all.length;
      this.all.push(text);
      this.#indexes.set(text, index);
    }
    return index;
  }
}

function writeSamples(out: ProtoWriter, { samples, sampleTypes }: Profile): void {
  const { stackStart, stack, values, bigValues, labelStart, labels } = samples;
  const types = sampleTypes.length;
  for (let row = 0; row < samples.count; row++) {
    out.message(ProfileField.sample, () => {
      const start = stackStart[row] ?? 0;
      out.numbers(1, (stackStart[row + 1] ?? 0) - start, (i) => out.varint((stack[start + i] ?? 0) + 1));
      out.numbers(2, types, (i) => {
        const at = row * types + i;
        const big = bigValues.get(at);
        if (big === undefined) out.int64(values[at] ?? 0);
        else out.bigVarint(big);
      });
      const labelEnd = labelStart[row + 1] ?? 0;
      for (let label = labelStart[row] ?? 0; label < labelEnd; label++) {
        out.message(3, () => {
          out.optional(1, labels.key[label] ?? 0);
          out.optional(2, labels.text[label] ?? 0);
          out.optionalBig(3, labels.number[label] ?? 0n);
          out.optional(4, labels.unit[label] ?? 0);
        });
      }
    });
  }
}

function writeMapping(out: ProtoWriter, strings: Strings, mapping: Mapping, id: number): void {
  out.message(ProfileField.mapping, () => {
    out.optional(1, id);
    out.optionalBig(2, mapping.memoryStart);
    out.optionalBig(3, mapping.memoryLimit);
    out.optionalBig(4, mapping.fileOffset);
    out.optional(5, strings.index(mapping.file));
    out.optional(6, strings.index(mapping.buildId));
    out.optional(7, mapping.hasFunctions ? 1 : 0);
    out.optional(8, mapping.hasFilenames ? 1 : 0);
    out.optional(9, mapping.hasLineNumbers ? 1 : 0);
    out.optional(10, mapping.hasInlineFrames ? 1 : 0);
  });
}

function writeLocations(out: ProtoWriter, { locations }: Profile): void {
  for (let row = 0; row < locations.count; row++) {
    out.message(ProfileField.location, () => {
      out.optional(1, row + 1);
      out.optional(2, (locations.mapping[row] ?? -1) + 1);
      out.optionalBig(3, locations.address[row] ?? 0n);
      const end = locations.lineStart[row + 1] ?? 0;
      for (let line = locations.lineStart[row] ?? 0; line < end; line++) {
        out.message(4, () => {
          out.optional(1, (locations.lineFunction[line] ?? 0) + 1);
          out.optional(2, locations.lineNumber[line] ?? 0);
          out.optional(3, locations.lineColumn[line] ?? 0);
        });
      }
      out.optional(5, locations.folded[row] ?? 0);
    });
  }
}

function writeFunctions(out: ProtoWriter, { functions }: Profile): void {
  for (let row = 0; row < functions.count; row++) {
    out.message(ProfileField.function, () => {
      out.optional(1, row + 1);
      out.optional(2, functions.name[row] ?? 0);
      out.optional(3, functions.systemName[row] ?? 0);
      out.optional(4, functions.file[row] ?? 0);
      out.optional(5, functions.startLine[row] ?? 0);
    });
  }
}
