import { EXACT, type Confidence } from '../base/confidence.ts';
import { FormatError } from '../base/format-error.ts';
import { moduleOffset } from '../base/units.ts';
import { functionAtOffset, type WasmModule } from '../wasm/module.ts';
import type { Dwarf } from './dwarf.ts';
import { readLocalsSet, type LocalsSet } from './locals-set.ts';
import { Op, readExpression, type Expression } from './operations.ts';
import type { UnitHeader } from './unit-headers.ts';
import { variablesOf } from './variables.ts';

/** What the places of variables in one function body say when they are held against its code. */
interface Verdict {
  /** Places that begin right behind the instruction that sets their local, and those of parameters where the function begins. */
  agreeing: number;
  /** Places that begin behind one that sets another local, or name a local that the function does not have. */
  contradicting: number;
}

/** The same of a module, with what is lost. */
export interface VariableHealth {
  /** Stretches of code with a place, in all lists of locations. */
  readonly places: number;
  /** Those of which nothing is left. */
  readonly lost: number;
  readonly functions: number;
  /** Functions whose places contradict their code. */
  readonly stale: number;
}

interface UnitVerdict {
  readonly places: number;
  readonly lost: number;
  /** By function index. */
  readonly functions: ReadonlyMap<number, Verdict>;
}

/** DW_OP_WASM_location of a local. */
const LOCAL = 0n;
/** Of an operand. */
const OPERAND = 2n;

const WHY_STALE =
  'wasm-opt gave the locals of this function other numbers and left the debug information as it was: its variables may be shown with the values of others. A build with -opt=0 keeps more of them';
const WHY_UNPROVED =
  'wasm-opt changed this code after its debug information was written, and nothing in the function proves that its locals still have their numbers. A build with -opt=0 keeps more of them';
const WHY_SET_ANEW =
  'its local has got another value since, and the debug information does not say whether that is still of this variable';
const WHY_OPERAND =
  'it is on the operand stack, which wasm-opt changed after the debug information was written. A build with -opt=0 keeps more of the variables';
const WHY_LIKELY =
  'wasm-opt changed this module after its debug information was written; what can be checked of this function agrees with its code';

/**
 * Whether places of variables can be believed. Compilers write a place of a local behind the `local.set` or `local.tee` that gives it its value;
 * wasm-opt gives locals other numbers without changing that, and writes empty stretches where it lost one (seen with Binaryen 108). Places are held
 * against the code function by function, of a unit when it is first asked for.
 */
export class VariableTrust {
  readonly #dwarf: Dwarf;
  readonly #wasm: WasmModule;
  #changed: boolean | undefined;
  readonly #units = new Map<UnitHeader, UnitVerdict>();
  readonly #bodies = new Map<number, LocalsSet | undefined>();

  constructor(dwarf: Dwarf, wasm: WasmModule) {
    this.#dwarf = dwarf;
    this.#wasm = wasm;
  }

  /**
   * Whether a place that holds at a code offset is to be believed. `from`: where the stretch of code begins in which it holds. Places in memory are, and
   * constants.
   */
  at(
    header: UnitHeader,
    address: number,
    { expression, from }: { readonly expression: Expression; readonly from: number },
    frameBase?: Expression,
  ): Confidence {
    const isChanged = this.#wasChanged();
    const used = storesUsed(expression, frameBase);
    if (isChanged && used.operand) return { kind: 'unavailable', why: WHY_OPERAND };
    if (used.locals.length === 0) return EXACT;
    const unit = this.#unit(header);
    const index = functionAtOffset(this.#wasm, moduleOffset(this.#wasm.codeStart + address));
    const verdict = index === undefined ? undefined : unit.functions.get(index);
    if (verdict !== undefined && isStale(verdict, isChanged)) return { kind: 'unavailable', why: WHY_STALE };
    const isSetAnew = index !== undefined && this.#isSetAnew(index, used.locals, from, address, isChanged);
    if (isSetAnew) return { kind: isChanged ? 'unavailable' : 'inferred', why: WHY_SET_ANEW };
    if (!isChanged) return EXACT;
    return verdict !== undefined && verdict.agreeing > 0
      ? { kind: 'inferred', why: WHY_LIKELY }
      : { kind: 'unavailable', why: WHY_UNPROVED };
  }

  /** The whole module; reads the variables of all its units. */
  health(): VariableHealth {
    let places = 0;
    let lost = 0;
    const functions = new Map<number, boolean>();
    const isChanged = this.#wasChanged();
    for (const header of this.#dwarf.codeUnits()) {
      const unit = this.#unit(header);
      places += unit.places;
      lost += unit.lost;
      for (const [index, verdict] of unit.functions)
        functions.set(index, functions.get(index) === true || isStale(verdict, isChanged));
    }
    const stale = [...functions.values()].filter((bad) => bad).length;
    return { places, lost, functions: functions.size, stale };
  }

  /** Whether a place of the module is lost: only wasm-opt leaves such. Reads the variables of units up to the first that has one. */
  #wasChanged(): boolean {
    return (this.#changed ??= this.#dwarf.codeUnits().some((header) => this.#unit(header).lost > 0));
  }

  /**
   * Whether code between the beginning of a place and an offset in it sets one of its locals. A place that holds in all of the function begins before its local
   * has any value, unless that is a parameter: as the compiler left the code, the one instruction that sets it gives it this value.
   */
  #isSetAnew(
    index: number,
    locals: readonly number[],
    from: number,
    address: number,
    isChanged: boolean,
  ): boolean {
    const { codeStart } = this.#wasm;
    const body = this.#localsSet(index);
    return locals.some((local) => {
      const sets = body?.of.get(local) ?? [];
      const isFirst = from === 0 && !isChanged && sets.length === 1 && local >= (body?.parameters ?? 0);
      return !isFirst && sets.some((set) => set > codeStart + from && set <= codeStart + address);
    });
  }

