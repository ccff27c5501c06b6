import type { FuncIndex } from '../base/units.ts';
import { At } from '../dwarf/constants.ts';
import { Op, readExpression } from '../dwarf/operations.ts';
import { Kind } from '../go/runtime/types.ts';
import type { SuspendedValue } from '../tinygo/suspended-locals.ts';
import type { TinyGoRuntime } from '../tinygo/tasks.ts';
import { frameVariables, type FrameVariable } from './dwarf-frame.ts';
import type { DwarfProgram } from './dwarf-program.ts';
import type { KeptValue } from './kept-values.ts';
import type { ValueType } from './value-type.ts';

// How functions of TinyGo get their parameters: LLVM passes each number and pointer that a value consists of as a parameter of its own, in order, and TinyGo
// adds the context of a closure behind them (TinyGo compiler/calls.go, 0.33). The optimizers of LLVM and Binaryen remove parameters that nobody uses.

/** A number or pointer of a value, and the parameter in which it is passed. */
export interface PassedPart {
  /** Of the value. */
  readonly offset: number;
  readonly size: number;
  readonly parameter: number;
}

/** As a function type has it (WebAssembly core 5.3.1). */
const I32 = 0x7f;
const I64 = 0x7e;
const F32 = 0x7d;
const F64 = 0x7c;
/** LLVM's DISubprogram of a function of which it has changed the parameters. */
const DW_CC_nocall = 3;
/** DW_OP_WASM_location of a local. */
const LOCAL = 0n;
/** Parts of one value that are looked at. */
const MAX_PARTS = 64;

interface Part {
  readonly offset: number;
  readonly size: number;
  readonly wasm: number;
  readonly isPointer: boolean;
}

/**
 * In which parameters of its code a function gets the parameters that its source has, by name. Undefined, or without some, where that is not proved. `start`:
 * code offset of its body.
 */
export function passedParameters(
  { program, runtime }: { readonly program: DwarfProgram; readonly runtime: TinyGoRuntime },
  index: FuncIndex,
  start: number,
): ReadonlyMap<string, readonly PassedPart[]> | undefined {
  const { wasm } = runtime;
  const has = wasm.types[wasm.functionTypes[index - wasm.importedFunctionCount] ?? -1]?.params;
  const variables = frameVariables(program, start, 0)?.filter(({ scope }) => scope === 'PARAMETER');
  if (has === undefined || variables === undefined) return undefined;
  const described = variables.map((variable) => ({
    variable,
    parts: partsOf(variable.type),
    locals: localsOf(variable),
  }));
  const isClosure = /\$\d+$/.test(runtime.nameOf(index));
  // All of them are there, or those that debug information still has a place for.
  for (const only of [described, described.filter(({ locals }) => locals.length > 0)]) {
    const isAll = only === described;
    const placed = new Map<string, readonly PassedPart[]>();
    let next = 0;
    let agreeing = 0;
    let fits = true;
    let isPlacedWhole = true;
    for (const { variable, parts, locals } of only) {
      if (parts === undefined) return undefined;
      const mine = parts.map(({ offset, size }) => ({ offset, size, parameter: next++ }));
      fits &&= parts.every(({ wasm: type }, i) => has[mine[i]?.parameter ?? -1] === type);
      const isHere =
        locals.length === mine.length && mine.every(({ parameter }, i) => locals[i] === parameter);
      if (locals.length > 0 && !isHere) fits = false;
      if (isHere && mine.length > 0) agreeing++;
      // LLVM may pass what a pointer points to in its place (ArgumentPromotion); then it has no place any more.
      else if (parts.some(({ isPointer }) => isPointer)) isPlacedWhole = false;
      placed.set(variable.name, mine);
    }
    if (!fits || agreeing === 0) continue;
    const withContext = has.length === next + 1 && has.at(-1) === I32;
    const isKept = isAll && withContext && (isFixed(runtime, index) || !wasChanged(program, start));
    const isCounted = (withContext || (has.length === next && !isClosure)) && isPlacedWhole;
    if (isKept || isCounted) return placed;
  }
  return undefined;
}

