import { FormatError } from '../../base/format-error.ts';
import type { Steps } from '../../base/steps.ts';
import { funcIndex, type FuncIndex } from '../../base/units.ts';
import { InstructionCursor, Op } from '../../wasm/instructions.ts';
import { bodyOf } from '../../wasm/module.ts';
import { readInlinedCall } from '../inline-tree.ts';
import { FuncData, PcData } from '../versions.ts';
import type { CodeFunction, ProgramCode } from './program.ts';

// A stripped module names no variable. Its code has their addresses: as a constant, with the offset of a load behind it (Go
// src/cmd/compile/internal/wasm/ssa.go, OpWasmLoweredAddr).

/** One way in which the code of a function uses one address of the variables. */
export interface VariableAccess {
  readonly address: number;
  readonly funcIndex: FuncIndex;
  /** How many bytes it loads from there; 0 where it uses the address itself: to store there, to pass it on, to find an element. */
  readonly loaded: number;
}

/** A function that the compiler copied into another; `startLine` is 0 where the version does not record it. */
export interface InlinedFunction {
  readonly name: string;
  readonly startLine: number;
}

const LOADED: ReadonlyMap<number, number> = new Map([
  [Op.i32Load, 4],
  [Op.i64Load, 8],
  [Op.f32Load, 4],
  [Op.f64Load, 8],
  [Op.i64Load8S, 1],
  [Op.i64Load8U, 1],
  [Op.i64Load16S, 2],
  [Op.i64Load16U, 2],
  [Op.i64Load32S, 4],
  [Op.i64Load32U, 4],
]);

/** Functions a step of `read`. */
const STEP = 64;

/** Which functions use which addresses of variables. */
export class VariableAccesses {
  readonly program: ProgramCode;
  /** In the order of the code; each access once. Bodies that cannot be read have none. */
  readonly byFunction = new Map<FuncIndex, readonly VariableAccess[]>();
  readonly #byAddress = new Map<number, VariableAccess[]>();
  /** In rising order. */
  #addresses = new Float64Array(0);
  readonly #addressesOf = new Map<FuncIndex, Float64Array>();
  readonly #inlined = new Map<FuncIndex, readonly InlinedFunction[] | undefined>();

  private constructor(program: ProgramCode) {
    this.program = program;
  }

  /** Reads all code of a module. */
  static *read(program: ProgramCode): Steps<VariableAccesses> {
    const found = new VariableAccesses(program);
    const { bytes, importedFunctionCount: first, bodyStart } = program.module.wasm;
    const cursor = new InstructionCursor(bytes);
    for (let i = 0; i < bodyStart.length; i++) {
      found.#read(cursor, funcIndex(first + i));
      if (i % STEP === 0) yield i / bodyStart.length;
    }
    found.#addresses = Float64Array.from(found.#byAddress.keys()).sort();
    return found;
  }

  /** The addresses that a function uses, in rising order. */
  addressesOf(index: FuncIndex): Float64Array {
    let found = this.#addressesOf.get(index);
    if (found === undefined) {
      found = Float64Array.from(new Set((this.byFunction.get(index) ?? []).map((one) => one.address))).sort();
      this.#addressesOf.set(index, found);
    }
    return found;
  }

  /** The last address at or before `at` that code uses; undefined before the first. */
  before(at: number): number | undefined {
    return this.#addresses[this.#indexOf(at + 1) - 1];
  }

  /** All accesses to the addresses from `from` up to `to`. */
  *within(from: number, to: number): Generator<VariableAccess> {
    for (let low = this.#indexOf(from); (this.#addresses[low] ?? Infinity) < to; low++)
      yield* this.#byAddress.get(this.#addresses[low] ?? 0) ?? [];
  }

  /** Of the first address that is not below `from`. */
  #indexOf(from: number): number {
    let low = 0;
    let high = this.#addresses.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#addresses[middle] ?? 0) < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The functions that the compiler copied into one; undefined where its tables are damaged. */
  inlinedIn(index: FuncIndex): readonly InlinedFunction[] | undefined {
    if (!this.#inlined.has(index)) {
      const code = this.program.functionOf(index);
      this.#inlined.set(index, code && this.#readInlined(code));
    }
    return this.#inlined.get(index);
  }

  #read(cursor: InstructionCursor, index: FuncIndex): void {
    const { wasm, moduleData } = this.program.module;
    const body = bodyOf(wasm, index);
    if (body === undefined) return;
    const { start } = moduleData.noptrdata;
    const { end } = moduleData;
    const found = new Map<number, VariableAccess>();
    const note = (address: number, loaded: number): void => {
      if (address < start || address >= end) return;
      const key = address * 16 + loaded;
      if (!found.has(key)) found.set(key, { address, funcIndex: index, loaded });
    };
    try {
      cursor.open(body.start, body.end);
      let constant = -1;
      while (cursor.next()) {
        const { opcode } = cursor;
        if (opcode === Op.i32WrapI64 && constant >= 0) continue;
        if (constant >= 0) {
          const loaded = LOADED.get(opcode);
          if (loaded === undefined) note(constant, 0);
          else note(constant + cursor.memoryOffset, loaded);
        }
        constant = opcode === Op.i64Const || opcode === Op.i32Const ? cursor.constant() : -1;
      }
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return;
    }
    if (found.size === 0) return;
    this.byFunction.set(index, [...found.values()]);
    for (const access of found.values()) {
      const others = this.#byAddress.get(access.address);
      if (others === undefined) this.#byAddress.set(access.address, [access]);
      else others.push(access);
    }
  }

  #readInlined({ fn }: CodeFunction): readonly InlinedFunction[] | undefined {
    const { module } = this.program;
    try {
      const tree = module.functions.funcData(fn, FuncData.inlineTree);
      if (tree === undefined) return [];
      const table = module.pcdataTable(fn, PcData.inlineTreeIndex);
      let last = -1;
      for (let i = 0; i < table.count; i++) last = Math.max(last, table.value[i] ?? -1);
      const found = new Map<string, InlinedFunction>();
      for (let i = 0; i <= last; i++) {
        const { nameOffset, startLine } = readInlinedCall(module.image, tree, i, module.layout.inlineTree);
        const name = module.printedName(nameOffset);
        found.set(`${name} ${String(startLine)}`, { name, startLine });
      }
      return [...found.values()];
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return undefined;
    }
  }
}
