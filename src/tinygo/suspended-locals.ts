import { address, type FuncIndex } from '../base/units.ts';
import type { Memory } from '../memory/memory.ts';
import { SuspendedFunctions, type SuspendedCode } from './suspended-code.ts';
import type { Task, TinyGoRuntime } from './tasks.ts';

/** A local of a suspended frame: its bits, or why they are not known. */
export type SuspendedValue = { readonly bits: bigint; readonly bytes: 4 | 8 } | { readonly why: string };

const NOT_KEPT =
  'the goroutine kept only what the code behind this call still needs, and this local is not among it';
const NOT_BEGUN = 'the function has not begun to run';
const NOT_PASSED = 'what the caller passed was computed, and it kept no copy';
const UNREADABLE = 'the stack of the goroutine could not be read whole';

const known = new WeakMap<TinyGoRuntime, SuspendedFunctions>();

/** The locals of the frames of a suspended goroutine. What asyncify saved is read from its stack; what it did not, from what the caller passed. */
export class SuspendedLocals {
  readonly #runtime: TinyGoRuntime;
  readonly #memory: Memory;
  readonly #task: Task;

  constructor(runtime: TinyGoRuntime, memory: Memory, task: Task) {
    this.#runtime = runtime;
    this.#memory = memory;
    this.#task = task;
  }

  /** A local of a frame, counted from the innermost one, as it is at the call at which the frame stands. Throws only what reading memory throws. */
  local(frame: number, local: number): SuspendedValue {
    const one = this.#task.frames[frame];
    if (one === undefined || !this.#isWhole()) return { why: UNREADABLE };
    const code = this.#codeOf(one.function);
    if (one.call === undefined) return this.parameter(frame, local);
    if (code === undefined) return { why: UNREADABLE };
    const saved = code.saved(local, one.call);
    if (saved !== undefined && one.at !== undefined) {
      const at = address(one.at + 4 + saved.at);
      const { bytes } = saved;
      return { bits: bytes === 8 ? this.#memory.u64(at) : BigInt(this.#memory.u32(at)), bytes };
    }
    if (local < code.parameters && code.isUntouched(local, one.call)) return this.parameter(frame, local);
    return { why: NOT_KEPT };
  }

  /**
   * A parameter of a frame as it was when the frame was entered: what the caller passed. A goroutine that goes on calls each of its functions again with the
   * same parameters, so callers keep them.
   */
  parameter(frame: number, parameter: number): SuspendedValue {
    if (!this.#isWhole()) return { why: UNREADABLE };
    const caller = this.#task.frames[frame + 1];
    if (caller === undefined) {
      if (parameter === 0 && this.#task.frames[frame] !== undefined)
        return { bits: BigInt(this.#task.args), bytes: 4 };
      return { why: NOT_BEGUN };
    }
    const code = this.#codeOf(caller.function);
    const operand = caller.call === undefined ? undefined : code?.operand(caller.call, parameter);
    if (operand === undefined || operand.kind === 'computed') return { why: NOT_PASSED };
    return operand.kind === 'constant' ? operand : this.local(frame + 1, operand.local);
  }

  /** Whether every byte of the stack belongs to a frame, in one way only: then the frames are the true ones. */
  #isWhole(): boolean {
    const { launched, left, notes } = this.#task;
    return !launched || (left === 0 && notes.length === 0);
  }

  #codeOf(index: FuncIndex): SuspendedCode | undefined {
    const { code, wasm } = this.#runtime;
    const functions = known.get(this.#runtime) ?? new SuspendedFunctions(wasm, code);
    known.set(this.#runtime, functions);
    return functions.of(index);
  }
}
