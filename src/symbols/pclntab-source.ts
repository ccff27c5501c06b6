import { EXACT, type Confidence } from '../base/confidence.ts';
import { FormatError } from '../base/format-error.ts';
import { moduleOffset, pcBlock, type FuncIndex, type GoPc, type ModuleOffset } from '../base/units.ts';
import { findCallSite, returnPcOf } from '../go/call-sites.ts';
import type { GoFunc } from '../go/func-table.ts';
import { FunctionStarts } from '../go/function-starts.ts';
import type { GoBody, GoFrame, GoModule } from '../go/go-module.ts';
import { bodyOf, functionAtOffset } from '../wasm/module.ts';
import { FunctionCode, type LinesOfCall } from './between-calls.ts';
import { LineIndex } from './line-index.ts';
import type { CodeLines } from './code-lines.ts';
import { nowhere } from './nowhere.ts';
import { pclntabCodeLines } from './pclntab-code-lines.ts';
import { roleOf, roleOfName } from './roles.ts';
import type {
  Frame,
  FunctionRole,
  FunctionSymbol,
  LinePlace,
  Location,
  SymbolQuality,
  SymbolSource,
} from './symbol-source.ts';

/** Functions whose code between calls is kept analysed. */
const KEPT_FUNCTIONS = 64;

/**
 * The symbols of a standard Go module: what its pclntab says. A place is answered from the tables of its own function; `index` reads
 * all of them.
 */
export class PclntabSource implements SymbolSource {
  readonly kind = 'pclntab';
  readonly go: GoModule;
  readonly lines: LineIndex;
  readonly #starts: FunctionStarts;
  /** Least recently asked first; an error is kept too, so that a broken function is not read again. */
  readonly #code = new Map<FuncIndex, FunctionCode | FormatError>();
  #functions: readonly FunctionSymbol[] | undefined;

