import { FormatError } from '../base/format-error.ts';
import { address, type Address } from '../base/units.ts';
import type { GoRuntime } from '../go/runtime/runtime.ts';
import { hex } from '../go/runtime/text.ts';
import { Kind } from '../go/runtime/types.ts';
import type { Memory } from '../memory/memory.ts';
import { goLayout } from './go-layout.ts';
import { NOT_IN_MEMORY, UnknownBytes } from './kept-values.ts';
import type { Queue, ValueLayout } from './value-layout.ts';
import type { ValueType } from './value-type.ts';

// Where what a value refers to stands: of interfaces, slices and channels.

/** A program of standard Go at one moment. */
export interface GoValueSource {
  readonly runtime: GoRuntime;
  readonly memory: Memory;
}

/** A program at one moment: of standard Go, or of a toolchain whose layout is known. */
export type ValueSource = GoValueSource | { readonly layout: ValueLayout; readonly memory: Memory };

export const layoutOf = (source: ValueSource): ValueLayout =>
  'layout' in source ? source.layout : goLayout(source.runtime);

/** The pointer, or the length of a string or slice, at an address. */
export function readWord(source: ValueSource, at: Address): number {
  return layoutOf(source).word === 4 ? source.memory.u32(at) : source.memory.word(at);
}

/** What an interface holds, and where; undefined for nil. Throws a FormatError where its words are damaged. */
export const interfaceContent = (
  source: ValueSource,
  type: ValueType,
  at: Address,
): { readonly type: ValueType; readonly address: Address } | undefined =>
  layoutOf(source).interfaceContent(source.memory, type, at);

/** Undefined for nil. */
export const channelOf = (source: ValueSource, at: Address): Queue | undefined =>
  layoutOf(source).channel(source.memory, at);

/** Whether the value of a type that can be nil is. */
export const isNilAt = (source: ValueSource, type: ValueType, at: Address): boolean =>
  readWord(source, address(at + (type.kind === Kind.func ? layoutOf(source).functionWord : 0))) === 0;

/** Throws a FormatError for lengths that no slice has. */
export function sliceHeader(
  source: ValueSource,
  type: ValueType,
  at: Address,
): { data: Address; length: number; capacity: number } {
  const { word } = layoutOf(source);
  const data = readWord(source, at);
  const length = readWord(source, address(at + word));
  const capacity = readWord(source, address(at + 2 * word));
  const { size } = type.element();
  if (at >= NOT_IN_MEMORY && length > capacity)
    throw new UnknownBytes(at, `what is known of it says ${length} of ${capacity} elements`);
  if (length > capacity || data + length * size > source.memory.size || (size === 0 && length > 2 ** 32)) {
    throw new FormatError('slice', at, `${length} of ${capacity} elements at ${hex(data)}`, true);
  }
  return { data: address(data), length, capacity };
}
