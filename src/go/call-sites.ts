import { FormatError } from '../base/format-error.ts';
import { goPc, moduleOffset, type FuncIndex, type GoPc, type ModuleOffset } from '../base/units.ts';
import { InstructionCursor, Op } from '../wasm/instructions.ts';
import { bodyOf, functionAtOffset, NO_FUNCTION, tableFunctions, type WasmModule } from '../wasm/module.ts';

// Before a call in Go's calling convention the code pushes the return PC: `i64.const RET; i64.store offset=0`, RET = PC_F<<16 | PC_B
// (Go src/cmd/internal/obj/wasm/wasmobj.go, ACALL, unchanged from 1.19 to 1.27). So the PC of a call is a literal in the code. The calls
// that push none are those of helpers outside the convention (gcWriteBarrier, wasmDiv, wasmTruncS, memeqbody...), tail calls of wrappers
// (the caller's frame is gone by then), calls of imports, and a handful in the entry glue.

/** First PC_F of Go code, and its slot in the table (funcValueOffset in Go src/cmd/link/internal/wasm/asm.go). */
export const FIRST_PC_FUNCTION = 0x1000;

/** Stands for "this call pushes no return PC" in `CallSites.pcFunction`: below every PC_F. */
const NO_PC = 0;

/** The calls of one function or of the whole module as columns, in the order of their module offsets. */
export interface CallSites {
  readonly count: number;
  /** Module offset of the opcode of the `call` or `call_indirect`: what V8 reports for a frame. */
  readonly offset: Uint32Array;
  /** FuncIndex of the function that holds the call. */
  readonly func: Uint32Array;
  /** FuncIndex of the callee; NO_FUNCTION for call_indirect. */
  readonly callee: Uint32Array;
  /** PC_F of the return PC; 0 where the call pushes none. */
  readonly pcFunction: Uint32Array;
  /** PC_B of the return PC; 0 where the call pushes none. */
  readonly pcBlock: Uint16Array;
}

/** The return PC that site `i` pushes. */
export function returnPcOf(sites: CallSites, i: number): GoPc | undefined {
  const pcFunction = sites.pcFunction[i] ?? NO_PC;
  return pcFunction === NO_PC ? undefined : goPc(pcFunction * 65536 + (sites.pcBlock[i] ?? 0));
}

