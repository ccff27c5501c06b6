import fc from '../../support/fast-check.ts';
import { describe, expect, test } from 'vitest';
import { findSignature, parseSignatures } from '../../../src/gosource/signature.ts';
import { goSource } from '../../support/fixtures.ts';

const one = (source: string): string =>
  parseSignatures(source)
    .map(({ name, parameters, results }) => {
      const list = (all: typeof parameters): string => all.map((p) => `${p.name}:${p.type}`).join('; ');
      return `${name}(${list(parameters)})${list(results)}`;
    })
    .join('\n');

describe('signatures', () => {
  test.each([
    ['func f() {}', 'f()'],
    ['func f(a, b int, c string) error {}', 'f(a:int; b:int; c:string):error'],
    ['func f(int, string) (n int, err error) {}', 'f(:int; :string)n:int; err:error'],
    ['func (m *message) wait(c chan<- message) {}', '(*message).wait(c:chan<- message)'],
    ['func (message) wait(c <-chan message) {}', 'message.wait(c:<-chan message)'],
    ['func (l *List[T]) Push(v T) {}', '(*List).Push(v:T)'],
    ['func Map[K comparable, V any](m map[K]V, f func(K) V) []V {}', 'Map(m:map[K]V; f:func(K) V):[]V'],
    ['func f(xs ...*time.Duration) <-chan int {}', 'f(xs:...*time.Duration):<-chan int'],
    ['func f(a [4]int, b []List[int], c List[int]) {}', 'f(a:[4]int; b:[]List[int]; c:List[int])'],
    ['func f(List[int], io.Reader) {}', 'f(:List[int]; :io.Reader)'],
    ['func f(\n\ta int, // a func(x int) {\n\tb struct{ n int },\n) {}', 'f(a:int; b:struct{n int})'],
    ['func f(a interface{}) interface{} {}', 'f(a:interface{}):interface{}'],
    ['func f() func(int) string {}', 'f():func(int) string'],
    ['func f() struct{ a int } {}', 'f():struct{a int}'],
    ['func add(x, y int64) int64', ''],
    ['type t func(a int) error', ''],
    ['var v = []func(int) any{g}', ''],
    ['var v = "func f(a int) {}"', ''],
    ['go func(a int) { }(1)', '(a:int)'],
    ['x := func(r rune) bool { return false }', '(r:rune):bool'],
    ['f := func(a int) map[string]int { return nil }', '(a:int):map[string]int'],
    ['func (', ''],
    ['func f(a, b) { }\nfunc g(', 'f(:a; :b)'],
  ])('%s', (source, expected) => {
    expect(one(source)).toBe(expected);
  });

  test('lines are those of func, also behind comments and texts of several lines', () => {
    const source = '/* a\n b */ package p\nvar s = `x\ny`\n\nfunc f() {\n\tgo func() {}()\n}\n';
    expect(parseSignatures(source).map(({ line }) => line)).toEqual([6, 7]);
  });

  test('every function of the fixtures, each at its line', () => {
    for (const path of ['goroutines/block.go', 'goroutines/stacks.go', 'stacks/main.go', 'panics/main.go']) {
      const source = goSource(path);
      const lines = source.split('\n');
      const found = parseSignatures(source);
      const declared = lines.filter((line) => line.startsWith('func ')).length;
      expect(found.filter(({ name }) => name !== '').length).toBe(declared);
      for (const { line } of found) expect(lines[line - 1]).toContain('func');
    }
  });

  test('a function is found by the name that Go gives it, a literal by its line', () => {
    const source = goSource('goroutines/block.go');
    const all = parseSignatures(source);
    expect(findSignature(all, 'main.receive', 0)?.parameters.length).toBe(3);
    expect(findSignature(all, 'main.(*message).waitPointer', 0)?.receiver?.type).toBe('*message');
    expect(findSignature(all, 'main.message.wait', 0)?.receiver?.name).toBe('m');
    expect(findSignature(all, 'main.generic[...]', 0)?.generic).toBe(true);
    expect(findSignature(all, 'example.com/a.b/main.receive', 0)?.name).toBe('receive');
    const line = source.split('\n').findIndex((text) => text.includes('resolved := js.FuncOf')) + 1;
    expect(findSignature(all, 'main.promise.func1', line)?.parameters.map((one) => one.type)).toEqual([
      'js.Value',
      '[]js.Value',
    ]);
    expect(findSignature(all, 'main.promise.func1', 0)).toBeUndefined();
    expect(findSignature(all, 'main.absent', 1)).toBeUndefined();
  });

  test('any text ends in bounded time', () => {
    const words = [
      'func',
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      ',',
      'a',
      '*',
      '.',
      '...',
      '\n',
      '"',
      '`',
      '//',
      '/*',
      ' ',
    ];
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 4 }))), (parts) => {
        const source = parts.join('');
        expect(parseSignatures(source).length).toBeLessThanOrEqual(source.split('func').length - 1);
      }),
      { numRuns: 300 },
    );
    expect(parseSignatures('func('.repeat(2000))).toEqual([]);
  });
});
