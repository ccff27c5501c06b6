import { typeText } from './signature.ts';
import type { Token } from './tokens.ts';

const BASIC = /^(bool|string|byte|rune|error|any|u?int(8|16|32|64)?|uintptr|float(32|64)|complex(64|128))$/;
const WHOLE = /^(0[xXbBoO][\da-fA-F_]+|[\d_]+)$/;

/** What stands around a value. */
export interface Surroundings {
  /** The type of what a function of the package returns. */
  readonly resultOf: (name: string) => string | undefined;
  /** What the file calls a package, by its path. */
  readonly importName: (path: string) => string | undefined;
}

/**
 * The type of a variable that is declared by its value, as Go writes it, where the value says it: literals, composite literals, `new`,
 * `make`, conversions to predeclared types, and what of the standard library variables are often declared with. Undefined for other
 * expressions (The Go Programming Language Specification, "Variable declarations", "Constants").
 */
export function typeOfValue(
  value: readonly Token[],
  { resultOf, importName }: Surroundings,
): string | undefined {
  const text = (at: number): string => value[at]?.text ?? '';
  const [first] = value;
  if (first === undefined) return undefined;
  const constant = typeOfConstant(value);
  if (constant !== undefined) return constant;
  if (text(0) === '&' && value.at(-1)?.text === '}') {
    const type = typeOfLiteral(value.slice(1));
    return type && `*${type}`;
  }
  const literal = typeOfLiteral(value);
  if (literal !== undefined) return literal;
  if (closes(value, 1)) {
    const inside = value.slice(2, -1);
    if (text(0) === 'new') return `*${typeText(inside)}`;
    if (text(0) === 'make') {
      const end = firstComma(inside);
      return typeText(inside.slice(0, end));
    }
    if (first.kind === 'name') return BASIC.test(first.text) ? first.text : resultOf(first.text);
  }
  if (text(0) === 'func') return functionType(value);
  if (text(1) === '.') {
    // Another package may be called so.
    const paths = PATHS.get(text(0)) ?? [text(0)];
    if (!paths.some((path) => importName(path) === text(0))) return undefined;
    if (value.length === 3 || closes(value, 3))
      return STANDARD.get(`${text(0)}.${text(2)}${value.length === 3 ? '' : '()'}`);
    return text(0) === 'js' && text(2) === 'Global' ? typeOfJsValue(value) : undefined;
  }
  // `[]byte("text")`
  if (text(0) === '[' && text(1) === ']' && BASIC.test(text(2)) && closes(value, 3)) return `[]${text(2)}`;
  return undefined;
}

/** What a variable has before the program runs: zeroes, the value itself, or one of both. */
export function contentOf(value: readonly Token[]): 'zero' | 'value' | 'unknown' {
  const [first] = value;
  if (first === undefined) return 'zero';
  // A map is made when the program starts.
  if (/^(make|map)$/.test(first.text)) return 'zero';
  if (first.text === 'func' && value.at(-1)?.text === '}') return 'value';
  if (value.length > 1) return 'unknown';
  if (/^(nil|false|0|""|``)$/.test(first.text)) return 'zero';
  const isLiteral = first.text === 'true' || first.kind === 'string' || /^[1-9]\d*$/.test(first.text);
  return isLiteral ? 'value' : 'unknown';
}

/** Values and results of the standard library that variables are often declared with. Go 1 does not change their types. */
const STANDARD: ReadonlyMap<string, string> = new Map([
  ['context.Background()', 'context.Context'],
  ['context.TODO()', 'context.Context'],
  ['errors.New()', 'error'],
  ['flag.Bool()', '*bool'],
  ['flag.Duration()', '*time.Duration'],
  ['flag.Int()', '*int'],
  ['flag.String()', '*string'],
  ['fmt.Errorf()', 'error'],
  ['fmt.Sprintf()', 'string'],
  ['http.DefaultClient', '*http.Client'],
  ['http.NewServeMux()', '*http.ServeMux'],
  ['js.FuncOf()', 'js.Func'],
  ['js.Global()', 'js.Value'],
  ['js.Null()', 'js.Value'],
  ['js.Undefined()', 'js.Value'],
  ['js.ValueOf()', 'js.Value'],
  ['list.New()', '*list.List'],
  ['log.Default()', '*log.Logger'],
  ['log.New()', '*log.Logger'],
  ['os.Args', '[]string'],
  ['os.Getenv()', 'string'],
  ['os.Stderr', '*os.File'],
  ['os.Stdin', '*os.File'],
  ['os.Stdout', '*os.File'],
  ['rand.New()', '*rand.Rand'],
  ['regexp.MustCompile()', '*regexp.Regexp'],
  ['slog.Default()', '*slog.Logger'],
  ['slog.New()', '*slog.Logger'],
  ['strings.NewReplacer()', '*strings.Replacer'],
  ['strings.NewReader()', '*strings.Reader'],
  ['sync.NewCond()', '*sync.Cond'],
  ['template.Must()', '*template.Template'],
  ['template.New()', '*template.Template'],
  ['time.Duration()', 'time.Duration'],
  ['time.Hour', 'time.Duration'],
  ['time.Minute', 'time.Duration'],
  ['time.Now()', 'time.Time'],
  ['time.Second', 'time.Duration'],
  ['time.Millisecond', 'time.Duration'],
  ['big.NewInt()', '*big.Int'],
  ['bytes.NewBuffer()', '*bytes.Buffer'],
]);

