import { address, type Address } from '../base/units.ts';
import type { ArgumentPart } from '../go/runtime/arguments.ts';
import { Kind, type GoType } from '../go/runtime/types.ts';
import { basicOf, interfaceText, pointedText, sliceText, type ValueContext } from './plain-values.ts';

// Values by the type descriptors that the program carries: for types that its source declares.

/** How deep structs and arrays are shown, and how many fields or elements. */
const MAX_DEPTH = 4;
const MAX_PARTS = 16;
/** Types that are looked at for one argument, which has ten words at most; damaged ones may hold themselves. */
const MAX_VISITS = 200;

/** Names of the basic kinds, by kind. */
const BASIC_KINDS = new Map<number, string>(
  Object.entries(Kind)
    .filter(([name]) => basicOf(name === 'unsafePointer' ? 'unsafe.Pointer' : name) !== undefined)
    .map(([name, kind]) => [kind, name === 'unsafePointer' ? 'unsafe.Pointer' : name]),
);

/**
 * The value of a described type at an address: `{id: 9, text: "method"}`, `"a name"`, `[]int{1, 2}`. Throws NeedPages, and a FormatError
 * where the description or what the value points to is damaged.
 */
export function describedText(context: ValueContext, type: GoType, at: Address, depth = 0): string {
  const { runtime, memory } = context;
  const basic = basicOf(type.name) ?? basicOf(BASIC_KINDS.get(type.kind) ?? '');
  if (basic !== undefined) return basic.read(memory, at);
  switch (type.kind) {
    case Kind.pointer:
      return pointedText(context, '*', address(memory.word(at)));
    case Kind.map:
      return pointedText(context, 'map[', address(memory.word(at)));
    case Kind.chan:
      return pointedText(context, 'chan ', address(memory.word(at)));
    case Kind.func:
      return pointedText(context, 'func', address(memory.word(at)));
    case Kind.interface:
      return interfaceText(context, at, runtime.types.isEmptyInterface(type.address));
    case Kind.slice:
      return sliceText(context, runtime.types.elementOf(type.address).name, at);
    case Kind.struct: {
      if (depth === MAX_DEPTH) return '{…}';
      const fields = runtime.types.fieldsOf(type.address);
      const shown = fields
        .slice(0, MAX_PARTS)
        .map(
          ({ name, type: of, offset }) =>
            `${name}: ${describedText(context, runtime.types.typeAt(of), address(at + offset), depth + 1)}`,
        );
      return `{${shown.join(', ')}${fields.length > MAX_PARTS ? ', …' : ''}}`;
    }
    case Kind.array: {
      if (depth === MAX_DEPTH) return '{…}';
      const element = runtime.types.elementOf(type.address);
      const length = runtime.types.lengthOf(type.address);
      const shown = Array.from({ length: Math.min(length, MAX_PARTS) }, (_, i) =>
        describedText(context, element, address(at + i * element.size), depth + 1),
      );
      return `{${shown.join(', ')}${length > MAX_PARTS ? ', …' : ''}}`;
    }
    default:
      return '…';
  }
}

/** Whether a value of a described type is laid out as the compiler noted this argument: the same words, none left out. */
export function fitsPart({ runtime }: ValueContext, type: GoType, part: ArgumentPart): boolean {
  const noted = wordsOf(part);
  const [first] = noted ?? [];
  if (noted === undefined || first === undefined) return false;
  const words: Word[] = [];
  let left = MAX_VISITS;
  const add = (of: GoType, at: number): boolean => {
    if (--left < 0 || words.length > noted.length) return false;
    switch (of.kind) {
      case Kind.struct:
        return runtime.types
          .fieldsOf(of.address)
          .every((field) => add(runtime.types.typeAt(field.type), at + field.offset));
      case Kind.array: {
        const element = runtime.types.elementOf(of.address);
        const length = runtime.types.lengthOf(of.address);
        for (let i = 0; i < length; i++) if (!add(element, at + i * element.size)) return false;
        return true;
      }
      default: {
        const size = Math.min(of.size, of.kind === Kind.complex64 ? 4 : 8);
        for (let from = 0; from < of.size; from += size) words.push({ offset: at + from, size });
        return true;
      }
    }
  };
  if (!add(type, 0) || words.length !== noted.length) return false;
  return words.every(
    ({ offset, size }, i) => noted[i]?.offset === first.offset + offset && noted[i].size === size,
  );
}

interface Word {
  readonly offset: number;
  readonly size: number;
}

/** Undefined when some were left out. */
function wordsOf(part: ArgumentPart): Word[] | undefined {
  if (part.kind === 'cut') return undefined;
  if (part.kind === 'word') return [part];
  const words: Word[] = [];
  for (const one of part.parts) {
    const inner = wordsOf(one);
    if (inner === undefined) return undefined;
    words.push(...inner);
  }
  return words;
}
