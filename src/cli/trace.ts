import { traceOfInput } from '../trace/trace-of-input.ts';
import type { CliIo } from './io.ts';
import { moduleOf, readProfileFile, writeOutput, type ConvertOptions } from './profile-file.ts';

/** gowasm trace */
export async function trace(
  { inputPath, modulePath, outputPath }: ConvertOptions,
  io: CliIo,
): Promise<number> {
  const input = await readProfileFile(inputPath, io);
  if (input.kind === 'pprof' && modulePath !== null) {
    io.stderr('gowasm: the profile has its own names: --module is not used\n');
  }
  const module = input.kind === 'pprof' ? undefined : await moduleOf(modulePath, input.threads, io);
  const { text, synthetic } = traceOfInput(input, module === undefined ? [] : [module.frames]);
  if (synthetic !== null) io.stderr(`gowasm: synthetic axis: ${synthetic}\n`);
  await writeOutput(outputPath, new TextEncoder().encode(text), io);
  return 0;
}
