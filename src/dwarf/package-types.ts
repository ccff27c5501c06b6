import type { DwarfSections } from './sections.ts';
import type { SplitFile } from './split-file.ts';

/** Type units of packages (.dwp) by signature, each opened when it is first asked for. `Opened`: what a type unit is as the reader has it. */
export class PackageTypes<Opened> {
  readonly #open: (sections: DwarfSections, signature: string) => Opened | undefined;
  readonly #files: SplitFile[] = [];
  readonly #known = new Map<string, Opened | undefined>();

  constructor(open: (sections: DwarfSections, signature: string) => Opened | undefined) {
    this.#open = open;
  }

  add(file: SplitFile): void {
    if (file.types === undefined || this.#files.includes(file)) return;
    this.#files.push(file);
    this.#known.clear();
  }

  /** The type unit with a signature; undefined where no package has it. Throws a FormatError where an index leads out of its package. */
  get(signature: string): Opened | undefined {
    if (this.#known.has(signature)) return this.#known.get(signature);
    // While it is being opened there is none: a unit that refers to itself has an end.
    this.#known.set(signature, undefined);
    for (const file of this.#files) {
      const sections = file.typeSectionsOf(signature);
      const found = sections && this.#open(sections, signature);
      if (found === undefined) continue;
      this.#known.set(signature, found);
      return found;
    }
    return undefined;
  }
}
