import { Kind } from '../../go/runtime/types.ts';
import { address } from '../../base/units.ts';
import { interfaceContent, type ValueSource } from '../go-value.ts';
import type { ValueType } from '../value-type.ts';
import { isNilAt } from '../value-places.ts';
import { ExpressionError } from './expression-error.ts';
import {
  checkConstant,
  convert,
  defaultType,
  hasNil,
  isFloat,
  isInteger,
  predeclared,
  scalarOf,
  typeNameOf,
  wrap,
  type Operand,
  type Scalar,
  type Untyped,
} from './operand.ts';
import type { BinaryOperator, Span } from './syntax.ts';

// Operators (The Go Programming Language Specification, "Operators"): integers wrap, constants do not; both sides have one type.

/** Bits by which a value is shifted; more are an error where a constant would grow by them. */
const MAX_SHIFT = 512n;
/** Values that one comparison of structs and arrays looks at. */
const MAX_COMPARED = 1 << 14;

const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>=']);

/** The value of `left operator right` for every operator but && and ||. Throws an ExpressionError, or what memory throws. */
export function binary(
  source: ValueSource,
  operator: BinaryOperator,
  left: Operand,
  right: Operand,
  at: Span,
): Operand {
  if (operator === '<<' || operator === '>>') return shift(source, operator, left, right, at);
  if (COMPARISONS.has(operator)) {
    return { kind: 'constant', untyped: 'bool', value: compare(source, operator, left, right, at) };
  }
  if (left.kind === 'constant' && right.kind === 'constant') return constants(operator, left, right, at);
  const type = commonType(operator, left, right, at);
  const [a, b] = [left, right].map((one) =>
    one.kind === 'constant' ? convert(one, type, at) : scalarOf(source, one, at),
  );
  if (isInteger(type) && typeof a === 'bigint' && typeof b === 'bigint') {
    return { kind: 'value', type, value: wrap(type, integers(operator, a, b, at)) };
  }
  if (isFloat(type) && typeof a === 'number' && typeof b === 'number') {
    const value = floats(operator, a, b, at);
    return { kind: 'value', type, value: type.size === 4 ? Math.fround(value) : value };
  }
  if (type.kind === Kind.string && operator === '+' && typeof a === 'string' && typeof b === 'string') {
    return { kind: 'value', type, value: a + b };
  }
  throw undefinedFor(operator, type.name, at);
}

const undefinedFor = (operator: string, type: string, at: Span): ExpressionError =>
  new ExpressionError(`operator ${operator} is not defined for ${type}`, at);

/** Of two operands that are not both constants. */
function commonType(operator: string, left: Operand, right: Operand, at: Span): ValueType {
  if (left.kind === 'constant' && right.kind !== 'constant') return right.type;
  if (left.kind === 'constant') throw new Error('two constants have no type');
  if (right.kind !== 'constant' && !sameType(left.type, right.type)) {
    throw new ExpressionError(
      `${left.type.name} ${operator} ${right.type.name}: both sides need one type`,
      at,
    );
  }
  return left.type;
}

const sameType = (a: ValueType, b: ValueType): boolean =>
  a.name === b.name &&
  a.kind === b.kind &&
  (a.descriptor === null || b.descriptor === null || a.descriptor === b.descriptor || !a.name.includes('.'));

const RANK: readonly Untyped[] = ['int', 'rune', 'float'];

function constants(
  operator: BinaryOperator,
  left: Extract<Operand, { kind: 'constant' }>,
  right: Extract<Operand, { kind: 'constant' }>,
  at: Span,
): Operand {
  const [a, b] = [left.value, right.value];
  if (typeof a === 'string' && typeof b === 'string' && operator === '+') {
    return { kind: 'constant', untyped: 'string', value: a + b };
  }
  const rank = Math.max(RANK.indexOf(left.untyped), RANK.indexOf(right.untyped));
  const untyped = RANK[rank];
  const numbers = [a, b].every((one) => typeof one === 'bigint' || typeof one === 'number');
  if (!numbers || untyped === undefined) {
    throw undefinedFor(operator, `${typeNameOf(left)} and ${typeNameOf(right)}`, at);
  }
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    return { kind: 'constant', untyped, value: checkConstant(integers(operator, a, b, at), at) };
  }
  const value = floats(operator, Number(a), Number(b), at);
  if (!Number.isFinite(value)) throw new ExpressionError('the constant is too large', at);
  return { kind: 'constant', untyped: 'float', value };
}

