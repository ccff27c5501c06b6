import type { WasmModule } from '../wasm/types.ts';
import type { DwarfSection } from './dwarf-reader.ts';
import { DwarfSections } from './sections.ts';
import { UnitIndex } from './unit-index.ts';

/** A unit of a skeleton whose functions, variables and types are in another file. */
export interface MissingFile {
  /** The name that the compiler gave the file, and the directory that it counts from; '' without. */
  readonly name: string;
  readonly directory: string;
  /** 16 hex digits. */
  readonly dwoId: string;
}

/** A .dwo file, or a .dwp file that several of them were put together in (DWARF 5, 7.3.2 and 7.3.5). */
export class SplitFile {
  /** Sections by their names without `.dwo`; of a .dwp those of all units. */
  readonly sections: DwarfSections;
  /** Of a .dwp: which parts of the sections belong to which unit, and to which type unit. */
  readonly units: UnitIndex | undefined;
  readonly types: UnitIndex | undefined;

  /** `file`: the object file or package, which is a module of custom sections. Throws a FormatError when the index of a package is broken. */
  constructor(file: WasmModule) {
    const sections: DwarfSection[] = [];
    const indexes = new Map<string, UnitIndex>();
    for (const { custom, name, contentStart, contentEnd } of file.sections) {
      if (!custom) continue;
      const content = { bytes: file.bytes.subarray(contentStart, contentEnd), fileOffset: contentStart };
      if (name === '.debug_cu_index' || name === '.debug_tu_index')
        indexes.set(name, new UnitIndex({ name, ...content }));
      else if (name.startsWith('.debug_') && name.endsWith('.dwo'))
        sections.push({ name: name.slice(0, -'.dwo'.length), ...content });
    }
    this.sections = new DwarfSections(sections);
    this.units = indexes.get('.debug_cu_index');
    this.types = indexes.get('.debug_tu_index');
  }

  /** Whether there is anything of split DWARF in the file. */
  get isEmpty(): boolean {
    return this.sections.get('.debug_info') === undefined;
  }

  /**
   * The sections in which the unit of an id may be: of a .dwo all of them. Undefined where a package does not have it. Throws a FormatError where the
   * index of a package leads out of its sections.
   */
  sectionsOf(dwoId: string): DwarfSections | undefined {
    return this.units === undefined ? this.sections : this.#sectionsIn(this.units, dwoId);
  }

  /** Of a package: the sections of the type unit with a signature; undefined where it has none. Throws as `sectionsOf`. */
  typeSectionsOf(signature: string): DwarfSections | undefined {
    return this.types && this.#sectionsIn(this.types, signature);
  }

  #sectionsIn(index: UnitIndex, id: string): DwarfSections | undefined {
    const parts = index.parts(id)?.flatMap(({ name, start, end }): readonly DwarfSection[] => {
      const whole = this.sections.get(name);
      if (whole === undefined) return [];
      if (end > whole.bytes.length) throw index.error(`${name} is shorter than the index says`);
      return [{ name, bytes: whole.bytes.subarray(start, end), fileOffset: whole.fileOffset + start }];
    });
    if (parts === undefined) return undefined;
    const strings = this.sections.get('.debug_str');
    return new DwarfSections(strings === undefined ? parts : [...parts, strings]);
  }
}
