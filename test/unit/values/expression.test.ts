import fc from '../../support/fast-check.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { address } from '../../../src/base/units.ts';
import { evaluateExpression, type ExpressionScope } from '../../../src/values/expression/evaluate.ts';
import { ExpressionError } from '../../../src/values/expression/expression-error.ts';
import { parseExpression } from '../../../src/values/expression/parse.ts';
import type { Expression } from '../../../src/values/expression/syntax.ts';
import { typeByName } from '../../../src/values/type-by-name.ts';
import { pointerTo } from '../../../src/values/value-type.ts';
import { fixture } from '../../support/fixtures.ts';
import { heapsOf, type KnownHeap } from '../go/runtime/heap/heaps.ts';

// Expressions of Go over the memory of program `heap`, whose source says what they give.

/** With every bracket that there could be. */
function bracketed(e: Expression): string {
  switch (e.kind) {
    case 'name':
      return e.name;
    case 'int':
    case 'rune':
    case 'float':
      return String(e.value);
    case 'string':
      return JSON.stringify(e.bytes);
    case 'selector':
      return `${bracketed(e.operand)}.${e.field}`;
    case 'assertion':
      return `${bracketed(e.operand)}.(${e.type})`;
    case 'index':
      return `${bracketed(e.operand)}[${bracketed(e.index)}]`;
    case 'call':
      return `${bracketed(e.function)}(${e.arguments.map(bracketed).join(', ')})`;
    case 'unary':
      return `(${e.operator}${bracketed(e.operand)})`;
    case 'binary':
      return `(${bracketed(e.left)} ${e.operator} ${bracketed(e.right)})`;
  }
}

describe('syntax', () => {
  test.each([
    ['a + b*c', '(a + (b * c))'],
    ['a*b + c', '((a * b) + c)'],
    ['-a.b[1].c', '(-a.b[1].c)'],
    ['*p.x == nil && !q', '(((*p.x) == nil) && (!q))'],
    ['a - b - c', '((a - b) - c)'],
    ['a || b && c', '(a || (b && c))'],
    ['x &^ y << 2', '((x &^ y) << 2)'],
    ['len(m["k"]) > 0x1F', '(len(m["k"]) > 31)'],
    ['err.(*main.failure).code', 'err.(*main.failure).code'],
    ["'a' + '\\n' + '\\u00e4'", '((97 + 10) + 228)'],
    ['1_000 + 0b11 + 0o17 + 017 + 1.5e3', '((((1000 + 3) + 15) + 15) + 1500)'],
    ['f(func(a).b)', 'f(func(a).b)'],
  ])('%s', (text, expected) => {
    expect(bracketed(parseExpression(text))).toBe(expected);
  });

  test.each([
    ['', 0, 0],
    ['a +', 3, 3],
    ['a b', 2, 3],
    ['(a', 2, 2],
    ['a[1', 3, 3],
    ['a.1', 1, 3],
    ['a ? b', 2, 3],
    ['"abc', 0, 4],
    ['0x', 0, 2],
    ["'ab'", 0, 4],
  ])('%j is wrong at %i to %i', (text, start, end) => {
    try {
      parseExpression(text);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ExpressionError);
      expect(error).toMatchObject({ start, end });
    }
  });

  test('whatever the text, it ends: an expression whose spans nest, or an ExpressionError in it', () => {
    const spans = (e: Expression, from: number, to: number): void => {
      expect(e.start).toBeGreaterThanOrEqual(from);
      expect(e.end).toBeLessThanOrEqual(to);
    };
    const piece = fc.constantFrom(
      ...'a b 1 2.5 "s" . [ ] ( ) + - * / == && ! & len , \' x.y 0x1'.split(' '),
      ' ',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 60 }),
          fc.array(piece, { maxLength: 40 }).map((all) => all.join('')),
        ),
        (text) => {
          try {
            spans(parseExpression(text), 0, text.length);
          } catch (error) {
            expect(error).toBeInstanceOf(ExpressionError);
          }
        },
      ),
      { numRuns: 2000 },
    );
    for (const deep of ['('.repeat(1900), '-'.repeat(1900) + '1', 'a' + '.b'.repeat(900), 'a['.repeat(900)]) {
      expect(() => evaluateExpression({} as never, { package: '', find: () => undefined }, deep)).toThrow();
    }
  });
});