  constructor(go: GoModule) {
    this.go = go;
    this.#starts = new FunctionStarts(go);
    this.lines = new LineIndex(go, (index) => this.#codeOf(index));
  }

  locate(offset: ModuleOffset): Location {
    const funcIndex = Number.isSafeInteger(offset) ? functionAtOffset(this.go.wasm, offset) : undefined;
    if (funcIndex === undefined) return nowhere(offset, 'the offset is outside the code of the module');
    try {
      return this.#locateIn(offset, funcIndex);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return { ...nowhere(offset, error.message), funcIndex };
    }
  }

  functionAt(index: FuncIndex): FunctionSymbol | undefined {
    try {
      const body = this.go.bodyOf(index);
      return body && this.#symbolOf(body.fn, index);
    } catch (error) {
      if (error instanceof FormatError) return undefined;
      throw error;
    }
  }

  placesOf(file: string, line: number): readonly LinePlace[] {
    return this.lines.placesOf(file, line);
  }

  *edges(): Generator<ModuleOffset> {
    for (const { funcIndex, bodyStart, bodySize } of this.functions()) {
      const edges = new Set<number>([bodyStart, bodyStart + bodySize]);
      // The place of a call is that of its opcode's first byte.
      for (const offset of this.go.callSites.ofFunction(funcIndex).offset) edges.add(offset).add(offset + 1);
      try {
        for (const start of this.#codeOf(funcIndex).pcs.start) edges.add(start);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
      for (const offset of [...edges].sort((a, b) => a - b)) yield moduleOffset(offset);
    }
  }

  codeLines(): Generator<unknown, CodeLines> {
    return pclntabCodeLines(this.go);
  }

  functions(): readonly FunctionSymbol[] {
    if (this.#functions) return this.#functions;
    const functions: FunctionSymbol[] = [];
    const { importedFunctionCount, functionCount } = this.go.wasm;
    for (let i = 0; i < functionCount; i++) {
      const symbol = this.functionAt((importedFunctionCount + i) as FuncIndex);
      if (symbol !== undefined) functions.push(symbol);
    }
    this.#functions = functions;
    return functions;
  }

  files(): readonly string[] {
    return this.lines.files();
  }

  /** What is known so far: the share of exact calls only once all calls have been read (see `lines`). */
  quality(): SymbolQuality {
    const { go } = this;
    const functions = `${count(go.functions.count)} functions`;
    const calls = this.lines.calls;
    if (calls === undefined) return { kind: 'pclntab', summary: functions };
    const share = calls.total === 0 ? 0 : calls.exact / calls.total;
    const exact = `${count(calls.exact)} call sites, ${Math.floor(share * 100)} % of call instructions exact`;
    return { kind: 'pclntab', summary: `${functions}, ${exact}`, exactCalls: share };
  }

  #locateIn(offset: ModuleOffset, funcIndex: FuncIndex): Location {
    const { go } = this;
    const body = go.bodyOf(funcIndex);
    const sites = go.callSites.ofFunction(funcIndex);
    const site = findCallSite(sites, offset);
    const returnPc = site < 0 ? undefined : returnPcOf(sites, site);
    if (returnPc !== undefined) {
      const fn = go.functions.ofPc(returnPc);
      if (fn !== undefined) return this.#atCall(offset, funcIndex, body, fn, returnPc);
    }
    if (body === undefined) {
      const why = go.callSites.rewritten
        ? 'a tool that rewrote the module put this function in; nothing says which Go function it was'
        : 'the Go symbols do not have this function';
      return { ...nowhere(offset, why), funcIndex, role: 'glue' };
    }
    return this.#betweenCalls(offset, funcIndex, body);
  }

  /** The call pushes its return PC, so function, file, line and inlined calls are the module's own words. */
  #atCall(
    offset: ModuleOffset,
    funcIndex: FuncIndex,
    body: GoBody | undefined,
    fn: GoFunc,
    pc: GoPc,
  ): Location {
    const shown = this.#withoutWrappers(this.go.frames(fn, this.go.lookupPc(pc)));
    const frames = shown.map(frameOf);
    let confidence: Confidence = EXACT;
    if (body !== undefined && body.fn !== fn) {
      // Of the function around it nothing but the name is known.
      const outer = this.#symbolOf(body.fn, funcIndex);
      frames.push({ function: outer.name, file: outer.file, line: 0, inlined: false });
      const why = `a tool that rewrote the module put the code of the inner function into the outer one; the line in the outer one is not known`;
      confidence = { kind: 'inferred', why };
    }
    return {
      moduleOffset: offset,
      funcIndex,
      pc,
      pcOffset: pcBlock(pc),
      role: this.#roleOf(fn, shown),
      confidence,
      frames,
    };
  }

  #betweenCalls(offset: ModuleOffset, funcIndex: FuncIndex, body: GoBody): Location {
    const code = this.#codeOf(funcIndex);
    const place = code.at(offset);
    if (place === undefined) {
      const symbol = this.#symbolOf(body.fn, funcIndex);
      return {
        ...nowhere(offset, 'the Go symbols have no lines for this function'),
        funcIndex,
        role: symbol.role,
        frames: [{ function: symbol.name, file: symbol.file, line: 0, inlined: false }],
      };
    }
    const frames = this.#framesOf(place, place.likely);
    const alternatives = place.alternatives.map((other) => this.#framesOf(other, 0));
    return {
      moduleOffset: offset,
      funcIndex,
      pc: place.pc,
      pcOffset: place.pc === undefined ? undefined : pcBlock(place.pc),
      role: this.#roleOf(body.fn, this.#withoutWrappers(place.levels)),
      confidence: bodyConfidence(body, withAlternatives(place.confidence, place.likely, alternatives)),
      frames,
      ...(alternatives.length === 0 ? {} : { alternatives }),
    };
  }

  /** `likely`: the line that the innermost one most likely has; 0 for none. */
  #framesOf({ levels, first, last }: LinesOfCall, likely: number): Frame[] {
    return this.#withoutWrappers(levels).map((level, i) => ({
      ...frameOf(level),
      ...(i === 0 ? linesOf(first, last) : {}),
      ...(i === 0 && likely > 0 ? { likelyLine: likely } : {}),
    }));
  }

  /** As Go prints them: a wrapper into which what it wraps was inlined is left out. */
  #withoutWrappers(levels: readonly GoFrame[]): readonly GoFrame[] {
    return levels.filter((level, i) => {
      const callee = levels[i - 1];
      return callee === undefined || !this.go.hidesWrapper(level.funcId, callee.funcId);
    });
  }

  /** Of the outermost level that is shown. */
  #roleOf(fn: GoFunc, shown: readonly GoFrame[]): FunctionRole {
    const outermost = shown.at(-1);
    return outermost?.inlined === true ? roleOfName(outermost.name) : roleOf(this.go, fn);
  }

  #codeOf(index: FuncIndex): FunctionCode {
    const kept = this.#code.get(index);
    this.#code.delete(index);
    const code = kept ?? this.#readCode(index);
    this.#code.set(index, code);
    if (this.#code.size > KEPT_FUNCTIONS) {
      const [oldest] = this.#code.keys();
      if (oldest !== undefined) this.#code.delete(oldest);
    }
    if (code instanceof FormatError) throw code;
    return code;
  }

  #readCode(index: FuncIndex): FunctionCode | FormatError {
    const body = this.go.bodyOf(index);
    if (body === undefined) return new FormatError('pclntab', 0, `there is no Go function ${index}`);
    try {
      return new FunctionCode(this.go, body.fn, index, this.#starts);
    } catch (error) {
      if (error instanceof FormatError) return error;
      throw error;
    }
  }

  #symbolOf(fn: GoFunc, index: FuncIndex): FunctionSymbol {
    const { go } = this;
    const body = bodyOf(go.wasm, index);
    const start = body?.start ?? moduleOffset(0);
    const entry = go.fileLine(fn, go.functions.entry(fn));
    return {
      funcIndex: index,
      name: go.printedName(go.functions.nameOffset(fn)),
      file: entry.file,
      startLine: go.functions.startLine(fn) || entry.line,
      role: roleOf(go, fn),
      bodyStart: start,
      bodySize: body === undefined ? 0 : body.end - start,
    };
  }
}

