import { writeDumpHeader, type DumpHeader } from '../memory/dump.ts';

/** Bytes of memory that are packed at a time. */
const STEP = 8 << 20;

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
