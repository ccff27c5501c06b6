import type { Address } from '../../base/units.ts';
import { address } from '../../base/units.ts';
import type { Memory } from '../../memory/memory.ts';
import { utf8 } from '../../wasm/byte-reader.ts';

// How Go's print statement writes values (src/runtime/print.go; floats from 1.26 on by internal/strconv).

/** The longest string that is read out of memory, in bytes. */
export const MAX_STRING = 1 << 20;

/** The string whose two words (address, length) are at `at`; undefined when they are none. */
export function readString(memory: Memory, at: Address): string | undefined {
  const data = memory.word(at);
  const length = memory.word(address(at + 8));
  if (length === 0) return '';
  if (length > MAX_STRING || data === 0 || data + length > memory.size) return undefined;
  return utf8(memory.bytes(address(data), length));
}

/** A float as print writes it. `bits`: 32 or 64, the precision it came in. */
export function printFloat(value: number, bits: 32 | 64, short: boolean): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return short ? shortFloat(value, bits) : longFloat(value);
}

/** A complex number as print writes it. */
export function printComplex(real: number, imaginary: number, bits: 32 | 64, short: boolean): string {
  const second = printFloat(imaginary, bits, short);
  const sign = short && !/^[+-]/.test(second) ? '+' : '';
  return `(${printFloat(real, bits, short)}${sign}${second}i)`;
}

/** `+1.500000e+000`: seven digits, three of exponent, always with signs; rounded by the same steps as in printfloat. */
function longFloat(value: number): string {
  const digitCount = 7;
  let rest = Math.abs(value);
  let exponent = 0;
  if (rest !== 0) {
    for (; rest >= 10; rest /= 10) exponent++;
    for (; rest < 1; rest *= 10) exponent--;
    let half = 5;
    for (let i = 0; i < digitCount; i++) half /= 10;
    rest += half;
    if (rest >= 10) {
      exponent++;
      rest /= 10;
    }
  }
  let digits = '';
  for (let i = 0; i < digitCount; i++) {
    const digit = Math.trunc(rest);
    digits += String(digit);
    rest = (rest - digit) * 10;
  }
  const sign = value < 0 || Object.is(value, -0) ? '-' : '+';
  const power = Math.abs(exponent).toString().padStart(3, '0');
  return `${sign}${digits.slice(0, 1)}.${digits.slice(1)}e${exponent < 0 ? '-' : '+'}${power}`;
}

/** strconv's format 'g' with the fewest digits that give the same number: an exponent below -4 or from 6 on is written out. */
function shortFloat(value: number, bits: 32 | 64): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const exact = bits === 64 ? value.toExponential() : shortestFloat32(value);
  const [mantissa = '', exponent = '0'] = exact.split('e');
  const power = Number(exponent);
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (power < -4 || power >= 6) {
    const size = Math.abs(power).toString().padStart(2, '0');
    return `${sign}${digits.slice(0, 1)}${digits.length > 1 ? `.${digits.slice(1)}` : ''}e${power < 0 ? '-' : '+'}${size}`;
  }
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${digits}`;
  const whole = digits.slice(0, power + 1).padEnd(power + 1, '0');
  const rest = digits.slice(power + 1);
  return `${sign}${whole}${rest === '' ? '' : `.${rest}`}`;
}

function shortestFloat32(value: number): string {
  for (let digits = 0; digits < 9; digits++) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === value) return text;
  }
  return value.toExponential(8);
}
