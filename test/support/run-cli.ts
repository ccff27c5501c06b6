import type { CliIo } from '../../src/cli/io.ts';
import { run } from '../../src/cli/main.ts';

/** What a run of `gowasm` gave. */
export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Files by their path; `null` is standard output. */
  readonly written: ReadonlyMap<string | null, Uint8Array>;
}

export interface CliSurroundings {
  readonly stdin?: string;
  /** A path that cannot be written. */
  readonly full?: string;
}

/** Runs `gowasm` in this process with the files of a map as its disk. */
export async function runCli(
  files: ReadonlyMap<string, Uint8Array>,
  args: readonly string[],
  { stdin = '', full }: CliSurroundings = {},
): Promise<CliRun> {
  let out = '';
  let err = '';
  const written = new Map<string | null, Uint8Array>();
  const io: CliIo = {
    readFile: (path) => {
      const bytes = files.get(path);
      return bytes === undefined
        ? Promise.reject(new Error(`ENOENT: no such file or directory, open '${path}'`))
        : Promise.resolve(bytes);
    },
    readStdin: () => Promise.resolve(new TextEncoder().encode(stdin)),
    writeFile: (path, bytes) => {
      if (path === full) return Promise.reject(new Error('no space left'));
      written.set(path, bytes);
      return Promise.resolve();
    },
    stdout: (part) => (out += part),
    stderr: (part) => (err += part),
  };
  return { code: await run(args, io, '1.2.3'), out, err, written };
}
