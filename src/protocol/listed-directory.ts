/** A folder that was granted has the directory of a package. */
export interface ListedDirectory {
  /** A file of the package that the module names, by its name in the symbols, and its text in the folder. */
  readonly file: string;
  readonly text: string;
  /** Names of the Go files beside it, its own among them. */
  readonly names: readonly string[];
}

/** Files of such a directory. */
export interface FilesBeside extends Omit<ListedDirectory, 'names'> {
  /** By their names there, as far as they could be read. */
  readonly texts: ReadonlyMap<string, string>;
  /** Names of those that were wanted. */
  readonly wanted: readonly string[];
}
