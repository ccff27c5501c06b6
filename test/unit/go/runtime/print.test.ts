import { expect, test } from 'vitest';
import { address } from '../../../../src/base/units.ts';
import { printComplex, printFloat, readString } from '../../../../src/go/runtime/print.ts';
import { WholeMemory } from '../../../../src/memory/whole-memory.ts';

/** Value, then println of it as float64 and as float32, by Go 1.25.11 and by Go 1.27.3. */
const FLOATS = `
0 +0.000000e+000 +0.000000e+000 0 0
1 +1.000000e+000 +1.000000e+000 1 1
1.5 +1.500000e+000 +1.500000e+000 1.5 1.5
-2.25 -2.250000e+000 -2.250000e+000 -2.25 -2.25
1e20 +1.000000e+020 +1.000000e+020 1e+20 1e+20
1e21 +1.000000e+021 +1.000000e+021 1e+21 1e+21
123456 +1.234560e+005 +1.234560e+005 123456 123456
1e6 +1.000000e+006 +1.000000e+006 1e+06 1e+06
123456789 +1.234568e+008 +1.234568e+008 1.23456789e+08 1.2345679e+08
0.0001 +1.000000e-004 +1.000000e-004 0.0001 0.0001
0.00001 +1.000000e-005 +1.000000e-005 1e-05 1e-05
3.14159265358979 +3.141593e+000 +3.141593e+000 3.14159265358979 3.1415927
1e-7 +1.000000e-007 +1.000000e-007 1e-07 1e-07
1e100 +1.000000e+100 +Inf 1e+100 +Inf
-1e100 -1.000000e+100 -Inf -1e+100 -Inf
5e-324 +4.940656e-324 +0.000000e+000 5e-324 0
1.7976931348623157e308 +1.797693e+308 +Inf 1.7976931348623157e+308 +Inf
`;

test.each(FLOATS.trim().split('\n'))('%s', (line) => {
  const [text = '', old64, old32, new64, new32] = line.split(' ');
  const value = Number(text);
  expect(printFloat(value, 64, false)).toBe(old64);
  expect(printFloat(Math.fround(value), 32, false)).toBe(old32);
  expect(printFloat(value, 64, true)).toBe(new64);
  expect(printFloat(Math.fround(value), 32, true)).toBe(new32);
});

test('not a number, and negative zero', () => {
  expect(printFloat(NaN, 64, true)).toBe('NaN');
  expect(printFloat(-0, 64, true)).toBe('-0');
  expect(printFloat(-0, 64, false)).toBe('-0.000000e+000');
});

test('complex numbers', () => {
  expect(printComplex(1, 1.5, 64, false)).toBe('(+1.000000e+000+1.500000e+000i)');
  expect(printComplex(1.5, -2, 32, false)).toBe('(+1.500000e+000-2.000000e+000i)');
  expect(printComplex(1e100, 1.5, 64, true)).toBe('(1e+100+1.5i)');
  expect(printComplex(3, -2, 64, true)).toBe('(3-2i)');
  expect(printComplex(Infinity, Infinity, 64, true)).toBe('(+Inf+Infi)');
});

test('strings: absurd ones are none', () => {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('grüße'), 32);
  const string = (data: number, length: number): string | undefined => {
    view.setBigUint64(0, BigInt(data), true);
    view.setBigUint64(8, BigInt(length), true);
    return readString(new WholeMemory(bytes), address(0));
  };
  expect(string(32, 7)).toBe('grüße');
  expect(string(0, 0)).toBe('');
  expect(string(32, 33)).toBeUndefined();
  expect(string(0, 5)).toBeUndefined();
  expect(string(2 ** 40, 5)).toBeUndefined();
});
