import type { ProfilesClient } from '../src/session/profiles-client.ts';

/** Why a recording of a session has no profiles: they are files, which it does not hold. */
const refuse = (): Promise<never> => Promise.reject(new Error('a recorded session reads no profiles'));

/** Profiles of a recorded session: none. */
export const NO_PROFILES: ProfilesClient = {
  open: refuse,
  takeFromMemory: refuse,
  load: refuse,
  rename: () => undefined,
  drop: () => undefined,
  save: refuse,
  summary: refuse,
  flame: refuse,
  top: refuse,
  calls: refuse,
  peek: refuse,
  source: refuse,
};
