// Writes small modules by hand, byte by byte, for the tests of the readers.

/** Unsigned LEB128. */
export function uleb(value: number | bigint): number[] {
  const bytes: number[] = [];
  for (let rest = BigInt(value); ; rest >>= 7n) {
    const byte = Number(rest & 0x7fn);
    if (rest < 0x80n) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

/** Signed LEB128. */
export function sleb(value: number | bigint): number[] {
  const bytes: number[] = [];
  for (let rest = BigInt(value); ; rest >>= 7n) {
    const byte = Number(rest & 0x7fn);
    if (rest >= -0x40n && rest < 0x40n) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

export const name = (text: string): number[] => {
  const bytes = [...new TextEncoder().encode(text)];
  return [...uleb(bytes.length), ...bytes];
};

export const section = (id: number, ...content: readonly (readonly number[])[]): number[] => {
  const bytes = content.flat();
  return [id, ...uleb(bytes.length), ...bytes];
};

/** A section that is a vector of items. */
export const vector = (id: number, ...items: readonly (readonly number[])[]): number[] =>
  section(id, uleb(items.length), ...items);

export const custom = (title: string, ...content: readonly (readonly number[])[]): number[] =>
  section(0, name(title), ...content);

/** A function body of these instructions, without locals; the final `end` is added. */
export const body = (...instructions: readonly number[]): number[] => {
  const bytes = [0, ...instructions, 0x0b];
  return [...uleb(bytes.length), ...bytes];
};

/** An active data segment of memory 0. */
export const dataAt = (address: number, bytes: readonly number[]): number[] => [
  0,
  0x41,
  ...sleb(address | 0),
  0x0b,
  ...uleb(bytes.length),
  ...bytes,
];

export const moduleOf = (...sections: readonly (readonly number[])[]): Uint8Array =>
  Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]);
