import { fileFits, nameFits } from '../gosource/build-context.ts';
import { packageNameOf } from '../gosource/package-file.ts';
import type { FilesBeside, ListedDirectory } from '../protocol/listed-directory.ts';
import type { BuildFacts } from './build-context.ts';

// A module names the files that hold code. Those of a package that hold none (variables without code, types, constants) are found only
// where the package's directory can be listed.

/** Names that are told in a reason. */
const MAX_TOLD = 3;
/** What the module cache and -trimpath put behind the path of a module. */
const VERSION = /@v[^/]*/;

/** What is known of a package's directory. */
interface Listing {
  /** Why its files are not taken, or which of them may be missing; '' where all are here. */
  readonly note: string;
}

/** Takes the files of directories that the build took, and says of others why not. */
export class PackageListings {
  /** Files of the module that hold code, by directory. */
  readonly #coded = new Map<string, string[]>();
  readonly #texts: Map<string, string>;
  readonly #facts: () => BuildFacts;
  readonly #listed = new Map<string, Listing>();

  /** `files`: all that the module names; `texts`: of files, to which those that are found are added; `facts`: of its build. */
  constructor(files: readonly string[], texts: Map<string, string>, facts: () => BuildFacts) {
    this.#texts = texts;
    this.#facts = facts;
    for (const file of files) {
      if (!file.endsWith('.go')) continue;
      const all = this.#coded.get(directoryOf(file));
      if (all === undefined) this.#coded.set(directoryOf(file), [file]);
      else all.push(file);
    }
  }

  /** Of each of these directories that was not listed yet: a file of it that is to be in the same folder, one that has a text if any has. */
  unlisted(directories: Iterable<string>): string[] {
    const found: string[] = [];
    for (const directory of directories) {
      const files = this.#listed.has(directory) ? [] : (this.#coded.get(directory) ?? []);
      const file = files.find((one) => this.#texts.has(one)) ?? files[0];
      if (file !== undefined) found.push(file);
    }
    return found;
  }

  /** Files of these directories that hold code and whose texts are not here. */
  withoutText(directories: Iterable<string>): string[] {
    return [...directories].flatMap((one) =>
      (this.#coded.get(one) ?? []).filter((file) => !this.#texts.has(file)),
    );
  }

  /** Directories of packages of this path, or where there are none, of paths that end with it. */
  directoriesOf(path: string): readonly string[] {
    const all = [...this.#coded.keys()].map(
      (directory) => [directory, directory.replace(VERSION, '')] as const,
    );
    const exact = all.filter(([, one]) => one === path || one === `$GOROOT/src/${path}`);
    const found = exact.length > 0 ? exact : all.filter(([, one]) => one.endsWith(`/${path}`));
    return found.map(([directory]) => directory);
  }

  /** Names of the files of a directory whose texts are wanted. */
  begin({ file, text, names }: ListedDirectory): readonly string[] {
    const directory = directoryOf(file);
    const refuse = (note: string): readonly string[] => {
      this.#listed.set(directory, { note });
      return [];
    };
    const known = this.#texts.get(file);
    if (known !== undefined && known !== text)
      return refuse(`the folder has another text of ${baseOf(file)}: its files are not taken`);
    const coded = new Set((this.#coded.get(directory) ?? []).map(baseOf));
    const missing = [...coded].filter((name) => !names.includes(name));
    if (missing.length > 0) return refuse(`the folder has no ${told(missing)}: its files are not taken`);
    const { context, isOfNamedFiles } = this.#facts();
    if (isOfNamedFiles && packageNameOf(text) === 'main')
      return refuse('the module does not say that all files of this directory were built');
    return names.filter((name) => {
      if (this.#texts.has(`${directory}/${name}`)) return false;
      return coded.has(name) || nameFits(name, context) !== false;
    });
  }

  /** Takes what `begin` wanted. True where there are new texts. */
  take({ file, text, texts: found, wanted }: FilesBeside): boolean {
    const directory = directoryOf(file);
    // It was refused.
    if (this.#listed.has(directory)) return false;
    const { context } = this.#facts();
    const coded = new Set(this.#coded.get(directory));
    const packageName = packageNameOf(text);
    const all = new Map([...found].map(([name, one]) => [`${directory}/${name}`, one]));
    for (const one of coded) {
      const own = all.get(one) ?? this.#texts.get(one);
      if (
        own === undefined ||
        (fileFits(baseOf(one), own, context) !== false && packageNameOf(own) === packageName)
      )
        continue;
      // It was built, and would not have been: this is the source of something else.
      this.#listed.set(directory, {
        note: `the folder's ${baseOf(one)} is another than that of the program: its files are not taken`,
      });
      return false;
    }
    const open: string[] = [];
    const unread = wanted.filter((name) => !found.has(name));
    const before = this.#texts.size;
    for (const [one, own] of all) {
      const fits = coded.has(one) || fileFits(baseOf(one), own, context);
      if (fits === false || packageNameOf(own) !== packageName) continue;
      if (fits === undefined) open.push(baseOf(one));
      else this.#texts.set(one, own);
    }
    const notes = [
      ...(open.length === 0 ? [] : [`it is not known whether ${told(open)} was built`]),
      ...(unread.length === 0 ? [] : [`${told(unread)} could not be read`]),
    ];
    this.#listed.set(directory, { note: notes.join(', and ') });
    return this.#texts.size > before;
  }

  /** What is known of a name that no file of a package here declares: a part of a sentence. `name`: of the package. */
  whyUnknown(directory: string, name: string): string {
    const without = this.withoutText([directory]).map(baseOf);
    const listing = this.#listed.get(directory);
    if (without.length === 0 && listing === undefined)
      return `the files of package ${name} that hold code declare none, and one without code is found only in a folder that you grant (Go panel, Settings, Source text)`;
    const notes = [
      ...(without.length === 0 ? [] : [`the text of ${told(without)} is not`]),
      ...(listing === undefined || listing.note === '' ? [] : [listing.note]),
    ];
    if (notes.length === 0) return `package ${name} declares none`;
    return `the files of package ${name} that are here declare none, and ${notes.join(', and ')}`;
  }
}

/** The part of a file's name in the symbols that says where it is. */
export const directoryOf = (file: string): string => file.slice(0, Math.max(0, file.lastIndexOf('/')));
const baseOf = (file: string): string => file.slice(file.lastIndexOf('/') + 1);

function told(names: readonly string[]): string {
  const more = names.length - MAX_TOLD;
  return `${names.slice(0, MAX_TOLD).join(', ')}${more > 0 ? ` and ${String(more)} more` : ''}`;
}
