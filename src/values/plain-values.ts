import { address, type Address } from '../base/units.ts';
import { FormatError } from '../base/format-error.ts';
import type { GoRuntime } from '../go/runtime/runtime.ts';
import { durationText, hex } from '../go/runtime/text.ts';
import { closureName } from '../go/runtime/timers.ts';
import { Kind } from '../go/runtime/types.ts';
import { readChannel } from '../go/runtime/waits.ts';
import type { Memory } from '../memory/memory.ts';

// Values by the types that Go source writes, for those whose layout follows from the type's text (The Go Programming Language
// Specification, "Types"; layouts as in Go src/runtime: string.go, slice.go, iface.go).

export interface ValueContext {
  readonly runtime: GoRuntime;
  readonly memory: Memory;
  /** Where the arguments begin. */
  readonly base: Address;
  /** Path of the package whose source the types are written in. */
  readonly package: string;
}

/** Bytes of a string, and elements of a slice, that are shown. */
const MAX_TEXT = 64;
const MAX_ELEMENTS = 16;

/** How a value of a type with a fixed size is read. */
export interface Basic {
  readonly size: number;
  readonly read: (memory: Memory, at: Address) => string;
}

const signed = (size: number): Basic => ({
  size,
  read: (memory, at) => BigInt.asIntN(size * 8, unsigned(memory, at, size)).toString(),
});
const plain = (size: number): Basic => ({
  size,
  read: (memory, at) => unsigned(memory, at, size).toString(),
});
const pointer: Basic = { size: 8, read: (memory, at) => pointerText(memory.word(at)) };
const string: Basic = {
  size: 16,
  read: (memory, at) => stringText(memory, memory.word(at), memory.word(address(at + 8))),
};
const BASIC = new Map<string, Basic>([
  ['bool', { size: 1, read: (memory, at) => (memory.u8(at) === 0 ? 'false' : 'true') }],
  ['int', signed(8)],
  ['int8', signed(1)],
  ['int16', signed(2)],
  ['int32', signed(4)],
  ['rune', signed(4)],
  ['int64', signed(8)],
  ['uint', plain(8)],
  ['uint8', plain(1)],
  ['byte', plain(1)],
  ['uint16', plain(2)],
  ['uint32', plain(4)],
  ['uint64', plain(8)],
  ['uintptr', { size: 8, read: (memory, at) => hex(memory.word(at)) }],
  ['float32', { size: 4, read: (memory, at) => float(memory, at, 4).toString() }],
  ['float64', { size: 8, read: (memory, at) => float(memory, at, 8).toString() }],
  ['string', string],
  ['unsafe.Pointer', pointer],
  ['time.Duration', { size: 8, read: (memory, at) => durationOf(unsigned(memory, at, 8)) }],
]);

/** How a value of a type with a fixed size is read; by its name as source writes it. */
export const basicOf = (name: string): Basic | undefined => BASIC.get(name);

/** How channel types begin. */
export const CHANNEL = /^(?:<-chan|chan<-|chan)\b/;

/** `nil`, or where a pointer, map, channel or function is and what can be said of it; by how its type begins. */
export function pointedText(context: ValueContext, type: string, at: Address): string {
  if (at === 0) return 'nil';
  const { runtime, memory } = context;
  const where = hex(at);
  try {
    if (type.startsWith('map[')) {
      const count = memory.word(at);
      return count < 2 ** 32 ? `${where} (${count} ${count === 1 ? 'entry' : 'entries'})` : where;
    }
    if (type.startsWith('func')) {
      const name = closureName(runtime, memory, at);
      return name === '' ? where : name;
    }
    if (CHANNEL.test(type) && runtime.channels !== undefined) {
      const { length, capacity, closed } = readChannel(runtime, memory, runtime.channels, at);
      return `${where} (${length} of ${capacity}${closed ? ', closed' : ''})`;
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  return where;
}

/** `type`: of its elements. */
export function sliceText({ memory }: ValueContext, type: string, at: Address): string {
  const data = memory.word(at);
  const length = memory.word(address(at + 8));
  const capacity = memory.word(address(at + 16));
  if (data === 0) return 'nil';
  if (length > capacity || data + length > memory.size)
    return `{${hex(data)}, ${hex(length)}, ${hex(capacity)}}`;
  const element = BASIC.get(type);
  if (element === undefined) return `[]${type} of ${length} at ${hex(data)}`;
  if (type === 'byte' || type === 'uint8') {
    const bytes = memory.bytes(address(data), Math.min(length, MAX_TEXT));
    if (isText(bytes)) return `[]${type}(${stringText(memory, data, length)})`;
  }
  const shown = Math.min(length, MAX_ELEMENTS);
  const elements = Array.from({ length: shown }, (_, i) =>
    element.read(memory, address(data + i * element.size)),
  );
  const more = shown < length ? `, …` : '';
  return `[]${type}{${elements.join(', ')}${more}}${more === '' ? '' : ` (${length} values)`}`;
}

/** `empty`: the interface has no methods. `nil`, or the type of what it holds and the value or its address: `int 5`, `*errors.errorString 0xc000012`. */
export function interfaceText({ runtime, memory }: ValueContext, at: Address, empty: boolean): string {
  const first = memory.word(at);
  const data = address(memory.word(address(at + 8)));
  if (first === 0) return 'nil';
  // An interface with methods has an itab, whose second word is the type.
  const type = runtime.types.typeAt(address(empty ? first : memory.word(address(first + 8))));
  const basic = BASIC.get(type.name);
  if (basic !== undefined && type.kind !== Kind.unsafePointer)
    return `${type.name} ${basic.read(memory, data)}`;
  return `${type.name} ${hex(data)}`;
}

function stringText(memory: Memory, data: number, length: number): string {
  if (length === 0) return '""';
  if (data === 0 || data + length > memory.size) return `{${hex(data)}, ${hex(length)}}`;
  const shown = Math.min(length, MAX_TEXT);
  const text = new TextDecoder().decode(memory.bytes(address(data), shown));
  // A character that the limit cuts is left out.
  const whole = shown < length ? text.replace(/\uFFFD+$/, '') : text;
  return `${JSON.stringify(whole)}${shown < length ? `… (${length} bytes)` : ''}`;
}

/** Printable, and no control characters but tabs and line ends. */
function isText(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes.every((byte) => byte >= 0x20 || (byte >= 9 && byte <= 13));
}

function pointerText(value: number): string {
  return value === 0 ? 'nil' : hex(value);
}

/** A little-endian number of 1 to 8 bytes. */
export function unsigned(memory: Memory, at: Address, size: number): bigint {
  if (size === 8) return memory.u64(at);
  if (size === 4) return BigInt(memory.u32(at));
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = value * 256n + BigInt(memory.u8(address(at + i)));
  return value;
}

function float(memory: Memory, at: Address, size: 4 | 8): number {
  const bytes = memory.bytes(at, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, size);
  return size === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
}

function durationOf(value: bigint): string {
  const ns = Number(BigInt.asIntN(64, value));
  return ns < 0 ? `-${durationText(-ns)}` : durationText(ns);
}
