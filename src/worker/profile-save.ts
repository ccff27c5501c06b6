import { gzip } from '../profile/gzip.ts';
import { writeProfile } from '../profile/write-profile.ts';
import type { SaveFormat } from '../protocol/profiles.ts';
import { traceOfInput } from '../trace/trace-of-input.ts';
import { writeCpuProfile } from '../trace/write-cpu-profile.ts';
import type { Capture } from './profile-capture.ts';

/** A capture as a file. Throws where it cannot be one of that format. `sources`: of a trace, the URLs that Go files have. */
export async function saveCapture(
  capture: Capture,
  format: SaveFormat,
  sources?: ReadonlyMap<string, string>,
): Promise<Blob> {
  switch (format) {
    case 'pprof':
      return new Blob([await gzip(writeProfile(capture.profile))], { type: 'application/octet-stream' });
    case 'cpuprofile': {
      const [chart] = capture.recording?.charts ?? [];
      if (chart === undefined)
        throw new Error('only a recording has the order in time that a .cpuprofile needs');
      return json(writeCpuProfile(chart));
    }
    case 'trace':
      return json(traceOf(capture, sources));
  }
}

/** A trace that was opened stays what it is, with Go names; everything else becomes one. */
function traceOf({ profile, recording }: Capture, sources?: ReadonlyMap<string, string>): string {
  if (recording === null)
    return traceOfInput({ kind: 'pprof', profile, format: 'pprof' }, [], undefined, sources).text;
  const { threads, json: parsed, trace } = recording;
  const names = recording.modules.map(({ frames }) => frames);
  return traceOfInput({ kind: 'recording', threads, json: parsed, trace }, names, undefined, sources).text;
}

const json = (text: string): Blob => new Blob([text], { type: 'application/json' });
