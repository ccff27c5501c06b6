import { FormatError } from '../../base/format-error.ts';
import { address, type Address } from '../../base/units.ts';
import type { Memory } from '../../memory/memory.ts';
import { utf8 } from '../../wasm/byte-reader.ts';

// Type descriptors (Go src/internal/abi/type.go; before 1.20 src/runtime/type.go), 64-bit words, the same from 1.19 to 1.27:
// abi.Type    Size_ 0, PtrBytes 8, Hash 16, TFlag 20, Align 21, FieldAlign 22, Kind 23 (low 5 bits), Equal 24, GCData 32, Str 40,
//             PtrToThis 44: 48 bytes, then what its kind adds.
// ArrayType   Elem 48, Slice 56, Len 64. SliceType Elem 48. InterfaceType PkgPath 48, Methods 56 (slice).
// UncommonType follows what the kind adds, where TFlag has bit 0: PkgPath 0 (the distance of a Name), ...
// StructType  PkgPath 48, Fields 56 (slice); a field is {Name, Typ, Offset}, 24 bytes. Up to 1.18 Offset held a flag too.
// MapType     Key 48, Elem 56, Bucket or Group 64 (a struct type), in every version; what follows differs.
// A Name is a flag byte (bit 3: an embedded field), the length as a varint, and the text. Str is its distance from `types` in the moduledata.

/** Kinds of a type, as in abi.Kind. */
export const Kind = {
  bool: 1,
  int: 2,
  int8: 3,
  int16: 4,
  int32: 5,
  int64: 6,
  uint: 7,
  uint8: 8,
  uint16: 9,
  uint32: 10,
  uint64: 11,
  uintptr: 12,
  float32: 13,
  float64: 14,
  complex64: 15,
  complex128: 16,
  array: 17,
  chan: 18,
  func: 19,
  interface: 20,
  map: 21,
  pointer: 22,
  slice: 23,
  string: 24,
  struct: 25,
  unsafePointer: 26,
} as const;

const LAST_KIND = Kind.unsafePointer;
const KIND_MASK = 31;
/** In TFlag: an UncommonType follows. */
const UNCOMMON = 1;
/** In TFlag: Str begins with a `*` that is not part of the name. */
const EXTRA_STAR = 2;
/** In TFlag: the type has a name of its own. */
const NAMED = 4;
/** Stored in the word of an interface itself: in TFlag since 1.26, in Kind before. */
const DIRECT = 32;

const MAX_NAME = 4096;
const MAX_FIELDS = 4096;
/** Flags that there are. */
const MAX_FLAGS = 63;
/** Types of one name, in several packages or functions, that are kept. */
const MAX_SAME_NAME = 100;
const TYPE_SIZE = 48;
const FIELD_SIZE = 24;
/** Bytes before the UncommonType, where the kind adds some. Those of maps differ between versions. */
const KIND_SIZES: Readonly<Record<number, number>> = {
  [Kind.array]: 72,
  [Kind.chan]: 64,
  [Kind.func]: 56,
  [Kind.interface]: 80,
  [Kind.pointer]: 56,
  [Kind.slice]: 56,
  [Kind.struct]: 80,
};

/** A type of the program. */
export interface GoType {
  readonly address: Address;
  /** As Go prints it, with the package's name: `main.failure`, `*errors.errorString`, `[]int`. */
  readonly name: string;
  /** One of `Kind`. */
  readonly kind: number;
  /** Bytes of a value. */
  readonly size: number;
  /** False for types such as `[]int` that have no name of their own. */
  readonly named: boolean;
}

/** A field of a struct type; `offset` in bytes from the start of the struct. */
export interface GoField {
  readonly name: string;
  readonly type: Address;
  readonly offset: number;
}

export interface TypeSection {
  /** Where type descriptors lie: `types` and `etypes` of the moduledata. */
  readonly start: Address;
  readonly end: Address;
}

/**
 * Reads type descriptors. They lie in the read-only data, so the module's data image serves as well as the memory of the running
 * program. Nothing is read before it is asked for; `structOffsets` scans the whole section once.
 */
export class TypeReader {
  readonly #memory: Memory;
  readonly #section: TypeSection;
  readonly #types = new Map<number, GoType>();
  #structs: ReadonlyMap<string, Address> | undefined;
  #named: ReadonlyMap<string, readonly Address[]> | undefined;
  #all: ReadonlyMap<string, readonly Address[]> | undefined;

  constructor(memory: Memory, section: TypeSection) {
    this.#memory = memory;
    this.#section = section;
  }

  /** The type whose descriptor is at `at`; throws a FormatError when there is none. */
  typeAt(at: Address): GoType {
    const known = this.#types.get(at);
    if (known) return known;
    const type = this.#read(at);
    this.#types.set(at, type);
    return type;
  }

