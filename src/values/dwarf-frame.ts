import { FormatError } from '../base/format-error.ts';
import { address, type Address } from '../base/units.ts';
import { evaluate, type EvaluationContext } from '../dwarf/evaluate.ts';
import { readPieces, type Machine, type Piece, type Store } from '../dwarf/machine.ts';
import { Op, readExpression, type Expression } from '../dwarf/operations.ts';
import type { UnitHeader } from '../dwarf/unit-headers.ts';
import { variableAt, type DwarfVariable } from '../dwarf/variables.ts';
import { visibleVariables, type VisibleScope } from '../dwarf/visible-variables.ts';
import type { Memory } from '../memory/memory.ts';
import { keptAddress, type KeptValue } from './kept-values.ts';
import type { DwarfProgram } from './dwarf-program.ts';
import type { ValueType } from './value-type.ts';

/** A local, global or operand of WebAssembly. */
export interface StoreName {
  readonly store: Store;
  readonly index: number;
}

/** A variable of a stopped frame. `number`: names it among the variables of its place. */
export interface FrameVariable {
  readonly number: number;
  readonly name: string;
  readonly scope: 'PARAMETER' | 'LOCAL' | 'GLOBAL';
  readonly type: ValueType;
  /** Why nothing of it can be shown; null where something can. */
  readonly why: string | null;
  /** Why what is shown of it is not certain; null where it is. */
  readonly doubt: string | null;
  readonly location: Expression | undefined;
  readonly constant: bigint | Uint8Array | undefined;
  readonly header: UnitHeader;
  readonly frameBase: Expression | undefined;
}

/** A name that source can have: what the compiler made has others (`type *int`, `main$pack`). */
const IS_NAME = /^(?:[^\s*()[\]{}$]+[./])?[\p{L}_][\p{L}\p{N}_]*$/u;

/** Package variables that are listed. */
const MAX_GLOBALS = 300;

/**
 * The variables that code at an offset sees. `level`: which of the functions that are in each other there, counted from the outermost one. Names
 * are unique: of several variables of one name the one that has a value counts, or the last that the source declares.
 * Undefined where debug information has no such function.
 */
export function frameVariables(
  program: DwarfProgram,
  at: number,
  level: number,
): readonly FrameVariable[] | undefined {
  const scopes = visibleVariables(program.dwarf, program.trust, at);
  const scope = scopes.at(-1 - level);
  if (scope === undefined) return undefined;
  const found = new Map<string, FrameVariable>();
  for (const { variable, location, confidence } of scope.variables) {
    const { name, kind, header, type, constant } = variable;
    if (name === '') continue;
    const why = confidence.kind === 'unavailable' ? confidence.why : null;
    const known = found.get(name);
    if (known !== undefined && (known.why === null || why !== null)) continue;
    found.set(name, {
      number: found.size,
      name,
      scope: kind === 'parameter' ? 'PARAMETER' : 'LOCAL',
      type: program.types.at(type),
      why,
      doubt: confidence.kind === 'inferred' || confidence.kind === 'range' ? confidence.why : null,
      ...{ location, constant, header, frameBase: scope.frameBase },
    });
  }
  return [...found.values(), ...packageVariables(program, scope, found.size)];
}

function packageVariables(program: DwarfProgram, scope: VisibleScope, from: number): FrameVariable[] {
  return program
    .globals(scope.header)
    .filter(({ name }) => IS_NAME.test(name))
    .slice(0, MAX_GLOBALS)
    .map((variable, i) => globalVariable(program, variable, from + i));
}

function globalVariable(program: DwarfProgram, variable: DwarfVariable, number: number): FrameVariable {
  const { name, header, type, constant } = variable;
  const location = variableAt(variable, 0);
  const missing = location === undefined && constant === undefined;
  return {
    number,
    // Source names a package by the last part of its path.
    name: name.slice(name.lastIndexOf('/') + 1),
    scope: 'GLOBAL',
    type: program.types.at(type),
    why: missing ? 'optimized out: the compiler kept no place for it' : null,
    ...{ doubt: null, location, constant, header, frameBase: undefined },
  };
}

