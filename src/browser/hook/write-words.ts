import type { HookWordWrite } from '../hook-protocol.ts';

/** 8-byte words of one request. */
const MAX_WORDS = 128;

/**
 * Writes 8-byte words, all or none: throws where one leaves the memory or is not what it has to be. Only this alters a program's memory; it is sent
 * when the person has asked for it.
 */
export function writeWords(bytes: Uint8Array, words: readonly HookWordWrite[]): void {
  if (words.length > MAX_WORDS) throw new Error('too many words');
  for (let i = 0; i < words.length; i++) {
    const { address, was } = words[i] as HookWordWrite;
    if (!(address >= 0 && address % 8 === 0 && address + 8 <= bytes.length)) {
      throw new Error('a word leaves the memory');
    }
    if (was !== null && read(bytes, address) !== was) throw new Error('the word has changed meanwhile');
  }
  for (let i = 0; i < words.length; i++) {
    const { address, value } = words[i] as HookWordWrite;
    let rest = value;
    for (let n = 0; n < 8; n++) {
      bytes[address + n] = rest % 256;
      rest = (rest - (rest % 256)) / 256;
    }
  }
}

function read(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let n = 7; n >= 0; n--) value = value * 256 + (bytes[at + n] ?? 0);
  return value;
}
