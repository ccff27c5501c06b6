import { tokenize, type Token } from './tokens.ts';

/** A parameter, receiver or result. */
export interface GoParameter {
  /** '' where it has none; `_` as written. */
  readonly name: string;
  /** As written, with single spaces: `map[string]int`, `func(int) error`, `...string`. */
  readonly type: string;
}

/** A function in a text: declared, or a function literal. */
export interface GoSignature {
  /** As Go names it behind the package: `receive`, `message.wait`, `(*message).wait`; '' for a function literal. */
  readonly name: string;
  /** Line of `func`, 1-based. */
  readonly line: number;
  readonly receiver: GoParameter | null;
  /** One entry a parameter, also where they share a type. */
  readonly parameters: readonly GoParameter[];
  readonly results: readonly GoParameter[];
  /** It, or its receiver's type, has type parameters. */
  readonly generic: boolean;
}

/** Parameters that one list can have, and how deep brackets can be. */
const MAX_LIST = 1000;
const MAX_DEPTH = 200;

/**
 * The functions of a Go source file, or of a part of one, in the order of their `func` (The Go Programming Language Specification,
 * "Function declarations", "Function literals"). What cannot be read is left out; types of functions, which look alike and have no body,
 * are no entries. Never throws; linear in the length.
 */
export function parseSignatures(source: string): GoSignature[] {
  return readFunctions(tokenize(source)).map(({ signature }) => signature);
}

/** A function and where its body is among the tokens: from the first behind `{` to the `}`. */
export interface FunctionTokens {
  readonly signature: GoSignature;
  readonly from: number;
  readonly to: number;
}

/** As `parseSignatures`, with their bodies. A function literal comes behind the function that it stands in. */
export function readFunctions(tokens: readonly Token[]): FunctionTokens[] {
  const found: FunctionTokens[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token?.kind !== 'name' || token.text !== 'func') continue;
    // The type of elements, `[]func() any{...}`: the brace behind it is a composite literal's.
    if (tokens[i - 1]?.text === ']') continue;
    const reader = new SignatureReader(tokens, i + 1);
    const signature = reader.read(token.line);
    if (signature === undefined) continue;
    // A function type in its results would look like a literal: the body behind it is this function's.
    i = reader.at;
    found.push({ signature, from: i + 1, to: reader.closingBrace() });
  }
  return found;
}

/** The tokens between the braces of a function's body; none where the text has no such function. `signature`: of the same text. */
export function bodyTokens(source: string, { name, line }: GoSignature): readonly Token[] {
  const tokens = tokenize(source);
  for (const [i, token] of tokens.entries()) {
    if (token.line !== line || token.kind !== 'name' || token.text !== 'func') continue;
    const reader = new SignatureReader(tokens, i + 1);
    if (reader.read(line)?.name === name) return tokens.slice(reader.at + 1, reader.closingBrace());
  }
  return [];
}

/** What the source calls a function that Go calls `name`: `f` of `main.f[...]`. */
export const declaredName = (name: string): string =>
  name.replace(/\[\.\.\.\]/g, '').replace(/^(?:.*\/)?[^/.]*\./, '');

/**
 * The signature of a function that Go calls `name` (`main.(*T).m`, `main.f.func1`, `main.f[...]`) and whose `func` is in line
 * `startLine` (0: not known). A function literal is found by its line alone, when no other begins there.
 */
export function findSignature(
  signatures: readonly GoSignature[],
  name: string,
  startLine: number,
): GoSignature | undefined {
  const declared = declaredName(name);
  const named = signatures.filter((one) => one.name === declared);
  const inLine = (one: GoSignature): boolean => startLine === 0 || one.line === startLine;
  if (named.length > 0) return named.find(inLine) ?? (named.length === 1 ? named[0] : undefined);
  if (startLine === 0) return undefined;
  const literals = signatures.filter((one) => one.name === '' && one.line === startLine);
  return literals.length === 1 ? literals[0] : undefined;
}

class SignatureReader {
  readonly #tokens: readonly Token[];
  #at: number;

  constructor(tokens: readonly Token[], at: number) {
    this.#tokens = tokens;
    this.#at = at;
  }

  /** From behind `func`; undefined when it is no function with a body or declared outside. */
  read(line: number): GoSignature | undefined {
    let receiver: GoParameter | null = null;
    let name = '';
    let generic = false;
    let first: GoParameter[] | undefined;
    if (this.#textHere() === '(') {
      first = this.#list();
      if (first === undefined) return undefined;
    }
    // `func (r T) name(`: what came first was the receiver.
    if (this.#tokens[this.#at]?.kind === 'name' && /^[[(]$/.test(this.#tokens[this.#at + 1]?.text ?? '')) {
      const isMethod = first !== undefined;
      // Behind a literal's parameters a name begins its result: `func(a int) map[string]int {`.
      const isResult = isMethod && !this.#isDeclaration();
      if (!isResult) {
        name = this.#textHere();
        this.#at++;
        if (this.#textHere() === '[') {
          generic = true;
          if (!this.#skipBrackets()) return undefined;
        }
        receiver = first?.[0] ?? null;
        if (isMethod && receiver === null) return undefined;
        first = this.#list();
      }
    }
    if (first === undefined) return undefined;
    const results = this.#results();
    if (results === undefined || this.#textHere() !== '{') return undefined;
    if (receiver !== null) {
      const type = receiver.type.replace(/\[.*\]$/, '');
      generic ||= type !== receiver.type;
      name = type.startsWith('*') ? `(${type}).${name}` : `${type}.${name}`;
    }
    return { name, line, receiver, parameters: first, results, generic };
  }

  /** Whether a name and a list of parameters follow, and behind them a body or a result: then the list before was a receiver. */
  #isDeclaration(): boolean {
    const start = this.#at;
    const word = this.#textHere();
    this.#at++;
    if (word === 'map' || word === 'chan' || word === 'func' || word === 'interface' || word === 'struct') {
      this.#at = start;
      return false;
    }
    const ok =
      this.#textHere() === '(' &&
      this.#skipBrackets() &&
      this.#results() !== undefined &&
      this.#textHere() === '{';
    this.#at = start;
    return ok;
  }

  /** Where it stands: behind `read` at the brace of the body. */
  get at(): number {
    return this.#at;
  }

  /** From the brace of the body: where the one that closes it is, or the end of the text. */
  closingBrace(): number {
    return this.#skipBrackets() ? this.#at - 1 : this.#tokens.length;
  }

  /** The text of the token here; '' behind the last. */
  #textHere(): string {
    return this.#tokens[this.#at]?.text ?? '';
  }

