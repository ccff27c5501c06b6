import { FormatError } from '../base/format-error.ts';
import { address, type Address } from '../base/units.ts';
import type { DataImage } from '../wasm/image.ts';
import { findWords, type PclntabHeader } from './pclntab.ts';
import type { ModuleDataLayout } from './versions.ts';

// runtime.firstmoduledata, which the linker fills (Go src/runtime/symtab.go, moduledata; src/cmd/link/internal/ld/symtab.go). Words of
// 8 bytes; up to `enoptrbss` the same in every version from 1.18 to 1.27:
//
//   0 pcHeader, 1 funcnametab[], 4 cutab[], 7 filetab[], 10 pctab[], 13 pclntable[], 16 ftab[] (a slice is address, length, capacity),
//   19 findfunctab, 20 minpc, 21 maxpc, 22 text, 23 etext, 24 noptrdata, 25 enoptrdata, 26 data, 27 edata, 28 bss, 29 ebss, 30 noptrbss,
//   31 enoptrbss

/** Part of linear memory: [start, end). */
export interface AddressRange {
  readonly start: Address;
  readonly end: Address;
}

export interface ModuleData {
  readonly address: Address;
  /** `text` and `etext` are PCs, not addresses. */
  readonly text: number;
  readonly etext: number;
  readonly minPc: number;
  readonly maxPc: number;
  /** Bytes of the tables that the header only says the start of. */
  readonly functionNames: AddressRange;
  readonly cuTable: AddressRange;
  readonly fileTable: AddressRange;
  readonly pcTable: AddressRange;
  readonly functions: AddressRange;
  readonly noptrdata: AddressRange;
  readonly data: AddressRange;
  readonly bss: AddressRange;
  readonly noptrbss: AddressRange;
  /** First address after everything the linker laid out; the heap is above. */
  readonly end: Address;
  /** Type descriptors. */
  readonly types: AddressRange;
  readonly rodata: Address;
  /** What funcdata offsets count from. */
  readonly gofunc: Address;
}

/** Addresses of words that, with the next one, look like the start of the moduledata that belongs to the header. */
export function findModuleDatas(image: DataImage, header: PclntabHeader): Address[] {
  return findWords(image, header.address, 0).filter((at) => {
    const next = address(at + 8);
    return next + 8 <= image.size && image.word(next) === header.functionNames;
  });
}

/** Reads moduledata at `at`. Throws a FormatError with the address of the first word that contradicts the others. */
export function readModuleData(image: DataImage, at: Address, layout: ModuleDataLayout): ModuleData {
  const fail = (index: number, expected: string): never => {
    throw new FormatError('moduledata', at + index * 8, expected, true);
  };
  const word = (index: number): number => image.word(address(at + index * 8));
  const end = word(layout.end);
  const place = (index: number): Address => {
    const value = word(index);
    return value <= end ? address(value) : fail(index, `0x${value.toString(16)} is behind the program's end`);
  };
  const range = (first: number, last: number): AddressRange => {
    const start = place(first);
    const stop = place(last);
    return stop < start ? fail(last, 'the end is before the start') : { start, end: stop };
  };
  const slice = (index: number, entrySize: number): AddressRange => {
    const start = place(index);
    const length = word(index + 1) * entrySize;
    return start + length <= end
      ? { start, end: address(start + length) }
      : fail(index + 1, `${length} bytes end behind the program's end`);
  };
  const bssEnd = word(31);
  if (end < bssEnd || end > 0x100000000) fail(layout.end, `0x${end.toString(16)} is no end of the program`);
  const data: ModuleData = {
    address: at,
    text: word(22),
    etext: word(23),
    minPc: word(20),
    maxPc: word(21),
    functionNames: slice(1, 1),
    cuTable: slice(4, 4),
    fileTable: slice(7, 1),
    pcTable: slice(10, 1),
    functions: slice(13, 1),
    noptrdata: range(24, 25),
    data: range(26, 27),
    bss: range(28, 29),
    noptrbss: range(30, 31),
    end: address(end),
    types: range(layout.types, layout.etypes),
    rodata: place(layout.rodata),
    gofunc: place(layout.gofunc),
  };
  if (data.types.start === data.types.end) fail(layout.types, 'there are no types');
  if (data.gofunc === 0) fail(layout.gofunc, 'go:func.* has no address');
  return data;
}
