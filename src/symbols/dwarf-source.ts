import { EXACT, type Confidence } from '../base/confidence.ts';
import { funcIndex, moduleOffset, type FuncIndex, type ModuleOffset } from '../base/units.ts';
import type { Dwarf, DwarfFrame } from '../dwarf/dwarf.ts';
import type { LineTable } from '../dwarf/line-table.ts';
import type { UnitHeader } from '../dwarf/unit-headers.ts';
import { VariableTrust } from '../dwarf/variable-trust.ts';
import { roleOfTinyGo } from '../tinygo/names.ts';
import { bodyOf, functionAtOffset, type WasmModule } from '../wasm/module.ts';
import type { NameSection } from '../wasm/name-section.ts';
import { DwarfLines } from './dwarf-lines.ts';
import type { IndexProgress } from './line-index.ts';
import type { Toolchain } from './module-report.ts';
import { nowhere } from './nowhere.ts';
import type {
  Frame,
  FunctionRole,
  FunctionSymbol,
  LinePlace,
  Location,
  SymbolQuality,
  SymbolSource,
} from './symbol-source.ts';

const WHY_BEHIND =
  'the line table ends before this code; this is the last line that it has for the function before it';
const WHY_NO_LINE = 'the compiler gave this code no line of its own; this is the line of the code before it';
const WHY_DECLARATION =
  'TinyGo gives map assignments, channel operations and select the line on which their function is declared: the place may be anywhere in it';
const WHY_LOST =
  'wasm-opt lost where this inlined call ends; the line says that the code is of it, and which call of several it is may not be known';
const WHY_OTHER_FILE =
  'wasm-opt lost a call that was inlined here: the line is of that call, in another file than the function';
/** Lost calls of a unit that are looked through for each place. */
const MAX_LOST = 1000;
const WHY_SKELETON = 'functions and inlined calls are in a file of its own (split DWARF) that was not given';

/** The symbols of a module with DWARF: TinyGo's, and those of other compilers that build on LLVM. */
export class DwarfSource implements SymbolSource {
  readonly kind = 'dwarf';
  readonly dwarf: Dwarf;
  readonly #wasm: WasmModule;
  readonly #toolchain: Toolchain;
  readonly #names: NameSection | undefined;
  readonly #lines: DwarfLines;
  #functions: readonly FunctionSymbol[] | undefined;
  #trust: VariableTrust | undefined;

  /** `names` tells functions that DWARF says nothing of but their lines. */
  constructor(wasm: WasmModule, dwarf: Dwarf, toolchain: Toolchain, names: NameSection | undefined) {
    this.dwarf = dwarf;
    this.#wasm = wasm;
    this.#toolchain = toolchain;
    this.#names = names;
    this.#lines = new DwarfLines(wasm, dwarf);
  }