  /** Past the bracket that closes the one here; false when none does. */
  #skipBrackets(): boolean {
    let depth = 0;
    for (; this.#at < this.#tokens.length; this.#at++) {
      const text = this.#tokens[this.#at]?.kind === 'operator' ? this.#textHere() : '';
      if (text === '(' || text === '[' || text === '{') depth++;
      else if (text === ')' || text === ']' || text === '}') depth--;
      if (depth > MAX_DEPTH) return false;
      if (depth === 0) {
        this.#at++;
        return true;
      }
    }
    return false;
  }

  /** A list in parentheses. */
  #list(): GoParameter[] | undefined {
    const start = this.#at;
    if (this.#textHere() !== '(' || !this.#skipBrackets()) return undefined;
    const inside = this.#tokens.slice(start + 1, this.#at - 1).filter((token) => token.kind !== 'newline');
    return readParameters(inside);
  }

  /** What stands between the parameters and the body. */
  #results(): GoParameter[] | undefined {
    if (this.#textHere() === '(') return this.#list();
    const start = this.#at;
    for (; this.#at < this.#tokens.length; this.#at++) {
      const token = this.#tokens[this.#at];
      if (token === undefined || token.kind === 'newline') return undefined;
      // The body begins at a brace, unless that belongs to the type.
      if (token.text === '{') {
        const before = this.#tokens[this.#at - 1]?.text;
        if (before !== 'struct' && before !== 'interface') break;
      }
      if (/^[;,)\]}=]$/.test(token.text)) return undefined;
      if (/^[({[]$/.test(token.text)) {
        if (!this.#skipBrackets()) return undefined;
        this.#at--;
      }
    }
    const type = typeText(this.#tokens.slice(start, this.#at));
    return type === '' ? [] : [{ name: '', type }];
  }
}

/** `a, b int, c ...string` or, without names, `int, string`. */
function readParameters(tokens: readonly Token[]): GoParameter[] | undefined {
  const parts: Token[][] = [];
  let part: Token[] = [];
  let depth = 0;
  for (const token of tokens) {
    if (token.kind === 'operator') {
      if (/^[([{]$/.test(token.text)) depth++;
      else if (/^[)\]}]$/.test(token.text)) depth--;
      if (token.text === ',' && depth === 0) {
        parts.push(part);
        part = [];
        continue;
      }
    }
    part.push(token);
  }
  if (part.length > 0) parts.push(part);
  if (parts.length > MAX_LIST || parts.some((one) => one.length === 0)) return undefined;
  const named = parts.some(hasName);
  if (!named) return parts.map((one) => ({ name: '', type: typeText(one) }));
  // From the back: `a, b int` gives a the type of b.
  const found: GoParameter[] = [];
  let type = '';
  for (const one of parts.toReversed()) {
    const [name] = one;
    if (name?.kind !== 'name') return undefined;
    if (hasName(one)) type = typeText(one.slice(1));
    if (type === '') return undefined;
    found.push({ name: name.text, type });
  }
  return found.reverse();
}

/** Words with which a type begins. */
const TYPE_WORDS = new Set(['chan', 'map', 'func', 'struct', 'interface']);

/** Whether a parameter has a name before its type; `pkg.T`, `T[K]` and `chan T` do not. */
function hasName([first, second, ...rest]: readonly Token[]): boolean {
  if (first?.kind !== 'name' || second === undefined || TYPE_WORDS.has(first.text)) return false;
  if (second.kind === 'name') return true;
  if (second.text === '.') return false;
  // `a []int` and `a [4]int` have a name, `List[int]` has none: what follows the bracket tells.
  if (second.text !== '[') return true;
  const close = closing(rest);
  return close < rest.length - 1;
}

function closing(tokens: readonly Token[]): number {
  let depth = 1;
  for (const [i, { text }] of tokens.entries()) {
    if (text === '[') depth++;
    else if (text === ']' && --depth === 0) return i;
  }
  return tokens.length;
}

/** A type as gofmt writes it, from its tokens. */
export function typeText(tokens: readonly Token[]): string {
  let text = '';
  let before: Token | undefined;
  for (const token of tokens) {
    if (token.kind === 'newline') continue;
    const spaced =
      before !== undefined &&
      ((before.kind === 'name' && token.kind === 'name') ||
        before.text === ',' ||
        (before.text === ')' && token.text !== ')' && token.text !== ',' && token.text !== ']') ||
        (before.text === 'chan' && token.text !== '<-') ||
        (before.text === '<-' && token.text !== 'chan'));
    text += `${spaced ? ' ' : ''}${token.text}`;
    before = token;
  }
  return text;
}
