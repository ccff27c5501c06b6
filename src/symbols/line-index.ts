import { EXACT, type Confidence } from '../base/confidence.ts';
import { FormatError } from '../base/format-error.ts';
import { goPc, moduleOffset, type FuncIndex } from '../base/units.ts';
import type { CallSites } from '../go/call-sites.ts';
import type { GoFunc } from '../go/func-table.ts';
import type { GoModule } from '../go/go-module.ts';
import { NO_VALUE, type PcValueReader } from '../go/pc-value.ts';
import { FuncData, PcData } from '../go/versions.ts';
import type { FunctionCode } from './between-calls.ts';
import type { LinePlace } from './symbol-source.ts';

/** Functions a step of `build`: about a millisecond of work. */
const STEP = 64;

const BETWEEN: Confidence = {
  kind: 'range',
  why: 'code between two calls: it may stop at a neighbouring line',
};

/** How far `build` has come. */
export interface IndexProgress {
  readonly done: number;
  readonly total: number;
}

/** Calls of the module, and those of them that have an exact place. */
export interface CallCounts {
  readonly total: number;
  readonly exact: number;
}

/** Columns over `CallSites`, one row a site. */
interface SiteLines {
  readonly sites: CallSites;
  /** Line of the innermost level; 0 for a call without PC. */
  readonly line: Uint32Array;
  /** Offset of the file's name (`FileNames.name`); -1 for a call without PC. */
  readonly file: Int32Array;
  /** Entry of the inline tree; -1 outside inlined code. */
  readonly inline: Int32Array;
}

/** File and line of every call of a module, and from them the code of a source line. Built when first asked, or in steps before. */
export class LineIndex {
  readonly #go: GoModule;
  readonly #codeOf: (index: FuncIndex) => FunctionCode;
  #rows: SiteLines | undefined;
  #counts: CallCounts | undefined;
  /** Rows by file, each in the order of lines. */
  readonly #byFile = new Map<number, Uint32Array>();
  #functionsByFile: Map<number, GoFunc[]> | undefined;
  /** Functions whose tables are damaged: the rest is kept. */
  readonly #diagnostics: FormatError[] = [];

  constructor(go: GoModule, codeOf: (index: FuncIndex) => FunctionCode) {
    this.#go = go;
    this.#codeOf = codeOf;
  }

  /** Undefined until the index is built. */
  get calls(): CallCounts | undefined {
    return this.#counts;
  }