type Operation<Value, Result = Value> = Readonly<
  Partial<Record<BinaryOperator, (a: Value, b: Value) => Result>>
>;

const ON_INTEGERS: Operation<bigint> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '&^': (a, b) => a & ~b,
};
const ON_FLOATS: Operation<number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
};
const ORDERED: Operation<bigint | number | string | boolean, boolean> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

function integers(operator: BinaryOperator, a: bigint, b: bigint, at: Span): bigint {
  const operation = ON_INTEGERS[operator];
  if (operation === undefined) throw undefinedFor(operator, 'integers', at);
  if (b === 0n && (operator === '/' || operator === '%')) throw new ExpressionError('division by zero', at);
  return operation(a, b);
}

function floats(operator: BinaryOperator, a: number, b: number, at: Span): number {
  const operation = ON_FLOATS[operator];
  if (operation === undefined) throw undefinedFor(operator, 'floats', at);
  return operation(a, b);
}

function shift(source: ValueSource, operator: '<<' | '>>', left: Operand, right: Operand, at: Span): Operand {
  const by =
    right.kind === 'constant' ? convert(right, predeclared('uint'), at) : scalarOf(source, right, at);
  if (typeof by !== 'bigint') throw undefinedFor(operator, typeNameOf(right), at);
  if (by < 0n) throw new ExpressionError('a shift by a negative number', at);
  const value = left.kind === 'constant' ? convert(left, wide, at) : scalarOf(source, left, at);
  if (typeof value !== 'bigint') throw undefinedFor(operator, typeNameOf(left), at);
  const type = left.kind === 'constant' ? undefined : left.type;
  if (type !== undefined && !isInteger(type)) throw undefinedFor(operator, type.name, at);
  const far = by > MAX_SHIFT;
  if (type === undefined && far && operator === '<<')
    throw new ExpressionError('the constant is too large', at);
  const bits = far ? MAX_SHIFT : by;
  const shifted = operator === '<<' ? value << bits : value >> bits;
  return type === undefined
    ? { kind: 'constant', untyped: 'int', value: checkConstant(shifted, at) }
    : { kind: 'value', type, value: wrap(type, shifted) };
}

/** Where a constant that is shifted only has to be whole. */
const wide: ValueType = { ...spread(predeclared('int64')), name: 'an integer', size: 64 };

function spread(type: ValueType): ValueType {
  const no = (): never => {
    throw new ExpressionError('an integer has no parts', { start: 0, end: 0 });
  };
  const { name, kind, size } = type;
  return {
    ...{ name, kind, size, descriptor: null, element: no, key: no, storage: no, fields: no, length: no },
    isEmptyInterface: () => false,
    isDirect: () => false,
  };
}

function compare(
  source: ValueSource,
  operator: BinaryOperator,
  left: Operand,
  right: Operand,
  at: Span,
): boolean {
  const budget = { left: MAX_COMPARED };
  if (operator === '==' || operator === '!=') {
    return equal(source, left, right, at, budget) === (operator === '==');
  }
  const [a, b] = scalars(source, operator, left, right, at);
  const ordered =
    (typeof a === 'bigint' && typeof b === 'bigint') ||
    (typeof a === 'number' && typeof b === 'number') ||
    (typeof a === 'string' && typeof b === 'string') ||
    (typeof a !== typeof b && [a, b].every((one) => typeof one === 'bigint' || typeof one === 'number'));
  const type = left.kind === 'constant' ? right : left;
  const pointer =
    type.kind !== 'constant' &&
    !isInteger(type.type) &&
    !isFloat(type.type) &&
    type.type.kind !== Kind.string;
  const operation = ORDERED[operator];
  if (!ordered || pointer || a === null || b === null || operation === undefined) {
    throw undefinedFor(operator, typeNameOf(type), at);
  }
  return operation(a, b);
}

