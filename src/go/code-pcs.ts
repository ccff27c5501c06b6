import type { FuncIndex, ModuleOffset } from '../base/units.ts';
import { InstructionCursor, Op } from '../wasm/instructions.ts';
import { bodyOf, type WasmModule } from '../wasm/module.ts';

// Which PC the bytes between calls have. PC_B is not stored with the code, but the assembler's rules leave anchors in it (Go
// src/cmd/internal/obj/wasm/wasmobj.go, preprocess; the same from 1.19 to 1.27). PC_B goes up by one
//   - at a resume point, before it: its `end` has the new PC, and the dispatch `br_table` at the function's start says which: the PC of
//     resume point k is the first index that leads to label k;
//   - after an inline mark, which is a `nop` on wasm; after the SP adjustment of the prologue; after a call without resume point (by two
//     after sigpanic). A call's own PC is in the literal that it pushes;
//   - after an instruction that enters or leaves inlined code. Nothing in the code shows these, so between two anchors the PC is known
//     up to the number of such steps, which is what the anchors' PCs differ by less the inline marks between them.

/** The PCs that the bytes of one function may have. Segments cover the body without gaps, in order. */
export interface CodePcs {
  readonly count: number;
  /** Module offset of each segment's first byte; a segment ends where the next one starts. */
  readonly start: Uint32Array;
  /** Where the last segment ends: the end of the body. */
  readonly end: ModuleOffset;
  /** Lowest and highest PC_B that code of the segment may have, inclusive; equal where the PC is certain. */
  readonly pcLow: Uint32Array;
  readonly pcHigh: Uint32Array;
  /**
   * `anchored`: as above. `unanchored`: a function outside Go's calling convention (entry glue, wasmexport wrappers, helpers such as
   * memeqbody) or of a rewritten module, one segment with every PC of the function. `unexpected`: the anchors contradict each other;
   * also one segment.
   */
  readonly shape: 'anchored' | 'unanchored' | 'unexpected';
  /** Where the function's own code begins: after the dispatch to the resume points, the check of the stack's size and the adjustment of SP. */
  readonly entry: ModuleOffset;
  /** The calls that push a return PC, in order, each with the code that the assembler makes of the call alone; empty where not anchored. */
  readonly calls: CallAnchors;
}

/** Columns, one row a call. All of [start, end) has the PC before the return PC. */
export interface CallAnchors {
  /** Module offset of the SP adjustment before the push. */
  readonly start: Uint32Array;
  /** Module offset of the call's opcode. */
  readonly call: Uint32Array;
  /** The end of the check whether to unwind. */
  readonly end: Uint32Array;
  /** What the call's last statement begins with: the branch of that check. */
  readonly check: Uint32Array;
}

const NO_CALLS: CallAnchors = {
  start: new Uint32Array(0),
  call: new Uint32Array(0),
  end: new Uint32Array(0),
  check: new Uint32Array(0),
};

/** What the pclntab knows of the function. */
export interface FunctionPcs {
  /** PC_F of its PCs. */
  readonly pcFunction: number;
  /** How many PC_Bs it has: where its pcsp and pcln tables end. */
  readonly pcCount: number;
  /** `CallSiteIndex.rewritten`: then code was moved, and no byte but a call with its literal has a known PC. */
  readonly rewritten: boolean;
}

