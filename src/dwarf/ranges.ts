import { DwarfReader, type DwarfSection } from './dwarf-reader.ts';
import type { Encoding } from './forms.ts';

/** Stands for every address that no code of a module can have: what linkers write for code that they left out. */
export const NOWHERE = 0xffffffff;

/** Ranges of code, [low, high) each, in code offsets, appended to plain arrays. */
export interface RangeSink {
  readonly low: number[];
  readonly high: number[];
  /** Ranges whose end wasm-opt lost. */
  lost: number;
}

export const noRanges = (): RangeSink => ({ low: [], high: [], lost: 0 });

/**
 * Adds a range unless there is no code in it: empty, reversed, or of a function that the linker or wasm-opt left out (lld writes -1 or -2 for
 * its address, wasm-opt 0; offset 0 of the Code section is the count of functions, never code). wasm-opt also leaves ranges whose end it set
 * to 0: as a length that goes beyond 32 bits, which no code does.
 */
export function addRange(sink: RangeSink, low: number, high: number): void {
  if (low <= 0 || low >= NOWHERE - 1 || high <= low) return;
  if (high > NOWHERE) {
    sink.lost++;
    return;
  }
  sink.low.push(low);
  sink.high.push(high);
}

/** What a list of ranges is read with. */
export interface RangeContext {
  readonly encoding: Encoding;
  /** The unit's low_pc, from which offsets count until the list says another base; 0 without. */
  readonly base: number;
  /** The address of an index of .debug_addr; throws a FormatError where there is none. */
  address(index: number): number;
  /** Called for each entry of a list; throws a FormatError when lists are read over and over, as only hostile input makes it. */
  spend(reader: DwarfReader): void;
}

/** Reads a list of .debug_ranges (DWARF 4, 2.17.3). Throws a FormatError when it does not end inside the section. */
export function readRanges(
  section: DwarfSection,
  offset: number,
  context: RangeContext,
  sink: RangeSink,
): void {
  const reader = new DwarfReader(section);
  reader.seek(offset);
  const { addressSize } = context.encoding;
  const selects = addressSize === 4 ? 0xffffffff : 2 ** 64;
  let { base } = context;
  for (;;) {
    context.spend(reader);
    const low = reader.unsigned(addressSize);
    const high = reader.unsigned(addressSize);
    if (low === 0 && high === 0) return;
    if (low === selects) base = high;
    else if (base < NOWHERE - 1 && low !== high) addRange(sink, base + low, base + high);
  }
}

const Rle = {
  endOfList: 0,
  baseAddressx: 1,
  startxEndx: 2,
  startxLength: 3,
  offsetPair: 4,
  baseAddress: 5,
  startEnd: 6,
  startLength: 7,
} as const;

/** Reads a list of .debug_rnglists (DWARF 5, 2.17.3 and 7.25). Throws a FormatError when it does not end inside the section. */
export function readRangeList(
  section: DwarfSection,
  offset: number,
  context: RangeContext,
  sink: RangeSink,
): void {
  const reader = new DwarfReader(section);
  reader.seek(offset);
  const { addressSize } = context.encoding;
  let { base } = context;
  for (;;) {
    context.spend(reader);
    const at = reader.pos;
    const kind = reader.u8();
    switch (kind) {
      case Rle.endOfList:
        return;
      case Rle.baseAddressx:
        base = context.address(reader.uleb());
        break;
      case Rle.baseAddress:
        base = reader.unsigned(addressSize);
        break;
      case Rle.startxEndx: {
        const low = context.address(reader.uleb());
        addRange(sink, low, context.address(reader.uleb()));
        break;
      }
      case Rle.startxLength: {
        const low = context.address(reader.uleb());
        addRange(sink, low, low + reader.uleb());
        break;
      }
      case Rle.offsetPair: {
        const low = reader.uleb();
        const high = reader.uleb();
        if (base < NOWHERE - 1) addRange(sink, base + low, base + high);
        break;
      }
      case Rle.startEnd: {
        const low = reader.unsigned(addressSize);
        addRange(sink, low, reader.unsigned(addressSize));
        break;
      }
      case Rle.startLength: {
        const low = reader.unsigned(addressSize);
        addRange(sink, low, low + reader.uleb());
        break;
      }
      default:
        throw reader.error(`entry ${kind} of a list of ranges is not known`, at);
    }
  }
}

/**
 * Where the list of an index begins (DW_FORM_rnglistx, DW_FORM_loclistx): the table of offsets at `base` counts from `base`. Of
 * .debug_rnglists and .debug_loclists.
 */
export function listOfIndex(section: DwarfSection, base: number, index: number, is64: boolean): number {
  const reader = new DwarfReader(section);
  reader.seek(Math.min(base + index * (is64 ? 8 : 4), section.bytes.length));
  return base + reader.offset(is64);
}
