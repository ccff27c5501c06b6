import type { Address } from '../base/units.ts';
import type { Memory } from '../memory/memory.ts';
import type { MapEntry } from './map-entries.ts';
import type { ValueType } from './value-type.ts';

/** The elements that a channel holds. */
export interface Queue {
  readonly length: number;
  readonly capacity: number;
  readonly buffer: number;
  /** Index of the element that is received next. */
  readonly first: number;
}

/**
 * How a toolchain lays out what values refer to. Strings, slices and interfaces are words in the order in which every Go has them; what differs
 * is here. Each method throws as memory does, and a FormatError where what it reads is damaged.
 */
export interface ValueLayout {
  /** Bytes of a pointer, and of the lengths in strings and slices. */
  readonly word: 4 | 8;
  /** Where in a func value the word is that is 0 for nil. */
  readonly functionWord: number;
  /** What an interface holds, and where; undefined for nil. */
  interfaceContent(
    memory: Memory,
    type: ValueType,
    at: Address,
  ): { readonly type: ValueType; readonly address: Address } | undefined;
  /** The channel at an address; undefined for nil, and where the module does not say how channels are made. */
  channel(memory: Memory, at: Address): Queue | undefined;
  /** How many entries the map has whose header is at an address; 0 for nil. */
  mapCount(memory: Memory, header: Address): number;
  /** Up to `limit` entries of it from the `skip`th on, in the order in which they stand. */
  mapEntries(memory: Memory, type: ValueType, header: Address, skip: number, limit: number): MapEntry[];
  /** The name of the function of the func value at an address; '' where it has none. */
  functionName(memory: Memory, at: Address): string;
  /** The type that source of a package writes as `name`; undefined where the module has none, or several. */
  typeNamed(name: string, packagePath: string): ValueType | undefined;
}
