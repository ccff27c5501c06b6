import { chartOfRecording } from '../trace/chart-of-recording.ts';
import { symbolizeTrace } from '../trace/symbolize-trace.ts';
import { chartOfProfile } from '../trace/synthetic.ts';
import { writeTrace } from '../trace/write-trace.ts';
import type { ProfileInput } from '../trace/open-input.ts';
import type { CliIo } from './io.ts';
import { moduleOf, readProfileFile, writeOutput, type ConvertOptions } from './profile-file.ts';

/** gowasm trace */
export async function trace(
  { inputPath, modulePath, outputPath }: ConvertOptions,
  io: CliIo,
): Promise<number> {
  const input = await readProfileFile(inputPath, io);
  const text = await traceOf(input, modulePath, io);
  await writeOutput(outputPath, new TextEncoder().encode(text), io);
  return 0;
}

async function traceOf(input: ProfileInput, modulePath: string | null, io: CliIo): Promise<string> {
  if (input.kind === 'pprof') {
    if (modulePath !== null) io.stderr('gowasm: the profile has its own names: --module is not used\n');
    const chart = chartOfProfile(input.profile);
    if (chart.synthetic !== null) io.stderr(`gowasm: synthetic axis: ${chart.synthetic}\n`);
    return writeTrace([chart]);
  }
  const module = await moduleOf(modulePath, input.threads, io);
  if (!input.trace)
    return writeTrace(
      input.threads.map((thread) => chartOfRecording(thread, module === undefined ? [] : [module.frames])),
    );
  return module === undefined
    ? `${JSON.stringify(input.json)}\n`
    : `${JSON.stringify(symbolizeTrace(input.json, [module.frames]))}\n`;
}
