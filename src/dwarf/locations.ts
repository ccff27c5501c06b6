import { DwarfReader, type DwarfSection } from './dwarf-reader.ts';
import type { Expression } from './operations.ts';
import { NOWHERE, type RangeContext } from './ranges.ts';

/** One stretch of code in which a variable is where the expression says. Code offsets, [low, high). */
export interface LocationEntry {
  readonly low: number;
  readonly high: number;
  readonly expression: Expression;
}

/** Where a variable is. */
export interface LocationList {
  /** As the section has them, empty ones included: the first one that holds an address counts. */
  readonly entries: readonly LocationEntry[];
  /** Where it is in code that no entry holds (DW_LLE_default_location), or everywhere; undefined without. */
  readonly everywhere: Expression | undefined;
  /** Entries of which wasm-opt left nothing: it writes [base + 1, base + 1) for places that it could not follow. */
  readonly lost: number;
}

/** The expression that holds at a code offset; undefined where the variable is nowhere. */
export function locationAt({ entries, everywhere }: LocationList, address: number): Expression | undefined {
  return entries.find(({ low, high }) => low <= address && address < high)?.expression ?? everywhere;
}

/** A location that holds everywhere. */
export const everywhere = (expression: Expression): LocationList => ({
  entries: [],
  everywhere: expression,
  lost: 0,
});

class ListWriter {
  readonly entries: LocationEntry[] = [];
  everywhere: Expression | undefined;
  lost = 0;

  add(low: number, high: number, expression: Expression): void {
    if (low >= high) this.lost++;
    this.entries.push({ low, high, expression });
  }
}

/** Reads a list of .debug_loc (DWARF 4, 2.6.2). Throws a FormatError when it does not end inside the section. */
export function readLocations(section: DwarfSection, offset: number, context: RangeContext): LocationList {
  const reader = new DwarfReader(section);
  reader.seek(offset);
  const { encoding } = context;
  const { addressSize } = encoding;
  const selects = addressSize === 4 ? 0xffffffff : 2 ** 64;
  const list = new ListWriter();
  let { base } = context;
  for (;;) {
    context.spend(reader);
    const low = reader.unsigned(addressSize);
    const high = reader.unsigned(addressSize);
    if (low === 0 && high === 0) return list;
    if (low === selects) {
      base = high;
      continue;
    }
    const expression = expressionOf(reader, reader.u16(), context);
    list.add(addressOf(base, low), addressOf(base, high), expression);
  }
}

/** DW_LLE_* (DWARF 5, 7.7.3); the first five are those of GNU's split DWARF 4. */
const Lle = {
  endOfList: 0,
  baseAddressx: 1,
  startxEndx: 2,
  startxLength: 3,
  offsetPair: 4,
  defaultLocation: 5,
  baseAddress: 6,
  startEnd: 7,
  startLength: 8,
} as const;

/**
 * Reads a list of .debug_loclists (DWARF 5, 2.6.2 and 7.29), or of .debug_loc.dwo of DWARF 4 with GNU's extension, whose lengths and offsets
 * have four bytes. Throws a FormatError when it does not end inside the section.
 */
export function readLocationList(section: DwarfSection, offset: number, context: RangeContext): LocationList {
  const reader = new DwarfReader(section);
  reader.seek(offset);
  const { addressSize, version } = context.encoding;
  const isOld = version < 5;
  const number = (): number => (isOld ? reader.u32() : reader.uleb());
  const expression = (): Expression => expressionOf(reader, isOld ? reader.u16() : reader.uleb(), context);
  const list = new ListWriter();
  let { base } = context;
  for (;;) {
    context.spend(reader);
    const at = reader.pos;
    const kind = reader.u8();
    switch (kind) {
      case Lle.endOfList:
        return list;
      case Lle.baseAddressx:
        base = context.address(reader.uleb());
        break;
      case Lle.baseAddress:
        base = reader.unsigned(addressSize);
        break;
      case Lle.startxEndx: {
        const low = context.address(reader.uleb());
        const high = context.address(reader.uleb());
        list.add(low, high, expression());
        break;
      }
      case Lle.startxLength: {
        const low = context.address(reader.uleb());
        const high = low + number();
        list.add(low, high, expression());
        break;
      }
      case Lle.offsetPair: {
        const low = number();
        const high = number();
        list.add(addressOf(base, low), addressOf(base, high), expression());
        break;
      }
      case Lle.defaultLocation:
        list.everywhere ??= expression();
        break;
      case Lle.startEnd: {
        const low = reader.unsigned(addressSize);
        const high = reader.unsigned(addressSize);
        list.add(low, high, expression());
        break;
      }
      case Lle.startLength: {
        const low = reader.unsigned(addressSize);
        const high = low + reader.uleb();
        list.add(low, high, expression());
        break;
      }
      default:
        throw reader.error(`entry ${kind} of a list of locations is not known`, at);
    }
  }
}

/** Of code that was left out the base itself, which no code has. */
const addressOf = (base: number, offset: number): number => (base >= NOWHERE - 1 ? base : base + offset);

function expressionOf(reader: DwarfReader, length: number, { encoding }: RangeContext): Expression {
  const start = reader.pos;
  reader.skip(length);
  return { section: reader.section, start, end: reader.pos, encoding };
}
