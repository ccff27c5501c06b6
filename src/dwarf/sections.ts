import type { WasmModule } from '../wasm/types.ts';
import type { DwarfSection } from './dwarf-reader.ts';

/** The sections of DWARF in a module: custom sections named as in ELF (WebAssembly tool conventions, Debugging.md). */
export class DwarfSections {
  readonly #sections = new Map<string, DwarfSection>();

  constructor(sections: Iterable<DwarfSection>) {
    // The first of a name counts.
    for (const section of sections)
      if (!this.#sections.has(section.name)) this.#sections.set(section.name, section);
  }

  /** The section of that name; undefined without one. */
  get(name: string): DwarfSection | undefined {
    return this.#sections.get(name);
  }

  /** The section of that name; an empty one without it, in which nothing can be found. */
  need(name: string): DwarfSection {
    return this.#sections.get(name) ?? { name, bytes: NOTHING, fileOffset: 0 };
  }

  get names(): readonly string[] {
    return [...this.#sections.keys()];
  }

  /** Bytes of all sections. */
  get byteLength(): number {
    let sum = 0;
    for (const { bytes } of this.#sections.values()) sum += bytes.length;
    return sum;
  }
}

const NOTHING = new Uint8Array(0);

/** The DWARF sections of a module; views of its bytes. A module without DWARF has none. */
export function dwarfSections(module: WasmModule): DwarfSections {
  return new DwarfSections(
    module.sections
      .filter(({ custom, name }) => custom && name.startsWith('.debug_'))
      .map(({ name, contentStart, contentEnd }) => ({
        name,
        bytes: module.bytes.subarray(contentStart, contentEnd),
        fileOffset: contentStart,
      })),
  );
}
