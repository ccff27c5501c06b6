import { InstructionCursor, Op } from '../wasm/instructions.ts';
import type { WasmModule } from '../wasm/module.ts';
import type { CodePcs } from './code-pcs.ts';

/**
 * Whether the code of a segment runs from its first to its last instruction, without branches. What belongs to a call (the check whether
 * to unwind after it) and the end of a resume point's block do not count. Throws a FormatError when the code cannot be decoded.
 */
export function isStraight(wasm: WasmModule, pcs: CodePcs, segment: number): boolean {
  const cursor = new InstructionCursor(wasm.bytes);
  openSegment(cursor, pcs, segment);
  // Instructions since the last call: after it come `global.get 0; local.set 1`, then `br_if` or `if; unreachable; end`.
  let sinceCall = Infinity;
  let first = true;
  while (cursor.next()) {
    sinceCall++;
    switch (cursor.opcode) {
      case Op.call:
      case Op.callIndirect:
        sinceCall = 0;
        break;
      case Op.brIf:
      case Op.if:
        if (sinceCall !== 3) return false;
        break;
      case Op.end:
        if (sinceCall !== 5 && !first) return false;
        break;
      case Op.block:
      case Op.loop:
      case Op.else:
      case Op.br:
      case Op.brTable:
      case Op.return:
        return false;
    }
    first = false;
  }
  return true;
}

/**
 * Where the first statement of [start, end) ends: after the first instruction that takes a value off the stack into a local, a global or
 * memory, or branches. The compiler gives all instructions of a statement one place in the source (Go src/cmd/compile/internal/wasm/ssa.go).
 */
export function firstStatementEnd(wasm: WasmModule, start: number, end: number): number {
  const cursor = new InstructionCursor(wasm.bytes);
  cursor.pos = start;
  cursor.end = end;
  while (cursor.next()) if (endsStatement(cursor.opcode)) return cursor.pos;
  return end;
}

/** Where the last statement of a segment begins. Throws a FormatError when the code cannot be decoded. `cursor`: one over the module's bytes, to use again. */
export function lastStatementStart(
  wasm: WasmModule,
  pcs: CodePcs,
  segment: number,
  cursor = new InstructionCursor(wasm.bytes),
): number {
  const end = pcs.start[segment + 1] ?? pcs.end;
  openSegment(cursor, pcs, segment);
  let start = cursor.pos;
  while (cursor.next() && cursor.pos < end) {
    if (endsStatement(cursor.opcode)) start = cursor.pos;
  }
  // The end of a block is of no statement; an inline mark is one of its own.
  if (cursor.opcode === Op.end) return cursor.pos;
  return cursor.opcode === Op.nop ? cursor.offset : start;
}

function openSegment(cursor: InstructionCursor, pcs: CodePcs, segment: number): void {
  const start = pcs.start[segment] ?? 0;
  const end = pcs.start[segment + 1] ?? pcs.end;
  // The body of a function begins with its locals.
  if (segment === 0) cursor.open(start, end);
  else {
    cursor.pos = start;
    cursor.end = end;
  }
}

function endsStatement(opcode: number): boolean {
  const stores = opcode >= Op.i32Store && opcode <= Op.i64Store32;
  const sets = opcode === Op.localSet || opcode === Op.localTee || opcode === Op.globalSet;
  const branches = opcode <= Op.return && opcode !== Op.unreachable;
  return stores || sets || branches;
}
