/** Text of a Go file, and where it was found, for people. */
export interface FoundText {
  readonly text: string;
  readonly from: string;
}

/** A file of a map that was built. */
export interface MappedFile {
  /** Name in the symbols. */
  readonly file: string;
  /** Of Go's standard library. */
  readonly standard: boolean;
  /** The highest line that code is known of, 1-based. */
  readonly lastLine: number;
  readonly hasText: boolean;
  /** Why the text that was given cannot be the file's; null where nothing speaks against it, and without text. */
  readonly mismatch: string | null;
}

/** What a map tells DevTools to leave alone. */
export interface IgnoredFiles {
  /** Whether that is the standard library ... */
  readonly ignoreStandard: boolean;
  /** ... and which packages besides, with what is below them. */
  readonly ignore: readonly string[];
}

/** A source map of a whole module for DevTools. */
export interface BuiltSourceMap {
  /** The map as a data: URL. */
  readonly dataUrl: string;
  readonly mappings: number;
  readonly files: readonly MappedFile[];
}

/** The files of a module as DevTools shows them. */
export interface ShownFiles {
  /** By name in the symbols: the text of a file, or what takes its place and says why. */
  readonly texts: ReadonlyMap<string, string>;
  readonly files: readonly MappedFile[];
}

/** Sentences for the head of a file without text: where it was looked for, and how to have it here. By the kind of file. */
export interface MissingTexts {
  readonly main: readonly string[];
  readonly standard: readonly string[];
  /** Of the standard library, and TinyGo's own. */
  readonly tinygo: readonly string[];
  readonly dependency: readonly string[];
}
