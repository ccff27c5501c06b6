import { compileSteps, type Assertion, type Step } from './regexp-parse.ts';

export { RegexpError } from './regexp-parse.ts';

/** A compiled expression, with Go's meaning (package regexp): time is linear in the text, whatever the expression. */
export interface GoRegexp {
  /** Whether it matches anywhere in `text`. Answers for a text are kept: names of functions are asked for again and again. */
  matches(text: string): boolean;
}

/** Compiles an expression in Go's syntax; throws a RegexpError that says what Go says. */
export function compileRegexp(source: string): GoRegexp {
  const steps = compileSteps(source);
  const known = new Map<string, boolean>();
  return {
    matches(text) {
      let answer = known.get(text);
      if (answer === undefined) {
        answer = run(steps, text);
        known.set(text, answer);
      }
      return answer;
    },
  };
}

/** Runs all ways through the program at once (Thompson's construction). */
function run(steps: readonly Step[], text: string): boolean {
  const codes = Array.from(text, (char) => char.codePointAt(0) ?? 0);
  const seenAt = new Int32Array(steps.length).fill(-1);
  let current: number[] = [];
  const pending: number[] = [];
  /** Adds what can be reached from `start` at position `at` without reading; true when that is the end. */
  const reach = (start: number, at: number, into: number[]): boolean => {
    pending.push(start);
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      if (index < 0 || seenAt[index] === at) continue;
      seenAt[index] = at;
      const step = steps[index];
      if (step === undefined) continue;
      if (step.kind === 'match') {
        pending.length = 0;
        return true;
      }
      if (step.kind === 'char') into.push(index);
      else if (step.kind === 'split') pending.push(step.other, step.next);
      else if (holds(step.what, codes, at)) pending.push(step.next);
    }
    return false;
  };
  for (let at = 0; at <= codes.length; at++) {
    if (reach(0, at, current)) return true;
    const code = codes[at];
    if (code === undefined) break;
    const following: number[] = [];
    for (const index of current) {
      const step = steps[index];
      if (step?.kind === 'char' && step.test(code) && reach(step.next, at + 1, following)) return true;
    }
    current = following;
  }
  return false;
}

function holds(what: Assertion, codes: readonly number[], at: number): boolean {
  switch (what) {
    case 'text start':
      return at === 0;
    case 'text end':
      return at === codes.length;
    case 'line start':
      return at === 0 || codes[at - 1] === 10;
    case 'line end':
      return at === codes.length || codes[at] === 10;
    case 'word':
    case 'no word':
      return (isWord(codes[at - 1]) !== isWord(codes[at])) === (what === 'word');
  }
}

function isWord(code: number | undefined): boolean {
  return code !== undefined && code < 0x80 && /\w/.test(String.fromCharCode(code));
}
