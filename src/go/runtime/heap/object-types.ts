import { address, goPc } from '../../../base/units.ts';
import type { ProgramCode } from '../program.ts';
import type { TypeShapes } from './type-shapes.ts';

/**
 * What an object is: a value of a type, an array of them behind a slice, the bytes of strings, a closure of a function, the header of a
 * map or channel (`descriptor` is the map's or channel's type), or the list of tables of a map (since Go 1.24).
 */
export type ObjectKind = 'unknown' | 'value' | 'array' | 'string' | 'closure' | 'map' | 'chan' | 'directory';

const KINDS: readonly ObjectKind[] = [
  'unknown',
  'value',
  'array',
  'string',
  'closure',
  'map',
  'chan',
  'directory',
];

export interface ObjectType {
  readonly kind: ObjectKind;
  /** Address of the type's descriptor; of a closure its function's PC; else 0. */
  readonly descriptor: number;
}

export const UNKNOWN = 0;
/** Of the texts of types that are kept. */
const MAX_NAME = 400;

/** The types that objects of one heap have, by number; number 0 is unknown. */
export class ObjectTypes {
  readonly #types: ObjectType[] = [{ kind: 'unknown', descriptor: 0 }];
  readonly #numbers = new Map<number, number>();
  readonly #names = new Map<number, string>();
  readonly #shapes: TypeShapes;
  readonly #program: ProgramCode;

  constructor(shapes: TypeShapes, program: ProgramCode) {
    this.#shapes = shapes;
    this.#program = program;
  }

  get count(): number {
    return this.#types.length;
  }

  /** The number of a type. */
  number(kind: ObjectKind, descriptor = 0): number {
    // Descriptors are addresses or PCs, both below 2^44.
    const key = KINDS.indexOf(kind) * 2 ** 44 + descriptor;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#types.length;
      this.#types.push({ kind, descriptor });
      this.#numbers.set(key, number);
    }
    return number;
  }

  at(number: number): ObjectType {
    return this.#types[number] ?? { kind: 'unknown', descriptor: 0 };
  }

  /** As Go writes the type: `main.user`, `[]main.user`, `string`, `map[string]int`, `chan int`; `func main.run.func1` for a closure. */
  name(number: number): string {
    let name = this.#names.get(number);
    if (name === undefined) {
      const text = this.#name(this.at(number));
      name = text.length > MAX_NAME ? `${text.slice(0, MAX_NAME)}...` : text;
      this.#names.set(number, name);
    }
    return name;
  }

  #name({ kind, descriptor }: ObjectType): string {
    switch (kind) {
      case 'unknown':
        return 'unknown';
      case 'string':
        return 'string';
      case 'directory':
        return '[]*maps.table';
      case 'closure':
        return `func ${this.#program.functionAt(goPc(descriptor))?.name ?? '?'}`;
      case 'array':
        return `[]${this.#typeName(descriptor)}`;
      case 'value':
      case 'map':
      case 'chan':
        return this.#typeName(descriptor);
    }
  }

  #typeName(descriptor: number): string {
    return this.#shapes.typeAt(address(descriptor))?.name ?? 'unknown';
  }
}
