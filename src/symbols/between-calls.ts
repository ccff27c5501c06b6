import { EXACT, type Confidence } from '../base/confidence.ts';
import { goPc, type FuncIndex, type GoPc, type ModuleOffset } from '../base/units.ts';
import { readCodePcs, segmentAt, type CodePcs } from '../go/code-pcs.ts';
import { readFunctionLines, type FunctionLines } from '../go/function-lines.ts';
import type { GoFunc } from '../go/func-table.ts';
import type { GoFrame, GoModule } from '../go/go-module.ts';
import { InstructionCursor, Op } from '../wasm/instructions.ts';

// The line of a byte between calls. A PC stands for all the code between two steps, and the tables hold the line of the *last* instruction
// of it. Measured on all instructions that can trap of packages main and fmt (Go 1.21, 1.27), against the listing of `go build -gcflags=-S`:
//   - code without branches in it, whose PC and the PCs before and after it (of the same inlined call) have one line: that line, 99.4 %;
//   - else the lines that the tables hold for any PC of the same inlined call: 99.9 %.
// Narrower ranges (the lines of the PC, the one before and the one after) hold 92 % to 99 %, so they are not given as what must be true.

/** A place between calls. */
export interface BetweenCalls {
  /** Innermost first. `first` and `last` are the lines that the innermost level may be at. */
  readonly levels: readonly GoFrame[];
  readonly first: number;
  readonly last: number;
  /** The PC, where it is certain. */
  readonly pc: GoPc | undefined;
  readonly confidence: Confidence;
}

/** One function whose code is asked about. */
export class FunctionCode {
  readonly go: GoModule;
  readonly fn: GoFunc;
  readonly pcs: CodePcs;
  readonly lines: FunctionLines;
  readonly #byBlock = new Map<number, GoFrame[]>();
  readonly #bySegment = new Map<number, BetweenCalls>();

  /** Throws a FormatError when body or tables cannot be read; `index` is not an import. */
  constructor(go: GoModule, fn: GoFunc, index: FuncIndex) {
    const known = {
      pcFunction: go.functions.pcFunction(fn),
      pcCount: go.pcCount(fn),
      rewritten: go.callSites.rewritten,
    };
    const pcs = readCodePcs(go.wasm, index, known);
    if (pcs === undefined) throw new RangeError(`function ${index} has no code`);
    this.go = go;
    this.fn = fn;
    this.pcs = pcs;
    this.lines = readFunctionLines(go, fn);
  }

  /** The place of a byte of the body; undefined outside it and where the tables hold nothing. */
  at(offset: ModuleOffset): BetweenCalls | undefined {
    const segment = segmentAt(this.pcs, offset);
    const known = this.#bySegment.get(segment);
    if (known !== undefined) return known;
    const low = this.pcs.pcLow[segment];
    const high = this.pcs.pcHigh[segment];
    if (low === undefined || high === undefined || this.lines.count === 0) return undefined;
    const place = low === high ? this.#certain(segment, low) : this.#uncertain(low, high);
    this.#bySegment.set(segment, place);
    return place;
  }

