import { expect, test } from 'vitest';
import { unquoted } from '../../../src/base/go-quoted.ts';

test.each([
  ['""', ''],
  ['"plain"', 'plain'],
  [String.raw`"a \"b\" \\ \n\t\x00\u200b\U0001f600é"`, 'a "b" \\ \n\t\0\u200b😀é'],
])('%s', (literal, text) => {
  expect(unquoted(literal)).toBe(text);
});

test.each([
  String.raw`"bytes \xff"`,
  '"cut"...+3 more',
  'nil',
  '"',
  String.raw`"\U00110000"`,
  String.raw`"\q"`,
])('%s is no text', (literal) => {
  expect(unquoted(literal)).toBeUndefined();
});
