import type { FilesBeside, ListedDirectory } from '../protocol/listed-directory.ts';
import type { SourceDirectory } from './source-folders.ts';

/** How the worker is asked about a directory. */
export interface DirectoryRequests {
  /** Which of its files are wanted. */
  readonly listed: (directory: ListedDirectory) => Promise<readonly string[]>;
  readonly beside: (found: FilesBeside) => Promise<unknown>;
}

/** Gives the worker those files of the directory of `file` that it wants; nothing where no folder has the directory. */
export async function listDirectory(
  file: string,
  directory: SourceDirectory | null,
  { listed, beside }: DirectoryRequests,
): Promise<void> {
  if (directory === null) return;
  const { text, names } = directory;
  const wanted = await listed({ file, text, names });
  const texts = await directory.read(wanted);
  await beside({ file, text, texts, wanted });
}
