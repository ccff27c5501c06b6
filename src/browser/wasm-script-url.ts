import { DEBUG_SECTION_BYTES } from './hook/append-section.ts';

/** Bits of a name's hash that are not the length (V8, src/objects/name.h: kHashShift), and what stands in them. */
const SHIFT = 2;
const FLAGS = 0b10;
/** Shorter bytes are hashed by their content (V8, src/objects/string.h: kMaxHashCalcLength). */
const MAX_HASHED = 16_383;

/**
 * The length in bytes of the module whose script V8 names `wasm://wasm/<name->HASH`, because it was compiled from bytes; null for other URLs, and where the
 * name does not tell. The hash (src/wasm/wasm-engine.cc, CreateWasmScript) is that of a string, and of a long string it is its length
 * (StringHasher::GetTrivialHash). Seen in Chromium 156.
 */
export function lengthOfScript(url: string): number | null {
  const hash = /^wasm:\/\/wasm\/(?:.*-)?([0-9a-f]{8})$/.exec(url)?.[1];
  if (hash === undefined) return null;
  const value = Number.parseInt(hash, 16);
  const length = value >>> SHIFT;
  return (value & ((1 << SHIFT) - 1)) === FLAGS && length > MAX_HASHED ? length : null;
}

/** Lengths that the module of such a script can have: it may have got a debug section (hook/append-section.ts). */
export function lengthsOfScript(url: string): readonly number[] {
  const length = lengthOfScript(url);
  return length === null ? [] : [length, length - DEBUG_SECTION_BYTES];
}
