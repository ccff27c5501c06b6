const ESCAPES: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
  ...{ '\\': '\\', '"': '"' },
};

/**
 * The text between the quotes of a string as Go writes it (The Go Programming Language Specification, "String literals"). Undefined for what is not wholly in
 * quotes, and for one with bytes that are no text.
 */
export function unquoted(literal: string): string | undefined {
  const inside = /^"((?:[^"\\]|\\.)*)"$/su.exec(literal)?.[1];
  if (inside === undefined) return undefined;
  const bad: string[] = [];
  const text = inside.replace(
    /\\(?:u([0-9a-f]{4})|U([0-9a-f]{8})|x([0-7][0-9a-f])|(.))/gsu,
    (whole: string, four?: string, eight?: string, two?: string, one?: string) => {
      const point = parseInt(four ?? eight ?? two ?? '', 16);
      const found = point <= 0x10ffff ? String.fromCodePoint(point) : ESCAPES[one ?? ''];
      if (found === undefined) bad.push(whole);
      return found ?? '';
    },
  );
  return bad.length === 0 ? text : undefined;
}
