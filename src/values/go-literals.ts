// Text of plain values as Go's own packages write them.

const ESCAPES = new Map<number, string>([
  [7, '\\a'],
  [8, '\\b'],
  [9, '\\t'],
  [10, '\\n'],
  [11, '\\v'],
  [12, '\\f'],
  [13, '\\r'],
  [34, '\\"'],
  [92, '\\\\'],
]);
const UNPRINTABLE = /[\p{C}\p{Z}]/u;

/** As strconv.Quote writes the string of these bytes; bytes that are not UTF-8 as `\xff`. */
export function quote(bytes: Uint8Array): string {
  let text = '"';
  for (let i = 0; i < bytes.length;) {
    const { code, length } = codePoint(bytes, i);
    if (code < 0) text += `\\x${hexDigits(bytes[i] ?? 0, 2)}`;
    else text += ESCAPES.get(code) ?? plainOrEscaped(code);
    i += length;
  }
  return `${text}"`;
}

function plainOrEscaped(code: number): string {
  if (code === 32) return ' ';
  if (code < 32 || code === 127) return `\\x${hexDigits(code, 2)}`;
  const text = String.fromCodePoint(code);
  if (!UNPRINTABLE.test(text)) return text;
  return code > 0xffff ? `\\U${hexDigits(code, 8)}` : `\\u${hexDigits(code, 4)}`;
}

const hexDigits = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** The character that begins at `at`; `code` -1 for a byte that begins none. */
function codePoint(bytes: Uint8Array, at: number): { readonly code: number; readonly length: number } {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return { code: first, length: 1 };
  const length = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length === 0 || first > 0xf4) return { code: -1, length: 1 };
  let code = first & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i] ?? 0;
    if ((next & 0xc0) !== 0x80) return { code: -1, length: 1 };
    code = code * 64 + (next & 0x3f);
  }
  const shortest = length === 4 ? 0x10000 : length === 3 ? 0x800 : 0x80;
  if (code < shortest || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return { code: -1, length: 1 };
  return { code, length };
}

/** Without the bytes at the end that begin a character and do not end it. */
export function wholeCharacters(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
    }
  }
  return bytes;
}

/** As strconv.FormatFloat(value, 'f', -1, bits): the shortest digits that give the value again, never an exponent. */
export function floatText(value: number, bits: 32 | 64): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  let text = String(value);
  if (bits === 32) {
    for (let digits = 1; digits <= 9; digits++) {
      const shorter = Number(value.toPrecision(digits));
      if (Math.fround(shorter) === value) {
        text = String(shorter);
        break;
      }
    }
  }
  return withoutExponent(text);
}

function withoutExponent(text: string): string {
  const parts = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (parts === null) return text;
  const [, sign = '', whole = '', fraction = '', power = '0'] = parts;
  const digits = whole + fraction;
  const point = whole.length + Number(power);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.padEnd(point, '0')}`;
}

/** As time.Duration.String writes so many nanoseconds: `1h0m0.5s`, `20ms`, `0s`. */
export function durationText(ns: bigint): string {
  if (ns === 0n) return '0s';
  const sign = ns < 0n ? '-' : '';
  const all = ns < 0n ? -ns : ns;
  const scaled = (unit: bigint, name: string): string => {
    const rest = (all % unit)
      .toString()
      .padStart(unit.toString().length - 1, '0')
      .replace(/0+$/, '');
    return `${sign}${all / unit}${rest === '' || unit === 1n ? '' : `.${rest}`}${name}`;
  };
  if (all < 1000n) return scaled(1n, 'ns');
  if (all < 1_000_000n) return scaled(1000n, 'µs');
  if (all < 1_000_000_000n) return scaled(1_000_000n, 'ms');
  const seconds = all / 1_000_000_000n;
  const rest = (all % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '');
  const tail = `${seconds % 60n}${rest === '' ? '' : `.${rest}`}s`;
  if (seconds < 60n) return sign + tail;
  if (seconds < 3600n) return `${sign}${seconds / 60n}m${tail}`;
  return `${sign}${seconds / 3600n}h${(seconds / 60n) % 60n}m${tail}`;
}
