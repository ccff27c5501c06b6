import type { Token } from './tokens.ts';

/** What the body of a function does with names. Names are not resolved: what an inner block declares anew counts as the outer one. */
export interface BodyNames {
  /** Names that are assigned to, or whose address is taken. */
  readonly assigned: ReadonlySet<string>;
  /** Names of which a field or an element is. */
  readonly changed: ReadonlySet<string>;
  /** Names that are declared: `x := 1`, `var x int`. */
  readonly declared: ReadonlySet<string>;
}

/** Tokens of one list of names on the left of an assignment. */
const MAX_LIST = 200;
/** Names behind which `&` takes an address. */
const KEYWORDS = new Set(['return', 'case', 'range', 'in', 'if', 'for', 'switch', 'go', 'defer', 'else']);
const AT_END = /^[\n;{})]$/;

/** The names that a body changes or declares (The Go Programming Language Specification, "Assignment statements"). Never throws. */
export function bodyNames(tokens: readonly Token[]): BodyNames {
  const assigned = new Set<string>();
  const changed = new Set<string>();
  const declared = new Set<string>();
  const text = (at: number): string => tokens[at]?.text ?? '';
  for (const [i, token] of tokens.entries()) {
    if (token.kind !== 'name' || text(i - 1) === '.') continue;
    const isWhole = !/^[.[]$/.test(text(i + 1));
    // What a pointer points to is none of the function's own.
    const operator = isPointee(tokens, i) ? '' : assignmentBehind(tokens, i);
    if (operator !== '') (isWhole ? assigned : changed).add(token.text);
    if (operator === ':') declared.add(token.text);
    if (takesAddress(tokens, i)) (isWhole ? assigned : changed).add(token.text);
    if (token.text === 'var') {
      for (let at = i + 1; tokens[at]?.kind === 'name'; at += 2) {
        declared.add(text(at));
        if (text(at + 1) !== ',') break;
      }
    }
  }
  return { assigned, changed, declared };
}

/** The first character of the assignment whose left side the operand at `from` is in: `=`, `:`, `+`; '' for none. */
function assignmentBehind(tokens: readonly Token[], from: number): string {
  const end = Math.min(tokens.length, from + MAX_LIST);
  let depth = 0;
  for (let at = from + 1; at < end; at++) {
    const { kind, text } = tokens[at] ?? { kind: 'newline', text: '\n' };
    if (text === '[' || (depth > 0 && text === '(')) depth++;
    else if (depth > 0 && (text === ']' || text === ')')) depth--;
    else if (depth === 0) {
      if (isAssignment(tokens, at)) return text;
      const before = tokens[at - 1];
      // A name behind a name: the first is a keyword.
      const goesOn =
        kind === 'name'
          ? before?.kind !== 'name'
          : text === '.' || text === ',' || (text === '*' && before?.text === ',');
      if (!goesOn) return '';
    }
  }
  return '';
}

/** Tokens are single characters. */
function isAssignment(tokens: readonly Token[], at: number): boolean {
  const text = (i: number): string => tokens[i]?.text ?? '';
  const [first, second, third] = [text(at), text(at + 1), text(at + 2)];
  if (first === '=') return second !== '=';
  if ((first === '+' || first === '-') && second === first)
    return third === '' || AT_END.test(third) || tokens[at + 2]?.line !== tokens[at]?.line;
  if (/^[-+*/%|^:&]$/.test(first) && second === '=') return true;
  return (
    (/^[<>]$/.test(first) && second === first && third === '=') ||
    (first === '&' && second === '^' && third === '=')
  );
}

/** Whether the operand at `at` is that of `*`, and not a factor. */
function isPointee(tokens: readonly Token[], at: number): boolean {
  return tokens[at - 1]?.text === '*' && isFirst(tokens, at - 1);
}

function takesAddress(tokens: readonly Token[], at: number): boolean {
  return tokens[at - 1]?.text === '&' && tokens[at - 2]?.text !== '&' && isFirst(tokens, at - 1);
}

/** Whether nothing that an operator could join stands before a place. */
function isFirst(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1];
  if (before === undefined || before.kind === 'newline') return true;
  if (before.kind === 'operator') return !/^[)\]}]$/.test(before.text) || before.line !== tokens[at]?.line;
  return KEYWORDS.has(before.text);
}
