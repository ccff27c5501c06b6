import type { Confidence } from '../../base/confidence.ts';
import { EXACT } from '../../base/confidence.ts';
import { FormatError } from '../../base/format-error.ts';
import { address, type Address, type FuncIndex } from '../../base/units.ts';
import { InstructionCursor, Op } from '../../wasm/instructions.ts';
import { bodyOf, type WasmModule } from '../../wasm/module.ts';
import type { Layouts } from './layouts.ts';

// A stripped module names no data. The addresses of runtime variables are taken out of the code of functions that the pclntab names:
// they are constants there, on which a load or store follows. Go src/runtime: rt0_go in asm_wasm.s (m0, g0), allgadd in proc.go (allgs),
// mcommoninit in proc.go (allm), waitReason.String in runtime2.go (waitReasonStrings), semrelease1 in sema.go (semtable), procresize in proc.go
// (allp), mallocinit and gcinit in malloc.go and mgc.go (mheap_, gcController, whose methods they call), refill in mcache.go (memstats, whose
// first field is heapStats), handleEvent in lock_js.go (events); handleEvent in src/syscall/js/func.go (funcs, which is not there when nothing imports it).

export type GlobalName =
  | 'm0'
  | 'g0'
  | 'allgs'
  | 'allm'
  | 'waitReasonStrings'
  | 'semtable'
  | 'allp'
  | 'events'
  | 'jsFuncs'
  | 'mbuckets'
  | 'mProfCycle'
  | 'memProfileRate'
  | 'mheap'
  | 'gcController'
  | 'memstats';

/** Where a variable is; no address when `confidence` is `unavailable`. */
export interface GlobalAddress {
  readonly address: Address | undefined;
  readonly confidence: Confidence;
}

export type RuntimeGlobals = Readonly<Record<GlobalName, GlobalAddress>>;

/** What the module says besides its code. */
export interface GlobalsContext {
  /** The function of that name. */
  readonly functionNamed: (name: string) => FuncIndex | undefined;
  /** Initialized and zeroed variables: from `noptrdata` to `end` of the moduledata. */
  readonly variables: { readonly start: Address; readonly end: Address };
  readonly layouts: Layouts;
}

/** The runtime's variables. Never throws: what cannot be found is `unavailable`, with the reason. */
export function findGlobals(module: WasmModule, context: GlobalsContext): RuntimeGlobals {
  const find = (name: string, pick: (uses: Uses) => number | undefined): GlobalAddress => {
    const index = context.functionNamed(name);
    if (index === undefined) return unavailable(`the module has no function ${name}`);
    let found: number | undefined;
    try {
      found = pick(constantUses(module, index));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return unavailable(error.message);
    }
    if (found === undefined) return unavailable(`the code of ${name} does not show it`);
    const at = address(found);
    const { start, end } = context.variables;
    if (at < start || at >= end) {
      return unavailable(`the code of ${name} shows 0x${at.toString(16)}, where no variable is`);
    }
    return { address: at, confidence: EXACT };
  };

  /** What the method `callee` is called on in function `name`. */
  const receiver = (name: string, callee: string): GlobalAddress =>
    find(name, (uses) => {
      const method = context.functionNamed(callee);
      return uses.calls.find((call) => call.callee === method)?.firstArgument;
    });

  const isVariable = (value: number): boolean =>
    value >= context.variables.start && value < context.variables.end;
  const firstVariable = (uses: Uses): number | undefined => uses.constants.find(isVariable);
  // rt0_go stores &g0 to m0.g0 and &m0 to g0.m, and nothing else of that form.
  const crossed = (uses: Uses): { m0: number; g0: number } | undefined => {
    const { g, m } = context.layouts;
    const stored = new Map(uses.stores.map((store) => [store.at, store.value]));
    for (const { at, value: g0 } of uses.stores) {
      const m0 = at - m.g0;
      if (stored.get(g0 + g.m) === m0) return { m0, g0 };
    }
    return undefined;
  };
  return {
    m0: find('runtime.rt0_go', (uses) => crossed(uses)?.m0),
    g0: find('runtime.rt0_go', (uses) => crossed(uses)?.g0),
    allgs: find('runtime.allgadd', sliceAddress),
    allm: find('runtime.mcommoninit', (uses) => {
      const store = context.functionNamed('runtime.atomicstorep');
      return uses.calls.find((call) => call.callee === store)?.firstArgument;
    }),
    waitReasonStrings: find('runtime.waitReason.String', firstVariable),
    semtable: find('runtime.semrelease1', firstVariable),
    allp: find('runtime.procresize', sliceAddress),
    // What atomic.Loadp is given.
    mbuckets: find(
      'runtime.mProf_FlushLocked',
      (uses) => uses.calls.find(({ firstArgument: at }) => at !== undefined && isVariable(at))?.firstArgument,
    ),
    mProfCycle: find('runtime.mProf_Free', firstVariable),
    memProfileRate: find('runtime.profilealloc', (uses) => uses.loads.filter(isVariable).at(-1)),
    mheap: receiver('runtime.mallocinit', 'runtime.(*mheap).init'),
    gcController: receiver('runtime.gcinit', 'runtime.(*gcControllerState).init'),
    memstats: receiver('runtime.(*mcache).refill', 'runtime.(*consistentHeapStats).acquire'),
    events: find('runtime.handleEvent', sliceAddress),
    // The map is loaded last before it is looked into.
    jsFuncs: find('syscall/js.handleEvent', (uses) => {
      const lookUp = context.functionNamed('runtime.mapaccess2_fast32');
      return uses.calls.find((call) => call.callee === lookUp)?.lastLoad;
    }),
  };
}

