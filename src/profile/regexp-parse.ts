// Regular expressions as Go and pprof mean them (Go src/regexp/syntax/doc.go), as a program for regexp.ts. Not JavaScript's: an
// expression may come out of a profile (drop_frames), and must neither mean something else here nor take exponential time.

/** Whether a code point belongs. */
export type CharTest = (code: number) => boolean;

/** One step of the program. `next`: where it goes on; -1 while it is not known. */
export type Step =
  | { readonly kind: 'char'; readonly test: CharTest; next: number }
  | { readonly kind: 'split'; next: number; other: number }
  | { readonly kind: 'assert'; readonly what: Assertion; next: number }
  | { readonly kind: 'match' };

export type Assertion = 'line start' | 'line end' | 'text start' | 'text end' | 'word' | 'no word';

/** An expression that Go would refuse: `message` as a sentence's end. */
export class RegexpError extends Error {
  override readonly name = 'RegexpError';
}

type Node =
  | { readonly kind: 'empty' }
  | { readonly kind: 'char'; readonly test: CharTest }
  | { readonly kind: 'assert'; readonly what: Assertion }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly part: Node; readonly min: number; readonly max: number };

/** Go refuses larger counts and nested counts that make more than this. */
const MAX_REPEAT = 1000;
const MAX_STEPS = 20_000;
const MAX_DEPTH = 1000;

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

/** Compiles an expression; throws a RegexpError for what Go refuses. */
export function compileSteps(source: string): readonly Step[] {
  const parser = new Parser(source);
  const steps: Step[] = [];
  emit(parser.parse(), steps, 0);
  add(steps, { kind: 'match' });
  return steps;
}

function add(steps: Step[], step: Step): number {
  if (steps.length >= MAX_STEPS) throw new RegexpError('expression is too large');
  return steps.push(step) - 1;
}

/** Appends the steps of `node`, which go on at the step after them. */
function emit(node: Node, steps: Step[], depth: number): void {
  if (depth > MAX_DEPTH) throw new RegexpError('expression nests too deeply');
  switch (node.kind) {
    case 'empty':
      return;
    case 'char':
    case 'assert':
      add(steps, { ...node, next: steps.length + 1 });
      return;
    case 'sequence':
      for (const part of node.parts) emit(part, steps, depth + 1);
      return;
    case 'choice': {
      const ends: { next: number }[] = [];
      for (const [index, part] of node.parts.entries()) {
        if (index === node.parts.length - 1) {
          emit(part, steps, depth + 1);
          break;
        }
        const split: Step = { kind: 'split', next: steps.length + 1, other: -1 };
        add(steps, split);
        emit(part, steps, depth + 1);
        const jump: Step = { kind: 'split', next: -1, other: -1 };
        add(steps, jump);
        ends.push(jump);
        split.other = steps.length;
      }
      for (const end of ends) end.next = steps.length;
      return;
    }
    case 'repeat': {
      for (let i = 0; i < node.min; i++) emit(node.part, steps, depth + 1);
      if (node.max === Infinity) {
        const split: Step = { kind: 'split', next: steps.length + 1, other: -1 };
        const start = add(steps, split);
        emit(node.part, steps, depth + 1);
        add(steps, { kind: 'split', next: start, other: -1 });
        split.other = steps.length;
        return;
      }
      const splits: { other: number }[] = [];
      for (let i = node.min; i < node.max; i++) {
        const split: Step = { kind: 'split', next: steps.length + 1, other: -1 };
        add(steps, split);
        splits.push(split);
        emit(node.part, steps, depth + 1);
      }
      for (const split of splits) split.other = steps.length;
    }
  }
}

class Parser {
  readonly #source: readonly string[];
  #at = 0;
  #flags: Flags = { i: false, m: false, s: false };
  #depth = 0;

  constructor(source: string) {
    this.#source = Array.from(source);
  }

