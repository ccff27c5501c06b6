import { gunzipSync } from 'node:zlib';
import fc from '../../support/fast-check.ts';
import { Profile as Peer } from 'pprof-format';
import { describe, expect, it } from 'vitest';
import { ProfileBuilder } from '../../../src/profile/builder.ts';
import { gzip } from '../../../src/profile/gzip.ts';
import { totalOf } from '../../../src/profile/graph.ts';
import { openProfile } from '../../../src/profile/open-profile.ts';
import { exactValue, type Profile } from '../../../src/profile/profile.ts';
import { ProtoReader, WIRE_LEN } from '../../../src/profile/proto-reader.ts';
import { readProfile } from '../../../src/profile/read-profile.ts';
import { writeProfile } from '../../../src/profile/write-profile.ts';
import { LARGE, madeProfile } from '../../support/made-profile.ts';
import { profileFixture, protoFixtures } from './fixtures.ts';

describe('profiles that Go wrote', () => {
  it.each(protoFixtures)('%s: an independent reader sees the same in what we write', async (path) => {
    const packed = profileFixture(path);
    const original = new Uint8Array(gunzipSync(packed));
    const written = writeProfile(await openProfile(packed));
    expect(meaning(Peer.decode(written))).toEqual(meaning(Peer.decode(original)));
  });

  it.each(protoFixtures)('%s: writing is stable', async (path) => {
    const written = writeProfile(await openProfile(profileFixture(path)));
    expect(writeProfile(readProfile(written))).toEqual(written);
  });

  it('are packed again', async () => {
    const [path = ''] = protoFixtures;
    const profile = await openProfile(profileFixture(path));
    const again = await openProfile(await gzip(writeProfile(profile)));
    expect(again.samples).toEqual(profile.samples);
  });
});

const varint = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];

/** A length-delimited field of the wire format. */
const field = (number: number, content: readonly number[]): number[] => [
  ...varint(number * 8 + WIRE_LEN),
  ...varint(content.length),
  ...content,
];

/** The file with a field that nobody knows at the end of each message, so that no row has the usual form. */
function withUnknownFields(bytes: Uint8Array): Uint8Array {
  const reader = new ProtoReader(bytes);
  const out: number[][] = [];
  for (let start = 0; reader.next('profile'); start = reader.pos) {
    const { field: number, wire } = reader;
    // Texts and comments are no messages.
    if (wire !== WIRE_LEN || number === 6 || number === 13) {
      reader.skip('profile');
      out.push([...bytes.subarray(start, reader.pos)]);
      continue;
    }
    const length = reader.length('profile');
    const content = bytes.subarray(reader.pos, reader.pos + length);
    reader.pos += length;
    out.push(field(number, [...content, ...varint(99 * 8), 7]));
  }
  return Uint8Array.from(out.flat());
}

it.each(protoFixtures)('%s: rows of another form than the usual one say the same', (path) => {
  const bytes = new Uint8Array(gunzipSync(profileFixture(path)));
  const unusual = withUnknownFields(bytes);
  expect(unusual.length).toBeGreaterThan(bytes.length);
  expect(readProfile(unusual)).toEqual(readProfile(bytes));
});

it('texts that are no ASCII, or no UTF-8, are each read by itself', () => {
  const texts = ['', 'a text of ASCII', 'größer', '\ufeffmark', '\u{1f439}', ''].map((text) =>
    new TextEncoder().encode(text),
  );
  // The first half of a character, and the second one.
  texts.push(Uint8Array.of(0x61, 0xc3), Uint8Array.of(0xbc, 0x62));
  for (const some of [texts, texts.slice(0, 2), texts.slice(-2)]) {
    const table = [new Uint8Array(), ...some].map((text) => field(6, [...text]));
    const { strings } = readProfile(Uint8Array.from([...field(1, []), ...table.flat()]));
    expect(strings).toEqual(['', ...some.map((text) => new TextDecoder().decode(text))]);
  }
});

it('12 MB with 100,000 samples: byte for byte what was read, and an independent reader finds as much in it', () => {
  const bytes = writeProfile(madeProfile(LARGE));
  expect(bytes.length).toBeGreaterThan(12e6);
  const profile = readProfile(bytes);
  expect(Buffer.compare(writeProfile(profile), bytes)).toBe(0);
  const peer = Peer.decode(bytes);
  expect(peer.sample.length).toBe(100_000);
  expect([peer.location.length, peer.function.length, peer.stringTable.strings.length]).toEqual([
    profile.locations.count,
    profile.functions.count,
    profile.strings.length,
  ]);
  const sum = peer.sample.reduce((total, { value }) => total + Number(value[1]), 0);
  expect(sum).toBe(totalOf(profile, 1));
});

