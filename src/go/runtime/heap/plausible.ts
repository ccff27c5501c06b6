import { FormatError } from '../../../base/format-error.ts';
import { address } from '../../../base/units.ts';
import type { Memory } from '../../../memory/memory.ts';
import type { TypeTracer } from './infer.ts';
import { Rank } from './rank.ts';
import type { HeapObjects } from './objects.ts';
import type { PointerWords } from './pointer-words.ts';
import { Slot, type Shape, type TypeShapes } from './type-shapes.ts';

const WORD = 8;
/** Buckets or groups of a map that are looked at. */
const CHECKED_ENTRIES = 64;
/** Bytes of a map's header, in every version. */
const MAP_HEADER = 48;

/** What a word says about a type that would be there: that it cannot be, nothing, something, or that its target has just the right type. */
const NO = -1;
const NOTHING = 0;
const SOMETHING = 1;
const SURE = 4;

/** How well an object's words go with a type. */
export class Plausible {
  readonly #memory: Memory;
  readonly #objects: HeapObjects;
  readonly #pointers: PointerWords;
  readonly #shapes: TypeShapes;
  readonly #tracer: TypeTracer;
  readonly #mapHeaders: ReadonlySet<number>;

  constructor(
    memory: Memory,
    objects: HeapObjects,
    pointers: PointerWords,
    shapes: TypeShapes,
    tracer: TypeTracer,
    mapHeaders: ReadonlySet<number>,
  ) {
    this.#memory = memory;
    this.#objects = objects;
    this.#pointers = pointers;
    this.#shapes = shapes;
    this.#tracer = tracer;
    this.#mapHeaders = mapHeaders;
  }

  /** How well the object goes with one value of this shape; negative where it cannot be one. */
  score(object: number, shape: Shape): number {
    const start = this.#objects.addressOf(object) + this.#pointers.headerSize(object);
    return orNo(() => this.#value(start, shape, Rank.fits));
  }

  /** How well the map with this header goes with entries in buckets or groups of this shape. */
  scoreMap(header: number, shape: Shape): number {
    return orNo(() => {
      let sum = 0;
      for (const { at, count } of this.#tracer.mapStorages(header, shape)) {
        const score = this.#entries(at, count, shape);
        if (score < 0) return NO;
        sum += score;
      }
      return sum;
    });
  }

  #entries(at: number, count: number, shape: Shape): number {
    const object = this.#objects.find(at);
    if (count === 0 || object < 0) return NO;
    if (this.#objects.addressOf(object) + this.#pointers.headerSize(object) !== at) return NO;
    const known = this.#tracer.types.at(this.#tracer.type[object] ?? 0);
    if (this.#tracer.rank[object] === Rank.exact && known.descriptor !== shape.type.address) return NO;
    if (!this.#tracer.holds(object, shape, count)) return NO;
    let sum = 0;
    for (let n = 0; n < Math.min(count, CHECKED_ENTRIES); n++) {
      const score = this.#value(at + n * shape.type.size, shape, Rank.shape);
      if (score < 0) return NO;
      sum += score;
    }
    return sum;
  }

  /** `trusted`: the rank from which a target's type counts. */
  #value(start: number, shape: Shape, trusted: number): number {
    let sum = 0;
    for (let i = 0; i < shape.offset.length; i++) {
      const at = start + (shape.offset[i] ?? 0);
      const score = this.#slot(at, shape.code[i] ?? 0, shape.argument[i] ?? 0, trusted);
      if (score < 0) return NO;
      sum += score;
    }
    return sum;
  }

  #slot(at: number, code: number, argument: number, trusted: number): number {
    const memory = this.#memory;
    const word = memory.word(address(at));
    const second = (): number => memory.word(address(at + WORD));
    const when = (yes: boolean): number => (yes ? SOMETHING : NO);
    if (word >= memory.size) return NO;
    switch (code) {
      case Slot.string: {
        const length = second();
        return word === 0 ? (length === 0 ? NOTHING : NO) : when(word + length <= memory.size);
      }
      case Slot.slice: {
        const length = second();
        const capacity = memory.word(address(at + 2 * WORD));
        const elem = this.#shapes.typeAt(argument)?.size ?? 0;
        if (word === 0) return length === 0 && capacity === 0 ? NOTHING : NO;
        return when(length <= capacity && word + capacity * elem <= memory.size);
      }
      case Slot.emptyInterface:
        return word === 0 ? (second() === 0 ? NOTHING : NO) : when(this.#shapes.typeAt(word) !== undefined);
      case Slot.interface:
        if (word === 0) return second() === 0 ? NOTHING : NO;
        return when(this.#shapes.typeAt(memory.word(address(word + WORD))) !== undefined);
      case Slot.pointer:
        return word === 0 ? NOTHING : this.#target(word, argument, trusted);
      case Slot.map:
        return word === 0 ? NOTHING : this.#mapTarget(word, argument);
      case Slot.func:
        // What a function value points to begins with the function's PC.
        return word === 0 ? NOTHING : when(this.#tracer.isEntry(memory.word(address(word))));
      default:
        return NOTHING;
    }
  }

  #mapTarget(at: number, descriptor: number): number {
    const target = this.#objects.find(at);
    if (target < 0) return NOTHING;
    if (this.#objects.sizeOf(target) !== MAP_HEADER || this.#objects.addressOf(target) !== at) return NO;
    const known = this.#tracer.types.at(this.#tracer.type[target] ?? 0);
    if (known.kind === 'unknown') return NOTHING;
    if (known.kind === 'value') return this.#mapHeaders.has(known.descriptor) ? NOTHING : NO;
    return known.kind === 'map' && known.descriptor === descriptor ? SURE : NO;
  }

  /** How well a value of the type goes with what is at `at`. */
  #target(at: number, descriptor: number, trusted: number): number {
    const shape = this.#shapes.shapeAt(descriptor);
    const target = this.#objects.find(at);
    if (target < 0 || shape === undefined) return NOTHING;
    const from = at - this.#objects.addressOf(target);
    if (from + shape.type.size > this.#objects.sizeOf(target)) return NO;
    if (shape.pointers.length > 0 && !this.#objects.hasPointers(target)) return NO;
    const rank = this.#tracer.rank[target] ?? 0;
    if (rank < trusted || from !== this.#pointers.headerSize(target)) return NOTHING;
    const known = this.#tracer.types.at(this.#tracer.type[target] ?? 0);
    if (known.kind !== 'value') return known.kind === 'array' ? NOTHING : NO;
    if (known.descriptor === descriptor) return SURE;
    // A pointer to the first field is one to the struct as well.
    return shape.type.size < (this.#shapes.shapeAt(known.descriptor)?.type.size ?? 0) ? NOTHING : NO;
  }
}

function orNo(score: () => number): number {
  try {
    return score();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return NO;
  }
}