  /** The fields of a struct type, in their order. */
  fieldsOf(at: Address): GoField[] {
    const memory = this.#memory;
    if (this.typeAt(at).kind !== Kind.struct) throw typeError(at, 'expected a struct type');
    const fields = memory.word(address(at + TYPE_SIZE + 8));
    const count = memory.word(address(at + TYPE_SIZE + 16));
    if (count > MAX_FIELDS) throw typeError(at, `a struct of ${count} fields`);
    const result: GoField[] = [];
    for (let i = 0; i < count; i++) {
      const field = fields + i * FIELD_SIZE;
      result.push({
        name: this.#name(memory.word(address(field))),
        type: address(memory.word(address(field + 8))),
        offset: memory.word(address(field + 16)),
      });
    }
    return result;
  }

  /** The fields of the struct type `name` (`runtime.g`); undefined when no such type is described. */
  structFields(name: string): readonly GoField[] | undefined {
    this.#structs ??= this.#findStructs();
    const at = this.#structs.get(name);
    return at === undefined ? undefined : this.fieldsOf(at);
  }

  /** Where the descriptor of the struct type `name` (`runtime.g`) is; undefined when no such type is described. */
  structAddress(name: string): Address | undefined {
    this.#structs ??= this.#findStructs();
    return this.#structs.get(name);
  }

  /** Offsets of the fields of the struct type `name`; undefined when no such type is described. */
  structOffsets(name: string): ReadonlyMap<string, number> | undefined {
    const fields = this.structFields(name);
    return fields && new Map(fields.map((field) => [field.name, field.offset]));
  }

