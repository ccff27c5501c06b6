import { FormatError } from '../base/format-error.ts';
import { address, type Address } from '../base/units.ts';
import { Kind } from '../go/runtime/types.ts';
import { UNKNOWN } from '../go/runtime/heap/object-types.ts';
import type { Memory } from '../memory/memory.ts';
import type { HeapValue, HeapValueRow } from '../protocol/heap.ts';
import { quote } from '../values/go-literals.ts';
import { readValue, valueParts, type ValueSource } from '../values/go-value.ts';
import { arrayOf, typeOf, type ValueType } from '../values/value-type.ts';
import type { OpenHeap } from './heap-objects.ts';

// What stands in objects of the heap, by the types that are known of them; words where none is.

const WORD = 8;
/** Rows of one answer. */
const MAX_ROWS = 100;
/** Bytes of a string object that are shown. */
const MAX_STRING = 4096;

/** A value in memory. */
interface Place {
  readonly source: ValueSource;
  readonly type: ValueType;
  readonly address: Address;
}

/**
 * What stands in an object, or in a part of it, which `path` leads to by the numbers of parts. Throws a FormatError where that is damaged, and an Error
 * for a path that leads nowhere.
 */
export function valueOf(
  one: OpenHeap,
  object: number,
  path: readonly number[],
  from: number,
  count: number,
): HeapValue {
  const { kind } = one.heap.types.types.at(one.heap.types.type[object] ?? UNKNOWN);
  const limit = Math.min(count, MAX_ROWS);
  const root = placeOf(one, object);
  if (root === undefined) {
    if (kind === 'string') return { text: stringText(one, object), total: 0, rows: [] };
    return wordsOf(one, object, from, limit);
  }
  let place = root;
  for (const index of path) {
    const [part] = valueParts(place.source, place.type, place.address, index, 1);
    if (part === undefined) throw new Error('this part of the value is not there');
    place = { source: place.source, ...part };
  }
  const { text, parts } = readValue(place.source, place.type, place.address);
  if (parts === 0 || limit === 0) return { text, total: parts, rows: [] };
  const rows = valueParts(place.source, place.type, place.address, from, limit).map((part): HeapValueRow => {
    const value = readValue(place.source, part.type, part.address);
    return {
      name: part.name,
      type: part.type.name,
      text: value.text,
      parts: value.parts,
      target: targetOf(one, part.type, part.address, place.source.memory),
    };
  });
  return { text, total: parts, rows };
}

/** The value that an object is; undefined where its type is not known, or it has none. */
function placeOf({ heap }: OpenHeap, object: number): Place | undefined {
  const { moment, objects, pointers, shapes, types } = heap;
  const { runtime, memory } = moment;
  const { kind, descriptor } = types.types.at(types.type[object] ?? UNKNOWN);
  const described = shapes.typeAt(descriptor);
  if (described === undefined || kind === 'closure' || kind === 'directory') return undefined;
  const type = typeOf(runtime.types, described);
  const start = address(objects.addressOf(object) + pointers.headerSize(object));
  switch (kind) {
    case 'value':
      return { source: { runtime, memory }, type, address: start };
    case 'array': {
      if (type.size === 0) return undefined;
      const room = objects.addressOf(object) + objects.sizeOf(object) - start;
      const array = arrayOf(type, Math.floor(room / type.size));
      return { source: { runtime, memory }, type: array, address: start };
    }
    case 'map':
    case 'chan': {
      // A value of these types is a pointer to what the object holds: one is put behind the memory.
      const pointing = new PointerBehind(memory, start);
      return { source: { runtime, memory: pointing }, type, address: pointing.at };
    }
    case 'string':
    case 'unknown':
      return undefined;
  }
}

/** A memory with a pointer behind its end. */
class PointerBehind implements Memory {
  readonly size: number;
  /** Where the pointer stands. */
  readonly at: Address;
  readonly #memory: Memory;
  readonly #pointer: number;

  constructor(memory: Memory, pointer: number) {
    this.size = memory.size;
    this.at = address(memory.size + WORD);
    this.#memory = memory;
    this.#pointer = pointer;
  }

  u8(at: Address): number {
    return this.#memory.u8(at);
  }

  u16(at: Address): number {
    return this.#memory.u16(at);
  }

  u32(at: Address): number {
    return this.#memory.u32(at);
  }

  i32(at: Address): number {
    return this.#memory.i32(at);
  }

  u64(at: Address): bigint {
    return at === this.at ? BigInt(this.#pointer) : this.#memory.u64(at);
  }

  word(at: Address): number {
    return at === this.at ? this.#pointer : this.#memory.word(at);
  }

  bytes(at: Address, length: number): Uint8Array {
    if (at !== this.at || length > WORD) return this.#memory.bytes(at, length);
    const bytes = new Uint8Array(WORD);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(this.#pointer), true);
    return bytes.subarray(0, length);
  }
}

/** The bytes of a string object; what the allocator added at the end, zeros, is left out. */
function stringText({ heap }: OpenHeap, object: number): string {
  const { objects, moment } = heap;
  const size = Math.min(objects.sizeOf(object), MAX_STRING);
  const bytes = moment.memory.bytes(objects.addressOf(object), size);
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  const more = objects.sizeOf(object) - size;
  return `${quote(bytes.subarray(0, end))}${more > 0 ? `...+${String(more)} more` : ''}`;
}

/** The object's words, where nothing better is known: pointers with what they lead to. */
function wordsOf(one: OpenHeap, object: number, from: number, count: number): HeapValue {
  const { moment, objects, pointers, types } = one.heap;
  const start = objects.addressOf(object) + pointers.headerSize(object);
  const total = Math.floor((objects.addressOf(object) + objects.sizeOf(object) - start) / WORD);
  const isPointer = new Set<number>();
  pointers.visit(object, (at) => isPointer.add(at));
  const rows: HeapValueRow[] = [];
  for (let i = from; i < Math.min(total, from + count); i++) {
    const at = start + i * WORD;
    const word = moment.memory.u64(address(at));
    const target = isPointer.has(at) ? objects.find(Number(word)) : -1;
    rows.push({
      name: `+${String(i * WORD)}`,
      type: target < 0 ? '' : types.types.name(types.type[target] ?? UNKNOWN),
      text: `0x${word.toString(16)}`,
      parts: 0,
      target: target < 0 ? null : objects.addressOf(target),
    });
  }
  return { text: types.types.name(types.type[object] ?? UNKNOWN), total, rows };
}

/** Kinds whose first word is a pointer. */
const POINTING: readonly number[] = [
  ...[Kind.pointer, Kind.map, Kind.chan, Kind.func],
  ...[Kind.string, Kind.slice, Kind.unsafePointer],
];

/** The object that a value points to. */
function targetOf({ heap }: OpenHeap, type: ValueType, at: Address, memory: Memory): number | null {
  const { objects } = heap;
  try {
    const pointer = POINTING.includes(type.kind)
      ? memory.word(at)
      : type.kind === Kind.interface
        ? memory.word(address(at + WORD))
        : 0;
    const object = pointer === 0 ? -1 : objects.find(pointer);
    return object < 0 ? null : objects.addressOf(object);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return null;
  }
}
