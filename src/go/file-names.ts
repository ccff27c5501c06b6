import { FormatError } from '../base/format-error.ts';
import { address } from '../base/units.ts';
import { utf8 } from '../wasm/byte-reader.ts';
import type { DataImage } from '../wasm/image.ts';
import type { AddressRange, ModuleData } from './moduledata.ts';

const NO_FILE = 0xffffffff;

/**
 * The source files of a module. A function's file table gives a number within its compilation unit, cutab (u32 each) turns that into
 * the offset of the name in the table of file names (Go src/runtime/symtab.go, funcfile).
 */
export class FileNames {
  readonly #image: DataImage;
  readonly #units: AddressRange;
  readonly #names: AddressRange;
  readonly #byOffset = new Map<number, string>();
  #all: ReadonlyMap<string, number> | undefined;

  constructor(image: DataImage, moduleData: ModuleData) {
    this.#image = image;
    this.#units = moduleData.cuTable;
    this.#names = moduleData.fileTable;
  }

  /** Offset of the name of file `number` of the unit that starts at `cuOffset`; -1 where the linker dropped the file. */
  offset(cuOffset: number, number: number): number {
    const at = this.#units.start + (cuOffset + number) * 4;
    if (at < this.#units.start || at + 4 > this.#units.end) {
      throw new FormatError(
        'pclntab',
        at,
        `file ${number} lies outside the table of compilation units`,
        true,
      );
    }
    const offset = this.#image.u32(address(at));
    return offset === NO_FILE ? -1 : offset;
  }

  /** The name at an offset of the table: an absolute path, or what `-trimpath` made of it. */
  name(offset: number): string {
    const known = this.#byOffset.get(offset);
    if (known !== undefined) return known;
    const at = this.#names.start + offset;
    if (at < this.#names.start || at >= this.#names.end) {
      throw new FormatError('pclntab', at, 'a file name lies outside the table of file names', true);
    }
    const name = this.#image.cString(address(at), Math.min(this.#names.end - at, 65536));
    this.#byOffset.set(offset, name);
    return name;
  }

  /** Every file of the module by name, with its offset. */
  all(): ReadonlyMap<string, number> {
    if (this.#all) return this.#all;
    const { start, end } = this.#names;
    const bytes = this.#image.bytes(start, end - start);
    const all = new Map<string, number>();
    for (let offset = 0; offset < bytes.length;) {
      const zero = bytes.indexOf(0, offset);
      const stop = zero < 0 ? bytes.length : zero;
      if (stop > offset) all.set(utf8(bytes.subarray(offset, stop)), offset);
      offset = stop + 1;
    }
    this.#all = all;
    return all;
  }
}
