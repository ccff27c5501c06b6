import { gzip } from '../profile/gzip.ts';
import { recordingProfile } from '../profile/recording-profile.ts';
import { writeProfile } from '../profile/write-profile.ts';
import type { CliIo } from './io.ts';
import { moduleOf, readProfileFile, writeOutput, type ConvertOptions } from './profile-file.ts';

/** gowasm pprof INPUT */
export async function pprof(
  { inputPath, modulePath, outputPath }: ConvertOptions,
  io: CliIo,
): Promise<number> {
  const input = await readProfileFile(inputPath, io);
  if (input.kind === 'pprof' && modulePath !== null) {
    io.stderr('gowasm: the profile has its own names: --module is not used\n');
  }
  const module = input.kind === 'pprof' ? undefined : await moduleOf(modulePath, input.threads, io);
  const profile =
    input.kind === 'pprof'
      ? input.profile
      : recordingProfile(input.threads, module === undefined ? {} : { module });
  await writeOutput(outputPath, await gzip(writeProfile(profile)), io);
  return 0;
}
