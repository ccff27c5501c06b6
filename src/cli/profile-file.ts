import { createHash } from 'node:crypto';
import { FormatError } from '../base/format-error.ts';
import type { RecordedThread } from '../profile/recording.ts';
import type { RecordedModule } from '../profile/recording-profile.ts';
import { framesOfModule } from '../profile/wasm-frames.ts';
import { openInput, type ProfileInput } from '../trace/open-input.ts';
import { InputError, type CliIo } from './io.ts';
import { readInput } from './module-file.ts';
import { openTold } from './open-module.ts';

export interface ConvertOptions {
  readonly inputPath: string;
  readonly modulePath: string | null;
  /** Null for standard output. */
  readonly outputPath: string | null;
}

/** Reads a profile of any kind; an error names the file. */
export async function readProfileFile(path: string, io: CliIo): Promise<ProfileInput> {
  const bytes = await readInput(path, io);
  try {
    return await openInput(bytes);
  } catch (error) {
    throw error instanceof FormatError ? new InputError(`${path}: ${error.message}`) : error;
  }
}

/** The module that a recording is symbolized with; undefined when none was given. What does not fit it is told. */
export async function moduleOf(
  path: string | null,
  threads: readonly RecordedThread[],
  io: CliIo,
): Promise<RecordedModule | undefined> {
  if (path === null) return undefined;
  const { symbols, symbolizer } = await openTold(path, io);
  const { bytes } = symbols.wasm;
  const frames = framesOfModule(
    symbolizer,
    threads.flatMap((thread) => thread.frames),
  );
  for (const note of frames.notes) io.stderr(`gowasm: ${path}: ${note}\n`);
  return { frames, info: { file: baseName(path), buildId: buildIdOf(bytes) }, size: bytes.length };
}

/** What tells builds apart: the SHA-256 of the module's bytes. */
export function buildIdOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The name of a module's file without directory and packing. */
export function baseName(path: string): string {
  return path.replace(/^.*[/\\]/, '').replace(/\.(?:br|gz)$/, '');
}

/** Writes what a conversion gave; an error names the file. */
export async function writeOutput(path: string | null, bytes: Uint8Array, io: CliIo): Promise<void> {
  try {
    await io.writeFile(path, bytes);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InputError(`${path ?? 'standard output'}: cannot be written (${why})`);
  }
}
