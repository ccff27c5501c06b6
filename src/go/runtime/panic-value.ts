import type { Confidence } from '../../base/confidence.ts';
import { EXACT } from '../../base/confidence.ts';
import { FormatError } from '../../base/format-error.ts';
import { address, type Address } from '../../base/units.ts';
import type { Memory } from '../../memory/memory.ts';
import type { Layouts, RuntimeVersion } from './layouts.ts';
import { printComplex, printFloat, readString } from './print.ts';
import { runtimeErrorText } from './runtime-errors.ts';
import { Kind, type GoType, type TypeReader } from './types.ts';

// What Go prints of the panics of a dying goroutine, out of its chain of _panic records (src/runtime/panic.go: preprintpanics,
// printpanics; src/runtime/error.go: printpanicval, printanycustomtype). Before Go prints anything it replaces error values and
// Stringers by their text in these records, so after an unrecovered panic the text can be read. A program that died in another way
// while it panicked still has the values themselves: their text is then only known for the types whose method does nothing but
// give a field away.

/** What the readers of values need. */
export interface ValueContext {
  readonly memory: Memory;
  readonly types: TypeReader;
  readonly layouts: Layouts;
  readonly version: RuntimeVersion;
}

export interface PanicText {
  /** The lines as Go prints them, oldest panic first: `panic: ` and the value, `[recovered]` behind it. */
  readonly text: string;
  readonly confidence: Confidence;
}

/** A value in an interface. */
interface ValueText {
  readonly text: string;
  /** Null when the text is what Go prints. */
  readonly why: string | null;
}

const MAX_PANICS = 100;

/**
 * The text of the chain of panics that begins at `newest` (g._panic); null when there is none. `printed`: Go has replaced values
 * by their text, which it does before it prints them. Damage inside the chain ends the text there, with the reason. Throws only NeedPages.
 */
export function readPanicText(context: ValueContext, newest: Address, printed: boolean): PanicText | null {
  const { memory, layouts, version } = context;
  const fields = layouts._panic;
  let why: string | null = null;
  const seen = new Set<number>();
  const records: Address[] = [];
  try {
    for (let at = newest; at !== 0; at = address(memory.word(address(at + fields.link)))) {
      if (seen.has(at) || records.length === MAX_PANICS) {
        why = 'the chain of panics does not end';
        break;
      }
      seen.add(at);
      records.push(at);
      if (at + fields.recovered + 8 > memory.size) {
        records.pop();
        why = `the chain of panics leaves the memory at 0x${at.toString(16)}`;
        break;
      }
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    why = error.message;
  }
  const flag = (at: Address, offset: number | undefined): boolean =>
    offset !== undefined && memory.u8(address(at + offset)) !== 0;
  let text = '';
  let older: Address | undefined;
  for (const at of records.reverse()) {
    const link = older;
    older = at;
    if (link !== undefined) {
      // The record whose value the next one repeats speaks for both.
      if (version.mergesRepanics && flag(link, fields.repanicked)) continue;
      if (!flag(link, fields.goexit)) text += '\t';
    }
    if (flag(at, fields.goexit)) continue;
    const value = valueText(context, address(at + fields.arg), printed);
    why ??= value.why;
    const repanicked = version.mergesRepanics && flag(at, fields.repanicked);
    const recovered = flag(at, fields.recovered);
    text += `panic: ${value.text}`;
    if (repanicked && (recovered || !version.needsRecovered)) text += ' [recovered, repanicked]';
    else if (recovered) text += ' [recovered]';
    text += '\n';
  }
  if (!text.endsWith('\n')) return null;
  return { text: text.slice(0, -1), confidence: why === null ? EXACT : { kind: 'inferred', why } };
}

/** The text of the value in the interface (its type, its data) at `at`, as panic prints it. */
function valueText(context: ValueContext, at: Address, printed: boolean): ValueText {
  try {
    const { memory, types } = context;
    const typeAddress = memory.word(at);
    const data = address(memory.word(address(at + 8)));
    if (typeAddress === 0) return { text: 'nil', why: null };
    const type = types.typeAt(address(typeAddress));
    if (!printed) {
      const text = knownError(context, type, data);
      if (text !== undefined) return text;
    }
    const text = plainText(context, type, data);
    if (text !== undefined) {
      const maybe = printed || !type.named || isPredeclared(type);
      return {
        text,
        why: maybe ? null : `if ${type.name} has a method Error or String, Go prints its result`,
      };
    }
    const pointer = `(${type.name}) 0x${data.toString(16)}`;
    return {
      text: pointer,
      why: printed ? null : `if ${type.name} has a method Error or String, Go prints its result`,
    };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { text: '?', why: `the panic's value cannot be read: ${error.message}` };
  }
}

/** Predeclared types are those whose name has no package. */
function isPredeclared(type: GoType): boolean {
  return !type.name.includes('.');
}

/** Values of basic kinds; with the type's name around them where it has its own. */
function plainText(context: ValueContext, type: GoType, data: Address): string | undefined {
  const { memory, version } = context;
  const wrap = (text: string, brackets = true): string =>
    isPredeclared(type) ? text : brackets ? `${type.name}(${text})` : `${type.name}${text}`;
  const float = (at: number, bits: 32 | 64): number => {
    const bytes = memory.bytes(address(at), bits / 8);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return bits === 32 ? view.getFloat32(0, true) : view.getFloat64(0, true);
  };
  switch (type.kind) {
    case Kind.string: {
      const text = readString(memory, data);
      if (text === undefined) return undefined;
      const indented = version.indentsText ? text.replaceAll('\n', '\n\t') : text;
      return isPredeclared(type) ? indented : `${type.name}("${indented}")`;
    }
    case Kind.bool:
      return wrap(String(memory.u8(data) !== 0));
    case Kind.int8:
      return wrap(String((memory.u8(data) << 24) >> 24));
    case Kind.int16:
      return wrap(String((memory.u16(data) << 16) >> 16));
    case Kind.int32:
      return wrap(String(memory.i32(data)));
    case Kind.int:
    case Kind.int64:
      return wrap(String(BigInt.asIntN(64, memory.u64(data))));
    case Kind.uint8:
      return wrap(String(memory.u8(data)));
    case Kind.uint16:
      return wrap(String(memory.u16(data)));
    case Kind.uint32:
      return wrap(String(memory.u32(data)));
    case Kind.uint:
    case Kind.uint64:
    case Kind.uintptr:
      return wrap(String(memory.u64(data)));
    case Kind.float32:
      return wrap(printFloat(float(data, 32), 32, version.shortFloats));
    case Kind.float64:
      return wrap(printFloat(float(data, 64), 64, version.shortFloats));
    case Kind.complex64:
      return wrap(printComplex(float(data, 32), float(data + 4, 32), 32, version.shortFloats), false);
    case Kind.complex128:
      return wrap(printComplex(float(data, 64), float(data + 8, 64), 64, version.shortFloats), false);
    default:
      return undefined;
  }
}

/** Errors whose text can be told without running their method. */
function knownError(context: ValueContext, type: GoType, data: Address): ValueText | undefined {
  const { memory } = context;
  const ofRuntime = runtimeErrorText(context, type, data);
  if (ofRuntime !== undefined) return { text: ofRuntime, why: null };
  if (type.name === '*errors.errorString' || type.name === '*fmt.wrapError') {
    // Both begin with their text.
    const text = readString(memory, data);
    if (text !== undefined) {
      const indented = context.version.indentsText ? text.replaceAll('\n', '\n\t') : text;
      return { text: indented, why: null };
    }
  }
  return undefined;
}
