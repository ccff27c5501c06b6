import { FormatError } from '../base/format-error.ts';
import { At, Tag } from './constants.ts';
import { FormValue, readForm, skipAttributes, skipForm } from './forms.ts';
import { paint, type Painted } from './paint.ts';
import { noRanges } from './ranges.ts';
import type { Unit } from './unit.ts';

/** The functions of a unit and what was inlined into them, as columns, in the order of the entries: a parent before its children. */
export interface Scopes {
  readonly count: number;
  /** Position of the entry in .debug_info. */
  readonly entry: Float64Array;
  /** The scope around an inlined call; -1 for a function. */
  readonly parent: Int32Array;
  /** Where an inlined call stands: number of the file in the line table, line and column; 0 when unknown, or for a function. */
  readonly callFile: Uint32Array;
  readonly callLine: Uint32Array;
  readonly callColumn: Uint32Array;
  /** Ranges of scope i: rows rangeStart[i] up to rangeStart[i + 1] of `low` and `high`, code offsets. */
  readonly rangeStart: Uint32Array;
  readonly low: Uint32Array;
  readonly high: Uint32Array;
  /** Which scope each code offset is in: the innermost one. */
  readonly at: Painted;
  /** Entries of which a range has no end: wasm-opt lost it, and what code they have is not known. */
  readonly lost: Float64Array;
  /** The scope of each of these entries; -1 for a function that has no code at all. */
  readonly lostScope: Int32Array;
  /** Damage in the middle of the unit: what was read before it is kept. */
  readonly damage: FormatError | undefined;
}

/** Levels of entries; compilers nest a few dozen. */
const MAX_DEPTH = 1 << 16;

/**
 * Reads the functions of a unit: every DW_TAG_subprogram that has code, and every DW_TAG_inlined_subroutine inside them. Names are not
 * read. Damage ends the reading and is told.
 */
export function readScopes(unit: Unit): Scopes {
  const entry: number[] = [];
  const parent: number[] = [];
  const callFile: number[] = [];
  const callLine: number[] = [];
  const callColumn: number[] = [];
  const rangeStart: number[] = [];
  const ranges = noRanges();
  const lost: number[] = [];
  const lostScope: number[] = [];
  /** The scope that an entry of each depth is in; -1 outside all. */
  const around: number[] = [-1];
  const value = new FormValue();
  const highPc = new FormValue();
  const list = new FormValue();
  let damage: FormatError | undefined;
  const reader = unit.reader();
  const { abbreviations, header, key } = unit;
  try {
    while (reader.pos < reader.end) {
      const at = reader.pos;
      const code = reader.uleb();
      if (code === 0) {
        around.pop();
        if (around.length <= 1) break;
        continue;
      }
      const abbreviation = abbreviations.get(code);
      if (abbreviation === undefined) throw reader.error(`abbreviation ${code} is not in the table`, at);
      const outer = around[around.length - 1] ?? -1;
      let scope = outer;
      const { tag } = abbreviation;
      const isInlined = tag === Tag.inlinedSubroutine;
      if (tag === Tag.subprogram || (isInlined && outer >= 0)) {
        let low = 0;
        let hasLow = false;
        let hasHigh = false;
        let hasList = false;
        let file = 0;
        let line = 0;
        let column = 0;
        const { attributes, forms, implicit } = abbreviation;
        for (let i = 0; i < attributes.length; i++) {
          const form = forms[i] ?? 0;
          const constant = implicit?.[i] ?? 0;
          switch (attributes[i] ?? 0) {
            case At.lowPc:
              readForm(reader, form, constant, header, value);
              low = unit.address(value);
              hasLow = true;
              break;
            case At.highPc:
              readForm(reader, form, constant, header, highPc);
              hasHigh = true;
              break;
            case At.ranges:
              readForm(reader, form, constant, header, list);
              hasList = true;
              break;
            case At.callFile:
              readForm(reader, form, constant, header, value);
              file = value.number;
              break;
            case At.callLine:
              readForm(reader, form, constant, header, value);
              line = value.number;
              break;
            case At.callColumn:
              readForm(reader, form, constant, header, value);
              column = value.number;
              break;
            default:
              skipForm(reader, form, header);
          }
        }
        const before = ranges.low.length;
        const lostBefore = ranges.lost;
        if (hasList) unit.addRanges(list, ranges);
        else if (hasLow) unit.addLowHigh(low, hasHigh ? highPc : undefined, ranges);
        if (ranges.lost > lostBefore) {
          lost.push(at);
          lostScope.push(isInlined || ranges.low.length > before ? entry.length : -1);
        }
        if (isInlined || ranges.low.length > before) {
          scope = entry.length;
          entry.push(at);
          parent.push(isInlined ? outer : -1);
          callFile.push(file);
          callLine.push(line);
          callColumn.push(column);
          rangeStart.push(before);
        } else {
          // An abstract function, or one that was left out: nothing in it has code.
          scope = -1;
        }
      } else {
        skipAttributes(reader, abbreviation, header, key);
      }
      if (abbreviation.hasChildren) {
        if (around.length >= MAX_DEPTH) throw reader.error('entries are nested too deep', at);
        around.push(scope);
      } else if (around.length === 1) break;
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    damage = error;
  }
  const count = entry.length;
  rangeStart.push(ranges.low.length);
  const low = Uint32Array.from(ranges.low);
  const high = Uint32Array.from(ranges.high);
  const owner = new Uint32Array(low.length);
  for (let i = 0; i < count; i++) owner.fill(i, rangeStart[i], rangeStart[i + 1]);
  return {
    count,
    entry: Float64Array.from(entry),
    parent: Int32Array.from(parent),
    callFile: Uint32Array.from(callFile),
    callLine: Uint32Array.from(callLine),
    callColumn: Uint32Array.from(callColumn),
    rangeStart: Uint32Array.from(rangeStart),
    low,
    high,
    at: paint(low, high, owner),
    lost: Float64Array.from(lost),
    lostScope: Int32Array.from(lostScope),
    damage,
  };
}
