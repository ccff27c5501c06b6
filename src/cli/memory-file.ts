import { createHash } from 'node:crypto';
import { isDump, readDump, type DumpHeader } from '../memory/dump.ts';
import { InputError, type CliIo } from './io.ts';
import { readInput, unpack } from './module-file.ts';

export interface MemoryFile {
  /** What the dump says of itself; null for raw memory. */
  readonly header: DumpHeader | null;
  readonly bytes: Uint8Array;
}

/** Reads linear memory from a file: a dump that the panel saved, or raw bytes; either may be packed. */
export async function readMemoryFile(path: string, io: CliIo): Promise<MemoryFile> {
  const file = unpack(path, await readInput(path, io));
  if (!isDump(file)) return { header: null, bytes: file };
  const { header, content } = readDump(file);
  const bytes = unpack(path, content);
  if (bytes.length !== header.memoryBytes) {
    throw new InputError(
      `${path}: the dump holds ${bytes.length} bytes of memory, not the ${header.memoryBytes} that it says`,
    );
  }
  return { header, bytes };
}

/** Sentences on what in a dump keeps it from being read as the module's; empty for raw memory, which says nothing. */
export function doubtsOf({ header }: MemoryFile, module: Uint8Array): string[] {
  if (header === null) return [];
  const doubts: string[] = [];
  const sha256 = createHash('sha256').update(module).digest('hex');
  if (sha256 !== header.module.sha256) {
    doubts.push(
      `the dump is of another module, ${header.module.name} with the SHA-256 ${header.module.sha256}: what is shown may be wrong`,
    );
  }
  if (!header.consistent) doubts.push('the program ran on while this dump was written');
  return doubts;
}
