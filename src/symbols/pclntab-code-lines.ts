import { FormatError } from '../base/format-error.ts';
import type { FuncIndex } from '../base/units.ts';
import type { CallSites } from '../go/call-sites.ts';
import { readCodePcs, type CodePcs } from '../go/code-pcs.ts';
import type { GoFunc } from '../go/func-table.ts';
import { LinesRoom, readFunctionLines, type FunctionLines } from '../go/function-lines.ts';
import type { GoBody, GoModule } from '../go/go-module.ts';
import { readInlinedCall } from '../go/inline-tree.ts';
import { lastStatementStart } from '../go/statements.ts';
import { FuncData } from '../go/versions.ts';
import { InstructionCursor } from '../wasm/instructions.ts';
import { bodyOf, NO_FUNCTION } from '../wasm/module.ts';
import { isGenerated } from '../base/generated-code.ts';
import { CodeLinesBuilder, NONE, Stretch, type CodeLines } from './code-lines.ts';

/** Functions a step: about five milliseconds of work. */
const STEP = 64;

/**
 * All code of a Go module by line, in steps; yields how many functions are done. It says `exact` where `PclntabSource.locate` does, from the
 * same rules (go/code-pcs.ts, between-calls.ts), in one pass over the code. A function whose tables or code are damaged has no lines.
 */
export function* pclntabCodeLines(go: GoModule): Generator<number, CodeLines> {
  yield* go.callSites.allInSteps(STEP);
  const writer = new Writer(go);
  const { functionCount, importedFunctionCount } = go.wasm;
  for (let i = 0; i < functionCount; i++) {
    writer.write((importedFunctionCount + i) as FuncIndex);
    if ((i + 1) % STEP === 0) yield i + 1;
  }
  return writer.finish();
}

/** `i32.const 1; end`: where a function goes whose stack is to be unwound, at the end of the body. */
const UNWIND_TAIL = 3;

/**
 * The loop that calls what is next by the stack in memory (Go src/runtime/rt0_js_wasm.s). Without a line it is on no ignore list: a step that leaves a function which
 * the loop had called ends there, where it can be seen, and not when the whole program waits.
 */
const SWITCH = 'wasm_pc_f_loop';

/** Go src/runtime/panic.go, signal_unix.go, iface.go: what compiled code calls when a check fails. */
const MAKES_ERROR =
  /^runtime\.(?:sigpanic|goPanic\w+|panic(?:Index|Slice|divide|shift|mem|wrap|dottype|nildottype|unsafe|overflow|makeslice|Bounds|Extend)\w*)$/;

class Writer {
  readonly #go: GoModule;
  readonly #out = new CodeLinesBuilder();
  /** Offset of a file's name -> its index in the output. */
  readonly #files = new Map<number, number>();
  /** Offset of a name -> the function of the output that was made of it first, and its line. */
  readonly #functions = new Map<number, { readonly fn: number; readonly startLine: number }>();
  /** Name and line -> function of the output. */
  readonly #names = new Map<string, number>();
  /** By function of the module: 1 when it makes a run-time error, 2 when it does not, 0 while that is not known. */
  readonly #errors: Uint8Array;
  readonly #room = new LinesRoom();
  readonly #cursor: InstructionCursor;
  #end = 0;

  // Of the function that is being written.
  #body: GoBody = { fn: 0 as GoFunc, by: 'table' };
  #lines: FunctionLines | undefined;
  #root = NONE;
  /** Entry of the inline tree -> level; 0 stands for the function itself, n + 1 for entry n. */
  #levels: number[] = [];
  /** By level, from `#root` on: file and line of the exact code before; line 0 where there was none. */
  #lastFile: number[] = [];
  #lastLine: number[] = [];
  #levelCount = 0;
  /** The code before is an `aside`. */
  #isAside = false;

  constructor(go: GoModule) {
    this.#go = go;
    const { wasm } = go;
    this.#errors = new Uint8Array(wasm.importedFunctionCount + wasm.functionCount);
    this.#cursor = new InstructionCursor(wasm.bytes);
  }

  finish(): CodeLines {
    this.#out.add(this.#end, Stretch.none, NONE, 0, NONE);
    return this.#out.finish();
  }