/** Both sides as values of one type. */
function scalars(
  source: ValueSource,
  operator: string,
  left: Operand,
  right: Operand,
  at: Span,
): [Scalar, Scalar] {
  if (left.kind === 'constant' && right.kind === 'constant') return [left.value, right.value];
  const type = commonType(operator, left, right, at);
  const scalar = (one: Operand): Scalar =>
    one.kind === 'constant' ? convert(one, type, at) : scalarOf(source, one, at);
  return [scalar(left), scalar(right)];
}

/** Whether two operands are equal; throws an ExpressionError for types that Go does not compare. */
export function equal(
  source: ValueSource,
  left: Operand,
  right: Operand,
  at: Span,
  budget = { left: MAX_COMPARED },
): boolean {
  if (--budget.left < 0) throw new ExpressionError('too much to compare', at);
  if (left.kind === 'constant' && left.untyped === 'nil') return isNil(source, right, at);
  if (right.kind === 'constant' && right.untyped === 'nil') return isNil(source, left, at);
  const interfaces = [left, right].map((one) => one.kind === 'place' && one.type.kind === Kind.interface);
  if (interfaces.includes(true)) return equalInterfaces(source, left, right, at, budget);
  if (left.kind === 'place' && right.kind === 'place' && sameType(left.type, right.type)) {
    const { type } = left;
    if (type.kind === Kind.struct || type.kind === Kind.array) {
      const parts = partPlaces(type);
      return parts.every(({ type: of, offset }) =>
        equal(
          source,
          { kind: 'place', type: of, address: address(left.address + offset) },
          { kind: 'place', type: of, address: address(right.address + offset) },
          at,
          budget,
        ),
      );
    }
  }
  for (const one of [left, right]) {
    const kind = one.kind === 'constant' ? 0 : one.type.kind;
    if (kind === Kind.slice || kind === Kind.map || kind === Kind.func) {
      throw new ExpressionError(`${typeNameOf(one)} can only be compared with nil`, at);
    }
  }
  const [a, b] = scalars(source, '==', left, right, at);
  if (typeof a !== typeof b && (typeof a === 'number' || typeof b === 'number'))
    return Number(a) === Number(b);
  if (typeof a !== typeof b && a !== null && b !== null) {
    throw new ExpressionError(`${typeNameOf(left)} == ${typeNameOf(right)}: both sides need one type`, at);
  }
  return a === b;
}

function partPlaces(type: ValueType): readonly { readonly type: ValueType; readonly offset: number }[] {
  if (type.kind === Kind.struct) return type.fields().filter(({ name }) => name !== '_');
  const element = type.element();
  return Array.from({ length: Math.min(type.length(), MAX_COMPARED + 1) }, (_, i) => ({
    type: element,
    offset: i * element.size,
  }));
}

function equalInterfaces(
  source: ValueSource,
  left: Operand,
  right: Operand,
  at: Span,
  budget: { left: number },
): boolean {
  const [a, b] = [left, right].map((one): Operand | undefined => {
    const type = one.kind === 'constant' ? defaultType(one.untyped) : undefined;
    // What an interface is compared with has a type: that of the constant, where nothing says another.
    if (one.kind === 'constant' && type !== undefined)
      return { kind: 'value', type, value: convert(one, type, at) };
    if (one.kind !== 'place' || one.type.kind !== Kind.interface) return one;
    const held = interfaceContent(source, one.type, one.address);
    return held === undefined ? undefined : { kind: 'place', ...held };
  });
  if (a === undefined || b === undefined) return a === b;
  if (a.kind !== 'constant' && b.kind !== 'constant' && !sameType(a.type, b.type)) return false;
  return equal(source, a, b, at, budget);
}

function isNil(source: ValueSource, operand: Operand, at: Span): boolean {
  if (operand.kind === 'constant' || !hasNil(operand.type)) {
    throw new ExpressionError(`${typeNameOf(operand)} cannot be compared with nil`, at);
  }
  // The first word of every such type is 0 for nil, of interfaces and slices too.
  return operand.kind === 'place' ? isNilAt(source, operand.type, operand.address) : operand.value === null;
}
