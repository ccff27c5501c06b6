import { expect, test } from 'vitest';
import { highlightGo } from '../../../panel/components/go-highlight.ts';

const kinds = (line: string): string[] => highlightGo(line).tokens.map(({ kind, text }) => `${kind}:${text}`);

test('keywords, strings, numbers and comments of one line', () => {
  expect(kinds('for i := 0x1f; s != "a\\"b"; { // end')).toEqual([
    'keyword:for',
    'plain: i := ',
    'number:0x1f',
    'plain:; s != ',
    'string:"a\\"b"',
    'plain:; { ',
    'comment:// end',
  ]);
  expect(kinds("forward, r := '\"', x1")).toEqual(['plain:forward, r := ', "string:'\"'", 'plain:, x1']);
});

test('block comments and raw strings go on over lines', () => {
  const first = highlightGo('x := `raw');
  expect(first.state).toBe('raw');
  const second = highlightGo('func` /* note', first.state);
  expect(second.tokens.map(({ kind }) => kind)).toEqual(['string', 'plain', 'comment']);
  expect(second.state).toBe('comment');
  const third = highlightGo('if */ return', second.state);
  expect(third.tokens.map(({ kind, text }) => `${kind}:${text}`)).toEqual([
    'comment:if */',
    'plain: ',
    'keyword:return',
  ]);
  expect(third.state).toBe('code');
});

test('the tokens are the line again, whatever it holds', () => {
  for (const line of [
    '',
    '\t\tπ := 3.14e-2',
    '"unclosed',
    "'",
    '😀 /*',
    '<script>alert(1)</script>',
    '`a`b`',
  ]) {
    expect(
      highlightGo(line)
        .tokens.map(({ text }) => text)
        .join(''),
    ).toBe(line);
  }
});
