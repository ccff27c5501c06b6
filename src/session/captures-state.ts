import type { ProfileFacts } from '../protocol/profiles.ts';

/** A profile that was opened or taken. Its content is in the worker; views ask for what they show. */
export interface CaptureState {
  readonly key: string;
  /** As the person named it; the file's name to begin with. */
  readonly name: string;
  /** Where it comes from, in a few words: `file`, `memory of app.wasm`. */
  readonly origin: string;
  /** When it was opened or taken, milliseconds since 1970 UTC. */
  readonly added: number;
  /** `kept`: in the store of the browser, read again when it is looked at. */
  readonly status: 'reading' | 'ready' | 'kept' | 'failed';
  /** For `failed`: the one clear error. */
  readonly error: string | null;
  /** Once it has been read. */
  readonly facts: ProfileFacts | null;
  /** The module whose program it is of, for its source texts; null unknown. */
  readonly moduleKey: string | null;
}

/** A capture as it is kept: a file, and what is shown before it is read. */
export interface KeptCapture {
  readonly key: string;
  readonly name: string;
  readonly origin: string;
  readonly added: number;
  readonly facts: ProfileFacts;
  /** Of the file. */
  readonly byteLength: number;
}

/** Where captures are kept between DevTools windows; implemented in src/entry. */
export interface CaptureStore {
  /** Newest first. */
  list(): Promise<readonly KeptCapture[]>;
  /** Adds or replaces one; without bytes only what is known of it is replaced. */
  put(capture: KeptCapture, bytes: ArrayBuffer | null): Promise<void>;
  /** Null when it is gone. */
  read(key: string): Promise<ArrayBuffer | null>;
  remove(key: string): Promise<void>;
}

/** Keeps nothing. */
export const NO_STORE: CaptureStore = {
  list: () => Promise.resolve([]),
  put: () => Promise.resolve(),
  read: () => Promise.resolve(null),
  remove: () => Promise.resolve(),
};
