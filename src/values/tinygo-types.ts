import { FormatError } from '../base/format-error.ts';
import { address, type Address } from '../base/units.ts';
import { Kind } from '../go/runtime/types.ts';
import type { Memory } from '../memory/memory.ts';
import { type ValueField, type ValueType } from './value-type.ts';

// The types that a TinyGo program carries for its interfaces (TinyGo src/reflect/type.go, 0.33): an interface begins with the address of one. On
// wasm: meta u8 (5 bits of kind, 32 named); of pointers elem@4; of others ptrTo@4, elem@8 (or 0 where there is none), key or length@12; of
// structs pkgpath@8, size@12, numField u16@16, fields@20, each {type, data}, data {flags u8, offset uvarint, name up to a 0}; of named types
// elem@8 (the underlying one), pkgpath@12, name@16 up to a 0. The lowest two bits of an address count pointers around the type.

const KINDS = [
  ...['bool', 'int', 'int8', 'int16', 'int32', 'int64', 'uint', 'uint8', 'uint16', 'uint32', 'uint64'],
  ...['uintptr', 'float32', 'float64', 'complex64', 'complex128', 'string', 'unsafePointer', 'chan'],
  ...['interface', 'pointer', 'slice', 'array', 'func', 'map', 'struct'],
] as const;
const KIND_MASK = 31;
const NAMED = 32;
const TAG = 3;
const WORD = 4;
/** Sizes by kind; of the others a type says it. */
const SIZES: Readonly<Record<string, number>> = {
  ...{ bool: 1, int: 4, int8: 1, int16: 2, int32: 4, int64: 8, uint: 4, uint8: 1, uint16: 2, uint32: 4 },
  ...{ uint64: 8, uintptr: 4, float32: 4, float64: 8, complex64: 8, complex128: 16, string: 8 },
  ...{ unsafePointer: 4, chan: 4, interface: 8, pointer: 4, slice: 12, func: 8, map: 4 },
};
const MAX_NAME = 500;
const MAX_FIELDS = 2000;
/** Types inside each other, in names and sizes; damaged ones may hold themselves. */
const MAX_DEPTH = 24;

/** Reads types out of the data that a module brings: they never change. */
export class TinyGoTypes {
  readonly #data: Memory;
  readonly #known = new Map<number, ValueType>();

  constructor(data: Memory) {
    this.#data = data;
  }

  /** The type at an address; throws a FormatError where there is none. */
  at(at: Address): ValueType {
    let type = this.#known.get(at);
    if (type === undefined) this.#known.set(at, (type = new CarriedType(this, this.#data, at, 0)));
    return type;
  }
}

class CarriedType implements ValueType {
  readonly name: string;
  readonly kind: number;
  readonly size: number;
  readonly descriptor: Address;
  readonly #types: TinyGoTypes;
  readonly #data: Memory;
  /** The type without its name. */
  readonly #at: number;
  readonly #depth: number;
  #fields: readonly ValueField[] | undefined;

