import { FormatError } from '../base/format-error.ts';

/** No real profile unpacks to more. Bytes. */
export const MAX_UNPACKED = 256 << 20;

/** Whether `bytes` begin as gzip does (RFC 1952, 2.3.1). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Unpacks gzip, piece by piece, and stops with a FormatError as soon as there are more than `limit` bytes, or where the data is
 * damaged or cut off.
 */
export async function gunzip(bytes: Uint8Array, limit = MAX_UNPACKED): Promise<Uint8Array<ArrayBuffer>> {
  let all = new Uint8Array(Math.min(limit, statedSize(bytes)));
  let size = 0;
  const reader = streamOf(bytes).pipeThrough(new DecompressionStream('gzip')).getReader();
  for (;;) {
    let piece: ReadableStreamReadResult<Uint8Array>;
    try {
      piece = await reader.read();
    } catch {
      throw new FormatError('gzip', bytes.length, `cut off or damaged after ${size} unpacked bytes`);
    }
    if (piece.done) return size === all.length ? all : all.slice(0, size);
    const { value } = piece;
    if (size + value.length > limit) {
      await reader.cancel();
      throw new FormatError('gzip', 0, `unpacks to more than ${limit} bytes, which no profile has`);
    }
    if (size + value.length > all.length) {
      const larger = new Uint8Array(Math.min(limit, Math.max(size + value.length, size * 2)));
      larger.set(all.subarray(0, size));
      all = larger;
    }
    all.set(value, size);
    size += value.length;
  }
}

/** No byte of DEFLATE unpacks to more (RFC 1951, 3.2.5: 258 bytes by two codes of one bit). */
const MAX_RATIO = 1032;

/** How many bytes a file says that it unpacks to, modulo 2^32 (RFC 1952, 2.3.1, ISIZE); it may say what it likes, so at most what can be. */
function statedSize(bytes: Uint8Array): number {
  const { length } = bytes;
  if (length < 18) return 0;
  const stated = new DataView(bytes.buffer, bytes.byteOffset, length).getUint32(length - 4, true);
  return Math.min(stated, length * MAX_RATIO);
}

/** Packs with gzip. */
export async function gzip(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const reader = streamOf(bytes).pipeThrough(new CompressionStream('gzip')).getReader();
  for (;;) {
    const piece = await reader.read();
    if (piece.done) return joined(pieces, size);
    size += piece.value.length;
    pieces.push(piece.value);
  }
}

/** How much is handed to the unpacker at once, so that a bomb is seen before it is unpacked. */
const PIECE = 1 << 16;

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, (at += PIECE)));
    },
  });
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
