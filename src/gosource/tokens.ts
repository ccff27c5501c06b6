// Go's tokens (The Go Programming Language Specification, "Lexical elements"), as far as reading declarations needs them: comments are
// dropped, a line's end is a token where the specification inserts a semicolon.

export interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'operator' | 'newline';
  readonly text: string;
  /** 1-based. */
  readonly line: number;
}

const SPACE = /[ \t\r]+/y;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y;
const NAME = /[\p{L}_][\p{L}\p{Nd}_]*/uy;
const NUMBER = /\.?\d(?:[\w.]|[eEpP][+-])*/y;
const TEXT = /"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|`[^`]*`?/y;
const OPERATOR = /<-|\.\.\.|[^\s\w]/uy;
/** Names behind which a line's end does not end the statement. */
const OPEN = new Set(
  'package import func type var const struct interface map chan go defer if else for switch select case default range goto'.split(
    ' ',
  ),
);
const ENDING = new Set([')', ']', '}', '++', '--']);

/** All tokens of a text, or the first so many. Never throws: what is no Go comes out as operators of one character. Linear in the length. */
export function tokenize(source: string, limit = Infinity): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  while (at < source.length && tokens.length < limit) {
    if (source[at] === '\n') {
      if (endsStatement(tokens.at(-1))) tokens.push({ kind: 'newline', text: '\n', line });
      line++;
      at++;
      continue;
    }
    const skipped = take(SPACE) ?? take(COMMENT);
    if (skipped !== undefined) {
      // A comment that spans lines counts as a line's end.
      const lines = skipped.split('\n').length - 1;
      if (lines > 0 && endsStatement(tokens.at(-1))) tokens.push({ kind: 'newline', text: '\n', line });
      line += lines;
      at += skipped.length;
      continue;
    }
    const [kind, text] = nextToken(take, source, at);
    tokens.push({ kind, text, line });
    line += text.split('\n').length - 1;
    at += text.length;
  }
  return tokens;
}

function nextToken(
  take: (pattern: RegExp) => string | undefined,
  source: string,
  at: number,
): [Token['kind'], string] {
  const name = take(NAME);
  if (name !== undefined) return ['name', name];
  const number = take(NUMBER);
  if (number !== undefined) return ['number', number];
  const text = take(TEXT);
  if (text !== undefined) return ['string', text];
  return ['operator', take(OPERATOR) ?? String.fromCodePoint(source.codePointAt(at) ?? 32)];
}

function endsStatement(token: Token | undefined): boolean {
  if (token === undefined || token.kind === 'newline') return false;
  if (token.kind === 'name') return !OPEN.has(token.text);
  return token.kind !== 'operator' || ENDING.has(token.text);
}
