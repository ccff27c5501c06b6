import { FormatError } from '../base/format-error.ts';
import { address, type Address } from '../base/units.ts';
import type { ArgumentPart } from '../go/runtime/arguments.ts';
import { describedText, fitsPart } from './described-value.ts';
import {
  basicOf,
  CHANNEL,
  interfaceText,
  pointedText,
  sliceText,
  unsigned,
  type ValueContext,
} from './plain-values.ts';

// Arguments by the types that Go source writes.

/** Type of a slice's elements, of `map`, `chan` and so on: what stands behind the brackets. */
const SLICE = /^\[\](.*)$/;
const EMPTY_INTERFACE = /^(?:any|interface ?\{ ?\})$/;
const INTERFACE = /^(?:error|interface ?\{.*)$/;

/**
 * The text of a value of type `type` that lies in `part`; its words in hex when the type's declaration is needed to say more. Undefined
 * when the type cannot lie in such a part. Throws only NeedPages: what a damaged value points to is left out.
 */
export function valueText(context: ValueContext, type: string, part: ArgumentPart): string | undefined {
  const at = place(context, part);
  const words = part.kind === 'aggregate' ? part.parts.length : 1;
  const isWord = part.kind === 'word';
  try {
    if (!isLive(part)) return wordsText(context, part);
    const basic = basicOf(type);
    if (basic !== undefined) {
      const fits = type === 'string' ? words === 2 : isWord && part.size === basic.size;
      return fits && at !== undefined ? basic.read(context.memory, at) : undefined;
    }
    const slice = SLICE.exec(type);
    if (slice !== null) {
      return words === 3 && at !== undefined ? sliceText(context, slice[1] ?? '', at) : undefined;
    }
    if (INTERFACE.test(type) || EMPTY_INTERFACE.test(type)) {
      const empty = EMPTY_INTERFACE.test(type);
      return words === 2 && at !== undefined ? interfaceText(context, at, empty) : undefined;
    }
    if (type.startsWith('*') || type.startsWith('map[') || CHANNEL.test(type) || /^func\b/.test(type)) {
      if (!isWord || part.size !== 8 || at === undefined) return undefined;
      return pointedText(context, type, address(context.memory.word(at)));
    }
    return (at === undefined ? undefined : declaredText(context, type, part, at)) ?? wordsText(context, part);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return wordsText(context, part);
  }
}

/** By the program's own description of a type that this package declares; undefined where there is none that fits. */
function declaredText(
  context: ValueContext,
  name: string,
  part: ArgumentPart,
  at: Address,
): string | undefined {
  if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) return undefined;
  const type = context.runtime.types.declaredType(name, context.package);
  return type !== undefined && fitsPart(context, type, part) ? describedText(context, type, at) : undefined;
}

/** Where the first word of a part is; undefined for one without words. */
function place({ base }: Pick<ValueContext, 'base'>, part: ArgumentPart): Address | undefined {
  if (part.kind === 'word') return address(base + part.offset);
  if (part.kind === 'cut') return undefined;
  const [first] = part.parts;
  return first === undefined ? undefined : place({ base }, first);
}

/** Whether all its words hold what they held at the call. */
export function isLive(part: ArgumentPart): boolean {
  if (part.kind === 'aggregate') return part.parts.every(isLive);
  return part.kind === 'cut' || part.live;
}

/** As Go's tracebacks have it: `{0x1, 0x2}`, `?` behind words that may be stale. */
function wordsText(context: ValueContext, part: ArgumentPart): string {
  if (part.kind === 'cut') return '…';
  if (part.kind === 'aggregate') {
    return `{${part.parts.map((one) => wordsText(context, one)).join(', ')}}`;
  }
  try {
    const value = unsigned(context.memory, address(context.base + part.offset), part.size);
    return `0x${value.toString(16)}${part.live ? '' : '?'}`;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return '?';
  }
}
