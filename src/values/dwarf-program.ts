import type { Dwarf } from '../dwarf/dwarf.ts';
import { typesByName } from '../dwarf/type-index.ts';
import type { TypeRef } from '../dwarf/types.ts';
import type { UnitHeader } from '../dwarf/unit-headers.ts';
import { unitVariables, type DwarfVariable } from '../dwarf/variables.ts';
import type { VariableTrust } from '../dwarf/variable-trust.ts';
import { Kind } from '../go/runtime/types.ts';
import type { Memory } from '../memory/memory.ts';
import { basicOf32, refineChannel, refineMap, tinyGoLayout } from './dwarf-layout.ts';
import { DwarfValueTypes } from './dwarf-types.ts';
import { TinyGoTypes } from './tinygo-types.ts';
import type { ValueLayout } from './value-layout.ts';
import { arrayOf, MadeType, pointerTo, sliceOf, type ValueType } from './value-type.ts';

/** What of a module its values are read by. */
export interface DwarfModule {
  readonly dwarf: Dwarf;
  readonly trust: VariableTrust;
  /** The data that it brings, as memory is before any code ran; undefined where it cannot be read. */
  readonly data: Memory | undefined;
  /** The name of a function by its place in the function table; '' where it has none. */
  readonly functionInTable: (place: number) => string;
}

/** Nesting of `*`, `[]` and `[n]` in the name of a type. */
const MAX_NESTING = 20;

/** A module whose debug information says of what type its values are, and where: made once a module. */
export class DwarfProgram {
  readonly dwarf: Dwarf;
  readonly trust: VariableTrust;
  readonly types: DwarfValueTypes;
  readonly layout: ValueLayout;
  #names: ReadonlyMap<string, TypeRef> | undefined;
  readonly #globals = new Map<UnitHeader, readonly DwarfVariable[]>();

  constructor({ dwarf, trust, data, functionInTable }: DwarfModule) {
    this.dwarf = dwarf;
    this.trust = trust;
    const anyType = new MadeType('interface {…}', Kind.interface, 8);
    this.types = new DwarfValueTypes(dwarf, {
      map: (memory, at) => refineMap(memory, at, functionInTable, anyType),
      channel: refineChannel,
    });
    this.layout = tinyGoLayout({
      carried: data && new TinyGoTypes(data),
      functionInTable,
      typeNamed: (name, packagePath) => this.#typeNamed(name.trim(), packagePath, 0),
    });
  }

  /** The variables that a unit declares outside functions. */
  globals(header: UnitHeader): readonly DwarfVariable[] {
    let found = this.#globals.get(header);
    if (found === undefined) this.#globals.set(header, (found = unitVariables(this.dwarf, header)));
    return found;
  }

  #typeNamed(name: string, packagePath: string, nesting: number): ValueType | undefined {
    if (nesting > MAX_NESTING) return undefined;
    const made = /^(\*|\[(\d*)\])(.+)$/su.exec(name);
    if (made !== null) {
      const element = this.#typeNamed(made[3]?.trim() ?? '', packagePath, nesting + 1);
      if (element === undefined) return undefined;
      const { word } = this.layout;
      if (made[1] === '*') return pointerTo(element, word);
      return made[2] === '' ? sliceOf(element, word) : arrayOf(element, Number(made[2]));
    }
    this.#names ??= typesByName(this.dwarf);
    const real = name === 'byte' ? 'uint8' : name;
    const plain = real.replace(/^(?:struct|union|enum|class) /, '');
    const ref = this.#names.get(`${packagePath}.${real}`) ?? this.#names.get(real) ?? this.#names.get(plain);
    if (ref !== undefined) return this.types.at(ref);
    const basic = basicOf32(real);
    if (basic !== undefined || !real.includes('.')) return basic;
    // Source names a package by the last part of its path.
    for (const [full, at] of this.#names) if (full.endsWith(`/${real}`)) return this.types.at(at);
    return undefined;
  }
}