/** All that a profile says, with ids and indexes resolved: what has to survive. */
function meaning(profile: Peer): unknown {
  const text = (index: number | bigint): string => profile.stringTable.strings[Number(index)] ?? '?';
  const big = (value: number | bigint): string => BigInt(value).toString();
  const byId = <Row extends { id: number | bigint }>(rows: readonly Row[]): Map<string, Row> =>
    new Map(rows.map((row) => [big(row.id), row]));
  const functions = byId(profile.function);
  const mappings = byId(profile.mapping);
  const locations = byId(profile.location);
  const functionOf = (id: number | bigint): unknown => {
    const found = functions.get(big(id));
    return found && [text(found.name), text(found.systemName), text(found.filename), big(found.startLine)];
  };
  const mappingOf = (id: number | bigint): unknown => {
    const found = mappings.get(big(id));
    return (
      found && [
        ...[big(found.memoryStart), big(found.memoryLimit), big(found.fileOffset)],
        ...[text(found.filename), text(found.buildId), found.hasFunctions, found.hasFilenames],
        ...[found.hasLineNumbers, found.hasInlineFrames],
      ]
    );
  };
  const locationOf = (id: number | bigint): unknown => {
    const found = locations.get(big(id));
    return (
      found && [
        ...[mappingOf(found.mappingId), big(found.address), found.isFolded],
        found.line.map((line) => [functionOf(line.functionId), big(line.line)]),
      ]
    );
  };
  return {
    types: profile.sampleType.map(({ type, unit }) => [text(type), text(unit)]),
    samples: profile.sample.map((sample) => [
      sample.value.map(big),
      sample.locationId.map(locationOf),
      sample.label.map(({ key, str, num, numUnit }) => [text(key), text(str), big(num), text(numUnit)]),
    ]),
    mappings: profile.mapping.map(({ id }) => mappingOf(id)),
    locations: profile.location.map(({ id }) => locationOf(id)),
    functions: profile.function.map(({ id }) => functionOf(id)),
    frames: [text(profile.dropFrames), text(profile.keepFrames)],
    times: [big(profile.timeNanos), big(profile.durationNanos), big(profile.period)],
    period: profile.periodType && [text(profile.periodType.type), text(profile.periodType.unit)],
    comments: profile.comment.map(text),
    defaultSampleType: text(profile.defaultSampleType),
  };
}

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const text = fc.string({ unit: 'grapheme', maxLength: 40 });

/** Any profile that the format can hold. */
const anyProfile = fc
  .record({
    types: fc.array(fc.record({ type: text, unit: text }), { minLength: 1, maxLength: 3 }),
    head: fc.record({
      timeNanos: int64,
      durationNanos: int64,
      period: int64,
      defaultSampleType: text,
      docUrl: text,
      dropFrames: text,
      keepFrames: text,
      comments: fc.array(text, { maxLength: 4 }),
      periodType: fc.record({ type: text, unit: text }),
    }),
    functions: fc.array(fc.record({ name: text, systemName: text, file: text, startLine: fc.nat() }), {
      minLength: 1,
      maxLength: 5,
    }),
    mappings: fc.array(
      fc.record({ start: uint64, limit: uint64, offset: uint64, file: text, id: text, flag: fc.boolean() }),
      {
        maxLength: 2,
      },
    ),
    locations: fc.array(
      fc.record({
        address: uint64,
        folded: fc.boolean(),
        lines: fc.array(fc.record({ function: fc.nat(), line: fc.maxSafeNat(), column: fc.nat() }), {
          maxLength: 3,
        }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    samples: fc.array(
      fc.record({
        stack: fc.array(fc.nat(), { maxLength: 200 }),
        values: fc.array(int64, { minLength: 3, maxLength: 3 }),
        labels: fc.array(fc.record({ key: text, text, number: int64, unit: text }), { maxLength: 3 }),
      }),
      { maxLength: 8 },
    ),
  })
  .map((made): Profile => {
    const builder = new ProfileBuilder({ sampleTypes: made.types, ...made.head });
    for (const one of made.mappings) {
      builder.addMapping({
        ...{ memoryStart: one.start, memoryLimit: one.limit, fileOffset: one.offset, file: one.file },
        ...{ buildId: one.id, hasFunctions: one.flag, hasFilenames: !one.flag },
        ...{ hasLineNumbers: one.flag, hasInlineFrames: !one.flag },
      });
    }
    for (const one of made.functions) builder.addFunction(one);
    for (const { lines, address, folded } of made.locations) {
      const known = lines.map((line) => ({ ...line, function: line.function % made.functions.length }));
      builder.addLocation(known, address, made.mappings.length - 1, folded);
    }
    for (const { stack, values, labels } of made.samples) {
      builder.addSample(
        stack.map((at) => at % made.locations.length),
        values.slice(0, made.types.length),
        labels,
      );
    }
    return builder.build();
  });

describe('any profile', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(anyProfile, (profile) => {
        const again = readProfile(writeProfile(profile));
        // Strings of the small tables are added to the table when it is written.
        const { strings, periodType, ...rest } = again;
        const { strings: before, periodType: periodBefore, ...restBefore } = profile;
        expect(strings.slice(0, before.length)).toEqual(before);
        expect(periodType ?? { type: '', unit: '' }).toEqual(periodBefore);
        expect(rest).toEqual(restBefore);
      }),
      { numRuns: 200 },
    );
  });

  it('keeps values that a double cannot hold', () => {
    const builder = new ProfileBuilder({ sampleTypes: [{ type: 'cpu', unit: 'nanoseconds' }] });
    const largest = 2n ** 63n - 1n;
    for (const value of [largest, -largest - 1n, 2n ** 53n + 1n, -1, 0]) builder.addSample([], [value]);
    const again = readProfile(writeProfile(builder.build()));
    expect([0, 1, 2, 3, 4].map((sample) => exactValue(again, sample, 0))).toEqual([
      ...[largest, -largest - 1n, 2n ** 53n + 1n, -1n, 0n],
    ]);
  });
});
