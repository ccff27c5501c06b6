import { bodyNames } from './body-names.ts';
import { importsOf, type Import } from './imports.ts';
import { readFunctions, typeText, type GoSignature } from './signature.ts';
import { tokenize, type Token } from './tokens.ts';

/** A variable that a file declares outside functions. */
export interface PackageVariable {
  readonly name: string;
  /** 1-based. */
  readonly line: number;
  /** As written; null where the declaration leaves it to the value. */
  readonly type: string | null;
  /** What it is initialized with; none where the declaration has no value of its own for it. */
  readonly value: readonly Token[];
}

/** A place where a function names a variable. */
export interface VariableUse {
  readonly name: string;
  /** `v.field`, and no call of it; '' for others. */
  readonly field: string;
  /** `len(v)`, `cap(v)`; `''`: `v == ""`. */
  readonly measure: 'len' | 'cap' | 'empty' | null;
  /** False where the name may be something else: a local variable, a key of a composite literal, a label. */
  readonly certain: boolean;
}

export interface SourceFunction {
  readonly signature: GoSignature;
  /** In the order of the text, without those of function literals in it. */
  readonly uses: readonly VariableUse[];
}

/** One file of a package, as far as it tells where the package's variables are used. */
export class PackageFile {
  /** As its package clause says; '' without one. */
  readonly packageName: string;
  readonly variables: readonly PackageVariable[];
  /** Names of all that it declares outside functions, but for methods. */
  readonly declared: readonly string[];
  readonly #imports: readonly Import[];
  readonly #tokens: readonly Token[];

