import { address, type Address } from '../../base/units.ts';
import type { Memory } from '../../memory/memory.ts';
import type { RuntimeVersion } from './layouts.ts';
import { readString } from './print.ts';
import type { GoType, TypeReader } from './types.ts';

// The texts of runtime.Error values (Go src/runtime/error.go, 1.19 to 1.27).

/** By boundsErrorCode; %x and %y are the error's numbers. */
const BOUNDS = [
  'index out of range [%x] with length %y',
  'slice bounds out of range [:%x] with length %y',
  'slice bounds out of range [:%x] with capacity %y',
  'slice bounds out of range [%x:%y]',
  'slice bounds out of range [::%x] with length %y',
  'slice bounds out of range [::%x] with capacity %y',
  'slice bounds out of range [:%x:%y]',
  'slice bounds out of range [%x:%y:]',
  'cannot convert slice with length %y to array or pointer to array with length %x',
] as const;

/** The same where x is negative. */
const NEGATIVE_BOUNDS = [
  'index out of range [%x]',
  'slice bounds out of range [:%x]',
  'slice bounds out of range [:%x]',
  'slice bounds out of range [%x:]',
  'slice bounds out of range [::%x]',
  'slice bounds out of range [::%x]',
  'slice bounds out of range [:%x:]',
  'slice bounds out of range [%x::]',
] as const;

/** What the Error method of a runtime error gives; undefined for other types. `data` is the interface's data word. */
export function runtimeErrorText(
  context: { readonly memory: Memory; readonly types: TypeReader; readonly version: RuntimeVersion },
  type: GoType,
  data: Address,
): string | undefined {
  const { memory, types, version } = context;
  switch (type.name) {
    case 'runtime.boundsError':
      return boundsText(memory, data);
    case 'runtime.plainError':
      return readString(memory, data);
    case 'runtime.errorString':
    case 'runtime.errorAddressString': {
      const text = readString(memory, data);
      return text === undefined ? undefined : `runtime error: ${text}`;
    }
    case '*runtime.TypeAssertionError':
      return assertionText(memory, types, data);
    case '*runtime.PanicNilError':
      return `${version.prefixesNilPanic ? 'runtime error: ' : ''}panic called with nil argument`;
    default:
      return undefined;
  }
}

/** boundsError is {x int64; y int; signed bool; code uint8}. */
function boundsText(memory: Memory, at: Address): string | undefined {
  const signed = memory.u8(address(at + 16)) !== 0;
  const bits = memory.u64(at);
  const x = signed ? BigInt.asIntN(64, bits) : bits;
  const code = memory.u8(address(at + 17));
  const format = (x < 0n ? NEGATIVE_BOUNDS[code] : undefined) ?? BOUNDS[code];
  if (format === undefined) return undefined;
  const y = BigInt.asIntN(64, memory.u64(address(at + 8)));
  return `runtime error: ${format.replace('%x', String(x)).replace('%y', String(y))}`;
}

/** TypeAssertionError is {_interface, concrete, asserted *_type; missingMethod string}. */
function assertionText(memory: Memory, types: TypeReader, at: Address): string | undefined {
  const name = (offset: number): string | undefined => {
    const type = memory.word(address(at + offset));
    return type === 0 ? undefined : types.typeAt(address(type)).name;
  };
  const from = name(0) ?? 'interface';
  const concrete = name(8);
  const asserted = name(16) ?? '';
  const missing = readString(memory, address(at + 24));
  if (concrete === undefined) return `interface conversion: ${from} is nil, not ${asserted}`;
  if (missing !== undefined && missing !== '') {
    return `interface conversion: ${concrete} is not ${asserted}: missing method ${missing}`;
  }
  const text = `interface conversion: ${from} is ${concrete}, not ${asserted}`;
  if (concrete !== asserted) return text;
  return `${text} (types from different packages or scopes)`;
}