/** The site whose call opcode is at `offset`; -1 when there is none. */
export function findCallSite(sites: CallSites, offset: ModuleOffset): number {
  let low = 0;
  let high = sites.count - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const at = sites.offset[middle] ?? 0;
    if (at === offset) return middle;
    if (at < offset) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** One call instruction. */
export interface CallSite {
  readonly offset: ModuleOffset;
  readonly func: FuncIndex;
  /** Undefined for call_indirect. */
  readonly callee: FuncIndex | undefined;
  /** Undefined for a call that pushes none. */
  readonly returnPc: GoPc | undefined;
}

/**
 * The call sites of a Go module. A question about one place scans that function only; `all` scans the rest. Code that cannot be decoded
 * is a diagnostic, the calls before it are kept.
 */
export class CallSiteIndex {
  readonly module: WasmModule;
  /**
   * True when the functions do not stand in the table in the order of the Code section, as Go's linker puts them: a tool such as wasm-opt
   * rewrote the module. A body may then hold calls of other Go functions that were inlined into it; their literals are kept.
   */
  readonly rewritten: boolean;
  readonly #cursor: InstructionCursor;
  /** PC_F of each function of the Code section as the table says; 0 for one that is not in the table. */
  readonly #tablePcFunction: Uint32Array;
  /** First PC_F after those in the table. */
  readonly #pcFunctionEnd: number;
  readonly #byFunction = new Map<number, CallSites>();
  readonly #diagnostics: FormatError[] = [];
  #all: CallSites | undefined;
  /** What a scan of the whole module has so far: whoever else wants it goes on with it. */
  #columns: Columns | undefined;
  /** Functions of the module that are in `#columns`. */
  #scanned = 0;

  constructor(module: WasmModule) {
    this.module = module;
    this.#cursor = new InstructionCursor(module.bytes);
    this.#tablePcFunction = new Uint32Array(module.functionCount);
    const slots = tableFunctions(module);
    let rewritten = false;
    for (let slot = FIRST_PC_FUNCTION; slot < slots.length; slot++) {
      const defined = (slots[slot] ?? NO_FUNCTION) - module.importedFunctionCount;
      if (defined !== slot - FIRST_PC_FUNCTION) rewritten = true;
      if (defined >= 0 && defined < this.#tablePcFunction.length && this.#tablePcFunction[defined] === 0) {
        this.#tablePcFunction[defined] = slot;
      }
    }
    this.rewritten = rewritten || slots.length - FIRST_PC_FUNCTION !== module.functionCount;
    this.#pcFunctionEnd = Math.max(slots.length, FIRST_PC_FUNCTION);
  }

  /** Code that could not be decoded, in what was scanned so far. */
  get diagnostics(): readonly FormatError[] {
    return this.#diagnostics;
  }

  /** The calls of one function; none for an import. */
  ofFunction(index: FuncIndex): CallSites {
    if (this.#all) return sliceOf(this.#all, index);
    const known = this.#byFunction.get(index);
    if (known) return known;
    const columns = new Columns(64);
    this.#scan(index, columns);
    const sites = columns.finish();
    this.#byFunction.set(index, sites);
    return sites;
  }

  /** The calls of the whole module. */
  all(): CallSites {
    const steps = this.allInSteps(this.module.functionCount);
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    return step.value;
  }

  /** The same in steps of that many functions, so that other work can go on between them. Yields how many functions are done. */
  *allInSteps(functions: number): Generator<number, CallSites> {
    if (this.#all) return this.#all;
    const { functionCount, importedFunctionCount } = this.module;
    if (this.#columns === undefined) {
      // Go code has a call about every 110 bytes; the columns grow where that is not enough.
      this.#columns = new Columns(Math.ceil(this.module.bytes.length / 128));
      this.#diagnostics.length = 0;
    }
    const columns = this.#columns;
    while (this.#scanned < functionCount) {
      this.#scan((importedFunctionCount + this.#scanned++) as FuncIndex, columns);
      if (this.#scanned % functions === 0) yield this.#scanned;
    }
    this.#byFunction.clear();
    this.#all ??= columns.finish();
    this.#columns = undefined;
    return this.#all;
  }

  /** The call whose opcode is at `offset`. */
  at(offset: ModuleOffset): CallSite | undefined {
    const index = functionAtOffset(this.module, offset);
    if (index === undefined) return undefined;
    const sites = this.ofFunction(index);
    const i = findCallSite(sites, offset);
    if (i < 0) return undefined;
    const callee = sites.callee[i] ?? NO_FUNCTION;
    return {
      offset: moduleOffset(offset),
      func: index,
      callee: callee === NO_FUNCTION ? undefined : (callee as FuncIndex),
      returnPc: returnPcOf(sites, i),
    };
  }

  /**
   * PC_F of the Go function that this body is: by the table, or, for a body that is not in it, by the majority of its calls' literals.
   * Undefined when neither says.
   */
  pcFunctionOf(index: FuncIndex): number | undefined {
    const byTable = this.#tablePcFunction[index - this.module.importedFunctionCount];
    if (byTable === undefined) return undefined;
    return byTable || majority(this.ofFunction(index).pcFunction);
  }

  #scan(index: FuncIndex, columns: Columns): void {
    const body = bodyOf(this.module, index);
    if (body === undefined) return;
    const cursor = this.#cursor;
    const own = this.#tablePcFunction[index - this.module.importedFunctionCount] ?? 0;
    // In rewritten code the literal may be of another function that was inlined here. PC_B 0 is then more likely a function value that
    // is stored in a closure, before a call of gcWriteBarrier.
    const othersEnd = this.rewritten || own === 0 ? this.#pcFunctionEnd : 0;
    let pcFunction = NO_PC;
    let pcBlock = 0;
    let afterConstant = false;
    try {
      cursor.open(body.start, body.end);
      while (cursor.next()) {
        const opcode = cursor.opcode;
        if (opcode === Op.i64Const) {
          afterConstant = true;
          continue;
        }
        if (opcode === Op.i64Store) {
          if (afterConstant && cursor.memoryOffset === 0) {
            // PC_F is the literal's bits 16..47; a PC has no more.
            const candidate = cursor.high * 65536 + (cursor.low >>> 16);
            const block = cursor.low & 0xffff;
            const other = candidate >= FIRST_PC_FUNCTION && candidate < othersEnd && block > 0;
            if (other || (candidate === own && own > 0)) {
              pcFunction = candidate;
              pcBlock = block;
            }
          }
        } else if (opcode === Op.call || opcode === Op.callIndirect) {
          const callee = opcode === Op.call ? cursor.index : NO_FUNCTION;
          columns.push(cursor.offset, index, callee, pcFunction, pcFunction === NO_PC ? 0 : pcBlock);
          pcFunction = NO_PC;
        } else if (opcode >= Op.block && opcode <= Op.return) {
          // Nothing branches between a push and its call; where an optimizer shares one call between branches, no PC is certain.
          pcFunction = NO_PC;
        }
        afterConstant = false;
      }
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#diagnostics.push(error);
    }
  }
}

/** The value other than 0 that stands most often in `values`. */
function majority(values: Uint32Array): number | undefined {
  const counts = new Map<number, number>();
  let best: number | undefined;
  for (const value of values) {
    if (value === NO_PC) continue;
    const count = (counts.get(value) ?? 0) + 1;
    counts.set(value, count);
    if (best === undefined || count > (counts.get(best) ?? 0)) best = value;
  }
  return best;
}

function sliceOf(all: CallSites, index: FuncIndex): CallSites {
  const from = lowerBound(all.func, index);
  const to = lowerBound(all.func, index + 1);
  return {
    count: to - from,
    offset: all.offset.subarray(from, to),
    func: all.func.subarray(from, to),
    callee: all.callee.subarray(from, to),
    pcFunction: all.pcFunction.subarray(from, to),
    pcBlock: all.pcBlock.subarray(from, to),
  };
}

function lowerBound(sorted: Uint32Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Growing columns. */
class Columns {
  #count = 0;
  #offset: Uint32Array;
  #func: Uint32Array;
  #callee: Uint32Array;
  #pcFunction: Uint32Array;
  #pcBlock: Uint16Array;

  constructor(capacity: number) {
    this.#offset = new Uint32Array(capacity);
    this.#func = new Uint32Array(capacity);
    this.#callee = new Uint32Array(capacity);
    this.#pcFunction = new Uint32Array(capacity);
    this.#pcBlock = new Uint16Array(capacity);
  }

  push(offset: number, func: number, callee: number, pcFunction: number, pcBlock: number): void {
    const at = this.#count++;
    if (at === this.#offset.length) this.#grow();
    this.#offset[at] = offset;
    this.#func[at] = func;
    this.#callee[at] = callee;
    this.#pcFunction[at] = pcFunction;
    this.#pcBlock[at] = pcBlock;
  }

  finish(): CallSites {
    const count = this.#count;
    return {
      count,
      offset: this.#offset.slice(0, count),
      func: this.#func.slice(0, count),
      callee: this.#callee.slice(0, count),
      pcFunction: this.#pcFunction.slice(0, count),
      pcBlock: this.#pcBlock.slice(0, count),
    };
  }

  #grow(): void {
    const room = this.#offset.length * 2;
    const copy = <T extends Uint32Array | Uint16Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#offset = copy(this.#offset, new Uint32Array(room));
    this.#func = copy(this.#func, new Uint32Array(room));
    this.#callee = copy(this.#callee, new Uint32Array(room));
    this.#pcFunction = copy(this.#pcFunction, new Uint32Array(room));
    this.#pcBlock = copy(this.#pcBlock, new Uint16Array(room));
  }
}
