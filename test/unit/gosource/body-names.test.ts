import { expect, test } from 'vitest';
import { bodyNames } from '../../../src/gosource/body-names.ts';
import { bodyTokens, parseSignatures } from '../../../src/gosource/signature.ts';

function namesOf(body: string): Record<'assigned' | 'changed' | 'declared', string[]> {
  const source = `package main\n\nfunc f(a, b int, p point) (r int) {\n${body}\n}\n\nfunc g() { other = 1 }\n`;
  const [first] = parseSignatures(source);
  if (first === undefined) throw new Error('no function');
  const { assigned, changed, declared } = bodyNames(bodyTokens(source, first));
  return { assigned: [...assigned].sort(), changed: [...changed].sort(), declared: [...declared].sort() };
}

const NONE = { assigned: [], changed: [], declared: [] };

test.each([
  ['a = 1', { assigned: ['a'] }],
  ['a += b', { assigned: ['a'] }],
  ['a <<= b\nb &^= 2', { assigned: ['a', 'b'] }],
  ['a++\nb--', { assigned: ['a', 'b'] }],
  ['a, b = b, a', { assigned: ['a', 'b'] }],
  ['for a, b = range list {\n}', { assigned: ['a', 'b'] }],
  ['for i := 0; i < a; i++ {\n}', { assigned: ['i'], declared: ['i'] }],
  ['x, a := g(b)', { assigned: ['a', 'x'], declared: ['a', 'x'] }],
  ['var x, y = a, b', { assigned: ['x', 'y'], declared: ['x', 'y'] }],
  ['p.X = a', { changed: ['p'] }],
  ['p.Y[a], b = 1, 2', { assigned: ['b'], changed: ['p'] }],
  ['g(&a, &p.X)', { assigned: ['a'], changed: ['p'] }],
  ['return &a', { assigned: ['a'] }],
])('%s changes names', (body, changes) => {
  expect(namesOf(body)).toEqual({ ...NONE, ...changes });
});

test.each([
  'if a == b && b <= 1 && a >= b && a != 2 {\n}',
  'g(a & b, a &^ b, a && b)',
  'list[a] <- b',
  'g(point{X: a, Y: -b}, -a, a - -b)',
  'x.a++',
  '*a = 1',
  'g()\n*a, *b = 1, 2',
  'switch a {\ncase b:\n}',
])('%s changes none of the parameters', (body) => {
  const { assigned, changed } = namesOf(body);
  expect([...assigned, ...changed].filter((name) => /^[abp]$/.test(name))).toEqual([]);
});
