import { ExpressionError } from './expression-error.ts';
import { numberOf, runeOf, stringOf } from './literals.ts';
import { PRECEDENCE, type BinaryOperator, type Expression, type Span, type UnaryOperator } from './syntax.ts';

/** Longest text, in UTF-16 units, and how deep it may nest: an expression is typed by hand. */
const MAX_LENGTH = 2000;
const MAX_DEPTH = 100;

interface Token extends Span {
  readonly kind: 'name' | 'number' | 'string' | 'rune' | 'operator' | 'end';
  readonly text: string;
}

const SPACE = /\s+/y;
const PATTERNS: readonly (readonly [Token['kind'], RegExp])[] = [
  ['name', /[\p{L}_][\p{L}\p{Nd}_]*/uy],
  [
    'number',
    /(?:0[xX][\w]*|\d[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?[\d_]+)?\w*|\.\d[\d_]*(?:[eE][+-]?[\d_]+)?\w*)/y,
  ],
  ['string', /"(?:[^"\\\n]|\\.)*"?|`[^`]*`?/y],
  ['rune', /'(?:[^'\\\n]|\\.)*'?/y],
  ['operator', /&&|\|\||==|!=|<=|>=|<<|>>|&\^|[-+*/%&|^<>!().,[\]]/y],
];
const UNARY = new Set(['+', '-', '!', '^', '*', '&']);

/** Reads an expression; throws an ExpressionError that says where it is none. Linear in the length, which is bounded. */
export function parseExpression(text: string): Expression {
  if (text.length > MAX_LENGTH) {
    throw new ExpressionError(`an expression of more than ${MAX_LENGTH} characters`, {
      start: MAX_LENGTH,
      end: text.length,
    });
  }
  const parser = new Parser(text);
  return parser.whole();
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokens(text);
  }

  whole(): Expression {
    const found = this.#binary(1);
    const next = this.#peek();
    if (next.kind !== 'end') throw new ExpressionError(`expected the end, found ${next.text}`, next);
    return found;
  }

  #peek(): Token {
    const { length } = this.#text;
    return this.#tokens[this.#at] ?? { kind: 'end', text: 'the end', start: length, end: length };
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #expect(text: string): Token {
    const token = this.#next();
    if (token.kind !== 'operator' || token.text !== text) {
      throw new ExpressionError(`expected ${text}, found ${token.text}`, token);
    }
    return token;
  }

  #is(text: string): boolean {
    const token = this.#peek();
    return token.kind === 'operator' && token.text === text;
  }

  /** Operators that bind at least so tightly; those of one tightness from the left. */
  #binary(tightness: number): Expression {
    let left = this.#unary();
    for (;;) {
      const { kind, text } = this.#peek();
      const found = kind === 'operator' ? (PRECEDENCE.get(text) ?? 0) : 0;
      if (found < tightness || found === 0) return left;
      this.#at++;
      const right = this.#binary(found + 1);
      const operator = text as BinaryOperator;
      left = { kind: 'binary', operator, left, right, start: left.start, end: right.end };
    }
  }

  #unary(): Expression {
    const token = this.#peek();
    if (++this.#depth > MAX_DEPTH) throw new ExpressionError('it is nested too deeply', token);
    try {
      if (token.kind !== 'operator' || !UNARY.has(token.text)) return this.#primary();
      this.#at++;
      const operand = this.#unary();
      const operator = token.text as UnaryOperator;
      return { kind: 'unary', operator, operand, start: token.start, end: operand.end };
    } finally {
      this.#depth--;
    }
  }

  #primary(): Expression {
    let left = this.#operand();
    for (let parts = 0; ; parts++) {
      if (parts > MAX_DEPTH) throw new ExpressionError('it has too many parts', left);
      if (this.#is('.')) left = this.#selector(left);
      else if (this.#is('[')) {
        this.#at++;
        const index = this.#binary(1);
        const { end } = this.#expect(']');
        left = { kind: 'index', operand: left, index, start: left.start, end };
      } else if (this.#is('(')) left = this.#call(left);
      else return left;
    }
  }

  #selector(operand: Expression): Expression {
    this.#at++;
    if (!this.#is('(')) {
      const name = this.#next();
      if (name.kind !== 'name') throw new ExpressionError(`expected a name, found ${name.text}`, name);
      return { kind: 'selector', operand, field: name.text, at: name, start: operand.start, end: name.end };
    }
    // The type of an assertion: all up to its bracket.
    const open = this.#next();
    for (let depth = 1; depth > 0;) {
      const token = this.#next();
      if (token.kind === 'end') throw new ExpressionError('expected )', token);
      if (token.text === '(') depth++;
      else if (token.text === ')') depth--;
      if (depth > 0) continue;
      const type = this.#text.slice(open.end, token.start).trim();
      if (type === '') throw new ExpressionError('expected a type', token);
      const at = { start: open.end, end: token.start };
      return { kind: 'assertion', operand, type, at, start: operand.start, end: token.end };
    }
    throw new ExpressionError('expected )', open);
  }

  #call(callee: Expression): Expression {
    this.#at++;
    const given: Expression[] = [];
    while (!this.#is(')')) {
      if (given.length > 0) this.#expect(',');
      given.push(this.#binary(1));
    }
    const { end } = this.#expect(')');
    return { kind: 'call', function: callee, arguments: given, start: callee.start, end };
  }

  #operand(): Expression {
    const token = this.#next();
    const { start, end, text } = token;
    switch (token.kind) {
      case 'name':
        return { kind: 'name', name: text, start, end };
      case 'number':
        return { ...numberOf(text, token), start, end };
      case 'string':
        return { kind: 'string', bytes: stringOf(text, token), start, end };
      case 'rune':
        return { kind: 'rune', value: runeOf(text, token), start, end };
      case 'operator':
        if (text === '(') {
          const inner = this.#binary(1);
          const close = this.#expect(')');
          return { ...inner, start, end: close.end };
        }
        break;
      case 'end':
        break;
    }
    throw new ExpressionError(`expected a value, found ${text}`, token);
  }
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  for (let at = 0; at < text.length;) {
    SPACE.lastIndex = at;
    const space = SPACE.exec(text)?.[0];
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    let token: Token | undefined;
    for (const [kind, pattern] of PATTERNS) {
      pattern.lastIndex = at;
      const match = pattern.exec(text)?.[0];
      if (match === undefined || match === '') continue;
      token = { kind, text: match, start: at, end: at + match.length };
      break;
    }
    if (token === undefined) {
      throw new ExpressionError(`${text[at] ?? ''} has no place in an expression`, {
        start: at,
        end: at + 1,
      });
    }
    found.push(token);
    at = token.end;
  }
  return found;
}
