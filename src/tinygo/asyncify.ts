import { FormatError } from '../base/format-error.ts';
import { moduleOffset, type FuncIndex, type ModuleOffset } from '../base/units.ts';
import { InstructionCursor, Op } from '../wasm/instructions.ts';
import { bodyOf, type WasmModule } from '../wasm/module.ts';

// Binaryen's asyncify (src/passes/Asyncify.cpp, 108) rewrites functions that may be on the stack when a goroutine is suspended. Such a function
// notes which of its calls was suspended and its live locals in the goroutine's stack, and takes them from there when it goes on.

/** A call in a function that asyncify rewrote. */
export interface AsyncifyCall {
  /** Of the call instruction. */
  readonly offset: ModuleOffset;
  /** Undefined for an indirect call. */
  readonly callee: FuncIndex | undefined;
  /** Type index of an indirect call; -1 for a direct one. */
  readonly type: number;
}

/** What a suspended call of a function leaves in the stack: the number of the call (4 bytes), then `saved` bytes of locals. */
export interface AsyncifyFunction {
  readonly saved: number;
  readonly calls: readonly AsyncifyCall[];
}

/** How many instructions asyncify puts between a call and the test whether it was suspended, at most (the result is set aside). */
const WINDOW = 8;

/** One instruction, as far as the patterns need it. */
interface Step {
  readonly opcode: number;
  readonly value: number;
}

const NOTHING: Step = { opcode: -1, value: 0 };

/** What asyncify left in the code of a module: reads each function when it is first asked for. */
export class AsyncifyCode {
  readonly #wasm: WasmModule;
  /** The global that says what the program does: 0 runs, 1 unwinds, 2 rewinds. */
  readonly #state: number;
  /** The global that points to the stack's bounds. */
  readonly data: number;
  readonly #functions = new Map<FuncIndex, AsyncifyFunction | undefined>();

  private constructor(wasm: WasmModule, state: number, data: number) {
    this.#wasm = wasm;
    this.#state = state;
    this.data = data;
  }

  /** Undefined for a module that was built without asyncify. */
  static of(wasm: WasmModule): AsyncifyCode | undefined {
    const start = wasm.exports.find(({ name }) => name === 'asyncify_start_unwind');
    const body = start?.kind === 'function' ? bodyOf(wasm, start.index as FuncIndex) : undefined;
    if (body === undefined) return undefined;
    // i32.const 1; global.set state; local.get 0; global.set data
    const cursor = new InstructionCursor(wasm.bytes);
    const globals: number[] = [];
    try {
      cursor.open(body.start, body.end);
      while (cursor.next() && globals.length < 2)
        if (cursor.opcode === Op.globalSet) globals.push(cursor.index);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return undefined;
    }
    const [state, data] = globals;
    return state === undefined || data === undefined ? undefined : new AsyncifyCode(wasm, state, data);
  }

  /** What a function leaves in the stack; undefined for one that is never on a suspended stack, or in which the pattern is not found whole. */
  function(index: FuncIndex): AsyncifyFunction | undefined {
    if (this.#functions.has(index)) return this.#functions.get(index);
    let found: AsyncifyFunction | undefined;
    try {
      found = this.#read(index);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
    this.#functions.set(index, found);
    return found;
  }

  #read(index: FuncIndex): AsyncifyFunction | undefined {
    const body = bodyOf(this.#wasm, index);
    if (body === undefined) return undefined;
    const cursor = new InstructionCursor(this.#wasm.bytes);
    cursor.open(body.start, body.end);
    const calls: AsyncifyCall[] = [];
    let call: AsyncifyCall | undefined;
    let since = 0;
    let grown = 0;
    let shrunk = 0;
    /** The instructions before this one, the nearest first. */
    let before: readonly Step[] = [];
    const at = (i: number): Step => before[i] ?? NOTHING;
    /** Whether the instructions from i on, backwards, are `global.get state; i32.const 1; i32.eq`. */
    const tested = (i: number): boolean =>
      at(i).opcode === Op.i32Eq &&
      at(i + 1).opcode === Op.i32Const &&
      at(i + 1).value === 1 &&
      at(i + 2).opcode === Op.globalGet &&
      at(i + 2).value === this.#state;
    while (cursor.next()) {
      const { opcode } = cursor;
      const constant = opcode === Op.i32Const;
      if (opcode === Op.call || opcode === Op.callIndirect) {
        const direct = opcode === Op.call;
        call = {
          offset: moduleOffset(cursor.offset),
          callee: direct ? (cursor.index as FuncIndex) : undefined,
          type: direct ? -1 : cursor.index,
        };
        since = 0;
      } else since++;
      // -opt=1, z: i32.const N; [test]; br_if.   -opt=0: [test]; if; i32.const N; br.
      let number = -1;
      if (opcode === Op.brIf && tested(0) && at(3).opcode === Op.i32Const) number = at(3).value;
      else if (opcode === Op.br && at(0).opcode === Op.i32Const && at(1).opcode === Op.if && tested(2))
        number = at(0).value;
      if (number >= 0 && call !== undefined && since <= WINDOW) {
        // Numbers count up; another order is code that was moved, of which nothing is said.
        if (number !== calls.length) return undefined;
        calls.push(call);
        call = undefined;
      }
      // global.get data; global.get data; i32.load; i32.const K; i32.add or i32.sub; i32.store
      if (
        (opcode === Op.i32Add || opcode === Op.i32Sub) &&
        at(0).opcode === Op.i32Const &&
        at(1).opcode === Op.i32Load &&
        at(2).opcode === Op.globalGet &&
        at(2).value === this.data &&
        at(3).opcode === Op.globalGet &&
        at(3).value === this.data
      ) {
        const change = opcode === Op.i32Add ? at(0).value : -at(0).value;
        if (change > 0) grown += change;
        else shrunk -= change;
      }
      const value = constant ? cursor.low : cursor.index;
      before = [{ opcode, value }, ...before.slice(0, 5)];
    }
    if (calls.length === 0 || grown !== shrunk || grown < 4) return undefined;
    return { saved: grown - 4, calls };
  }
}