  #localsSet(index: number): LocalsSet | undefined {
    if (!this.#bodies.has(index)) {
      this.#bodies.set(
        index,
        this.#dwarf.attempt(() => readLocalsSet(this.#wasm, index)),
      );
    }
    return this.#bodies.get(index);
  }

  #unit(header: UnitHeader): UnitVerdict {
    let unit = this.#units.get(header);
    if (unit === undefined) this.#units.set(header, (unit = this.#read(header)));
    return unit;
  }

  #read(header: UnitHeader): UnitVerdict {
    const functions = new Map<number, Verdict>();
    let places = 0;
    let lost = 0;
    const scopes = this.#dwarf.scopes(header);
    for (const entry of scopes?.entry ?? []) {
      for (const { locations } of variablesOf(this.#dwarf, header, entry)) {
        if (locations === undefined) continue;
        places += locations.entries.length;
        lost += locations.lost;
        for (const { low, high, expression } of locations.entries) {
          const local = low < high ? localOf(expression) : undefined;
          if (local === undefined) continue;
          const at = this.#wasm.codeStart + low;
          const index = functionAtOffset(this.#wasm, moduleOffset(at));
          if (index === undefined) continue;
          const body = this.#localsSet(index);
          if (body === undefined) continue;
          let verdict = functions.get(index);
          if (verdict === undefined) functions.set(index, (verdict = { agreeing: 0, contradicting: 0 }));
          const set = body.at.get(at);
          const isSet = set?.includes(local) === true;
          // Where a function begins, only its parameters have values.
          const isStart = at <= body.first;
          const isPossible = local < (isStart ? body.parameters : body.locals);
          if (!isPossible || (set !== undefined && !isSet)) verdict.contradicting++;
          else if (isStart || isSet) verdict.agreeing++;
        }
      }
    }
    return { places, lost, functions };
  }
}

/**
 * Whether places of a function are of other locals. In code that a compiler left as it is, one now and then begins behind the instruction of another
 * local; where wasm-opt has been, no such case is believed.
 */
const isStale = ({ agreeing, contradicting }: Verdict, isChanged: boolean): boolean =>
  isChanged ? contradicting > 0 : contradicting > agreeing + 1;

/** The local that an expression begins with; undefined where it begins with anything else, or is damaged. */
function localOf(expression: Expression): number | undefined {
  const first = operationsOf(expression)[0];
  return first?.code === Op.wasmLocation && first.operands[0] === LOCAL
    ? Number(first.operands[1])
    : undefined;
}

/** Locals that an expression reads, and whether it reads operands. */
function storesUsed(
  expression: Expression,
  frameBase: Expression | undefined,
): { locals: number[]; operand: boolean } {
  const locals: number[] = [];
  let operand = false;
  for (const { code, operands } of operationsOf(expression)) {
    if (code === Op.wasmLocation) {
      if (operands[0] === LOCAL) locals.push(Number(operands[1]));
      else if (operands[0] === OPERAND) operand = true;
    } else if (code === Op.fbreg && frameBase !== undefined) {
      const base = storesUsed(frameBase, undefined);
      locals.push(...base.locals);
      operand ||= base.operand;
    }
  }
  return { locals, operand };
}

function operationsOf(expression: Expression): ReturnType<typeof readExpression> {
  try {
    return readExpression(expression);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return [];
  }
}