  /** Whether the places of variables are to be believed. */
  get trust(): VariableTrust {
    return (this.#trust ??= new VariableTrust(this.dwarf, this.#wasm));
  }

  /** The same over debug information that has got more: nothing of what was put together before is kept. */
  renewed(): DwarfSource {
    return new DwarfSource(this.#wasm, this.dwarf, this.#toolchain, this.#names);
  }

  locate(offset: ModuleOffset): Location {
    const index = Number.isSafeInteger(offset) ? functionAtOffset(this.#wasm, offset) : undefined;
    const body = index === undefined ? undefined : bodyOf(this.#wasm, index);
    if (index === undefined || body === undefined)
      return nowhere(offset, 'the offset is outside the code of the module');
    const address = offset - this.#wasm.codeStart;
    const unit = this.dwarf.unitAt(address);
    const found = unit === undefined ? [] : this.dwarf.framesAt(address);
    if (unit === undefined || found.length === 0)
      return { ...nowhere(offset, 'the debug information does not have this function'), funcIndex: index };
    if (!this.#fits(unit, address, body)) {
      const why =
        'the debug information says another function here: a tool changed the code and left it as it was';
      return { ...nowhere(offset, why), funcIndex: index };
    }
    const { frames, confidence } = this.#corrected(unit, address, found, body.start - this.#wasm.codeStart);
    const outermost = frames.at(-1);
    if (outermost !== undefined && isMadeUp(outermost.function)) {
      const name = this.#names?.functionName(index) ?? outermost.function;
      if (name === '') return { ...nowhere(offset, 'the function has no name'), funcIndex: index };
      frames[frames.length - 1] = { ...outermost, function: name };
    }
    return {
      moduleOffset: offset,
      funcIndex: index,
      pc: undefined,
      pcOffset: undefined,
      role: this.#roleOf(frames.at(-1)?.function ?? ''),
      confidence,
      frames,
    };
  }

  functionAt(index: FuncIndex): FunctionSymbol | undefined {
    const body = bodyOf(this.#wasm, index);
    if (body === undefined) return undefined;
    const start = body.start - this.#wasm.codeStart;
    const entry = this.dwarf.functionIn(start, body.end - this.#wasm.codeStart);
    const name =
      entry === undefined || isMadeUp(entry.facts.name) ? this.#names?.functionName(index) : entry.facts.name;
    if (name === undefined) return undefined;
    return {
      funcIndex: index,
      name,
      file:
        entry === undefined ? '' : this.dwarf.path(entry.facts.declUnit ?? entry.unit, entry.facts.declFile),
      startLine: entry?.facts.declLine ?? 0,
      role: this.#roleOf(name),
      bodyStart: moduleOffset(body.start),
      bodySize: body.end - body.start,
    };
  }

  placesOf(file: string, line: number): readonly LinePlace[] {
    return this.#lines.placesOf(file, line);
  }

  edges(): readonly ModuleOffset[] {
    return this.#lines.edges();
  }

  functions(): readonly FunctionSymbol[] {
    if (this.#functions) return this.#functions;
    const functions: FunctionSymbol[] = [];
    const { importedFunctionCount, functionCount } = this.#wasm;
    for (let i = 0; i < functionCount; i++) {
      const symbol = this.functionAt(funcIndex(importedFunctionCount + i));
      if (symbol !== undefined) functions.push(symbol);
    }
    this.#functions = functions;
    return functions;
  }

  files(): readonly string[] {
    return this.#lines.files();
  }

  /** Reads all units, one a step. */
  *build(): Generator<IndexProgress, undefined> {
    const { headers } = this.dwarf;
    for (let i = 0; i < headers.length; i++) {
      const header = headers[i];
      if (header !== undefined) {
        this.dwarf.scopes(header);
        this.dwarf.lineTable(header);
      }
      yield { done: i + 1, total: headers.length };
    }
    this.#lines.files();
    return undefined;
  }

  quality(): SymbolQuality {
    const units = this.dwarf.codeUnits();
    const versions = [...new Set(units.map(({ version }) => version))].sort();
    const parts = [`DWARF ${versions.join(', ')}`, counted(units.length, 'unit')];
    if (this.#lines.count !== undefined)
      parts.push(counted(this.#lines.count, 'row', ' of code with a line'));
    const split = units.filter((unit) => this.dwarf.isIncomplete(unit)).length;
    if (split > 0) parts.push(`${counted(split, 'unit')} of which only lines are here (split DWARF)`);
    return { kind: 'dwarf', summary: parts.join(', ') };
  }

  /** Whether the function that DWARF has at the address lies in the body that really is there. */
  #fits(unit: UnitHeader, address: number, body: { readonly start: number; readonly end: number }): boolean {
    const scopes = this.dwarf.scopes(unit);
    let scope = this.dwarf.scopeAt(unit, address);
    if (scopes === undefined || scope < 0) return true;
    for (let outer = scopes.parent[scope] ?? -1; outer >= 0; outer = scopes.parent[scope] ?? -1)
      scope = outer;
    const { codeStart } = this.#wasm;
    for (let i = scopes.rangeStart[scope] ?? 0; i < (scopes.rangeStart[scope + 1] ?? 0); i++) {
      const low = scopes.low[i] ?? 0;
      if (low <= address && address < (scopes.high[i] ?? 0))
        return low >= body.start - codeStart && (scopes.high[i] ?? 0) <= body.end - codeStart;
    }
    return true;
  }

  /** The frames, with a line where the table has none at this place but has one before it. */
  #corrected(
    unit: UnitHeader,
    address: number,
    found: readonly DwarfFrame[],
    bodyStart: number,
  ): { frames: Frame[]; confidence: Confidence } {
    const frames = found.map(({ facts, file, line, inlined }): Frame => ({
      function: facts.name,
      file,
      line,
      inlined,
    }));
    const [first] = frames;
    const [innermost] = found;
    if (first === undefined || innermost === undefined) return { frames, confidence: EXACT };
    if (first.line > 0) {
      const lost = this.#lostCall(unit, this.dwarf.scopeAt(unit, address), first, innermost);
      if (lost !== undefined) {
        frames.splice(0, 1, ...lost);
        return { frames, confidence: { kind: 'inferred', why: WHY_LOST } };
      }
      if (this.#toolchain !== 'tinygo') return { frames, confidence: EXACT };
      const own = this.dwarf.path(innermost.facts.declUnit ?? unit, innermost.facts.declFile);
      if (own !== '' && first.file !== own)
        return { frames, confidence: { kind: 'inferred', why: WHY_OTHER_FILE } };
      const isDeclaration = found.some(({ line, facts }) => line === facts.declLine);
      return { frames, confidence: isDeclaration ? { kind: 'inferred', why: WHY_DECLARATION } : EXACT };
    }
    const table = this.dwarf.lineTable(unit);
    const row = table === undefined ? -1 : table.rowAt(address);
    const before = table === undefined ? -1 : lineBefore(table, row, address, bodyStart);
    if (table !== undefined && before >= 0) {
      const file = this.dwarf.path(unit, table.rows.file[before] ?? 0);
      const own = this.dwarf.path(innermost.facts.declUnit ?? unit, innermost.facts.declFile);
      if (own === '' || file === own) {
        frames[0] = { ...first, file, line: table.rows.line[before] ?? 0 };
        return { frames, confidence: { kind: 'inferred', why: row < 0 ? WHY_BEHIND : WHY_NO_LINE } };
      }
    }
    const file = this.dwarf.path(innermost.facts.declUnit ?? unit, innermost.facts.declFile);
    frames[0] = { ...first, file, line: 0 };
    const why = this.dwarf.isIncomplete(unit) ? WHY_SKELETON : 'the compiler gave this code no line';
    return { frames, confidence: { kind: 'unavailable', why } };
  }

  /**
   * Where the line is not of the function that the code seems to be in, but of one that was inlined into it and whose end wasm-opt lost: the frames
   * of both, innermost first. Undefined elsewhere.
   */
  #lostCall(unit: UnitHeader, scope: number, at: Frame, innermost: DwarfFrame): Frame[] | undefined {
    const scopes = this.dwarf.scopes(unit);
    if (scopes === undefined || scope < 0) return undefined;
    const { declUnit, declFile, declLine } = innermost.facts;
    const isOwnFile = this.dwarf.path(declUnit ?? unit, declFile) === at.file;
    let best: DwarfFrame['facts'] | undefined;
    let callLine = 0;
    for (const lost of scopes.lostScope.subarray(0, MAX_LOST)) {
      if (lost < 0 || scopes.parent[lost] !== scope) continue;
      const facts = this.dwarf.facts(unit, scopes.entry[lost] ?? 0);
      if (facts.declLine > at.line || this.dwarf.path(facts.declUnit ?? unit, facts.declFile) !== at.file)
        continue;
      // Functions do not stand in each other: the line is of the one that begins last before it.
      if (isOwnFile && declLine <= at.line && facts.declLine <= declLine) continue;
      if (best !== undefined && facts.declLine < best.declLine) continue;
      const line = scopes.callLine[lost] ?? 0;
      callLine = best?.declLine === facts.declLine && callLine !== line ? 0 : line;
      best = facts;
    }
    if (best === undefined) return undefined;
    const { file, line } = at;
    return [
      { function: best.name, file, line, inlined: true },
      { ...at, file: this.dwarf.path(declUnit ?? unit, declFile), line: callLine },
    ];
  }

  #roleOf(name: string): FunctionRole {
    return this.#toolchain === 'other' ? 'user' : roleOfTinyGo(name);
  }
}

/** No name at all, or one that TinyGo gives to all functions of a kind (`<goroutine wrapper>`): the name section says more. */
const isMadeUp = (name: string): boolean => name === '' || /^(?:<.*>|\(Go [^)]*\))$/.test(name);

/** The row of the last line before an address, in the same function; -1 where there is none. */
function lineBefore(table: LineTable, row: number, address: number, bodyStart: number): number {
  const { rows } = table;
  let before = row < 0 ? table.rowBefore(address, bodyStart) : row;
  while (before >= 0 && (rows.address[before] ?? 0) >= bodyStart && rows.line[before] === 0) before--;
  return before >= 0 && (rows.address[before] ?? 0) >= bodyStart ? before : -1;
}

const counted = (n: number, what: string, more = ''): string =>
  `${n.toLocaleString('en-US')} ${what}${n === 1 ? '' : 's'}${more}`;