/** A value out of what was passed; undefined where a part of it is not known. */
export function passedValue(
  { size }: ValueType,
  parts: readonly PassedPart[],
  passed: (parameter: number) => SuspendedValue,
): KeptValue | undefined {
  const bytes = new Uint8Array(size);
  for (const part of parts) {
    const value = passed(part.parameter);
    if ('why' in value) return undefined;
    for (let i = 0; i < part.size; i++)
      bytes[part.offset + i] = Number((value.bits >> BigInt(8 * i)) & 0xffn);
  }
  return { bytes, known: new Uint8Array(size).fill(1), why: '' };
}

/** The numbers and pointers that a value consists of; undefined for one of too many, or of a type that is not known. */
function partsOf(type: ValueType): readonly Part[] | undefined {
  const parts: Part[] = [];
  const isKnown = add(type, 0);
  return isKnown ? parts : undefined;

  function add(of: ValueType, offset: number): boolean {
    if (parts.length > MAX_PARTS) return false;
    const word = (at: number, isPointer: boolean): boolean => {
      parts.push({ offset: offset + at, size: 4, wasm: I32, isPointer });
      return true;
    };
    switch (of.kind) {
      case Kind.struct:
        return of.fields().every((field) => add(field.type, offset + field.offset));
      case Kind.array: {
        const element = of.element();
        if (of.length() > MAX_PARTS) return false;
        return Array.from({ length: of.length() }).every((_, i) => add(element, offset + i * element.size));
      }
      case Kind.string:
        return word(0, true) && word(4, false);
      case Kind.slice:
        return word(0, true) && word(4, false) && word(8, false);
      case Kind.interface:
      case Kind.func:
        return word(0, true) && word(4, true);
      case Kind.pointer:
      case Kind.unsafePointer:
      case Kind.map:
      case Kind.chan:
        return word(0, true);
      case Kind.float32:
      case Kind.float64:
        parts.push({ offset, size: of.size, wasm: of.size === 8 ? F64 : F32, isPointer: false });
        return of.size === 4 || of.size === 8;
      case Kind.complex64:
      case Kind.complex128: {
        const size = of.size / 2;
        for (const at of [0, size])
          parts.push({ offset: offset + at, size, wasm: size === 8 ? F64 : F32, isPointer: false });
        return size === 4 || size === 8;
      }
      default:
        if (of.kind < Kind.bool || of.kind > Kind.uintptr) return false;
        parts.push({ offset, size: of.size, wasm: of.size === 8 ? I64 : I32, isPointer: false });
        return [1, 2, 4, 8].includes(of.size);
    }
  }
}

/** The locals that a variable consists of where its function begins, in order; none where there is anything else in its place. */
function localsOf({ location }: FrameVariable): readonly number[] {
  if (location === undefined) return [];
  const locals: number[] = [];
  for (const { code, operands } of readExpression(location)) {
    if (code === Op.wasmLocation) {
      if (operands[0] !== LOCAL) return [];
      locals.push(Number(operands[1]));
    } else if (code !== Op.stackValue && code !== Op.piece) return [];
  }
  return locals;
}

/** Whether nothing may change the parameters of a function: somebody calls it by its type. */
const isFixed = ({ table, wasm }: TinyGoRuntime, index: FuncIndex): boolean =>
  table.includes(index) || wasm.exports.some((one) => one.kind === 'function' && one.index === index);

/** Whether LLVM has changed the parameters of a function. */
function wasChanged({ dwarf }: DwarfProgram, start: number): boolean {
  const header = dwarf.unitAt(start);
  const scopes = header && dwarf.scopes(header);
  const tree = header && dwarf.tree(header);
  if (header === undefined || scopes === undefined || tree === undefined) return true;
  let scope = dwarf.scopeAt(header, start);
  for (let outer = scope; outer >= 0; outer = scopes.parent[outer] ?? -1) scope = outer;
  const index = tree.indexOf(scopes.entry[scope] ?? -1);
  if (index < 0) return true;
  const convention = dwarf.attempt(() => tree.attributes(index).get(At.callingConvention));
  return convention?.number === DW_CC_nocall;
}
