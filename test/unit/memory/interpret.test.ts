import { expect, test } from 'vitest';
import { address } from '../../../src/base/units.ts';
import { isText, readNumbers, readPointer, readText } from '../../../src/memory/interpret.ts';
import { WholeMemory } from '../../../src/memory/whole-memory.ts';

const memoryOf = (...bytes: readonly number[]): WholeMemory => new WholeMemory(Uint8Array.from(bytes));

test('numbers of every width, as far as the memory goes', () => {
  const memory = memoryOf(0xff, 0xff, 0xff, 0xff, 0, 0, 0xf0, 0xbf);
  expect(Object.fromEntries(readNumbers(memory, address(0)).map(({ kind, text }) => [kind, text]))).toEqual({
    uint8: '255',
    int8: '-1',
    uint16: '65535',
    int16: '-1',
    uint32: '4294967295',
    int32: '-1',
    uint64: '13830554459949760511',
    int64: '-4616189613759791105',
    float32: 'NaN',
    float64: '-1.0000009536743162',
  });
  expect(readNumbers(memory, address(6)).map(({ kind }) => kind)).toEqual([
    'uint8',
    'int8',
    'uint16',
    'int16',
  ]);
  expect(readNumbers(memory, address(8))).toEqual([]);
});

test('text ends at the first byte that no text has', () => {
  const text = (...bytes: readonly number[]): string => readText(memoryOf(...bytes), address(0));
  expect(text(0x68, 0x69, 0, 0x21)).toBe('hi');
  expect(text(0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xff)).toBe('é€😀');
  // Overlong, a surrogate, beyond Unicode, cut off.
  for (const bytes of [
    [0xc0, 0x80],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xe2, 0x82],
  ]) {
    expect(text(...bytes)).toBe('');
  }
  expect(isText(new TextEncoder().encode('tab\tand\nline'))).toBe(true);
  expect(isText(Uint8Array.of(0x41, 7))).toBe(false);
  expect(isText(new Uint8Array(0))).toBe(false);
});

test('a pointer is an address in the memory', () => {
  const memory = memoryOf(4, 0, 0, 0, 0, 0, 0, 0, 200, 0, 0, 0, 4, 0, 0, 0);
  expect(readPointer(memory, address(0), 8)).toBe(4);
  expect(readPointer(memory, address(8), 4)).toBeNull();
  expect(readPointer(memory, address(8), 8)).toBeNull();
  expect(readPointer(memory, address(12), 4)).toBe(4);
  expect(readPointer(memory, address(12), 8)).toBeNull();
});
