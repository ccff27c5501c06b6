import { Kind } from '../types.ts';
import { allocatedSize } from './size-classes.ts';
import type { Shape } from './type-shapes.ts';

/** Pointers of a type whose key is made. */
export const MAX_KEY = 64;

/** What stands for size and pointers of a type's values where they are allocated alone; '' where there are too many. */
export function shapeKey(shape: Shape, headers: boolean): string {
  if (shape.pointers.length > MAX_KEY) return '';
  const size = allocatedSize(shape.type.size, shape.pointers.length > 0, headers);
  return [size, ...shape.pointers].join(' ');
}

/** What closures hold, by their shapes: their types are structs whose first field F is the function. */
export class ClosureShapes {
  readonly #shapes = new Map<string, Shape | undefined>();
  /** Address of the type maps.table; 0 where there is none. */
  readonly tableType: number;

  constructor(shapes: readonly Shape[], headers: boolean) {
    let tableType = 0;
    for (const shape of shapes) {
      const { name, kind, address: at } = shape.type;
      if (name === 'maps.table' && kind === Kind.struct) tableType = at;
      if (!/^struct \{ \.?F uintptr/.test(name)) continue;
      const key = shapeKey(shape, headers);
      const other = this.#shapes.get(key);
      this.#shapes.set(key, this.#shapes.has(key) ? common(other, shape) : shape);
    }
    this.tableType = tableType;
  }

  /** The shape that closures with this key have in common; undefined where there is none. */
  of(key: string): Shape | undefined {
    return this.#shapes.get(key);
  }
}

/** The slots that are the same in both. */
function common(one: Shape | undefined, other: Shape): Shape | undefined {
  if (one === undefined) return undefined;
  const kept: number[] = [];
  one.offset.forEach((offset, i) => {
    const j = other.offset.indexOf(offset);
    if (j >= 0 && other.code[j] === one.code[i] && other.argument[j] === one.argument[i]) kept.push(i);
  });
  return {
    ...one,
    offset: Uint32Array.from(kept, (i) => one.offset[i] ?? 0),
    code: Uint8Array.from(kept, (i) => one.code[i] ?? 0),
    argument: Uint32Array.from(kept, (i) => one.argument[i] ?? 0),
  };
}