const frameOf = (level: GoFrame): Frame => ({
  function: level.name,
  file: level.file,
  line: level.line,
  inlined: level.inlined,
});

const linesOf = (first: number, last: number): Pick<Frame, 'line' | 'lineEnd'> =>
  last > first ? { line: first, lineEnd: last } : { line: first };

/** So many of the other places are told in words. */
const TOLD_ALTERNATIVES = 4;

/** Says in words what the frame of a place cannot show: its likely line, and where it may be instead. */
function withAlternatives(
  confidence: Confidence,
  likely: number,
  alternatives: readonly (readonly Frame[])[],
): Confidence {
  if (confidence.kind === 'exact') return confidence;
  const line = likely > 0 ? `; most likely it is line ${likely}` : '';
  const told = alternatives.slice(0, TOLD_ALTERNATIVES).flatMap(([frame]) => {
    if (frame === undefined) return [];
    const { function: name, file, line: first, lineEnd = first } = frame;
    const place = first === 0 ? '' : ` ${file.slice(file.lastIndexOf('/') + 1)}:${first}`;
    return [`${name}${place}${lineEnd > first ? `-${lineEnd}` : ''}`];
  });
  const more = alternatives.length - told.length;
  const rest = more > 0 ? ` or ${more} more` : '';
  const others = told.length === 0 ? '' : `; it may also be in ${told.join(', ')}${rest}`;
  return { ...confidence, why: `${confidence.why}${line}${others}` };
}

/** What a place can be at most, by how its function was found. */
function bodyConfidence(body: GoBody, place: Confidence): Confidence {
  switch (body.by) {
    case 'table':
      return place;
    case 'calls':
      return {
        kind: 'inferred',
        why: 'a tool that rewrote the module took this function from the table; it is named by the return PCs of its calls',
      };
    case 'merged':
      return {
        kind: 'inferred',
        why: 'a tool that rewrote the module merged equal functions; this is the first of them',
      };
  }
}

const count = (n: number): string => n.toLocaleString('en-US');
