import { EXACT, type Confidence } from '../base/confidence.ts';
import { goPc, type FuncIndex, type GoPc, type ModuleOffset } from '../base/units.ts';
import { readCodePcs, segmentAt, type CodePcs } from '../go/code-pcs.ts';
import { readFunctionLines, type FunctionLines } from '../go/function-lines.ts';
import type { GoFunc } from '../go/func-table.ts';
import type { GoFrame, GoModule } from '../go/go-module.ts';
import { readInlinedCall } from '../go/inline-tree.ts';
import { firstStatementEnd, isStraight } from '../go/statements.ts';
import { FuncData } from '../go/versions.ts';
import { Op } from '../wasm/instructions.ts';

// What is known of a byte between calls, once its PCs are (go/code-pcs.ts). The tables hold for each PC what its *last* instruction is:
// its line, and the inlined call that it is part of. As PC_B goes up right after an instruction that enters or leaves inlined code, all
// instructions of a PC but the last one belong to the inlined call of the PC before (Go src/cmd/internal/obj/wasm/wasmobj.go,
// preprocess). So the inlined call of a byte is known where its PC is. The line is known less well:
//   - in code without branches, where the nearest PCs before and after of the same inlined call have one line, it is that line;
//   - else it is among the lines that the tables hold for that inlined call.
// Measured on the 32,000 instructions that can trap in packages main and fmt (Go 1.21, 1.27) against the listing of `go build -gcflags=-S`:
// the first holds for 98 %, and is mostly one line off elsewhere; the second for 99.97 %.

const WHY_LINES = 'between two calls not each line is recorded; these are the lines of this function';
const WHY_MARKED =
  'between two calls it is not recorded where inlined code ends; the function is the one that was inlined here';
const WHY_INLINED =
  'between two calls it is not recorded where inlined code begins or ends; these are the lines of the function around it';

/** A place between calls. */
export interface BetweenCalls {
  /** Innermost first. The line of the innermost one is from `first` to `last`, 0 where unknown. */
  readonly levels: readonly GoFrame[];
  readonly first: number;
  readonly last: number;
  /** The PC, where it is certain. */
  readonly pc: GoPc | undefined;
  readonly confidence: Confidence;
}

/** The code of one function. */
export class FunctionCode {
  readonly go: GoModule;
  readonly fn: GoFunc;
  readonly index: FuncIndex;
  readonly pcs: CodePcs;
  readonly lines: FunctionLines;
  readonly #levels = new Map<number, readonly GoFrame[]>();
  readonly #places = new Map<number, BetweenCalls>();
  readonly #afterMarks = new Map<number, BetweenCalls>();

