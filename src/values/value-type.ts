import { FormatError } from '../base/format-error.ts';
import type { Address } from '../base/units.ts';
import type { Memory } from '../memory/memory.ts';
import { Kind, type GoType, type TypeReader } from '../go/runtime/types.ts';

/** A field of a struct; `offset` in bytes from its start. */
export interface ValueField {
  readonly name: string;
  readonly type: ValueType;
  readonly offset: number;
}

/**
 * The type of a value in a program's memory. Most are described by the module; pointers, slices and arrays of them can be made of their
 * elements where it does not describe them. What a type consists of is read when it is asked for: every method may throw a FormatError.
 */
export interface ValueType {
  /** As Go prints it: `main.T`, `[]int`, `map[string]*main.T`. */
  readonly name: string;
  /** One of `Kind`. */
  readonly kind: number;
  /** Bytes of a value. */
  readonly size: number;
  /** Of its descriptor in the module; null for a type that was made here. */
  readonly descriptor: Address | null;
  /** Of pointers, slices, arrays, channels and maps: what is in them. */
  element(): ValueType;
  /** Of maps: their keys, and the struct in which a map keeps eight keys and values. */
  key(): ValueType;
  storage(): ValueType;
  /** Of structs. */
  fields(): readonly ValueField[];
  /** Of arrays: how many elements. */
  length(): number;
  /** Of interfaces: whether they have no methods. */
  isEmptyInterface(): boolean;
  /** Whether an interface holds the value itself, not its address. */
  isDirect(): boolean;
  /** The text of a value, where it is not one that Go has: an enumeration or a bit field of C. Throws as memory does. */
  readonly format?: (memory: Memory, at: Address) => string;
  /** The type of the very value at an address, where the value says more of it than its type does. Throws as memory does. */
  readonly refine?: (memory: Memory, at: Address) => ValueType;
}

class Described implements ValueType {
  readonly name: string;
  readonly kind: number;
  readonly size: number;
  readonly descriptor: Address;
  readonly #types: TypeReader;
  #fields: readonly ValueField[] | undefined;

  constructor(types: TypeReader, type: GoType) {
    this.name = type.name;
    this.kind = type.kind;
    this.size = type.size;
    this.descriptor = type.address;
    this.#types = types;
  }

  element(): ValueType {
    if (this.kind === Kind.map) return typeOf(this.#types, this.#types.mapTypes(this.descriptor).value);
    return typeOf(this.#types, this.#types.elementOf(this.descriptor));
  }

  key(): ValueType {
    return typeOf(this.#types, this.#types.mapTypes(this.descriptor).key);
  }

  storage(): ValueType {
    return typeOf(this.#types, this.#types.mapTypes(this.descriptor).storage);
  }

  fields(): readonly ValueField[] {
    this.#fields ??= this.#types.fieldsOf(this.descriptor).map(({ name, type, offset }) => ({
      name,
      type: typeOf(this.#types, this.#types.typeAt(type)),
      offset,
    }));
    return this.#fields;
  }

  length(): number {
    return this.#types.lengthOf(this.descriptor);
  }

  isEmptyInterface(): boolean {
    return this.#types.isEmptyInterface(this.descriptor);
  }

  isDirect(): boolean {
    return this.#types.isDirect(this.descriptor);
  }
}

const known = new WeakMap<TypeReader, Map<Address, ValueType>>();

/** The type of a descriptor, as a value's; the same object for the same descriptor. */
export function typeOf(types: TypeReader, type: GoType): ValueType {
  let all = known.get(types);
  if (all === undefined) known.set(types, (all = new Map<Address, ValueType>()));
  let found = all.get(type.address);
  if (found === undefined) all.set(type.address, (found = new Described(types, type)));
  return found;
}

/** A type that the module need not describe. */
export class MadeType implements ValueType {
  readonly name: string;
  readonly kind: number;
  readonly size: number;
  readonly descriptor = null;
  readonly #element: ValueType | undefined;
  readonly #length: number;

  constructor(name: string, kind: number, size: number, element?: ValueType, length = 0) {
    this.name = name;
    this.kind = kind;
    this.size = size;
    this.#element = element;
    this.#length = length;
  }

  element(): ValueType {
    return this.#element ?? this.#no('elements');
  }

  key(): ValueType {
    return this.#no('keys');
  }

  storage(): ValueType {
    return this.#no('keys');
  }

  fields(): readonly ValueField[] {
    return this.kind === Kind.struct && this.size === 0 ? [] : this.#no('fields');
  }

  length(): number {
    return this.#length;
  }

  isEmptyInterface(): boolean {
    return false;
  }

  isDirect(): boolean {
    return this.kind === Kind.pointer || this.kind === Kind.unsafePointer;
  }

  #no(what: string): never {
    throw new FormatError('type', 0, `${this.name} has no ${what}`);
  }
}

/** `*T`; `word`: bytes of a pointer. */
export function pointerTo(element: ValueType, word = 8): ValueType {
  return new MadeType(`*${element.name}`, Kind.pointer, word, element);
}

/** `[]T` */
export function sliceOf(element: ValueType, word = 8): ValueType {
  return new MadeType(`[]${element.name}`, Kind.slice, 3 * word, element);
}

/** `chan T`, `<-chan T`, `chan<- T` by its name. */
export function channelType(name: string, element: ValueType, word = 8): ValueType {
  return new MadeType(name, Kind.chan, word, element);
}

/** `[n]T`; `name` where it has one of its own. */
export function arrayOf(element: ValueType, length: number): ValueType {
  return new MadeType(`[${length}]${element.name}`, Kind.array, element.size * length, element, length);
}

const BASIC_SIZES: Readonly<Record<string, number>> = {
  bool: 1,
  int: 8,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  uintptr: 8,
  float32: 4,
  float64: 8,
  complex64: 8,
  complex128: 16,
  string: 16,
};

/** A predeclared type, or `unsafe.Pointer`; undefined for other names. */
export function basicType(name: string): ValueType | undefined {
  if (name === 'unsafe.Pointer') return new MadeType(name, Kind.unsafePointer, 8);
  if (name === 'struct {}') return new MadeType(name, Kind.struct, 0);
  const real = name === 'byte' ? 'uint8' : name === 'rune' ? 'int32' : name;
  const size = BASIC_SIZES[real];
  return size === undefined ? undefined : new MadeType(real, Kind[real as keyof typeof Kind], size);
}
