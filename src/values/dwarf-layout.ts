import { FormatError } from '../base/format-error.ts';
import { address, type Address } from '../base/units.ts';
import { Kind } from '../go/runtime/types.ts';
import type { Memory } from '../memory/memory.ts';
import { unknownType } from './dwarf-types.ts';
import type { MapEntry } from './map-entries.ts';
import type { TinyGoTypes } from './tinygo-types.ts';
import type { ValueLayout } from './value-layout.ts';
import { basicType, MadeType, type ValueType } from './value-type.ts';

// How TinyGo lays out what its values refer to (TinyGo src/runtime/hashmap.go, chan.go, interface.go, 0.33, on wasm). runtime.hashmap {buckets 0,
// seed 4, count 8, keySize 12, valueSize 16, bucketBits 20, keyEqual 24, keyHash {context 32, fn 36}}; a bucket is tophash [8]uint8, which is 0 for
// an empty place, next 8, 8 keys, 8 values. runtime.channel {elementSize 0, bufSize 4, state 8, blocked 12, bufHead 16, bufTail 20, bufUsed 24, buf 28}.

const WORD = 4;
const SLOTS = 8;
const BUCKET_HEAD = 12;
/** 2 to this power are more buckets than memory has. */
const MAX_BUCKET_BITS = 28;
/** Buckets that are looked at for one answer. */
const MAX_BUCKETS = 1 << 16;
/** Bytes of a key, a value or an element that are believed. */
const MAX_SIZE = 1 << 20;

export interface TinyGoProgram {
  /** The types that the module carries; undefined where its data cannot be read. */
  readonly carried: TinyGoTypes | undefined;
  /** The name of a function by its place in the function table; '' where it has none. */
  readonly functionInTable: (place: number) => string;
  readonly typeNamed: ValueLayout['typeNamed'];
}

export function tinyGoLayout({ carried, functionInTable, typeNamed }: TinyGoProgram): ValueLayout {
  return {
    word: WORD,
    functionWord: WORD,
    interfaceContent: (memory, _type, at) => {
      const code = memory.u32(at);
      if (code === 0) return undefined;
      if (carried === undefined)
        throw new FormatError('interface', at, 'the types of the module cannot be read', true);
      const type = carried.at(address(code));
      const data = address(at + WORD);
      return { type, address: type.isDirect() ? data : address(memory.u32(data)) };
    },
    channel: (memory, at) => {
      if (at === 0) return undefined;
      const length = memory.u32(address(at + 24));
      const capacity = memory.u32(address(at + 4));
      if (length > capacity || capacity > memory.size)
        throw new FormatError('channel', at, `${length} of ${capacity} elements`, true);
      const [first, buffer] = [memory.u32(address(at + 20)), memory.u32(address(at + 28))];
      return { length, capacity, first, buffer };
    },
    mapCount,
    mapEntries,
    functionName: (memory, at) => functionInTable(memory.u32(address(at + WORD))),
    typeNamed,
  };
}

function mapCount(memory: Memory, header: Address): number {
  const count = header === 0 ? 0 : memory.u32(address(header + 8));
  if (count > memory.size) throw new FormatError('map', header, `${count} entries`, true);
  return count;
}

/** Bytes of a key and of a value. */
function sizesOf(memory: Memory, header: Address): readonly [key: number, value: number] {
  const sizes = [memory.u32(address(header + 12)), memory.u32(address(header + 16))] as const;
  if (sizes.some((size) => size > MAX_SIZE))
    throw new FormatError('map', header, `entries of ${sizes.join(' and ')} bytes`, true);
  return sizes;
}

function mapEntries(
  memory: Memory,
  _type: ValueType,
  header: Address,
  skip: number,
  limit: number,
): MapEntry[] {
  const found: MapEntry[] = [];
  if (header === 0) return found;
  const wanted = Math.min(limit, Math.max(0, mapCount(memory, header) - skip));
  const [keySize, valueSize] = sizesOf(memory, header);
  const bits = memory.u8(address(header + 20));
  if (bits > MAX_BUCKET_BITS) throw new FormatError('map', header, `2^${bits} buckets`, true);
  const size = BUCKET_HEAD + SLOTS * (keySize + valueSize);
  let visited = 0;
  let passed = 0;
  for (let i = 0; i < 2 ** bits && found.length < wanted; i++) {
    let bucket = memory.u32(address(header)) + i * size;
    for (; bucket !== 0 && found.length < wanted; bucket = memory.u32(address(bucket + 8))) {
      if (++visited > MAX_BUCKETS) return found;
      for (let slot = 0; slot < SLOTS && found.length < wanted; slot++) {
        if (memory.u8(address(bucket + slot)) === 0 || passed++ < skip) continue;
        const keys = bucket + BUCKET_HEAD;
        found.push({
          key: address(keys + slot * keySize),
          value: address(keys + SLOTS * keySize + slot * valueSize),
        });
      }
    }
  }
  return found;
}

/** A map or a channel of which its header says more than its type. */
class RefinedType extends MadeType {
  readonly #key: ValueType | undefined;

  constructor(name: string, kind: number, element: ValueType, key?: ValueType) {
    super(name, kind, WORD, element);
    this.#key = key;
  }

  override key(): ValueType {
    return this.#key ?? super.key();
  }
}

/**
 * The type of the map whose pointer stands at an address. TinyGo does not write down what it holds: the function that hashes its keys tells strings and
 * interfaces, and the header the sizes.
 */
export function refineMap(
  memory: Memory,
  at: Address,
  functionInTable: (place: number) => string,
  anyType: ValueType,
): ValueType {
  const header = address(memory.u32(at));
  if (header === 0) return new RefinedType('map[?]?', Kind.map, unknownType(0), unknownType(0));
  const [keySize, valueSize] = sizesOf(memory, header);
  const hash = functionInTable(memory.u32(address(header + 36)));
  const text = hash.includes('hashmapString') && keySize === 8 ? stringType() : undefined;
  const boxed = hash.includes('hashmapInterface') && keySize === 8 ? anyType : undefined;
  const key = text ?? boxed ?? unknownType(keySize);
  return new RefinedType(`map[${text?.name ?? '?'}]?`, Kind.map, unknownType(valueSize), key);
}

/** The same of the channel whose pointer stands at an address. */
export function refineChannel(memory: Memory, at: Address): ValueType {
  const header = memory.u32(at);
  const size = header === 0 ? 0 : memory.u32(address(header));
  if (size > MAX_SIZE) throw new FormatError('channel', header, `elements of ${size} bytes`, true);
  return new RefinedType('chan ?', Kind.chan, unknownType(size));
}

const stringType = (): ValueType => new MadeType('string', Kind.string, 2 * WORD);

/** A predeclared type as 32-bit programs have it. */
export function basicOf32(name: string): ValueType | undefined {
  const type = basicType(name);
  if (type === undefined) return undefined;
  const size = SIZES_OF_32.get(type.kind);
  return size === undefined ? type : new MadeType(type.name, type.kind, size);
}

const SIZES_OF_32: ReadonlyMap<number, number> = new Map<number, number>([
  [Kind.int, WORD],
  [Kind.uint, WORD],
  [Kind.uintptr, WORD],
  [Kind.unsafePointer, WORD],
  [Kind.string, 2 * WORD],
]);
