import { isDump, readDump, type DumpHeader } from './dump.ts';

/** The largest memory of wasm32, bytes. */
const MAX_MEMORY = 2 ** 32;
/** No deflate stream gives more bytes for one of its own (zlib's technical details); a little more, for its frame. */
const MOST_FOR_ONE = 1040;

export interface OpenedDump {
  /** Null for raw memory. */
  readonly header: DumpHeader | null;
  readonly memory: Uint8Array;
}

/** Opens a dump, or raw memory, which may be packed with gzip. Rejects with a FormatError or an Error in words. */
export async function openDump(bytes: Uint8Array): Promise<OpenedDump> {
  if (isDump(bytes)) {
    const { header, content } = readDump(bytes);
    const size = header.memoryBytes;
    if (size > content.length * MOST_FOR_ONE) throw endsEarly(null, size);
    const memory = new Uint8Array(size);
    const total = await unpack(content, size, (part, at) => {
      memory.set(part, at);
    });
    if (total !== size) throw endsEarly(total, size);
    return { header, memory };
  }
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return { header: null, memory: packed ? await unpackAll(bytes) : bytes };
}

const endsEarly = (at: number | null, size: number): Error =>
  new Error(
    `the dump ends ${at === null ? 'long before the' : `after ${String(at)} of`} ${String(size)} bytes of memory that it says`,
  );

/** Unpacks what does not say how much it is. */
async function unpackAll(packed: Uint8Array): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const memory = new Uint8Array(await unpack(packed, MAX_MEMORY, (part) => parts.push(part)));
  let at = 0;
  for (const part of parts) {
    memory.set(part, at);
    at += part.length;
  }
  return memory;
}

/** Gives the parts of a gzip stream, each with where it begins; resolves to how many bytes there are, at most `limit`. */
async function unpack(
  packed: Uint8Array,
  limit: number,
  take: (part: Uint8Array, at: number) => void,
): Promise<number> {
  let total = 0;
  const stream = new Blob([plain(packed)]).stream().pipeThrough(new DecompressionStream('gzip'));
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return total;
      if (total + value.length > limit) throw new Error(`it holds more than the ${limit} bytes that it says`);
      take(value, total);
      total += value.length;
    }
  } catch (error) {
    await reader.cancel().catch(() => undefined);
    throw new Error(
      `the memory cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

/** The same bytes, which no other thread writes to: without a copy where that is known. */
const plain = ({ buffer, byteOffset, length }: Uint8Array): Uint8Array<ArrayBuffer> =>
  buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer, byteOffset, length)
    : new Uint8Array(buffer, byteOffset, length).slice();
