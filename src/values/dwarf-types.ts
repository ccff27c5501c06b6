import { FormatError } from '../base/format-error.ts';
import { address, type Address } from '../base/units.ts';
import { Encoding } from '../dwarf/constants.ts';
import type { Dwarf } from '../dwarf/dwarf.ts';
import { goShape, goTypeName } from '../dwarf/go-type-names.ts';
import { typeName } from '../dwarf/type-names.ts';
import type { DwarfType, TypeField, TypeRef } from '../dwarf/types.ts';
import type { UnitHeader } from '../dwarf/unit-headers.ts';
import { Kind } from '../go/runtime/types.ts';
import type { Memory } from '../memory/memory.ts';
import { bitFieldType, charText, enumText, hexBytes, pointerText } from './c-values.ts';
import { MadeType, type ValueField, type ValueType } from './value-type.ts';

// Types of DWARF as types of values. Those of TinyGo are Go's again (src/dwarf/go-type-names.ts); those of C, C++ and Rust are shown with the kind of
// Go that has the same parts, and with their own names and texts.

/** The types of a module's debug information, each made once. */
export class DwarfValueTypes {
  readonly dwarf: Dwarf;
  readonly #known = new Map<UnitHeader, Map<number, ValueType>>();
  readonly #numbers = new Map<ValueType, number>();
  readonly #numbered: ValueType[] = [];
  /** What a map or a channel of TinyGo holds, of which nothing but its size is known. */
  readonly refineMap: (memory: Memory, at: Address) => ValueType;
  readonly refineChannel: (memory: Memory, at: Address) => ValueType;

  constructor(
    dwarf: Dwarf,
    refine: {
      map(memory: Memory, at: Address): ValueType;
      channel(memory: Memory, at: Address): ValueType;
    },
  ) {
    this.dwarf = dwarf;
    this.refineMap = (memory, at) => refine.map(memory, at);
    this.refineChannel = (memory, at) => refine.channel(memory, at);
  }

  /** The type at a place; one without a size for `void`. */
  at(ref: TypeRef | undefined): ValueType {
    if (ref === undefined) return VOID;
    let unit = this.#known.get(ref.header);
    if (unit === undefined) this.#known.set(ref.header, (unit = new Map<number, ValueType>()));
    let type = unit.get(ref.entry);
    if (type === undefined) {
      const isGo = this.dwarf.unit(ref.header)?.root.producer.startsWith('TinyGo') === true;
      type = isGo ? goType(this, ref) : cType(this, ref);
      unit.set(ref.entry, type);
    }
    return type;
  }

  /** A number for a type, by which `numbered` finds it again. */
  numberOf(type: ValueType): number {
    let number = this.#numbers.get(type);
    if (number === undefined) this.#numbers.set(type, (number = this.#numbered.push(type) - 1));
    return number;
  }

  numbered(number: number): ValueType | undefined {
    return this.#numbered[number];
  }
}

const VOID: ValueType = new MadeType('void', Kind.struct, 0);

/** A type of DWARF, with what it consists of read when it is asked for. */
class ReadType implements ValueType {
  readonly name: string;
  readonly kind: number;
  readonly size: number;
  readonly descriptor = null;
  readonly format?: (memory: Memory, at: Address) => string;
  readonly refine?: (memory: Memory, at: Address) => ValueType;
  readonly #element: (() => ValueType) | undefined;
  readonly #fields: (() => readonly ValueField[]) | undefined;
  readonly #length: number;
  #read: readonly ValueField[] | undefined;

  constructor(
    name: string,
    kind: number,
    size: number,
    parts: {
      readonly element?: () => ValueType;
      readonly fields?: () => readonly ValueField[];
      readonly length?: number;
      readonly format?: (memory: Memory, at: Address) => string;
      readonly refine?: (memory: Memory, at: Address) => ValueType;
    } = {},
  ) {
    this.name = name;
    this.kind = kind;
    this.size = size;
    this.#element = parts.element;
    this.#fields = parts.fields;
    this.#length = parts.length ?? 0;
    if (parts.format !== undefined) this.format = parts.format;
    if (parts.refine !== undefined) this.refine = parts.refine;
  }

