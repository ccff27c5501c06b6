// Build constraints in the text of a Go file (Go 1.27 src/go/build/constraint/expr.go; which lines count: src/go/build/build.go,
// parseFileHeader and shouldBuild).

/** Whether a tag holds in a build; undefined where that is not known. */
export type TagHolds = (tag: string) => boolean | undefined;

/** Tags and operators of one line: Go takes no more. */
const MAX_SIZE = 1000;
const TOKEN = /[ \t]*(?:([\p{L}\p{Nd}_.]+)|(&&|\|\||[!()]))/uy;
const TAG = /^[\p{L}\p{Nd}_.]+$/u;

/**
 * Whether the constraints of a text let a build take it: `//go:build`, or without such a line all of `// +build`. Undefined where a tag
 * that decides is not known, and for lines that Go would refuse. Never throws.
 */
export function constraintsHold(source: string, holds: TagHolds): boolean | undefined {
  const { goBuild, plusBuild } = constraintLines(source);
  const [only, ...others] = goBuild;
  if (only !== undefined) return others.length > 0 ? undefined : expressionHolds(only, holds);
  return all(plusBuild.map((line) => plusBuildHolds(line, holds)));
}

/** An expression behind `//go:build`. */
export function expressionHolds(text: string, holds: TagHolds): boolean | undefined {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const found = TOKEN.exec(text);
    if (found === null || tokens.push(found[1] ?? found[2] ?? '') > MAX_SIZE) return undefined;
  }
  const reader = new ExpressionReader(tokens, holds);
  const value = reader.or();
  return reader.isWhole ? value : undefined;
}

/** Reads with three values: what is not known stays so unless the other side decides. */
class ExpressionReader {
  readonly #tokens: readonly string[];
  readonly #holds: TagHolds;
  #at = 0;
  #isWrong = false;

  constructor(tokens: readonly string[], holds: TagHolds) {
    this.#tokens = tokens;
    this.#holds = holds;
  }

  /** All was read, and it was an expression. */
  get isWhole(): boolean {
    return !this.#isWrong && this.#at === this.#tokens.length;
  }

  or(): boolean | undefined {
    const sides = [this.#and()];
    while (this.#take('||')) sides.push(this.#and());
    return any(sides);
  }

  #and(): boolean | undefined {
    const sides = [this.#not()];
    while (this.#take('&&')) sides.push(this.#not());
    return all(sides);
  }

  #not(): boolean | undefined {
    if (!this.#take('!')) return this.#atom();
    return not(this.#atom());
  }

  #atom(): boolean | undefined {
    if (this.#take('(')) {
      const value = this.or();
      if (!this.#take(')')) this.#isWrong = true;
      return value;
    }
    const tag = this.#tokens[this.#at] ?? '';
    if (!TAG.test(tag)) {
      this.#isWrong = true;
      return undefined;
    }
    this.#at++;
    return this.#holds(tag);
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }
}

/** What stands behind `// +build`: any of its words, in which all of what commas part. */
function plusBuildHolds(text: string, holds: TagHolds): boolean | undefined {
  const words = text.split(/\s+/).filter((word) => word !== '');
  if (words.length > MAX_SIZE) return undefined;
  if (words.length === 0) return holds('ignore');
  return any(
    words.map((word) =>
      all(
        word.split(',').map((one) => {
          if (one.startsWith('!!') || one === '!') return holds('ignore');
          const tag = one.startsWith('!') ? one.slice(1) : one;
          const value = holds(TAG.test(tag) ? tag : 'ignore');
          return one.startsWith('!') ? not(value) : value;
        }),
      ),
    ),
  );
}

interface ConstraintLines {
  /** What stands behind the words that make a line one. */
  readonly goBuild: readonly string[];
  readonly plusBuild: readonly string[];
}

/** The lines of a file's head: those before anything that is no comment; `+build` only before a blank line that stands before other comments. */
function constraintLines(source: string): ConstraintLines {
  const goBuild: string[] = [];
  const plusBuild: string[] = [];
  let waiting: string[] = [];
  /** Something other than `//` and blank lines was there. */
  let ended = false;
  let inComment = false;
  // A byte order mark is none of it.
  for (let at = source.startsWith('\uFEFF') ? 1 : 0; at < source.length;) {
    const end = source.indexOf('\n', at);
    const next = end < 0 ? source.length : end + 1;
    let line = source.slice(at, next).trim();
    at = next;
    if (line === '' && !ended) {
      plusBuild.push(...waiting);
      waiting = [];
      continue;
    }
    if (!line.startsWith('//')) ended = true;
    const go = inComment ? null : /^\/\/go:build(?:\s+(.*))?$/u.exec(line);
    if (go !== null) goBuild.push(go[1] ?? '');
    const plus = ended ? null : /^\/\/\s*\+build(?:\s+(.*))?$/u.exec(line);
    if (plus !== null) waiting.push(plus[1] ?? '');
    while (line !== '') {
      if (inComment) {
        const close = line.indexOf('*/');
        if (close < 0) break;
        inComment = false;
        line = line.slice(close + 2).trim();
      } else if (line.startsWith('//')) break;
      else if (line.startsWith('/*')) {
        inComment = true;
        line = line.slice(2).trim();
      } else return { goBuild, plusBuild };
    }
  }
  return { goBuild, plusBuild };
}

const not = (value: boolean | undefined): boolean | undefined => (value === undefined ? undefined : !value);

function any(values: readonly (boolean | undefined)[]): boolean | undefined {
  if (values.includes(true)) return true;
  return values.includes(undefined) ? undefined : false;
}

function all(values: readonly (boolean | undefined)[]): boolean | undefined {
  if (values.includes(false)) return false;
  return values.includes(undefined) ? undefined : true;
}
