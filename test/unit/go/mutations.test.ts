import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/base/format-error.ts';
import { funcIndex } from '../../../src/base/units.ts';
import { CallSiteIndex } from '../../../src/go/call-sites.ts';
import { readCodePcs } from '../../../src/go/code-pcs.ts';
import { readDataImage } from '../../../src/wasm/image.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { readNameSection } from '../../../src/wasm/name-section.ts';
import { readProducers } from '../../../src/wasm/producers.ts';
import { fixture, fixtureBytes } from '../../support/fixtures.ts';

const original = fixtureBytes(fixture({ family: 'panics', goVersion: '1.27.3', goos: 'js' }));
const named = fixtureBytes(fixture({ family: 'stacks', goVersion: '1.21.13', goos: 'js', stripped: false }));
const intact = readModule(original);

/** Where the format's own numbers stand: section headers, first bytes of contents, body sizes, segment headers. */
const structure: readonly number[] = [
  ...intact.sections.flatMap(({ offset, contentStart }) => [
    ...Array.from({ length: 10 }, (_, i) => offset + i),
    ...Array.from({ length: 10 }, (_, i) => contentStart + i),
  ]),
  ...[...intact.bodyStart]
    .filter((_, i) => i % 7 === 0)
    .flatMap((start) => [start - 2, start - 1, start, start + 1, start + 2]),
  ...[...intact.data.start.subarray(0, 400)].flatMap((start) => [start - 6, start - 4, start - 2, start - 1]),
].filter((offset) => offset >= 8 && offset < original.length);

/** Reads everything that is read of a module; returns the errors, each of which must name a section and a place. */
function readAll(bytes: Uint8Array): readonly FormatError[] {
  const errors: FormatError[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      errors.push(error);
      return undefined;
    }
  };
  const module = attempt(() => readModule(bytes));
  if (module === undefined) return errors;
  const image = readDataImage(module);
  const names = readNameSection(module);
  attempt(() => readProducers(module));
  const index = new CallSiteIndex(module);
  let calls = 0;
  // A part of the functions, so that a run is quick; they are read one by one in any case.
  for (let i = 0; i < module.functionCount; i += 7) {
    const func = funcIndex(module.importedFunctionCount + i);
    names?.functionName(func);
    calls += index.ofFunction(func).count;
    attempt(() => readCodePcs(module, func, { pcFunction: 0x1000 + i, pcCount: 50, rewritten: false }));
  }
  errors.push(
    ...module.diagnostics,
    ...image.diagnostics,
    ...index.diagnostics,
    ...(names?.diagnostics ?? []),
  );

  // Bounded: nothing is larger than the bytes can account for.
  expect(image.heldBytes).toBeLessThanOrEqual(2 * bytes.length + (16 << 20));
  expect(module.data.address.buffer.byteLength).toBeLessThanOrEqual(8 * bytes.length);
  expect(module.bodyStart.buffer.byteLength).toBeLessThanOrEqual(4 * bytes.length);
  expect(calls).toBeLessThanOrEqual(bytes.length);
  expect(module.sections.length).toBeLessThanOrEqual(10_000);
  const placed = (error: FormatError) =>
    error.section !== '' && error.offset >= 0 && error.offset <= (error.memory ? 2 ** 32 : bytes.length);
  expect(errors.filter((error) => !placed(error))).toEqual([]);
  return errors;
}

const offset = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...structure) },
  { weight: 1, arbitrary: fc.integer({ min: 8, max: original.length - 1 }) },
);

describe('a damaged Go module', () => {
  it('is read without an error when it is whole', () => {
    expect(readAll(original)).toEqual([]);
    expect(readAll(named)).toEqual([]);
  });

  it('gives what is readable and errors with a place when it is cut anywhere', () => {
    fc.assert(
      fc.property(fc.oneof(offset, fc.integer({ min: 0, max: 64 })), (length) => {
        const errors = readAll(original.subarray(0, length));
        // A cut between two sections leaves a module that is whole.
        const whole = intact.sections.some((section) => section.offset === length) || length === 8;
        if (!whole) expect(errors).not.toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('gives a result or errors with a place when bytes are flipped', () => {
    const flip = fc.tuple(offset, fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(fc.array(flip, { minLength: 1, maxLength: 8 }), (flips) => {
        const bytes = original.slice();
        for (const [at, bits] of flips) bytes[at] = (bytes[at] ?? 0) ^ bits;
        readAll(bytes);
      }),
      { numRuns: 50 },
    );
  });

  it('does not believe absurd sizes', () => {
    const absurd = fc.constantFrom(
      [0xff, 0xff, 0xff, 0xff, 0x0f],
      [0xfe, 0xff, 0xff, 0xff, 0x07],
      [0xff, 0xff, 0xff, 0x7f],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
      [0x00, 0x00, 0x00, 0x00, 0x00],
    );
    fc.assert(
      fc.property(offset, absurd, (at, size) => {
        const bytes = original.slice();
        bytes.set(size.slice(0, bytes.length - at), at);
        readAll(bytes);
      }),
      { numRuns: 50 },
    );
  });

  it('keeps names and producers readable apart from the damage in them', () => {
    const sections = readModule(named).sections.filter((section) => section.custom);
    const inCustom = fc
      .constantFrom(...sections)
      .chain((section) => fc.integer({ min: section.contentStart, max: section.contentEnd - 1 }));
    fc.assert(
      fc.property(inCustom, fc.integer({ min: 1, max: 255 }), (at, bits) => {
        const bytes = named.slice();
        bytes[at] = (bytes[at] ?? 0) ^ bits;
        readAll(bytes);
        expect(readModule(bytes).functionCount).toBe(readModule(named).functionCount);
      }),
      { numRuns: 20 },
    );
  });

  it('keeps the code when the data is damaged, and the data when the code is', () => {
    const code = intact.sections.find((section) => section.name === 'Code');
    const data = intact.sections.find((section) => section.name === 'Data');
    if (!code || !data) throw new Error('the fixture has no Code or Data section');
    const inData = original.slice();
    inData.fill(0xff, data.contentStart + 100_000);
    const withoutData = readModule(inData);
    expect(withoutData.functionCount).toBe(intact.functionCount);
    expect(withoutData.data.count).toBeGreaterThan(0);
    expect(withoutData.diagnostics.map((error) => error.section)).toContain('Data section');
    const inCode = original.slice();
    inCode.fill(0xff, code.contentStart + 100_000, code.contentEnd);
    const withoutCode = readModule(inCode);
    expect(withoutCode.data.count).toBe(intact.data.count);
    expect(withoutCode.functionCount).toBeGreaterThan(0);
    expect(withoutCode.functionCount).toBeLessThan(intact.functionCount);
    expect(withoutCode.diagnostics.map((error) => error.section)).toContain('Code section');
  });
});