  constructor(source: string) {
    this.#tokens = tokenize(source);
    this.packageName = packageNameOf(source);
    this.#imports = importsOf(this.#tokens);
    this.variables = readVariables(this.#tokens);
    this.declared = readDeclared(this.#tokens);
  }

  /** Paths of the packages that it imports. */
  get imports(): readonly string[] {
    return this.#imports.map(({ path }) => path);
  }

  /** What the file calls a package that it imports, `.` for one whose names it takes over; undefined where it does not import it. `own`: as the package calls itself. */
  importName(path: string, own: string): string | undefined {
    const found = this.#imports.find((one) => one.path === path);
    return found && (found.name ?? own);
  }

  /** The functions of the file, and how they use variables of these names; `qualifier`: those of the package that the file calls so. */
  functions(names: ReadonlySet<string>, qualifier = ''): readonly SourceFunction[] {
    const tokens = this.#tokens;
    const all = readFunctions(tokens);
    /** Functions around the current token, the outermost first. */
    const open: { to: number; declared: ReadonlySet<string>; uses: VariableUse[] }[] = [];
    const found: SourceFunction[] = [];
    let next = 0;
    for (let i = 0; i < tokens.length; i++) {
      while (open.length > 0 && i >= (open.at(-1)?.to ?? 0)) open.pop();
      const one = all[next];
      if (one?.from === i) {
        next++;
        const uses: VariableUse[] = [];
        open.push({ to: one.to, declared: declaredIn(tokens.slice(one.from, one.to), one.signature), uses });
        found.push({ signature: one.signature, uses });
      }
      const here = open.at(-1);
      const token = tokens[i];
      if (here === undefined || token?.kind !== 'name') continue;
      if (i >= here.to || tokens[i - 1]?.text === '.') continue;
      if (qualifier === '' ? !names.has(token.text) : token.text !== qualifier) continue;
      const last = qualifier === '' ? i : i + 2;
      if (last > i && (tokens[i + 1]?.text !== '.' || !names.has(tokens[last]?.text ?? ''))) continue;
      here.uses.push(useAt(tokens, i, last, !open.some(({ declared }) => declared.has(token.text))));
    }
    return found;
  }
}

/** The name that a text's package clause gives; '' without one. Reads no further. */
export function packageNameOf(source: string): string {
  // A byte order mark is none of the text.
  const [clause, name] = tokenize(source.replace(/^\uFEFF/, ''), 2);
  return clause?.text === 'package' && name?.kind === 'name' ? name.text : '';
}

/** Of the name whose first token is at `first`, and whose last, behind the package, is at `at`. */
function useAt(tokens: readonly Token[], first: number, at: number, isFree: boolean): VariableUse {
  const text = (i: number): string => tokens[i]?.text ?? '';
  const name = text(at);
  const isCall = text(at + 3) === '(';
  const field = text(at + 1) === '.' && tokens[at + 2]?.kind === 'name' && !isCall ? text(at + 2) : '';
  const measured = text(first - 1) === '(' && text(at + 1) === ')' ? text(first - 2) : '';
  const comparison = /^[=!]$/.test(text(at + 1)) && text(at + 2) === '=' && /^(""|``)$/.test(text(at + 3));
  const measure = measured === 'len' || measured === 'cap' ? measured : comparison ? 'empty' : null;
  const isKey = text(at + 1) === ':' && text(at + 2) !== '=';
  return { name, field, measure, certain: isFree && !isKey };
}

/** Names that a function declares itself. More than these would only make less certain. */
function declaredIn(body: readonly Token[], signature: GoSignature): ReadonlySet<string> {
  const { receiver, parameters, results } = signature;
  const declared = new Set(bodyNames(body).declared);
  for (const one of [...parameters, ...results]) declared.add(one.name);
  if (receiver !== null) declared.add(receiver.name);
  for (const [i, { kind, text }] of body.entries()) {
    if (kind !== 'name' || !/^(const|var|type)$/.test(text)) continue;
    for (let at = i + 1; at < body.length && at < i + 3; at++) {
      const one = body[at];
      if (one?.kind === 'name') declared.add(one.text);
      else if (one?.text === '(') {
        // A group: names at the beginning of a line.
        for (let k = at + 1; k < body.length && body[k]?.text !== ')'; k++)
          if (body[k]?.kind === 'name') declared.add(body[k]?.text ?? '');
      }
    }
  }
  return declared;
}

/** The declarations of variables outside functions ("Variable declarations"). Never throws. */
export function readVariables(tokens: readonly Token[]): PackageVariable[] {
  const found: PackageVariable[] = [];
  for (const { keyword, from, to } of declarations(tokens))
    if (keyword === 'var') declaration(tokens.slice(from, to), found);
  return found;
}

/** Names that are declared outside functions, but for methods ("Declarations and scope"); `_` and `init` name nothing. Never throws. */
function readDeclared(tokens: readonly Token[]): string[] {
  const found: string[] = [];
  for (const { from, to } of declarations(tokens)) {
    for (let at = from; at < to && tokens[at]?.kind === 'name'; at += 2) {
      found.push(tokens[at]?.text ?? '');
      if (tokens[at + 1]?.text !== ',') break;
    }
  }
  return found.filter((name) => name !== '_' && name !== 'init');
}

/** The statements that declare something outside functions: what stands behind their keyword. */
function declarations(
  tokens: readonly Token[],
): { readonly keyword: string; readonly from: number; readonly to: number }[] {
  const found: { readonly keyword: string; readonly from: number; readonly to: number }[] = [];
  const text = (at: number): string => tokens[at]?.text ?? '';
  let depth = 0;
  for (let i = 0; i < tokens.length; i++) {
    const keyword = text(i);
    if (tokens[i]?.kind === 'operator') {
      if (/^[([{]$/.test(keyword)) depth++;
      else if (/^[)\]}]$/.test(keyword)) depth--;
    }
    if (depth !== 0 || tokens[i]?.kind !== 'name') continue;
    if (keyword === 'func' && tokens[i + 1]?.kind === 'name') found.push({ keyword, from: i + 1, to: i + 2 });
    if (!/^(var|const|type)$/.test(keyword)) continue;
    if (text(i + 1) !== '(') {
      const end = endOfStatement(tokens, i + 1);
      found.push({ keyword, from: i + 1, to: end });
      i = end - 1;
      continue;
    }
    for (i += 2; i < tokens.length && text(i) !== ')';) {
      const end = endOfStatement(tokens, i);
      found.push({ keyword, from: i, to: end });
      i = text(end) === ')' ? end : end + 1;
    }
  }
  return found;
}

/** The newline or semicolon that ends the statement at `from`, or the bracket around it. */
function endOfStatement(tokens: readonly Token[], from: number): number {
  let depth = 0;
  let at = from;
  for (; at < tokens.length; at++) {
    const { kind, text } = tokens[at] ?? { kind: 'newline', text: '' };
    if (kind === 'operator' && /^[([{]$/.test(text)) depth++;
    else if (kind === 'operator' && /^[)\]}]$/.test(text) && --depth < 0) return at;
    else if (depth === 0 && (kind === 'newline' || text === ';')) return at;
  }
  return at;
}

/** `a, b int = 1, 2` */
function declaration(tokens: readonly Token[], found: PackageVariable[]): void {
  const names: Token[] = [];
  let at = 0;
  for (; tokens[at]?.kind === 'name'; at += 2) {
    names.push(tokens[at] as Token);
    if (tokens[at + 1]?.text !== ',') {
      at++;
      break;
    }
  }
  const equals = topLevel(tokens, at, '=')[0] ?? tokens.length;
  const typed = tokens.slice(at, equals);
  const type = typed.length === 0 ? null : typeText(typed);
  const commas = [equals, ...topLevel(tokens, equals + 1, ','), tokens.length];
  const values = commas.slice(1).map((end, i) => tokens.slice((commas[i] ?? 0) + 1, end));
  for (const [i, { text, line }] of names.entries()) {
    if (text === '_') continue;
    found.push({ name: text, line, type, value: values.length === names.length ? (values[i] ?? []) : [] });
  }
}

/** Where a character stands outside all brackets. */
function topLevel(tokens: readonly Token[], from: number, character: string): number[] {
  const found: number[] = [];
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const { kind, text } = tokens[at] ?? { kind: 'newline', text: '' };
    if (kind !== 'operator') continue;
    if (/^[([{]$/.test(text)) depth++;
    else if (/^[)\]}]$/.test(text)) depth--;
    else if (depth === 0 && text === character) found.push(at);
  }
  return found;
}
