import type { FuncIndex, ModuleOffset } from '../base/units.ts';
import { InstructionCursor, Op } from '../wasm/instructions.ts';
import { bodyOf, type WasmModule } from '../wasm/module.ts';

// Where control can go in a function's code (Go src/cmd/internal/obj/wasm/wasmobj.go, preprocess; the same from 1.19 to 1.27). A body is
//
//     block                          the way out of a function whose stack is to be unwound
//       loop                         "entry point loop"
//         block ... block            one for each resume point and jump target
//           local.get 0; br_table    the dispatch by PC_B, which is local 0
//         end code end code ...
//
// A jump forward or backward is `i32.const PC_B; local.set 0; br` to the loop. After a call, `br_if` to the outermost block unwinds.

/** Local 0 of a function of Go's calling convention: PC_B, where it is to begin or to go on. */
const PC_LOCAL = 0;

export interface NextStops {
  /** Module offsets of the first instructions at which to stop, rising. */
  readonly offsets: readonly ModuleOffset[];
  /** Whether the function can return without passing one of them. */
  readonly returns: boolean;
}

/**
 * The first places that a function can come to from PC_B `from` (0: its entry) at which `isStop` says to stop, on every way through its code; calls
 * count as done when they are back. `isStop` is asked for offsets of instructions, of each at most once. Throws a FormatError when the code cannot be
 * decoded. Undefined where the function does not exist, or has no such resume point.
 */
export function nextStops(
  wasm: WasmModule,
  index: FuncIndex,
  from: number,
  isStop: (offset: ModuleOffset) => boolean,
): NextStops | undefined {
  const code = readFlow(wasm, index);
  if (code === undefined) return undefined;
  const begin = code.resume(from);
  if (begin === undefined) return undefined;
  const offsets: ModuleOffset[] = [];
  const seen = new Uint8Array(code.count);
  const open = [begin];
  let returns = false;
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    while (at < code.count && seen[at] === 0) {
      seen[at] = 1;
      const offset = (code.offset[at] ?? 0) as ModuleOffset;
      const opcode = code.opcode[at] ?? 0;
      if (isBreakable(opcode) && isStop(offset)) {
        offsets.push(offset);
        break;
      }
      if (opcode === Op.return || opcode === Op.returnCall || opcode === Op.returnCallIndirect) {
        returns = true;
        break;
      }
      if (opcode === Op.unreachable) break;
      const target = code.target[at] ?? NOWHERE;
      if (target >= 0) open.push(target);
      if (opcode === Op.brTable) open.push(...code.tableTargets(at));
      const ends = opcode === Op.br || opcode === Op.else || opcode === Op.brTable;
      if (ends) break;
      at++;
    }
  }
  return { offsets: offsets.sort((a, b) => a - b), returns };
}

/** The first instruction that is reached from PC_B `from` and at which a debugger can stop; undefined where there is none. */
export function resumeOffset(wasm: WasmModule, index: FuncIndex, from: number): ModuleOffset | undefined {
  return nextStops(wasm, index, from, () => true)?.offsets[0];
}

/** V8 stops at no instruction that only shapes the code (WasmOpcodes::IsBreakable). */
const isBreakable = (opcode: number): boolean =>
  opcode !== Op.block && opcode !== Op.loop && opcode !== Op.else && opcode !== Op.end && opcode !== Op.nop;

/** No jump; and one that unwinds the stack. */
const NOWHERE = -1;

/** The instructions of a body, and where each can jump to: indices of instructions. */
interface Flow {
  readonly count: number;
  readonly offset: readonly number[];
  readonly opcode: readonly number[];
  readonly target: readonly number[];
  tableTargets(at: number): number[];
  /** Where PC_B leads. */
  resume(pcBlock: number): number | undefined;
}

interface Frame {
  readonly opcode: number;
  readonly start: number;
  /** Instructions whose target is the end of this block, or of its first half. */
  readonly toEnd: number[];
  readonly tables: { readonly at: number; readonly slot: number }[];
  ifAt: number;
}

function readFlow(wasm: WasmModule, index: FuncIndex): Flow | undefined {
  const body = bodyOf(wasm, index);
  if (body === undefined) return undefined;
  const cursor = new InstructionCursor(wasm.bytes);
  cursor.open(body.start, body.end);
  const [offset, opcode, target]: [number[], number[], number[]] = [[], [], []];
  const tables = new Map<number, number[]>();
  const stack: Frame[] = [];
  /** Jumps to the entry point loop, with the PC_B that they go to. */
  const jumps: { readonly at: number; readonly pc: number }[] = [];
  let dispatch = NOWHERE;
  let [constant, pc] = [NOWHERE, NOWHERE];
  const branch = (at: number, depth: number): Frame | undefined => {
    const frame = stack[stack.length - 1 - depth];
    // The outermost block is left only to unwind.
    if (frame === undefined || (frame === stack[0] && frame.opcode === Op.block)) return undefined;
    if (frame.opcode === Op.loop) {
      if (pc !== NOWHERE) jumps.push({ at, pc });
      else target[at] = frame.start;
      return undefined;
    }
    return frame;
  };
  while (cursor.next()) {
    const at = offset.push(cursor.offset) - 1;
    opcode.push(cursor.opcode);
    target.push(NOWHERE);
    switch (cursor.opcode) {
      case Op.block:
      case Op.loop:
      case Op.if:
        stack.push({
          opcode: cursor.opcode,
          start: at,
          toEnd: [],
          tables: [],
          ifAt: cursor.opcode === Op.if ? at : NOWHERE,
        });
        break;
      case Op.else: {
        const frame = stack.at(-1);
        if (frame === undefined) break;
        target[frame.ifAt] = at + 1;
        frame.ifAt = NOWHERE;
        frame.toEnd.push(at);
        break;
      }
      case Op.end: {
        const frame = stack.pop();
        if (frame === undefined) break;
        if (frame.ifAt !== NOWHERE) target[frame.ifAt] = at;
        for (const one of frame.toEnd) target[one] = at;
        for (const { at: table, slot } of frame.tables) (tables.get(table) ?? [])[slot] = at;
        break;
      }
      case Op.br:
      case Op.brIf:
        branch(at, cursor.index)?.toEnd.push(at);
        break;
      case Op.brTable: {
        if (dispatch === NOWHERE) dispatch = at;
        const labels = cursor.brTableTargets();
        tables.set(at, new Array<number>(labels.length).fill(NOWHERE));
        labels.forEach((depth, slot) => branch(at, depth)?.tables.push({ at, slot }));
        break;
      }
      case Op.i32Const:
        constant = cursor.constant();
        pc = NOWHERE;
        continue;
      case Op.localSet:
        if (cursor.index === PC_LOCAL) pc = constant;
        break;
    }
    constant = NOWHERE;
    if (cursor.opcode !== Op.localSet) pc = NOWHERE;
  }
  const resume = (pcBlock: number): number | undefined => {
    if (dispatch === NOWHERE) return pcBlock === 0 ? 0 : undefined;
    const to = tables.get(dispatch)?.[pcBlock] ?? NOWHERE;
    return to === NOWHERE ? undefined : to;
  };
  for (const { at, pc: to } of jumps) target[at] = resume(to) ?? NOWHERE;
  return {
    count: offset.length,
    offset,
    opcode,
    target,
    tableTargets: (at) => (tables.get(at) ?? []).filter((one) => one !== NOWHERE),
    resume,
  };
}