function unavailable(why: string): GlobalAddress {
  return { address: undefined, confidence: { kind: 'unavailable', why } };
}

/** The variable whose three words (pointer, length, capacity) are loaded. */
function sliceAddress(uses: Uses): number | undefined {
  const words = new Set(uses.loads);
  return uses.loads.find((word) => words.has(word + 8) && words.has(word + 16));
}

/** How one function uses constants. */
interface Uses {
  /** Loads from constant addresses: the sum of the constant and the load's offset, which wasm-opt adds up beforehand. */
  readonly loads: readonly number[];
  /** Stores of a constant to a constant address. */
  readonly stores: readonly { readonly at: number; readonly value: number }[];
  readonly calls: readonly ConstantCall[];
  readonly constants: readonly number[];
}

/** A direct call. */
interface ConstantCall {
  readonly callee: FuncIndex;
  /** The constant that was last stored at SP: the first argument, where it is a constant. */
  readonly firstArgument: number | undefined;
  /** The last constant address that was loaded from before it, since the call before. */
  readonly lastLoad: number | undefined;
}

function constantUses(module: WasmModule, index: FuncIndex): Uses {
  const body = bodyOf(module, index);
  if (body === undefined) throw new FormatError('Code section', 0, `function ${index} has no body`);
  const loads: number[] = [];
  const stores: { at: number; value: number }[] = [];
  const calls: ConstantCall[] = [];
  const constants: number[] = [];
  // Constants that were pushed since the last other instruction; i32.wrap_i64 leaves an address what it is.
  let pushed: number[] = [];
  let argument: number | undefined;
  let returnPc: number | undefined;
  let lastLoad: number | undefined;
  const cursor = new InstructionCursor(module.bytes);
  cursor.open(body.start, body.end);
  while (cursor.next()) {
    const { opcode } = cursor;
    if (opcode === Op.i64Const || opcode === Op.i32Const) {
      const value = address(cursor.constant());
      pushed.push(value);
      constants.push(value);
      continue;
    }
    if (opcode === Op.i32WrapI64) continue;
    const last = pushed.at(-1);
    const before = pushed.at(-2);
    const offset = cursor.memoryOffset;
    if (opcode === Op.i64Load && last !== undefined) {
      lastLoad = last + offset;
      loads.push(lastLoad);
    } else if (opcode === Op.i64Store && last !== undefined) {
      if (before !== undefined) stores.push({ at: before + offset, value: last });
      else if (offset === 0) {
        // The return PC is stored in the same way, after the arguments.
        argument = returnPc;
        returnPc = last;
      }
    } else if (opcode === Op.call) {
      calls.push({ callee: cursor.index as FuncIndex, firstArgument: argument, lastLoad });
      argument = undefined;
      returnPc = undefined;
      lastLoad = undefined;
    }
    pushed = [];
  }
  return { loads, stores, calls, constants };
}
