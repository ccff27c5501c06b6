import { address, type Address } from '../base/units.ts';
import type { Memory } from './memory.ts';

/** A reading of the bytes at an address. */
export interface Reading {
  /** `int32`, `float64`, `UTF-8`. */
  readonly kind: string;
  readonly text: string;
}

/** Text that is read, in bytes. */
const MAX_TEXT = 256;

/** The numbers that may stand at an address, little-endian, from the narrowest on. Those that the memory's end cuts off are left out. */
export function readNumbers(memory: Memory, at: Address): Reading[] {
  const left = memory.size - at;
  const bytes = memory.bytes(at, Math.max(0, Math.min(8, left)));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const readings: Reading[] = [];
  const add = (kind: string, width: number, text: () => string): void => {
    if (bytes.length >= width) readings.push({ kind, text: text() });
  };
  add('uint8', 1, () => String(view.getUint8(0)));
  add('int8', 1, () => String(view.getInt8(0)));
  add('uint16', 2, () => String(view.getUint16(0, true)));
  add('int16', 2, () => String(view.getInt16(0, true)));
  add('uint32', 4, () => String(view.getUint32(0, true)));
  add('int32', 4, () => String(view.getInt32(0, true)));
  add('uint64', 8, () => String(view.getBigUint64(0, true)));
  add('int64', 8, () => String(view.getBigInt64(0, true)));
  add('float32', 4, () => floatText(view.getFloat32(0, true)));
  add('float64', 8, () => floatText(view.getFloat64(0, true)));
  return readings;
}

/** A float as a person reads it; -0 keeps its sign. */
function floatText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** The text at an address: what is valid UTF-8 up to a byte that no text has, at most 256 bytes of it. '' where there is none. */
export function readText(memory: Memory, at: Address): string {
  const bytes = memory.bytes(at, Math.max(0, Math.min(MAX_TEXT, memory.size - at)));
  let end = 0;
  while (end < bytes.length) {
    const length = characterLength(bytes, end);
    if (length === 0) break;
    end += length;
  }
  return new TextDecoder().decode(bytes.slice(0, end));
}

/** Bytes of the character at `at`, 0 where there is none that text has (controls but tab and line ends are none). Unicode 15, table 3-7. */
export function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) {
    return (first >= 0x20 && first !== 0x7f) || first === 9 || first === 10 || first === 13 ? 1 : 0;
  }
  const second = bytes[at + 1] ?? 0;
  const follows = (i: number): boolean => ((bytes[at + i] ?? 0) & 0xc0) === 0x80;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const low = first === 0xe0 ? 0xa0 : 0x80;
    const high = first === 0xed ? 0x9f : 0xbf;
    return second >= low && second <= high && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const low = first === 0xf0 ? 0x90 : 0x80;
    const high = first === 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

/** Whether bytes are text: valid UTF-8 without controls, not empty. */
export function isText(bytes: Uint8Array): boolean {
  let at = 0;
  while (at < bytes.length) {
    const length = characterLength(bytes, at);
    if (length === 0) return false;
    at += length;
  }
  return bytes.length > 0;
}

/** The pointer at an address, of `word` bytes; null where the memory's end cuts it off, and for what is no address in the memory. */
export function readPointer(memory: Memory, at: Address, word: 4 | 8): Address | null {
  if (at + word > memory.size) return null;
  const value = word === 4 ? memory.u32(at) : memory.word(at);
  return value < memory.size && value > 0 ? address(value) : null;
}
