import type { SourceDirectory } from './source-folders.ts';

/** How the worker is asked about a directory. */
export interface DirectoryRequests {
  /** Which of its files are wanted. */
  readonly listed: (directory: SourceDirectory) => Promise<readonly string[]>;
  readonly beside: (found: {
    readonly text: string;
    readonly texts: ReadonlyMap<string, string>;
    readonly wanted: readonly string[];
  }) => Promise<unknown>;
}

/** Gives the worker those files of a package's directory that it wants; nothing where no folder has the directory. */
export async function listDirectory(
  directory: SourceDirectory | null,
  { listed, beside }: DirectoryRequests,
): Promise<void> {
  if (directory === null) return;
  const wanted = await listed(directory);
  const texts = await directory.read(wanted);
  await beside({ text: directory.text, texts, wanted });
}
