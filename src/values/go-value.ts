import { FormatError } from '../base/format-error.ts';
import { address, type Address } from '../base/units.ts';
import { Kind } from '../go/runtime/types.ts';
import { gather } from '../memory/need-pages.ts';
import {
  channelOf,
  interfaceContent,
  layoutOf,
  readWord,
  sliceHeader,
  type ValueSource,
} from './value-places.ts';
import type { ValueType } from './value-type.ts';
import { DEFAULT_LIMITS, UNTYPED, ValueWriter, type TextLimits } from './value-writer.ts';

export { interfaceContent, type GoValueSource, type ValueSource } from './value-places.ts';
export { DEFAULT_LIMITS, type TextLimits } from './value-writer.ts';

// Values of a program, by type and address. The text is the one that Delve prints (pkg/terminal, service/api/prettyprint.go): struct
// fields with their types, elements without; `*` before what a pointer points to; `(*T)(0x...)` for what was not followed.

export interface GoValue {
  /** As Delve prints it: `main.T {A: 1, B: "x"}`, `[]int len: 3, cap: 4, [1,2,3]`, `error(*errors.errorString) *{s: "x"}`. */
  readonly text: string;
  readonly type: ValueType;
  readonly address: Address;
  /** How many parts `valueParts` gives; 0 for what has none. */
  readonly parts: number;
  /** Where the value, or what it points to, cannot be read: why. The text says `(unreadable ...)` then. */
  readonly unavailable?: string;
}

/**
 * The value of type `type` that stands at `at`. Throws only NeedPages: what is damaged says so in the text, and `unavailable` says it of the
 * value as a whole.
 */
export function readValue(
  source: ValueSource,
  type: ValueType,
  at: Address,
  limits: TextLimits = DEFAULT_LIMITS,
): GoValue {
  const writer = new ValueWriter(source, limits);
  try {
    const { length } = source.memory.bytes(at, Math.min(type.size, 1));
    if (length > 0 && at === 0) throw new FormatError('memory', 0, 'a value at address 0', true);
    const text = writer.write(type, at, { level: 0, top: true, typed: true, pointers: 0 });
    return { text, type, address: at, parts: partCount(source, type, at) };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { text: `(unreadable ${error.message})`, type, address: at, parts: 0, unavailable: error.message };
  }
}

/** Its text alone. Throws only NeedPages. */
export function valueTextOf(
  source: ValueSource,
  type: ValueType,
  at: Address,
  limits = DEFAULT_LIMITS,
): string {
  return readValue(source, type, at, limits).text;
}

/** A part of a value. */
export interface ValuePart {
  /** `name` of a field, `[2]`, `["key"]`, `*` for what a pointer points to, `data` for what an interface holds. */
  readonly name: string;
  readonly type: ValueType;
  readonly address: Address;
  /** Of a map's entry: where its key stands. */
  readonly key?: { readonly type: ValueType; readonly address: Address };
}

/** How many parts a value has: fields, elements, entries; those of the struct for a pointer to one. Throws as memory does. */
export function partCount(source: ValueSource, declared: ValueType, at: Address): number {
  const { memory } = source;
  const type = declared.refine?.(memory, at) ?? declared;
  switch (type.kind) {
    case Kind.struct:
      return type.fields().length;
    case Kind.array:
      return type.length();
    case Kind.slice: {
      const { length } = sliceHeader(source, type, at);
      return length;
    }
    case Kind.map:
      return layoutOf(source).mapCount(memory, address(readWord(source, at)));
    case Kind.pointer: {
      const to = address(readWord(source, at));
      if (to === 0) return 0;
      const element = type.element();
      return element.kind === Kind.struct && to < memory.size ? element.fields().length : 1;
    }
    case Kind.interface:
      return readWord(source, at) === 0 ? 0 : 1;
    case Kind.chan:
      return channelOf(source, address(readWord(source, at)))?.length ?? 0;
    default:
      return 0;
  }
}

/**
 * Parts `from` to `from + count` of a value, in order. Throws NeedPages, and a FormatError where what it consists of is damaged. The parts are
 * places: read them with `readValue`.
 */
export function valueParts(
  source: ValueSource,
  declared: ValueType,
  at: Address,
  from = 0,
  count = 100,
): readonly ValuePart[] {
  const { memory } = source;
  const type = declared.refine?.(memory, at) ?? declared;
  const end = Math.min(partCount(source, type, at), from + count);
  const elements = (start: number, element: ValueType): ValuePart[] =>
    Array.from({ length: Math.max(0, end - from) }, (_, i) => ({
      name: `[${from + i}]`,
      type: element,
      address: address(start + (from + i) * element.size),
    }));
  switch (type.kind) {
    case Kind.struct:
      return fieldParts(type, at).slice(from, end);
    case Kind.array:
      return elements(at, type.element());
    case Kind.slice:
      return elements(readWord(source, at), type.element());
    case Kind.map: {
      const [key, value] = [type.key(), type.element()];
      const entries = layoutOf(source).mapEntries(
        memory,
        type,
        address(readWord(source, at)),
        from,
        end - from,
      );
      return gather(entries, (entry) => ({
        name: `[${new ValueWriter(source, { ...DEFAULT_LIMITS, elements: 8 }).write(key, entry.key, UNTYPED)}]`,
        type: value,
        address: entry.value,
        key: { type: key, address: entry.key },
      }));
    }
    case Kind.pointer: {
      const to = address(readWord(source, at));
      const element = type.element();
      if (element.kind === Kind.struct) return fieldParts(element, to).slice(from, end);
      return end > from ? [{ name: '*', type: element, address: to }] : [];
    }
    case Kind.interface: {
      const held = interfaceContent(source, type, at);
      return held === undefined || end <= from ? [] : [{ name: 'data', ...held }];
    }
    case Kind.chan: {
      const channel = channelOf(source, address(readWord(source, at)));
      if (channel === undefined || channel.capacity === 0) return [];
      const element = type.element();
      return Array.from({ length: Math.max(0, end - from) }, (_, i) => ({
        name: `[${from + i}]`,
        type: element,
        address: address(channel.buffer + ((channel.first + from + i) % channel.capacity) * element.size),
      }));
    }
    default:
      return [];
  }
}

function fieldParts(type: ValueType, at: Address): ValuePart[] {
  return type
    .fields()
    .map((field) => ({ name: field.name, type: field.type, address: address(at + field.offset) }));
}
