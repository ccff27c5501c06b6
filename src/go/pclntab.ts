import { FormatError } from '../base/format-error.ts';
import { address, type Address } from '../base/units.ts';
import type { DataImage } from '../wasm/image.ts';
import { MAGIC_1_18, MAGIC_1_20 } from './versions.ts';

// The header of the table that Go's runtime finds functions, files and lines with (Go src/runtime/symtab.go, pcHeader; written by
// src/cmd/link/internal/ld/pcln.go). The same in every version but for the magic number and the unused `textStart`.
//
//   +0 u32 magic, +4 0, 0, minimal instruction size 1, pointer size 8
//   +8 nfunc, +16 nfiles, +24 textStart, +32 funcname, +40 cu, +48 file, +56 pc, +64 pcln: words; the last five are offsets

export interface PclntabHeader {
  readonly address: Address;
  readonly magic: number;
  /** Functions; functab has one entry more. */
  readonly functionCount: number;
  /** Addresses of the five tables. */
  readonly functionNames: Address;
  readonly cuTable: Address;
  readonly fileTable: Address;
  readonly pcTable: Address;
  readonly functions: Address;
}

const HEADER_SIZE = 72;
const SECOND_WORD = 0x08010000;

/** Where a header may stand: addresses with the magic of any known version, lowest first. */
export function findPclntabs(image: DataImage): Address[] {
  const found = [MAGIC_1_20, MAGIC_1_18].flatMap((magic) => findWords(image, magic, SECOND_WORD));
  return found.sort((a, b) => a - b);
}

/** Addresses of 8-aligned words with that lower and upper half, lowest first; at most 64. */
export function findWords(image: DataImage, low: number, high: number): Address[] {
  const found: Address[] = [];
  for (const { start, end } of image.regions()) {
    const first = Math.ceil(start / 8) * 8;
    const halves = halfWordsOf(image.bytes(address(first), Math.max(0, end - first) & ~7));
    for (let i = halves.indexOf(low); i >= 0; i = halves.indexOf(low, i + 1)) {
      if (i % 2 !== 0 || halves[i + 1] !== high) continue;
      found.push(address(first + i * 4));
      if (found.length === 64) return found;
    }
  }
  return found;
}

/** The bytes as 32-bit numbers; little-endian, as every platform of today's browsers is. */
function halfWordsOf(bytes: Uint8Array): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >>> 2);
}

/**
 * Reads the header at `at`. Throws a FormatError with the address when a table would lie outside the data or the count of functions
 * does not fit.
 */
export function readPclntabHeader(image: DataImage, at: Address): PclntabHeader {
  const limit = image.regions().reduce((max, region) => Math.max(max, region.end), 0);
  const table = (offset: number, what: string): Address => {
    const distance = image.word(address(at + offset));
    if (distance < HEADER_SIZE || at + distance >= limit) {
      throw new FormatError('pclntab', at + offset, `the ${what} lies outside the data`, true);
    }
    return address(at + distance);
  };
  const header: PclntabHeader = {
    address: at,
    magic: image.u32(at),
    functionCount: image.word(address(at + 8)),
    functionNames: table(32, 'table of function names'),
    cuTable: table(40, 'table of compilation units'),
    fileTable: table(48, 'table of file names'),
    pcTable: table(56, 'table of PC values'),
    functions: table(64, 'table of functions'),
  };
  // An entry of functab takes 8 bytes, a _func record 40.
  if (header.functionCount === 0 || header.functions + header.functionCount * 48 > limit) {
    throw new FormatError('pclntab', at + 8, `${header.functionCount} functions do not fit the data`, true);
  }
  return header;
}
