import { MAX_KEY } from './closure-shapes.ts';
import type { HeapObjects } from './objects.ts';
import type { PointerWords } from './pointer-words.ts';
import type { Shape } from './type-shapes.ts';

const WORD = 8;
/** Words of an object that are compared with a type's. */
const MAX_COMPARED = 4096;

/** The words of one object that the collector takes for pointers, compared with those of types; the last object's are kept. Members throw only NeedPages. */
export class ComparedWords {
  readonly #objects: HeapObjects;
  readonly #pointers: PointerWords;
  readonly #words = new Uint32Array(MAX_COMPARED);
  #count = 0;
  /** The object that they are of. */
  #of = -1;

  constructor(objects: HeapObjects, pointers: PointerWords) {
    this.#objects = objects;
    this.#pointers = pointers;
  }

  /** Whether the words that the collector takes for pointers are those of values of this shape, as far as the first `bytes`. */
  agrees(object: number, start: number, shape: Shape, bytes: number): boolean {
    this.#read(object);
    const { size } = shape.type;
    const { pointers } = shape;
    if (size < WORD || pointers.length === 0 || bytes < size) return bytes < size;
    const values = Math.floor(bytes / size);
    let next = 0;
    let limit = Number.POSITIVE_INFINITY;
    if (this.#count === MAX_COMPARED) limit = this.#words[MAX_COMPARED - 1] ?? 0;
    for (let value = 0; value < values; value++) {
      for (let i = 0; i < pointers.length; i++) {
        const at = start + value * size + (pointers[i] ?? 0);
        if (at > limit) return true;
        if (this.#words[next] !== at || next >= this.#count) {
          // The end of an array may not have been made yet: nothing but nothing follows.
          return values > 1 && value > 0 && i === 0 && next === this.#count;
        }
        next++;
      }
    }
    return next === this.#count;
  }

  #read(object: number): void {
    if (this.#of === object) return;
    this.#of = object;
    this.#count = 0;
    this.#pointers.visit(object, (at) => {
      if (this.#count < MAX_COMPARED) this.#words[this.#count++] = at;
    });
  }

  /** Size and pointers of an object as a text, the same as `shapeKey` gives for its type; '' for a very large one. */
  key(object: number): string {
    this.#read(object);
    if (this.#count > MAX_KEY) return '';
    const start = (this.#objects.address[object] ?? 0) + this.#pointers.headerSize(object);
    let key = String(this.#objects.sizeOf(object));
    for (let i = 0; i < this.#count; i++) key += ` ${(this.#words[i] ?? 0) - start}`;
    return key;
  }
}
