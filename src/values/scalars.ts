import { FormatError } from '../base/format-error.ts';
import type { Address } from '../base/units.ts';
import { Kind } from '../go/runtime/types.ts';
import type { Memory } from '../memory/memory.ts';
import type { ValueType } from './value-type.ts';

/** The float of so many bytes at an address. */
export function floatAt(memory: Memory, at: Address, size: number): number {
  const bytes = memory.bytes(at, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, size);
  return size === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
}

/** The integer of an integer type at an address; throws a FormatError for other types. */
export function integerAt(memory: Memory, type: ValueType, at: Address): bigint {
  const { kind, size } = type;
  if (kind < Kind.int || kind > Kind.uintptr) {
    throw new FormatError('type', type.descriptor ?? 0, `${type.name} is no integer type`);
  }
  const raw =
    size === 8
      ? memory.u64(at)
      : BigInt(size === 4 ? memory.u32(at) : size === 2 ? memory.u16(at) : memory.u8(at));
  return kind <= Kind.int64 ? BigInt.asIntN(size * 8, raw) : raw;
}
