import type { GoRuntime } from '../go/runtime/runtime.ts';
import { VariableAccesses } from '../go/runtime/variable-accesses.ts';
import { PackageFile } from '../gosource/package-file.ts';
import type { LanguageVariable } from '../protocol/language.ts';
import type { Frame } from '../symbols/symbol-source.ts';
import { packageOf } from '../values/frame-arguments.ts';
import { PackageVariables, type VariablePlace } from '../values/package-variables.ts';
import { inBackground } from './slices.ts';

/** What is drawn in a scope in place of variables that nothing is known of: its name. */
export const NO_GLOBALS = '(package variables)';
/** How places of package variables are known. */
export const CONCLUDED = 'its place is concluded from the code that uses it';
const WHY = "Go's linker writes no names or places of package variables for wasm.";
/** Variables that are listed. */
const MAX_LISTED = 300;

/** Why no variables of a package are listed. */
export const whyNoGlobals = (file = ''): string =>
  `${WHY} They are found by the source and the code that uses them${file === '' ? '' : `, and the text of ${file} is not here`}.`;

/** Package variables of one module of standard Go, as far as texts of its files are here. */
export class LanguagePackages {
  readonly #runtime: () => GoRuntime;
  readonly #texts: ReadonlyMap<string, string>;
  readonly #byDirectory = new Map<string, ReadonlyMap<string, VariablePlace>>();
  #preparing: Promise<void> | undefined;
  #finder: PackageVariables | undefined;

  /** `texts`: of files, by their names in the symbols; more may come, see `forget`. */
  constructor(runtime: () => GoRuntime, texts: ReadonlyMap<string, string>) {
    this.#runtime = runtime;
    this.#texts = texts;
  }

  /** There are other texts. */
  forget(): void {
    this.#byDirectory.clear();
  }

  /** Resolves when the code has been read, which takes a while for the first time. Until then no variable is found. */
  prepared(): Promise<void> {
    return (this.#preparing ??= this.#prepare());
  }

  async #prepare(): Promise<void> {
    const runtime = this.#runtime();
    this.#finder = new PackageVariables(runtime, await inBackground(VariableAccesses.read(runtime.program)));
  }

  /** The variables of the package that a function is of, under the names that `find` knows. */
  list({ file, function: functionName }: Frame): readonly LanguageVariable[] {
    if (!this.#texts.has(file)) return [{ name: NO_GLOBALS, type: '', scope: 'GLOBAL' }];
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
    const directories = isOwn ? [directoryOf(file)] : this.#directories(short);
    for (const directory of directories) {
      const place = this.#in(directory).get(name.slice(dot + 1));
      if (place === undefined) continue;
      if ('address' in place) return place;
      const why = `${place.why.slice(0, 1).toUpperCase()}${place.why.slice(1)}`;
      return { why: `${name} is a variable of a package. ${WHY} ${why}.` };
    }
    return undefined;
  }

  /** Of packages that are most likely called so. */
  #directories(short: string): readonly string[] {
    return [...new Set([...this.#texts.keys()].map(directoryOf))].filter(
      (directory) => directory === short || directory.endsWith(`/${short}`),
    );
  }

  #in(directory: string): ReadonlyMap<string, VariablePlace> {
    const known = this.#byDirectory.get(directory);
    if (known !== undefined) return known;
    const files = new Map<string, PackageFile>();
    const others = new Map<string, string>();
    for (const [file, text] of this.#texts) {
      if (directoryOf(file) === directory) files.set(file, new PackageFile(text));
      else others.set(file, text);
    }
    if (this.#finder === undefined) return new Map();
    const found = files.size === 0 ? new Map<string, VariablePlace>() : this.#finder.find(files, others);
    this.#byDirectory.set(directory, found);
    return found;
  }
}

const directoryOf = (file: string): string => file.slice(0, Math.max(0, file.lastIndexOf('/')));
/** The last part of the path of a function's package. */
const shortOf = (functionName: string): string => packageOf(functionName).replace(/^.*\//, '');
