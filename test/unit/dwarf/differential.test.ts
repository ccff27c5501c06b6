import { describe, expect, it } from 'vitest';
import { Dwarf } from '../../../src/dwarf/dwarf.ts';
import { LineFlag } from '../../../src/dwarf/line-table.ts';
import { dwarfSections } from '../../../src/dwarf/sections.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { digest, llvmFixtures, llvmGolden, llvmModule } from '../../support/llvm-fixtures.ts';

const withDwarf = llvmFixtures.filter(({ name }) => !name.endsWith('.nodebug'));

/** The place in the form of the goldens. */
function placeText(dwarf: Dwarf, address: number): string {
  return dwarf
    .framesAt(address)
    .map(
      ({ facts, file, line, column }) =>
        `${facts.linkageName || facts.name || '??'} ${file || '??'}:${line}:${column}`,
    )
    .join('|')
    .replace(/^\?\? \?\?:0:0$/, '');
}

const FLAGS = [
  [LineFlag.basicBlock, 'basic_block'],
  [LineFlag.endSequence, 'end_sequence'],
  [LineFlag.epilogueBegin, 'epilogue_begin'],
  [LineFlag.statement, 'is_stmt'],
  [LineFlag.prologueEnd, 'prologue_end'],
] as const;

describe.each(withDwarf.map(({ name }) => name))('%s', (name) => {
  const wasm = readModule(llvmModule(name));
  const dwarf = new Dwarf(dwarfSections(wasm));
  const golden = llvmGolden(name);

  it('has the line tables that llvm-dwarfdump prints', () => {
    const lines: string[] = [];
    for (const header of dwarf.codeUnits()) {
      const rows = dwarf.lineTable(header)?.rows;
      if (rows === undefined) continue;
      for (let i = 0; i < rows.count; i++) {
        const set = FLAGS.filter(([bit]) => ((rows.flags[i] ?? 0) & bit) !== 0).map(([, flag]) => flag);
        const where = [rows.address[i], rows.line[i], rows.column[i], rows.file[i]].join(' ');
        lines.push(`${where} ${set.sort().join(',')}`);
      }
    }
    expect(digest(lines)).toEqual(golden.lines);
    expect(dwarf.diagnostics).toEqual([]);
  });

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

  it('says of every byte of code what llvm-symbolizer says', () => {
    const { start, answer, answers } = golden.places;
    const end = (wasm.bodyStart.at(-1) ?? 0) + (wasm.bodySize.at(-1) ?? 0) - wasm.codeStart;
    const { lost, kept } = functionNames(dwarf);
    const unexplained: string[] = [];
    let bytes = 0;
    let different = 0;
    for (let i = 0; i < start.length; i++) {
      const expected = answers[answer[i] ?? 0] ?? '';
      for (let address = start[i] ?? 0; address < (start[i + 1] ?? end); address++) {
        bytes++;
        const ours = placeText(dwarf, address);
        if (ours === expected) continue;
        different++;
        if (!isExplained(ours, expected, lost, kept))
          unexplained.push(`${address}: ${ours} instead of ${expected}`);
      }
    }
    expect(unexplained).toEqual([]);
    expect(bytes).toBeGreaterThan(name.startsWith('tinygo') ? 10_000 : 100);
    // Only what wasm-opt has damaged leaves anything to explain.
    if (!/^tinygo\.\w+\.[z1]/.test(name)) expect(different).toBe(0);
    expect(different / bytes).toBeLessThan(0.12);
  });
});

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
