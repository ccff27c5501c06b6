import { At, Tag } from './constants.ts';
import type { Dwarf } from './dwarf.ts';
import type { TypeRef } from './types.ts';

/** Entries that give a type a name. */
const NAMED: ReadonlySet<number> = new Set([
  Tag.typedef,
  Tag.structureType,
  Tag.classType,
  Tag.unionType,
  Tag.enumerationType,
  Tag.baseType,
]);

/** Where the types of a module are by their own names, without those of what they are declared in. Reads every unit. */
export function typesByName(dwarf: Dwarf): ReadonlyMap<string, TypeRef> {
  const found = new Map<string, TypeRef>();
  for (const header of dwarf.headers) {
    const tree = dwarf.tree(header);
    if (tree === undefined) continue;
    for (let i = 0; i < tree.count; i++) {
      if (!NAMED.has(tree.tag[i] ?? 0)) continue;
      const attributes = dwarf.attempt(() => tree.attributes(i));
      const name = attributes?.get(At.name);
      // What another place defines is found there.
      if (name === undefined || attributes?.get(At.declaration)?.number === 1) continue;
      const text = dwarf.attempt(() => tree.unit.string(name));
      if (text !== undefined && text !== '' && !found.has(text))
        found.set(text, { header: tree.unit.header, entry: tree.position[i] ?? 0 });
    }
  }
  return found;
}