  /**
   * The type that a package declares by `name` (`message` of `main`), by the package's path; undefined when it is not described, when two
   * are (one of them is declared inside a function), or for maps. The first call scans the whole section.
   */
  declaredType(name: string, packagePath: string): GoType | undefined {
    this.#named ??= this.#findNamed();
    const found = (this.#named.get(name) ?? []).filter((at) => this.#packagePath(at) === packagePath);
    return found.length === 1 && found[0] !== undefined ? this.typeAt(found[0]) : undefined;
  }

  /** Of an array, a slice, a channel or a pointer: the type of what is in it; throws a FormatError for others. */
  elementOf(at: Address): GoType {
    const { kind } = this.typeAt(at);
    if (kind !== Kind.array && kind !== Kind.slice && kind !== Kind.chan && kind !== Kind.pointer) {
      throw typeError(at, 'expected a type with elements');
    }
    return this.typeAt(address(this.#memory.word(address(at + TYPE_SIZE))));
  }

  /**
   * Every type that Go prints as `name`: `int`, `[]string`, `*main.message`; several when packages of the same name, or functions, declare
   * one each. The first call scans the whole section.
   */
  typesNamed(name: string): readonly GoType[] {
    this.#all ??= this.#findAll();
    return (this.#all.get(name) ?? []).map((at) => this.typeAt(at));
  }

  /** Path of the package that declares a type; empty where it does not say, for maps always. */
  packagePath(at: Address): string {
    return this.#packagePath(at);
  }

  /** Types of a map's keys and values, and the struct in which it keeps eight of each. */
  mapTypes(at: Address): { readonly key: GoType; readonly value: GoType; readonly storage: GoType } {
    if (this.typeAt(at).kind !== Kind.map) throw typeError(at, 'expected a map type');
    const type = (offset: number): GoType => this.typeAt(address(this.#memory.word(address(at + offset))));
    return { key: type(TYPE_SIZE), value: type(TYPE_SIZE + 8), storage: type(TYPE_SIZE + 16) };
  }

  /** Whether an interface holds a value of this type itself, not its address. */
  isDirect(at: Address): boolean {
    const memory = this.#memory;
    return ((memory.u8(address(at + 20)) | memory.u8(address(at + 23))) & DIRECT) !== 0;
  }

  /** Elements of an array type. */
  lengthOf(at: Address): number {
    if (this.typeAt(at).kind !== Kind.array) throw typeError(at, 'expected an array type');
    return this.#memory.word(address(at + TYPE_SIZE + 16));
  }

  /** Whether an interface type has no methods. */
  isEmptyInterface(at: Address): boolean {
    return this.typeAt(at).kind === Kind.interface && this.#memory.word(address(at + TYPE_SIZE + 16)) === 0;
  }

  /** Path of the package that declares a type; empty where it does not say. */
  #packagePath(at: Address): string {
    const memory = this.#memory;
    const { kind } = this.typeAt(at);
    if (kind === Kind.map || (memory.u8(address(at + 20)) & UNCOMMON) === 0) return '';
    const path = memory.u32(address(at + (KIND_SIZES[kind] ?? TYPE_SIZE)));
    return path === 0 ? '' : this.#name(this.#section.start + path);
  }

  #read(at: Address): GoType {
    const memory = this.#memory;
    if (at % 8 !== 0) throw typeError(at, 'a type descriptor at an odd address');
    const kind = memory.u8(address(at + 23)) & KIND_MASK;
    const str = memory.u32(address(at + 40));
    if (kind === 0 || kind > LAST_KIND || str === 0) throw typeError(at, 'expected a type descriptor');
    const flags = memory.u8(address(at + 20));
    const name = this.#name(this.#section.start + str);
    return {
      address: at,
      name: flags & EXTRA_STAR ? name.slice(1) : name,
      kind,
      size: memory.word(at),
      named: (flags & NAMED) !== 0,
    };
  }

  #name(at: number): string {
    const memory = this.#memory;
    let length = 0;
    let from = at + 1;
    for (let scale = 1; ; scale *= 128, from++) {
      const byte = memory.u8(address(from));
      length += (byte & 127) * scale;
      if (byte < 128) break;
      if (scale > 128 * 128) throw typeError(at, 'a name of absurd length');
    }
    if (length > MAX_NAME) throw typeError(at, `a name of ${length} bytes`);
    return utf8(memory.bytes(address(from + 1), length));
  }

  /** All types that have a name, by it, without the package. What is no descriptor is passed over. */
  #findNamed(): Map<string, Address[]> {
    const { start, end } = this.#section;
    const found = new Map<string, Address[]>();
    const first = Math.ceil(start / 8) * 8;
    const bytes = this.#memory.bytes(address(first), Math.max(0, Math.min(end, this.#memory.size) - first));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i + TYPE_SIZE + FIELD_SIZE <= bytes.length; i += 8) {
      const flags = bytes[i + 20] ?? 0;
      const kind = (bytes[i + 23] ?? 0) & KIND_MASK;
      if ((flags & NAMED) === 0 || flags > MAX_FLAGS || kind === 0 || kind > LAST_KIND) continue;
      const str = view.getUint32(i + 40, true);
      if (str === 0 || str >= end - start) continue;
      const at = first + i;
      try {
        const { name } = this.#read(address(at));
        const own = /^[^.[\]]+\.([^.[\]]+)$/.exec(name)?.[1];
        if (own === undefined) continue;
        const known = found.get(own);
        if (known === undefined) found.set(own, [address(at)]);
        else if (known.length < MAX_SAME_NAME) known.push(address(at));
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }
    return found;
  }

  /** All types by name. What is no descriptor is passed over. */
  #findAll(): Map<string, Address[]> {
    const memory = this.#memory;
    const { start, end } = this.#section;
    const found = new Map<string, Address[]>();
    const first = Math.ceil(start / 8) * 8;
    const bytes = memory.bytes(address(first), Math.max(0, Math.min(end, memory.size) - first));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i + TYPE_SIZE <= bytes.length; i += 8) {
      const flags = bytes[i + 20] ?? 0;
      const align = bytes[i + 21] ?? 0;
      const kind = (bytes[i + 23] ?? 0) & KIND_MASK;
      if (flags > MAX_FLAGS || kind === 0 || kind > LAST_KIND) continue;
      // On wasm nothing is aligned to more than eight bytes, and a field as its type is.
      if ((align !== 1 && align !== 2 && align !== 4 && align !== 8) || bytes[i + 22] !== align) continue;
      const size = view.getUint32(i, true);
      if (view.getUint32(i + 4, true) !== 0 || view.getUint32(i + 8, true) > size || size % align !== 0)
        continue;
      const str = view.getUint32(i + 40, true);
      if (str === 0 || str >= end - start) continue;
      try {
        const { name } = this.#read(address(first + i));
        const known = found.get(name);
        if (known === undefined) found.set(name, [address(first + i)]);
        else if (known.length < MAX_SAME_NAME) known.push(address(first + i));
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }
    return found;
  }

  /** All struct types that have a name, by name. What is no descriptor is passed over. */
  #findStructs(): Map<string, Address> {
    const memory = this.#memory;
    const { start, end } = this.#section;
    const found = new Map<string, Address>();
    const limit = end - start;
    const last = Math.min(end, memory.size) - TYPE_SIZE - FIELD_SIZE;
    for (let at = Math.ceil(start / 8) * 8; at <= last; at += 8) {
      if ((memory.u8(address(at + 23)) & KIND_MASK) !== Kind.struct) continue;
      const str = memory.u32(address(at + 40));
      if (str === 0 || str >= limit || memory.word(address(at + 64)) > MAX_FIELDS) continue;
      try {
        const { name, named } = this.#read(address(at));
        if (named && !found.has(name)) found.set(name, address(at));
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }
    return found;
  }
}

function typeError(at: number, expected: string): FormatError {
  return new FormatError('type descriptor', at, expected, true);
}