describe.each(['1.19.8', '1.24.13', '1.27.3'] as const)('Go %s', (goVersion) => {
  let heap: KnownHeap;
  let scope: ExpressionScope;
  beforeAll(async () => {
    const [first] = await heapsOf(fixture({ family: 'heap', goVersion }), 'known');
    if (first === undefined) throw new Error('no heap');
    heap = first;
    const library = typeByName(heap.runtime.types, 'library', 'main');
    const user = typeByName(heap.runtime.types, 'user', 'main');
    const at = (name: string): number => heap.objects.find((one) => one.type === name)?.address ?? 0;
    if (library === undefined || user === undefined) throw new Error('not described');
    const known = new Map([
      ['l', { type: library, address: address(at('main.library')) }],
      ['u', { type: user, address: address(at('main.user')) }],
      ['main.registry', { type: library, address: address(at('main.library')) }],
    ]);
    scope = {
      package: 'main',
      find: (name) => (name === 'gone' ? { why: 'gone is nowhere' } : known.get(name)),
    };
  });

  const value = (text: string): string => {
    const { text: shown, type } = evaluateExpression(heap, scope, text);
    return `${shown} ${type}`;
  };

  test.each([
    ['l.users[7].name', '"word number 7" string'],
    ['(*l.users[7]).id', '7 int'],
    ['l.users[7].id + 1', '8 int'],
    ['l.users[7].id / 2 * 2 == 6', 'true bool'],
    ['len(l.users)', '300 int'],
    ['len(l.users) == len(l.byID) && cap(l.users) >= 300', 'true bool'],
    ['len(l.lines[0])', '17 int'],
    ['l.lines[0][0]', '119 uint8'],
    ['l.lines[0] + "!"', '"word number 11000!" string'],
    ['l.lines[0] < l.lines[1]', 'true bool'],
    ['l.words["word number 9033"]', '33 int'],
    ['l.byID[12].name', '"word number 12" string'],
    ['l.wide[250][0]', '250 uint8'],
    ['l.wide[250][0] + 10', '4 uint8'],
    ['l.wide[250][0] << 1', '244 uint8'],
    ['l.nested["word number 40"][3].address', '"static" string'],
    ['l.users[1].profile == nil', 'true bool'],
    ['l.users[0].profile != nil', 'true bool'],
    ['l.users[0] == l.users[1].friends[0]', 'true bool'],
    ['l.errs[2].(*failure).code', '1 int'],
    ['l.errs[1].(*errors.errorString).s', '"word number 20000" string'],
    [
      'l.errs[1].(data)',
      '*{s: "word number 20000"} *errors.errorString'.replace('*{', '*errors.errorString {'),
    ],
    ['l.boxed[6].(int) - 1', '1000 int'],
    ['l.boxed[6] == 1001', 'true bool'],
    ['l.boxed[7].(float64) * 2', '3 float64'],
    ['l.grid[0][1].x == 0', 'true bool'],
    ['cap(l.jobs[3].done)', '3 int'],
    ['main.registry.users[3].id', '3 int'],
    ['registry.users', null],
    ['1 + 2*3 - 7/2', '4 int'],
    ['7 / 2.0', '3.5 float64'],
    ['-7 % 3', '-1 int'],
    ['1 << 10', '1024 int'],
    ["'a' + 1", '98 int32'],
    ['"a" + "b"', '"ab" string'],
    ['^0', '-1 int'],
    ['!true || 1 < 2', 'true bool'],
    ['false && gone', 'false bool'],
    ['nil', 'nil nil'],
  ])('%s', (text, expected) => {
    if (expected === null) expect(() => value(text)).toThrow(ExpressionError);
    else expect(value(text)).toBe(expected);
  });

  test.each([
    ['nowhere', 'nowhere is no variable that is known here', 0, 7],
    ['l.nothing', 'main.library has no field nothing', 2, 9],
    ['l.users[300]', 'index 300 out of range with length 300', 8, 11],
    ['l.users[-1]', 'index -1 out of range with length 300', 8, 10],
    ['l.users["a"]', '"a" (untyped string) cannot be a value of type int', 8, 11],
    ['l.words["none"]', 'the map has no such key', 8, 14],
    ['l.users[0].id + l.lines[0]', 'int + string: both sides need one type', 0, 26],
    ['l.users[0].id / 0', 'division by zero', 0, 17],
    ['1 / 0', 'division by zero', 0, 5],
    ['l.wide[0][0] + 300', '300 overflows uint8', 0, 18],
    ['l.users == l.users', '[]*main.user can only be compared with nil', 0, 18],
    ['l.users[1].profile.address', 'nil pointer', 19, 26],
    ['l.errs[1].s', 'error has no field s: what it holds has to be named, as in x.(T) or x.(data)', 10, 11],
    ['l.errs[1].(*failure)', 'the interface holds *errors.errorString, not *failure', 11, 19],
    ['l.grow(1)', 'functions cannot be called while the program is stopped: only len and cap', 0, 9],
    ['gone', 'gone is nowhere', 0, 4],
    ['1 << 600', 'the constant is too large', 0, 8],
    ['*l', 'main.library is no pointer', 0, 2],
    ['"a" - "b"', 'operator - is not defined for untyped string and untyped string', 0, 9],
  ])('%s: %s', (text, message, start, end) => {
    try {
      value(text);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ExpressionError);
      expect(error).toMatchObject({ message, start, end });
    }
  });

  test('a value that stands in memory tells where, so that it can be looked into', () => {
    const { place } = evaluateExpression(heap, scope, 'l.users[7]');
    expect(place?.type.name).toBe('*main.user');
    expect(evaluateExpression(heap, scope, '&l.users[7]')).toMatchObject({
      type: pointerTo(pointerTo(typeByName(heap.runtime.types, 'user', 'main') ?? expect.unreachable())).name,
      text: `(**main.user)(0x${(place?.address ?? 0).toString(16)})`,
      place: null,
    });
  });

  test('arithmetic is that of 64-bit integers', () => {
    const int = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    const operators = fc.constantFrom('+', '-', '*', '/', '%', '&', '|', '^', '&^');
    const u = evaluateExpression(heap, scope, 'l.users[5].id').place;
    expect(u?.type.name).toBe('int');
    fc.assert(
      fc.property(int, operators, (b, operator) => {
        fc.pre(b !== 0n && b >= 0n);
        const a = 5n;
        const results: Record<string, bigint> = {
          '+': a + b,
          '-': a - b,
          '*': a * b,
          '/': a / b,
          '%': a % b,
          '&': a & b,
          '|': a | b,
          '^': a ^ b,
          '&^': a & ~b,
        };
        expect(value(`l.users[5].id ${operator} ${b}`)).toBe(
          `${BigInt.asIntN(64, results[operator] ?? 0n)} int`,
        );
      }),
      { numRuns: 200 },
    );
  });
});
