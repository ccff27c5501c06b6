import { FormatError } from '../../../base/format-error.ts';
import { address, funcIndex, type FuncIndex } from '../../../base/units.ts';
import { InstructionCursor, Op } from '../../../wasm/instructions.ts';
import { bodyOf } from '../../../wasm/module.ts';
import type { GlobalName } from '../globals.ts';
import type { GoRuntime } from '../runtime.ts';

// A stripped module names no variable of the program. The functions that use it tell it apart: their code has its address as a constant.

/** Functions that are kept for one variable. */
const MAX_USERS = 4;

/** Variables that are not called in Go what they are called here. */
const OTHER_NAMES: Readonly<Partial<Record<GlobalName, string>>> = {
  mheap: 'runtime.mheap_',
  jsFuncs: 'syscall/js.funcs',
};

export interface VariableName {
  /** `runtime.allgs` where the variable is known by name; else null. */
  readonly name: string | null;
  /** Functions whose code uses the word, in the order of the code, at most four, those of other packages than runtime first. */
  readonly users: readonly string[];
}

/** Who uses which words of the variables; made once a module, when it is first asked for. */
export class VariableUsers {
  readonly #runtime: GoRuntime;
  #users: ReadonlyMap<number, readonly number[]> | undefined;
  #names: ReadonlyMap<number, GlobalName> | undefined;
  /** Words that code uses or that have a name, in rising order. */
  #places: Float64Array | undefined;

  constructor(runtime: GoRuntime) {
    this.#runtime = runtime;
  }

  /** What is known of the variable that the word at `at` belongs to. */
  at(at: number): VariableName {
    const known = this.#known().get(at);
    const { program } = this.#runtime;
    const users = (this.#used().get(at) ?? []).flatMap((index) => {
      const name = program.functionOf(funcIndex(index))?.name;
      return name === undefined ? [] : [name];
    });
    const foreign = users.filter((name) => !name.startsWith('runtime.'));
    return {
      name: known === undefined ? null : (OTHER_NAMES[known] ?? `runtime.${known}`),
      users: (foreign.length > 0 ? foreign : users).slice(0, MAX_USERS),
    };
  }

  /** The last word at or before `at` that code uses or that is known by name; undefined before the first. */
  before(at: number): (VariableName & { readonly at: number }) | undefined {
    this.#places ??= Float64Array.from(new Set([...this.#used().keys(), ...this.#known().keys()])).sort();
    const places = this.#places;
    let low = 0;
    let high = places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((places[middle] ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    const found = places[low - 1];
    return found === undefined ? undefined : { at: found, ...this.at(found) };
  }

  /** The variables that are known by name. */
  named(): readonly { readonly at: number; readonly name: string }[] {
    return [...this.#known()].map(([at, name]) => ({ at, name: OTHER_NAMES[name] ?? `runtime.${name}` }));
  }

  /** Words of variables that the code of a function uses, in rising order; few functions are kept of a word that many use. */
  usedBy(index: FuncIndex): readonly number[] {
    const places: number[] = [];
    for (const [at, users] of this.#used()) if (users.includes(index)) places.push(at);
    return places.sort((a, b) => a - b);
  }

  #known(): ReadonlyMap<number, GlobalName> {
    return (this.#names ??= new Map(
      Object.entries(this.#runtime.globals).flatMap(([name, { address: where }]): [number, GlobalName][] =>
        where === undefined ? [] : [[where, name as GlobalName]],
      ),
    ));
  }

  #used(): ReadonlyMap<number, readonly number[]> {
    return (this.#users ??= this.#scan());
  }

  #scan(): Map<number, number[]> {
    const { wasm, moduleData } = this.#runtime.program.module;
    const found = new Map<number, number[]>();
    const start = moduleData.noptrdata.start;
    const { end } = moduleData;
    const note = (at: number, index: number): void => {
      if (at < start || at >= end) return;
      const users = found.get(at);
      if (users === undefined) found.set(at, [index]);
      else if (users.at(-1) !== index && users.length < MAX_USERS * 4) users.push(index);
    };
    const cursor = new InstructionCursor(wasm.bytes);
    const imported = wasm.importedFunctionCount;
    for (let index = imported; index < imported + wasm.bodyStart.length; index++) {
      const body = bodyOf(wasm, funcIndex(index));
      if (body === undefined) continue;
      try {
        cursor.open(body.start, body.end);
        let constant = -1;
        while (cursor.next()) {
          const { opcode } = cursor;
          if (opcode === Op.i64Const || opcode === Op.i32Const) {
            constant = address(cursor.constant());
            note(constant, index);
          } else if (opcode === Op.i64Load && constant >= 0) {
            note(constant + cursor.memoryOffset, index);
            constant = -1;
          } else if (opcode !== Op.i32WrapI64) constant = -1;
        }
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }
    return found;
  }
}
