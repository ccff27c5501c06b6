import { FormatError } from '../base/format-error.ts';
import { ProfileBuilder } from './builder.ts';
import type { Profile } from './profile.ts';
import { scaleHeapSample } from './heap-samples.ts';

// The text that runtime/pprof writes with debug=1: heap and allocs, and the counted ones (goroutine, threadcreate). Go
// src/runtime/pprof/pprof.go, 1.27; values as pprof reads them (github.com/google/pprof/profile/legacy_profile.go).

const HEAP = /^heap profile: *(\d+): *(\d+) *\[ *(\d+): *(\d+) *\] *@ *(heap[_a-z0-9]*)\/?(\d*)/;
const COUNTED = /^(\w+) profile: total (\d+)$/;
const HEAP_SAMPLE = /^(-?\d+): *(-?\d+) *\[ *(-?\d+): *(-?\d+) *\] *@([ x0-9a-f]*)$/;
const COUNTED_SAMPLE = /^(\d+) @((?: 0x[0-9a-f]+)*)$/;
/** `#	0x4de9af	main.f+0x32f	dir/file.go:609` */
const SYMBOL = /^#\t(0x[0-9a-f]+)\t(\S.*?)(?:\+0x[0-9a-f]+)?\t+(\S.*):(\d+)$/;

/** Whether a file begins as one of these texts. */
export function isLegacyText(text: string): boolean {
  const line = text.slice(0, 200).split('\n', 1)[0] ?? '';
  return HEAP.test(line) || COUNTED.test(line);
}

/**
 * Reads a legacy profile. Unlike pprof, which needs the binary for names, it takes names and lines from the comments that Go writes below
 * each stack; frames that have none there (the runtime's own) keep their address only. Throws a FormatError with the offset of the line.
 */
export function readLegacyText(text: string): Profile {
  const lines = text.split('\n');
  const first = lines[0] ?? '';
  const heap = HEAP.exec(first);
  const counted = COUNTED.exec(first);
  if (heap === null && counted === null)
    throw new FormatError('legacy profile', 0, 'expected its first line');
  // Go prints twice the rate, as older tools expect.
  const rate = heap === null ? 1 : Math.floor(Number(heap[6]) / 2);
  const counts = { type: counted?.[1] ?? '', unit: 'count' };
  const builder = new ProfileBuilder(
    heap === null
      ? { sampleTypes: [counts], periodType: counts, period: 1n }
      : {
          sampleTypes: [
            { type: 'alloc_objects', unit: 'count' },
            { type: 'alloc_space', unit: 'bytes' },
            { type: 'inuse_objects', unit: 'count' },
            { type: 'inuse_space', unit: 'bytes' },
          ],
          periodType: { type: 'space', unit: 'bytes' },
          period: BigInt(rate),
        },
  );
  const locations = new LegacyLocations(builder, lines);
  const sampleLine = heap === null ? COUNTED_SAMPLE : HEAP_SAMPLE;
  let offset = 0;
  for (const [index, line] of lines.entries()) {
    const at = offset;
    offset += line.length + 1;
    if (index === 0 || line.trim() === '' || line.startsWith('#')) continue;
    if (/^(?:---|MAPPED_LIBRARIES)/.test(line)) break;
    const sample = sampleLine.exec(line);
    if (sample === null)
      throw new FormatError('legacy profile', at, `expected a sample in line ${index + 1}`);
    if (heap === null) {
      builder.addSample(locations.ofStack(sample[2] ?? ''), [Number(sample[1])]);
      continue;
    }
    const [inuseCount = 0, inuseBytes = 0, allocCount = 0, allocBytes = 0] = sample.slice(1, 5).map(Number);
    const blockSize =
      inuseCount === 0 ? (allocCount === 0 ? 0 : allocBytes / allocCount) : inuseBytes / inuseCount;
    builder.addSample(
      locations.ofStack(sample[5] ?? ''),
      [...scaleHeapSample(allocCount, allocBytes, rate), ...scaleHeapSample(inuseCount, inuseBytes, rate)],
      [{ key: 'bytes', number: BigInt(Math.trunc(blockSize)) }],
    );
  }
  return builder.build();
}

/** Locations by address, with the names that the comments give them. */
class LegacyLocations {
  readonly #builder: ProfileBuilder;
  readonly #names = new Map<string, { name: string; file: string; line: number }>();
  readonly #functions = new Map<string, number>();
  readonly #locations = new Map<string, number>();

  constructor(builder: ProfileBuilder, lines: readonly string[]) {
    this.#builder = builder;
    for (const line of lines) {
      if (!line.startsWith('#\t')) continue;
      const [, address = '', name = '', file = '', number = ''] = SYMBOL.exec(line) ?? [];
      if (address !== '') this.#names.set(address, { name, file, line: Number(number) });
    }
  }

  /** `addresses`: as they stand in the line, return PCs; the call lies before them. */
  ofStack(addresses: string): number[] {
    return addresses
      .split(' ')
      .filter((address) => address !== '')
      .map((address) => this.#location(address));
  }

  #location(text: string): number {
    const known = this.#locations.get(text);
    if (known !== undefined) return known;
    const address = BigInt.asUintN(64, BigInt(text) - 1n);
    // Newer versions print the address of the call, older ones the return PC.
    const named = this.#names.get(`0x${address.toString(16)}`) ?? this.#names.get(text);
    const lines = named === undefined ? [] : [{ function: this.#function(named), line: named.line }];
    const location = this.#builder.addLocation(lines, address);
    this.#locations.set(text, location);
    return location;
  }

  #function({ name, file }: { readonly name: string; readonly file: string }): number {
    let index = this.#functions.get(name);
    if (index === undefined) {
      index = this.#builder.addFunction({ name, file });
      this.#functions.set(name, index);
    }
    return index;
  }
}
