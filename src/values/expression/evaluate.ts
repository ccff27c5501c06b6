import { FormatError } from '../../base/format-error.ts';
import { address, type Address } from '../../base/units.ts';
import { Kind } from '../../go/runtime/types.ts';
import { floatText, quote } from '../go-literals.ts';
import {
  interfaceContent,
  partCount,
  readValue,
  valueParts,
  type TextLimits,
  type ValueSource,
} from '../go-value.ts';
import { NOT_IN_MEMORY } from '../kept-values.ts';
import { channelOf, layoutOf, readWord } from '../value-places.ts';
import { pointerTo, type ValueType } from '../value-type.ts';
import { ExpressionError } from './expression-error.ts';
import {
  convert,
  defaultType,
  isFloat,
  isInteger,
  predeclared,
  scalarOf,
  typeNameOf,
  wrap,
  type Operand,
  type Scalar,
} from './operand.ts';
import { binary, equal } from './operators.ts';
import { parseExpression } from './parse.ts';
import type { Expression, Span } from './syntax.ts';

/** What names mean at a place of the program. */
export interface ExpressionScope {
  /** Path of the package: of types that are named. */
  readonly package: string;
  /** A variable or parameter (`x`), or a variable of a package (`pkg.x`); `why` for one that is there and has no known place. */
  find(
    name: string,
  ): { readonly type: ValueType; readonly address: Address } | { readonly why: string } | undefined;
  /** What is known of a name that `find` does not know: a part of a sentence, or ''. */
  readonly whyUnknown?: (name: string) => string;
}

/** The value of an expression. */
export interface EvaluatedValue {
  readonly text: string;
  /** Name of its type. */
  readonly type: string;
  /** Where it stands; null for what is computed. */
  readonly place: { readonly type: ValueType; readonly address: Address } | null;
}

/** Entries of a map that are looked through for a key. */
const MAX_ENTRIES = 100_000;
/** Structs that are looked through for a promoted field. */
const MAX_EMBEDDED = 200;

/**
 * Evaluates an expression of Go: selectors, indexing, dereference, type assertions, `len`, `cap`, comparison, arithmetic, literals. Throws an
 * ExpressionError for what is no expression, has no value, or cannot be read, and NeedPages. Bounded by the text's length, which is bounded.
 */
export function evaluateExpression(
  source: ValueSource,
  scope: ExpressionScope,
  text: string,
  limits?: TextLimits,
): EvaluatedValue {
  const expression = parseExpression(text);
  try {
    const operand = new Evaluator(source, scope).operand(expression);
    if (operand.kind === 'place') {
      const { type, address: at } = operand;
      return {
        text: readValue(source, type, at, limits).text,
        type: type.name,
        place: { type, address: at },
      };
    }
    const type = operand.kind === 'constant' ? defaultType(operand.untyped) : operand.type;
    return { text: scalarText(operand.value, type), type: type?.name ?? 'nil', place: null };
  } catch (error) {
    if (error instanceof FormatError) throw new ExpressionError(error.message, expression);
    throw error;
  }
}

function scalarText(value: Scalar, type: ValueType | undefined): string {
  if (value === null) return 'nil';
  if (typeof value === 'string') return quote(Uint8Array.from(value, (one) => one.charCodeAt(0)));
  if (typeof value === 'number') return floatText(value, type?.size === 4 ? 32 : 64);
  if (typeof value === 'bigint' && type?.kind === Kind.pointer) {
    return `(${type.name})(0x${value.toString(16)})`;
  }
  return String(value);
}

const booleanOf = (value: boolean): Operand => ({ kind: 'constant', untyped: 'bool', value });

class Evaluator {
  readonly #source: ValueSource;
  readonly #scope: ExpressionScope;

  constructor(source: ValueSource, scope: ExpressionScope) {
    this.#source = source;
    this.#scope = scope;
  }

