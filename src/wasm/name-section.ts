import { FormatError } from '../base/format-error.ts';
import type { FuncIndex } from '../base/units.ts';
import { utf8 } from './byte-reader.ts';
import { customSection, sectionReader, type WasmModule } from './module.ts';

/**
 * The `name` custom section (core specification 2.0, appendix "Name Section"): the module's name and the functions' names. Names are
 * located when the section is read and decoded when asked for. `go build -ldflags=-s` leaves it out.
 */
export interface NameSection {
  readonly moduleName: string | undefined;
  /** How many functions have a name. */
  readonly functionCount: number;
  functionName(index: FuncIndex): string | undefined;
  readonly diagnostics: readonly FormatError[];
}

const SUBSECTION_MODULE = 0;
const SUBSECTION_FUNCTIONS = 1;

/**
 * Reads the module's name section; undefined when it has none. A broken subsection is a diagnostic, and the names before the damage
 * are kept.
 */
export function readNameSection(module: WasmModule): NameSection | undefined {
  const section = customSection(module, 'name');
  if (section === undefined) return undefined;
  const diagnostics: FormatError[] = [];
  const places = new Map<number, { readonly start: number; readonly end: number }>();
  let moduleName: string | undefined;
  const reader = sectionReader(module.bytes, section);
  try {
    while (reader.remaining > 0) {
      const id = reader.u8('a subsection id');
      const size = reader.u32('a subsection size');
      if (size > reader.remaining)
        throw reader.error(`subsection ${id} says ${size} bytes, ${reader.remaining} left`);
      const end = reader.pos + size;
      if (id === SUBSECTION_MODULE) moduleName = reader.name('the module name');
      if (id === SUBSECTION_FUNCTIONS) {
        const count = reader.u32('the count of function names');
        for (let i = 0; i < count; i++) {
          const index = reader.u32('a function index');
          const length = reader.u32('the length of a function name');
          const start = reader.pos;
          reader.skip(length, 'a function name');
          places.set(index, { start, end: reader.pos });
        }
      }
      reader.pos = end;
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    diagnostics.push(error);
  }
  return {
    moduleName,
    functionCount: places.size,
    functionName(index) {
      const place = places.get(index);
      return place && utf8(module.bytes.subarray(place.start, place.end));
    },
    diagnostics,
  };
}
