import { EXACT, type Confidence } from '../base/confidence.ts';
import { goPc, type FuncIndex, type GoPc, type ModuleOffset } from '../base/units.ts';
import { readCodePcs, segmentAt, type CodePcs } from '../go/code-pcs.ts';
import { readFunctionLines, type FunctionLines } from '../go/function-lines.ts';
import { isInner, type FunctionStarts } from '../go/function-starts.ts';
import type { GoFunc } from '../go/func-table.ts';
import type { GoFrame, GoModule } from '../go/go-module.ts';
import { readInlinedCall } from '../go/inline-tree.ts';
import { firstStatementEnd, isStraight, lastStatementStart } from '../go/statements.ts';
import { FuncData } from '../go/versions.ts';
import { Op } from '../wasm/instructions.ts';

// What is known of a byte between calls, once its PCs are (go/code-pcs.ts). The tables hold for each PC what its *last* instruction is:
// its line, and the inlined call that it is part of. As PC_B goes up right after an instruction that enters or leaves inlined code, all
// instructions of a PC but the last one belong to the inlined call of the PC before (Go src/cmd/internal/obj/wasm/wasmobj.go,
// preprocess). So the inlined call of a byte is known where its PC is. The line is known less well:
//   - it is exact in the last statement of a PC, because the compiler gives a statement one place;
//   - else it is among the lines that the tables hold for that inlined call. In code without branches, where the nearest PCs before and
//     after of the same inlined call have one line, it is most likely that line (95 %).
// Where the PC is not certain, neither is the inlined call: the place is told as of what is around all that it may be part of, and these
// are told beside it. test/unit/symbols/between-calls.test.ts holds all of it against the listing of Go's assembler.

const WHY_LINES = 'between two calls not each line is recorded; these are the lines of this function';
const WHY_MARKED =
  'between two calls it is not recorded where inlined code ends; the function is the one that was inlined here';
const WHY_INLINED =
  'between two calls it is not recorded where inlined code begins or ends; these are the lines of the function around it';

/** Where a byte is: in one inlined call, or in the function itself. */
export interface LinesOfCall {
  /** Innermost first. The line of the innermost one is from `first` to `last`, 0 where unknown. */
  readonly levels: readonly GoFrame[];
  readonly first: number;
  readonly last: number;
}

type LinesByFile = readonly [LinesOfCall, ...LinesOfCall[]];

/** A place between calls. */
export interface BetweenCalls extends LinesOfCall {
  /** The line of the innermost level that it most likely is, of several; 0 where none is. */
  readonly likely: number;
  /** The other inlined calls that the byte may be part of, or the function around them; empty where it is known. */
  readonly alternatives: readonly LinesOfCall[];
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
  readonly #starts: FunctionStarts;
  readonly #levels = new Map<number, readonly GoFrame[]>();
  readonly #calls = new Map<number, LinesByFile>();
  #inlinedStarts: readonly { file: string; line: number }[] | undefined;
  readonly #places = new Map<number, BetweenCalls>();
  readonly #afterMarks = new Map<number, BetweenCalls>();
  readonly #lastStatements = new Map<number, number>();

  /** Throws a FormatError when body or tables cannot be read. `index` is not an import. */
  constructor(go: GoModule, fn: GoFunc, index: FuncIndex, starts: FunctionStarts) {
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
    this.#starts = starts;
    this.pcs = pcs;
    this.lines = readFunctionLines(go, fn);
  }

