import { FormatError } from '../base/format-error.ts';
import type { Address } from '../base/units.ts';
import { Kind } from '../go/runtime/types.ts';
import type { LanguageValue } from '../protocol/language.ts';
import { partCount, readValue, type ValueSource } from '../values/go-value.ts';
import type { ValueType } from '../values/value-type.ts';

// Values as DevTools' Scope pane takes them, whichever symbols their types come from.

/** A text in the place of a value: why there is none, or what an expression came to. */
export const sentence = (text: string, type = ''): LanguageValue => ({
  ...{ text, type, kind: 'object', address: null, size: 0, parts: 0, doubt: null },
  of: { name: '' },
});

/** How a value that was computed is drawn, by the name of its type. */
export function kindOf(type: string): LanguageValue['kind'] {
  if (type === 'string') return 'string';
  if (type === 'bool') return 'boolean';
  return /^(?:u?int(?:8|16|32|64|ptr)?|float(?:32|64))$/.test(type) ? 'number' : 'object';
}

/** A value in memory, but for what its type is asked for by. One whose parts are damaged has none. */
export function describedValue(
  source: ValueSource,
  type: ValueType,
  address: Address,
): Omit<LanguageValue, 'of'> {
  const { text } = readValue(source, type, address);
  let parts = 0;
  try {
    parts = partCount(source, type, address);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  const isNumber = type.kind >= Kind.int && type.kind <= Kind.float64 && type.format === undefined;
  const kind =
    type.kind === Kind.string
      ? 'string'
      : type.kind === Kind.bool
        ? 'boolean'
        : isNumber
          ? 'number'
          : 'object';
  return { text, type: type.name, kind, address, size: type.size, parts, doubt: null };
}