  parse(): Node {
    const node = this.#choice();
    if (this.#at < this.#source.length) throw new RegexpError('unexpected )');
    return node;
  }

  #peek(text: string): boolean {
    return Array.from(text).every((char, i) => this.#source[this.#at + i] === char);
  }

  /** Passes over `text`, which is of ASCII. */
  #take(text: string): boolean {
    if (!this.#peek(text)) return false;
    this.#at += text.length;
    return true;
  }

  #choice(): Node {
    if (++this.#depth > MAX_DEPTH) throw new RegexpError('expression nests too deeply');
    const flags = this.#flags;
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    this.#flags = flags;
    this.#depth--;
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'choice', parts };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    while (this.#at < this.#source.length && !this.#peek('|') && !this.#peek(')')) {
      if (this.#take('\\Q')) {
        while (this.#at < this.#source.length && !this.#take('\\E')) {
          parts.push(this.#literal(this.#source[this.#at++] ?? ''));
        }
        continue;
      }
      const atom = this.#atom();
      if (atom !== undefined) parts.push(this.#repeats(atom));
    }
    return { kind: 'sequence', parts };
  }

  #repeats(part: Node): Node {
    let node = part;
    let repeated = false;
    for (;;) {
      const at = this.#at;
      const counts = this.#counts();
      if (counts === undefined) return node;
      if (repeated) {
        throw new RegexpError(
          `invalid nested repetition operator: ${this.#source.slice(at, this.#at).join('')}`,
        );
      }
      this.#take('?');
      repeated = true;
      node = { kind: 'repeat', part: node, ...counts };
    }
  }

  #counts(): { min: number; max: number } | undefined {
    if (this.#take('*')) return { min: 0, max: Infinity };
    if (this.#take('+')) return { min: 1, max: Infinity };
    if (this.#take('?')) return { min: 0, max: 1 };
    const counted = /^\{(\d+)(,?)(\d*)\}/.exec(this.#source.slice(this.#at, this.#at + 24).join(''));
    if (counted === null) return undefined;
    const min = Number(counted[1]);
    const max = counted[2] === '' ? min : counted[3] === '' ? Infinity : Number(counted[3]);
    if (min > MAX_REPEAT || (max !== Infinity && max > MAX_REPEAT) || max < min) {
      throw new RegexpError(`invalid repeat count: ${counted[0]}`);
    }
    this.#at += counted[0].length;
    return { min, max };
  }

  /** Undefined for what only changes flags. */
  #atom(): Node | undefined {
    const char = this.#source[this.#at++] ?? '';
    switch (char) {
      case '(':
        return this.#group();
      case '[':
        return { kind: 'char', test: this.#class() };
      case '.': {
        const { s } = this.#flags;
        return { kind: 'char', test: (code) => s || code !== 10 };
      }
      case '^':
        return { kind: 'assert', what: this.#flags.m ? 'line start' : 'text start' };
      case '$':
        return { kind: 'assert', what: this.#flags.m ? 'line end' : 'text end' };
      case '*':
      case '+':
      case '?':
        throw new RegexpError(`missing argument to repetition operator: ${char}`);
      case '\\':
        return this.#escape();
      default:
        return this.#literal(char);
    }
  }

  #group(): Node | undefined {
    const before = this.#flags;
    if (this.#take('?')) {
      const rest = this.#source.slice(this.#at, this.#at + 64).join('');
      const name = /^P?<\w+>/.exec(rest);
      const flags = /^([imsU]*)(?:-([imsU]+))?([:)])/.exec(rest);
      if (name !== null) this.#at += name[0].length;
      else if (flags !== null) {
        this.#at += flags[0].length;
        const on = flags[1] ?? '';
        const off = flags[2] ?? '';
        const set = (flag: 'i' | 'm' | 's'): boolean =>
          (before[flag] || on.includes(flag)) && !off.includes(flag);
        this.#flags = { i: set('i'), m: set('m'), s: set('s') };
        if (flags[3] === ')') return undefined;
      } else throw new RegexpError(`invalid or unsupported Perl syntax: (?${rest.slice(0, 1)}`);
    }
    const node = this.#choice();
    this.#flags = before;
    if (!this.#take(')')) throw new RegexpError('missing closing )');
    return node;
  }

  #literal(char: string): Node {
    return { kind: 'char', test: this.#foldTest(single(char.codePointAt(0) ?? 0)) };
  }

  #foldTest(test: CharTest): CharTest {
    return this.#flags.i ? folded(test) : test;
  }

  #escape(): Node {
    const char = this.#source[this.#at] ?? '';
    const asserts: Readonly<Record<string, Assertion>> = {
      A: 'text start',
      z: 'text end',
      b: 'word',
      B: 'no word',
    };
    const what = asserts[char];
    if (what !== undefined) {
      this.#at++;
      return { kind: 'assert', what };
    }
    const set = this.#escapedSet();
    if (set !== undefined) return { kind: 'char', test: this.#foldTest(set) };
    return { kind: 'char', test: this.#foldTest(single(this.#escapedCode())) };
  }

  /** A class such as \d or \pL behind a backslash. */
  #escapedSet(): CharTest | undefined {
    const char = this.#source[this.#at] ?? '';
    const perl = PERL[char.toLowerCase()];
    if (perl !== undefined && /[dwsDWS]/.test(char)) {
      this.#at++;
      return char === char.toLowerCase() ? perl : not(perl);
    }
    if (char !== 'p' && char !== 'P') return undefined;
    const match = /^[pP](?:\{(\^?)(\w+)\}|(\w))/.exec(this.#source.slice(this.#at, this.#at + 48).join(''));
    if (match === null) throw new RegexpError('invalid character class range');
    this.#at += match[0].length;
    const test = unicodeClass(match[2] ?? match[3] ?? '');
    return (char === 'P') !== (match[1] === '^') ? not(test) : test;
  }

  /** A character behind a backslash. */
  #escapedCode(): number {
    const rest = this.#source.slice(this.#at, this.#at + 12).join('');
    const number = /^(?:x\{([0-9a-fA-F]+)\}|x([0-9a-fA-F]{2})|([0-7]{3}|0[0-7]{0,2}))/.exec(rest);
    if (number !== null) {
      this.#at += number[0].length;
      const code =
        number[3] === undefined ? parseInt(number[1] ?? number[2] ?? '', 16) : parseInt(number[3], 8);
      if (code > 0x10ffff) throw new RegexpError(`invalid escape sequence: \\${number[0]}`);
      return code;
    }
    const char = this.#source[this.#at++] ?? '';
    const control = CONTROL[char];
    if (control !== undefined) return control;
    if (char === '') throw new RegexpError('trailing backslash at end of expression');
    if (/[0-9A-Za-z]/.test(char)) throw new RegexpError(`invalid escape sequence: \\${char}`);
    return char.codePointAt(0) ?? 0;
  }

  /** A bracket class; its `[` is passed already. */
  #class(): CharTest {
    const negated = this.#take('^');
    const tests: CharTest[] = [];
    for (let first = true; ; first = false) {
      if (this.#at >= this.#source.length) throw new RegexpError('missing closing ]');
      if (!first && this.#take(']')) break;
      const posix = /^\[:(\^?)(\w+):\]/.exec(this.#source.slice(this.#at, this.#at + 16).join(''));
      const known = POSIX[posix?.[2] ?? ''];
      if (posix !== null) {
        if (known === undefined) throw new RegexpError(`invalid character class range: ${posix[0]}`);
        this.#at += posix[0].length;
        tests.push(posix[1] === '^' ? not(known) : known);
        continue;
      }
      if (this.#peek('\\')) {
        this.#at++;
        const set = this.#escapedSet();
        if (set !== undefined) {
          tests.push(set);
          continue;
        }
        this.#at--;
      }
      const low = this.#classCode();
      let high = low;
      if (this.#peek('-') && this.#source[this.#at + 1] !== ']') {
        this.#at++;
        high = this.#classCode();
        if (high < low) throw new RegexpError('invalid character class range');
      }
      tests.push((code) => code >= low && code <= high);
    }
    const any = this.#foldTest((code) => tests.some((test) => test(code)));
    return negated ? not(any) : any;
  }

  #classCode(): number {
    if (this.#take('\\')) return this.#escapedCode();
    return this.#source[this.#at++]?.codePointAt(0) ?? 0;
  }
}

const not =
  (test: CharTest): CharTest =>
  (code) =>
    !test(code);
const single =
  (wanted: number): CharTest =>
  (code) =>
    code === wanted;
const inSet =
  (expression: RegExp): CharTest =>
  (code) =>
    expression.test(String.fromCodePoint(code));

/** True when the character or its other case belongs. */
function folded(test: CharTest): CharTest {
  return (code) => {
    if (test(code)) return true;
    const char = String.fromCodePoint(code);
    return [char.toLowerCase(), char.toUpperCase()].some(
      (other) => other.length === char.length && test(other.codePointAt(0) ?? 0),
    );
  };
}

/** A general category or a script, by the names that both languages share. */
function unicodeClass(name: string): CharTest {
  for (const property of [name, `Script=${name}`]) {
    try {
      return inSet(new RegExp(`\\p{${property}}`, 'u'));
    } catch {
      // Not this kind of property.
    }
  }
  throw new RegexpError(`invalid character class range: \\p{${name}}`);
}

const CONTROL: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

const PERL: Readonly<Record<string, CharTest>> = {
  d: inSet(/[0-9]/),
  w: inSet(/[0-9A-Za-z_]/),
  s: inSet(/[\t\n\f\r ]/),
};

const POSIX: Readonly<Record<string, CharTest>> = {
  alnum: inSet(/[0-9A-Za-z]/),
  alpha: inSet(/[A-Za-z]/),
  ascii: (code) => code < 0x80,
  blank: inSet(/[\t ]/),
  cntrl: (code) => code < 0x20 || code === 0x7f,
  digit: inSet(/[0-9]/),
  graph: (code) => code > 0x20 && code < 0x7f,
  lower: inSet(/[a-z]/),
  print: (code) => code >= 0x20 && code < 0x7f,
  punct: inSet(/[!-/:-@[-`{-~]/),
  space: inSet(/[\t\n\v\f\r ]/),
  upper: inSet(/[A-Z]/),
  word: inSet(/[0-9A-Za-z_]/),
  xdigit: inSet(/[0-9A-Fa-f]/),
};
