import { readDump, isDump, writeDumpHeader, type DumpHeader } from '../memory/dump.ts';

/** Bytes of memory that are packed at a time. */
const STEP = 8 << 20;
/** The largest memory of wasm. */
const MAX_MEMORY = 2 ** 32;

/** Writes a dump. `read` gives bytes of the memory; it is called for one part after the other. */
export async function writeDump(
  header: DumpHeader,
  read: (from: number, length: number) => Promise<Uint8Array>,
  progress: (fraction: number) => void,
): Promise<Blob> {
  const packer = new CompressionStream('gzip');
  const packed = new Response(packer.readable).blob();
  const writer = packer.writable.getWriter();
  for (let from = 0; from < header.memoryBytes; from += STEP) {
    const part = await read(from, Math.min(STEP, header.memoryBytes - from));
    await writer.write(part.slice());
    progress(from / header.memoryBytes);
  }
  await writer.close();
  return new Blob([writeDumpHeader(header), await packed], { type: 'application/octet-stream' });
}

export interface OpenedDump {
  /** Null for raw memory. */
  readonly header: DumpHeader | null;
  readonly memory: Uint8Array;
}

/** Opens a dump, or raw memory, which may be packed with gzip. Rejects with a FormatError or an Error in words. */
export async function openDump(bytes: Uint8Array<ArrayBuffer>): Promise<OpenedDump> {
  if (isDump(bytes)) {
    const { header, content } = readDump(bytes);
    const memory = await unpack(content, header.memoryBytes);
    if (memory.length !== header.memoryBytes) {
      throw new Error(`the dump ends after ${memory.length} of ${header.memoryBytes} bytes of memory`);
    }
    return { header, memory };
  }
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return { header: null, memory: packed ? await unpack(bytes, MAX_MEMORY) : bytes };
}

async function unpack(packed: Uint8Array, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let total = 0;
  const stream = new Blob([packed.slice()]).stream().pipeThrough(new DecompressionStream('gzip'));
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      total += value.length;
      if (total > limit) throw new Error(`it holds more than the ${limit} bytes that it says`);
      parts.push(value);
    }
  } catch (error) {
    await reader.cancel().catch(() => undefined);
    throw new Error(
      `the memory cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
  const memory = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    memory.set(part, at);
    at += part.length;
  }
  return memory;
}
