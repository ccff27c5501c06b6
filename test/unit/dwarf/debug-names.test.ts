import { describe, expect, it } from 'vitest';
import { At, Tag } from '../../../src/dwarf/constants.ts';
import { Dwarf } from '../../../src/dwarf/dwarf.ts';
import { globalVariables } from '../../../src/dwarf/global-variables.ts';
import { DwarfSections, dwarfSections } from '../../../src/dwarf/sections.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { llvmModule } from '../../support/llvm-fixtures.ts';

describe('.debug_names', () => {
  const sections = dwarfSections(readModule(llvmModule('elf.names.wasm')));
  const dwarf = new Dwarf(sections);
  const [header] = dwarf.headers;
  const tree = header && dwarf.tree(header);
  if (tree === undefined) throw new Error('no unit');

  it('leads to entries of that name and kind', () => {
    const all = [...(dwarf.index?.all() ?? [])];
    expect(all.length).toBeGreaterThan(15);
    for (const { name, entries } of all) {
      expect(dwarf.index?.find(name)).toEqual(entries);
      for (const { tag, entry } of entries) {
        const at = tree.indexOf(entry);
        expect(tree.tag[at]).toBe(tag);
        const own = tree.attributes(at).get(At.name);
        if (own !== undefined) expect(tree.unit.string(own)).toBe(name);
      }
    }
  });

  it('has every function and variable that has a place', () => {
    const names = (tag: number): string[] =>
      [...(dwarf.index?.all() ?? [])]
        .filter(({ entries }) => entries.some((entry) => entry.tag === tag))
        .map(({ name }) => name)
        .sort();
    expect(names(Tag.subprogram)).toEqual(['add', 'blend', 'mix', 'walk']);
    // Texts between quotes are variables without a name.
    expect(names(Tag.variable)).toEqual(['', 'first', 'kept', 'ready', 'words']);
    expect(dwarf.index?.find('walks')).toEqual([]);
    expect(dwarf.diagnostics).toEqual([]);
  });

  it('finds the variables that a walk through all units finds', () => {
    const names = new Set(['first', 'kept', 'ready', 'words', 'nothing']);
    const without = new DwarfSections(
      sections.names.filter((name) => name !== '.debug_names').map((name) => sections.need(name)),
    );
    const found = globalVariables(dwarf, names);
    expect([...found.keys()].sort()).toEqual(['first', 'kept', 'ready', 'words']);
    expect(found).toEqual(globalVariables(new Dwarf(without), names));
  });
});
