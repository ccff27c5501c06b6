import { EXACT } from '../base/confidence.ts';
import { moduleOffset, type FuncIndex, type ModuleOffset } from '../base/units.ts';
import type { ModuleSourceMap } from '../sourcemap/read/source-map.ts';
import { bodyOf, functionAtOffset, type WasmModule } from '../wasm/module.ts';
import type { NamesSource } from './names-source.ts';
import { nowhere } from './nowhere.ts';
import { ScopeFrames } from './scope-frames.ts';
import type {
  Frame,
  FunctionSymbol,
  LinePlace,
  Location,
  SymbolQuality,
  SymbolSource,
} from './symbol-source.ts';

const NO_PLACE = 'the source map has no line for this code';

/**
 * The symbols of a source map that the module brings: files and lines of its code, as exact as the map is. With scopes (ECMA-426) it names functions and
 * inlined calls too; without, functions have the names of the name section: the names of mappings are whatever their writer chose, serve only where the
 * module has none, and tell nothing of inlined calls.
 */
export class SourceMapSource implements SymbolSource {
  readonly kind = 'sourcemap';
  readonly #wasm: WasmModule;
  readonly #map: ModuleSourceMap;
  readonly #names: NamesSource | undefined;
  readonly #scopes: ScopeFrames | undefined;
  #lines: Map<string, Map<number, number[]>> | undefined;
  #functions: readonly FunctionSymbol[] | undefined;

  constructor(wasm: WasmModule, map: ModuleSourceMap, names: NamesSource | undefined) {
    this.#wasm = wasm;
    this.#map = map;
    this.#names = names;
    this.#scopes = map.scopes && new ScopeFrames(map.scopes);
  }

  /** Whether the map tells functions and inlined calls. */
  get hasScopes(): boolean {
    return this.#scopes !== undefined;
  }

  locate(offset: ModuleOffset): Location {
    const funcIndex = Number.isSafeInteger(offset) ? functionAtOffset(this.#wasm, offset) : undefined;
    const body = funcIndex === undefined ? undefined : bodyOf(this.#wasm, funcIndex);
    if (funcIndex === undefined || body === undefined)
      return nowhere(offset, 'the offset is outside the code of the module');
    const row = this.#rowAt(offset, body.start);
    const file = row < 0 ? undefined : this.#map.sources[this.#map.source[row] ?? -1];
    const symbol = this.#names?.functionAt(funcIndex);
    if (file === undefined) {
      const frames = symbol && [{ function: symbol.name, file: '', line: 0, inlined: false }];
      return { ...nowhere(offset, NO_PLACE), funcIndex, role: symbol?.role ?? 'user', frames: frames ?? [] };
    }
    const named = this.#map.names[this.#map.name[row] ?? -1];
    const name = symbol?.name ?? named ?? `wasm-function[${String(funcIndex)}]`;
    return {
      moduleOffset: offset,
      funcIndex,
      pc: undefined,
      pcOffset: undefined,
      role: symbol?.role ?? 'user',
      confidence: EXACT,
      frames: this.#frames(offset, file, this.#map.line[row] ?? 0, name),
    };
  }

  #frames(offset: number, file: string, line: number, name: string): readonly Frame[] {
    const scoped = this.#scopes?.at(offset, file, line, name) ?? [];
    return scoped.length > 0 ? scoped : [{ function: name, file, line, inlined: false }];
  }

  functionAt(index: FuncIndex): FunctionSymbol | undefined {
    return this.#names?.functionAt(index);
  }

  placesOf(file: string, line: number): readonly LinePlace[] {
    this.#lines ??= this.#byLine();
    return (this.#lines.get(file)?.get(line) ?? []).flatMap((start): readonly LinePlace[] => {
      const offset = moduleOffset(start);
      const funcIndex = functionAtOffset(this.#wasm, offset);
      return funcIndex === undefined ? [] : [{ moduleOffset: offset, funcIndex, confidence: EXACT }];
    });
  }

  edges(): readonly ModuleOffset[] {
    const { start } = this.#map;
    const ends = this.#scopes?.edges ?? [];
    return [...new Set([...start, ...ends])].sort((a, b) => a - b).map(moduleOffset);
  }

  functions(): readonly FunctionSymbol[] {
    return (this.#functions ??= this.#names?.functions() ?? []);
  }

  files(): readonly string[] {
    return [...this.#map.sources].sort();
  }

  quality(): SymbolQuality {
    const { start, sources } = this.#map;
    const count = (n: number, what: string): string =>
      `${n.toLocaleString('en-US')} ${what}${n === 1 ? '' : 's'}`;
    return {
      kind: 'sourcemap',
      summary: `${count(start.length, 'mapping')} to ${count(sources.length, 'file')}${this.#scopes === undefined ? '' : ', functions and inlined calls by its scopes'}`,
    };
  }

  /** The mapping that holds at an offset: the last one that begins at or before it, in the same function; -1 without. */
  #rowAt(offset: number, bodyStart: number): number {
    const { start } = this.#map;
    let low = 0;
    let high = start.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((start[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low > 0 && (start[low - 1] ?? 0) >= bodyStart ? low - 1 : -1;
  }

  #byLine(): Map<string, Map<number, number[]>> {
    const files = new Map<string, Map<number, number[]>>();
    const { start, source, line, sources } = this.#map;
    for (let row = 0; row < start.length; row++) {
      const file = sources[source[row] ?? -1];
      if (file === undefined) continue;
      let lines = files.get(file);
      if (lines === undefined) files.set(file, (lines = new Map<number, number[]>()));
      const at = line[row] ?? 0;
      const places = lines.get(at);
      if (places === undefined) lines.set(at, [start[row] ?? 0]);
      else places.push(start[row] ?? 0);
    }
    return files;
  }
}