  #certain(segment: number, block: number): BetweenCalls {
    const levels = this.#frames(block);
    const [line, file, call] = [this.#line(block), this.lines.file[block], this.lines.inline[block]];
    const before = this.#neighbour(block, -1) ?? block;
    const after = this.#neighbour(block, 1) ?? block;
    const oneLine = this.#line(before) === line && this.#line(after) === line;
    const pc = this.#pc(block);
    if (this.lines.file[before] === file && this.lines.file[after] === file && oneLine) {
      if (this.#isStraight(segment)) return { levels, first: line, last: line, pc, confidence: EXACT };
    }
    const [first, last] = this.#extent(
      (other) => this.lines.inline[other] === call && this.lines.file[other] === file,
    );
    // The tables may not hold the line on which an inlined function starts to run.
    const start = before === block ? (levels[0]?.startLine ?? 0) : 0;
    const from = start > 0 && start < first ? start : first;
    if (from === last && this.#isStraight(segment))
      return { levels, first: line, last: line, pc, confidence: EXACT };
    const why =
      'between two calls the module does not record each line; these are the lines of this function';
    return { levels, first: from, last, pc, confidence: { kind: 'range', why } };
  }

  /** Where inlined code may begin or end among the PCs, the place is told as of the innermost level that all of them have. */
  #uncertain(low: number, high: number): BetweenCalls {
    const candidates: (readonly GoFrame[])[] = [];
    // The code before the first step is that of the PC before.
    for (let block = Math.max(0, low - 1); block <= Math.min(high, this.lines.count - 1); block++) {
      candidates.push(this.#frames(block));
    }
    const levels = commonLevels(candidates);
    const key = keyOf(levels);
    const file = levels[0]?.file;
    let first = Infinity;
    let last = 0;
    // All lines that the tables hold of this level, those of its calls of inlined functions included.
    for (let block = 0; block < this.lines.count; block++) {
      const all = this.#frames(block);
      const level = all[all.length - levels.length];
      if (level === undefined || level.line === 0 || level.file !== file) continue;
      if (keyOf(all.slice(all.length - levels.length)) !== key) continue;
      first = Math.min(first, level.line);
      last = Math.max(last, level.line);
    }
    const why =
      'between two calls the module does not record each line, nor where inlined code begins; these are the lines of this function';
    return {
      levels,
      first: first === Infinity ? 0 : first,
      last,
      pc: undefined,
      confidence: { kind: 'range', why },
    };
  }

  /** The nearest PC in that direction that belongs to the same inlined call. */
  #neighbour(block: number, step: 1 | -1): number | undefined {
    const call = this.lines.inline[block];
    for (let other = block + step; other >= 0 && other < this.lines.count; other += step) {
      if (this.lines.inline[other] === call) return other;
    }
    return undefined;
  }

  #extent(belongs: (block: number) => boolean): readonly [number, number] {
    let first = Infinity;
    let last = 0;
    for (let block = 0; block < this.lines.count; block++) {
      const line = this.#line(block);
      if (line <= 0 || !belongs(block)) continue;
      first = Math.min(first, line);
      last = Math.max(last, line);
    }
    return first === Infinity ? [0, 0] : [first, last];
  }

  #line(block: number): number {
    return this.lines.line[block] ?? -1;
  }

  #pc(block: number): GoPc {
    return goPc(this.go.functions.entry(this.fn) + block);
  }

  #frames(block: number): GoFrame[] {
    const known = this.#byBlock.get(block);
    if (known !== undefined) return known;
    const frames = this.go.frames(this.fn, this.#pc(block));
    this.#byBlock.set(block, frames);
    return frames;
  }

  /** Whether a segment's code runs from its first to its last instruction. What belongs to a call (its unwinding) does not count. */
  #isStraight(segment: number): boolean {
    const { wasm } = this.go;
    const start = this.pcs.start[segment] ?? 0;
    const end = this.pcs.start[segment + 1] ?? this.pcs.end;
    const cursor = new InstructionCursor(wasm.bytes);
    const atBodyStart = segment === 0;
    if (atBodyStart) cursor.open(start, end);
    else {
      cursor.pos = start;
      cursor.end = end;
    }
    // Instructions since a call: its tail is `global.get 0; local.set 1`, then `br_if` or `if; unreachable; end`.
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
}

/** The outer levels that all lists have in common: the same functions, called from the same lines. */
function commonLevels(lists: readonly (readonly GoFrame[])[]): readonly GoFrame[] {
  const [one = [], ...others] = lists;
  for (let depth = one.length; depth > 1; depth--) {
    const outer = one.slice(one.length - depth);
    const key = keyOf(outer);
    if (others.every((list) => keyOf(list.slice(Math.max(0, list.length - depth))) === key)) return outer;
  }
  return one.slice(-1);
}

/** Names the innermost of these levels by how it was reached; its own line is left out. */
function keyOf(levels: readonly GoFrame[]): string {
  return levels.map((level, i) => (i === 0 ? level.name : `${level.name}:${level.line}`)).join('\n');
}