  element(): ValueType {
    if (this.#element === undefined) return this.#no('elements');
    return this.#element();
  }

  key(): ValueType {
    return this.#no('keys');
  }

  storage(): ValueType {
    return this.#no('keys');
  }

  fields(): readonly ValueField[] {
    return (this.#read ??= this.#fields?.() ?? this.#no('fields'));
  }

  length(): number {
    return this.#length;
  }

  isEmptyInterface(): boolean {
    return false;
  }

  isDirect(): boolean {
    return false;
  }

  #no(what: string): never {
    throw new FormatError('type', 0, `${this.name} has no ${what}`);
  }
}

function goType(all: DwarfValueTypes, ref: TypeRef): ValueType {
  const { types } = all.dwarf;
  const name = goTypeName(types, ref);
  const plain = types.strip(ref);
  const size = types.sizeOf(ref) ?? 0;
  const shape = goShape(types, ref);
  switch (shape) {
    case 'string':
      return new ReadType(name, Kind.string, size);
    case 'slice': {
      const pointer = types.strip(plain?.fields[0]?.type);
      return new ReadType(name, Kind.slice, size, { element: () => all.at(pointer?.target) });
    }
    case 'map':
      return new ReadType(name, Kind.map, size, { refine: all.refineMap });
    case 'chan':
      return new ReadType(name, Kind.chan, size, { refine: all.refineChannel });
    case 'interface':
      return new ReadType(name, Kind.interface, size);
    case 'func':
      return new ReadType(name, Kind.func, size);
    case 'pointer':
      return types.at(plain?.target) === undefined
        ? new ReadType(name, Kind.unsafePointer, size)
        : new ReadType(name, Kind.pointer, size, { element: () => all.at(plain?.target) });
    case 'array':
      return arrayType(all, name, plain, size);
    case 'struct':
      return new ReadType(name, Kind.struct, size, { fields: () => fieldsOf(all, plain) });
    case 'basic': {
      const kind = basicKind(plain?.name ?? '');
      if (kind !== undefined) return new ReadType(name, kind, size);
      break;
    }
    case undefined:
      break;
  }
  return cType(all, ref);
}

function basicKind(name: string): number | undefined {
  const real = name === 'byte' ? 'uint8' : name === 'rune' ? 'int32' : name;
  return real in Kind ? Kind[real as keyof typeof Kind] : undefined;
}

/** An array of one dimension after the other. */
function arrayType(
  all: DwarfValueTypes,
  name: string,
  type: DwarfType | undefined,
  size: number,
  from = 0,
): ValueType {
  const count = type?.dimensions[from]?.count ?? 0;
  const inner = count === 0 ? 0 : size / count;
  const isLast = type === undefined || from >= type.dimensions.length - 1;
  const element = isLast
    ? (): ValueType => all.at(type?.target)
    : (): ValueType => arrayType(all, name.replace(/\[[^\]]*\]/, ''), type, inner, from + 1);
  return new ReadType(name, Kind.array, size, { element, length: count });
}

function fieldsOf(all: DwarfValueTypes, type: DwarfType | undefined): ValueField[] {
  const found: ValueField[] = [];
  const add = (fields: readonly TypeField[], prefix = ''): void => {
    for (const field of fields) {
      if (field.role === 'static') continue;
      const of = all.at(field.type);
      const own = field.name === '' ? (field.role === 'base' ? of.name : '(anonymous)') : field.name;
      const name = prefix + own;
      if (field.bitSize !== undefined && field.bitOffset !== undefined) {
        const type = bitFieldType(of, field.bitOffset % 8, field.bitSize);
        found.push({ name, type, offset: Math.floor(field.bitOffset / 8) });
      } else if (field.offset !== undefined) found.push({ name, type: of, offset: field.offset });
    }
  };
  if (type === undefined) return found;
  add(type.fields);
  // Which variant it is, its discriminant says: all are listed.
  type.variants?.variants.forEach(({ fields }) => {
    add(fields);
  });
  return found;
}

