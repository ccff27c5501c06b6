import { ExpressionError } from './expression-error.ts';
import type { Span } from './syntax.ts';

// Literals of Go (The Go Programming Language Specification, "Integer literals" to "String literals").

const INTEGER = /^(?:0[xX](?:_?[\da-fA-F])+|0[oO]?(?:_?[0-7])+|0[bB](?:_?[01])+|0|[1-9](?:_?\d)*)$/;
const FLOAT = /^(?:\d(?:_?\d)*)?(?:\.(?:\d(?:_?\d)*)?)?(?:[eE][+-]?\d(?:_?\d)*)?$/;

/** The value of a number as it is written. */
export function numberOf(
  text: string,
  at: Span,
): { readonly kind: 'int'; readonly value: bigint } | { readonly kind: 'float'; readonly value: number } {
  if (INTEGER.test(text)) {
    const plain = text.replaceAll('_', '');
    const octal = /^0([0-7]+)$/.exec(plain);
    return { kind: 'int', value: BigInt(octal === null ? plain.toLowerCase() : `0o${octal[1] ?? ''}`) };
  }
  const value = Number(text.replaceAll('_', ''));
  if (!FLOAT.test(text) || !/\d/.test(text) || !Number.isFinite(value)) {
    throw new ExpressionError(`${text} is no number`, at);
  }
  return { kind: 'float', value };
}

const SIMPLE: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
  "'": 39,
  '"': 34,
};
const NUMERIC = /^(?:[0-7]{3}|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8})/;

/** The bytes of a string literal, quotes included in `text`, a character a byte. */
export function stringOf(text: string, at: Span): string {
  if (text.length < 2 || text.at(-1) !== text[0]) throw new ExpressionError('the string does not end', at);
  const inner = text.slice(1, -1);
  if (text.startsWith('`')) return bytesOf(inner.replaceAll('\r', ''));
  return [...parts(inner, at)]
    .map((part) => (part.byte ? String.fromCharCode(part.code) : bytesOf(part.code)))
    .join('');
}

/** The character of a rune literal. */
export function runeOf(text: string, at: Span): bigint {
  const all = text.length < 3 || !text.endsWith("'") ? [] : [...parts(text.slice(1, -1), at)];
  const [only] = all;
  if (only === undefined || all.length > 1) throw new ExpressionError(`${text} is no character`, at);
  return BigInt(only.code);
}

interface Part {
  readonly code: number;
  /** A single byte, not a character. */
  readonly byte: boolean;
}

function* parts(inner: string, at: Span): Generator<Part> {
  for (let i = 0; i < inner.length;) {
    const code = inner.codePointAt(i) ?? 0;
    if (code !== 92) {
      yield { code, byte: false };
      i += code > 0xffff ? 2 : 1;
      continue;
    }
    const next = inner[i + 1] ?? '';
    const simple = SIMPLE[next];
    if (simple !== undefined) {
      yield { code: simple, byte: false };
      i += 2;
      continue;
    }
    const [digits] = NUMERIC.exec(inner.slice(i + 1, i + 10)) ?? [];
    if (digits === undefined) throw new ExpressionError(`\\${next} is no escape`, at);
    const octal = /^[0-7]/.test(digits);
    const value = octal ? parseInt(digits, 8) : parseInt(digits.slice(1), 16);
    const byte = octal || digits.startsWith('x');
    if (byte ? value > 255 : value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
      throw new ExpressionError(`\\${digits} is no character`, at);
    }
    yield { code: value, byte };
    i += 1 + digits.length;
  }
}

/** UTF-8, a character a byte. */
function bytesOf(text: string | number): string {
  const whole = typeof text === 'number' ? String.fromCodePoint(text) : text;
  return Array.from(new TextEncoder().encode(whole), (byte) => String.fromCharCode(byte)).join('');
}
