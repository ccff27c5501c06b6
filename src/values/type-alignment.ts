import { FormatError } from '../base/format-error.ts';
import { Kind } from '../go/runtime/types.ts';
import type { ValueType } from './value-type.ts';

/** Structs in structs that are followed for their alignment. */
const MAX_NESTING = 20;

/** How a value is aligned, in bytes; undefined where the type says too little. */
export function alignmentOf(type: ValueType, nesting = 0): number | undefined {
  if (nesting > MAX_NESTING) return undefined;
  try {
    if (type.kind === Kind.array) return alignmentOf(type.element(), nesting + 1);
    if (type.kind === Kind.struct) {
      const all = type.fields().map((field) => alignmentOf(field.type, nesting + 1));
      return all.includes(undefined) ? undefined : Math.max(1, ...all.filter((one) => one !== undefined));
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return undefined;
  }
  return type.kind === Kind.complex64 ? 4 : Math.min(8, Math.max(1, type.size));
}