  write(index: FuncIndex): void {
    const place = bodyOf(this.#go.wasm, index);
    if (place === undefined) return;
    // The size of the body stands before it: engines name a function by an offset there.
    const start = this.#end === 0 ? place.start - 1 : this.#end;
    this.#end = place.end;
    try {
      const body = this.#go.bodyOf(index);
      if (body === undefined) {
        this.#out.add(start, Stretch.none, NONE, 0, NONE);
        return;
      }
      this.#open(body);
      if (this.#go.printedName(this.#go.functions.nameOffset(body.fn)) === SWITCH) {
        this.#out.add(start, Stretch.none, NONE, 0, this.#root);
        return;
      }
      this.#writeBody(index, body, start);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#out.add(start, Stretch.none, NONE, 0, NONE);
    }
  }

  #writeBody(index: FuncIndex, { fn, by }: GoBody, start: number): void {
    const go = this.#go;
    const known = {
      pcFunction: go.functions.pcFunction(fn),
      pcCount: go.pcCount(fn),
      rewritten: go.callSites.rewritten,
    };
    const pcs = readCodePcs(go.wasm, index, known);
    if (pcs === undefined) return;
    this.#lines = readFunctionLines(go, fn, this.#room);
    this.#isAside = false;
    this.#addEntry(start);
    if (pcs.shape !== 'anchored' || by !== 'table') {
      this.#writeCalls(go.callSites.ofFunction(index), fn);
      return;
    }
    this.#writeSegments(pcs, go.callSites.ofFunction(index));
    if (isUnwindTail(go.wasm.bytes, pcs.end)) {
      this.#out.add(pcs.end - UNWIND_TAIL, Stretch.none, NONE, 0, this.#root);
    }
  }

  #writeSegments(pcs: CodePcs, sites: CallSites): void {
    const { calls, entry } = pcs;
    const lines = this.#lines;
    const own = this.#go.functions.pcFunction(this.#body.fn);
    let row = 0;
    let site = 0;
    let isEntered = false;
    for (let i = 0; i < pcs.count; i++) {
      const end = pcs.start[i + 1] ?? pcs.end;
      const low = pcs.pcLow[i] ?? 0;
      const high = pcs.pcHigh[i] ?? 0;
      const from = Math.max(pcs.start[i] ?? 0, entry);
      if (!isEntered && end > entry) {
        isEntered = true;
        this.#addStart(entry);
      }
      if (from < end && (from > entry || low > 0)) this.#addNear(from, low, high);
      const isCertain = low === high && low > 0 && (pcs.pcLow[i + 1] ?? Infinity) > low;
      const line = lines?.line[low] ?? 0;
      let statement = Infinity;
      for (; site < sites.count && (sites.offset[site] ?? 0) < end; site++) {
        if (sites.pcFunction[site] !== own) continue;
        const at = sites.offset[site] ?? 0;
        const block = Math.max(0, (sites.pcBlock[site] ?? 0) - 1);
        const isAnchor = calls.call[row] === at;
        this.#isAside = at < entry || this.#makesError(sites.callee[site] ?? 0);
        const [around, exact] = this.#isAside
          ? [Stretch.aside, Stretch.exactAside]
          : [Stretch.call, Stretch.exact];
        if (isAnchor && at >= entry) this.#addAt(calls.start[row] ?? at, around, block);
        this.#addAt(at, exact, block);
        if (at < entry) this.#addEntry(at + 1);
        else this.#addAt(at + 1, isAnchor || this.#isAside ? around : Stretch.near, block);
        if (isAnchor && calls.end[row] === end) statement = calls.check[row] ?? end;
        if (isAnchor) row++;
      }
      if (!isCertain || line <= 0 || end <= entry) continue;
      if (statement === Infinity) statement = lastStatementStart(this.#go.wasm, pcs, i, this.#cursor);
      if (statement >= end) continue;
      const isCheck = statement === calls.check[row - 1];
      if (!isCheck) this.#isAside = false;
      this.#addAt(Math.max(statement, from), this.#isAside ? Stretch.exactAside : Stretch.exact, low);
    }
  }

