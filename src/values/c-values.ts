import { address, type Address } from '../base/units.ts';
import type { Enumerator } from '../dwarf/types.ts';
import { hex } from '../go/runtime/text.ts';
import { Kind } from '../go/runtime/types.ts';
import type { Memory } from '../memory/memory.ts';
import { quote } from './go-literals.ts';
import { MadeType, type ValueType } from './value-type.ts';

// Texts of what C has and Go has not.

/** Characters of a text that is shown; it ends with a 0. */
const MAX_TEXT = 64;
/** Bytes of a value that are shown one by one. */
const MAX_BYTES = 32;

/** A little-endian integer of up to 8 bytes. */
function unsignedOf(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = Math.min(8, bytes.length) - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return value;
}

/** `NULL`, `0x1f00`, `0x1f00 "text"`. */
export function pointerText(memory: Memory, at: Address, size: number, isText: boolean): string {
  const to = Number(unsignedOf(memory.bytes(at, size)));
  if (to === 0) return 'NULL';
  if (!isText || to >= memory.size) return hex(to);
  return `${hex(to)} ${charText(memory.bytes(address(to), Math.min(MAX_TEXT, memory.size - to)))}`;
}

/** Characters up to a 0. */
export function charText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  const shown = bytes.subarray(0, Math.min(end < 0 ? bytes.length : end, MAX_TEXT));
  return quote(shown) + (end < 0 && bytes.length >= MAX_TEXT ? '...' : '');
}

/** The name of a value of an enumeration; its number where it has none. */
export function enumText(
  memory: Memory,
  at: Address,
  size: number,
  enumerators: readonly Enumerator[],
): string {
  const value = unsignedOf(memory.bytes(at, size));
  const bits = 8 * Math.min(8, size);
  const found = enumerators.find((one) => BigInt.asUintN(bits, one.value) === value);
  return found === undefined ? String(BigInt.asIntN(bits, value)) : `${found.name} (${found.value})`;
}

/** `00 01`: what nothing is known of but its bytes. */
export function hexBytes(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, MAX_BYTES), (byte) => byte.toString(16).padStart(2, '0'));
  return shown.join(' ') + (bytes.length > MAX_BYTES ? ` ... (${bytes.length} bytes)` : '');
}

/** `bits` bits of an integer, the first of which is bit `first` of its byte. */
export function bitFieldType(of: ValueType, first: number, bits: number): ValueType {
  const size = Math.ceil((first + bits) / 8);
  const isSigned = of.kind >= Kind.int && of.kind <= Kind.int64;
  const format = (memory: Memory, at: Address): string => {
    const value = BigInt.asUintN(bits, unsignedOf(memory.bytes(at, size)) >> BigInt(first));
    return String(isSigned ? BigInt.asIntN(bits, value) : value);
  };
  return new BitField(`${of.name}:${bits}`, of.kind, size, format);
}

class BitField extends MadeType {
  readonly format: (memory: Memory, at: Address) => string;

  constructor(name: string, kind: number, size: number, format: (memory: Memory, at: Address) => string) {
    super(name, kind, size);
    this.format = format;
  }
}