/** A package variable of any unit by its name, `pkg.name`; undefined where there is none. */
export function globalNamed(program: DwarfProgram, name: string, number: number): FrameVariable | undefined {
  for (const header of program.dwarf.codeUnits())
    for (const variable of program.globals(header))
      if (variable.name === name || variable.name.endsWith(`/${name}`))
        return globalVariable(program, variable, number);
  return undefined;
}

/** What variables of a place are in, so that it can be asked for. */
export function storesOf(variables: readonly FrameVariable[]): readonly StoreName[] {
  const found = new Map<string, StoreName>();
  const add = (expression: Expression | undefined): void => {
    if (expression === undefined) return;
    for (const { code, operands } of operationsOf(expression)) {
      if (code !== Op.wasmLocation && code !== Op.wasmLocationInt) continue;
      const store = STORES[Number(operands[0])];
      const index = Number(operands[1]);
      if (store !== undefined) found.set(`${store} ${index}`, { store, index });
    }
  };
  for (const { location, frameBase, why } of variables) {
    if (why !== null) continue;
    add(location);
    add(frameBase);
  }
  return [...found.values()];
}

/** By the kind of a WebAssembly location (WebAssembly tool conventions, Debugging.md). */
const STORES: readonly (Store | undefined)[] = ['local', 'global', 'operand', 'global'];

function operationsOf(expression: Expression): ReturnType<typeof readExpression> {
  try {
    return readExpression(expression);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return [];
  }
}

/** Where the value of a variable is: in memory, or beside it. */
export type FoundValue =
  { readonly address: Address; readonly kept: KeptValue | null } | { readonly why: string };

const WHY_TOO_LONG =
  'the debug information has parts of it that are longer than it is: which byte is of which part is not known';

/** Finds the value of a variable. Throws only what reading memory throws. */
export function findValue(
  program: DwarfProgram,
  variable: FrameVariable,
  value: Machine['value'],
  memory: Memory,
): FoundValue {
  const { type, why, location, constant, number } = variable;
  if (why !== null) return { why };
  if (constant !== undefined && location === undefined)
    return kept(number, constantBytes(constant, type.size), new Uint8Array(type.size).fill(1), '');
  if (location === undefined) return { why: 'it has no place' };
  const machine: Machine = {
    value,
    read: (at, length) =>
      at >= 0 && at + length <= memory.size ? memory.bytes(address(at), length) : undefined,
  };
  let pieces: readonly Piece[];
  try {
    pieces = evaluate(location, contextOf(program, variable), machine);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { why: error.message };
  }
  const [only] = pieces;
  // What wasm-ld writes in the place of an address that it dropped (LLD, wasm/InputChunks.cpp, tombstones).
  if (only?.place.kind === 'memory' && only.place.address >= 0xffff_fffe)
    return { why: 'the linker left it out: no code uses it' };
  if (pieces.length === 1 && only?.place.kind === 'memory' && only.bitSize === undefined)
    return { address: address(only.place.address), kept: null };
  // TinyGo writes of the parts of a value that is passed in several locals that each has the size of its local.
  if (pieces.reduce((bits, { bitSize }) => bits + (bitSize ?? 0), 0) > 8 * type.size)
    return { why: WHY_TOO_LONG };
  const { bytes, known, why: missing } = readPieces(pieces, type.size, machine);
  if (type.size > 0 && !known.includes(1)) return { why: missing };
  return kept(number, bytes, known, missing);
}

const kept = (number: number, bytes: Uint8Array, known: Uint8Array, why: string): FoundValue => ({
  address: keptAddress(number),
  kept: { bytes, known, why },
});

function constantBytes(constant: bigint | Uint8Array, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  if (typeof constant !== 'bigint') bytes.set(constant.subarray(0, size));
  else for (let i = 0; i < size; i++) bytes[i] = Number((constant >> BigInt(8 * i)) & 0xffn);
  return bytes;
}

function contextOf({ dwarf }: DwarfProgram, { header, frameBase }: FrameVariable): EvaluationContext {
  return {
    address: (index) => dwarf.unit(header)?.addressOfIndex(index) ?? 0,
    frameBase,
    baseType: (offset) => {
      const type = dwarf.types.at({ header, entry: header.offset + offset });
      return type && { size: type.byteSize ?? 0, encoding: type.encoding };
    },
  };
}