  /** Of code whose PCs are not known, the calls that push their own. */
  #writeCalls(sites: CallSites, fn: GoFunc): void {
    const own = this.#go.functions.pcFunction(fn);
    for (let row = 0; row < sites.count; row++) {
      if (sites.pcFunction[row] !== own) continue;
      const block = Math.max(0, (sites.pcBlock[row] ?? 0) - 1);
      const at = sites.offset[row] ?? 0;
      this.#addAt(at, Stretch.exact, block);
      this.#addAt(at + 1, Stretch.near, block);
    }
  }

  #open(body: GoBody): void {
    const { functions } = this.#go;
    this.#body = body;
    this.#levels = [];
    this.#lastFile = [];
    this.#lastLine = [];
    this.#levelCount = 0;
    const { fn } = body;
    const entry = this.#go.fileLine(fn, functions.entry(fn));
    const file = this.#out.fileOf(entry.file);
    const startLine = functions.startLine(fn) || entry.line;
    this.#root = this.#addLevel(this.#functionOf(functions.nameOffset(fn), file, startLine), NONE, NONE, 0);
    this.#levels[0] = this.#root;
    this.#note(this.#root, file, startLine);
  }

  #addEntry(start: number): void {
    const at = this.#levelIn(this.#root);
    const line = this.#lastLine[at] ?? 0;
    const file = this.#lastFile[at] ?? NONE;
    const kind = line > 0 && file !== NONE ? Stretch.aside : Stretch.none;
    this.#out.add(start, kind, file, line, this.#root);
  }

  /** The first code of the function itself. */
  #addStart(start: number): void {
    const at = this.#levelIn(this.#root);
    const line = this.#lastLine[at] ?? 0;
    const file = this.#lastFile[at] ?? NONE;
    if (line > 0 && file !== NONE) this.#out.add(start, Stretch.near, file, line, this.#root);
  }

  /** Code whose line is that of a PC. */
  #addAt(start: number, kind: number, block: number): void {
    const lines = this.#lines;
    const line = lines?.line[block] ?? 0;
    const file = this.#fileOf(lines?.file[block] ?? NONE);
    const level = this.#levelOf(lines?.inline[block] ?? NONE);
    if (line <= 0 || file === NONE) {
      this.#out.add(start, Stretch.none, NONE, 0, level);
      return;
    }
    this.#note(level, file, line);
    // A wrapper has no line of its own.
    const is = isGenerated(this.#out.files[file] ?? '') ? Stretch.near : kind;
    this.#out.add(start, is, file, line, level);
  }

  /** Code that may be part of the inlined calls of the PCs from `low - 1` on: told as of what is around all of them. */
  #addNear(start: number, low: number, high: number): void {
    const inline = this.#lines?.inline;
    const to = low === high ? low - 1 : Math.min(high, this.#lines?.count ?? 0) - 1;
    let level = this.#levelOf(low === 0 ? NONE : (inline?.[low - 1] ?? NONE));
    for (let block = low; block <= to && level !== this.#root; block++) {
      level = this.#around(level, this.#levelOf(inline?.[block] ?? NONE));
    }
    for (; level !== NONE; level = this.#parentOf(level)) {
      const at = this.#levelIn(level);
      const line = this.#lastLine[at] ?? 0;
      if (line > 0) {
        // What follows a call that makes a run-time error is jumped over as it is.
        const kind = this.#isAside ? Stretch.aside : Stretch.near;
        this.#out.add(start, kind, this.#lastFile[at] ?? NONE, line, level);
        return;
      }
    }
    this.#out.add(start, Stretch.none, NONE, 0, this.#root);
  }

  /** Whether a function makes a run-time error: of a nil pointer, an index, a division. The compiler puts calls of these beside the code of a line. */
  #makesError(callee: number): boolean {
    if (callee === NO_FUNCTION) return false;
    const known = this.#errors[callee] ?? 0;
    if (known !== 0) return known === 1;
    const body = this.#go.bodyOf(callee as FuncIndex);
    const makes = body !== undefined && MAKES_ERROR.test(this.#go.functions.name(body.fn));
    this.#errors[callee] = makes ? 1 : 2;
    return makes;
  }

  /** The innermost level that holds both. */
  #around(one: number, other: number): number {
    let a = one;
    let b = other;
    // A level has a higher number than those around it.
    while (a !== b) {
      if (a > b) a = this.#parentOf(a);
      else b = this.#parentOf(b);
    }
    return a;
  }

  /** Exact code of a level; the levels around it call from known places. */
  #note(level: number, file: number, line: number): void {
    let [atFile, atLine] = [file, line];
    for (let one = level; one !== NONE; one = this.#parentOf(one)) {
      if (atLine <= 0) return;
      const at = this.#levelIn(one);
      this.#lastFile[at] = atFile;
      this.#lastLine[at] = atLine;
      this.#out.addLine(this.#functionIn[at] ?? 0, atFile, atLine);
      [atFile, atLine] = [this.#callFile[at] ?? NONE, this.#callLine[at] ?? 0];
    }
  }

  readonly #parent: number[] = [];
  readonly #functionIn: number[] = [];
  readonly #callFile: number[] = [];
  readonly #callLine: number[] = [];

  #levelIn(level: number): number {
    return level - this.#root;
  }

  #parentOf(level: number): number {
    return this.#parent[level - this.#root] ?? NONE;
  }

  #addLevel(fn: number, parent: number, callFile: number, callLine: number, shown = true): number {
    const at = this.#levelCount++;
    this.#parent[at] = parent;
    this.#functionIn[at] = fn;
    this.#callFile[at] = callFile;
    this.#callLine[at] = callLine;
    this.#lastFile[at] = NONE;
    this.#lastLine[at] = 0;
    return this.#out.addLevel(fn, parent, shown ? callFile : NONE, shown ? callLine : 0);
  }

  #levelOf(inline: number): number {
    const known = this.#levels[inline + 1];
    if (known !== undefined) return known;
    const go = this.#go;
    const tree = go.functions.funcData(this.#body.fn, FuncData.inlineTree);
    if (inline < 0 || tree === undefined) return this.#root;
    // Protects against a tree that is its own parent.
    this.#levels[inline + 1] = this.#root;
    const call = readInlinedCall(go.image, tree, inline, go.layout.inlineTree);
    const lines = this.#lines;
    const parentInline = lines?.inline[call.parentPc] ?? NONE;
    const parent = this.#levelOf(parentInline);
    const callFile = this.#fileOf(lines?.file[call.parentPc] ?? NONE);
    const callLine = Math.max(0, lines?.line[call.parentPc] ?? 0);
    const parentId =
      parentInline < 0
        ? go.functions.funcId(this.#body.fn)
        : readInlinedCall(go.image, tree, parentInline, go.layout.inlineTree).funcId;
    const shown = !go.hidesWrapper(parentId, call.funcId);
    const level = this.#addLevel(
      this.#functionOf(call.nameOffset, NONE, call.startLine),
      parent,
      callFile,
      callLine,
      shown,
    );
    this.#levels[inline + 1] = level;
    return level;
  }

  /** The function of the output: one for each name and line of declaration, so that those of generic functions are one. */
  #functionOf(nameOffset: number, file: number, startLine: number): number {
    const known = this.#functions.get(nameOffset);
    if (known?.startLine === startLine) return known.fn;
    const name = this.#go.printedName(nameOffset);
    const text = `${name}\n${startLine}`;
    let fn = this.#names.get(text);
    if (fn === undefined) {
      // Up to 1.19 the line is not recorded, and that of the function's first code stands in.
      fn = this.#out.addFunction(name, file, startLine, this.#go.layout.func.startLine >= 0);
      this.#names.set(text, fn);
    }
    if (known === undefined) this.#functions.set(nameOffset, { fn, startLine });
    return fn;
  }

  #fileOf(offset: number): number {
    if (offset < 0) return NONE;
    const known = this.#files.get(offset);
    if (known !== undefined) return known;
    const file = this.#out.fileOf(this.#go.files.name(offset));
    this.#files.set(offset, file);
    return file;
  }
}

const isUnwindTail = (bytes: Uint8Array, end: number): boolean =>
  bytes[end - 3] === 0x41 && bytes[end - 2] === 1 && bytes[end - 1] === 0x0b;
