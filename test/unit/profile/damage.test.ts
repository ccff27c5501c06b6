import { gzipSync, gunzipSync } from 'node:zlib';
import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/base/format-error.ts';
import { gunzip } from '../../../src/profile/gzip.ts';
import { openProfile } from '../../../src/profile/open-profile.ts';
import { ProtoWriter } from '../../../src/profile/proto-writer.ts';
import { readProfile } from '../../../src/profile/read-profile.ts';
import { profileFixture } from './fixtures.ts';

const original = new Uint8Array(gunzipSync(profileFixture('go1.27.3/heap.pb.gz')));

/** A profile of which `write` writes the rows: one sample type and the strings '', 'a', 'b'. */
function made(write: (out: ProtoWriter) => void): Uint8Array {
  const out = new ProtoWriter();
  out.message(1, () => {
    out.number(1, 1);
    out.number(2, 2);
  });
  for (const text of ['', 'a', 'b']) out.text(6, text);
  write(out);
  return out.done();
}

const location = (out: ProtoWriter, id: number, write: () => void = () => undefined): void =>
  out.message(4, () => {
    out.number(1, id);
    write();
  });

describe('a profile that is not what the format says', () => {
  it.each<[string, (out: ProtoWriter) => void, RegExp]>([
    [
      'a sample of a location that is not there',
      (out) =>
        out.message(2, () => {
          out.number(1, 7);
          out.number(2, 1);
        }),
      /^pprof sample\.location_id at offset 0x11: sample 0: there is no location with id 7$/,
    ],
    [
      'a line of a function that is not there',
      (out) => location(out, 1, () => out.message(4, () => out.number(1, 9))),
      /^pprof line\.function_id at offset 0x\w+: there is no function with id 9$/,
    ],
    [
      'a line without a function',
      (out) => location(out, 1, () => out.message(4, () => out.number(2, 9))),
      /^pprof location\.line at offset 0x\w+: expected the id of a function$/,
    ],
    [
      'a location in a mapping that is not there',
      (out) => location(out, 1, () => out.number(2, 3)),
      /^pprof location\.mapping_id at offset 0x\w+: there is no mapping with id 3$/,
    ],
    [
      'an id that is there twice',
      (out) => {
        location(out, 1);
        location(out, 1);
      },
      /^pprof location at offset 0x\w+: id 1 is already that of another location$/,
    ],
    ['the id 0', (out) => location(out, 0), /^pprof location at offset 0x\w+: expected an id that is not 0$/],
    [
      'no id',
      (out) => out.message(5, () => out.number(2, 1)),
      /^pprof function at offset 0x\w+: expected an id that is not 0$/,
    ],
    [
      'a string outside the table',
      (out) =>
        out.message(5, () => {
          out.number(1, 1);
          out.number(2, 1e9);
        }),
      /^pprof function\.name at offset 0x\w+: string 1000000000 is none of the 3 in the string table$/,
    ],
    [
      'a negative string',
      (out) => out.number(7, -1),
      /^pprof drop_frames at offset 0x\w+: string -1 is none of the 3 in the string table$/,
    ],
    [
      'too few values',
      (out) => out.message(2, () => undefined),
      /^pprof sample\.value at offset 0x\w+: sample 0 has 0 values, expected 1$/,
    ],
    [
      'too many values',
      (out) => out.message(2, () => out.numbers(2, 5, () => out.varint(1))),
      /^pprof sample\.value at offset 0x\w+: sample 0 has more values than the 1 sample types$/,
    ],
    [
      'two profiles in a row',
      (out) => {
        out.number(9, 1);
        out.number(9, 2);
      },
      /^pprof time_nanos at offset 0x\w+: is there twice/,
    ],
    [
      'a message that is longer than the file',
      (out) => {
        out.varint(2 * 8 + 2);
        out.varint(1e9);
      },
      /^pprof profile at offset 0x\w+: expected 1000000000 bytes, 0 are left$/,
    ],
    [
      'a number without end',
      (out) => {
        out.varint(9 * 8);
        for (let i = 0; i < 12; i++) out.varint(0x3fff);
      },
      /^pprof profile at offset 0x\w+: /,
    ],
    ['a group', (out) => out.varint(20 * 8 + 3), /wire type 3 of field 20 is not supported/],
    ['field 0', (out) => out.number(0, 1), /expected the number of a field/],
    [
      "a wire type that is not the field's",
      (out) => out.text(9, 'x'),
      /time_nanos .* has wire type 2, expected 0/,
    ],
  ])('%s', (_, write, message) => {
    expect(() => readProfile(made(write))).toThrow(FormatError);
    expect(() => readProfile(made(write))).toThrow(message);
  });

  it('text and nothing are no profiles', () => {
    for (const bytes of [
      new Uint8Array(),
      new TextEncoder().encode('heap profile: 1: 2 [3: 4] @ heap/1\n'),
    ]) {
      expect(() => readProfile(bytes)).toThrow(FormatError);
    }
  });

  it('a first string that is not empty', () => {
    const out = new ProtoWriter();
    out.text(6, 'first');
    expect(() => readProfile(out.done())).toThrow(/string_table at offset 0x1: expected the first string/);
  });

  it('an absurd number of strings is refused before they are kept', () => {
    const bytes = new Uint8Array(2 * ((1 << 24) + 10));
    for (let at = 0; at < bytes.length; at += 2) bytes[at] = 6 * 8 + 2;
    expect(() => readProfile(bytes)).toThrow(/field 6 is there more than 16777216 times/);
  });

  it('any damage gives a profile or one error that names field and offset', () => {
    const change = fc.record({
      at: fc.nat(original.length - 1),
      byte: fc.nat(255),
    });
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.nat(original.length),
        (changes, cut) => {
          const bytes = original.slice(0, cut % 3 === 0 ? cut : original.length);
          for (const { at, byte } of changes) if (at < bytes.length) bytes[at] = byte;
          try {
            const { samples, locations } = readProfile(bytes);
            for (const at of samples.stack) expect(at).toBeLessThan(locations.count);
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError);
            expect((error as FormatError).message).toMatch(/^pprof [\w.]+ at offset 0x[0-9a-f]+: /);
            expect((error as FormatError).offset).toBeLessThanOrEqual(bytes.length);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('gzip', () => {
  it('that is cut off', async () => {
    const packed = gzipSync(original);
    for (const length of [3, 12, packed.length >> 1, packed.length - 4]) {
      await expect(openProfile(packed.subarray(0, length))).rejects.toThrow(
        /^gzip at offset 0x\w+: cut off or damaged after \d+ unpacked bytes$/,
      );
    }
  });

  it('that is damaged', async () => {
    const packed = gzipSync(original);
    packed.fill(0xff, packed.length >> 1);
    await expect(openProfile(packed)).rejects.toThrow(FormatError);
  });

  it('a bomb is left as soon as it is one', async () => {
    const bomb = gzipSync(new Uint8Array(64 << 20));
    await expect(gunzip(bomb, 1 << 20)).rejects.toThrow(
      'gzip at offset 0x0: unpacks to more than 1048576 bytes, which no profile has',
    );
  });

  it('a bomb of the default size is refused', async () => {
    const zeros = new Uint8Array(32 << 20);
    const bomb = Buffer.concat(Array.from({ length: 10 }, () => gzipSync(zeros)));
    await expect(openProfile(bomb)).rejects.toThrow(FormatError);
  });
});
