import { FormatError } from '../../../base/format-error.ts';
import { address } from '../../../base/units.ts';
import { Kind, type TypeReader } from '../types.ts';
import type { ObjectType } from './object-types.ts';
import type { TypeShapes } from './type-shapes.ts';

const MAX_DEPTH = 32;
const WORD = 8;

/** Of map headers up to Go 1.23, and since: what their words are called. */
const MAP_FIELDS: Readonly<Record<number, string>> = { 16: 'entries', 24: 'old entries', 40: 'overflow' };

/**
 * How Go would write the place `offset` bytes into an object of this type, behind the object's own name: `.user.tags`, `[3].name`;
 * `+24` where the type does not tell.
 */
export function fieldPath(types: TypeReader, shapes: TypeShapes, type: ObjectType, offset: number): string {
  const unknown = `+${offset}`;
  switch (type.kind) {
    case 'value':
      return within(types, shapes, type.descriptor, offset, 0) ?? unknown;
    case 'array': {
      const elem = shapes.typeAt(type.descriptor);
      if (elem === undefined || elem.size === 0) return unknown;
      const index = Math.floor(offset / elem.size);
      const rest = offset % elem.size;
      return `[${index}]${within(types, shapes, elem.address, rest, 0) ?? (rest === 0 ? '' : `+${rest}`)}`;
    }
    case 'closure':
      return ` captures +${offset}`;
    case 'map':
      return ` ${MAP_FIELDS[offset] ?? unknown}`;
    case 'chan':
      return offset === 2 * WORD ? ' buffer' : unknown;
    case 'directory':
      return `[${Math.floor(offset / WORD)}]`;
    case 'string':
    case 'unknown':
      return unknown;
  }
}

function within(
  types: TypeReader,
  shapes: TypeShapes,
  descriptor: number,
  offset: number,
  depth: number,
): string | undefined {
  const type = shapes.typeAt(descriptor);
  if (type === undefined || depth > MAX_DEPTH || offset >= type.size) return undefined;
  if (type.kind === Kind.array) {
    const elem = shapes.typeAt(shapes.elemOf(type));
    if (elem === undefined || elem.size === 0) return undefined;
    const inner = within(types, shapes, elem.address, offset % elem.size, depth + 1);
    return inner === undefined ? undefined : `[${Math.floor(offset / elem.size)}]${inner}`;
  }
  if (type.kind !== Kind.struct) return '';
  try {
    for (const field of types.fieldsOf(type.address)) {
      const size = shapes.typeAt(field.type)?.size ?? 0;
      if (offset < field.offset || offset >= field.offset + size) continue;
      const inner = within(types, shapes, address(field.type), offset - field.offset, depth + 1);
      return inner === undefined ? undefined : `.${field.name}${inner}`;
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  return undefined;
}
