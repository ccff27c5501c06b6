// All fixtures with DWARF beside what llvm-dwarfdump and llvm-symbolizer say of them; split.test.ts has what is in files of split DWARF.
import { describe, expect, it } from 'vitest';
import { Dwarf } from '../../../src/dwarf/dwarf.ts';
import { LineFlag } from '../../../src/dwarf/line-table.ts';
import { NOWHERE } from '../../../src/dwarf/ranges.ts';
import { dwarfSections } from '../../../src/dwarf/sections.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { placeText, variableText } from '../../support/dwarf-text.ts';
import {
  breadthFixtures,
  digest,
  llvmFixtures,
  llvmGolden,
  llvmModule,
  stateFixtures,
  valueFixtures,
} from '../../support/llvm-fixtures.ts';

const withDwarf = [...llvmFixtures, ...breadthFixtures, ...stateFixtures, ...valueFixtures]
  .map(({ name }) => name)
  .filter((name) => !/\.(?:nodebug|dwo|dwp)$/.test(name));

/** Modules of which every byte of code is looked up; of the others as many bytes, chosen at random. */
const WHOLE = new Set([...llvmFixtures, ...breadthFixtures].map(({ name }) => name));
const RANDOM = 10_000;

const isSplit = (name: string): boolean => name.includes('.split');

/** Whether wasm-opt rewrote the functions and left the debug information in part as it was. */
const isDamaged = (name: string): boolean => /^(?:tinygo|states|ends|values)\.\w+\.(?!0)/.test(name);

const FLAGS = [
  [LineFlag.basicBlock, 'basic_block'],
  [LineFlag.endSequence, 'end_sequence'],
  [LineFlag.epilogueBegin, 'epilogue_begin'],
  [LineFlag.statement, 'is_stmt'],
  [LineFlag.prologueEnd, 'prologue_end'],
] as const;

describe.each(withDwarf)('%s', (name) => {
  const wasm = readModule(llvmModule(name));
  const dwarf = new Dwarf(dwarfSections(wasm));
  const golden = llvmGolden(name);

  it('has the line tables that llvm-dwarfdump prints', () => {
    const lines: string[] = [];
    for (const header of dwarf.codeUnits()) {
      const rows = dwarf.lineTable(header)?.rows;
      if (rows === undefined) continue;
      let isGone = false;
      for (let i = 0; i < rows.count; i++) {
        // LLVM prints no rows of functions that the linker left out.
        const begins = i === 0 || ((rows.flags[i - 1] ?? 0) & LineFlag.endSequence) !== 0;
        if (begins) isGone = rows.address[i] === NOWHERE;
        if (isGone) continue;
        const set = FLAGS.filter(([bit]) => ((rows.flags[i] ?? 0) & bit) !== 0).map(([, flag]) => flag);
        const where = [rows.address[i], rows.line[i], rows.column[i], rows.file[i]].join(' ');
        lines.push(`${where} ${set.sort().join(',')}`);
      }
    }
    expect(digest(lines)).toEqual(golden.lines);
    expect(dwarf.diagnostics).toEqual([]);
  });

  if (isSplit(name)) return;

  it('has the functions and inlined calls that llvm-dwarfdump prints', () => {
    const functions: string[] = [];
    for (const header of dwarf.headers) {
      const scopes = dwarf.scopes(header);
      if (scopes === undefined) continue;
      for (let i = 0; i < scopes.count; i++) {
        const ranges: string[] = [];
        for (let j = scopes.rangeStart[i] ?? 0; j < (scopes.rangeStart[i + 1] ?? 0); j++)
          ranges.push(`${String(scopes.low[j])}-${String(scopes.high[j])}`);
        if (ranges.length === 0) continue;
        const tag = (scopes.parent[i] ?? -1) < 0 ? 'DW_TAG_subprogram' : 'DW_TAG_inlined_subroutine';
        functions.push(`${tag} ${ranges.join(',')}`);
      }
    }
    expect(digest(functions)).toEqual(golden.functions);
  });

  it('has the types and locations of variables, parameters and members that llvm-dwarfdump prints', () => {
    expect(digest(variableText(dwarf))).toEqual(golden.variables);
    expect(dwarf.diagnostics).toEqual([]);
  });

  it('says of code what llvm-symbolizer says', () => {
    const { start, answer, answers, end } = golden.places;
    const first = start[0] ?? 0;
    const { lost, kept } = functionNames(dwarf);
    const unexplained: string[] = [];
    let different = 0;
    const places = WHOLE.has(name)
      ? Array.from({ length: end - first }, (_, i) => first + i)
      : randomly(RANDOM, first, end);
    for (const address of places) {
      const expected = answers[answer[lastAtOrBefore(start, address)] ?? 0] ?? '';
      const ours = placeText(dwarf, address);
      if (ours === expected) continue;
      different++;
      if (!isExplained(ours, expected, lost, kept))
        unexplained.push(`${address}: ${ours} instead of ${expected}`);
    }
    expect(unexplained).toEqual([]);
    expect(places.length).toBeGreaterThanOrEqual(/^(?:tinygo|states|ends|values)/.test(name) ? RANDOM : 240);
    // Only what wasm-opt has damaged leaves anything to explain.
    if (!isDamaged(name)) expect(different).toBe(0);
    expect(different / places.length).toBeLessThan(0.12);
  });
});

/** So many numbers in [first, end), the same in every run. */
function randomly(count: number, first: number, end: number): number[] {
  let seed = 20_260_101;
  return Array.from({ length: count }, () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return first + Math.floor((seed / 2 ** 32) * (end - first));
  });
}

/** The last of rising numbers that is not above `value`. */
function lastAtOrBefore(numbers: readonly number[], value: number): number {
  let low = 0;
  for (let high = numbers.length; high - low > 1;) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) <= value) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * `lost`: names of the functions of which wasm-opt lost where they end; llvm-symbolizer takes them to go on to the end of all code.
 * `kept`: names of those that have code; llvm-symbolizer also finds functions that were left out, at code offset 0.
 */
function functionNames(dwarf: Dwarf): { lost: ReadonlySet<string>; kept: ReadonlySet<string> } {
  const lost = new Set<string>();
  const kept = new Set<string>();
  for (const header of dwarf.headers) {
    const scopes = dwarf.scopes(header);
    const nameOf = (entry: number): string => {
      const { linkageName, name } = dwarf.facts(header, entry);
      return linkageName || name;
    };
    for (const entry of scopes?.lost ?? []) lost.add(nameOf(entry));
    for (const entry of scopes?.entry ?? []) kept.add(nameOf(entry));
  }
  return { lost, kept };
}

const functionsOf = (place: string): string[] =>
  place === '' ? [] : place.split('|').map((frame) => frame.slice(0, frame.lastIndexOf(' ')));

/**
 * A difference is explained where llvm-symbolizer names no function, one whose end was lost, or one that has no code; or where ranges that
 * wasm-opt left unsorted or overlapping make one of the two see an inlined call more, in the same functions.
 */
function isExplained(
  ours: string,
  expected: string,
  lost: ReadonlySet<string>,
  kept: ReadonlySet<string>,
): boolean {
  const theirs = functionsOf(expected);
  if (theirs.length === 0 || theirs[0] === '??') return true;
  if (theirs.some((name) => lost.has(name) || !kept.has(name))) return true;
  const mine = functionsOf(ours);
  const shared = Math.min(mine.length, theirs.length);
  return mine.length !== theirs.length && mine.slice(-shared).join('|') === theirs.slice(-shared).join('|');
}
