import { describe, expect, it } from 'vitest';
import { At } from '../../../src/dwarf/constants.ts';
import { Dwarf } from '../../../src/dwarf/dwarf.ts';
import { goShape, goTypeName } from '../../../src/dwarf/go-type-names.ts';
import { dwarfSections } from '../../../src/dwarf/sections.ts';
import { typeName } from '../../../src/dwarf/type-names.ts';
import type { DwarfType } from '../../../src/dwarf/types.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { llvmModule } from '../../support/llvm-fixtures.ts';

const dwarfOf = (name: string): Dwarf => new Dwarf(dwarfSections(readModule(llvmModule(name))));

/** All types that anything is of, by the name that `named` gives them. */
function typesByName(
  dwarf: Dwarf,
  named: (types: Dwarf['types'], ref: DwarfType['ref']) => string,
): ReadonlyMap<string, DwarfType> {
  const found = new Map<string, DwarfType>();
  for (const header of dwarf.headers) {
    const tree = dwarf.tree(header);
    if (tree === undefined) continue;
    for (let i = 0; i < tree.count; i++) {
      const value = tree.attributes(i).get(At.type);
      const type = dwarf.types.at(value && dwarf.resolve(header, value));
      if (type !== undefined) found.set(named(dwarf.types, type.ref), type);
    }
  }
  return found;
}

describe('types of TinyGo', () => {
  const dwarf = dwarfOf('tinygo.wasm.0');
  const types = typesByName(dwarf, goTypeName);
  const shape = (name: string): unknown => goShape(dwarf.types, types.get(name)?.ref);

  it('have the names that Go gives them', () => {
    expect([...types.keys()]).toEqual(
      expect.arrayContaining([
        ...['int', 'uint8', 'float64', 'bool', 'string', '[]int', '[]string', '[]any', '[4]uint8', 'error'],
        ...['*main.person', '*internal/task.Task', 'map[?]?', 'chan ?', 'func(?)', 'unsafe.Pointer'],
        ...['struct { name string; age int }', 'interface {…}'],
      ]),
    );
  });

  it('have the shapes of Go', () => {
    expect(
      ['int', 'string', '[]int', '[4]uint8', 'error', 'map[?]?', 'chan ?', 'func(?)'].map(shape),
    ).toEqual(['basic', 'string', 'slice', 'array', 'interface', 'map', 'chan', 'func']);
    expect(shape('main.person')).toBe('struct');
    expect(shape('*main.person')).toBe('pointer');
  });

  it('have fields with places and types', () => {
    const person = dwarf.types.strip(types.get('main.person')?.ref);
    expect(
      person?.fields.map(({ name, offset, type }) => [name, offset, goTypeName(dwarf.types, type)]),
    ).toEqual([
      ['name', 0, 'string'],
      ['age', 8, 'int'],
    ]);
    expect(dwarf.types.sizeOf(types.get('main.person')?.ref)).toBe(12);
    expect(dwarf.types.sizeOf(types.get('[4]uint8')?.ref)).toBe(4);
    expect(dwarf.types.sizeOf(types.get('[]int')?.ref)).toBe(12);
    expect(dwarf.diagnostics).toEqual([]);
  });
});

describe('types of C and C++', () => {
  it('have the names of their language', () => {
    expect([...typesByName(dwarfOf('cpp.dwarf5.o1'), typeName).keys()]).toEqual(
      expect.arrayContaining(['const geometry::Point &', 'geometry::Point', 'const int *']),
    );
  });

  it('are found by signature in .debug_types', () => {
    const dwarf = dwarfOf('c.dwarf4.types');
    const box = typesByName(dwarf, typeName).get('Box');
    const whole = dwarf.types.strip(box?.ref);
    expect(whole?.fields.map(({ name, offset }) => [name, offset])).toEqual([
      ['width', 0],
      ['height', 4],
    ]);
  });
});
