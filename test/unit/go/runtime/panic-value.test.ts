import { describe, expect, test } from 'vitest';
import { FormatError } from '../../../../src/base/format-error.ts';
import { address, type Address } from '../../../../src/base/units.ts';
import { readPanicText, type PanicText } from '../../../../src/go/runtime/panic-value.ts';
import type { GoRuntime } from '../../../../src/go/runtime/runtime.ts';
import { WholeMemory } from '../../../../src/memory/whole-memory.ts';
import { fixtures } from '../../../support/fixtures.ts';
import { runtimeOf } from './programs.ts';

// Values as a program has them before Go has replaced them by their text, as when it traps while it panics: written by hand
// behind the module's own data, with the module's own types.

/** Addresses of the types with these names, found by trying every place where one could be. */
function typesOf(runtime: GoRuntime, names: ReadonlySet<string>): Map<string, Address> {
  const { start, end } = runtime.program.module.moduleData.types;
  const found = new Map<string, Address>();
  for (let at = Math.ceil(start / 8) * 8; at + 48 <= end && found.size < names.size; at += 8) {
    try {
      const { name } = runtime.types.typeAt(address(at));
      if (names.has(name) && !found.has(name)) found.set(name, address(at));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
  return found;
}

const NAMES = new Set([
  'runtime.boundsError',
  'runtime.plainError',
  'runtime.errorString',
  '*runtime.TypeAssertionError',
  '*errors.errorString',
  'main.failure',
  'main.code',
  'main.stage',
  'string',
  'int',
  'float64',
  'interface {}',
]);

/** A memory that begins with the module's data, and a place behind it to write to. */
class Scratch {
  readonly runtime: GoRuntime;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;

  constructor(runtime: GoRuntime) {
    this.runtime = runtime;
    const { image, moduleData } = runtime.program.module;
    this.#bytes = new Uint8Array(moduleData.end + 65536);
    for (const { start, end } of image.regions()) this.#bytes.set(image.bytes(start, end - start), start);
    this.#view = new DataView(this.#bytes.buffer);
    this.#at = Math.ceil(moduleData.end / 8) * 8;
  }

  /** Writes 64-bit words and gives their address. */
  words(...values: (number | bigint)[]): number {
    const at = this.#at;
    for (const value of values) {
      this.#view.setBigInt64(this.#at, BigInt(value), true);
      this.#at += 8;
    }
    return at;
  }

  bytes(...values: number[]): number {
    const at = this.words(...Array.from({ length: Math.ceil(values.length / 8) }, () => 0));
    this.#bytes.set(values, at);
    return at;
  }

  /** A string's two words. */
  text(text: string): number {
    const encoded = new TextEncoder().encode(text);
    return this.words(this.bytes(...encoded), encoded.length);
  }

  /** A _panic record with a value. */
  panic(
    type: number,
    data: number,
    link = 0,
    flags: Partial<Record<'recovered' | 'repanicked' | 'goexit', boolean>> = {},
  ): number {
    const fields = this.runtime.layouts.layouts._panic;
    const at = this.words(...Array.from({ length: 16 }, () => 0));
    this.#view.setBigInt64(at + fields.arg, BigInt(type), true);
    this.#view.setBigInt64(at + fields.arg + 8, BigInt(data), true);
    this.#view.setBigInt64(at + fields.link, BigInt(link), true);
    for (const name of ['recovered', 'repanicked', 'goexit'] as const) {
      const offset = fields[name];
      if (offset !== undefined && flags[name] === true) this.#bytes[at + offset] = 1;
    }
    return at;
  }

  /** Writes one word over another. */
  link(at: number, value: number): void {
    this.#view.setBigInt64(at, BigInt(value), true);
  }

  read(at: number, printed = false): PanicText | null {
    const { runtime } = this;
    const { types, version } = runtime;
    const memory = new WholeMemory(this.#bytes);
    return readPanicText({ memory, types, layouts: runtime.layouts.layouts, version }, address(at), printed);
  }
}

describe.each(fixtures({ family: 'panics' }).map((one) => [one.name, one] as const))('%s', (_, fixture) => {
  const runtime = runtimeOf(fixture);
  const found = typesOf(runtime, NAMES);
  const type = (name: string): number => found.get(name) ?? 0;
  const scratch = new Scratch(runtime);
  const textOf = (name: string, data: number): string | undefined =>
    scratch.read(scratch.panic(type(name), data))?.text;

  test('the types are in the module', () => {
    expect([...NAMES].filter((name) => !found.has(name))).toEqual([]);
  });

  test.each([
    [5, 3, 1, 0, 'index out of range [5] with length 3'],
    [-1, 3, 1, 0, 'index out of range [-1]'],
    [-1, 3, 0, 0, 'index out of range [18446744073709551615] with length 3'],
    [9, 4, 1, 2, 'slice bounds out of range [:9] with capacity 4'],
    [7, 3, 1, 3, 'slice bounds out of range [7:3]'],
    [-7, 3, 1, 6, 'slice bounds out of range [:-7:]'],
    [4, 2, 1, 8, 'cannot convert slice with length 2 to array or pointer to array with length 4'],
  ])('bounds %s of %s', (x, y, signed, code, text) => {
    const data = scratch.words(x, y, code * 256 + signed);
    expect(textOf('runtime.boundsError', data)).toBe(`panic: runtime error: ${text}`);
  });

  test('other errors of the runtime', () => {
    expect(textOf('runtime.plainError', scratch.text('close of nil channel'))).toBe(
      'panic: close of nil channel',
    );
    expect(textOf('runtime.errorString', scratch.text('hash of unhashable type'))).toBe(
      'panic: runtime error: hash of unhashable type',
    );
    const assertion = scratch.words(type('interface {}'), type('string'), type('int'), 0, 0);
    expect(textOf('*runtime.TypeAssertionError', assertion)).toBe(
      'panic: interface conversion: interface {} is string, not int',
    );
    const missing = scratch.words(0, type('int'), type('main.stage'), 0, 0);
    expect(textOf('*runtime.TypeAssertionError', missing)).toBe(
      'panic: interface conversion: interface is int, not main.stage',
    );
    const none = scratch.words(type('interface {}'), 0, type('int'), 0, 0);
    expect(textOf('*runtime.TypeAssertionError', none)).toBe(
      'panic: interface conversion: interface {} is nil, not int',
    );
  });

  test('an error that is only its text; a type whose method is not known stays inferred', () => {
    expect(scratch.read(scratch.panic(type('*errors.errorString'), scratch.text('disk on fire')))).toEqual({
      text: 'panic: disk on fire',
      confidence: { kind: 'exact' },
    });
    expect(scratch.read(scratch.panic(type('main.stage'), scratch.text('two')))).toEqual({
      text: 'panic: main.stage("two")',
      confidence: {
        kind: 'inferred',
        why: 'if main.stage has a method Error or String, Go prints its result',
      },
    });
    const data = scratch.words(42);
    expect(scratch.read(scratch.panic(type('main.failure'), data), true)).toEqual({
      text: `panic: (main.failure) 0x${data.toString(16)}`,
      confidence: { kind: 'exact' },
    });
  });

  test('basic values; lines of a text are indented from 1.23 on', () => {
    expect(textOf('int', scratch.words(-5))).toBe('panic: -5');
    expect(textOf('main.code', scratch.words(7))).toBe('panic: main.code(7)');
    const float = scratch.words(0x3ff8000000000000n);
    expect(textOf('float64', float)).toBe(
      runtime.program.minor >= 26 ? 'panic: 1.5' : 'panic: +1.500000e+000',
    );
    const lines = scratch.text('one\ntwo');
    expect(textOf('string', lines)).toBe(`panic: one\n${runtime.program.minor >= 23 ? '\t' : ''}two`);
    expect(scratch.read(scratch.panic(0, 0))?.text).toBe('panic: nil');
  });

  test('a chain: the oldest first, one under the other; Goexit says nothing', () => {
    const text = (words: string): number => scratch.text(words);
    const oldest = scratch.panic(type('string'), text('first'), 0, { recovered: true });
    const newest = scratch.panic(type('string'), text('second'), oldest);
    expect(scratch.read(newest)?.text).toBe('panic: first [recovered]\n\tpanic: second');
    const exiting = scratch.panic(0, 0, 0, { goexit: true });
    const after = scratch.panic(type('string'), text('in a deferred call'), exiting);
    expect(scratch.read(after)?.text).toBe('panic: in a deferred call');
    expect(scratch.read(exiting)).toBeNull();
    expect(scratch.read(0)).toBeNull();
  });

  test('a chain that bites its tail ends, and says so', () => {
    const first = scratch.panic(type('string'), scratch.text('round'));
    const fields = runtime.layouts.layouts._panic;
    const second = scratch.panic(type('string'), scratch.text('and round'), first);
    scratch.link(first + fields.link, second);
    expect(scratch.read(second)).toEqual({
      text: 'panic: round\n\tpanic: and round',
      confidence: { kind: 'inferred', why: 'the chain of panics does not end' },
    });
  });

  test('a value whose type is none is a question mark with the reason', () => {
    const read = scratch.read(scratch.panic(12345, 0));
    expect(read?.text).toBe('panic: ?');
    expect(read?.confidence.kind).toBe('inferred');
    expect(scratch.read(scratch.panic(type('string'), 2 ** 40))?.text).toBe('panic: ?');
  });
});
