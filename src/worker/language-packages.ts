import { finish, type Steps } from '../base/steps.ts';
import type { GoRuntime } from '../go/runtime/runtime.ts';
import { VariableAccesses } from '../go/runtime/variable-accesses.ts';
import { pathOfName, usualName } from '../gosource/imports.ts';
import { PackageFile } from '../gosource/package-file.ts';
import type { LanguageVariable } from '../protocol/language.ts';
import type { FilesBeside, ListedDirectory } from '../protocol/listed-directory.ts';
import type { Frame } from '../symbols/symbol-source.ts';
import { packageOf } from '../values/frame-arguments.ts';
import { PackageVariables, type VariablePlace } from '../values/package-variables.ts';
import { buildFacts, type BuildFacts } from './build-context.ts';
import { directoryOf, PackageListings } from './package-listings.ts';
import { inBackground } from './slices.ts';

/** What is drawn in a scope in place of variables that nothing is known of: its name. */
export const NO_GLOBALS = '(package variables)';
/** How places of package variables are known. */
export const CONCLUDED = 'its place is concluded from the code that uses it';
const WHY = "Go's linker writes no names or places of package variables for wasm.";
/** Variables that are listed. */
const MAX_LISTED = 300;
/** Packages of one name, and all packages that one expression can be about. */
const MAX_ALIKE = 8;
/** `pkg.` in an expression. */
const QUALIFIER = /(?<![\p{L}\p{N}_.])([\p{L}_][\p{L}\p{N}_]*)\s*\./gu;

/** Why no variables of a package are listed. */
export const whyNoGlobals = (file = ''): string =>
  `${WHY} They are found by the source and the code that uses them${file === '' ? '' : `, and the text of ${file} is not here`}.`;

/** Package variables of one module of standard Go, as far as texts of its files are here. */
export class LanguagePackages {
  readonly #runtime: () => GoRuntime;
  /** By the names of files in the symbols. */
  readonly texts: Map<string, string>;
  readonly #listings: PackageListings;
  #facts: BuildFacts | undefined;
  readonly #byDirectory = new Map<string, ReadonlyMap<string, VariablePlace>>();
  /** Searches under way, by directory; those with other texts are not among them. */
  readonly #finding = new Map<string, Promise<ReadonlyMap<string, VariablePlace>>>();
  #preparing: Promise<void> | undefined;
  #code: VariableAccesses | undefined;
  #finder: PackageVariables | undefined;

  /** `files`: all that the symbols name; `texts`: of files, by those names; more may come, see `forget`. */
  constructor(runtime: () => GoRuntime, files: readonly string[], texts: Map<string, string>) {
    this.#runtime = runtime;
    this.texts = texts;
    this.#listings = new PackageListings(
      files,
      texts,
      () => (this.#facts ??= buildFacts(this.#runtime().program)),
    );
  }

  /** There are other texts. */
  forget(): void {
    this.#finding.clear();
    this.#byDirectory.clear();
  }

  /** Resolves when the code has been read, which takes a while for the first time. Until then no variable is found. */
  prepared(): Promise<void> {
    return (this.#preparing ??= this.#prepare());
  }

  async #prepare(): Promise<void> {
    const runtime = this.#runtime();
    this.#code = await inBackground(VariableAccesses.read(runtime.program));
    this.#finder = new PackageVariables(runtime, this.#code);
  }

  /** What the code uses, once it has been read. */
  get code(): VariableAccesses | undefined {
    return this.#code;
  }

  /** The variables of the packages that were looked at, by directory. */
  get known(): ReadonlyMap<string, ReadonlyMap<string, VariablePlace>> {
    return this.#byDirectory;
  }