/** The segment that holds the offset; -1 outside the body. */
export function segmentAt(pcs: CodePcs, offset: ModuleOffset): number {
  if (offset >= pcs.end) return -1;
  let low = 0;
  let high = pcs.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((pcs.start[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * Finds the PCs of every byte of a function's code; undefined for an import. Throws a FormatError when the body cannot be decoded. The
 * work is one pass over the body.
 *
 * Where a call or resume point also changes inlined code, the PC before it has no instruction of its own and the same table entries:
 * then the call's segment names that PC, as the runtime does when it looks up the return PC less one.
 */
export function readCodePcs(module: WasmModule, index: FuncIndex, known: FunctionPcs): CodePcs | undefined {
  const body = bodyOf(module, index);
  if (body === undefined) return undefined;
  const last = Math.max(0, known.pcCount - 1);
  const walk = new Walk(module.bytes, body.start, body.end, known.pcFunction);
  const shape = known.rewritten ? 'unanchored' : walk.run(last);
  if (shape !== 'anchored') {
    return {
      count: 1,
      start: Uint32Array.of(body.start),
      end: body.end,
      pcLow: Uint32Array.of(0),
      pcHigh: Uint32Array.of(last),
      shape,
      entry: body.start,
      calls: NO_CALLS,
    };
  }
  return {
    count: walk.start.length,
    start: new Uint32Array(walk.start),
    end: body.end,
    pcLow: new Uint32Array(walk.pcLow),
    pcHigh: new Uint32Array(walk.pcHigh),
    shape,
    entry: walk.entry as ModuleOffset,
    calls: {
      start: new Uint32Array(walk.callStart),
      call: new Uint32Array(walk.callOpcode),
      end: new Uint32Array(walk.callEnd),
      check: new Uint32Array(walk.callCheck),
    },
  };
}

/** Local 1 holds SP in functions of Go's calling convention, global 0 is SP. */
const SP_LOCAL = 1;
const SP_GLOBAL = 0;
/** Instructions between the push of a return PC and its call, at most: those that take a target PC apart for call_indirect. */
const PUSH_TO_CALL = 8;

/** One pass over a body; the segments are collected on the way. */
class Walk {
  readonly start: number[] = [];
  readonly pcLow: number[] = [];
  readonly pcHigh: number[] = [];
  readonly callStart: number[] = [];
  readonly callOpcode: number[] = [];
  readonly callEnd: number[] = [];
  readonly callCheck: number[] = [];
  /** See `CodePcs.entry`. */
  entry = 0;
  readonly #cursor: InstructionCursor;
  /** Looks ahead of `#cursor`. */
  readonly #probe: InstructionCursor;
  readonly #bodyStart: number;
  readonly #bodyEnd: number;
  readonly #pcFunction: number;
  /** Where the stretch since the last anchor begins, and the lowest PC it may have. */
  #from = 0;
  #low = 0;
  /** Ends of the inline marks since the last anchor. */
  #marks: number[] = [];
  #consistent = true;

  constructor(bytes: Uint8Array, bodyStart: number, bodyEnd: number, pcFunction: number) {
    this.#cursor = new InstructionCursor(bytes);
    this.#probe = new InstructionCursor(bytes);
    this.#bodyStart = bodyStart;
    this.#bodyEnd = bodyEnd;
    this.#pcFunction = pcFunction;
  }

  /** `last` is the function's highest PC_B. */
  run(last: number): CodePcs['shape'] {
    const cursor = this.#cursor;
    cursor.open(this.#bodyStart, this.#bodyEnd);
    this.#probe.end = this.#bodyEnd;
    if (!nextIs(cursor, Op.globalGet, SP_GLOBAL) || !nextIs(cursor, Op.localSet, SP_LOCAL))
      return 'unanchored';
    this.#from = this.#bodyStart;
    this.entry = cursor.pos;
    this.#walk();
    this.#close(this.#bodyEnd, last);
    return this.#consistent ? 'anchored' : 'unexpected';
  }

  #walk(): void {
    const cursor = this.#cursor;
    let depth = 0;
    // The dispatch: PCs of the resume points by label, and the depth of the first label's block.
    let resumePcs: readonly number[] = [];
    let resumed = 0;
    let dispatchDepth = 0;
    let atStart = true;
    let inPrologue = true;

    while (cursor.next()) {
      switch (cursor.opcode) {
        case Op.block:
        case Op.loop:
          depth++;
          continue;
        case Op.if:
          depth++;
          break;
        case Op.brTable:
          if (atStart) {
            resumePcs = firstIndices(cursor.brTableTargets());
            dispatchDepth = depth;
          }
          break;
        case Op.end:
          if (resumed < resumePcs.length && depth === dispatchDepth - resumed) {
            const pc = resumePcs[resumed++] ?? 0;
            // The step to the new PC is before the `end`.
            this.#close(cursor.offset, Math.max(0, pc - 1));
            this.#open(cursor.offset, pc);
            // The first one is the function's entry, PC 0.
            if (resumed === 1) this.entry = cursor.pos;
          }
          depth--;
          break;
        case Op.nop:
          this.#marks.push(cursor.pos);
          break;
        case Op.localGet: {
          if (atStart && cursor.index === 0) continue;
          if (cursor.index !== SP_LOCAL) break;
          const adjusted = this.#matchSpAdjustment(cursor.offset);
          if (adjusted < 0) break;
          const pcBlock = this.#matchPush();
          if (pcBlock >= 0) {
            const resumable = resumed < resumePcs.length && depth === dispatchDepth - resumed;
            if (this.#callAnchor(pcBlock, resumable)) break;
          } else if (inPrologue) {
            this.#anchor(cursor.offset, adjusted, 0, 1);
            cursor.pos = adjusted;
            this.entry = adjusted;
          }
          // The check of the stack's size, with its call of morestack at PC 0, comes before the prologue's adjustment.
          if (pcBlock !== 0) inPrologue = false;
          break;
        }
      }
      atStart = false;
    }
  }

  /** At `offset`: `local.get 1; i32.const N; i32.sub; local.tee 1; global.set 0`, which lowers SP. Returns its end, -1 if it is not. */
  #matchSpAdjustment(offset: number): number {
    const probe = this.#probe;
    probe.pos = offset;
    if (!nextIs(probe, Op.localGet, SP_LOCAL) || !nextIs(probe, Op.i32Const) || !nextIs(probe, Op.i32Sub))
      return -1;
    return nextIs(probe, Op.localTee, SP_LOCAL) && nextIs(probe, Op.globalSet, SP_GLOBAL) ? probe.pos : -1;
  }

  /** After an SP adjustment: `local.get 1; i64.const RET; i64.store`, which pushes a return PC. Returns its PC_B, -1 if it is not. */
  #matchPush(): number {
    const probe = this.#probe;
    if (!nextIs(probe, Op.localGet, SP_LOCAL) || !nextIs(probe, Op.i64Const)) return -1;
    if (probe.high * 65536 + (probe.low >>> 16) !== this.#pcFunction) return -1;
    return nextIs(probe, Op.i64Store) && probe.memoryOffset === 0 ? probe.low & 0xffff : -1;
  }

  /**
   * The call that follows the push, and its tail. `resumable`: the next `end` of this depth is a resume point. Leaves the cursor behind
   * the tail; false when no call follows.
   */
  #callAnchor(pcBlock: number, resumable: boolean): boolean {
    const cursor = this.#cursor;
    const probe = this.#probe;
    const start = cursor.offset;
    let left = PUSH_TO_CALL;
    while (probe.next() && probe.opcode !== Op.call && probe.opcode !== Op.callIndirect)
      if (--left === 0) return false;
    const call = probe.offset;
    // SP may have moved, so the local is loaded again; then the result says whether to unwind.
    if (!nextIs(probe, Op.globalGet, SP_GLOBAL) || !nextIs(probe, Op.localSet, SP_LOCAL) || !probe.next())
      return false;
    const pc = Math.max(0, pcBlock - 1);
    let after = pc;
    let check: number = probe.offset;
    if (probe.opcode === Op.if) {
      if (!nextIs(probe, Op.unreachable) || !nextIs(probe, Op.end)) return false;
      after = pcBlock;
      // Which ends with an `end`, of no statement.
      check = probe.pos;
    } else if (probe.opcode !== Op.brIf) return false;
    // With a branch but without a resume point: morestack, which resumes at PC 0, or sigpanic, which never does.
    else if (!resumable && pcBlock > 0) after = pcBlock + 1;
    this.#anchor(start, probe.pos, pc, after);
    cursor.pos = probe.pos;
    this.callStart.push(start);
    this.callOpcode.push(call);
    this.callEnd.push(probe.pos);
    this.callCheck.push(check);
    return true;
  }

  /** [start, end) has this PC; what follows has `after` or more. */
  #anchor(start: number, end: number, pc: number, after: number): void {
    this.#close(start, pc);
    this.#push(start, pc, pc);
    this.#open(end, after);
  }

  /** Begins the stretch after an anchor. */
  #open(from: number, low: number): void {
    this.#from = from;
    this.#low = low;
    this.#marks.length = 0;
  }

  /** Ends the stretch since the last anchor at `to`; its highest PC is `high`. The inline marks cut it into parts. */
  #close(to: number, high: number): void {
    if (this.#from >= to) return;
    const marks = this.#marks;
    // Steps that nothing in the code shows: any part may hold them.
    const hidden = high - this.#low - marks.length;
    if (hidden < 0) this.#consistent = false;
    let from = this.#from;
    for (let i = 0; i <= marks.length; i++) {
      if (from < to) this.#push(from, this.#low + i, this.#low + i + hidden);
      from = marks[i] ?? to;
    }
  }

  #push(start: number, low: number, high: number): void {
    // An anchor often continues the PC before it.
    const previous = this.start.length - 1;
    if (previous >= 0 && this.pcLow[previous] === low && this.pcHigh[previous] === high) return;
    this.start.push(start);
    this.pcLow.push(low);
    this.pcHigh.push(high);
  }
}

/** For each label of a br_table, in order, the first index that leads to it: `[0, 0, 1, 2, 2]` gives `[0, 2, 3]`. */
function firstIndices(targets: Uint32Array): number[] {
  const first: number[] = [];
  for (let i = 0; i < targets.length; i++) if (targets[i] === first.length) first.push(i);
  return first;
}

/** Goes to the next instruction and says whether it is this one. */
function nextIs(cursor: InstructionCursor, opcode: number, index?: number): boolean {
  return cursor.next() && cursor.opcode === opcode && (index === undefined || cursor.index === index);
}
