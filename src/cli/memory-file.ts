import { createHash } from 'node:crypto';
import { FormatError } from '../base/format-error.ts';
import { isDump, type DumpHeader } from '../memory/dump.ts';
import { openDump } from '../memory/open-dump.ts';
import { InputError, type CliIo } from './io.ts';
import { messageOf, readInput, unpack } from './module-file.ts';

/** The largest memory of wasm32, bytes. */
const MAX_MEMORY = 2 ** 32;

export interface MemoryFile {
  /** What the dump says of itself; null for raw memory. */
  readonly header: DumpHeader | null;
  readonly bytes: Uint8Array;
}

/** Reads linear memory from a file: a dump that the panel saved, or raw bytes; either may be packed. */
export async function readMemoryFile(path: string, io: CliIo): Promise<MemoryFile> {
  const file = await readInput(path, io);
  const isBrotli = path.endsWith('.br') && !isDump(file);
  try {
    const { header, memory } = await openDump(isBrotli ? unpack(path, file, MAX_MEMORY) : file);
    return { header, bytes: memory };
  } catch (error) {
    if (error instanceof FormatError || error instanceof InputError) throw error;
    throw new InputError(`${path}: ${messageOf(error)}`);
  }
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
