// The committed modules with DWARF, and what LLVM's tools say of them. fixtures/build-llvm.mjs builds and records them.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import type { Golden } from '../../fixtures/llvm-goldens.mjs';
import { fixturesDirectory } from './fixtures.ts';

/** One committed module, as fixtures/llvm/manifest.json describes it. */
export interface LlvmFixture {
  /** `tinygo.wasm.z`, `c.dwarf5.o2`. */
  readonly name: string;
  readonly family: 'tinygo' | 'llvm';
  readonly producer: string;
  readonly command: string;
  readonly size: number;
  readonly sha256: string;
  readonly offset: number;
}

const directory = join(fixturesDirectory, 'llvm');

export const llvmFixtures = JSON.parse(
  readFileSync(join(directory, 'manifest.json'), 'utf8'),
) as readonly LlvmFixture[];

/** TinyGo programs of which the goroutines and the heap are known: fixtures/programs/tinygo/states. */
export const stateFixtures = JSON.parse(
  readFileSync(join(directory, 'states.json'), 'utf8'),
) as readonly LlvmFixture[];

/** A TinyGo program that prints the values of its variables: fixtures/programs/tinygo/values. */
export const valueFixtures = JSON.parse(
  readFileSync(join(directory, 'values.json'), 'utf8'),
) as readonly LlvmFixture[];

/** A TinyGo program whose goroutines wait while their functions hold values, which it prints: fixtures/programs/tinygo/held. */
const heldFixtures = JSON.parse(readFileSync(join(directory, 'held.json'), 'utf8')) as readonly LlvmFixture[];

/** Modules for the breadth of DWARF, and the files of split DWARF: fixtures/build-breadth.mjs. Names are those of the files. */
export const breadthFixtures = JSON.parse(
  readFileSync(join(directory, 'breadth.json'), 'utf8'),
) as readonly Omit<LlvmFixture, 'family'>[];

const packs = [
  { fixtures: llvmFixtures, file: 'modules.br' },
  { fixtures: stateFixtures, file: 'states.br' },
  { fixtures: valueFixtures, file: 'values.br' },
  { fixtures: heldFixtures, file: 'held.br' },
  { fixtures: breadthFixtures, file: 'breadth.br' },
] as const;
const contents = new Map<string, Uint8Array>();
let goldens: readonly Golden[] | undefined;

/** The bytes of a module: a view of its own buffer. */
export function llvmModule(name: string): Uint8Array<ArrayBuffer> {
  for (const { fixtures, file } of packs) {
    const found = fixtures.find((fixture) => fixture.name === name);
    if (found === undefined) continue;
    const content = contents.get(file) ?? brotliDecompressSync(readFileSync(join(directory, file)));
    contents.set(file, content);
    return new Uint8Array(content.subarray(found.offset, found.offset + found.size));
  }
  throw new Error(`there is no module ${name}`);
}

/** What LLVM's tools say of a module. */
export function llvmGolden(name: string): Golden {
  goldens ??= JSON.parse(
    brotliDecompressSync(readFileSync(join(directory, 'goldens.br'))).toString('utf8'),
  ) as readonly Golden[];
  const found = goldens.find((golden) => golden.name === name);
  if (found === undefined) throw new Error(`there is no golden of ${name}`);
  return found;
}

/** Count and hash of lines, as the goldens have them. */
export function digest(lines: readonly string[]): Golden['lines'] {
  return { count: lines.length, sha256: createHash('sha256').update(lines.join('\n')).digest('hex') };
}
