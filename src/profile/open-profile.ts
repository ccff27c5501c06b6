import { gunzip, isGzip } from './gzip.ts';
import type { Profile } from './profile.ts';
import { readProfile } from './read-profile.ts';

/** Reads a pprof profile, packed with gzip or not. Rejects with a FormatError that names field and offset. */
export async function openProfile(bytes: Uint8Array): Promise<Profile> {
  return readProfile(isGzip(bytes) ? await gunzip(bytes) : bytes);
}
