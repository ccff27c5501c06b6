import { basename, dirname, join } from 'node:path';
import { FormatError } from '../base/format-error.ts';
import { SplitFile } from '../dwarf/split-file.ts';
import { chooseSymbols, externalDebugInfo, withSplitFiles, type ModuleSymbols } from '../symbols/choose.ts';
import { isWasmModule, readModule, type WasmModule } from '../wasm/module.ts';
import type { CliIo } from './io.ts';

/** Files of split DWARF that are looked for one by one; a large program has them in a .dwp. */
const MAX_FILES = 2000;
/** Names of files in a note. */
const NAMED = 3;

/**
 * Reads debug information that is in files of its own, where they lie beside the module: the file that an `external_debug_info` section names, a
 * package `MODULE.dwp`, and the .dwo files that units name. Notes say what was read and what is missing.
 */
export async function addDebugFiles(
  inside: ModuleSymbols,
  path: string,
  io: CliIo,
): Promise<{ readonly symbols: ModuleSymbols; readonly notes: readonly string[] }> {
  const notes: string[] = [];
  let symbols = inside;
  const external = externalDebugInfo(inside.wasm);
  if (external !== '' && inside.dwarf === undefined) {
    const file = fileBeside(path, external);
    const debugInfo = await readFile(file, io);
    if (typeof debugInfo !== 'string') {
      symbols = chooseSymbols(inside.wasm, debugInfo);
      const found = symbols.dwarf !== undefined;
      notes.push(found ? `debug information: ${file}` : `there is no debug information in ${file}`);
    } else notes.push(`The debug information is in a file of its own, which was not read: ${debugInfo}`);
  }
  const dwarf = symbols.dwarf?.dwarf;
  if (dwarf === undefined || dwarf.missingFiles().length === 0) return { symbols, notes };
  const total = dwarf.missingFiles().length;
  for (const name of [`${path}.dwp`, path.replace(/(?:\.wasm)?(?:\.br|\.gz)?$/, '.dwp')])
    if (dwarf.missingFiles().length > 0) symbols = await addSplitFile(symbols, name, io);
  for (const { name, directory } of dwarf.missingFiles().slice(0, MAX_FILES)) {
    const places = new Set([
      fileBeside(path, name),
      join(dirname(path), basename(name)),
      join(directory, name),
    ]);
    for (const place of places) {
      const before = symbols;
      symbols = await addSplitFile(symbols, place, io);
      if (symbols !== before) break;
    }
  }
  const missing = dwarf.missingFiles();
  if (missing.length < total) notes.push(`split DWARF: read for ${total - missing.length} of ${total} units`);
  if (missing.length > 0) {
    const names = missing.slice(0, NAMED).map(({ name }) => name);
    const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : '';
    notes.push(
      `split DWARF: no file of this build beside the module for ${names.join(', ')}${more}; functions and inlined calls of these are not known`,
    );
  }
  return { symbols, notes };
}

async function addSplitFile(symbols: ModuleSymbols, file: string, io: CliIo): Promise<ModuleSymbols> {
  const module = await readFile(file, io);
  if (typeof module === 'string') return symbols;
  try {
    return withSplitFiles(symbols, [new SplitFile(module)]);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    io.stderr(`gowasm: ${file}: ${error.message}\n`);
    return symbols;
  }
}

/** A file that is a module; else why it cannot be read. */
async function readFile(file: string, io: CliIo): Promise<WasmModule | string> {
  let bytes: Uint8Array;
  try {
    bytes = await io.readFile(file);
  } catch {
    return `${file} (there is no such file)`;
  }
  return isWasmModule(bytes) ? readModule(bytes) : `${file} (it is no WebAssembly module)`;
}

/** The file that a URL means beside a module: relative to it, or of an absolute URL the one with its name. */
export function fileBeside(modulePath: string, url: string): string {
  const path = url.replace(/[?#].*$/s, '');
  return join(dirname(modulePath), /^[a-z][a-z0-9+.-]*:|^\//i.test(path) ? basename(path) : path);
}
