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
  const pieces: Uint8Array[] = [];
  let size = 0;
  const reader = streamOf(bytes).pipeThrough(new DecompressionStream('gzip')).getReader();
  for (;;) {
    let piece: ReadableStreamReadResult<Uint8Array>;
    try {
      piece = await reader.read();
    } catch {
      throw new FormatError('gzip', bytes.length, `cut off or damaged after ${size} unpacked bytes`);
    }
    if (piece.done) return joined(pieces, size);
    size += piece.value.length;
    if (size > limit) {
      await reader.cancel();
      throw new FormatError('gzip', 0, `unpacks to more than ${limit} bytes, which no profile has`);
    }
    pieces.push(piece.value);
  }
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