/** Paths of packages of the standard library that have more than one part. */
const PATHS: ReadonlyMap<string, readonly string[]> = new Map([
  ['big', ['math/big']],
  ['http', ['net/http']],
  ['js', ['syscall/js']],
  ['list', ['container/list']],
  ['rand', ['math/rand']],
  ['slog', ['log/slog']],
  ['template', ['html/template', 'text/template']],
]);

/** What methods of a js.Value return that others than values do (package syscall/js). */
const OF_VALUE: ReadonlyMap<string, string> = new Map([
  ...['Get', 'Call', 'Invoke', 'New', 'Index', 'Global'].map((name) => [name, 'js.Value'] as const),
  ['Bool', 'bool'],
  ['Float', 'float64'],
  ['Int', 'int'],
  ['Length', 'int'],
  ['String', 'string'],
]);

/** `js.Global().Get("document").Call("createElement", "div")` */
function typeOfJsValue(value: readonly Token[]): string | undefined {
  let depth = 0;
  let type: string | undefined;
  for (const [at, { kind, text }] of value.entries()) {
    if (kind === 'operator' && /^[([{]$/.test(text)) depth++;
    else if (kind === 'operator' && /^[)\]}]$/.test(text)) depth--;
    else if (depth > 0 || at === 0) continue;
    else if (kind === 'name' && value[at - 1]?.text === '.' && value[at + 1]?.text === '(')
      type = OF_VALUE.get(text);
    else if (text !== '.') return undefined;
  }
  return type;
}

/** Of a function literal: what stands before its body. */
function functionType(value: readonly Token[]): string | undefined {
  let depth = 0;
  for (const [at, { kind, text }] of value.entries()) {
    if (kind !== 'operator') continue;
    if (text === '{' && depth === 0 && value.at(-1)?.text === '}') return typeText(value.slice(0, at));
    if (/^[([{]$/.test(text)) depth++;
    else if (/^[)\]}]$/.test(text)) depth--;
  }
  return undefined;
}

/** Whether a parenthesis opens at `at` that the last token closes. */
function closes(value: readonly Token[], at: number): boolean {
  if (value[at]?.text !== '(') return false;
  let depth = 0;
  for (let i = at; i < value.length; i++) {
    const { kind, text } = value[i] ?? { kind: 'newline', text: '' };
    if (kind !== 'operator') continue;
    if (/^[([{]$/.test(text)) depth++;
    else if (/^[)\]}]$/.test(text) && --depth === 0) return i === value.length - 1;
  }
  return false;
}

function firstComma(tokens: readonly Token[]): number {
  let depth = 0;
  for (const [at, { kind, text }] of tokens.entries()) {
    if (kind !== 'operator') continue;
    if (/^[([{]$/.test(text)) depth++;
    else if (/^[)\]}]$/.test(text)) depth--;
    else if (depth === 0 && text === ',') return at;
  }
  return tokens.length;
}

/** Of an expression of literals of one kind. */
function typeOfConstant(value: readonly Token[]): string | undefined {
  if (value.length === 1 && /^(true|false)$/.test(value[0]?.text ?? '')) return 'bool';
  let type: string | undefined;
  for (const { kind, text } of value) {
    if (kind === 'operator' && /^[-+*/%|&^<>()]$/.test(text)) continue;
    const own =
      kind === 'number'
        ? WHOLE.test(text)
          ? 'int'
          : /^0[xX]/.test(text) || text.endsWith('i')
            ? undefined
            : 'float64'
        : kind === 'string'
          ? text.startsWith("'")
            ? 'rune'
            : 'string'
          : undefined;
    if (own === undefined || (type !== undefined && own !== type)) return undefined;
    type = own;
  }
  return type;
}

/** `T{...}`, `pkg.T{...}`, `map[K]V{...}`, `[]T{...}`, `[...]T{...}` without indices. */
function typeOfLiteral(value: readonly Token[]): string | undefined {
  if (value.at(-1)?.text !== '}') return undefined;
  let depth = 0;
  for (const [at, { kind, text }] of value.entries()) {
    if (kind === 'newline') return undefined;
    if (kind !== 'operator') {
      if (text === 'func' && at === 0) return undefined;
      continue;
    }
    if (text === '{' && depth === 0) {
      if (at === 0 || /^(struct|interface)$/.test(value[at - 1]?.text ?? '')) return undefined;
      const type = typeText(value.slice(0, at));
      if (!type.startsWith('[...]')) return type;
      const count = elements(value.slice(at + 1, -1));
      return count === undefined ? undefined : `[${String(count)}]${type.slice(5)}`;
    }
    if (/^[([{]$/.test(text)) depth++;
    else if (/^[)\]}]$/.test(text)) depth--;
    else if (depth === 0 && !/^[.*]$/.test(text)) return undefined;
  }
  return undefined;
}

/** How many elements a composite literal lists; undefined where it says which they are. */
function elements(tokens: readonly Token[]): number | undefined {
  let depth = 0;
  let count = 0;
  let isEmpty = true;
  for (const { kind, text } of tokens) {
    if (kind === 'newline') continue;
    if (kind === 'operator' && /^[)\]}]$/.test(text)) depth--;
    if (depth === 0 && kind === 'operator' && text === ':') return undefined;
    if (depth === 0 && kind === 'operator' && text === ',') {
      count++;
      isEmpty = true;
    } else isEmpty = false;
    if (kind === 'operator' && /^[([{]$/.test(text)) depth++;
  }
  return isEmpty ? count : count + 1;
}