  get diagnostics(): readonly FormatError[] {
    return [...this.#go.callSites.diagnostics, ...this.#diagnostics];
  }

  /** Builds the index in steps of a millisecond or two. A caller that stops in the middle loses what was done. */
  *build(): Generator<IndexProgress, CallCounts> {
    if (this.#counts) return this.#counts;
    const go = this.#go;
    const total = 2 * go.wasm.functionCount;
    const scan = go.callSites.allInSteps(STEP);
    let step = scan.next();
    for (; step.done !== true; step = scan.next()) yield { done: step.value, total };
    const sites = step.value;
    const rows: SiteLines = {
      sites,
      line: new Uint32Array(sites.count),
      file: new Int32Array(sites.count).fill(NO_VALUE),
      inline: new Int32Array(sites.count).fill(NO_VALUE),
    };
    this.#diagnostics.length = 0;
    const writer = new RowWriter(go, rows);
    let functions = 0;
    let exact = 0;
    for (let row = 0; row < sites.count;) {
      const func = sites.func[row];
      let end = row;
      while (end < sites.count && sites.func[end] === func) end++;
      for (; row < end; row++) {
        if (sites.pcFunction[row] === 0) continue;
        exact++;
        try {
          writer.write(row);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
          if (this.#diagnostics.length < 100) this.#diagnostics.push(error);
          row = end - 1;
        }
      }
      if (++functions % STEP === 0) yield { done: total / 2 + functions, total };
    }
    this.#rows = rows;
    this.#counts = { total: sites.count, exact };
    return this.#counts;
  }

  /** All source files, sorted. */
  files(): readonly string[] {
    return [...this.#go.files.all().keys()].sort();
  }

  /** The calls on a line, then code between calls of which the tables say that it is of this line. */
  placesOf(file: string, line: number): readonly LinePlace[] {
    const offset = this.#go.files.all().get(file);
    if (offset === undefined) return [];
    const { sites, line: lines } = this.#built();
    const places: LinePlace[] = [];
    const rows = this.#rowsOf(offset);
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((lines[rows[middle] ?? 0] ?? 0) < line) low = middle + 1;
      else high = middle;
    }
    for (let i = low; i < rows.length && lines[rows[i] ?? 0] === line; i++) {
      const row = rows[i] ?? 0;
      places.push({
        moduleOffset: moduleOffset(sites.offset[row] ?? 0),
        funcIndex: (sites.func[row] ?? 0) as FuncIndex,
        confidence: EXACT,
      });
    }
    for (const fn of this.#functionsOf(offset)) places.push(...this.#between(fn, offset, line));
    return places;
  }

  /** The first byte of each stretch of code whose PC has this line. */
  #between(fn: GoFunc, file: number, line: number): LinePlace[] {
    const index = this.#go.funcIndexOf(fn);
    if (index === undefined || this.#go.callSites.rewritten) return [];
    let code: FunctionCode;
    try {
      code = this.#codeOf(index);
    } catch (error) {
      if (error instanceof FormatError) return [];
      throw error;
    }
    const { pcs, lines } = code;
    const places: LinePlace[] = [];
    if (pcs.shape !== 'anchored') return places;
    for (let i = 0; i < pcs.count; i++) {
      const pc = pcs.pcLow[i] ?? 0;
      // Where the PC is not certain, neither is the line.
      if (pcs.pcHigh[i] !== pc || lines.line[pc] !== line || lines.file[pc] !== file) continue;
      places.push({ moduleOffset: moduleOffset(pcs.start[i] ?? 0), funcIndex: index, confidence: BETWEEN });
    }
    return places;
  }

  #built(): SiteLines {
    if (this.#rows === undefined) {
      const steps = this.build();
      while (steps.next().done !== true);
    }
    if (this.#rows === undefined) throw new Error('the index was not built');
    return this.#rows;
  }

  #rowsOf(file: number): Uint32Array {
    const known = this.#byFile.get(file);
    if (known) return known;
    const { line, file: files } = this.#built();
    const rows: number[] = [];
    for (let row = 0; row < files.length; row++) if (files[row] === file) rows.push(row);
    const sorted = Uint32Array.from(rows).sort((a, b) => (line[a] ?? 0) - (line[b] ?? 0) || a - b);
    this.#byFile.set(file, sorted);
    return sorted;
  }

  /** The functions that hold code of a file, inlined code included. */
  #functionsOf(file: number): readonly GoFunc[] {
    this.#functionsByFile ??= this.#readFunctionsByFile();
    return this.#functionsByFile.get(file) ?? [];
  }

  #readFunctionsByFile(): Map<number, GoFunc[]> {
    const { functions, pcTables, files } = this.#go;
    const byFile = new Map<number, GoFunc[]>();
    for (let i = 0; i < functions.count; i++) {
      const fn = i as GoFunc;
      try {
        const table = pcTables.at(functions.pcTable(fn, 'pcfile'));
        const cu = functions.cuOffset(fn);
        for (const number of new Set(table.value)) {
          const offset = number < 0 ? NO_VALUE : files.offset(cu, number);
          if (offset < 0) continue;
          const list = byFile.get(offset);
          if (list) list.push(fn);
          else byFile.set(offset, [fn]);
        }
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }
    return byFile;
  }
}

/** Fills the rows, function after function. */
class RowWriter {
  readonly #go: GoModule;
  readonly #rows: SiteLines;
  readonly #line: PcValueReader;
  readonly #file: PcValueReader;
  readonly #inline: PcValueReader;
  #pcFunction = -1;
  #cuOffset = 0;
  #fileNumber = NO_VALUE;
  #fileOffset = NO_VALUE;

  constructor(go: GoModule, rows: SiteLines) {
    this.#go = go;
    this.#rows = rows;
    this.#line = go.pcTables.reader();
    this.#file = go.pcTables.reader();
    this.#inline = go.pcTables.reader();
  }

  write(row: number): void {
    const { sites } = this.#rows;
    const pcFunction = sites.pcFunction[row] ?? 0;
    if (pcFunction !== this.#pcFunction) this.#open(pcFunction);
    // The PC before the return PC, as Go.lookupPc has it.
    const block = Math.max(0, (sites.pcBlock[row] ?? 0) - 1);
    const number = this.#file.valueAt(block);
    if (number !== this.#fileNumber) {
      this.#fileNumber = number;
      this.#fileOffset = number < 0 ? NO_VALUE : this.#go.files.offset(this.#cuOffset, number);
    }
    this.#rows.file[row] = this.#fileOffset;
    this.#rows.line[row] = Math.max(0, this.#line.valueAt(block));
    this.#rows.inline[row] = this.#inline.valueAt(block);
  }

  #open(pcFunction: number): void {
    const { functions } = this.#go;
    this.#pcFunction = -1;
    const fn = functions.ofPc(goPc(pcFunction * 65536));
    if (fn === undefined)
      throw new FormatError('pclntab', 0, `no function has the PC 0x${pcFunction.toString(16)}0000`);
    this.#line.open(functions.pcTable(fn, 'pcln'));
    this.#file.open(functions.pcTable(fn, 'pcfile'));
    const inlines = functions.funcData(fn, FuncData.inlineTree) !== undefined;
    this.#inline.open(inlines ? functions.pcData(fn, PcData.inlineTreeIndex) : 0);
    this.#cuOffset = functions.cuOffset(fn);
    this.#fileNumber = NO_VALUE;
    this.#fileOffset = NO_VALUE;
    this.#pcFunction = pcFunction;
  }
}
