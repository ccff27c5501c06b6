import { FormatError } from '../base/format-error.ts';
import { address, type Address } from '../base/units.ts';
import { hex } from '../go/runtime/text.ts';
import { Kind } from '../go/runtime/types.ts';
import { gather } from '../memory/need-pages.ts';
import { durationText, floatText, quote, wholeCharacters } from './go-literals.ts';
import { floatAt, integerAt } from './scalars.ts';
import { timeText } from './time-value.ts';
import {
  channelOf,
  interfaceContent,
  isNilAt,
  layoutOf,
  readWord,
  sliceHeader,
  type ValueSource,
} from './value-places.ts';
import type { ValueType } from './value-type.ts';

/** How much of a value its text shows. */
export interface TextLimits {
  /** How deep structs, arrays and maps are followed; Delve's MaxVariableRecurse. */
  readonly depth: number;
  /** Bytes of a string. */
  readonly bytes: number;
  /** Elements of an array, a slice or a map. */
  readonly elements: number;
  /** Values in the whole text. */
  readonly values: number;
}

export const DEFAULT_LIMITS: TextLimits = { depth: 1, bytes: 64, elements: 64, values: 400 };

/** How a value is written: `typed` where its type is not plain from what stands before it. */
export interface Style {
  readonly level: number;
  readonly top: boolean;
  readonly typed: boolean;
  /** Pointers followed since the last struct, array or map. */
  readonly pointers: number;
}

/** Of a value beside others whose type is plain. */
export const UNTYPED: Style = { level: 1, top: false, typed: false, pointers: 0 };
const MAX_POINTERS = 3;

/** Writes values as Delve does (service/api/prettyprint.go). */
export class ValueWriter {
  readonly #source: ValueSource;
  readonly #limits: TextLimits;
  #left: number;

  constructor(source: ValueSource, limits: TextLimits) {
    this.#source = source;
    this.#limits = limits;
    this.#left = limits.values;
  }