  /** Throws a FormatError when body or tables cannot be read. `index` is not an import. */
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
    this.index = index;
    this.pcs = pcs;
    this.lines = readFunctionLines(go, fn);
  }

  /** The place of a byte of the body; undefined outside it and where the tables hold nothing. */
  at(offset: ModuleOffset): BetweenCalls | undefined {
    const segment = segmentAt(this.pcs, offset);
    if (segment < 0 || this.lines.count === 0) return undefined;
    const afterMark = this.#isAfterMark(segment, offset);
    const known = (afterMark ? this.#afterMarks : this.#places).get(segment);
    if (known !== undefined) return known;
    const place = afterMark ? this.#inlinedAt(segment) : this.#placeOf(segment);
    (afterMark ? this.#afterMarks : this.#places).set(segment, place);
    return place;
  }

  /**
   * Whether the offset is in the first statement after an inline mark: the mark stands for the call, and what was inlined begins right
   * after it. Only where the segment does not say so itself.
   */
  #isAfterMark(segment: number, offset: ModuleOffset): boolean {
    const low = this.pcs.pcLow[segment] ?? 0;
    const start = this.pcs.start[segment] ?? 0;
    if (low === 0 || low === this.pcs.pcHigh[segment] || this.go.wasm.bytes[start - 1] !== Op.nop)
      return false;
    const index = this.#inlineAt(low);
    const tree = this.go.functions.funcData(this.fn, FuncData.inlineTree);
    if (index < 0 || tree === undefined) return false;
    const call = readInlinedCall(this.go.image, tree, index, this.go.layout.inlineTree);
    if (call.parentPc !== low - 1) return false;
    return offset < firstStatementEnd(this.go.wasm, start, this.pcs.start[segment + 1] ?? this.pcs.end);
  }

  /**
   * The function is likely (measured: 93 %), not certain: arguments may be computed after the mark. So the lines are those of every
   * inlined call that the code may be part of, where they are in one file.
   */
  #inlinedAt(segment: number): BetweenCalls {
    const low = this.pcs.pcLow[segment] ?? 0;
    const high = Math.min(this.pcs.pcHigh[segment] ?? 0, this.lines.count - 1);
    const { levels, first, last } = this.#inside(segment, low, low, this.#inlineAt(low));
    const calls = new Set<number>();
    for (let block = low - 1; block < high; block++) calls.add(this.#inlineAt(block));
    const recorded = this.#linesOf((block) => calls.has(this.#inlineAt(block)));
    if (recorded.file === levels[0]?.file) {
      const confidence: Confidence = { kind: 'range', why: WHY_MARKED };
      return {
        levels,
        first: Math.min(first, recorded.first),
        last: Math.max(last, recorded.last),
        pc: undefined,
        confidence,
      };
    }
    return { levels, first, last, pc: undefined, confidence: { kind: 'inferred', why: WHY_MARKED } };
  }

  /** The lines that the tables hold of some PCs, and their file; undefined where there is more than one. */
  #linesOf(belongs: (block: number) => boolean): { first: number; last: number; file: string | undefined } {
    const { line, file } = this.lines;
    let first = Infinity;
    let last = 0;
    const files = new Set<number>();
    for (let block = 0; block < this.lines.count; block++) {
      const at = line[block] ?? -1;
      if (at <= 0 || !belongs(block)) continue;
      first = Math.min(first, at);
      last = Math.max(last, at);
      files.add(file[block] ?? -1);
    }
    const [only = -1] = files;
    return { first, last, file: files.size === 1 && only >= 0 ? this.go.files.name(only) : undefined };
  }

  #placeOf(segment: number): BetweenCalls {
    const low = this.pcs.pcLow[segment] ?? 0;
    const high = Math.min(this.pcs.pcHigh[segment] ?? 0, this.lines.count - 1);
    // The PCs whose inlined call the code may be part of: those before each step, and the one before the first.
    const from = low - 1;
    const to = low === high ? from : high - 1;
    const call = this.#inlineAt(from);
    for (let block = from + 1; block <= to; block++) {
      if (this.#inlineAt(block) !== call) return this.#around(from, to);
    }
    return this.#inside(segment, low, high, call);
  }

  /** All of the segment's code is part of one inlined call (or of none). */
  #inside(segment: number, low: number, high: number, call: number): BetweenCalls {
    const { line, file, inline } = this.lines;
    const pc = low === high ? this.#pc(low) : undefined;
    const before = this.#nearest(low - 1, -1, call);
    const after = this.#nearest(high, 1, call);
    const nearest = before ?? after;
    // A function that is not inlined and whose every recorded place is in inlined code: only its name is known.
    const levels = nearest === undefined ? this.#outermost() : this.#levelsAt(nearest);
    const own = file[nearest ?? 0];
    const recorded = this.#linesOf((block) => inline[block] === call && file[block] === own);
    let { first } = recorded;
    const { last } = recorded;
    // The tables may not hold the line on which the function starts to run.
    const start = levels[0]?.startLine ?? 0;
    if (before === undefined && start > 0) first = Math.min(first, start);
    if (first > last) return { levels, first: 0, last: 0, pc, confidence: { kind: 'range', why: WHY_LINES } };
    const near = new Set([
      before,
      after,
      after === undefined ? undefined : this.#nearest(after + 1, 1, call),
    ]);
    near.delete(undefined);
    const nearLines = new Set([...near].map((block) => line[block ?? 0]));
    const one = nearLines.size === 1 && before !== undefined ? [...nearLines][0] : undefined;
    if (one !== undefined && pc !== undefined && isStraight(this.go.wasm, this.pcs, segment)) {
      return { levels, first: one, last: one, pc, confidence: EXACT };
    }
    const confidence: Confidence =
      first === last && pc !== undefined ? EXACT : { kind: 'range', why: WHY_LINES };
    return { levels, first, last, pc, confidence };
  }

  /** The code is part of several inlined calls: the place is told as of the innermost level that all of them have. */
  #around(from: number, to: number): BetweenCalls {
    const candidates: (readonly GoFrame[])[] = [];
    for (let block = from; block <= to; block++)
      candidates.push(block < 0 ? this.#outermost() : this.#levelsAt(block));
    const levels = commonLevels(candidates);
    const key = keyOf(levels);
    const file = levels[0]?.file;
    let first = Infinity;
    let last = 0;
    // Lines of this level's own code, and of its calls of what was inlined into it.
    for (let block = 0; block < this.lines.count; block++) {
      const all = this.#levelsAt(block);
      const level = all[all.length - levels.length];
      if (level === undefined || level.line === 0 || level.file !== file) continue;
      if (keyOf(all.slice(all.length - levels.length)) !== key) continue;
      first = Math.min(first, level.line);
      last = Math.max(last, level.line);
    }
    if (last === 0) first = 0;
    return { levels, first, last, pc: undefined, confidence: { kind: 'range', why: WHY_INLINED } };
  }

  /** The inlined call of the last instruction of a PC; before the first PC, none. */
  #inlineAt(block: number): number {
    return block < 0 ? -1 : (this.lines.inline[block] ?? -1);
  }

  /** The nearest PC, from `block` on in that direction, whose last instruction is part of the inlined call. */
  #nearest(block: number, step: 1 | -1, call: number): number | undefined {
    for (let at = block; at >= 0 && at < this.lines.count; at += step) {
      if (this.lines.inline[at] === call) return at;
    }
    return undefined;
  }

  #pc(block: number): GoPc {
    return goPc(this.go.functions.entry(this.fn) + block);
  }

  #levelsAt(block: number): readonly GoFrame[] {
    const known = this.#levels.get(block);
    if (known !== undefined) return known;
    const levels = this.go.frames(this.fn, this.#pc(block));
    this.#levels.set(block, levels);
    return levels;
  }

  /** The function itself, without anything inlined into it. */
  #outermost(): readonly GoFrame[] {
    return this.#levelsAt(0).slice(-1);
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
