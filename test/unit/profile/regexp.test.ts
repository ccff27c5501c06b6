import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { compileRegexp, RegexpError } from '../../../src/profile/regexp.ts';

describe('expressions mean what they mean in Go', () => {
  it.each<[string, string, boolean]>([
    ['main', 'example.com/main.run', true],
    ['^main$', 'main.run', false],
    ['(?i)SORT', 'slices.Sort', true],
    ['(?i:S)ort', 'sort', true],
    ['(?i:S)ort', 'sORT', false],
    ['a(?i)b|c', 'C', true],
    ['[[:upper:]][[:lower:]]+', 'runtime.Gosched', true],
    ['^[^[:alpha:]]+$', 'a1', false],
    ['\\Qmain.(*T).f\\E$', 'main.(*T).f', true],
    ['(?P<name>go)exit', 'runtime.goexit', true],
    ['\\Amain\\z', 'main', true],
    ['\\bgc\\b', 'runtime.gcStart', false],
    ['\\Bc', 'gc', true],
    ['^a{2,3}$', 'aaaa', false],
    ['^a{2,}$', 'aaaa', true],
    ['a{,2}', 'a{,2}', true],
    ['^\\pL+$', 'μs', true],
    ['\\p{Greek}', 'μ', true],
    ['\\P{L}', 'μ', false],
    ['.', '\n', false],
    ['(?s).', '\n', true],
    ['(?m)^b$', 'a\nb', true],
    ['^b$', 'a\nb', false],
    ['\\x{3bc}s', '5μs', true],
    ['\\x2e', '.', true],
    ['[\\d-]+x', '1-2x', true],
    ['[]a]', ']', true],
    ['', 'anything', true],
    ['a|', 'b', true],
    ['(|a)+$', 'b', true],
    ['(a*)*$', 'aab', true],
    ['\\v', '\v', true],
    ['\\s', '\v', false],
  ])('%s in %j: %s', (source, text, expected) => {
    expect(compileRegexp(source).matches(text)).toBe(expected);
  });

  it.each([
    ['(', 'missing closing )'],
    [')', 'unexpected )'],
    ['[a', 'missing closing ]'],
    ['*', 'missing argument to repetition operator: *'],
    ['a**', 'invalid nested repetition operator'],
    ['a{1001}', 'invalid repeat count'],
    ['((a{500}){500})', 'expression is too large'],
    ['(?=a)', 'invalid or unsupported Perl syntax'],
    ['(a)\\1', 'invalid escape sequence: \\1'],
    ['\\', 'trailing backslash at end of expression'],
    ['[b-a]', 'invalid character class range'],
    ['\\p{Nothing}', 'invalid character class range'],
    ['('.repeat(3000), 'expression nests too deeply'],
  ])('%s is refused', (source, message) => {
    expect(() => compileRegexp(source)).toThrow(RegexpError);
    expect(() => compileRegexp(source)).toThrow(message);
  });

  it('takes linear time where backtracking takes exponential', () => {
    const expression = compileRegexp('^(a|a)*(a*)*(a+)+b$');
    expect(expression.matches('a'.repeat(5000))).toBe(false);
    expect(expression.matches(`${'a'.repeat(5000)}b`)).toBe(true);
  });

  it('agrees with JavaScript where both languages are the same', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '(a|b)', '(?:ab)', '^', '$', '\\b');
    const piece = fc
      .tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{1,2}', '*?'))
      .map(([what, times]) =>
        /[\^$b]$/.test(what) && what.length <= 2 && what !== 'b' ? what : what + times,
      );
    const source = fc.array(fc.array(piece, { maxLength: 5 }), { minLength: 1, maxLength: 3 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), maxLength: 8 });
    fc.assert(
      fc.property(source, text, (parts, subject) => {
        const expression = parts.map((part) => part.join('')).join('|');
        expect(compileRegexp(expression).matches(subject)).toBe(new RegExp(expression, 'u').test(subject));
      }),
      { numRuns: 1000 },
    );
  });
});
