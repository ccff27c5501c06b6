import { FormatError } from '../../../base/format-error.ts';
import { address, type Address } from '../../../base/units.ts';
import type { Memory } from '../../../memory/memory.ts';
import { Kind, type GoType, type TypeReader, type TypeSection } from '../types.ts';

// Where values of a type hold pointers, and to what. What stands behind the 48 bytes of abi.Type (Go src/internal/abi/type.go, 1.19 to 1.27):
// pointer, slice, array and chan: the element type at 48 (an array's length at 64); map: key 48, element 56, and at 64 the type of what holds
// entries: a bucket (up to 1.23) or a group (since 1.24).

const ELEM = 48;
const ARRAY_LENGTH = 64;
const MAP_KEY = 48;
const MAP_ELEM = 56;
const MAP_STORAGE = 64;
/** Slots that are listed of one type; arrays are walked by element, so that only structs of large arrays come near. */
const MAX_SLOTS = 1 << 12;
const MAX_DEPTH = 64;
/** Fields and elements that are looked at for one type. */
const MAX_STEPS = 1 << 16;

/** What a slot holds, and in `argument`: the type pointed at; the element's type; nothing; the map's or the channel's own type. */
export const Slot = {
  pointer: 1,
  string: 2,
  slice: 3,
  emptyInterface: 4,
  interface: 5,
  map: 6,
  chan: 7,
  func: 8,
  unsafe: 9,
} as const;

/** Pointers in a value. Columns of the same length, in rising order of offsets. */
export interface Shape {
  readonly type: GoType;
  /** Bytes from the start of the value. */
  readonly offset: Uint32Array;
  /** One of `Slot`. */
  readonly code: Uint8Array;
  /** Address of a type descriptor; 0 for none. */
  readonly argument: Uint32Array;
  /** Offsets of the words that the collector takes for pointers: of an interface the second word. */
  readonly pointers: Uint32Array;
  /** False where the type has more slots than are listed. */
  readonly complete: boolean;
}

export interface MapParts {
  readonly key: Address;
  readonly elem: Address;
  /** The type of a bucket or of a group of entries. */
  readonly storage: Address;
}

/** Of addresses where no type is. */
const NO_SHAPE = Symbol('no shape');

/** Shapes of the types of one module. What is no type gives undefined; nothing throws but NeedPages. */
export class TypeShapes {
  readonly #types: TypeReader;
  readonly #memory: Memory;
  readonly #section: TypeSection;
  readonly #shapes = new Map<number, Shape | typeof NO_SHAPE>();
  #steps = 0;

  /** `memory`: what holds the type descriptors; they lie in `section`. */
  constructor(types: TypeReader, memory: Memory, section: TypeSection) {
    this.#types = types;
    this.#memory = memory;
    this.#section = section;
  }

