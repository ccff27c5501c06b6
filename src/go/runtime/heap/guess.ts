import { FormatError } from '../../../base/format-error.ts';
import { asPart, type Steps } from '../../../base/steps.ts';
import { address } from '../../../base/units.ts';
import type { Memory } from '../../../memory/memory.ts';
import { shapeKey } from './closure-shapes.ts';
import type { TypeTracer } from './infer.ts';
import { Rank } from './rank.ts';
import type { HeapObjects } from './objects.ts';
import type { PointerWords } from './pointer-words.ts';
import { RootKind, type Roots } from './roots.ts';
import { Kind, type GoType } from '../types.ts';
import { GrowingColumn } from './columns.ts';
import { Plausible } from './plausible.ts';
import { type Shape, type TypeShapes } from './type-shapes.ts';

const WORD = 8;
/** Pointers of an object whose pattern is compared with those of types. */
const MAX_WORDS = 64;
const STEP = 0x3ff;
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
      // What generic code knows of a type is not what the program calls it.
      if (type.name.includes('go.shape.')) continue;
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
export function* guessByShape(
  memory: Memory,
  objects: HeapObjects,
  pointers: PointerWords,
  shapes: TypeShapes,
  index: ShapeIndex,
  tracer: TypeTracer,
): Steps<void> {
  const plausible = new Plausible(memory, objects, pointers, shapes, tracer, index.mapHeaders);
  let steps = 0;
  const unknown = yield* asPart(0, 0.2, unknownObjects(objects, pointers, tracer));
  for (const object of unknown) {
    if ((++steps & STEP) === 0) yield 0.2 + (steps / unknown.length) * 0.6;
    if (tracer.rank[object] !== Rank.none) continue;
    const shape = best(index.get(tracer.pointerKey(object)), (one) => plausible.score(object, one));
    if (shape === undefined) continue;
    const said = isClosure(shape)
      ? tracer.sayClosure(objects.addressOf(object))
      : sayGuess(memory, objects, object, shape, index, tracer);
    if (said) yield* tracer.run();
  }
  yield* asPart(0.8, 1, guessMaps(objects, index, plausible, tracer));
}

/** Objects with pointers of which nothing is known; the more pointers the earlier: their pattern says more. */
function* unknownObjects(
  objects: HeapObjects,
  pointers: PointerWords,
  tracer: TypeTracer,
): Steps<Uint32Array> {
  const found = new GrowingColumn();
  const counts = new GrowingColumn();
  const before = new Uint32Array(MAX_WORDS + 2);
  let words = 0;
  const count = (): void => {
    words++;
  };
  for (let object = 0; object < objects.count; object++) {
    if ((object & STEP) === 0) yield object / objects.count;
    if (tracer.rank[object] !== Rank.none || !objects.hasPointers(object)) continue;
    words = 0;
    pointers.visit(object, count);
    if (words === 0 || words > MAX_WORDS) continue;
    found.push(object);
    counts.push(words);
    const place = MAX_WORDS - words + 1;
    before[place] = (before[place] ?? 0) + 1;
  }
  for (let i = 1; i < before.length; i++) before[i] = (before[i] ?? 0) + (before[i - 1] ?? 0);
  const sorted = new Uint32Array(found.length);
  for (let i = 0; i < found.length; i++) {
    const place = MAX_WORDS - counts.at(i);
    const at = before[place] ?? 0;
    sorted[at] = found.at(i);
    before[place] = at + 1;
  }
  return sorted;
}

/** The one of the highest score, which must not be negative; undefined where several share it. */
function best<One>(all: readonly One[], score: (one: One) => number): One | undefined {
  let found: One | undefined;
  let highest = -1;
  for (const one of all) {
    const value = score(one);
    if (value > highest) {
      highest = value;
      found = one;
    } else if (value === highest) found = undefined;
  }
  return found;
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
function* guessMaps(
  objects: HeapObjects,
  index: ShapeIndex,
  plausible: Plausible,
  tracer: TypeTracer,
): Steps<void> {
  for (let object = 0; object < objects.count; object++) {
    if ((object & STEP) === 0) yield object / objects.count;
    if (tracer.rank[object] !== Rank.shape) continue;
    const { kind, descriptor } = tracer.types.at(tracer.type[object] ?? 0);
    if (kind !== 'value' || !index.mapHeaders.has(descriptor)) continue;
    const map = best(index.maps, ({ storage }) => plausible.scoreMap(object, storage));
    if (map === undefined) continue;
    tracer.sayShape(object, tracer.types.number('map', map.type.address));
    yield* tracer.run();
  }
}
