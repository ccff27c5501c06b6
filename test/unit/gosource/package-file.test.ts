import { expect, test } from 'vitest';
import { PackageFile, readVariables } from '../../../src/gosource/package-file.ts';
import { tokenize } from '../../../src/gosource/tokens.ts';
import { contentOf, typeOfValue } from '../../../src/gosource/type-of-value.ts';

const SOURCE = `package main

var one, two = 1, 2
var three struct{ a int }
var (
	four  = map[string]int{"x": 1}
	five, _ int
	six   = func() int { var no int; return no }()
	seven []struct {
		a, b int
	}
)
var eight, nine = pair()

const ten = 10

func f() { var eleven int }
`;

test('variables that a file declares outside functions', () => {
  const found = readVariables(tokenize(SOURCE));
  expect(found.map(({ name, line, type }) => [name, line, type])).toEqual([
    ['one', 3, null],
    ['two', 3, null],
    ['three', 4, 'struct{a int}'],
    ['four', 6, null],
    ['five', 7, 'int'],
    ['six', 8, null],
    ['seven', 9, '[]struct{a, b int}'],
    ['eight', 13, null],
    ['nine', 13, null],
  ]);
  const values = new Map(found.map(({ name, value }) => [name, value.map(({ text }) => text).join('')]));
  expect([values.get('one'), values.get('two'), values.get('five'), values.get('eight')]).toEqual([
    '1',
    '2',
    '',
    '',
  ]);
});

function usesIn(body: string, more = ''): string[] {
  const file = new PackageFile(`package main\n${more}\nfunc f(arg int) (result int) {\n${body}\n}\n`);
  const all = file.functions(new Set(['v', 'w', 'arg', 'result', 'r']));
  return all.flatMap(({ signature, uses }) =>
    uses.map(
      ({ name, field, measure, certain }) =>
        `${signature.name}:${name}${field === '' ? '' : `.${field}`}${measure === null ? '' : ` ${measure}`}${certain ? '' : '?'}`,
    ),
  );
}

test.each([
  ['v = w', ['f:v', 'f:w']],
  ['v.field = x.v', ['f:v.field']],
  ['v.method()', ['f:v']],
  ['g(len(v), cap(w))', ['f:v len', 'f:w cap']],
  ['if v == "" && w != `` {\n}', ['f:v empty', 'f:w empty']],
  ['return T{v: w}', ['f:v?', 'f:w']],
  ['v := 1\ng(v)', ['f:v?', 'f:v?']],
  ['arg, result = 1, 2', ['f:arg?', 'f:result?']],
  ['var (\n a int\n v int\n)\ng(v)', ['f:v?', 'f:v?']],
  ['go func() {\n v++\n}()\nw++', [':v', 'f:w']],
  ['w := 1\nfunc() {\n w++\n}()', ['f:w?', ':w?']],
])('%s', (body, uses) => {
  expect(usesIn(body).sort()).toEqual([...uses].sort());
});

test('methods use their receiver, not a variable of its name', () => {
  expect(usesIn('', 'func (r *T) m() { r.x = v }')).toEqual(['(*T).m:r.x?', '(*T).m:v']);
});

test.each([
  ['import "example.com/a/state"', 'state'],
  ['import s "example.com/a/state"', 's'],
  ['import (\n\t"fmt"\n\n\ts "example.com/a/state"\n)', 's'],
  ['import (\n\t"fmt"\n\t"example.com/a/state"\n)', 'state'],
  ['import . "example.com/a/state"', '.'],
  ['import "example.com/a/state/inner"', undefined],
  ['var path = `other`', undefined],
])('%s', (text, name) => {
  expect(new PackageFile(`package main\n\n${text}\n`).importName('example.com/a/state', 'state')).toBe(name);
});

test('uses of the variables of another package', () => {
  const file = new PackageFile(`package main
func f(x T) {
	state.V.field = len(state.W)
	x.state.V, v.V = 1, state.Other
}
func g(state T) { state.V = 1 }
`);
  const uses = file.functions(new Set(['V', 'W']), 'state').map((one) => one.uses);
  expect(uses).toEqual([
    [
      { name: 'V', field: 'field', measure: null, certain: true },
      { name: 'W', field: '', measure: 'len', certain: true },
    ],
    [{ name: 'V', field: '', measure: null, certain: false }],
  ]);
});

const results = new Map([['made', '*thing']]);
const typed = (text: string): string | undefined =>
  typeOfValue(tokenize(text), {
    resultOf: (name) => results.get(name) ?? (/^[A-Z]/.test(name) ? name : undefined),
    importName: (path) =>
      /^(errors|regexp|syscall\/js)$/.test(path) ? path.replace(/^.*\//, '') : undefined,
  });

test.each([
  ['1', 'int'],
  ['-(1 << 20)', 'int'],
  ['0xff', 'int'],
  ['2.5e3', 'float64'],
  ["'a'", 'rune'],
  ['"a" + `b`', 'string'],
  ['true', 'bool'],
  ['T{a: 1}', 'T'],
  ['&pkg.T{}', '*pkg.T'],
  ['map[string][]int{"a": {1}}', 'map[string][]int'],
  ['[]T{{1}, {2}}', '[]T'],
  ['[...]string{"a", f(1, 2),\n\t"c",\n}', '[3]string'],
  ['new(T)', '*T'],
  ['make(chan int, 3)', 'chan int'],
  ['uint8(7)', 'uint8'],
  ['[]byte("abc")', '[]byte'],
  ['Kind(3)', 'Kind'],
  ['made(1, 2)', '*thing'],
  ['errors.New("x")', 'error'],
  ['regexp.MustCompile("x")', '*regexp.Regexp'],
  ['js.Global()', 'js.Value'],
  ['js.Global().Get("a").Call("b", f(1), x.y)', 'js.Value'],
  ['js.Global().Get("a").Int()', 'int'],
  ['func(a int) (b, c string) { return }', 'func(a int) (b, c string)'],
])('the type of %s', (text, type) => {
  expect(typed(text)).toBe(type);
});

test.each([
  '1 + 2.5',
  '[...]string{2: "a"}',
  'other',
  'pkg.Unknown()',
  // Not the standard library's: the file does not import that.
  'log.New()',

  'a + b',
  'f()()',
  'js.Global().Get("a").Int() + 1',
  'js.Global().Truthy',
  'struct{ a int }{1}',
  '',
  '}{(',
])('no type of %s', (text) => {
  expect(typed(text)).toBeUndefined();
});

test.each([
  ['', 'zero'],
  ['nil', 'zero'],
  ['make([]int, 3)', 'zero'],
  ['map[int]int{1: 2}', 'zero'],
  ['0', 'zero'],
  ['7', 'value'],
  ['"x"', 'value'],
  ['func() {}', 'value'],
  ['f()', 'unknown'],
  ['-1 + 1', 'unknown'],
] as const)('what %s leaves in the module', (text, content) => {
  expect(contentOf(tokenize(text))).toBe(content);
});
