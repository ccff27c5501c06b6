import type { HookGathered, RealmRequest } from '../hook-protocol.ts';
import { MAX_PART } from '../hook-protocol.ts';
import type { Natives } from './natives.ts';

type GatherRequest = Extract<RealmRequest, { op: 'gather' }>;

/** Words of a record, its pointer not counted. */
const MAX_WORDS = 63;
/** Bytes of a 32-bit number in LEB128. */
const LONGEST_NUMBER = 5;

/**
 * Follows the pointers of a slice and takes some words of what each leads to, all in the task in which it is called. The form of `data` is told
 * at HookGathered. Throws where the slice leaves the memory, or the answer would be too long.
 */
export function gather(
  bytes: Uint8Array,
  request: GatherRequest,
): Pick<HookGathered, 'array' | 'count'> & {
  readonly data: Uint8Array;
} {
  const { list, limit, words } = request;
  if (words.length > MAX_WORDS) throw new Error('too many words are asked for');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bytes.byteLength;
  const word = (at: number): number => view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x100000000;
  if (list + 16 > size) throw new Error('the list is outside the memory');
  const array = word(list);
  const count = word(list + 8);
  if (count > limit) throw new Error(`the list has ${count} entries`);
  if (array + count * 8 > size) throw new Error('the list leaves the memory');

  const columns = words.length + 1;
  const maskBytes = Math.ceil(columns / 8);
  const low = new Uint32Array(columns);
  const high = new Uint32Array(columns);
  const longest = maskBytes + columns * 2 * LONGEST_NUMBER;
  let data = new Uint8Array(Math.max(longest, Math.min(count * 32, MAX_PART)));
  let end = 0;
  const write = (difference: number): void => {
    let rest = ((difference << 1) ^ (difference >> 31)) >>> 0;
    while (rest >= 0x80) {
      data[end++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    data[end++] = rest;
  };
  for (let i = 0; i < count; i++) {
    if (end + longest > data.length) {
      if (data.length >= MAX_PART) throw new Error('the list is too long for one answer');
      const larger = new Uint8Array(Math.min(data.length * 2 + longest, MAX_PART + longest));
      larger.set(data);
      data = larger;
    }
    const pointer = word(array + i * 8);
    const mask = end;
    end += maskBytes;
    data.fill(0, mask, end);
    for (let column = 0; column < columns; column++) {
      const at = column === 0 ? array + i * 8 : pointer + (words[column - 1] ?? 0);
      const inside = at + 8 <= size;
      const lowWord = inside ? view.getUint32(at, true) : 0;
      const highWord = inside ? view.getUint32(at + 4, true) : 0;
      const lowBefore = low[column] ?? 0;
      const highBefore = high[column] ?? 0;
      if (lowWord === lowBefore && highWord === highBefore) continue;
      low[column] = lowWord;
      high[column] = highWord;
      const byte = mask + (column >> 3);
      data[byte] = (data[byte] ?? 0) | (1 << (column & 7));
      write((lowWord - lowBefore) | 0);
      write((highWord - highBefore) | 0);
    }
  }
  return { array, count, data: data.subarray(0, end) };
}

/** The answer to `gather` in the form of hook-protocol.ts. */
export function gatherAnswer(
  bytes: Uint8Array,
  request: GatherRequest,
  sp: number | null,
  natives: Natives,
): string {
  const start = natives.now();
  const { array, count, data } = gather(bytes, request);
  const base64 = natives.encodeBase64(data);
  const head: HookGathered = {
    array,
    count,
    bytes: bytes.byteLength,
    sp,
    time: natives.epoch(),
    pauseMs: natives.now() - start,
    data: base64,
  };
  return `j${JSON.stringify(head)}`;
}
