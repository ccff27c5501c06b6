import { readFileSync } from 'node:fs';
import { RecordingClient, readRecording } from '../../../panel/recording-client.ts';

/** A client over a recording of test/support/recordings. */
export function recordedClient(name = 'life'): RecordingClient {
  const url = new URL(`../../support/recordings/${name}.json`, import.meta.url);
  return new RecordingClient(readRecording(JSON.parse(readFileSync(url, 'utf8'))));
}
