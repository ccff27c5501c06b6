import { At } from './constants.ts';
import type { Dwarf } from './dwarf.ts';
import { readType } from './type-reader.ts';
import type { DwarfType, TypeKind, TypeRef } from './types.ts';
import type { UnitHeader } from './unit-headers.ts';

/** Steps through types that stand for others; a circle of them ends there. */
const MAX_STEPS = 64;

const ALIASES: ReadonlySet<TypeKind> = new Set(['typedef', 'const', 'volatile', 'restrict', 'atomic']);

/** The types of a module, each read when it is first asked for. */
export class DwarfTypes {
  readonly dwarf: Dwarf;
  readonly #known = new Map<UnitHeader, Map<number, DwarfType | undefined>>();

  constructor(dwarf: Dwarf) {
    this.dwarf = dwarf;
  }

  /** The type at a place; undefined where there is none or it is damaged, which is a diagnostic then. */
  at(ref: TypeRef | undefined): DwarfType | undefined {
    if (ref === undefined) return undefined;
    let unit = this.#known.get(ref.header);
    if (unit === undefined) this.#known.set(ref.header, (unit = new Map<number, DwarfType | undefined>()));
    if (unit.has(ref.entry)) return unit.get(ref.entry);
    const type = this.#read(ref);
    unit.set(ref.entry, type);
    return type;
  }

  #read(ref: TypeRef): DwarfType | undefined {
    const tree = this.dwarf.tree(ref.header);
    const index = tree?.indexOf(ref.entry) ?? -1;
    if (tree === undefined || index < 0) return undefined;
    return this.dwarf.attempt(() => {
      const type = readType(this.dwarf, tree, index);
      // A declaration that names a type unit stands for the type in it; GCC leaves out that it is a declaration.
      if (!type.declaration && (type.byteSize !== undefined || type.name !== '')) return type;
      const signature = tree.attributes(index).get(At.signature);
      const whole = signature && this.dwarf.resolve(ref.header, signature);
      return (whole && this.at(whole)) ?? type;
    });
  }

  /** The type without typedefs and qualifiers; undefined for `void` and what is damaged. */
  strip(ref: TypeRef | undefined): DwarfType | undefined {
    let type = this.at(ref);
    for (let i = 0; i < MAX_STEPS && type !== undefined && ALIASES.has(type.kind); i++)
      type = this.at(type.target);
    return type !== undefined && ALIASES.has(type.kind) ? undefined : type;
  }

  /** Bytes of a value of a type; undefined where DWARF does not tell. */
  sizeOf(ref: TypeRef | undefined): number | undefined {
    let times = 1;
    let type = this.at(ref);
    for (let i = 0; i < MAX_STEPS && type !== undefined; i++) {
      if (type.byteSize !== undefined) return times * type.byteSize;
      if (type.kind === 'pointer' || type.kind === 'reference' || type.kind === 'rvalueReference')
        return times * type.ref.header.addressSize;
      if (type.kind === 'array') {
        if (type.dimensions.length === 0) return undefined;
        for (const { count } of type.dimensions) {
          if (count === undefined) return undefined;
          times *= count;
        }
      } else if (!ALIASES.has(type.kind) && type.kind !== 'enum') return undefined;
      type = this.at(type.target);
    }
    return undefined;
  }
}
