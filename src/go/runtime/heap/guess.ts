import { FormatError } from '../../../base/format-error.ts';
import { address } from '../../../base/units.ts';
import type { Memory } from '../../../memory/memory.ts';
import { Rank, shapeKey, type TypeTracer } from './infer.ts';
import type { HeapObjects } from './objects.ts';
import type { PointerWords } from './pointer-words.ts';
import { RootKind, type Roots } from './roots.ts';
import { Kind, type GoType } from '../types.ts';
import { Slot, type Shape, type TypeShapes } from './type-shapes.ts';

const WORD = 8;
/** Buckets or groups of a map that are looked at. */
const CHECKED_ENTRIES = 64;
const CLOSURE = /^struct \{ \.?F uintptr/;

/** What interfaces and functions in variables and on stacks say: they know their types; other pointers there do not. */
export function followRoots(memory: Memory, roots: Roots, tracer: TypeTracer): void {
  for (let i = 0; i < roots.count; i++) {
    const at = roots.at[i] ?? 0;
    if (roots.kind[i] === RootKind.special || at < WORD) continue;
    try {
      if (tracer.followInterface(at - WORD, false) || tracer.followInterface(at - WORD, true)) continue;
      tracer.sayClosure(memory.word(address(at)));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
}

/** A map type, and the shape of its buckets or groups. */
export interface MapShape {
  readonly type: GoType;
  readonly storage: Shape;
}

/** Types by what their values look like. */
export class ShapeIndex {
  readonly maps: readonly MapShape[];
  /** Descriptors of the types of map headers. */
  readonly mapHeaders: ReadonlySet<number>;
  /** Where a channel has the type of its elements; -1 where that is not known. */
  readonly elemTypeOffset: number;
  readonly #byKey = new Map<string, Shape[]>();
  readonly #channels = new Map<number, number>();

  constructor(all: readonly Shape[], shapes: TypeShapes, headers: boolean, elemTypeOffset: number) {
    const maps: MapShape[] = [];
    const mapHeaders = new Set<number>();
    this.elemTypeOffset = elemTypeOffset;
    for (const shape of all) {
      const { type } = shape;
      if (type.kind === Kind.chan && !this.#channels.has(shapes.elemOf(type))) {
        this.#channels.set(shapes.elemOf(type), type.address);
      }
      const parts = type.kind === Kind.map ? shapes.mapParts(type.address) : undefined;
      const storage = parts && shapes.shapeAt(parts.storage);
      if (storage !== undefined && storage.type.size > 0) maps.push({ type, storage });
      if (type.name === 'runtime.hmap' || type.name === 'maps.Map') mapHeaders.add(type.address);
      if (shape.pointers.length === 0 || !shape.complete) continue;
      const key = shapeKey(shape, headers);
      const list = this.#byKey.get(key);
      if (list === undefined) this.#byKey.set(key, [shape]);
      else list.push(shape);
    }
    this.maps = maps;
    this.mapHeaders = mapHeaders;
  }

  get(key: string): readonly Shape[] {
    return this.#byKey.get(key) ?? [];
  }

  /** A channel type of these elements. */
  channelOf(elem: number): number | undefined {
    return this.#channels.get(elem);
  }
}

/** Objects whose type nothing says: the one type of their size whose pointers are theirs, and whose values could be theirs. */
export function guessByShape(
  memory: Memory,
  objects: HeapObjects,
  pointers: PointerWords,
  shapes: TypeShapes,
  index: ShapeIndex,
  tracer: TypeTracer,
  checkpoint: () => void,
): void {
  const unknown: { object: number; words: number }[] = [];
  for (let object = 0; object < objects.count; object++) {
    if (tracer.rank[object] !== Rank.none || !objects.hasPointers(object)) continue;
    let words = 0;
    pointers.visit(object, () => words++);
    if (words > 0) unknown.push({ object, words });
  }
  // The more pointers the more their pattern says.
  unknown.sort((a, b) => b.words - a.words || a.object - b.object);
  const plausible = new Plausible(memory, objects, pointers, shapes);
  for (const { object } of unknown) {
    if (tracer.rank[object] !== Rank.none) continue;
    const found = index
      .get(tracer.pointerKey(object))
      .filter((shape) => plausible.check(object, shape, tracer));
    const [shape] = found;
    if (shape === undefined) continue;
    const said =
      (found.every(isClosure) && tracer.sayClosure(objects.addressOf(object))) ||
      (found.length === 1 && !isClosure(shape) && sayGuess(memory, objects, object, shape, index, tracer));
    if (said) tracer.run(checkpoint);
  }
  guessMaps(objects, index, plausible, tracer, checkpoint);
}

/** Closures are structs whose first field F is the function. */
const isClosure = (shape: Shape): boolean => CLOSURE.test(shape.type.name);

function sayGuess(
  memory: Memory,
  objects: HeapObjects,
  object: number,
  shape: Shape,
  index: ShapeIndex,
  tracer: TypeTracer,
): boolean {
  if (shape.type.name === 'runtime.hchan' && index.elemTypeOffset >= 0) {
    // A channel knows the type of its elements.
    const elem = memory.word(address(objects.addressOf(object) + index.elemTypeOffset));
    const chan = index.channelOf(elem);
    if (chan !== undefined) {
      tracer.sayShape(object, tracer.types.number('chan', chan));
      return true;
    }
  }
  tracer.sayShape(object, tracer.types.number('value', shape.type.address));
  return true;
}

/** Headers of maps whose type nothing says: the one map type whose entries are plausible. */
function guessMaps(
  objects: HeapObjects,
  index: ShapeIndex,
  plausible: Plausible,
  tracer: TypeTracer,
  checkpoint: () => void,
): void {
  for (let object = 0; object < objects.count; object++) {
    if (tracer.rank[object] !== Rank.shape) continue;
    const { kind, descriptor } = tracer.types.at(tracer.type[object] ?? 0);
    if (kind !== 'value' || !index.mapHeaders.has(descriptor)) continue;
    const found = index.maps.filter(({ storage }) => plausible.checkMap(object, storage, tracer));
    const [map] = found;
    if (found.length !== 1 || map === undefined) continue;
    tracer.sayShape(object, tracer.types.number('map', map.type.address));
    tracer.run(checkpoint);
  }
}

/** Whether an object's words could be a value's. */
class Plausible {
  readonly #memory: Memory;
  readonly #objects: HeapObjects;
  readonly #pointers: PointerWords;
  readonly #shapes: TypeShapes;

  constructor(memory: Memory, objects: HeapObjects, pointers: PointerWords, shapes: TypeShapes) {
    this.#memory = memory;
    this.#objects = objects;
    this.#pointers = pointers;
    this.#shapes = shapes;
  }

  check(object: number, shape: Shape, tracer: TypeTracer): boolean {
    const start = (this.#objects.address[object] ?? 0) + this.#pointers.headerSize(object);
    try {
      for (let i = 0; i < shape.offset.length; i++) {
        const at = start + (shape.offset[i] ?? 0);
        if (!this.#slot(at, shape.code[i] ?? 0, shape.argument[i] ?? 0, tracer)) return false;
      }
      return true;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return false;
    }
  }

  /** Whether the map with this header can have entries in buckets or groups of this shape. */
  checkMap(header: number, shape: Shape, tracer: TypeTracer): boolean {
    try {
      return tracer
        .mapStorages(header, shape)
        .every(({ at, count }) => this.#entries(at, count, shape, tracer));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return false;
    }
  }

  #entries(at: number, count: number, shape: Shape, tracer: TypeTracer): boolean {
    const object = this.#objects.find(at);
    if (count === 0 || object < 0) return false;
    if (this.#objects.addressOf(object) + this.#pointers.headerSize(object) !== at) return false;
    const known = tracer.types.at(tracer.type[object] ?? 0);
    if (tracer.rank[object] === Rank.exact && known.descriptor !== shape.type.address) return false;
    if (!tracer.holds(object, shape, count)) return false;
    for (let n = 0; n < Math.min(count, CHECKED_ENTRIES); n++) {
      for (let i = 0; i < shape.offset.length; i++) {
        const slot = at + n * shape.type.size + (shape.offset[i] ?? 0);
        if (!this.#slot(slot, shape.code[i] ?? 0, shape.argument[i] ?? 0, tracer, Rank.shape)) return false;
      }
    }
    return true;
  }

  #slot(
    at: number,
    code: number,
    argument: number,
    tracer: TypeTracer,
    trusted: number = Rank.fits,
  ): boolean {
    const memory = this.#memory;
    const word = memory.word(address(at));
    const second = (): number => memory.word(address(at + WORD));
    switch (code) {
      case Slot.string: {
        const length = second();
        return word === 0 ? length === 0 : word + length <= memory.size;
      }
      case Slot.slice: {
        const length = second();
        const capacity = memory.word(address(at + 2 * WORD));
        const elem = this.#shapes.typeAt(argument)?.size ?? 0;
        return length <= capacity && (word !== 0 || capacity === 0) && word + capacity * elem <= memory.size;
      }
      case Slot.emptyInterface:
        return word === 0 ? second() === 0 : this.#shapes.typeAt(word) !== undefined;
      case Slot.interface:
        return word === 0
          ? second() === 0
          : word + 16 <= memory.size && this.#shapes.typeAt(memory.word(address(word + WORD))) !== undefined;
      case Slot.pointer:
        return word === 0 || this.#target(word, argument, tracer, trusted);
      default:
        return word === 0 || word < memory.size;
    }
  }

  /** Whether a value of the type can be at `at`. */
  #target(at: number, descriptor: number, tracer: TypeTracer, trusted: number): boolean {
    if (at >= this.#memory.size) return false;
    const shape = this.#shapes.shapeAt(descriptor);
    const target = this.#objects.find(at);
    if (target < 0 || shape === undefined) return true;
    const from = at - (this.#objects.address[target] ?? 0);
    if (from + shape.type.size > this.#objects.sizeOf(target)) return false;
    if (shape.pointers.length > 0 && !this.#objects.hasPointers(target)) return false;
    const rank = tracer.rank[target] ?? 0;
    if (rank < trusted || from !== this.#pointers.headerSize(target)) return true;
    const known = tracer.types.at(tracer.type[target] ?? 0);
    if (known.kind !== 'value') return known.kind === 'array';
    // A pointer to the first field is one to the struct as well.
    return (
      known.descriptor === descriptor ||
      shape.type.size < (this.#shapes.shapeAt(known.descriptor)?.type.size ?? 0)
    );
  }
}