  constructor(types: TinyGoTypes, data: Memory, at: Address, depth: number) {
    if (depth > MAX_DEPTH) throw new FormatError('type', at, 'types stand in each other without end', true);
    this.#types = types;
    this.#data = data;
    this.#depth = depth;
    this.descriptor = at;
    if ((at & TAG) > 0) {
      this.#at = at;
      this.kind = Kind.pointer;
      this.size = WORD;
      this.name = `*${this.#inner(at - 1).name}`;
      return;
    }
    const meta = data.u8(at);
    this.#at = (meta & NAMED) === 0 ? at : data.u32(address(at + 8));
    const kind = KINDS[(data.u8(address(this.#at)) & KIND_MASK) - 1];
    if (kind === undefined || (this.#at & TAG) > 0)
      throw new FormatError('type', at, 'no kind of type', true);
    this.kind = Kind[kind];
    this.size =
      kind === 'struct'
        ? data.u32(address(this.#at + 12))
        : kind === 'array'
          ? this.length() * this.element().size
          : (SIZES[kind] ?? 0);
    this.name = (meta & NAMED) === 0 ? this.#plainName(kind) : this.#ownName();
  }

  element(): ValueType {
    if ((this.#at & TAG) > 0) return this.#inner(this.#at - 1);
    if (![Kind.pointer, Kind.slice, Kind.array, Kind.chan, Kind.map].some((kind) => kind === this.kind))
      throw new FormatError('type', this.descriptor, `${this.name} has no elements`, true);
    return this.#inner(this.#data.u32(address(this.#at + (this.kind === Kind.pointer ? 4 : 8))));
  }

  key(): ValueType {
    if (this.kind !== Kind.map)
      throw new FormatError('type', this.descriptor, `${this.name} has no keys`, true);
    return this.#inner(this.#data.u32(address(this.#at + 12)));
  }

  storage(): ValueType {
    throw new FormatError('type', this.descriptor, `TinyGo describes no buckets of ${this.name}`, true);
  }

  fields(): readonly ValueField[] {
    return (this.#fields ??= this.#readFields());
  }

  length(): number {
    return this.kind === Kind.array ? this.#data.u32(address(this.#at + 12)) : 0;
  }

  isEmptyInterface(): boolean {
    return false;
  }

  isDirect(): boolean {
    return this.size <= WORD;
  }

  #inner(at: number): ValueType {
    // Of a type that is part of a name, so that a circle of them ends.
    return this.#depth === 0 ? this.#types.at(address(at)) : this.#deeper(at);
  }

  #deeper(at: number): ValueType {
    return new CarriedType(this.#types, this.#data, address(at), this.#depth + 1);
  }

  #readFields(): readonly ValueField[] {
    if (this.kind !== Kind.struct)
      throw new FormatError('type', this.descriptor, `${this.name} has no fields`, true);
    const count = this.#data.u16(address(this.#at + 16));
    if (count > MAX_FIELDS) throw new FormatError('type', this.descriptor, `${count} fields`, true);
    return Array.from({ length: count }, (_, i): ValueField => {
      const field = this.#at + 20 + 8 * i;
      let at = this.#data.u32(address(field + 4)) + 1;
      let offset = 0;
      for (let shift = 0; shift < 35; shift += 7) {
        const byte = this.#data.u8(address(at++));
        offset += (byte & 127) * 2 ** shift;
        if (byte < 128) break;
      }
      return { name: this.#text(at), type: this.#types.at(address(this.#data.u32(address(field)))), offset };
    });
  }

  /** With the path of its package, as debug information has it; the type itself says `pkg.Name`. */
  #ownName(): string {
    const own = this.#text(this.descriptor + 16);
    const path = this.#data.u32(address(this.descriptor + 12));
    const dot = own.indexOf('.');
    const prefix = path === 0 || dot <= 0 ? '' : this.#text(path);
    return prefix === '' ? own.replace(/^\./, '') : `${prefix}${own.slice(dot)}`;
  }

  #plainName(kind: string): string {
    const of = (at: number): string => this.#deeper(this.#data.u32(address(at))).name;
    switch (kind) {
      case 'pointer':
        return `*${of(this.#at + 4)}`;
      case 'slice':
        return `[]${of(this.#at + 8)}`;
      case 'array':
        return `[${this.length()}]${of(this.#at + 8)}`;
      case 'chan':
        return `chan ${of(this.#at + 8)}`;
      case 'map':
        return `map[${of(this.#at + 12)}]${of(this.#at + 8)}`;
      case 'unsafePointer':
        return 'unsafe.Pointer';
      case 'func':
        return 'func(?)';
      case 'interface':
        return 'interface {…}';
      case 'struct':
        return 'struct {…}';
      default:
        return kind;
    }
  }

  #text(at: number): string {
    let end = at;
    while (end < at + MAX_NAME && this.#data.u8(address(end)) !== 0) end++;
    return new TextDecoder().decode(this.#data.bytes(address(at), end - at));
  }
}