  /** The variables of a directory's package, found in slices when they are not known yet. */
  async variablesIn(directory: string): Promise<ReadonlyMap<string, VariablePlace>> {
    await this.prepared();
    const known = this.#byDirectory.get(directory);
    if (known !== undefined) return known;
    // Several ask at a time.
    const finding = this.#finding.get(directory) ?? inBackground(this.#find(directory));
    this.#finding.set(directory, finding);
    try {
      const found = await finding;
      if (this.#finding.get(directory) === finding) this.#byDirectory.set(directory, found);
      return found;
    } finally {
      if (this.#finding.get(directory) === finding) this.#finding.delete(directory);
    }
  }

  /** Has the variables found that a frame, and an expression there (null: none), are about, in slices: for `list` and `find`. */
  async preparedFor(frame: Frame, expression: string | null): Promise<void> {
    for (const directory of this.#about(frame, expression)) await this.variablesIn(directory);
  }

  /** The variables of the package that a function is of, under the names that `find` knows. */
  list({ file, function: functionName }: Frame): readonly LanguageVariable[] {
    if (!this.texts.has(file)) return [{ name: NO_GLOBALS, type: '', scope: 'GLOBAL' }];
    const all = [...this.#in(directoryOf(file))];
    return all.slice(0, MAX_LISTED).map(([name, place]) => ({
      name: `${shortOf(functionName)}.${name}`,
      type: 'address' in place ? place.type.name : '',
      scope: 'GLOBAL',
    }));
  }

  /** A variable by its name, in the package that a function is of, or as `pkg.name`; undefined where the source declares none. */
  find(name: string, { file, function: functionName }: Frame): VariablePlace | undefined {
    const dot = name.indexOf('.');
    const short = name.slice(0, Math.max(0, dot));
    const isOwn = dot < 0 || shortOf(functionName) === short;
    const directories = isOwn ? [directoryOf(file)] : this.#directories(short, file);
    const places = directories.flatMap((directory) => this.#in(directory).get(name.slice(dot + 1)) ?? []);
    const [place] = places;
    if (place === undefined) return undefined;
    if (places.length > 1)
      return { why: `${name} is a variable of several packages that are called ${short}.` };
    if ('address' in place) return place;
    const why = `${place.why.slice(0, 1).toUpperCase()}${place.why.slice(1)}`;
    return { why: `${name} is a variable of a package. ${WHY} ${why}.` };
  }

  /** Directories of the package that a file calls so; where it calls none so, of all that are most likely called so. */
  #directories(short: string, file: string): readonly string[] {
    const path = pathOfName(this.texts.get(file) ?? '', short);
    const imported = path === undefined ? [] : this.#listings.directoriesOf(path);
    // Without -trimpath the path of a directory is that of the machine: only its last part is the package's.
    return imported.length > 0 ? imported : this.#listings.directoriesOf(usualName(path ?? short));
  }

  /**
   * Of the packages that a frame and an expression there are about, those whose directory was not listed yet: a file of each. `expression`:
   * null where only the frame's package is meant.
   */
  unlisted(frame: Frame, expression: string | null): readonly string[] {
    return this.#listings.unlisted(this.#about(frame, expression));
  }

  #about({ file }: Frame, expression: string | null): ReadonlySet<string> {
    const directories = new Set([directoryOf(file)]);
    for (const [, short = ''] of (expression ?? '').matchAll(QUALIFIER)) {
      const named = this.#directories(short, file);
      if (named.length <= MAX_ALIKE) for (const one of named) directories.add(one);
      if (directories.size > MAX_ALIKE) break;
    }
    return directories;
  }

  /** Of the packages of these directories, those that were not listed yet: a file of each. */
  unlistedOf(directories: Iterable<string>): readonly string[] {
    return this.#listings.unlisted(directories);
  }

  /** Files of these directories that hold code and whose texts are not here. */
  withoutText(directories: Iterable<string>): readonly string[] {
    return this.#listings.withoutText(directories);
  }

  /** See PackageListings. */
  begin(directory: ListedDirectory): readonly string[] {
    return this.#listings.begin(directory);
  }

  /** See PackageListings. */
  take(found: FilesBeside): void {
    if (this.#listings.take(found)) this.forget();
  }

  /** What is known of a name that `find` does not know: a part of a sentence. */
  whyUnknown(name: string, { file, function: functionName }: Frame): string {
    const short = name.slice(0, Math.max(0, name.indexOf('.')));
    const [named] = short === shortOf(functionName) ? [] : this.#directories(short, file);
    if (named !== undefined) return this.#listings.whyUnknown(named, short);
    return file === '' ? '' : this.#listings.whyUnknown(directoryOf(file), shortOf(functionName));
  }

  #in(directory: string): ReadonlyMap<string, VariablePlace> {
    const known = this.#byDirectory.get(directory);
    if (known !== undefined) return known;
    if (this.#finder === undefined) return new Map();
    const found = finish(this.#find(directory));
    this.#byDirectory.set(directory, found);
    return found;
  }

  *#find(directory: string): Steps<ReadonlyMap<string, VariablePlace>> {
    const files = new Map<string, PackageFile>();
    const others = new Map<string, string>();
    for (const [file, text] of this.texts) {
      if (directoryOf(file) === directory) files.set(file, new PackageFile(text));
      else others.set(file, text);
      yield undefined;
    }
    if (files.size === 0 || this.#finder === undefined) return new Map();
    return yield* this.#finder.search(files, others);
  }
}

/** The last part of the path of a function's package. */
const shortOf = (functionName: string): string => packageOf(functionName).replace(/^.*\//, '');
