import { FormatError } from '../../../base/format-error.ts';
import type { Steps } from '../../../base/steps.ts';
import { address } from '../../../base/units.ts';
import type { Memory } from '../../../memory/memory.ts';
import { Kind } from '../types.ts';
import type { TypeTracer } from './infer.ts';
import { Rank } from './rank.ts';
import type { HeapObjects } from './objects.ts';
import type { PointerWords } from './pointer-words.ts';
import type { Shape, TypeShapes } from './type-shapes.ts';

const WORD = 8;
/** Words of an object that are looked at. */
const LOOKED_AT = 256;
/** As many elements have to agree. */
const ENOUGH = 2;
const STEP = 0x3ff;

/**
 * Arrays whose type nothing says: of pointers, when every word is one and all that are set lead to values of one type; of strings, when every
 * other word is one and a length that its target has stands behind it.
 */
export function* guessArrays(
  memory: Memory,
  objects: HeapObjects,
  pointers: PointerWords,
  shapes: TypeShapes,
  all: readonly Shape[],
  tracer: TypeTracer,
): Steps<void> {
  /** For each type the type of pointers to it. */
  const pointerTo = new Map<number, number>();
  let stringType = 0;
  for (const { type } of all) {
    if (type.kind === Kind.pointer) pointerTo.set(shapes.elemOf(type), type.address);
    if (type.kind === Kind.string && type.name === 'string') stringType = type.address;
  }
  const words = new Uint32Array(LOOKED_AT);
  let count = 0;
  const collect = (at: number): void => {
    if (count < LOOKED_AT) words[count] = at;
    count++;
  };
  const stride = (): number => {
    const step = (words[1] ?? 0) - (words[0] ?? 0);
    for (let i = 1; i < Math.min(count, LOOKED_AT); i++) {
      if ((words[i] ?? 0) - (words[i - 1] ?? 0) !== step) return 0;
    }
    return step;
  };
  /** The type of all targets; 0 where they have none or several. */
  const commonTarget = (): number => {
    let common = 0;
    const seen = new Set<number>();
    for (let i = 0; i < Math.min(count, LOOKED_AT); i++) {
      const pointer = memory.word(address(words[i] ?? 0));
      if (pointer === 0) continue;
      const target = objects.find(pointer);
      if (target < 0 || objects.addressOf(target) + pointers.headerSize(target) !== pointer) return 0;
      const { kind, descriptor } = tracer.types.at(tracer.type[target] ?? 0);
      if (kind !== 'value' || (common !== 0 && common !== descriptor)) return 0;
      common = descriptor;
      seen.add(target);
    }
    return seen.size >= ENOUGH ? common : 0;
  };
  const allStrings = (): boolean => {
    const seen = new Set<number>();
    for (let i = 0; i < Math.min(count, LOOKED_AT); i++) {
      const pointer = memory.word(address(words[i] ?? 0));
      const length = memory.word(address((words[i] ?? 0) + WORD));
      if (pointer === 0 ? length !== 0 : length === 0 || pointer + length > memory.size) return false;
      const target = pointer === 0 ? -1 : objects.find(pointer);
      if (target < 0) continue;
      const known = tracer.types.at(tracer.type[target] ?? 0).kind;
      const end = objects.addressOf(target) + objects.sizeOf(target);
      if (objects.hasPointers(target) || pointer + length > end) return false;
      if (known !== 'string' && known !== 'unknown') return false;
      seen.add(pointer);
    }
    return seen.size >= ENOUGH;
  };
  for (let object = 0; object < objects.count; object++) {
    if ((object & STEP) === 0) yield object / objects.count;
    if (tracer.rank[object] !== Rank.none || !objects.hasPointers(object)) continue;
    count = 0;
    pointers.visit(object, collect);
    if (count < ENOUGH || words[0] !== objects.addressOf(object)) continue;
    try {
      const step = stride();
      let elem = 0;
      if (step === WORD) elem = pointerTo.get(commonTarget()) ?? 0;
      else if (step === 2 * WORD && allStrings()) elem = stringType;
      if (elem === 0) continue;
      tracer.sayShape(object, tracer.types.number('array', elem));
      yield* tracer.run();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
}
