import { moduleOffset, type FuncIndex, type ModuleOffset } from '../base/units.ts';
import { bodyOf, functionAtOffset, type WasmModule } from '../wasm/module.ts';
import type { NameSection } from '../wasm/name-section.ts';
import type { Toolchain } from './module-report.ts';
import { nowhere } from './nowhere.ts';
import { roleOfTinyGo } from '../tinygo/names.ts';
import { roleOfName } from './roles.ts';
import type { FunctionSymbol, LinePlace, Location, SymbolQuality, SymbolSource } from './symbol-source.ts';

const NAMES_ONLY = 'the module has names of functions only; files and lines are not in it';

/** The symbols of the name section: which function a place is in, no more. */
export class NamesSource implements SymbolSource {
  readonly kind = 'names';
  readonly #wasm: WasmModule;
  readonly #names: NameSection;
  readonly #toolchain: Toolchain;
  #functions: readonly FunctionSymbol[] | undefined;

  constructor(wasm: WasmModule, names: NameSection, toolchain: Toolchain) {
    this.#wasm = wasm;
    this.#names = names;
    this.#toolchain = toolchain;
  }

  locate(offset: ModuleOffset): Location {
    const funcIndex = Number.isSafeInteger(offset) ? functionAtOffset(this.#wasm, offset) : undefined;
    if (funcIndex === undefined) return nowhere(offset, 'the offset is outside the code of the module');
    const symbol = this.functionAt(funcIndex);
    if (symbol === undefined) return { ...nowhere(offset, 'the function has no name'), funcIndex };
    return {
      ...nowhere(offset, NAMES_ONLY),
      funcIndex,
      role: symbol.role,
      frames: [{ function: symbol.name, file: '', line: 0, inlined: false }],
    };
  }

  functionAt(index: FuncIndex): FunctionSymbol | undefined {
    const body = bodyOf(this.#wasm, index);
    const name = body && this.#names.functionName(index);
    if (body === undefined || name === undefined) return undefined;
    return {
      funcIndex: index,
      name,
      file: '',
      startLine: 0,
      role: this.#roleOf(name),
      bodyStart: moduleOffset(body.start),
      bodySize: body.end - body.start,
    };
  }

  #roleOf(name: string): FunctionSymbol['role'] {
    if (this.#toolchain === 'other') return 'user';
    return this.#toolchain === 'tinygo' ? roleOfTinyGo(name) : roleOfName(name);
  }

  placesOf(_file: string, _line: number): readonly LinePlace[] {
    return [];
  }

  edges(): readonly ModuleOffset[] {
    return [];
  }

  functions(): readonly FunctionSymbol[] {
    if (this.#functions) return this.#functions;
    const functions: FunctionSymbol[] = [];
    const { importedFunctionCount, functionCount } = this.#wasm;
    for (let i = 0; i < functionCount; i++) {
      const symbol = this.functionAt((importedFunctionCount + i) as FuncIndex);
      if (symbol !== undefined) functions.push(symbol);
    }
    this.#functions = functions;
    return functions;
  }

  files(): readonly string[] {
    return [];
  }

  quality(): SymbolQuality {
    return {
      kind: 'names',
      summary: `names of ${this.#names.functionCount.toLocaleString('en-US')} functions`,
    };
  }
}