  /** The place of a byte of the body; undefined outside it and where the tables hold nothing. */
  at(offset: ModuleOffset): BetweenCalls | undefined {
    const segment = segmentAt(this.pcs, offset);
    if (segment < 0 || this.lines.count === 0) return undefined;
    const afterMark = this.#isAfterMark(segment, offset);
    if (!afterMark && this.#isLastStatement(segment, offset))
      return this.#exact(this.pcs.pcLow[segment] ?? 0);
    const known = (afterMark ? this.#afterMarks : this.#places).get(segment);
    if (known !== undefined) return known;
    const place = afterMark ? this.#inlinedAt(segment) : this.#placeOf(segment);
    (afterMark ? this.#afterMarks : this.#places).set(segment, place);
    return place;
  }

  /** Whether the tables hold the very statement: the last one of a PC that is certain, and that ends where the segment ends. */
  #isLastStatement(segment: number, offset: ModuleOffset): boolean {
    const { pcs } = this;
    const pc = pcs.pcLow[segment] ?? 0;
    // PC 0 is the prologue, whose parts have lines of their own.
    if (pcs.shape !== 'anchored' || pc === 0 || pc !== pcs.pcHigh[segment]) return false;
    // The code of the PC may go on in the next segment.
    if ((pcs.pcLow[segment + 1] ?? Infinity) <= pc) return false;
    let start = this.#lastStatements.get(segment);
    if (start === undefined) {
      start = lastStatementStart(this.go.wasm, pcs, segment);
      this.#lastStatements.set(segment, start);
    }
    return offset >= start;
  }

  #exact(block: number): BetweenCalls | undefined {
    const levels = this.#levelsAt(block);
    const line = this.lines.line[block] ?? 0;
    if (line <= 0) return undefined;
    return {
      levels,
      first: line,
      last: line,
      likely: 0,
      alternatives: [],
      pc: this.#pc(block),
      confidence: EXACT,
    };
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

  /** What was inlined is likely (measured: 93 %), not certain: arguments may be computed after the mark. */
  #inlinedAt(segment: number): BetweenCalls {
    const low = this.pcs.pcLow[segment] ?? 0;
    const high = Math.min(this.pcs.pcHigh[segment] ?? 0, this.lines.count - 1);
    const call = this.#inlineAt(low);
    const others = this.#callsOf(low - 1, high - 1);
    others.delete(call);
    const [lines, ...otherFiles] = this.#linesOfCall(call);
    return {
      ...lines,
      likely: 0,
      alternatives: [...otherFiles, ...[...others].flatMap((other) => this.#linesOfCall(other))],
      pc: undefined,
      confidence: { kind: 'inferred', why: WHY_MARKED },
    };
  }

  #placeOf(segment: number): BetweenCalls {
    const low = this.pcs.pcLow[segment] ?? 0;
    const high = Math.min(this.pcs.pcHigh[segment] ?? 0, this.lines.count - 1);
    // The PCs whose inlined call the code may be part of: those before each step, and the one before the first.
    const from = low - 1;
    const to = low === high ? from : high - 1;
    const calls = this.#callsOf(from, to);
    const [call = -1] = calls;
    return calls.size > 1 ? this.#around(calls) : this.#inside(segment, low, high, call);
  }

  /** The inlined calls of these PCs. */
  #callsOf(from: number, to: number): Set<number> {
    const calls = new Set<number>();
    for (let block = from; block <= to; block++) calls.add(this.#inlineAt(block));
    return calls;
  }

  /** All of the segment's code is part of one inlined call (or of none). */
  #inside(segment: number, low: number, high: number, call: number): BetweenCalls {
    const { line } = this.lines;
    const [lines, ...otherFiles] = this.#linesOfCall(call);
    const pc = low === high ? this.#pc(low) : undefined;
    const before = this.#nearest(low - 1, -1, call);
    const after = this.#nearest(high, 1, call);
    const near = new Set([
      before,
      after,
      after === undefined ? undefined : this.#nearest(after + 1, 1, call),
    ]);
    near.delete(undefined);
    const nearLines = new Set([...near].map((block) => line[block ?? 0]));
    const one = nearLines.size === 1 && before !== undefined ? [...nearLines][0] : undefined;
    const isLikely = one !== undefined && pc !== undefined && isStraight(this.go.wasm, this.pcs, segment);
    const likely = isLikely && lines.first < lines.last ? one : 0;
    return { ...lines, likely, alternatives: otherFiles, pc, confidence: { kind: 'range', why: WHY_LINES } };
  }

  /**
   * The lines of an inlined call (-1: of the function itself) that the tables hold, by file, the file of its first PC first: an init
   * function has statements of several.
   */
  #linesOfCall(call: number): LinesByFile {
    const known = this.#calls.get(call);
    if (known !== undefined) return known;
    const { line, file, inline } = this.lines;
    const byFile = new Map<number, { block: number; first: number; last: number }>();
    for (let block = 0; block < this.lines.count; block++) {
      const at = line[block] ?? -1;
      if (inline[block] !== call || at <= 0) continue;
      const lines = byFile.get(file[block] ?? -1);
      if (lines === undefined) byFile.set(file[block] ?? -1, { block, first: at, last: at });
      else {
        lines.first = Math.min(lines.first, at);
        lines.last = Math.max(lines.last, at);
      }
    }
    const [one, ...others] = [...byFile.values()].map(({ block, first, last }): LinesOfCall => {
      const levels = this.#levelsAt(block);
      return byFile.size > 1 ? { levels, first, last } : this.#widened({ levels, first, last });
    });
    // A function that is not inlined and whose every recorded place is in inlined code: only its name is known.
    const lines: LinesByFile = [one ?? { levels: this.#outermost(), first: 0, last: 0 }, ...others];
    this.#calls.set(call, lines);
    return lines;
  }

  /**
   * The tables of this function may hold neither the line on which what was inlined starts to run, nor its last ones: it ends before the
   * next function of its file, as far as one is known, of those with code of their own and of those that were inlined here.
   */
  #widened({ levels, first, last }: LinesOfCall): LinesOfCall {
    const [level] = levels;
    if (level === undefined || last === 0) return { levels, first, last };
    const { file, startLine, inlined } = level;
    let end = last;
    if (inlined) {
      this.#inlinedStarts ??= this.#readInlinedStarts();
      const here = this.#inlinedStarts.filter((one) => one.file === file && one.line > last);
      const next = Math.min(this.#starts.after(file, last) ?? Infinity, ...here.map((one) => one.line));
      end = next === Infinity ? Math.max(last, this.#starts.lastInner(file)) : next - 1;
    }
    return { levels, first: startLine > 0 ? Math.min(first, startLine) : first, last: end };
  }

  #readInlinedStarts(): readonly { file: string; line: number }[] {
    const starts = new Map<string, { file: string; line: number }>();
    for (let block = 0; block < this.lines.count; block++) {
      for (const { name, file, startLine } of this.#levelsAt(block)) {
        if (startLine > 0 && !isInner(name)) starts.set(`${file}:${startLine}`, { file, line: startLine });
      }
    }
    return [...starts.values()];
  }

  /** The code is part of one of several inlined calls: the place is told as of the innermost level that all of them have. */
  #around(calls: ReadonlySet<number>): BetweenCalls {
    const candidates = [...calls].flatMap((call) => this.#linesOfCall(call));
    const levels = commonLevels(candidates.map((candidate) => candidate.levels));
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
    return {
      ...this.#widened({ levels, first, last }),
      likely: 0,
      alternatives: candidates.filter((candidate) => candidate.levels.length > levels.length),
      pc: undefined,
      confidence: { kind: 'range', why: WHY_INLINED },
    };
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