  /** The type whose descriptor is at `at`. */
  typeAt(at: number): GoType | undefined {
    if (at < this.#section.start || at >= this.#section.end || at % 8 !== 0) return undefined;
    return orUndefined(() => this.#types.typeAt(address(at)));
  }

  shapeAt(at: number): Shape | undefined {
    const known = this.#shapes.get(at);
    if (known !== undefined) return known === NO_SHAPE ? undefined : known;
    const type = this.typeAt(at);
    const shape = type && orUndefined(() => this.#read(type));
    this.#shapes.set(at, shape ?? NO_SHAPE);
    return shape;
  }

  /** The element type of a pointer, slice, array or channel. */
  elemOf(type: GoType): Address {
    return this.#word(type.address + ELEM);
  }

  lengthOf(array: GoType): number {
    return this.#memory.word(address(array.address + ARRAY_LENGTH));
  }

  mapParts(at: number): MapParts | undefined {
    const type = this.typeAt(at);
    if (type?.kind !== Kind.map) return undefined;
    const part = (offset: number): Address => this.#word(at + offset);
    return orUndefined(() => ({ key: part(MAP_KEY), elem: part(MAP_ELEM), storage: part(MAP_STORAGE) }));
  }

  /** Whether an interface holds values of the type itself, not their address: those that are one pointer. */
  isDirect(type: GoType): boolean {
    let one = type;
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      switch (one.kind) {
        case Kind.pointer:
        case Kind.map:
        case Kind.chan:
        case Kind.func:
        case Kind.unsafePointer:
          return true;
        case Kind.array:
        case Kind.struct: {
          const inner = this.#only(one);
          if (inner === undefined) return false;
          one = inner;
          break;
        }
        default:
          return false;
      }
    }
    return false;
  }

  /** All types that are described, in order of their addresses. What only looks like one may be among them. */
  *all(): Generator<GoType> {
    const { start, end } = this.#section;
    const limit = end - start;
    for (let at = Math.ceil(start / 8) * 8; at + ELEM <= end; at += 8) {
      const kind = this.#memory.u8(address(at + 23)) & 31;
      const str = this.#memory.u32(address(at + 40));
      if (kind === 0 || kind > Kind.unsafePointer || str === 0 || str >= limit) continue;
      // The size of the pointer part is no more than the size; alignments are small powers of two.
      const size = this.#memory.word(address(at));
      const align = this.#memory.u8(address(at + 21));
      if (size >= 2 ** 32 || this.#memory.word(address(at + 8)) > size) continue;
      if (align !== 1 && align !== 2 && align !== 4 && align !== 8) continue;
      const type = this.typeAt(at);
      if (type !== undefined && type.name !== '') yield type;
    }
  }

  /** The one field or element of a type that has one. */
  #only(type: GoType): GoType | undefined {
    if (type.kind === Kind.array)
      return this.lengthOf(type) === 1 ? this.typeAt(this.elemOf(type)) : undefined;
    const fields = orUndefined(() => this.#types.fieldsOf(type.address));
    const [field] = fields ?? [];
    return fields?.length === 1 && field !== undefined ? this.typeAt(field.type) : undefined;
  }

  #word(at: number): Address {
    return address(this.#memory.word(address(at)));
  }

  #read(type: GoType): Shape {
    const slots: { offset: number; code: number; argument: number }[] = [];
    this.#steps = 0;
    const complete = this.#walk(type, 0, slots, 0);
    const pointers: number[] = [];
    for (const { offset, code } of slots) {
      pointers.push(code === Slot.emptyInterface || code === Slot.interface ? offset + 8 : offset);
    }
    return {
      type,
      offset: Uint32Array.from(slots, ({ offset }) => offset),
      code: Uint8Array.from(slots, ({ code }) => code),
      argument: Uint32Array.from(slots, ({ argument }) => argument),
      pointers: Uint32Array.from(pointers),
      complete,
    };
  }

  #walk(
    type: GoType,
    offset: number,
    slots: { offset: number; code: number; argument: number }[],
    depth: number,
  ): boolean {
    if (slots.length >= MAX_SLOTS || depth > MAX_DEPTH || ++this.#steps > MAX_STEPS) return false;
    const add = (code: number, argument = 0): boolean => {
      slots.push({ offset, code, argument });
      return true;
    };
    switch (type.kind) {
      case Kind.pointer:
        return add(Slot.pointer, this.elemOf(type));
      case Kind.string:
        return add(Slot.string);
      case Kind.slice:
        return add(Slot.slice, this.elemOf(type));
      case Kind.interface:
        // The methods are a slice at 56.
        return add(this.#word(type.address + 64) === 0 ? Slot.emptyInterface : Slot.interface);
      case Kind.map:
        return add(Slot.map, type.address);
      case Kind.chan:
        return add(Slot.chan, type.address);
      case Kind.func:
        return add(Slot.func, type.address);
      case Kind.unsafePointer:
        return add(Slot.unsafe);
      case Kind.array: {
        const elem = this.#types.typeAt(this.elemOf(type));
        const length = this.lengthOf(type);
        const before = slots.length;
        for (let i = 0; i < length; i++) {
          if (!this.#walk(elem, offset + i * elem.size, slots, depth + 1)) return false;
          if (slots.length === before) break;
        }
        return true;
      }
      case Kind.struct: {
        for (const field of this.#types.fieldsOf(type.address)) {
          if (!this.#walk(this.#types.typeAt(field.type), offset + field.offset, slots, depth + 1))
            return false;
        }
        // The link to the next bucket is declared as something else.
        const link = offset + type.size - 8;
        if (type.name.startsWith('map.bucket[')) {
          if (slots.at(-1)?.offset === link) slots.pop();
          slots.push({ offset: link, code: Slot.pointer, argument: type.address });
        }
        return true;
      }
      default:
        return true;
    }
  }
}

function orUndefined<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return undefined;
  }
}
