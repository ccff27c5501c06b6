import { Encoding } from './constants.ts';
import { Op } from './operations.ts';

/** A value on the stack of an expression: its bits, unsigned. */
export interface Operand {
  readonly bits: bigint;
  /** Bytes of its type; 0: a number of the expression, which takes the size of what it is used with. */
  readonly bytes: number;
  /** DW_ATE_* where the expression gave it a type; 0: the generic type. */
  readonly encoding: number;
}

const widthOf = (a: Operand, b: Operand): number => Math.max(a.bytes, b.bytes);
const bitsOf = (bytes: number): number => (bytes === 0 ? 64 : 8 * bytes);

const isUnsigned = (encoding: number): boolean =>
  encoding === Encoding.unsigned || encoding === Encoding.unsignedChar || encoding === Encoding.boolean;

/** As a number: of the generic type with a sign, as the standard has it for what depends on it (DWARF 5, 2.5.1.4). */
const signed = ({ bits, encoding }: Operand, bytes: number): bigint =>
  isUnsigned(encoding) ? BigInt.asUintN(bitsOf(bytes), bits) : BigInt.asIntN(bitsOf(bytes), bits);

const isFloat = ({ encoding }: Operand): boolean => encoding === Encoding.float;

/** The bits of a value as they are; those of a float are its IEEE pattern already. */
export const fromFloat = ({ bits, bytes }: Operand): bigint => BigInt.asUintN(bitsOf(bytes), bits);

const view = new DataView(new ArrayBuffer(8));

function toNumber({ bits, bytes }: Operand): number {
  view.setBigUint64(0, BigInt.asUintN(64, bits));
  return bytes === 4 ? view.getFloat32(4) : view.getFloat64(0);
}

function floatBits(value: number, bytes: number): bigint {
  if (bytes !== 4) {
    view.setFloat64(0, value);
    return view.getBigUint64(0);
  }
  view.setFloat32(0, value);
  return BigInt(view.getUint32(0));
}

/** Arithmetic of two values, modulo the size of the larger one. `code`: an operation that takes two; division by zero is the caller's. */
export function binary(code: number, left: Operand, right: Operand): Operand {
  const bytes = code === Op.shl || code === Op.shr || code === Op.shra ? left.bytes : widthOf(left, right);
  const encoding = left.encoding || right.encoding;
  if (isFloat(left) && isFloat(right)) {
    const [a, b] = [toNumber(left), toNumber(right)];
    const result =
      code === Op.plus
        ? a + b
        : code === Op.minus
          ? a - b
          : code === Op.mul
            ? a * b
            : code === Op.div
              ? a / b
              : NaN;
    return { bits: floatBits(result, bytes), bytes, encoding };
  }
  const width = bitsOf(bytes);
  const [a, b] = [signed(left, bytes), signed(right, bytes)];
  const unsignedLeft = BigInt.asUintN(width, left.bits);
  return { bits: BigInt.asUintN(width, integer(code, a, b, unsignedLeft, width)), bytes, encoding };
}

function integer(code: number, a: bigint, b: bigint, unsignedLeft: bigint, width: number): bigint {
  const limit = BigInt(width);
  const shift = b < 0n || b > limit ? limit : b;
  switch (code) {
    case Op.and:
      return a & b;
    case Op.or:
      return a | b;
    case Op.xor:
      return a ^ b;
    case Op.plus:
      return a + b;
    case Op.minus:
      return a - b;
    case Op.mul:
      return a * b;
    case Op.div:
      return a / b;
    case Op.mod:
      // Of the generic type without a sign.
      return unsignedLeft % BigInt.asUintN(width, b);
    case Op.shl:
      return a << shift;
    case Op.shr:
      return unsignedLeft >> shift;
    default:
      return a >> shift;
  }
}

/** Whether a comparison of two values holds; the generic type has a sign. */
export function compare(code: number, left: Operand, right: Operand): boolean {
  const bytes = widthOf(left, right);
  const floats = isFloat(left) && isFloat(right);
  const a = floats ? toNumber(left) : signed(left, bytes);
  const b = floats ? toNumber(right) : signed(right, bytes);
  switch (code) {
    case Op.eq:
      return a === b;
    case Op.ne:
      return a !== b;
    case Op.lt:
      return a < b;
    case Op.le:
      return a <= b;
    case Op.gt:
      return a > b;
    default:
      return a >= b;
  }
}

/** DW_OP_convert, or with `keep` DW_OP_reinterpret, which leaves the bits as they are. */
export function convert(
  value: Operand,
  { size, encoding }: { readonly size: number; readonly encoding: number },
  keep: boolean,
): Operand {
  const bytes = size >= 1 && size <= 8 ? size : 8;
  const width = bitsOf(bytes);
  const toFloat = encoding === Encoding.float && (bytes === 4 || bytes === 8);
  if (keep || (toFloat && isFloat(value) && value.bytes === bytes))
    return { bits: BigInt.asUintN(width, value.bits), bytes, encoding };
  if (toFloat) {
    const number = isFloat(value) ? toNumber(value) : Number(signed(value, value.bytes));
    return { bits: floatBits(number, bytes), bytes, encoding };
  }
  const whole = isFloat(value) ? integerOf(toNumber(value)) : signed(value, value.bytes);
  return { bits: BigInt.asUintN(width, whole), bytes, encoding };
}

const integerOf = (number: number): bigint => (Number.isFinite(number) ? BigInt(Math.trunc(number)) : 0n);
