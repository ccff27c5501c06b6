import { funcIndex } from '../base/units.ts';
import { InstructionCursor, Op as Code } from '../wasm/instructions.ts';
import { bodyOf, type WasmModule } from '../wasm/module.ts';

/** Which locals the code of a function gives values, and where. */
export interface LocalsSet {
  /** Module offset of the first instruction. */
  readonly first: number;
  readonly parameters: number;
  /** Locals of the function, parameters included. */
  readonly locals: number;
  /** By the module offset behind an instruction, which locals have got the value that it sets: its own, and those that it was copied from just before. */
  readonly at: ReadonlyMap<number, readonly number[]>;
  /** By local, the module offsets behind the instructions that set it, rising; those left out in which a goroutine gets its locals back. */
  readonly of: ReadonlyMap<number, readonly number[]>;
}

const NONE: LocalsSet = { first: 0, parameters: 0, locals: 0, at: new Map(), of: new Map() };
/** State of asyncify in which functions get their locals back (Binaryen, passes/Asyncify.cpp). */
const REWINDING = 2;
/** Instructions up to the test of that state. */
const HEAD = 8;

/** Reads a body. Throws a FormatError where it is damaged. */
export function readLocalsSet(wasm: WasmModule, index: number): LocalsSet {
  const body = bodyOf(wasm, funcIndex(index));
  if (body === undefined) return NONE;
  const at = new Map<number, readonly number[]>();
  const of = new Map<number, number[]>();
  const cursor = new InstructionCursor(wasm.bytes);
  cursor.open(body.start, body.end);
  const type = wasm.types[wasm.functionTypes[index - wasm.importedFunctionCount] ?? 0];
  const first = cursor.pos;
  const parameters = type?.params.length ?? 0;
  const locals = parameters + cursor.localCount;
  /** The locals that have the value that the instruction before left, or is to copy. */
  let same: readonly number[] = [];
  let instructions = 0;
  let isRewinding = false;
  let asksState = false;
  let depth = 0;
  while (cursor.next()) {
    const { opcode, index: local } = cursor;
    instructions++;
    if (opcode === Code.localSet || opcode === Code.localTee) {
      const values = [local, ...same.filter((one) => one !== local)];
      at.set(cursor.pos, values);
      if (!isRewinding) {
        const all = of.get(local);
        if (all === undefined) of.set(local, [cursor.pos]);
        else all.push(cursor.pos);
      }
      same = values;
      continue;
    }
    // `local.set 1; local.get 1; local.set 36`: wasm-opt takes a local.tee apart so.
    same = opcode === Code.localGet && same.includes(local) ? same : [];
    if (opcode === Code.i32Const) asksState = cursor.low === REWINDING && instructions <= HEAD;
    else if (opcode === Code.if) {
      if (asksState && depth === 0 && instructions <= HEAD) isRewinding = true;
      if (isRewinding) depth++;
    } else if (isRewinding && (opcode === Code.block || opcode === Code.loop)) depth++;
    else if (isRewinding && opcode === Code.end && --depth === 0) isRewinding = false;
  }
  return { first, parameters, locals, at, of };
}
