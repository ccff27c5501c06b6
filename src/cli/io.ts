/** What the command line needs of its surroundings; tests give their own. */
export interface CliIo {
  /** Rejects with an error whose message names what is wrong. */
  readFile(path: string): Promise<Uint8Array>;
  readStdin(): Promise<Uint8Array>;
  /** Writes a file; to standard output when `path` is null. Rejects with an error whose message names what is wrong. */
  writeFile(path: string | null, bytes: Uint8Array): Promise<void>;
  stdout(text: string): void;
  stderr(text: string): void;
}

/** A file or a text that cannot be used: exit code 1. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** Arguments that make no sense: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