  /** Throws a FormatError when the value itself cannot be read; parts of it say so in the text. */
  write(declared: ValueType, at: Address, style: Style): string {
    if (--this.#left < 0) return '...';
    const source = this.#source;
    const type = declared.refine?.(source.memory, at) ?? declared;
    if (type.format !== undefined) return type.format(source.memory, at);
    switch (type.kind) {
      case Kind.struct:
        return this.#struct(type, at, style);
      case Kind.array: {
        const prefix = style.typed ? `${type.name} ` : '';
        return prefix + this.#list(type.element(), at, type.length(), style);
      }
      case Kind.slice: {
        const { data, length, capacity } = sliceHeader(source, type, at);
        const prefix = style.typed ? `${type.name} len: ${length}, cap: ${capacity}, ` : '';
        return prefix + (data === 0 ? 'nil' : this.#list(type.element(), data, length, style));
      }
      case Kind.pointer:
        return this.#pointer(type, address(readWord(source, at)), style);
      case Kind.interface:
        return this.#interface(type, at, style);
      case Kind.map:
        return this.#map(type, address(readWord(source, at)), style);
      case Kind.chan: {
        const channel = channelOf(source, address(readWord(source, at)));
        return `${type.name} ${channel === undefined ? 'nil' : `${channel.length}/${channel.capacity}`}`;
      }
      case Kind.func: {
        if (isNilAt(source, type, at)) return 'nil';
        return layoutOf(source).functionName(source.memory, at) || hex(readWord(source, at));
      }
      default:
        return basicText(source, type, at, this.#limits.bytes);
    }
  }

  /** As `write`, but never throws a FormatError. */
  #part(type: ValueType, at: Address, style: Style): string {
    try {
      return this.write(type, at, style);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return `(unreadable ${error.message})`;
    }
  }

  #inner(style: Style, typed: boolean): Style {
    return { level: style.level + 1, top: false, typed, pointers: 0 };
  }

  #struct(type: ValueType, at: Address, style: Style): string {
    if (type.name === 'time.Time' && layoutOf(this.#source).word === 8)
      return `time.Time(${timeText(this.#source.memory, type, at)})`;
    if (style.level > this.#limits.depth) return `(*${type.name})(${hex(at)})`;
    const inner = this.#inner(style, true);
    const fields = type.fields();
    const shown = gather(
      fields.slice(0, this.#left),
      (field) => `${field.name}: ${this.#part(field.type, address(at + field.offset), inner)}`,
    );
    const more = fields.length - shown.length;
    if (more > 0) shown.push(`...+${more} more`);
    return `${style.typed ? `${type.name} ` : ''}{${shown.join(', ')}}`;
  }

  #list(element: ValueType, at: Address, length: number, style: Style): string {
    const count =
      style.level > this.#limits.depth ? 0 : Math.min(length, this.#limits.elements, Math.max(0, this.#left));
    const inner = this.#inner(style, false);
    const shown = gather(
      Array.from({ length: count }, (_, i) => i),
      (i) => this.#part(element, address(at + i * element.size), inner),
    );
    if (length > count) shown.push(`...+${length - count} more`);
    return `[${shown.join(',')}]`;
  }

  #pointer(type: ValueType, to: Address, style: Style): string {
    const element = type.element();
    if (to === 0) return style.typed ? `*${element.name} nil` : '*nil';
    const { memory } = this.#source;
    const far =
      style.pointers >= MAX_POINTERS || (element.kind !== Kind.struct && style.level > this.#limits.depth);
    if (far || to + element.size > memory.size) return `(*${element.name})(${hex(to)})`;
    const level = element.kind === Kind.interface ? style.level + 1 : style.level;
    return `*${this.#part(element, to, { ...style, top: false, level, pointers: style.pointers + 1 })}`;
  }

  #interface(type: ValueType, at: Address, style: Style): string {
    const held = interfaceContent(this.#source, type, at);
    if (held === undefined) return style.typed ? `${type.name} nil` : 'nil';
    const prefix = style.typed ? `${type.name}(${held.type.name}) ` : '';
    if (style.level > this.#limits.depth + 1) return `${prefix}...`;
    // The prefix has the type; without it, the value says its own.
    return prefix + this.#part(held.type, held.address, { ...style, top: false, typed: !style.typed });
  }

  #map(type: ValueType, header: Address, style: Style): string {
    const prefix = style.typed ? `${type.name} ` : '';
    if (header === 0) return `${prefix}nil`;
    const { memory } = this.#source;
    const layout = layoutOf(this.#source);
    const count = layout.mapCount(memory, header);
    const wanted = style.level > this.#limits.depth ? 0 : Math.min(count, this.#limits.elements);
    const entries = layout.mapEntries(memory, type, header, 0, wanted);
    const inner = this.#inner(style, false);
    const shown = gather(
      entries,
      ({ key, value }) =>
        `${this.#part(type.key(), key, inner)}: ${this.#part(type.element(), value, inner)}, `,
    );
    const more = count > entries.length ? `...+${count - entries.length} more` : '';
    return `${prefix}[${shown.join('')}${more}]`;
  }
}

function basicText(source: ValueSource, type: ValueType, at: Address, maxBytes: number): string {
  const { memory } = source;
  switch (type.kind) {
    case Kind.bool:
      return memory.u8(at) === 0 ? 'false' : 'true';
    case Kind.string: {
      const data = readWord(source, at);
      const length = readWord(source, address(at + layoutOf(source).word));
      if (data + length > memory.size)
        throw new FormatError('string', at, `${length} bytes at ${hex(data)}`, true);
      const shown = Math.min(length, maxBytes);
      const bytes = shown === 0 ? new Uint8Array() : memory.bytes(address(data), shown);
      const whole = shown < length ? wholeCharacters(bytes) : bytes;
      return quote(whole) + (whole.length < length ? `...+${length - whole.length} more` : '');
    }
    case Kind.float32:
    case Kind.float64:
      return floatText(floatAt(memory, at, type.size), type.size === 4 ? 32 : 64);
    case Kind.complex64:
    case Kind.complex128: {
      const half = type.size / 2;
      const bits = half === 4 ? 32 : 64;
      return `(${floatText(floatAt(memory, at, half), bits)} + ${floatText(floatAt(memory, address(at + half), half), bits)}i)`;
    }
    case Kind.unsafePointer: {
      const to = readWord(source, at);
      return `unsafe.Pointer(${to === 0 ? 'nil' : hex(to)})`;
    }
    default: {
      const value = integerAt(memory, type, at);
      return type.name === 'time.Duration' ? `${durationText(value)} (${value})` : value.toString();
    }
  }
}