  operand(expression: Expression): Operand {
    switch (expression.kind) {
      case 'int':
      case 'rune':
        return { kind: 'constant', untyped: expression.kind, value: expression.value };
      case 'float':
        return { kind: 'constant', untyped: 'float', value: expression.value };
      case 'string':
        return { kind: 'constant', untyped: 'string', value: expression.bytes };
      case 'name':
        return this.#name(expression.name, expression);
      case 'selector':
        return this.#selector(expression);
      case 'assertion':
        return this.#assertion(expression);
      case 'index':
        return this.#index(expression);
      case 'call':
        return this.#call(expression);
      case 'unary':
        return this.#unary(expression);
      case 'binary':
        return this.#binary(expression);
    }
  }

  #found(name: string, at: Span): Operand | undefined {
    const found = this.#scope.find(name);
    if (found === undefined) return undefined;
    if ('why' in found) throw new ExpressionError(found.why, at);
    return { kind: 'place', ...found };
  }

  #whyUnknown(name: string): string {
    const why = this.#scope.whyUnknown?.(name) ?? '';
    return why === '' ? '' : `: ${why}`;
  }

  #name(name: string, at: Span): Operand {
    const found = this.#found(name, at);
    if (found !== undefined) return found;
    if (name === 'true' || name === 'false') return booleanOf(name === 'true');
    if (name === 'nil') return { kind: 'constant', untyped: 'nil', value: null };
    throw new ExpressionError(`${name} is no variable that is known here${this.#whyUnknown(name)}`, at);
  }

  #selector({ operand: inner, field, at, start, end }: Extract<Expression, { kind: 'selector' }>): Operand {
    if (inner.kind === 'name' && this.#scope.find(inner.name) === undefined) {
      const found = this.#found(`${inner.name}.${field}`, { start, end });
      if (found !== undefined) return found;
      throw new ExpressionError(
        `neither ${inner.name} nor ${inner.name}.${field} is a variable that is known here${this.#whyUnknown(`${inner.name}.${field}`)}`,
        {
          start,
          end,
        },
      );
    }
    const of = this.operand(inner);
    if (of.kind !== 'place') throw new ExpressionError(`${typeNameOf(of)} has no fields`, at);
    const struct = this.#pointee(of, at);
    const found = struct.type.kind === Kind.struct ? this.#field(struct, field) : undefined;
    if (found !== undefined) return found;
    const hint =
      struct.type.kind === Kind.interface ? ': what it holds has to be named, as in x.(T) or x.(data)' : '';
    throw new ExpressionError(`${of.type.name} has no field ${field}${hint}`, at);
  }

  /** What a pointer points to; the place itself where it is none. */
  #pointee(of: Extract<Operand, { kind: 'place' }>, at: Span): Extract<Operand, { kind: 'place' }> {
    if (of.type.kind !== Kind.pointer) return of;
    const to = readWord(this.#source, of.address);
    if (to === 0) throw new ExpressionError('nil pointer', at);
    return { kind: 'place', type: of.type.element(), address: address(to) };
  }

  /** A field of a struct, or of a struct that is embedded in it, the least deep one first. */
  #field(struct: Extract<Operand, { kind: 'place' }>, name: string): Operand | undefined {
    let level = [struct];
    let left = MAX_EMBEDDED;
    while (level.length > 0) {
      const next: typeof level = [];
      for (const one of level) {
        if (--left < 0) return undefined;
        for (const field of one.type.fields()) {
          const place = {
            kind: 'place',
            type: field.type,
            address: address(one.address + field.offset),
          } as const;
          if (field.name === name) return place;
          if (!isEmbedded(field.name, field.type)) continue;
          if (field.type.kind === Kind.struct) next.push(place);
          else if (field.type.kind === Kind.pointer && field.type.element().kind === Kind.struct) {
            const to = readWord(this.#source, place.address);
            if (to !== 0) next.push({ kind: 'place', type: field.type.element(), address: address(to) });
          }
        }
      }
      level = next;
    }
    return undefined;
  }

  #assertion({ operand: inner, type: name, at }: Extract<Expression, { kind: 'assertion' }>): Operand {
    const of = this.operand(inner);
    if (of.kind !== 'place' || of.type.kind !== Kind.interface) {
      throw new ExpressionError(`${typeNameOf(of)} is no interface`, inner);
    }
    const held = interfaceContent(this.#source, of.type, of.address);
    if (held === undefined) throw new ExpressionError('the interface is nil', at);
    if (name === 'data') return { kind: 'place', ...held };
    const wanted = layoutOf(this.#source).typeNamed(name, this.#scope.package);
    const fits = wanted === undefined ? held.type.name === name : wanted.name === held.type.name;
    if (!fits) throw new ExpressionError(`the interface holds ${held.type.name}, not ${name}`, at);
    return { kind: 'place', ...held };
  }

  #index({ operand: inner, index: by, start, end }: Extract<Expression, { kind: 'index' }>): Operand {
    const of = this.operand(inner);
    const index = this.operand(by);
    if (of.kind === 'place' && of.type.kind === Kind.map) {
      const type = of.type.refine?.(this.#source.memory, of.address) ?? of.type;
      return this.#entry({ ...of, type }, index, by);
    }
    if (of.kind !== 'place') {
      const text = of.value;
      if (typeof text !== 'string') throw new ExpressionError(`${typeNameOf(of)} has no elements`, inner);
      const at = this.#whole(index, text.length, by);
      return { kind: 'value', type: predeclared('uint8'), value: BigInt(text.charCodeAt(at)) };
    }
    const source = this.#source;
    const list =
      of.type.kind === Kind.pointer && of.type.element().kind === Kind.array ? this.#pointee(of, inner) : of;
    if (list.type.kind === Kind.string) {
      const at = this.#whole(index, readWord(source, address(list.address + layoutOf(source).word)), by);
      return {
        kind: 'place',
        type: predeclared('uint8'),
        address: address(readWord(source, list.address) + at),
      };
    }
    if (list.type.kind !== Kind.array && list.type.kind !== Kind.slice) {
      throw new ExpressionError(`${of.type.name} has no elements`, { start, end });
    }
    const at = this.#whole(index, partCount(this.#source, list.type, list.address), by);
    const [part] = valueParts(this.#source, list.type, list.address, at, 1);
    if (part === undefined) throw new ExpressionError(`index ${at} out of range`, by);
    return { kind: 'place', type: part.type, address: part.address };
  }

  #whole(index: Operand, length: number, at: Span): number {
    const value =
      index.kind === 'constant' ? convert(index, predeclared('int'), at) : scalarOf(this.#source, index, at);
    if (typeof value !== 'bigint') throw new ExpressionError(`${typeNameOf(index)} is no index`, at);
    if (value < 0n || value >= BigInt(length)) {
      throw new ExpressionError(`index ${value} out of range with length ${length}`, at);
    }
    return Number(value);
  }

  #entry(map: Extract<Operand, { kind: 'place' }>, key: Operand, at: Span): Operand {
    const { memory } = this.#source;
    const layout = layoutOf(this.#source);
    const header = address(readWord(this.#source, map.address));
    const keyType = map.type.key();
    // A constant becomes a key, or it cannot be one.
    const wanted: Operand =
      key.kind === 'constant' && keyType.kind !== Kind.interface
        ? { kind: 'value', type: keyType, value: convert(key, keyType, at) }
        : key;
    for (const entry of layout.mapEntries(memory, map.type, header, 0, MAX_ENTRIES)) {
      if (equal(this.#source, { kind: 'place', type: keyType, address: entry.key }, wanted, at)) {
        return { kind: 'place', type: map.type.element(), address: entry.value };
      }
    }
    const count = layout.mapCount(memory, header);
    const many = count > MAX_ENTRIES ? ` among the first ${MAX_ENTRIES} entries` : '';
    throw new ExpressionError(`the map has no such key${many}`, at);
  }

  #call({ function: callee, arguments: given, start, end }: Extract<Expression, { kind: 'call' }>): Operand {
    const name = callee.kind === 'name' ? callee.name : '';
    const [only, ...others] = given;
    if ((name !== 'len' && name !== 'cap') || this.#scope.find(name) !== undefined) {
      throw new ExpressionError('functions cannot be called while the program is stopped: only len and cap', {
        start,
        end,
      });
    }
    if (only === undefined || others.length > 0) {
      throw new ExpressionError(`${name} takes one argument`, { start, end });
    }
    const of = this.operand(only);
    const value = this.#size(name, of);
    if (value === undefined) throw new ExpressionError(`${typeNameOf(of)} has no ${name}`, only);
    return { kind: 'value', type: predeclared('int'), value: BigInt(value) };
  }

  #size(name: 'len' | 'cap', of: Operand): number | undefined {
    const source = this.#source;
    const { word } = layoutOf(source);
    if (of.kind !== 'place')
      return typeof of.value === 'string' && name === 'len' ? of.value.length : undefined;
    const { type, address: at } = of;
    switch (type.kind) {
      case Kind.string:
        return name === 'len' ? readWord(source, address(at + word)) : undefined;
      case Kind.slice:
        return readWord(source, address(at + (name === 'len' ? word : 2 * word)));
      case Kind.array:
        return type.length();
      case Kind.map:
        return name === 'len'
          ? layoutOf(source).mapCount(source.memory, address(readWord(source, at)))
          : undefined;
      case Kind.chan: {
        const queue = channelOf(source, address(readWord(source, at)));
        return name === 'len' ? (queue?.length ?? 0) : (queue?.capacity ?? 0);
      }
      case Kind.pointer:
        return type.element().kind === Kind.array ? type.element().length() : undefined;
      default:
        return undefined;
    }
  }

  #unary({ operator, operand: inner, start, end }: Extract<Expression, { kind: 'unary' }>): Operand {
    const at = { start, end };
    const of = this.operand(inner);
    if (operator === '*') {
      if (of.kind !== 'place' || of.type.kind !== Kind.pointer) {
        throw new ExpressionError(`${typeNameOf(of)} is no pointer`, at);
      }
      return this.#pointee(of, at);
    }
    if (operator === '&') {
      if (of.kind !== 'place' || of.address >= NOT_IN_MEMORY)
        throw new ExpressionError('this has no address', inner);
      return {
        kind: 'value',
        type: pointerTo(of.type, layoutOf(this.#source).word),
        value: BigInt(of.address),
      };
    }
    const value = scalarOf(this.#source, of, inner);
    if (operator === '!') {
      if (typeof value !== 'boolean') throw new ExpressionError(`${typeNameOf(of)} is no bool`, inner);
      return booleanOf(!value);
    }
    const number =
      (typeof value === 'bigint' && (of.kind === 'constant' || isInteger(of.type))) ||
      (typeof value === 'number' && operator !== '^' && (of.kind === 'constant' || isFloat(of.type)));
    if (!number) throw new ExpressionError(`operator ${operator} is not defined for ${typeNameOf(of)}`, at);
    const result = operator === '+' ? value : operator === '-' ? -value : ~(value as bigint);
    if (of.kind === 'constant') return { ...of, value: result };
    return {
      kind: 'value',
      type: of.type,
      value: typeof result === 'bigint' ? wrap(of.type, result) : result,
    };
  }

  #binary({ operator, left, right, start, end }: Extract<Expression, { kind: 'binary' }>): Operand {
    if (operator !== '&&' && operator !== '||') {
      return binary(this.#source, operator, this.operand(left), this.operand(right), { start, end });
    }
    const first = this.#truth(left);
    // What decides already keeps the other side from being evaluated.
    if (first === (operator === '||')) return booleanOf(first);
    return booleanOf(this.#truth(right));
  }

  #truth(expression: Expression): boolean {
    const of = this.operand(expression);
    const value = scalarOf(this.#source, of, expression);
    if (typeof value !== 'boolean') throw new ExpressionError(`${typeNameOf(of)} is no bool`, expression);
    return value;
  }
}

/** An embedded field has the name of its type, without package and type arguments. */
function isEmbedded(name: string, type: ValueType): boolean {
  const plain = type.name.replace(/^\*/, '').replace(/\[.*$/s, '');
  return plain.slice(plain.lastIndexOf('.') + 1) === name;
}
