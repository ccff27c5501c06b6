import { FormatError } from '../../base/format-error.ts';
import { goPc, pcBlock, type Address, type FuncIndex, type GoPc } from '../../base/units.ts';
import { NO_FUNCTION } from '../../wasm/module.ts';
import { returnPcOf } from '../call-sites.ts';
import type { Memory } from '../../memory/memory.ts';
import type { GoFunc } from '../func-table.ts';
import type { GoFrame, GoModule } from '../go-module.ts';
import { FuncFlag } from '../versions.ts';
import { readArgumentInfo, type ArgumentInfo } from './arguments.ts';

/** What unwinding needs to know of a PC on a stack; the same for every stack. */
export interface PcPlace {
  readonly code: CodeFunction;
  /** Bytes from SP to the end of the frame, the return PC included; 0 where the function's table does not say. */
  readonly frameSize: number;
  /** The PC to look up for the line: of the call before a return PC. */
  readonly symbolPc: GoPc;
  readonly isSigpanic: boolean;
}

/** A function of the program, as far as unwinding needs it. Damaged tables give what is known without them. */
export class CodeFunction {
  readonly fn: GoFunc;
  /** As Go prints it. */
  readonly name: string;
  readonly entry: GoPc;
  /** Undefined for a function that stands in no slot of the table. */
  readonly funcIndex: FuncIndex | undefined;
  /** The stack's first function: unwinding ends here. */
  readonly topFrame: boolean;
  /** It moves SP in a way that its table does not record. */
  readonly spWrite: boolean;
  readonly #module: GoModule;
  readonly #frames = new Map<GoPc, readonly GoFrame[]>();
  /** Null until they are asked for. */
  #arguments: ArgumentInfo | undefined | null = null;
  #callees: ReadonlyMap<number, FuncIndex | 'indirect'> | undefined;

  constructor(module: GoModule, fn: GoFunc) {
    const { functions } = module;
    const flags = functions.flags(fn);
    this.#module = module;
    this.fn = fn;
    this.name = module.printedName(functions.nameOffset(fn));
    this.entry = functions.entry(fn);
    this.funcIndex = module.funcIndexOf(fn);
    this.topFrame = (flags & FuncFlag.topFrame) !== 0;
    this.spWrite = (flags & FuncFlag.spWrite) !== 0;
  }

  /** Bytes that the function has put on the stack when it is at `pc`; undefined where its table does not say. */
  spDelta(pc: GoPc): number | undefined {
    const delta = orElse(() => this.#module.spDelta(this.fn, pc), -1);
    return delta < 0 ? undefined : delta;
  }

  /** Every size that its frame can have, largest first, with a PC at which it has it. */
  frameSizes(): readonly { readonly size: number; readonly pc: GoPc }[] {
    const { pcTables, functions } = this.#module;
    const table = orElse(() => pcTables.at(functions.pcTable(this.fn, 'pcsp')), undefined);
    const sizes = new Map<number, GoPc>();
    for (let i = 0; i < (table?.count ?? 0); i++) {
      const size = table?.value[i] ?? -1;
      const from = i === 0 ? 0 : (table?.end[i - 1] ?? 0);
      if (size >= 0 && !sizes.has(size)) sizes.set(size, goPc(this.entry + from));
    }
    return [...sizes].map(([size, pc]) => ({ size, pc })).sort((a, b) => b.size - a.size);
  }

  pcdata(table: number, pc: GoPc): number {
    return this.#module.pcdata(this.fn, table, pc);
  }

  /** What its arguments are, for tracebacks; undefined where it has no description. Throws a FormatError where that is damaged. */
  argumentInfo(image: Memory): ArgumentInfo | undefined {
    if (this.#arguments === null) this.#arguments = readArgumentInfo(image, this);
    return this.#arguments;
  }

  funcdata(index: number): Address | undefined {
    return this.#module.funcdataAddress(this.fn, index);
  }

  /** The functions at a place, innermost first: those that were inlined there, and this one. */
  framesAt(pc: GoPc): readonly GoFrame[] {
    let frames = this.#frames.get(pc);
    if (frames === undefined) {
      frames = this.#framesAt(pc);
      this.#frames.set(pc, frames);
    }
    return frames;
  }

  #framesAt(pc: GoPc): readonly GoFrame[] {
    const { functions } = this.#module;
    return orElse(
      () => this.#module.frames(this.fn, pc),
      [
        {
          name: this.name,
          file: '',
          line: 0,
          inlined: false,
          funcId: functions.funcId(this.fn),
          startLine: 0,
        },
      ],
    );
  }

  /** Which function the call with this return PC calls, `indirect` where that is in a table; undefined when there is no such call. */
  calleeAt(returnPc: GoPc): FuncIndex | 'indirect' | undefined {
    this.#callees ??= this.#readCallees();
    return this.#callees.get(pcBlock(returnPc));
  }

  #readCallees(): Map<number, FuncIndex | 'indirect'> {
    const callees = new Map<number, FuncIndex | 'indirect'>();
    if (this.funcIndex === undefined) return callees;
    const sites = this.#module.callSites.ofFunction(this.funcIndex);
    for (let i = 0; i < sites.count; i++) {
      const pc = returnPcOf(sites, i);
      const callee = sites.callee[i] ?? NO_FUNCTION;
      if (pc !== undefined)
        callees.set(pcBlock(pc), callee === NO_FUNCTION ? 'indirect' : (callee as FuncIndex));
    }
    return callees;
  }
}

