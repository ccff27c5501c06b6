import { customSection, sectionReader } from './module.ts';
import type { WasmModule } from './types.ts';

/** The custom section that names a module's source map (ECMA-426, 11.3, "Linking WebAssembly modules to source maps"). */
const SECTION = 'sourceMappingURL';

/** The URL of the module's source map, as the module says it: often relative to the module's own. Undefined without. Throws a FormatError. */
export function sourceMapUrl(module: WasmModule): string | undefined {
  const section = customSection(module, SECTION);
  return section && sectionReader(module.bytes, section).name('the URL of the source map');
}

/**
 * A copy of the module that says where its source map is: `url`, in a custom section at its end. A section of that name that it has is
 * left out. Offsets of its code stay as they are where that section, if any, stood behind the code, as linkers put it.
 */
export function setSourceMapUrl({ bytes, sections }: WasmModule, url: string): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const text = encoder.encode(url);
  const name = encoder.encode(SECTION);
  const content = [...leb128(name.length), ...name, ...leb128(text.length), ...text];
  const added = Uint8Array.of(0, ...leb128(content.length), ...content);
  const old = sections.filter((section) => section.custom && section.name === SECTION);
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const { offset, size } of old) {
    parts.push(bytes.subarray(from, offset));
    from = offset + size;
  }
  parts.push(bytes.subarray(from), added);
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** Unsigned LEB128 (core specification 2.0, 5.2.2). */
function leb128(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}
