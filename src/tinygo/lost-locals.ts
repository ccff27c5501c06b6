import type { FuncIndex, ModuleOffset } from '../base/units.ts';
import type { WasmModule } from '../wasm/module.ts';
import { AsyncifyCode } from './asyncify.ts';
import { SuspendedFunctions } from './suspended-code.ts';

/**
 * Locals of functions that run, of a module that asyncify rewrote. A goroutine that goes on calls its functions anew: a local that they had not kept,
 * because the code behind the call needs it no more, is 0 from then on, while debug information may still have a variable in it.
 */
export class LostLocals {
  readonly #code: AsyncifyCode;
  readonly #functions: SuspendedFunctions;

  private constructor(wasm: WasmModule, code: AsyncifyCode) {
    this.#code = code;
    this.#functions = new SuspendedFunctions(wasm, code);
  }

  /** Undefined for a module that was built without asyncify. */
  static of(wasm: WasmModule): LostLocals | undefined {
    const code = AsyncifyCode.of(wasm);
    return code && new LostLocals(wasm, code);
  }

  /** Whether a local that reads 0 may have had another value when a call before `at`, or at it, was suspended. */
  mayBeLost(index: FuncIndex, local: number, at: ModuleOffset): boolean {
    const function_ = this.#functions.of(index);
    if (function_ === undefined || function_.keeps(local)) return false;
    const last = function_.lastBefore(at);
    return this.#code.function(index)?.calls.some(({ offset }) => offset <= last) === true;
  }
}