/** What `read` gives, or `fallback` where the table it reads is damaged. */
function orElse<Value>(read: () => Value, fallback: Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return fallback;
  }
}

/** PCs that are kept; damaged stacks could name many. */
const MAX_PLACES = 1 << 20;

/** The call before a return PC, as Go names it in `created by`. */
export interface CallPlace {
  /** The outer function. */
  readonly function: string;
  /** File and line of the innermost one; the line is 1-based, 0 unknown. */
  readonly file: string;
  readonly line: number;
  /** What Go prints as +0x1d; null at the function's entry. */
  readonly pcOffset: number | null;
}

/** The module's functions by PC, by place in the Code section and by name. Never throws: what is damaged is not found. */
export class ProgramCode {
  readonly module: GoModule;
  /** 27 for Go 1.27.3. */
  readonly minor: number;
  readonly #functions = new Map<GoFunc, CodeFunction | undefined>();
  readonly #calls = new Map<GoPc, CallPlace>();
  readonly #places = new Map<GoPc, PcPlace>();

  constructor(module: GoModule) {
    this.module = module;
    this.minor = module.version.minor ?? module.layout.since;
  }

  functionAt(pc: GoPc): CodeFunction | undefined {
    return this.#get(this.module.functions.ofPc(pc));
  }

  /** The call that returns to `pc`; undefined where the program has no code. */
  callBefore(pc: GoPc): CallPlace | undefined {
    const known = this.#calls.get(pc);
    if (known !== undefined) return known;
    const code = this.functionAt(pc);
    if (code === undefined) return undefined;
    const inside = pc > code.entry;
    const { file, line } = code.framesAt(inside ? goPc(pc - 1) : pc)[0] ?? { file: '', line: 0 };
    const place = { function: code.name, file, line, pcOffset: inside ? pc - code.entry : null };
    this.#calls.set(pc, place);
    return place;
  }

  /** What a PC on a stack says; undefined where the program has no code. */
  placeOf(pc: GoPc): PcPlace | undefined {
    const known = this.#places.get(pc);
    if (known !== undefined) return known;
    const code = this.functionAt(pc);
    if (code === undefined) return undefined;
    const delta = code.spDelta(pc);
    const place = {
      code,
      frameSize: delta === undefined ? 0 : delta + 8,
      // At the function's entry the PC is the place itself.
      symbolPc: pc > code.entry ? goPc(pc - 1) : pc,
      isSigpanic: code.name === 'runtime.sigpanic',
    };
    if (this.#places.size < MAX_PLACES) this.#places.set(pc, place);
    return place;
  }

  functionOf(index: FuncIndex): CodeFunction | undefined {
    return this.#get(this.module.bodyOf(index)?.fn);
  }

  functionNamed(name: string): CodeFunction | undefined {
    return this.#get(orElse(() => this.module.functions.find(name), undefined));
  }

  #get(fn: GoFunc | undefined): CodeFunction | undefined {
    if (fn === undefined) return undefined;
    if (this.#functions.has(fn)) return this.#functions.get(fn);
    const code = orElse(() => new CodeFunction(this.module, fn), undefined);
    this.#functions.set(fn, code);
    return code;
  }
}
