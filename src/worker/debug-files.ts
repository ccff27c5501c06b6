import { FormatError } from '../base/format-error.ts';
import { SplitFile } from '../dwarf/split-file.ts';
import type { DebugFile } from '../protocol/debug-files.ts';
import { chooseSymbols, externalDebugInfo, withSplitFiles, type ModuleSymbols } from '../symbols/choose.ts';
import { customSection, isWasmModule, readModule } from '../wasm/module.ts';
import { SectionId } from '../wasm/sections.ts';
import type { WasmModule } from '../wasm/types.ts';

/** Files of split DWARF that are listed; a program of more has them in a package as a rule. */
const MAX_LISTED = 2000;

/** The files beside a module that have debug information of it, and which of them were read. */
export class DebugFiles {
  readonly #external: string;
  #externalFrom: string | null = null;
  /** Units whose file was read: its id, and where it was from. */
  readonly #read = new Map<string, DebugFile>();

  constructor(symbols: ModuleSymbols) {
    this.#external = symbols.dwarf === undefined ? externalDebugInfo(symbols.wasm) : '';
  }

  /** All that the module names, those that were read too. */
  list(symbols: ModuleSymbols): readonly DebugFile[] {
    const files: DebugFile[] = [];
    if (this.#external !== '')
      files.push({ kind: 'external', name: this.#external, from: this.#externalFrom });
    files.push(...this.#read.values());
    for (const { name } of symbols.dwarf?.dwarf.missingFiles().slice(0, MAX_LISTED) ?? [])
      files.push({ kind: 'dwo', name, from: null });
    return files;
  }

  /** The symbols with those of a file, or why it is of no use. `from`: where it is from, in words. */
  add(symbols: ModuleSymbols, bytes: Uint8Array, from: string): ModuleSymbols | string {
    if (!isWasmModule(bytes)) return 'it is no WebAssembly module or object file';
    try {
      const file = readModule(bytes);
      const split = new SplitFile(file);
      return split.isEmpty ? this.#addExternal(symbols, file, from) : this.#addSplit(symbols, split, from);
    } catch (error) {
      if (error instanceof FormatError) return error.message;
      throw error;
    }
  }

  #addSplit(symbols: ModuleSymbols, file: SplitFile, from: string): ModuleSymbols | string {
    const missing = symbols.dwarf?.dwarf.missingFiles() ?? [];
    if (missing.length === 0) return 'no unit of the module is without its split DWARF';
    const found = withSplitFiles(symbols, [file]);
    if (found === symbols) return 'it is of another build: no unit in it has the ID of one of the module';
    const left = new Set(found.dwarf?.dwarf.missingFiles().map(({ dwoId }) => dwoId));
    for (const { name, dwoId } of missing)
      if (!left.has(dwoId)) this.#read.set(dwoId, { kind: 'dwo', name, from });
    return found;
  }

  #addExternal(symbols: ModuleSymbols, file: WasmModule, from: string): ModuleSymbols | string {
    if (symbols.dwarf !== undefined)
      return this.#externalFrom === null
        ? 'the module has debug information of its own'
        : `debug information was read from ${this.#externalFrom}`;
    const build = compareBuilds(symbols.wasm, file);
    if (build.is === 'other') return build.why;
    const found = chooseSymbols(symbols.wasm, file);
    if (found.dwarf === undefined) return 'there is no debug information in it';
    this.#externalFrom = build.is === 'same' ? from : `${from}, not proved to be of this build`;
    return found;
  }
}

/** The section that `wasm-ld --build-id` writes (WebAssembly tool conventions, BuildId.md). */
const BUILD_ID = 'build_id';

/** Whether a file is of the build of a module, by their build IDs and their code; 'unknown' where one of them has neither. */
function compareBuilds(module: WasmModule, file: WasmModule): Comparison {
  const ids = [module, file].map((one) => contentOf(one, customSection(one, BUILD_ID)));
  if (ids[0] !== undefined && ids[1] !== undefined)
    return isSame(ids[0], ids[1]) ? { is: 'same' } : { is: 'other', why: 'its build ID differs' };
  const [ours, theirs] = [codeOf(module), codeOf(file)];
  if (ours === undefined || theirs === undefined) return { is: 'unknown' };
  return isSame(ours, theirs)
    ? { is: 'same' }
    : { is: 'other', why: 'its code is not the code of the module' };
}

type Comparison = { readonly is: 'same' | 'unknown' } | { readonly is: 'other'; readonly why: string };

const codeOf = (module: WasmModule): Uint8Array | undefined =>
  contentOf(
    module,
    module.sections.find(({ id }) => id === SectionId.code),
  );

function contentOf(
  { bytes }: WasmModule,
  section: { readonly contentStart: number; readonly contentEnd: number } | undefined,
): Uint8Array | undefined {
  return section && bytes.subarray(section.contentStart, section.contentEnd);
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);
