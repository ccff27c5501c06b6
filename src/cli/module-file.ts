import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { isWasmModule } from '../wasm/module.ts';
import { InputError, type CliIo } from './io.ts';

/** No module that a browser takes is larger. Bytes. */
const MAX_MODULE = 1 << 30;

/** Reads a module from a file, which may be packed with gzip or, when its name ends in `.br`, with brotli. */
export async function readModuleFile(path: string, io: CliIo): Promise<Uint8Array> {
  const packed = await readInput(path, io);
  const bytes = unpack(path, packed, MAX_MODULE);
  if (!isWasmModule(bytes)) {
    throw new InputError(`${path}: not a WebAssembly module (it does not begin with \\0asm and version 1)`);
  }
  return bytes;
}

/** Reads a file; an error says which. */
export async function readInput(path: string, io: CliIo): Promise<Uint8Array> {
  try {
    return await io.readFile(path);
  } catch (error) {
    throw new InputError(`${path}: cannot be read (${messageOf(error)})`);
  }
}

/** Unpacks a file by what it begins with: gzip, or brotli when its name ends in `.br`. It may hold `limit` bytes. */
export function unpack(path: string, bytes: Uint8Array, limit: number): Uint8Array {
  const options = { maxOutputLength: limit };
  try {
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes, options);
    if (path.endsWith('.br') && !isWasmModule(bytes)) return brotliDecompressSync(bytes, options);
    return bytes;
  } catch (error) {
    throw new InputError(`${path}: cannot be unpacked (${messageOf(error)})`);
  }
}

/** An error's own words, without the path that Node repeats in them. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message.replace(/, (?:open|read) '.*'$/s, '');
}