/** Types that a chain of typedefs stands for, or a struct or union by its tag. */
function cType(all: DwarfValueTypes, ref: TypeRef): ValueType {
  const { types } = all.dwarf;
  const name = typeName(types, ref);
  const size = types.sizeOf(ref) ?? 0;
  const plain = types.strip(ref);
  switch (plain?.kind) {
    case 'struct':
    case 'class':
    case 'union':
      return new ReadType(name, Kind.struct, size, { fields: () => fieldsOf(all, plain) });
    case 'pointer':
    case 'reference':
    case 'rvalueReference': {
      const target = types.strip(plain.target);
      const isText = isCharacter(target);
      const format = (memory: Memory, at: Address): string => pointerText(memory, at, size, isText);
      if (target === undefined || target.kind === 'subroutine')
        return new ReadType(name, Kind.unsafePointer, size, { format });
      return new ReadType(name, Kind.pointer, size, { element: () => all.at(plain.target), format });
    }
    case 'array': {
      const array = arrayType(all, name, plain, size);
      if (!isCharacter(types.strip(plain.target)) || plain.dimensions.length !== 1) return array;
      const format = (memory: Memory, at: Address): string => charText(memory.bytes(at, size));
      return new ReadType(name, Kind.array, size, {
        element: () => array.element(),
        length: array.length(),
        format,
      });
    }
    case 'enum': {
      const { enumerators } = plain;
      const kind = KIND_OF_SIZE.get(-size) ?? Kind.int32;
      return new ReadType(name, kind, size, {
        format: (memory, at) => enumText(memory, at, size, enumerators),
      });
    }
    case 'base': {
      const kind = kindOfBase(plain.encoding, size);
      if (kind !== undefined) return new ReadType(name, kind, size);
      break;
    }
    case 'memberPointer':
    case 'typedef':
    case 'const':
    case 'volatile':
    case 'restrict':
    case 'atomic':
    case 'subroutine':
    case 'unspecified':
    case 'other':
    case undefined:
      break;
  }
  return new ReadType(name, Kind.unsafePointer, size, {
    format: (memory, at) => hexBytes(memory.bytes(at, size)),
  });
}

/** Of integers by their size; with a sign by the negative size. */
const KIND_OF_SIZE: ReadonlyMap<number, number> = new Map<number, number>([
  [1, Kind.uint8],
  [2, Kind.uint16],
  [4, Kind.uint32],
  [8, Kind.uint64],
  [-1, Kind.int8],
  [-2, Kind.int16],
  [-4, Kind.int32],
  [-8, Kind.int64],
]);

function kindOfBase(encoding: number, size: number): number | undefined {
  switch (encoding) {
    case Encoding.boolean:
      return size === 1 ? Kind.bool : KIND_OF_SIZE.get(size);
    case Encoding.float:
      return size === 4 ? Kind.float32 : size === 8 ? Kind.float64 : undefined;
    case Encoding.signed:
    case Encoding.signedChar:
      return KIND_OF_SIZE.get(-size);
    case Encoding.unsigned:
    case Encoding.unsignedChar:
      return KIND_OF_SIZE.get(size);
    default:
      return undefined;
  }
}

function isCharacter(type: DwarfType | undefined): boolean {
  if (type?.kind !== 'base' || type.byteSize !== 1) return false;
  return (
    type.encoding === Encoding.signedChar ||
    (type.encoding === Encoding.unsignedChar && type.name.includes('char'))
  );
}

/** A type of so many bytes of which nothing else is known. */
export const unknownType = (size: number): ValueType =>
  new ReadType(`(${size} bytes)`, Kind.unsafePointer, size, {
    format: (memory, at) => hexBytes(memory.bytes(address(at), size)),
  });
