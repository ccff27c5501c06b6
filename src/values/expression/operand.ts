import { address, type Address } from '../../base/units.ts';
import { Kind } from '../../go/runtime/types.ts';
import { floatAt, integerAt } from '../scalars.ts';
import { layoutOf, readWord, type ValueSource } from '../value-places.ts';
import { basicType, type ValueType } from '../value-type.ts';
import { ExpressionError } from './expression-error.ts';
import type { Span } from './syntax.ts';

/** The value of a constant, or of an operand that stands nowhere in memory. A string has a character a byte; null is nil. */
export type Scalar = bigint | number | boolean | string | null;

/** Kinds of constants without a type (The Go Programming Language Specification, "Constants"). */
export type Untyped = 'bool' | 'int' | 'rune' | 'float' | 'string' | 'nil';

/** What an expression gives: a place in memory, a value of a type, or a constant that takes the type of what it meets. */
export type Operand =
  | { readonly kind: 'place'; readonly type: ValueType; readonly address: Address }
  | { readonly kind: 'value'; readonly type: ValueType; readonly value: Scalar }
  | { readonly kind: 'constant'; readonly untyped: Untyped; readonly value: Scalar };

/** Bytes of a string that take part in an operation. */
const MAX_STRING = 1 << 16;
/** Bits of a constant (cmd/compile allows as many). */
const MAX_BITS = 512n;

export const isInteger = ({ kind }: ValueType): boolean => kind >= Kind.int && kind <= Kind.uintptr;
export const isFloat = ({ kind }: ValueType): boolean => kind === Kind.float32 || kind === Kind.float64;
export const isSigned = ({ kind }: ValueType): boolean => kind >= Kind.int && kind <= Kind.int64;
/** Pointers, and what is one word that is compared as one. */
export const isPointer = ({ kind }: ValueType): boolean =>
  kind === Kind.pointer || kind === Kind.unsafePointer || kind === Kind.chan;
/** What nil can be. */
export const hasNil = (type: ValueType): boolean =>
  isPointer(type) || [Kind.map, Kind.slice, Kind.func, Kind.interface].some((kind) => kind === type.kind);

export const typeNameOf = (operand: Operand): string =>
  operand.kind === 'constant'
    ? operand.untyped === 'nil'
      ? 'nil'
      : `untyped ${operand.untyped}`
    : operand.type.name;

/** A basic type that is always there. */
export function predeclared(name: string): ValueType {
  const type = basicType(name);
  if (type === undefined) throw new Error(`${name} is not predeclared`);
  return type;
}

/** The type that a constant has where nothing else gives it one; undefined for nil. */
export function defaultType(untyped: Untyped): ValueType | undefined {
  if (untyped === 'nil') return undefined;
  return predeclared(
    { bool: 'bool', int: 'int', rune: 'int32', float: 'float64', string: 'string' }[untyped],
  );
}

/** The value of a boolean, number or string, or the word of a pointer, wherever it stands. Throws an ExpressionError for other types. */
export function scalarOf(source: ValueSource, operand: Operand, at: Span): Scalar {
  const { memory } = source;
  if (operand.kind !== 'place') return operand.value;
  const { type, address: place } = operand;
  if (isInteger(type)) return integerAt(memory, type, place);
  if (isFloat(type)) return floatAt(memory, place, type.size);
  if (isPointer(type) || type.kind === Kind.map || type.kind === Kind.func) {
    const word = type.kind === Kind.func ? address(place + layoutOf(source).functionWord) : place;
    const value = BigInt(readWord(source, word));
    return value === 0n ? null : value;
  }
  if (type.kind === Kind.bool) return memory.u8(place) !== 0;
  if (type.kind === Kind.string) {
    const length = readWord(source, address(place + layoutOf(source).word));
    if (length > MAX_STRING)
      throw new ExpressionError(`a string of ${length} bytes is too long for this`, at);
    const bytes = length === 0 ? new Uint8Array() : memory.bytes(address(readWord(source, place)), length);
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    return text;
  }
  throw new ExpressionError(`${type.name} cannot be part of this`, at);
}

/** Makes a constant a value of a type; throws an ExpressionError where it does not fit. */
export function convert(constant: Extract<Operand, { kind: 'constant' }>, type: ValueType, at: Span): Scalar {
  const { value, untyped } = constant;
  const no = (): ExpressionError =>
    new ExpressionError(
      `${constantText(constant)} (untyped ${untyped}) cannot be a value of type ${type.name}`,
      at,
    );
  if (untyped === 'nil') {
    if (hasNil(type)) return null;
    throw no();
  }
  if (isInteger(type)) {
    const whole =
      typeof value === 'bigint'
        ? value
        : typeof value === 'number' && Number.isInteger(value)
          ? BigInt(value)
          : null;
    if (whole === null)
      throw typeof value === 'number' ? new ExpressionError(`${value} is no whole number`, at) : no();
    if (wrap(type, whole) !== whole) throw new ExpressionError(`${whole} overflows ${type.name}`, at);
    return whole;
  }
  if (isFloat(type)) {
    if (typeof value !== 'bigint' && typeof value !== 'number') throw no();
    return type.size === 4 ? Math.fround(Number(value)) : Number(value);
  }
  if (type.kind === Kind.bool && typeof value === 'boolean') return value;
  if (type.kind === Kind.string && typeof value === 'string') return value;
  throw no();
}

/** What a variable of an integer type keeps of a number. */
export const wrap = (type: ValueType, value: bigint): bigint =>
  isSigned(type) ? BigInt.asIntN(type.size * 8, value) : BigInt.asUintN(type.size * 8, value);

/** An integer constant; throws an ExpressionError for one that the compiler would refuse. */
export function checkConstant(value: bigint, at: Span): bigint {
  if (BigInt.asIntN(Number(MAX_BITS), value) !== value)
    throw new ExpressionError('the constant is too large', at);
  return value;
}

const constantText = ({ value }: Extract<Operand, { kind: 'constant' }>): string =>
  typeof value === 'string' ? JSON.stringify(value) : value === null ? 'nil' : String(value);
